"""Ways to read an answer: raw responses, whole completions, and a call without a stream."""

import asyncio

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLAIN = ("ask_whole",)
CHAT = {"model": "m", "messages": Q}


def ask_raw():
    """Read the stream of a raw response."""
    for _ in range(2):
        try:
            response = client.chat.completions.with_raw_response.create(**CHAT, stream=True)
            return [chunk.object for chunk in response.parse()]
        except openai.APIStatusError as error:
            if error.status_code < 429:
                raise
    return None


def ask_streaming_response():
    """Read the stream of a streaming response."""
    try:
        with client.chat.completions.with_streaming_response.create(**CHAT, stream=True) as response:
            return [chunk.object for chunk in response.parse()]
    except (openai.RateLimitError, openai.APIConnectionError):
        return None


async def ask_async_generator():
    """Yield the text of an asynchronous stream, and an apology if it fails."""
    try:
        async for chunk in await aclient.chat.completions.create(**CHAT, stream=True):
            yield chunk.choices[0].delta.content or ""
    except openai.APIStatusError as error:
        yield f"sorry: {error.status_code}"


def ask_whole():
    """Create a completion without a stream."""
    for _ in range(3):
        try:
            return client.chat.completions.create(**CHAT).choices[0].message.content
        except (openai.RateLimitError, openai.InternalServerError):
            continue
    raise RuntimeError("no answer")


def ask_whole_with_options(**kwargs):
    """Create a completion with options of the caller, and read it as one."""
    try:
        completion = client.chat.completions.create(model="m", messages=Q, **kwargs)
        return completion.choices[0].message.content
    except openai.RateLimitError:
        return None


def ask_group():
    """Catch errors with `except*`."""
    text = []
    try:
        text += [chunk.object for chunk in client.chat.completions.create(**CHAT, stream=True)]
    except* openai.APIError:
        text.append("failed")
    return text


async def answer():
    """Return the chunks of one answer."""
    return [chunk async for chunk in await aclient.chat.completions.create(**CHAT, stream=True)]


async def ask_gathered():
    """Gather two answers, and let exceptions stand for answers."""
    return await asyncio.gather(answer(), return_exceptions=True)


async def ask_gathered_and_checked():
    """Gather answers, and raise the first error that is not transient."""
    answers = await asyncio.gather(answer(), return_exceptions=True)
    for each in answers:
        if isinstance(each, BaseException) and not isinstance(each, openai.InternalServerError):
            raise each
    return answers


def ask_embedding():
    """Embed a text."""
    for attempt in range(2):
        try:
            return client.embeddings.create(model="m", input="Hi").data
        except openai.APIStatusError as error:
            if error.status_code < 500 or attempt:
                raise
