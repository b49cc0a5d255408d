"""Ways to read an answer: helpers of the stream, raw events, whole messages, and calls without a stream."""

import asyncio
import contextlib

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
SINCE = {"ask_count": "0.45.0", "ask_models": "0.45.0", "ask_batch": "0.45.0", "ask_file": "0.87.0"}


def ask_final_message():
    """Return None instead of the final message of a failed stream."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return stream.get_final_message()
    except anthropic.APIError:
        return None


def ask_final_text():
    """Return an empty text for a failed stream."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return stream.get_final_text()
    except anthropic.APIStatusError:
        return ""


def ask_text_stream():
    """Join the text stream, and raise an error of the project for a failed one."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return "".join(stream.text_stream)
    except anthropic.APIError as error:
        raise ValueError("no answer") from error


def ask_until_done():
    """Wait for the end of the stream."""
    for _ in range(3):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                stream.until_done()
                return True
        except anthropic.APIStatusError:
            continue
    return False


def ask_raw_events():
    """Read the events of the helper one by one."""
    for _ in range(3):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return [event.type for event in stream]
        except (anthropic.InternalServerError, anthropic.APIConnectionError):
            continue
    raise RuntimeError("no answer")


async def ask_async_final_message():
    """Return the final message of an asynchronous stream, or the text of the error."""
    try:
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return await stream.get_final_message()
    except anthropic.APIError as error:
        return str(error)


async def ask_async_text_stream():
    """Read an asynchronous text stream, and retry errors with a status."""
    for _ in range(3):
        try:
            async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return [text async for text in stream.text_stream]
        except anthropic.APIStatusError:
            await asyncio.sleep(1)
    raise RuntimeError("no answer")


async def ask_async_generator():
    """Yield the text of an asynchronous stream, and an apology if it fails."""
    try:
        async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            async for text in stream.text_stream:
                yield text
    except anthropic.APIStatusError as error:
        yield f"sorry: {error.status_code}"


def ask_whole():
    """Create a message without a stream."""
    for _ in range(3):
        try:
            return client.messages.create(model="m", max_tokens=9, messages=Q).content[0].text
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
    raise RuntimeError("no answer")


def ask_whole_with_options(**kwargs):
    """Create a message with options of the caller, and read it as a message."""
    try:
        message = client.messages.create(model="m", max_tokens=9, messages=Q, **kwargs)
        return message.content[0].text
    except anthropic.RateLimitError:
        return None


def ask_whole_with_params(tools=None):
    """Create a message with a dictionary of parameters."""
    params = {"model": "m", "max_tokens": 9, "messages": Q}
    if tools:
        params["tools"] = tools
    try:
        message = client.messages.create(**params)
        return message.usage.input_tokens
    except anthropic.RateLimitError as e:
        raise RuntimeError("busy") from e
    except anthropic.APIStatusError as e:
        raise RuntimeError("other") from e


def ask_count():
    """Count the tokens of a message."""
    try:
        return client.messages.count_tokens(model="m", messages=Q)
    except anthropic.APIError:
        return None


def ask_models():
    """List the models."""
    try:
        return client.models.list()
    except anthropic.AuthenticationError:
        return None


def ask_batch():
    """Create a batch."""
    try:
        return client.messages.batches.create(requests=[])
    except anthropic.RateLimitError:
        return None


def ask_file():
    """Delete a file, which may be missing."""
    with contextlib.suppress(anthropic.BadRequestError):
        client.beta.files.delete("file_1")


def ask_suppressed():
    """Suppress errors with a status."""
    with contextlib.suppress(anthropic.APIStatusError):
        return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
    return None


def ask_group():
    """Catch errors with `except*`."""
    text = []
    try:
        text += [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except* anthropic.APIStatusError:
        text.append("failed")
    return text


async def answer():
    """Return the text of one answer."""
    async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return await stream.get_final_text()


async def ask_gathered():
    """Gather two answers, and let exceptions stand for answers."""
    return await asyncio.gather(answer(), return_exceptions=True)


async def ask_gathered_and_checked():
    """Gather answers, and raise the first error that is not transient."""
    answers = await asyncio.gather(answer(), return_exceptions=True)
    for each in answers:
        if isinstance(each, BaseException) and not isinstance(each, anthropic.InternalServerError):
            raise each
    return answers


async def ask_task_group():
    """Read two streams in a task group, and catch a group of errors."""
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(answer())
    except* anthropic.APIError:
        task = None
    return None if task is None else task.result()
