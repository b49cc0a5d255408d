"""The calls of the SDK under test, each made as its users make it: with a client, and to the end of its stream.

A call is a pair of functions, for the sync and for the async client. Each is given the client, a `Delivered` to fill,
and the options of the call. A method that a release lacks is unsupported; that is found by looking, never by version
number.
"""

import inspect

from probe_clients import Unsupported
from probe_delivered import Delivered

_MODEL = "midstream"
_MESSAGE = {"model": _MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}]}
_PROMPT = "\n\nHuman: Hi\n\nAssistant:"
_COMPLETION = {"model": _MODEL, "max_tokens_to_sample": 16, "prompt": _PROMPT}

# Some releases before 0.3 download a tokenizer at each call, to check the length of the prompt. A call that depends on
# a third server is no measurement of a stream, and the switch is their own.
_OLD_COMPLETION = dict(_COMPLETION, disable_checks=True)

_RETRIES = 2

_TURNS = 2
"""How many requests the tool runner may make: one, and another if it takes the answer for a call of a tool. Without a
limit it would go on for ever against a server that always gives the same answer."""

_MISSING = object()


class UnsupportedByStream(Unsupported):
    """The stream of this release lacks the attribute, which only a stream can show."""


async def awaited(value):
    """Return a value, awaited if necessary: releases differ in what has to be awaited."""
    return await value if inspect.isawaitable(value) else value


def _method(client, path):
    """Return the method at a dotted path from the client."""
    found = client
    for name in path.split("."):
        found = getattr(found, name, _MISSING)
        if found is _MISSING:
            raise Unsupported(path)
    return found


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
        return _method(client if retries is None else _method(client, "with_options")(max_retries=retries), path)

    def sync(client, delivered, options):
        _take(on(client)(**arguments, **options), delivered)

    async def asynchronous(client, delivered, options):
        await _atake(await on(client)(**arguments, **options), delivered)

    return sync, asynchronous


def _second(call):
    """Make a call twice on one client, and report the second one."""
    first_sync, first_asynchronous = call

    def sync(client, delivered, options):
        first_sync(client, Delivered(), options)
        first_sync(client, delivered, options)

    async def asynchronous(client, delivered, options):
        await first_asynchronous(client, Delivered(), options)
        await first_asynchronous(client, delivered, options)

    return sync, asynchronous


def _raw(path):
    """Call the method that returns a raw response, whose `parse()` returns the iterator."""

    def sync(client, delivered, options):
        _take(_method(client, path)(stream=True, **_MESSAGE, **options).parse(), delivered)

    async def asynchronous(client, delivered, options):
        response = await _method(client, path)(stream=True, **_MESSAGE, **options)
        await _atake(await awaited(response.parse()), delivered)

    return sync, asynchronous


def _streaming(path):
    """Call the method that returns a streaming response, a context manager."""

    def sync(client, delivered, options):
        with _method(client, path)(stream=True, **_MESSAGE, **options) as response:
            _take(response.parse(), delivered)

    async def asynchronous(client, delivered, options):
        async with _method(client, path)(stream=True, **_MESSAGE, **options) as response:
            await _atake(await awaited(response.parse()), delivered)

    return sync, asynchronous


def _helper(path):
    """Call `stream()`: a context manager around an iterator of events, which also assembles a final message."""

    def sync(client, delivered, options):
        with _method(client, path)(**_MESSAGE, **options) as stream:
            try:
                _take(stream, delivered)
            finally:
                try:
                    delivered.finish(stream.get_final_message())
                except Exception as error:
                    delivered.no_final(error)

    async def asynchronous(client, delivered, options):
        async with _method(client, path)(**_MESSAGE, **options) as stream:
            try:
                await _atake(stream, delivered)
            finally:
                try:
                    delivered.finish(await stream.get_final_message())
                except Exception as error:
                    delivered.no_final(error)

    return sync, asynchronous


def _of_helper(take, atake):
    """Call `stream()`, and use another attribute of its stream than the events."""

    def sync(client, delivered, options):
        with _method(client, "messages.stream")(**_MESSAGE, **options) as stream:
            take(stream, delivered)

    async def asynchronous(client, delivered, options):
        async with _method(client, "messages.stream")(**_MESSAGE, **options) as stream:
            await atake(stream, delivered)

    return sync, asynchronous


def _of_stream(stream, name):
    """Return an attribute of a stream."""
    if not hasattr(stream, name):
        raise UnsupportedByStream(name)
    return getattr(stream, name)


def _final_message(stream, delivered):
    delivered.message(_of_stream(stream, "get_final_message")())


async def _afinal_message(stream, delivered):
    delivered.message(await _of_stream(stream, "get_final_message")())


def _final_text(stream, delivered):
    delivered.text = _of_stream(stream, "get_final_text")()


async def _afinal_text(stream, delivered):
    delivered.text = await _of_stream(stream, "get_final_text")()


def _text_stream(stream, delivered):
    for text in _of_stream(stream, "text_stream"):
        delivered.text += text


async def _atext_stream(stream, delivered):
    async for text in _of_stream(stream, "text_stream"):
        delivered.text += text


def _until_done(stream, delivered):
    _of_stream(stream, "until_done")()


async def _auntil_done(stream, delivered):
    await _of_stream(stream, "until_done")()


def _tool_runner(client, delivered, options):
    run = _method(client, "beta.messages.tool_runner")
    for stream in run(stream=True, tools=[], max_iterations=_TURNS, **_MESSAGE, **options):
        _take(stream, delivered)


async def _atool_runner(client, delivered, options):
    run = _method(client, "beta.messages.tool_runner")
    async for stream in run(stream=True, tools=[], max_iterations=_TURNS, **_MESSAGE, **options):
        await _atake(stream, delivered)


def _completion_stream(client, delivered, options):
    _take(_method(client, "completion_stream")(**_OLD_COMPLETION), delivered)


async def _acompletion_stream(client, delivered, options):
    await _atake(await _method(client, "acompletion_stream")(**_OLD_COMPLETION), delivered)


CALLS = {
    "messages.create": _create("messages.create", _MESSAGE),
    "messages.stream": _helper("messages.stream"),
    "with_options.messages.create": _create("messages.create", _MESSAGE, retries=_RETRIES),
    "messages.create.second-call": _second(_create("messages.create", _MESSAGE)),
    "messages.with_raw_response.create": _raw("messages.with_raw_response.create"),
    "messages.with_streaming_response.create": _streaming("messages.with_streaming_response.create"),
    "messages.stream.get_final_message": _of_helper(_final_message, _afinal_message),
    "messages.stream.get_final_text": _of_helper(_final_text, _afinal_text),
    "messages.stream.text_stream": _of_helper(_text_stream, _atext_stream),
    "messages.stream.until_done": _of_helper(_until_done, _auntil_done),
    "beta.messages.create": _create("beta.messages.create", _MESSAGE),
    "beta.messages.stream": _helper("beta.messages.stream"),
    "beta.messages.tool_runner": (_tool_runner, _atool_runner),
    "completions.create": _create("completions.create", _COMPLETION),
}
"""Each call of the current client, by the name of its surface."""

OLD_CALL = (_completion_stream, _acompletion_stream)
"""The call of the client before 0.3."""
