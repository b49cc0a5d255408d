"""Ways to read an answer that only this SDK has: helpers of the stream, prompts, and calls without a stream."""

import contextlib

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
CHAT = {"model": "m", "messages": Q}
SINCE = {
    "ask_helper": "1.92.0",
    "ask_helper_events": "1.92.0",
    "ask_helper_text": "1.92.0",
    "ask_helper_async": "1.92.0",
    "ask_beta_helper": "1.66.0",
    "ask_beta_events": "1.66.0",
}


def ask_helper():
    """Ask the helper for the final completion."""
    try:
        with client.chat.completions.stream(**CHAT) as stream:
            return stream.get_final_completion()
    except openai.APIError:
        return None


def ask_helper_events():
    """Read the events of the helper one by one."""
    for _ in range(3):
        try:
            with client.chat.completions.stream(**CHAT) as stream:
                return [event.type for event in stream]
        except (openai.InternalServerError, openai.APIConnectionError):
            continue
    raise RuntimeError("no answer")


def ask_helper_text():
    """Show the text of the helper, and do not retry once something was shown."""
    shown = ""
    for _ in range(2):
        try:
            with client.chat.completions.stream(**CHAT) as stream:
                for event in stream:
                    if event.type == "content.delta":
                        shown += event.delta
                return stream.get_final_completion()
        except openai.APIError as error:
            if shown:
                raise ValueError(shown) from error
    return None


async def ask_helper_async():
    """Read an asynchronous helper to its end."""
    try:
        async with aclient.chat.completions.stream(**CHAT) as stream:
            async for event in stream:
                if event.type == "chunk" and event.chunk.choices[0].finish_reason:
                    break
            return True
    except openai.APIError as error:
        return str(error)


def ask_beta_helper():
    """Ask the helper of the beta resource for the final completion."""
    with contextlib.suppress(openai.APIStatusError):
        with client.beta.chat.completions.stream(**CHAT) as stream:
            return stream.get_final_completion()
    return None


def ask_beta_events():
    """Read the events of the helper of the beta resource."""
    for _ in range(2):
        try:
            with client.beta.chat.completions.stream(**CHAT) as stream:
                return [event.type for event in stream]
        except openai.APIError:
            continue
    return None


def ask_prompt():
    """Complete a prompt."""
    for _ in range(2):
        try:
            return "".join(c.choices[0].text for c in client.completions.create(model="m", prompt="Hi", stream=True))
        except (openai.APIConnectionError, openai.InternalServerError):
            continue
    return None


async def ask_async_prompt():
    """Complete a prompt asynchronously, and keep what came before an error."""
    text = ""
    try:
        async for chunk in await aclient.completions.create(model="m", prompt="Hi", stream=True):
            text += chunk.choices[0].text
    except openai.APIError:
        if not text:
            raise
    return text


def ask_moderation():
    """Moderate a text."""
    try:
        return client.moderations.create(input="Hi")
    except openai.APIError as error:
        raise LookupError from error


def ask_models():
    """List the models."""
    try:
        return client.models.list()
    except openai.AuthenticationError:
        return None
