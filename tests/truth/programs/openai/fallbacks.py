"""Clauses that ask another model, give a made answer, or keep what came so far."""

import logging

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
log = logging.getLogger(__name__)
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_retries_within": ("ask_retries_within.once", "ask_retries_within")}
NO_PLACE = ("ask_logs_in_finally",)


def ask_other_model():
    """Ask another model if the first is overloaded."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.InternalServerError:
        return list(client.chat.completions.create(model="n", messages=Q, stream=True))


def ask_models_in_turn():
    """Ask several models in turn."""
    for model in ("m", "n", "o"):
        try:
            with client.chat.completions.create(model=model, messages=Q, stream=True) as stream:
                return list(stream)
        except openai.APIError as error:
            log.warning("%s failed: %s", model, error)
    return "sorry"


def ask_what_came():
    """Return the text that came before the error."""
    text = ""
    try:
        for event in client.chat.completions.create(model="m", messages=Q, stream=True):
            if event.choices[0].delta.content:
                text += event.choices[0].delta.content
    except openai.APIError as error:
        log.warning("cut: %s", error)
    return text


def ask_errors_collected():
    """Collect errors, and raise the first one at the end."""
    errors = []
    answer = None
    try:
        answer = list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIStatusError as error:
        errors.append(error)
    if errors:
        raise errors[0]
    return answer


def ask_returns_the_error():
    """Return the error instead of an answer."""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return list(stream)
    except Exception as error:
        return error


def ask_swallowed():
    """Pass over every exception."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except Exception:
        pass
    return None


def ask_logs_in_finally():
    """Raise the error again, and log in a `finally`."""
    text = []
    try:
        text = [e.object for e in client.chat.completions.create(model="m", messages=Q, stream=True)]
    except openai.APIStatusError:
        raise
    finally:
        log.info("done")
    return text


async def ask_yields_the_error():
    """Yield an error as the last event."""
    try:
        async for event in await aclient.chat.completions.create(model="m", messages=Q, stream=True):
            yield event.object
    except (openai.APIStatusError, openai.APIConnectionError) as error:
        yield {"type": "error", "message": str(error)}


def ask_retries_within():
    """Retry by calling a function that has its own clause for another class."""

    def once():
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.BadRequestError:
            return []

    for _ in range(3):
        try:
            return once()
        except openai.InternalServerError:
            continue
    raise RuntimeError("no answer")
