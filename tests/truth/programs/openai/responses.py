"""The Responses API: its events, its helper, and whole responses."""

import time

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
OPTIONS = {"model": "m", "input": "Hi"}
RELEASES = ">=1.66"
NO_PLACE = ("ask_failed",)


class Failed(Exception):
    """The stream said that it failed."""


def ask_events():
    """Retry a stream of events by classes."""
    for attempt in range(3):
        try:
            return [event.type for event in client.responses.create(**OPTIONS, stream=True)]
        except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError):
            time.sleep(2**attempt)
    raise RuntimeError("no answer")


def ask_text():
    """Join the text of a stream, and give up at any error of the API."""
    text = ""
    try:
        for event in client.responses.create(model="m", input="Hi", stream=True):
            if event.type == "response.output_text.delta":
                text += event.delta
    except openai.APIError:
        return None
    return text


def ask_shown():
    """Retry only while nothing was shown."""
    shown = False
    for _ in range(3):
        try:
            for event in client.responses.create(**OPTIONS, stream=True):
                if event.type == "response.output_text.delta":
                    shown = True
            return shown
        except openai.APIError:
            if shown:
                raise
    return None


def ask_failed():
    """Raise if an event says that the response failed."""
    for event in client.responses.create(**OPTIONS, stream=True):
        if event.type == "response.failed":
            raise Failed("failed")
        if event.type == "error":
            raise Failed("error")


def ask_failed_again():
    """Retry what an event says of a failed response, and errors of the API."""
    for _ in range(3):
        try:
            for event in client.responses.create(**OPTIONS, stream=True):
                if event.type in ("error", "response.failed"):
                    raise Failed(event.type)
            return True
        except (Failed, openai.APIError):
            time.sleep(1)
    raise RuntimeError("no answer")


def ask_completed():
    """Retry a stream without its last event."""
    for _ in range(2):
        done = False
        try:
            for event in client.responses.create(**OPTIONS, stream=True):
                if event.type == "response.completed":
                    done = True
        except openai.InternalServerError:
            continue
        if done:
            return True
    raise RuntimeError("no answer")


async def ask_async():
    """Read an asynchronous stream, and name the error by its code."""
    try:
        stream = await aclient.responses.create(**OPTIONS, stream=True)
        return [event.type async for event in stream]
    except openai.APIError as error:
        if error.code == "rate_limit_exceeded":
            return "limited"
        raise Failed(str(error)) from error


def ask_helper():
    """Ask the helper for the final response."""
    try:
        with client.responses.stream(**OPTIONS) as stream:
            return stream.get_final_response()
    except (openai.APIStatusError, RuntimeError):
        return None


def ask_helper_events():
    """Read the events of the helper, and then ask for the final response."""
    for _ in range(2):
        try:
            with client.responses.stream(**OPTIONS) as stream:
                for event in stream:
                    print(event.type)
                return stream.get_final_response()
        except openai.APIError:
            continue
    return None


async def ask_helper_async():
    """Wait for the end of an asynchronous helper."""
    try:
        async with aclient.responses.stream(**OPTIONS) as stream:
            await stream.until_done()
            return True
    except openai.APIConnectionError:
        return False


def ask_whole():
    """Read a whole response."""
    for _ in range(3):
        try:
            return client.responses.create(**OPTIONS).output_text
        except openai.RateLimitError as error:
            if error.code == "insufficient_quota":
                raise
            time.sleep(1)
        except openai.InternalServerError:
            time.sleep(1)
    raise RuntimeError("no answer")


def ask_parsed():
    """Parse a whole response."""
    try:
        return client.responses.parse(**OPTIONS)
    except openai.BadRequestError:
        return None


def ask_matched():
    """Leave the loop by `match`, and raise if the last event did not come."""
    text = []
    for event in client.responses.create(**OPTIONS, stream=True):
        match event.type:
            case "response.output_text.delta":
                text.append(event.delta)
            case "response.failed" | "error":
                return None
            case "response.completed":
                return "".join(text)
    raise Failed
