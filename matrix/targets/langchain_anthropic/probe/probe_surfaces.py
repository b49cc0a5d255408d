"""The calls of ChatAnthropic under test, each made as its users make it, and to the end of its stream.

A call that a release lacks is unsupported; that is found by looking, never by version number.
"""

import os

# LangChain reports to LangSmith if one of these says so.
os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"

from probe_support import Unsupported

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "type", "request_id")
"""The attributes that handlers read."""

_PATIENCE = 60.0
"""Seconds that a call waits for the server; longer than any deadline, so that a hang is a hang."""


class Delivered:
    """The chunks and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every chunk, in order.
        began: Whether the call returned a stream.
        text: All text, joined.
        stop_reason: The last stop reason of a chunk; None if no chunk has one.
        final: Always None: the call of a stream assembles no answer.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None

    def event(self, chunk):
        """Add a chunk, or a whole message. Its content is a text, or a list of blocks."""
        self.events.append(chunk)
        content = chunk.content if isinstance(chunk.content, list) else [chunk.content]
        for piece in content:
            text = piece.get("text") if isinstance(piece, dict) else piece
            self.text += text if isinstance(text, str) else ""
        reason = (getattr(chunk, "response_metadata", None) or {}).get("stop_reason")
        self.stop_reason = reason if isinstance(reason, str) else self.stop_reason

    def facets(self):
        """Return the delivery as plain data."""
        return {
            "events": [type(chunk).__name__ for chunk in self.events],
            "text": self.text,
            "stop_reason": self.stop_reason,
        }


def client_maker(**settings):
    """Return a function that makes the model with these settings."""

    def make(langchain_anthropic, base_url, timeout=_PATIENCE):
        kind = getattr(langchain_anthropic, "ChatAnthropic", None)
        if kind is None:  # the first releases have a class of another name, which can be given no address
            raise Unsupported("ChatAnthropic")
        fields = getattr(kind, "model_fields", None) or getattr(kind, "__fields__", {})
        limits = {"timeout": timeout} if "default_request_timeout" in fields else {}
        if "streaming" in settings and "streaming" not in fields:
            raise Unsupported("streaming")
        return kind(
            model="claude-3-haiku-20240307",
            anthropic_api_key="midstream",
            anthropic_api_url=base_url,
            max_tokens=64,
            **limits,
            **settings,
        )

    return make


def _stream(client, delivered, options):
    stream = client.stream("Hi")
    delivered.began = True
    for chunk in stream:
        delivered.event(chunk)


async def _astream(client, delivered, options):
    stream = client.astream("Hi")
    delivered.began = True
    async for chunk in stream:
        delivered.event(chunk)


def _invoke(client, delivered, options):
    delivered.event(client.invoke("Hi"))


SURFACES = {
    "stream": (client_maker(max_retries=0), _stream),
    "stream-async": (client_maker(max_retries=0), _astream),
    "invoke": (client_maker(max_retries=0, streaming=True), _invoke),
    "stream.own-retries": (client_maker(), _stream),
}
"""Each surface by its id: the function that makes its client, and its call."""


_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def prepare(langchain_anthropic):
    """Import what a call imports at first use, which takes seconds, by a call that can't connect."""
    make_client, call = SURFACES["stream"]
    try:
        call(make_client(langchain_anthropic, _CLOSED), Delivered(), {})
    except BaseException:  # the calls of the plan show what it is
        return
