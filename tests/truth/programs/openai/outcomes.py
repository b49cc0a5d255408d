"""What is made of an error after its clause: results, flags, pairs, and errors that are kept for later."""

import dataclasses
import logging

import openai

client = openai.OpenAI()
log = logging.getLogger(__name__)
Q = [{"role": "user", "content": "Hi"}]


@dataclasses.dataclass
class Result:
    """An answer or an error."""

    answer: list | None = None
    error: str = ""


class Refused(Exception):
    """The server refused the request."""


def ask_result():
    """Return a result that holds the error."""
    try:
        return Result(list(client.chat.completions.create(model="m", messages=Q, stream=True)))
    except (openai.RateLimitError, openai.APIStatusError) as error:
        return Result(error=str(error))


def ask_pair():
    """Return a pair, as other languages do."""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return list(stream), None
    except openai.APIError as error:
        return None, error


def ask_flag():
    """Set a flag, and raise after the clause."""
    refused, events = False, []
    try:
        events = list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.BadRequestError:
        refused = True
    except openai.APIStatusError:
        log.warning("failed")
    if refused:
        raise Refused
    return events


def ask_kept():
    """Keep the error, and raise another one of it after the clause."""
    failure = None
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APIError as error:
        failure = error
    raise Refused(str(failure)) from failure


def ask_kept_in_loop():
    """Keep the last error of a loop, and raise it unless it is a limit."""
    last = None
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            last = error
    if isinstance(last, openai.RateLimitError):
        return "limited"
    raise last


def ask_message():
    """Choose a text by the class, and return it."""
    try:
        with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
            return "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    except openai.APIError as error:
        if isinstance(error, openai.RateLimitError):
            text = "slow down"
        elif isinstance(error, openai.APIStatusError):
            text = f"failed with {error.status_code}"
        else:
            text = "no connection"
        return text


def ask_nested():
    """Fail inside a clause, and catch that."""
    try:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.status_code == 429:
                raise LookupError("limit") from error
            raise
    except LookupError:
        return []


def ask_inner_catches():
    """Have an inner clause for one class and an outer one for the rest."""
    for _ in range(2):
        try:
            try:
                return list(client.chat.completions.create(model="m", messages=Q, stream=True))
            except openai.RateLimitError:
                return "limited"
        except openai.APIStatusError:
            continue
    return None


def ask_cleaned_up():
    """Close things in a `finally`, and translate in the clause."""
    stream = None
    try:
        stream = client.chat.completions.create(model="m", messages=Q, stream=True)
        return [event.object for event in stream]
    except openai.APIError as error:
        raise Refused("failed") from error
    finally:
        if stream is not None:
            stream.close()


def ask_defaulted():
    """Give a default for each of two steps."""
    try:
        stream = client.chat.completions.create(model="m", messages=Q, stream=True)
    except openai.APIError:
        stream = iter(())
    try:
        return [event.object for event in stream]
    except openai.APIError:
        return []


def fetch():
    """Return events, or None."""
    for _ in range(2):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError:
            log.warning("again")
    return None


def ask_none_is_empty():
    """Make an empty list of None."""
    return fetch() or []
