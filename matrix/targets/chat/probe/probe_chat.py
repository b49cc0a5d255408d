"""The clients, the calls and the deliveries of an SDK for chat completions, all made as its users make them.

The SDKs differ in the name of their client, so the surfaces are made for a name. A call that a release lacks is
unsupported; that is found by looking, never by version number.
"""

import contextlib

from probe_support import Unsupported, awaited, close, method

ATTRIBUTES = ("status_code", "code", "type", "request_id")
"""The attributes that handlers read."""

_KEY = "midstream"
_ARGUMENTS = {"model": "midstream", "messages": [{"role": "user", "content": "Hi"}], "stream": True}

_PATIENCE = 60.0
"""Seconds that a client waits for the server; longer than any deadline, so that a hang is a hang and never looks like
the client's own timeout."""


class Delivered:
    """The chunks and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every chunk, in order.
        began: Whether the call returned a stream of chunks.
        text: All text, joined.
        stop_reason: The last finish reason of a chunk.
        final: Always None: a stream of chunks has no answer of its own.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None

    def event(self, chunk):
        """Add a chunk: its text, and its finish reason if it has one."""
        self.events.append(chunk)
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return
        content = getattr(getattr(choices[0], "delta", None), "content", None)
        self.text += content if isinstance(content, str) else ""
        self.stop_reason = getattr(choices[0], "finish_reason", None) or self.stop_reason

    def facets(self):
        """Return the delivery as plain data."""
        return {
            "events": [_kind(chunk) for chunk in self.events],
            "text": self.text,
            "stop_reason": self.stop_reason if isinstance(self.stop_reason, str) else None,
        }


def _kind(chunk):
    """Return the kind of object that a chunk says it is."""
    kind = getattr(chunk, "object", None)
    return kind if isinstance(kind, str) else type(chunk).__name__


def _take(stream, delivered):
    """Iterate over the chunks of a stream."""
    delivered.began = True
    for chunk in stream:
        delivered.event(chunk)


async def _atake(stream, delivered):
    """Iterate over the chunks of an async stream."""
    delivered.began = True
    async for chunk in stream:
        delivered.event(chunk)


def _create(client, delivered, options):
    _take(method(client, "chat.completions.create")(**_ARGUMENTS, **options), delivered)


async def _acreate(client, delivered, options):
    await _atake(await method(client, "chat.completions.create")(**_ARGUMENTS, **options), delivered)


_RAW = "chat.completions.with_raw_response.create"
_STREAMING = "chat.completions.with_streaming_response.create"


def _raw(client, delivered, options):
    _take(method(client, _RAW)(**_ARGUMENTS, **options).parse(), delivered)


async def _araw(client, delivered, options):
    response = await method(client, _RAW)(**_ARGUMENTS, **options)
    await _atake(await awaited(response.parse()), delivered)


def _streaming(client, delivered, options):
    with method(client, _STREAMING)(**_ARGUMENTS, **options) as response:
        _take(response.parse(), delivered)


async def _astreaming(client, delivered, options):
    async with method(client, _STREAMING)(**_ARGUMENTS, **options) as response:
        await _atake(await awaited(response.parse()), delivered)


def _maker(name, **settings):
    """Return a function that makes the client of this name."""

    def make(sdk, base_url, timeout=_PATIENCE):
        kind = getattr(sdk, name, None)
        if kind is None:
            raise Unsupported(name)
        return kind(api_key=_KEY, base_url=base_url, timeout=timeout, **settings)

    return make


def surfaces(name):
    """Map the id of each surface to a function that makes its client, and its call.

    Args:
        name: The class of the client; that of the async client has `Async` before it.
    """
    sync, asynchronous = _maker(name, max_retries=0), _maker("Async" + name, max_retries=0)
    return {
        "chat.completions.create": (sync, _create),
        "chat.completions.create-async": (asynchronous, _acreate),
        "own-retries.chat.completions.create": (_maker(name), _create),
        _RAW: (sync, _raw),
        _RAW + "-async": (asynchronous, _araw),
        _STREAMING: (sync, _streaming),
        _STREAMING + "-async": (asynchronous, _astreaming),
    }


def preparation(name):
    """Return the function that looks up every method: the SDK imports some resources at first use.

    A failure is left to the call, which fails in the same way.
    """

    def prepare(sdk):
        try:
            client = _maker(name)(sdk, "http://127.0.0.1")
        except Exception:
            return
        for path in ("chat.completions.create", _RAW, _STREAMING):
            with contextlib.suppress(Exception):
                method(client, path)
        close(client)

    return prepare
