"""Ways to count attempts, and what is left when they are used up."""

import itertools
import os
import time

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]
TRIES = int(os.environ.get("TRIES", "3"))


class Settings:
    """Holds how often to try."""

    attempts = 2
    delay = 0.1


def ask_last_attempt_raises():
    """Raise at the last attempt, counted from 1."""
    for attempt in range(1, 4):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError:
            if attempt == 3:
                raise
            time.sleep(attempt)


def ask_counted_down():
    """Count down to nothing."""
    left = 3
    while left > 0:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.RateLimitError, openai.InternalServerError):
            left -= 1


def ask_counted_in_condition():
    """Count in the condition of the loop."""
    left = 3
    while (left := left - 1) >= 0:
        try:
            with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                return list(stream)
        except openai.APIError:
            time.sleep(Settings.delay)
    return ""


def ask_from_environment():
    """Take the number of attempts from the environment."""
    for attempt in range(TRIES):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError:
            time.sleep(2**attempt)


def ask_from_settings():
    """Take the number of attempts from a class, and raise at the end."""
    for _ in range(Settings.attempts):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIConnectionError:
            time.sleep(Settings.delay)
        except openai.APIStatusError as error:
            if error.status_code < 500:
                raise ValueError("refused") from error
    raise TimeoutError


def ask_repeated():
    """Repeat nothing three times."""
    for _ in itertools.repeat(None, 3):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError as error:
            if error.status_code == 400:
                break
    return None


def ask_delays():
    """Take each delay of a list, and try once more without a clause."""
    for delay in (1, 2, 4):
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError):
            time.sleep(delay)
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def ask_enumerated():
    """Enumerate models, and raise at the last of them."""
    models = ["m", "n"]
    for index, model in enumerate(models):
        try:
            return list(client.chat.completions.create(model=model, messages=Q, stream=True))
        except openai.APIError:
            if index + 1 == len(models):
                raise


def ask_popped():
    """Take models from a list until it is empty."""
    models = ["m", "n", "o"]
    while models:
        try:
            return list(client.chat.completions.create(model=models.pop(0), messages=Q, stream=True))
        except openai.RateLimitError:
            pass
    raise RuntimeError("no answer")


def ask_once_more():
    """Ask once more inside the clause, with a clause of its own."""
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.InternalServerError:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError:
            return None


def ask_partial_kept():
    """Ask again only if no text has come."""
    text = ""
    for _ in range(3):
        try:
            with client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
                for piece in stream:
                    text += piece.choices[0].delta.content or ""
            return text
        except openai.APIError:
            if text:
                raise
    return text


def ask_flagged():
    """Leave a loop by a flag."""
    retrying = True
    events = None
    while retrying:
        retrying = False
        try:
            events = list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.RateLimitError:
            retrying = events is None and Settings.attempts > 3
    return events


def ask_state(state={"failures": 0}):  # noqa: B006 - as users write it
    """Count failures over calls, and stop at three."""
    while True:
        try:
            return list(client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIStatusError:
            state["failures"] += 1
            if state["failures"] >= 3:
                raise
