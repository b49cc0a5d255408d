"""Imports ChatAnthropic, and tells it where the backend is. Executed by a cell's interpreter."""

import os


def start():
    """Import ChatAnthropic, whose models then don't retry unless the program says so."""
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
    os.environ["ANTHROPIC_API_KEY"] = "sk-midstream"
    import langchain_anthropic as module

    initialise = module.ChatAnthropic.__init__

    def once(self, **named):
        initialise(self, **{"model": "claude-3-haiku-20240307", "max_retries": 0, **named})

    module.ChatAnthropic.__init__ = once
    return module


def direct(module, base_url):
    """Let models find the server."""
    os.environ["ANTHROPIC_API_URL"] = base_url
