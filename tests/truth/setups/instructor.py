"""Imports Instructor, and tells the client of the SDK below it where the backend is. Executed by the cell's Python."""

import inspect
import os


def start():
    """Import Instructor. Neither it nor the client below it retries unless the program says so."""
    os.environ["ANTHROPIC_API_KEY"] = "sk-midstream"
    import anthropic
    import instructor as module

    for kind in (anthropic.Anthropic, anthropic.AsyncAnthropic):
        kind.__init__.__kwdefaults__["max_retries"] = 0
    for kind in (module.Instructor, module.AsyncInstructor):
        for name in ("create", "create_partial", "create_with_completion"):
            never_retry(vars(kind).get(name))
    return module


def never_retry(method):
    """Change the default of `max_retries` of a method."""
    if method is None:
        return
    optional = [each for each in inspect.signature(method).parameters.values() if each.default is not each.empty]
    positional = [each for each in optional if each.kind is each.POSITIONAL_OR_KEYWORD]
    method.__defaults__ = tuple(0 if each.name == "max_retries" else each.default for each in positional)


def direct(module, base_url):
    """Let clients find the server."""
    os.environ["ANTHROPIC_BASE_URL"] = base_url
