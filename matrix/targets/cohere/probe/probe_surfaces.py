"""The calls of the Cohere SDK under test, each made as its users make it, and to the end of its stream.

A client or a call that a release lacks is unsupported; that is found by looking, never by version number.
"""

from probe_support import Unsupported, method

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "body", "headers")
"""The attributes that handlers read."""

_PATIENCE = 60.0
"""Seconds that a call waits for the server; longer than any deadline, so that a hang is a hang."""

_CHAT = {"model": "midstream", "messages": [{"role": "user", "content": "Hi"}]}

_FAILED = ("ERROR", "TIMEOUT")
"""The finish reasons of a message that an error ended."""


class Delivered:
    """The events and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every event, in order.
        began: Whether the call returned a stream, which sends its request when it is asked for its first event.
        text: All text, joined.
        stop_reason: The finish reason of the message; None if it did not end.
        reported: The fields of the event that reported an error; empty if there was none.
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
        """Add an event: its text, or how it says that the message ended."""
        self.events.append(event)
        delta = getattr(event, "delta", None)
        kind = _kind(event)
        if kind == "content-delta":
            self.text += delta.message.content.text
        elif kind == "message-end":
            self.stop_reason = delta.finish_reason
            if self.stop_reason in _FAILED:
                self.reported = {"event": f"{kind} with finish_reason {self.stop_reason}"}
                if getattr(delta, "error", None):
                    self.reported["error"] = delta.error

    def facets(self):
        """Return the delivery as plain data."""
        stop_reason = self.stop_reason if isinstance(self.stop_reason, str) else None
        facets = {"events": [_kind(event) for event in self.events], "text": self.text, "stop_reason": stop_reason}
        return dict(facets, reported=self.reported) if self.reported else facets


def _kind(event):
    kind = getattr(event, "type", None)
    return kind if isinstance(kind, str) else type(event).__name__


class Client:
    """A client of the SDK, and the client of the HTTP library that it uses.

    Attributes:
        sdk: The client that programs create.
    """

    def __init__(self, sdk):
        self.sdk = sdk
        self._client = sdk._client_wrapper.httpx_client.httpx_client

    def close(self):
        """Close the connections."""
        return getattr(self._client, "aclose", self._client.close)()


def client_maker(name):
    """Return a function that makes the client of this name."""

    def make(cohere, base_url, timeout=_PATIENCE):
        kind = getattr(cohere, name, None)
        if kind is None:
            raise Unsupported(name)
        return Client(kind(api_key="midstream", base_url=base_url, timeout=timeout))

    return make


def _call(**request_options):
    """Make the pair of a sync and an async call with these options; with none, they are those of the SDK."""
    arguments = dict(_CHAT, request_options=request_options) if request_options else _CHAT

    def sync(client, delivered, options):
        stream = method(client.sdk, "chat_stream")(**arguments)
        delivered.began = True
        for event in stream:
            delivered.event(event)

    async def asynchronous(client, delivered, options):
        stream = method(client.sdk, "chat_stream")(**arguments)
        delivered.began = True
        async for event in stream:
            delivered.event(event)

    return sync, asynchronous


_ONCE = _call(max_retries=0)
_OWN = _call()

SURFACES = {
    "chat_stream": (client_maker("ClientV2"), _ONCE[0]),
    "chat_stream-async": (client_maker("AsyncClientV2"), _ONCE[1]),
    "chat_stream.own-retries": (client_maker("ClientV2"), _OWN[0]),
    "chat_stream.own-retries-async": (client_maker("AsyncClientV2"), _OWN[1]),
}
"""Each surface by its id: the function that makes its client, and its call."""


_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def prepare(cohere):
    """Import what a call imports at first use, which takes seconds, by a call that can't connect."""
    make_client, call = SURFACES["chat_stream"]
    try:
        call(make_client(cohere, _CLOSED), Delivered(), {})
    except BaseException:  # the calls of the plan show what it is
        return
