"""Checks of the end of a stream: by the part that says that the answer is done."""

import ollama

client = ollama.Client()
aclient = ollama.AsyncClient()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_empty", "ask_nothing")


class Cut(Exception):
    """The stream ended before the answer did."""


def ask_raises_cut():
    """Raise if no part says that the answer is done."""
    done = False
    for part in client.chat(model="m", messages=Q, stream=True):
        done = part["done"] or done
    if not done:
        raise Cut
    return done


def ask_clause_and_check():
    """Retry errors, and a stream without an end."""
    for _ in range(3):
        done = False
        try:
            for part in client.chat(model="m", messages=Q, stream=True):
                if part["done"]:
                    done = True
            if not done:
                continue
            return done
        except ollama.ResponseError:
            continue
    raise RuntimeError("no answer")


def ask_raised_and_caught():
    """Raise inside the clause that retries."""
    for _ in range(3):
        reason = None
        try:
            for part in client.chat(model="m", messages=Q, stream=True):
                if part["done"]:
                    reason = part["done_reason"]
            if reason is None:
                raise Cut
            return reason
        except (Cut, ollama.ResponseError):
            continue
    raise RuntimeError("no answer")


async def ask_async_stop():
    """Stop at the last part, and fail if it never came."""
    try:
        async for part in await aclient.chat(model="m", messages=Q, stream=True):
            if part["done"]:
                return "complete"
    except ollama.ResponseError as error:
        raise Cut(str(error)) from error
    raise Cut("the answer is not done")


def ask_text():
    """Join the text, and look at no end."""
    text = ""
    try:
        for part in client.chat(model="m", messages=Q, stream=True):
            text += part["message"]["content"]
    except ollama.ResponseError:
        return text + " [cut]"
    return text


def ask_empty():
    """Raise if there is no text at all."""
    text = ""
    for part in client.chat(model="m", messages=Q, stream=True):
        text += part["message"]["content"]
    if not text:
        raise Cut
    return text


def ask_partial():
    """Keep what came, and retry only if nothing did."""
    parts = []
    for _ in range(2):
        try:
            for part in client.chat(model="m", messages=Q, stream=True):
                parts.append(part["message"]["content"])
            return "".join(parts)
        except ollama.ResponseError:
            if parts:
                return "".join(parts) + " [cut]"
    return None


def ask_first_text():
    """Return at the first text."""
    for _ in range(2):
        try:
            for part in client.chat(model="m", messages=Q, stream=True):
                if part["message"]["content"]:
                    return part["message"]["content"]
        except ollama.ResponseError:
            continue
    return None


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(client.chat(model="m", messages=Q, stream=True))
