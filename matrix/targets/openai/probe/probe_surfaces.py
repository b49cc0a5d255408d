"""The surfaces of the SDK under test: each call on each client.

A surface's id is the path of the method from the client, or from the module before 1.0, with `-async` for the async
variant.
"""

import contextlib

from probe_calls import CALLS, MODULE_CALLS
from probe_clients import client_maker, make_module_client
from probe_delivered import Delivered
from probe_support import close, method

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = ("status_code", "http_status", "type", "code", "param", "request_id", "json_body")
"""The attributes that handlers read. Before 1.0, an error has `http_status` and `json_body`."""


def _surfaces():
    """Map the id of each surface to a function that makes its client, and its call."""
    surfaces = {}
    for name, (sync, asynchronous) in CALLS.items():
        surfaces[name] = (client_maker("OpenAI"), sync)
        surfaces[name + "-async"] = (client_maker("AsyncOpenAI"), asynchronous)
    for name, (sync, asynchronous) in MODULE_CALLS.items():
        surfaces[name] = (make_module_client, sync)
        surfaces[name + "-async"] = (make_module_client, asynchronous)
    return surfaces


SURFACES = _surfaces()


def prepare(openai):
    """Look up every method: the SDK imports some resources at first use, which takes it up to a second.

    A failure is left to the call, which fails in the same way.
    """
    try:
        client = client_maker("OpenAI")(openai, "http://127.0.0.1")
    except Exception:
        return
    for name in CALLS:
        with contextlib.suppress(Exception):
            method(client, name)
    close(client)
