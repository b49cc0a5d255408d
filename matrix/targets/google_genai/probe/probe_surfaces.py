"""The calls of the SDK under test, each made as its users make it, and to the end of its stream.

A call that a release lacks is unsupported; that is found by looking, never by version number.
"""

import probe_facets
from probe_support import awaited, method

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "status", "details")
"""The attributes that handlers read, by the names of the protocol: the SDK writes the status code as `code`."""

_SPELLED = {"status_code": "code"}
"""The names of the protocol that the SDK writes otherwise."""

_MODEL = "midstream"
_PATIENCE = 60.0
"""Seconds that a client waits for the server; longer than any deadline, so that a hang is a hang."""


def _by_protocol(describe):
    """Make the function that describes an exception look for the SDK's names, and write those of the protocol."""

    def described(error, sdk, base_url, attributes):
        facets = describe(error, sdk, base_url, [_SPELLED.get(name, name) for name in attributes])
        found = facets["attributes"]
        facets["attributes"] = {
            name: found[_SPELLED.get(name, name)] for name in attributes if _SPELLED.get(name, name) in found
        }
        return facets

    return described


probe_facets.exception = _by_protocol(probe_facets.exception)


class Delivered:
    """The chunks and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every chunk, in order.
        began: Whether the call returned a stream.
        text: All text, joined.
        stop_reason: The last finish reason.
        final: Always None: a stream of chunks has no answer of its own.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None

    def event(self, event):
        """Add a chunk: the text in it, and its finish reason if it has one."""
        self.events.append(event)
        candidates = getattr(event, "candidates", None)
        if not candidates:
            return
        for part in getattr(candidates[0].content, "parts", None) or ():
            self.text += part.text if isinstance(part.text, str) else ""
        reason = candidates[0].finish_reason
        self.stop_reason = self.stop_reason if reason is None else str(getattr(reason, "value", reason))

    def facets(self):
        """Return the delivery as plain data."""
        kinds = [type(event).__name__ for event in self.events]
        return {"events": kinds, "text": self.text, "stop_reason": self.stop_reason}


class Client:
    """A client of the SDK.

    Attributes:
        sdk: The client that users have.
    """

    def __init__(self, sdk):
        self.sdk = sdk

    @property
    def _client(self):
        """The client of httpx, where the probe looks for connections that are left open."""
        return self.sdk._api_client._httpx_client

    def close(self):
        """Close the client."""
        return method(self.sdk, "close")()


class AsyncClient(Client):
    """The async half of a client of the SDK."""

    @property
    def _client(self):
        """The client of httpx; newer releases have one for each event loop, in the client that they show."""
        shown = self.sdk._api_client._async_httpx_client
        return next(iter(getattr(shown, "_loop_clients", {}).values()), shown)

    def close(self):
        """Close the async half."""
        return method(self.sdk, "aio.aclose")()


def client_maker(kind, patience=_PATIENCE, retries=False):
    """Return a function that makes a client.

    Args:
        kind: The class of the client.
        patience: The seconds that it waits for the server if the call does not say; None for its own default.
        retries: Whether it is told to retry.
    """

    def make(genai, base_url, timeout=patience):
        options = {"base_url": base_url}
        if timeout is not None:
            options["timeout"] = int(timeout * 1000)
        if retries:
            types = method(genai, "types")
            options["retry_options"] = method(types, "HttpRetryOptions")(attempts=3, initial_delay=0.01, jitter=0.001)
        return kind(method(genai, "Client")(api_key="midstream", http_options=options))

    return make


def _take(stream, delivered):
    delivered.began = True
    for event in stream:
        delivered.event(event)


async def _atake(stream, delivered):
    delivered.began = True
    async for event in stream:
        delivered.event(event)


def _generate(client, delivered, options):
    _take(method(client.sdk, "models.generate_content_stream")(model=_MODEL, contents="Hi"), delivered)


async def _agenerate(client, delivered, options):
    stream = method(client.sdk, "aio.models.generate_content_stream")(model=_MODEL, contents="Hi")
    await _atake(await awaited(stream), delivered)


def _send(client, delivered, options):
    chat = method(client.sdk, "chats.create")(model=_MODEL)
    _take(method(chat, "send_message_stream")("Hi"), delivered)


async def _asend(client, delivered, options):
    chat = method(client.sdk, "aio.chats.create")(model=_MODEL)
    await _atake(await awaited(method(chat, "send_message_stream")("Hi")), delivered)


SURFACES = {
    "models.generate_content_stream": (client_maker(Client), _generate),
    "models.generate_content_stream-async": (client_maker(AsyncClient), _agenerate),
    "chats.send_message_stream": (client_maker(Client), _send),
    "chats.send_message_stream-async": (client_maker(AsyncClient), _asend),
    "own_retries.models.generate_content_stream": (client_maker(Client, patience=None), _generate),
    "own_retries.models.generate_content_stream-async": (client_maker(AsyncClient, patience=None), _agenerate),
    "retry_options.models.generate_content_stream": (client_maker(Client, retries=True), _generate),
    "retry_options.models.generate_content_stream-async": (client_maker(AsyncClient, retries=True), _agenerate),
}
"""Each surface by its id: the function that makes its client, and its call."""

_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def prepare(genai):
    """Import what a call imports at first use, by a call that can't connect."""
    make_client, call = SURFACES["models.generate_content_stream"]
    try:
        call(make_client(genai, _CLOSED), Delivered(), {})
    except BaseException:  # the calls of the plan show what it is
        return
