"""How the clients of the SDK are made, as its users make them: on a given base URL, with a key that nobody checks.

A client that a release lacks is unsupported; that is found by looking, never by version number.
"""

import inspect

from probe_support import Unsupported

_KEY = "sk-midstream"
_PATIENCE = 60.0
"""Seconds that a client waits for the server; longer than any deadline, so that a hang is a hang and never looks like
the client's own timeout."""


def client_maker(name):
    """Return a function that makes the client of this name."""

    def make(openai, base_url, timeout=_PATIENCE):
        kind = getattr(openai, name, None)
        if kind is None:
            raise Unsupported(name)
        return kind(api_key=_KEY, base_url=base_url, max_retries=0, timeout=timeout)

    return make


class ModuleClient:
    """The module itself, which is the client of releases before 1.0.

    Attributes:
        openai: The module. Its settings are those of this client until another one is made.
        options: The options of each call: its timeout, if the release can be given one.
    """

    def __init__(self, openai, base_url, timeout):
        self.openai = openai
        self._session = None
        openai.api_key = _KEY
        openai.api_base = base_url
        if hasattr(openai, "requestssession"):  # otherwise connections of one call would serve the next
            import requests

            self._session = openai.requestssession = requests.Session()
        parameters = inspect.signature(openai.api_requestor.APIRequestor.request).parameters
        self.options = {"request_timeout": timeout} if "request_timeout" in parameters else {}

    def close(self):
        """Close the connections of the client."""
        if self._session is not None:
            self._session.close()


def make_module_client(openai, base_url, timeout=_PATIENCE):
    """Make the client of releases before 1.0. Later ones have its names too, and raise where they are used."""
    if hasattr(openai, "OpenAI") or not hasattr(openai, "api_requestor"):
        raise Unsupported("openai.api_requestor")
    return ModuleClient(openai, base_url, timeout)
