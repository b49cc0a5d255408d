"""A function that retries another function, which reads its stream."""

import openai

client = openai.OpenAI()
Q = [{"role": "user", "content": "Hi"}]


def call_with_retries(function, attempts=3):
    """Call a function until it answers."""
    for attempt in range(attempts):
        try:
            return function()
        except openai.APIError:
            if attempt == attempts - 1:
                raise
    return None


def ask_function():
    """Pass a lambda that reads the stream."""
    return call_with_retries(lambda: list(client.chat.completions.create(model="m", messages=Q, stream=True)))


def read():
    """Read a stream."""
    return list(client.chat.completions.create(model="m", messages=Q, stream=True))


def ask_named_function():
    """Pass a function that reads the stream."""
    return call_with_retries(read)
