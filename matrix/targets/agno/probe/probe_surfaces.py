"""The calls of an Agno agent under test, each made as its users make it, and to the end of its stream.

A call that a release lacks is unsupported; that is found by looking, never by version number.
"""

import importlib
import os

# Agno reports each run to its makers unless these say otherwise.
os.environ["AGNO_TELEMETRY"] = os.environ["AGNO_MONITOR"] = "false"

from probe_support import Unsupported, awaited

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "type", "error_id", "model_name", "model_id")
"""The attributes that handlers read."""

_PATIENCE = 60.0
"""Seconds that a call waits for the server; longer than any deadline, so that a hang is a hang."""

_REPORTED = ("content", "error_type", "error_id", "additional_data")
"""The fields of an event that say which error it reports."""


class Delivered:
    """The events and the text that a run delivered to its caller before it ended.

    Attributes:
        events: Every event, in order.
        began: Whether the call returned a stream.
        text: All text, joined.
        reported: The fields of the last event that reported an error; empty if there was none.
        final: Always None: a stream of events has no answer of its own.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.reported = {}

    def event(self, event):
        """Add an event."""
        self.events.append(event)
        content = getattr(event, "content", None)
        if _kind(event).endswith("Error"):
            self.reported = {"event": _kind(event)}
            for name in _REPORTED:
                value = getattr(event, name, None)
                if isinstance(value, str):
                    self.reported[name] = value
        elif _kind(event) in ("RunContent", "RunResponse", "RunResponseContent"):
            self.text += content if isinstance(content, str) else ""

    def facets(self):
        """Return the delivery as plain data."""
        facets = {"events": [_kind(event) for event in self.events], "text": self.text, "stop_reason": None}
        return dict(facets, reported=self.reported) if self.reported else facets


def _kind(event):
    kind = getattr(event, "event", None)
    return str(getattr(kind, "value", kind) or type(event).__name__)


class Client:
    """An agent, and the clients of the SDK below it.

    Attributes:
        agent: The agent.
    """

    def __init__(self, agent, clients):
        self.agent = agent
        self._clients = clients

    def close(self):
        """Close the sync client of the SDK."""
        self._clients[0].close()


def _module(name):
    """Import a module of the release; it is unsupported if there is none, and an error if it can't be imported."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            raise Unsupported(name) from None
        raise


def client_maker(**settings):
    """Return a function that makes an agent whose SDK has these settings."""

    def make(agno, base_url, timeout=_PATIENCE):
        agents, models = _module("agno.agent"), _module("agno.models.anthropic")
        from anthropic import Anthropic, AsyncAnthropic

        clients = [
            kind(api_key="midstream", base_url=base_url, timeout=timeout, **settings)
            for kind in (Anthropic, AsyncAnthropic)
        ]
        model = models.Claude(id="claude-3-haiku-20240307", client=clients[0], async_client=clients[1])
        return Client(agents.Agent(model=model), clients)

    return make


def _run(client, delivered, options):
    stream = client.agent.run("Hi", stream=True)
    delivered.began = True
    for event in stream:
        delivered.event(event)


async def _arun(client, delivered, options):
    stream = await awaited(client.agent.arun("Hi", stream=True))
    delivered.began = True
    async for event in stream:
        delivered.event(event)


SURFACES = {
    "run": (client_maker(max_retries=0), _run),
    "run-async": (client_maker(max_retries=0), _arun),
    "run.own-retries": (client_maker(), _run),
}
"""Each surface by its id: the function that makes its client, and its call."""


_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def prepare(agno):
    """Import what a call imports at first use, which takes seconds, by a call that can't connect."""
    make_client, call = SURFACES["run"]
    try:
        call(make_client(agno, _CLOSED), Delivered(), {})
    except BaseException:  # the calls of the plan show what it is
        return
