"""Other calls: of the module itself, of prompts, without a stream, and of the errors' own parts."""

import json

import ollama
from ollama import AsyncClient, chat, generate

client = ollama.Client()
Q = [{"role": "user", "content": "Hi"}]


def ask_module():
    """Retry a stream of the module."""
    for _ in range(3):
        try:
            return list(ollama.chat(model="m", messages=Q, stream=True))
        except ollama.ResponseError as error:
            if error.status_code == 404:
                raise
    raise RuntimeError("no answer")


def ask_imported():
    """Retry a stream of a function that is imported from the module."""
    for _ in range(2):
        try:
            stream = chat(model="m", messages=Q, stream=True)
            return [part["message"]["content"] for part in stream]
        except ollama.ResponseError:
            continue
    return None


def ask_prompt():
    """Retry a stream of a prompt."""
    for _ in range(2):
        try:
            text = ""
            for part in generate(model="m", prompt="Hi", stream=True):
                text += part["response"]
            return text
        except ollama.ResponseError as error:
            if error.status_code not in (429, 500, 503):
                raise
    return None


async def ask_prompt_async():
    """Retry a stream of a prompt, asynchronously."""
    for _ in range(2):
        try:
            stream = await AsyncClient().generate(model="m", prompt="Hi", stream=True)
            return [part["response"] async for part in stream]
        except ollama.ResponseError:
            continue
    return None


def ask_whole():
    """Ask for a whole answer, and load the model if it is missing."""
    try:
        return client.chat(model="m", messages=Q)["message"]["content"]
    except ollama.ResponseError as error:
        if error.status_code == 404:
            return "missing"
        raise


def ask_whole_of_module():
    """Retry a whole answer."""
    for _ in range(3):
        try:
            return ollama.generate(model="m", prompt="Hi")["response"]
        except ollama.ResponseError as error:
            if error.status_code < 500:
                raise
    raise RuntimeError("no answer")


def ask_pulled():
    """Pull a model, which is no stream here."""
    try:
        return client.pull("m")
    except ollama.ResponseError as error:
        return error.error


def ask_error():
    """Retry by the error that a part names."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ollama.ResponseError as error:
            if "overloaded" not in error.error:
                raise
    raise RuntimeError("no answer")


def ask_without_status():
    """Retry an error in a stream, which has no status."""
    for _ in range(3):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ollama.ResponseError as error:
            if error.status_code != -1:
                raise
    raise RuntimeError("no answer")


def ask_response():
    """Read a response that the error does not have."""
    try:
        return list(client.chat(model="m", messages=Q, stream=True))
    except ollama.ResponseError as error:
        return error.response.status_code


def ask_named():
    """Catch a class that is raised for arguments only."""
    for _ in range(2):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except ollama.RequestError:
            continue
    return None


async def ask_tasks():
    """Await several streams."""
    import asyncio

    async def one():
        return [part async for part in await AsyncClient().chat(model="m", messages=Q, stream=True)]

    results = await asyncio.gather(one(), return_exceptions=True)
    if isinstance(results[0], ollama.ResponseError):
        return await one()
    return results[0]


def ask_connection_error():
    """Catch Python's own class, of which the library's are none."""
    for _ in range(2):
        try:
            return list(client.chat(model="m", messages=Q, stream=True))
        except (ConnectionError, TimeoutError, json.JSONDecodeError):
            continue
    return None
