"""The calls of the SDK under test, each made as its users make it, with a new client.

A surface's id is the path of the method from the client, with `-async` for the asynchronous client. What a release
lacks is unsupported; that is found by looking, never by version number.
"""

import asyncio
import inspect

import probe_facets

_KEY = "sk-midstream"
_MODEL = "midstream"
_TIMEOUT = 60.0
"""Seconds; longer than any deadline, so that a hang is a hang and never looks like the client's own timeout."""

_MESSAGE = {"model": _MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}]}
_PROMPT = "\n\nHuman: Hi\n\nAssistant:"
_COMPLETION = {"model": _MODEL, "max_tokens_to_sample": 16, "prompt": _PROMPT}

# Some releases before 0.3 download a tokenizer at each call, to check the length of the prompt. A call that depends on
# a third server is no measurement of a stream, and the switch is their own.
_OLD_COMPLETION = dict(_COMPLETION, disable_checks=True)

_MISSING = object()


class Unsupported(Exception):
    """This release has no such surface."""


class Delivered:
    """What a call gave its caller before it ended."""

    def __init__(self):
        self.events = []
        self.text = ""
        self.stop_reason = None

    def event(self, event):
        """Note one event: its kind, its text, and the stop reason if it bears one."""
        kind = _get(event, "type")
        self.events.append(kind if isinstance(kind, str) else type(event).__name__)
        if isinstance(_get(event, "completion"), str):
            self._completion(event)
        elif kind == "content_block_delta":
            text = _get(_get(event, "delta"), "text")
            self.text += text if isinstance(text, str) else ""
        elif kind == "message_delta":
            self.stop_reason = _get(_get(event, "delta"), "stop_reason")

    def _completion(self, event):
        piece = _get(event, "completion")
        # Before 0.3 each event bears the text so far.
        self.text = piece if isinstance(event, dict) else self.text + piece
        self.stop_reason = _get(event, "stop_reason")

    def facets(self):
        """As plain data."""
        return {"events": self.events, "text": self.text, "stop_reason": self.stop_reason}


def _get(value, name):
    """An attribute, or a key of a dictionary; None if there is none."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _method(client, path):
    """The method at a dotted path from the client."""
    found = client
    for name in path.split("."):
        found = getattr(found, name, _MISSING)
        if found is _MISSING:
            raise Unsupported(path)
    return found


def _client(anthropic, name, base_url):
    kind = getattr(anthropic, name, None)
    if kind is None:
        raise Unsupported(name)
    return kind(api_key=_KEY, base_url=base_url, max_retries=0, timeout=_TIMEOUT)


def _old_client(anthropic, base_url):
    """The client of releases before 0.3.

    It joins its `api_url` with a path as a browser follows a link, and before 0.2.9 that drops the path of the base
    URL; so the path, which tells the backend what to play, is the API key too.
    """
    kind = getattr(anthropic, "Client", None)
    if kind is None or not hasattr(kind, "completion_stream"):  # later releases have a Client that is another
        raise Unsupported("Client.completion_stream")
    return kind("/" + base_url.split("/", 3)[3], api_url=base_url + "/")


def _create(path, arguments):
    """`create(stream=True)`: an iterator of events."""

    def sync(client, delivered):
        for event in _method(client, path)(stream=True, **arguments):
            delivered.event(event)

    async def asynchronous(client, delivered):
        async for event in await _method(client, path)(stream=True, **arguments):
            delivered.event(event)

    return sync, asynchronous


def _helper(path):
    """`stream()`: a context manager around an iterator of events."""

    def sync(client, delivered):
        with _method(client, path)(**_MESSAGE) as stream:
            for event in stream:
                delivered.event(event)

    async def asynchronous(client, delivered):
        async with _method(client, path)(**_MESSAGE) as stream:
            async for event in stream:
                delivered.event(event)

    return sync, asynchronous


def _completion_stream(client, delivered):
    for event in _method(client, "completion_stream")(**_OLD_COMPLETION):
        delivered.event(event)


async def _acompletion_stream(client, delivered):
    async for event in await _method(client, "acompletion_stream")(**_OLD_COMPLETION):
        delivered.event(event)


def _surfaces():
    """Surface id to (how to make the client, the call)."""
    found = {}
    calls = {
        "messages.create": _create("messages.create", _MESSAGE),
        "messages.stream": _helper("messages.stream"),
        "beta.messages.create": _create("beta.messages.create", _MESSAGE),
        "beta.messages.stream": _helper("beta.messages.stream"),
        "completions.create": _create("completions.create", _COMPLETION),
    }
    for name, (sync, asynchronous) in calls.items():
        found[name] = (lambda sdk, url: _client(sdk, "Anthropic", url), sync)
        found[name + "-async"] = (lambda sdk, url: _client(sdk, "AsyncAnthropic", url), asynchronous)
    found["completion_stream"] = (_old_client, _completion_stream)
    found["completion_stream-async"] = (_old_client, _acompletion_stream)
    return found


_SURFACES = _surfaces()


def play(anthropic, surface, base_url):
    """Make one call, and tell what its caller saw."""
    make_client, call = _SURFACES[surface]
    delivered = Delivered()
    try:
        if inspect.iscoroutinefunction(call):
            asyncio.run(_play_async(anthropic, make_client, call, base_url, delivered))
        else:
            client = _construct(make_client, anthropic, base_url)
            try:
                call(client, delivered)
            finally:
                _close(client)
    except Unsupported:
        return {"outcome": "unsupported"}
    except _CannotConstruct as failure:
        error = failure.args[0]
        return {
            "outcome": "cannot-construct",
            "exception": probe_facets.exception(error, anthropic, base_url),
        }
    except BaseException as error:  # what reaches the caller is the observation, whatever it is
        return {
            "outcome": "raised",
            "exception": probe_facets.exception(error, anthropic, base_url),
            "delivered": delivered.facets(),
        }
    return {"outcome": "completed", "delivered": delivered.facets()}


async def _play_async(anthropic, make_client, call, base_url, delivered):
    client = _construct(make_client, anthropic, base_url)
    try:
        await call(client, delivered)
    finally:
        closing = _close(client)
        if inspect.isawaitable(closing):
            try:
                await closing
            except Exception:
                pass


class _CannotConstruct(Exception):
    """The client can't be made; carries the exception."""


def _construct(make_client, anthropic, base_url):
    try:
        return make_client(anthropic, base_url)
    except Unsupported:
        raise
    except Exception as error:
        raise _CannotConstruct(error) from None


def _close(client):
    """Close the client, where it can be closed. What closing does wrong is not what the call did."""
    try:
        return client.close()
    except Exception:
        return None
