"""The calls of the SDK under test, each made as its users make it: with a client, and to the end of its stream.

A call is a pair of functions, for the sync and for the async client. Each is given the client, a `Delivered` to fill,
and the options of the call. A method that a release lacks is unsupported; that is found by looking, never by version
number.
"""

from probe_support import awaited, method

_MODEL = "midstream"
_CHAT = {"model": _MODEL, "messages": [{"role": "user", "content": "Hi"}]}
_RESPONSE = {"model": _MODEL, "input": "Hi"}
_PROMPT = {"model": _MODEL, "prompt": "Hi"}

_RETRIES = 2


def _take(stream, delivered):
    """Iterate over the events of a stream."""
    delivered.began = True
    for event in stream:
        delivered.event(event)


async def _atake(stream, delivered):
    """Iterate over the events of an async stream."""
    delivered.began = True
    async for event in stream:
        delivered.event(event)


def _create(path, arguments, retries=None):
    """Call `create(stream=True)`, which returns an iterator of events."""
    arguments = dict(arguments, stream=True)

    def on(client):
        return method(client if retries is None else method(client, "with_options")(max_retries=retries), path)

    def sync(client, delivered, options):
        _take(on(client)(**arguments, **options), delivered)

    async def asynchronous(client, delivered, options):
        await _atake(await on(client)(**arguments, **options), delivered)

    return sync, asynchronous


def _raw(path, arguments):
    """Call the method that returns a raw response, whose `parse()` returns the iterator."""

    def sync(client, delivered, options):
        _take(method(client, path)(stream=True, **arguments, **options).parse(), delivered)

    async def asynchronous(client, delivered, options):
        response = await method(client, path)(stream=True, **arguments, **options)
        await _atake(await awaited(response.parse()), delivered)

    return sync, asynchronous


def _streaming(path, arguments):
    """Call the method that returns a streaming response, a context manager."""

    def sync(client, delivered, options):
        with method(client, path)(stream=True, **arguments, **options) as response:
            _take(response.parse(), delivered)

    async def asynchronous(client, delivered, options):
        async with method(client, path)(stream=True, **arguments, **options) as response:
            await _atake(await awaited(response.parse()), delivered)

    return sync, asynchronous


def _helper(path, arguments, get_final, read_final):
    """Call `stream()`: a context manager around an iterator of events, which also assembles a final answer."""

    def sync(client, delivered, options):
        with method(client, path)(**arguments, **options) as stream:
            try:
                _take(stream, delivered)
            finally:
                try:
                    delivered.finish(*read_final(getattr(stream, get_final)()))
                except Exception as error:
                    delivered.no_final(error)

    async def asynchronous(client, delivered, options):
        async with method(client, path)(**arguments, **options) as stream:
            try:
                await _atake(stream, delivered)
            finally:
                try:
                    delivered.finish(*read_final(await getattr(stream, get_final)()))
                except Exception as error:
                    delivered.no_final(error)

    return sync, asynchronous


def _read_completion(completion):
    choice = completion.choices[0]
    return choice.message.content or "", choice.finish_reason


def _read_response(response):
    return response.output_text, response.status


def _of_module(name, arguments):
    """Call `create` and `acreate` of a class of the module, as releases before 1.0 have them."""
    arguments = dict(arguments, stream=True)

    def sync(client, delivered, options):
        _take(method(client.openai, name + ".create")(**arguments, **client.options), delivered)

    async def asynchronous(client, delivered, options):
        await _atake(await method(client.openai, name + ".acreate")(**arguments, **client.options), delivered)

    return sync, asynchronous


CALLS = {
    "chat.completions.create": _create("chat.completions.create", _CHAT),
    "with_options.chat.completions.create": _create("chat.completions.create", _CHAT, retries=_RETRIES),
    "chat.completions.with_raw_response.create": _raw("chat.completions.with_raw_response.create", _CHAT),
    "chat.completions.with_streaming_response.create": _streaming(
        "chat.completions.with_streaming_response.create", _CHAT
    ),
    "chat.completions.stream": _helper("chat.completions.stream", _CHAT, "get_final_completion", _read_completion),
    "beta.chat.completions.stream": _helper(
        "beta.chat.completions.stream", _CHAT, "get_final_completion", _read_completion
    ),
    "responses.create": _create("responses.create", _RESPONSE),
    "with_options.responses.create": _create("responses.create", _RESPONSE, retries=_RETRIES),
    "responses.stream": _helper("responses.stream", _RESPONSE, "get_final_response", _read_response),
    "completions.create": _create("completions.create", _PROMPT),
}
"""Each call of the client, by the name of its surface."""

MODULE_CALLS = {
    "ChatCompletion.create": _of_module("ChatCompletion", _CHAT),
    "Completion.create": _of_module("Completion", _PROMPT),
}
"""Each call of the module before 1.0, by the name of its surface."""
