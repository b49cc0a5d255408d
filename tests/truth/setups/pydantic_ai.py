"""Imports Pydantic AI, and tells the SDK below it where the backend is. Executed by a cell's interpreter."""

import asyncio
import os

_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def start():
    """Import Pydantic AI. The clients of the SDK below it don't retry unless the program says so."""
    os.environ["ANTHROPIC_API_KEY"] = "sk-midstream"
    import anthropic
    import pydantic_ai as module

    anthropic.AsyncAnthropic.__init__.__kwdefaults__["max_retries"] = 0
    try:  # import what a call imports at first use, which takes seconds, by a call that can't connect
        direct(module, _CLOSED)
        asyncio.run(module.Agent("anthropic:claude-3-haiku-20240307").run("Hi"))
    except Exception:
        pass
    return module


def direct(module, base_url):
    """Let agents find the server, with new connections: those of an earlier call belong to a loop that has ended."""
    import pydantic_ai.models

    os.environ["ANTHROPIC_BASE_URL"] = base_url
    for name in ("_cached_async_http_client", "_cached_async_http_transport"):
        kept = getattr(pydantic_ai.models, name, None)
        if kept is not None:
            kept.cache_clear()
