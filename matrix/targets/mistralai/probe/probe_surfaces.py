"""The calls of the Mistral SDK under test, each made as its users make it, and to the end of its stream.

A call that a release lacks is unsupported; that is found by looking, never by version number.
"""

import contextlib
import importlib
import os

os.environ["MISTRAL_SDK_TELEMETRY"] = "false"  # it sends traces to its makers if this asks for them

from probe_support import Unsupported, method

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "body", "data", "cause")
"""The attributes that handlers read."""

_PATIENCE = 60.0
"""Seconds that a call waits for the server; longer than any deadline, so that a hang is a hang."""

_CHAT = {"model": "midstream", "messages": [{"role": "user", "content": "Hi"}]}
_CONVERSATION = {"model": "midstream", "inputs": "Hi"}


class Delivered:
    """The events and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every event, in order.
        began: Whether the call returned a stream.
        text: All text, joined.
        stop_reason: The last finish reason of a chunk, or the type of the event that ends a conversation.
        reported: The fields of the last event that reported an error; empty if there was none.
        final: Always None: a stream of events has no answer of its own.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None
        self.reported = {}

    def event(self, event):
        """Add an event: its text, and its finish reason or its error if it has one."""
        self.events.append(event)
        data = event.data
        kind = _kind(event)
        if kind == "message.output.delta":
            self._text(data.content)
        elif kind == "conversation.response.done":
            self.stop_reason = kind
        elif kind == "conversation.response.error":
            self.reported = {"event": kind, "message": data.message, "code": data.code}
        for choice in getattr(data, "choices", None) or ():
            self._text(choice.delta.content)
            self.stop_reason = choice.finish_reason or self.stop_reason
            if choice.finish_reason == "error":
                self.reported = {"event": f"{kind} with finish_reason error"}

    def _text(self, piece):
        self.text += piece if isinstance(piece, str) else ""

    def facets(self):
        """Return the delivery as plain data."""
        stop_reason = self.stop_reason if isinstance(self.stop_reason, str) else None
        facets = {"events": [_kind(event) for event in self.events], "text": self.text, "stop_reason": stop_reason}
        return dict(facets, reported=self.reported) if self.reported else facets


def _kind(event):
    """Return the type in the data of an event; of a chunk, the kind of object that it says it is."""
    data = event.data
    kind = getattr(data, "type", None) or getattr(data, "object", None)
    return kind if isinstance(kind, str) else type(data).__name__


def _module(*names):
    """Import the first of these modules that the release has; it is unsupported if it has none."""
    for name in names:
        with contextlib.suppress(ModuleNotFoundError):
            return importlib.import_module(name)
    raise Unsupported(names[0])


class Client:
    """A client of the SDK, and the client of the HTTP library that a call uses.

    Attributes:
        sdk: The client that programs create. It has two clients of the HTTP library, for sync and for async calls.
    """

    def __init__(self, sdk, is_async):
        configuration = sdk.sdk_configuration
        self.sdk = sdk
        self._client = configuration.async_client if is_async else configuration.client

    def close(self):
        """Close the connections of the call."""
        return getattr(self._client, "aclose", self._client.close)()


def client_maker(retry_policy=None, *, is_async=False):
    """Return a function that makes a client; `retry_policy` is a function that makes its policy of retries."""

    def make(mistralai, base_url, timeout=_PATIENCE):
        kind = getattr(_module("mistralai.client", "mistralai"), "Mistral", None)
        if kind is None:
            raise Unsupported("Mistral")
        settings = {} if retry_policy is None else {"retry_config": retry_policy()}
        return Client(
            kind(api_key="midstream", server_url=base_url, timeout_ms=int(timeout * 1000), **settings), is_async
        )

    return make


def _retry_soon():
    """Make the policy of retries that the SDK's README shows, with two seconds for all attempts."""
    utils = _module("mistralai.client.utils", "mistralai.utils")
    return utils.RetryConfig("backoff", utils.BackoffStrategy(1, 50, 1.1, 2000), False)


def _call(path, arguments):
    """Make the pair of a sync and an async call of a method that returns a stream."""

    def sync(client, delivered, options):
        with method(client.sdk, path)(**arguments) as stream:
            delivered.began = True
            for event in stream:
                delivered.event(event)

    async def asynchronous(client, delivered, options):
        async with await method(client.sdk, path + "_async")(**arguments) as stream:
            delivered.began = True
            async for event in stream:
                delivered.event(event)

    return sync, asynchronous


_STREAM = _call("chat.stream", _CHAT)
_CONVERSE = _call("beta.conversations.start_stream", _CONVERSATION)

SURFACES = {
    "chat.stream": (client_maker(), _STREAM[0]),
    "chat.stream-async": (client_maker(is_async=True), _STREAM[1]),
    "chat.stream.own-retries": (client_maker(), _STREAM[0]),
    "chat.stream.retry-config": (client_maker(_retry_soon), _STREAM[0]),
    "chat.stream.retry-config-async": (client_maker(_retry_soon, is_async=True), _STREAM[1]),
    "beta.conversations.start_stream": (client_maker(), _CONVERSE[0]),
    "beta.conversations.start_stream-async": (client_maker(is_async=True), _CONVERSE[1]),
}
"""Each surface by its id: the function that makes its client, and its call."""


def prepare(mistralai):
    """Import what a call imports at first use, which takes seconds.

    A failure is left to the call, which fails in the same way.
    """
    try:
        client = client_maker()(mistralai, "http://127.0.0.1")
        for path in ("chat.stream", "beta.conversations.start_stream"):
            method(client.sdk, path)
        _module("mistralai.client.errors", "mistralai.models")
        client.close()
    except BaseException:
        return
