"""The calls of the SDK under test, each made as its users make it, and to the end of its stream.

A call that a release lacks is unsupported; that is found by looking, never by version number.
"""

from probe_support import awaited, method

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "error")
"""The attributes that handlers read."""

_CHAT = {"model": "midstream", "messages": [{"role": "user", "content": "Hi"}]}
_PROMPT = {"model": "midstream", "prompt": "Hi"}

_PATIENCE = 60.0
"""Seconds that a client waits for the server; longer than any deadline, so that a hang is a hang."""


class Delivered:
    """The parts and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every part, in order.
        began: Whether the call returned a stream.
        text: All text, joined.
        stop_reason: The reason for the end, in the part that says that the answer is done.
        final: Always None: a stream of parts has no answer of its own.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None

    def event(self, event):
        """Add a part: the text in it, and the reason for the end if it is the last one."""
        self.events.append(event)
        text = _get(event, "response") if _get(event, "message") is None else _get(_get(event, "message"), "content")
        self.text += text if isinstance(text, str) else ""
        if _get(event, "done"):
            self.stop_reason = str(_get(event, "done_reason") or "done")

    def facets(self):
        """Return the delivery as plain data."""
        kinds = [type(event).__name__ for event in self.events]
        return {"events": kinds, "text": self.text, "stop_reason": self.stop_reason}


def _get(value, name):
    """Return an attribute, or the value of a key of a dictionary, which parts are before 0.4."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def client_maker(name, patience=_PATIENCE):
    """Return a function that makes the client of this name; with `patience` None, its own default is its timeout."""

    def make(ollama, base_url, timeout=patience):
        options = {} if timeout is None else {"timeout": timeout}
        return method(ollama, name)(host=base_url, **options)

    return make


def _stream(path, arguments):
    """Call a method with `stream=True`, which returns an iterator."""

    def sync(client, delivered, options):
        stream = method(client, path)(stream=True, **arguments)
        delivered.began = True
        for event in stream:
            delivered.event(event)

    async def asynchronous(client, delivered, options):
        stream = await awaited(method(client, path)(stream=True, **arguments))
        delivered.began = True
        async for event in stream:
            delivered.event(event)

    return sync, asynchronous


def _surfaces():
    """Map the id of each surface to a function that makes its client, and its call."""
    surfaces = {}
    for name, arguments in (("chat", _CHAT), ("generate", _PROMPT)):
        sync, asynchronous = _stream(name, arguments)
        surfaces[name] = (client_maker("Client"), sync)
        surfaces[name + "-async"] = (client_maker("AsyncClient"), asynchronous)
    sync, asynchronous = _stream("chat", _CHAT)
    surfaces["own_retries.chat"] = (client_maker("Client", patience=None), sync)
    surfaces["own_retries.chat-async"] = (client_maker("AsyncClient", patience=None), asynchronous)
    return surfaces


SURFACES = _surfaces()


def prepare(ollama):
    """Do nothing: the SDK imports all that a call needs when it is imported."""
