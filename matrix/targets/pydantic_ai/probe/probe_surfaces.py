"""The calls of a Pydantic AI agent under test, each made as its users make it, and to the end of its stream.

A call that a release lacks is unsupported; that is found by looking, never by version number.
"""

import asyncio
import contextlib
import importlib
import inspect

from probe_support import Unsupported, awaited

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "model_name")
"""The attributes that handlers read."""

_PATIENCE = 60.0
"""Seconds that a call waits for the server; longer than any deadline, so that a hang is a hang."""


class Delivered:
    """The events and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every event, or every piece of text of a stream of text, in order.
        began: Whether the call gave its caller a stream.
        text: All text, joined.
        final: Always None: the calls assemble no answer after an error.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""

    def event(self, event):
        """Add an event or a piece of text."""
        self.events.append(event)
        part = getattr(event, "part", None)
        if isinstance(event, str):
            self.text += event
        elif getattr(event, "event_kind", "") == "part_start" and getattr(part, "part_kind", "") == "text":
            self.text += part.content
        elif getattr(event, "event_kind", "") == "part_delta":
            self.text += getattr(event.delta, "content_delta", "") or ""

    def facets(self):
        """Return the delivery as plain data."""
        kinds = ["text" if isinstance(event, str) else type(event).__name__ for event in self.events]
        return {"events": kinds, "text": self.text, "stop_reason": None}


class Client:
    """An agent, and the client of the SDK below it.

    Attributes:
        agent: The agent.
        kind: The class of the agent.
    """

    def __init__(self, kind, model, client):
        self.kind = kind
        self.agent = kind(model)
        self._client = client

    def close(self):
        """Close the client of the SDK."""
        return self._client.close()


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

    def make(pydantic_ai, base_url, timeout=_PATIENCE):
        models = _module("pydantic_ai.models.anthropic")
        from anthropic import AsyncAnthropic

        client = AsyncAnthropic(api_key="midstream", base_url=base_url, timeout=timeout, **settings)
        name = "claude-3-haiku-20240307"
        try:
            provider = _module("pydantic_ai.providers.anthropic").AnthropicProvider(anthropic_client=client)
        except Unsupported:
            model = models.AnthropicModel(name, anthropic_client=client)
        else:
            model = models.AnthropicModel(name, provider=provider)
        return Client(pydantic_ai.Agent, model, client)

    return make


async def _run_stream(client, delivered, options):
    async with client.agent.run_stream("Hi") as result:
        delivered.began = True
        async for text in result.stream_text(delta=True):
            delivered.event(text)


async def _run_stream_events(client, delivered, options):
    run = getattr(client.agent, "run_stream_events", None)
    if run is None:
        raise Unsupported("run_stream_events")
    stream = run("Hi")
    delivered.began = True
    async with contextlib.AsyncExitStack() as stack:
        if hasattr(stream, "__aenter__"):
            stream = await stack.enter_async_context(stream)
        async for event in stream:
            delivered.event(event)


async def _iter(client, delivered, options):
    is_request = getattr(client.kind, "is_model_request_node", None)
    if is_request is None or not hasattr(client.agent, "iter"):
        raise Unsupported("iter")
    async with client.agent.iter("Hi") as run:
        delivered.began = True
        async for node in run:
            if is_request(node):
                async with node.stream(run.ctx) as stream:
                    async for event in stream:
                        delivered.event(event)


async def _run(client, delivered, options):
    if "event_stream_handler" not in inspect.signature(client.agent.run).parameters:
        raise Unsupported("event_stream_handler")

    async def handle(context, events):
        delivered.began = True
        async for event in events:
            delivered.event(event)

    await awaited(client.agent.run("Hi", event_stream_handler=handle))


SURFACES = {
    "run_stream": (client_maker(max_retries=0), _run_stream),
    "run_stream_events": (client_maker(max_retries=0), _run_stream_events),
    "iter": (client_maker(max_retries=0), _iter),
    "run": (client_maker(max_retries=0), _run),
    "run_stream.own-retries": (client_maker(), _run_stream),
}
"""Each surface by its id: the function that makes its client, and its call."""


_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def prepare(pydantic_ai):
    """Import what a call imports at first use, which takes seconds, by a call that can't connect."""
    make_client, call = SURFACES["run_stream"]
    try:
        asyncio.run(call(make_client(pydantic_ai, _CLOSED), Delivered(), {}))
    except BaseException:  # the calls of the plan show what it is
        return
