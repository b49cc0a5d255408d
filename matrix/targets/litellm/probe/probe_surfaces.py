"""The calls of LiteLLM under test, each made as its users make it, and to the end of its stream.

A call that a release can't make to the Messages API is unsupported; that is found by looking, never by version number.
"""

import os

# LiteLLM reads these settings while it is imported. Without them it downloads a list of prices and one of headers.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
os.environ["LITELLM_LOCAL_BLOG_POSTS"] = "True"

from probe_support import Unsupported, method

__all__ = ["ATTRIBUTES", "SURFACES", "Delivered", "prepare"]

ATTRIBUTES = (
    "status_code",
    "type",
    "code",
    "param",
    "llm_provider",
    "request_id",
    "original_exception",
    "is_pre_first_chunk",
    "generated_content",
)
"""The attributes that handlers read."""

_PATIENCE = 60.0
"""Seconds that a call waits for the server; longer than any deadline, so that a hang is a hang."""


class Delivered:
    """The chunks and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every chunk, in order.
        began: Whether the call returned a stream.
        text: All text, joined.
        stop_reason: The last finish reason of a chunk; None if no chunk has one.
        final: Always None: LiteLLM assembles no answer.
    """

    final = None

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None

    def event(self, chunk):
        """Add a chunk."""
        self.events.append(chunk)
        for choice in getattr(chunk, "choices", None) or ():
            piece = getattr(getattr(choice, "delta", None), "content", None)
            self.text += piece if isinstance(piece, str) else ""
            reason = getattr(choice, "finish_reason", None)
            self.stop_reason = reason if isinstance(reason, str) else self.stop_reason

    def facets(self):
        """Return the delivery as plain data."""
        kinds = [str(getattr(chunk, "object", None) or type(chunk).__name__) for chunk in self.events]
        return {"events": kinds, "text": self.text, "stop_reason": self.stop_reason}


class Client:
    """The arguments of a call.

    Attributes:
        litellm: The imported module.
        arguments: The arguments that every call has.
    """

    def __init__(self, litellm, base_url, timeout):
        self.litellm = litellm
        self.arguments = {
            "model": "anthropic/claude-3-haiku-20240307",
            "messages": [{"role": "user", "content": "Hi"}],
            "stream": True,
            "api_key": "midstream",
            # Old releases take this as the whole address, and later ones complete a shorter one.
            "api_base": base_url + "/v1/messages",
            "timeout": timeout,
        }


def _speaks_messages(litellm):
    """Return whether a module of the release for Anthropic names the endpoint of the Messages API."""
    folder = os.path.join(os.path.dirname(litellm.__file__), "llms")
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if name.endswith(".py") and "anthropic" in path[len(folder) :]:
                with open(path, "rb") as file:
                    if b"messages" in file.read():
                        return True
    return False


def make_client(litellm, base_url, timeout=_PATIENCE):
    """Return the arguments of a call of this release."""
    if not _speaks_messages(litellm):
        raise Unsupported("the Messages API")
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return Client(litellm, base_url, timeout)


def _call(arguments):
    def sync(client, delivered, options):
        stream = method(client.litellm, "completion")(**client.arguments, **arguments)
        delivered.began = True
        for chunk in stream:
            delivered.event(chunk)

    async def asynchronous(client, delivered, options):
        stream = await method(client.litellm, "acompletion")(**client.arguments, **arguments)
        delivered.began = True
        async for chunk in stream:
            delivered.event(chunk)

    return sync, asynchronous


def _surfaces():
    surfaces = {}
    for name, arguments in (("completion", {"max_retries": 0}), ("completion.own-retries", {})):
        sync, asynchronous = _call(arguments)
        surfaces[name] = (make_client, sync)
        surfaces[name + "-async"] = (make_client, asynchronous)
    return surfaces


SURFACES = _surfaces()
"""Each surface by its id: the function that makes its client, and its call."""


_CLOSED = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def prepare(litellm):
    """Import what a call imports at first use, which takes seconds, by a call that can't connect."""
    make_client, call = SURFACES["completion"]
    try:
        call(make_client(litellm, _CLOSED), Delivered(), {})
    except BaseException:  # the calls of the plan show what it is
        return
