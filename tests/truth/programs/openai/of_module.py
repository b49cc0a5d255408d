"""Calls on the module itself, which makes its client."""

import openai
from openai import OpenAIError

Q = [{"role": "user", "content": "Hi"}]


def ask_stream():
    """Retry a stream of the module."""
    for _ in range(3):
        try:
            return list(openai.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.RateLimitError, openai.APIConnectionError, openai.InternalServerError):
            continue
    raise RuntimeError("no answer")


def ask_any():
    """Retry every error of the SDK."""
    for _ in range(2):
        try:
            return [chunk.id for chunk in openai.chat.completions.create(model="m", messages=Q, stream=True)]
        except OpenAIError:
            continue
    return None


def ask_whole():
    """Read a whole completion of the module."""
    try:
        return openai.chat.completions.create(model="m", messages=Q).choices[0].message.content
    except openai.APIStatusError as error:
        return error.status_code


def ask_embedding():
    """Embed a text by the module."""
    try:
        return openai.embeddings.create(model="m", input="Hi").data[0].embedding
    except openai.BadRequestError:
        return []


def ask_prompt():
    """Complete a prompt by the module."""
    text = ""
    try:
        for chunk in openai.completions.create(model="m", prompt="Hi", stream=True):
            text += chunk.choices[0].text
    except openai.APIError as error:
        raise ValueError(text) from error
    return text


def ask_options():
    """Take a client with other options from one that is made here."""
    client = openai.OpenAI().with_options(max_retries=0, timeout=5.0)
    try:
        return list(client.chat.completions.create(model="m", messages=Q, stream=True))
    except openai.APITimeoutError:
        return "late"
    except openai.APIStatusError as error:
        return error.response.status_code
