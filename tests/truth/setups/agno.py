"""Imports Agno, and tells the SDK below it where the backend is. Executed by a cell's interpreter."""

import asyncio
import os

_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def start():
    """Import Agno. The clients of the SDK below it don't retry unless the program says so."""
    os.environ["AGNO_TELEMETRY"] = os.environ["AGNO_MONITOR"] = "false"  # else it reports each run to its makers
    os.environ["ANTHROPIC_API_KEY"] = "sk-midstream"
    import agno as module
    import anthropic
    from agno.agent import Agent
    from agno.models.anthropic import Claude

    for kind in (anthropic.Anthropic, anthropic.AsyncAnthropic):
        kind.__init__.__kwdefaults__["max_retries"] = 0
    try:  # import what a call imports at first use, which takes seconds, by a call that can't connect
        direct(module, _CLOSED)
        asyncio.run(Agent(model=Claude(id="claude-3-haiku-20240307")).arun("Hi"))
    except Exception:
        pass
    return module


def direct(module, base_url):
    """Let agents find the server, with new connections: those of an earlier call belong to a loop that has ended."""
    os.environ["ANTHROPIC_BASE_URL"] = base_url
    try:
        from agno.utils import http
    except ImportError:
        return
    for name in ("_global_sync_client", "_global_async_client"):
        if hasattr(http, name):
            setattr(http, name, None)
