"""Checks of the end of a stream, with and without a clause."""

import openai

client = openai.OpenAI()
aclient = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
NO_PLACE = ("ask_nothing",)


class Cut(Exception):
    """The stream ended before the answer did."""


def ask_raises_cut():
    """Raise if no chunk has a finish reason."""
    finish = None
    for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
        finish = chunk.choices[0].finish_reason or finish
    if finish is None:
        raise Cut
    return finish


def ask_clause_and_check():
    """Retry errors, and a stream without a finish reason."""
    for _ in range(3):
        finish = None
        try:
            for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
                if chunk.choices[0].finish_reason:
                    finish = chunk.choices[0].finish_reason
            if finish is None:
                continue
            return finish
        except openai.APIError:
            continue
    raise RuntimeError("no answer")


def ask_raised_and_caught():
    """Raise inside the clause that retries."""
    for _ in range(3):
        done = False
        try:
            for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
                if chunk.choices[0].finish_reason is not None:
                    done = True
            if not done:
                raise Cut
            return done
        except (Cut, openai.APIConnectionError, openai.InternalServerError):
            continue
    raise RuntimeError("no answer")


def ask_whole_reason():
    """Look at the finish reason of a whole completion."""
    try:
        completion = client.chat.completions.create(model="m", messages=Q)
    except openai.APIStatusError:
        return None
    if completion.choices[0].finish_reason == "length":
        raise Cut
    return completion


async def ask_async_stop():
    """Stop at the finish reason, and fail if it never came."""
    try:
        async for chunk in await aclient.chat.completions.create(model="m", messages=Q, stream=True):
            if chunk.choices[0].finish_reason == "stop":
                return "complete"
    except openai.APIError as error:
        raise Cut(str(error)) from error
    raise Cut("no finish reason")


def ask_first():
    """Return at the first text."""
    for _ in range(2):
        try:
            for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
                if chunk.choices and chunk.choices[0].delta.content:
                    return chunk.choices[0].delta.content
        except openai.APIError:
            continue
    return None


def ask_partial():
    """Keep what came, and retry only if nothing did."""
    parts = []
    for _ in range(2):
        try:
            for chunk in client.chat.completions.create(model="m", messages=Q, stream=True):
                if content := chunk.choices[0].delta.content:
                    parts.append(content)
            return "".join(parts)
        except openai.APIError:
            if parts:
                return "".join(parts) + " [cut]"
    return None


def ask_nothing():
    """Check nothing, and catch nothing."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))
