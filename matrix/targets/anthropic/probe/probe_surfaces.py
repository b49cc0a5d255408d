"""The calls of the SDK under test, each made as its users make it, with a new client.

A surface's id is the path of the method from the client, with `-async` for the asynchronous client. What a release
lacks is unsupported; that is found by looking, never by version number.
"""

import asyncio
import inspect

import probe_facets
import probe_handlers

_KEY = "sk-midstream"
_MODEL = "midstream"
_PATIENCE = 60.0
"""Seconds; longer than any deadline, so that a hang is a hang and never looks like the client's own timeout."""

_MESSAGE = {"model": _MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}]}
_PROMPT = "\n\nHuman: Hi\n\nAssistant:"
_COMPLETION = {"model": _MODEL, "max_tokens_to_sample": 16, "prompt": _PROMPT}

# Some releases before 0.3 download a tokenizer at each call, to check the length of the prompt. A call that depends on
# a third server is no measurement of a stream, and the switch is their own.
_OLD_COMPLETION = dict(_COMPLETION, disable_checks=True)

_MISSING = object()


class Unsupported(Exception):
    """This release has no such surface: it is not asked for again."""


class UnsupportedByStream(Unsupported):
    """The stream of this release has no such attribute, which is seen once there is a stream."""


class Delivered:
    """What a call gave its caller before it ended.

    Attributes:
        events: Every event, as it came.
        began: Whether the call returned a stream of events.
        text: All text, joined.
        stop_reason: The last one.
        final: What the helper's own final message was, once the stream had ended; None for other calls.
    """

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None
        self.final = None

    def event(self, event):
        """Note one event: its text, and the stop reason if it bears one."""
        self.events.append(event)
        kind = _get(event, "type")
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

    def message(self, message):
        """Note a whole message."""
        self.text, self.stop_reason = _message(message)

    def finish(self, message):
        """Note what the helper has for a final message once the stream has ended."""
        text, stop_reason = _message(message)
        self.final = {"text": text, "stop_reason": stop_reason}

    def no_final(self, error):
        """Note that the helper has no final message, and what it raised instead."""
        self.final = {"raised": type(error).__name__}

    def facets(self):
        """As plain data."""
        kinds = []
        for event in self.events:
            kind = _get(event, "type")
            kinds.append(kind if isinstance(kind, str) else type(event).__name__)
        return {"events": kinds, "text": self.text, "stop_reason": self.stop_reason}


def _message(message):
    """The text and the stop reason of a whole message."""
    texts = [getattr(block, "text", None) for block in message.content]
    return "".join(text for text in texts if isinstance(text, str)), message.stop_reason


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


def _client(name, http_client=None):
    """How the client of this name is made."""

    def make(anthropic, base_url, timeout=_PATIENCE):
        kind = getattr(anthropic, name, None)
        if kind is None or (http_client is not None and not hasattr(anthropic, http_client)):
            raise Unsupported(name)
        more = {"http_client": getattr(anthropic, http_client)()} if http_client else {}
        return kind(api_key=_KEY, base_url=base_url, max_retries=0, timeout=timeout, **more)

    return make


def _old_client(anthropic, base_url, timeout=_PATIENCE):
    """The client of releases before 0.3.

    It joins its `api_url` with a path as a browser follows a link, and before 0.2.9 that drops the path of the base
    URL; so the path, which tells the backend what to play, is the API key too.
    """
    kind = getattr(anthropic, "Client", None)
    if kind is None or not hasattr(kind, "completion_stream"):  # later releases have a Client that is another
        raise Unsupported("Client.completion_stream")
    path = "/" + base_url.split("/", 3)[3]
    return kind(path, api_url=base_url + "/", default_request_timeout=timeout)


async def _awaited(value):
    """What a call of either client gives: releases differ in what has to be awaited."""
    return await value if inspect.isawaitable(value) else value


def _take(stream, delivered):
    delivered.began = True
    for event in stream:
        delivered.event(event)


async def _atake(stream, delivered):
    delivered.began = True
    async for event in stream:
        delivered.event(event)


def _create(path, arguments, retries=None):
    """`create(stream=True)`: an iterator of events."""
    arguments = dict(arguments, stream=True)

    def on(client):
        return _method(client if retries is None else _method(client, "with_options")(max_retries=retries), path)

    def sync(client, delivered, options):
        _take(on(client)(**arguments, **options), delivered)

    async def asynchronous(client, delivered, options):
        await _atake(await on(client)(**arguments, **options), delivered)

    return sync, asynchronous


def _raw(path):
    """The same by way of the raw response, whose `parse()` gives the iterator."""

    def sync(client, delivered, options):
        _take(_method(client, path)(stream=True, **_MESSAGE, **options).parse(), delivered)

    async def asynchronous(client, delivered, options):
        response = await _method(client, path)(stream=True, **_MESSAGE, **options)
        await _atake(await _awaited(response.parse()), delivered)

    return sync, asynchronous


def _streaming(path):
    """The same by way of the streaming response, a context manager."""

    def sync(client, delivered, options):
        with _method(client, path)(stream=True, **_MESSAGE, **options) as response:
            _take(response.parse(), delivered)

    async def asynchronous(client, delivered, options):
        async with _method(client, path)(stream=True, **_MESSAGE, **options) as response:
            await _atake(await _awaited(response.parse()), delivered)

    return sync, asynchronous


def _helper(path):
    """`stream()`: a context manager around an iterator of events, which also puts a final message together."""

    def sync(client, delivered, options):
        with _method(client, path)(**_MESSAGE, **options) as stream:
            try:
                _take(stream, delivered)
            finally:
                try:
                    delivered.finish(stream.get_final_message())
                except Exception as error:
                    delivered.no_final(error)

    async def asynchronous(client, delivered, options):
        async with _method(client, path)(**_MESSAGE, **options) as stream:
            try:
                await _atake(stream, delivered)
            finally:
                try:
                    delivered.finish(await stream.get_final_message())
                except Exception as error:
                    delivered.no_final(error)

    return sync, asynchronous


def _of_helper(take, atake):
    """What else the helper's stream offers instead of its events."""

    def sync(client, delivered, options):
        with _method(client, "messages.stream")(**_MESSAGE, **options) as stream:
            take(stream, delivered)

    async def asynchronous(client, delivered, options):
        async with _method(client, "messages.stream")(**_MESSAGE, **options) as stream:
            await atake(stream, delivered)

    return sync, asynchronous


def _of_stream(stream, name):
    """An attribute of a stream."""
    if not hasattr(stream, name):
        raise UnsupportedByStream(name)
    return getattr(stream, name)


def _final_message(stream, delivered):
    delivered.message(_of_stream(stream, "get_final_message")())


async def _afinal_message(stream, delivered):
    delivered.message(await _of_stream(stream, "get_final_message")())


def _final_text(stream, delivered):
    delivered.text = _of_stream(stream, "get_final_text")()


async def _afinal_text(stream, delivered):
    delivered.text = await _of_stream(stream, "get_final_text")()


def _text_stream(stream, delivered):
    for text in _of_stream(stream, "text_stream"):
        delivered.text += text


async def _atext_stream(stream, delivered):
    async for text in _of_stream(stream, "text_stream"):
        delivered.text += text


def _until_done(stream, delivered):
    _of_stream(stream, "until_done")()


async def _auntil_done(stream, delivered):
    await _of_stream(stream, "until_done")()


_TURNS = 2
"""How many requests the tool runner may make: one, and another if it takes what it got for a call of a tool. Without a
limit it would go on for ever against a server that always says the same."""


def _tool_runner(client, delivered, options):
    run = _method(client, "beta.messages.tool_runner")
    for stream in run(stream=True, tools=[], max_iterations=_TURNS, **_MESSAGE, **options):
        _take(stream, delivered)


async def _atool_runner(client, delivered, options):
    run = _method(client, "beta.messages.tool_runner")
    async for stream in run(stream=True, tools=[], max_iterations=_TURNS, **_MESSAGE, **options):
        await _atake(stream, delivered)


def _completion_stream(client, delivered, options):
    _take(_method(client, "completion_stream")(**_OLD_COMPLETION), delivered)


async def _acompletion_stream(client, delivered, options):
    await _atake(await _method(client, "acompletion_stream")(**_OLD_COMPLETION), delivered)


_RETRIES = 2

_CALLS = {
    "messages.create": _create("messages.create", _MESSAGE),
    "messages.stream": _helper("messages.stream"),
    "with_options.messages.create": _create("messages.create", _MESSAGE, retries=_RETRIES),
    "messages.with_raw_response.create": _raw("messages.with_raw_response.create"),
    "messages.with_streaming_response.create": _streaming("messages.with_streaming_response.create"),
    "messages.stream.get_final_message": _of_helper(_final_message, _afinal_message),
    "messages.stream.get_final_text": _of_helper(_final_text, _afinal_text),
    "messages.stream.text_stream": _of_helper(_text_stream, _atext_stream),
    "messages.stream.until_done": _of_helper(_until_done, _auntil_done),
    "beta.messages.create": _create("beta.messages.create", _MESSAGE),
    "beta.messages.stream": _helper("beta.messages.stream"),
    "beta.messages.tool_runner": (_tool_runner, _atool_runner),
    "completions.create": _create("completions.create", _COMPLETION),
}


def _surfaces():
    """Surface id to (how to make the client, the call)."""
    found = {}
    for name, (sync, asynchronous) in _CALLS.items():
        found[name] = (_client("Anthropic"), sync)
        found[name + "-async"] = (_client("AsyncAnthropic"), asynchronous)
    for name in ("messages.create", "messages.stream"):
        found["aiohttp." + name + "-async"] = (_client("AsyncAnthropic", "DefaultAioHttpClient"), _CALLS[name][1])
    found["completion_stream"] = (_old_client, _completion_stream)
    found["completion_stream-async"] = (_old_client, _acompletion_stream)
    return found


_SURFACES = _surfaces()


class Caller:
    """Makes calls, and tells what their caller saw.

    Args:
        anthropic: The imported SDK.
    """

    def __init__(self, anthropic):
        self._anthropic = anthropic
        self._handlers = probe_handlers.Handlers()
        self._lacking = set()
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)

    def play(self, surface, base_url, timeout):
        """Make one call, and tell what its caller saw.

        `timeout` is how many seconds it waits for the server; None for longer than any deadline. It is asked for with
        the client and with the call: in old releases the call has a default of its own, which overrules the client's.
        """
        if surface in self._lacking:
            return {"outcome": "unsupported"}
        seen = self._play(*_SURFACES[surface], base_url, timeout)
        if seen.pop("lacking", False):
            self._lacking.add(surface)
        return seen

    def _play(self, make_client, call, base_url, timeout):
        options = {} if timeout is None else {"timeout": timeout}
        if inspect.iscoroutinefunction(call):
            return self._loop.run_until_complete(self._play_async(make_client, call, base_url, options))
        try:
            client = make_client(self._anthropic, base_url, **options)
        except BaseException as error:
            return self._no_client(error, base_url)
        delivered = Delivered()
        try:
            call(client, delivered, options)
        except Unsupported as lack:
            return _unsupported(lack)
        except BaseException as error:  # what reaches the caller is the observation, whatever it is
            return self._raised(error, client, delivered, base_url, asynchronous=False)
        else:
            return self._completed(client, delivered, asynchronous=False)
        finally:
            _close(client)

    def settle(self):
        """End what an asynchronous call left running, so that it does not run into the next one.

        One loop serves all calls, as it does in a program: to make a loop and its threads costs as much as a call.
        """
        self._loop.run_until_complete(_end_of_tasks())

    async def _play_async(self, make_client, call, base_url, options):
        try:
            client = make_client(self._anthropic, base_url, **options)
        except BaseException as error:
            return self._no_client(error, base_url)
        delivered = Delivered()
        try:
            await call(client, delivered, options)
        except Unsupported as lack:
            return _unsupported(lack)
        except BaseException as error:
            await probe_facets.settle(client)
            return self._raised(error, client, delivered, base_url, asynchronous=True)
        else:
            await probe_facets.settle(client)
            return self._completed(client, delivered, asynchronous=True)
        finally:
            try:
                await _awaited(_close(client))
            except Exception:
                pass

    def _no_client(self, error, base_url):
        if isinstance(error, Unsupported):
            return _unsupported(error)
        return {
            "outcome": "cannot-construct",
            "exception": probe_facets.exception(error, self._anthropic, base_url),
        }

    def _raised(self, error, client, delivered, base_url, asynchronous):
        seen = {
            "outcome": "raised",
            # First of all, while the exception holds what it holds in its catcher's hands.
            "connection": probe_facets.connection(client),
            "exception": probe_facets.exception(error, self._anthropic, base_url),
            "delivered": delivered.facets(),
            "final": delivered.final,
        }
        replay = probe_handlers.Replay(delivered.events, error, delivered.began)
        seen["handlers"] = self._handlers.decisions(replay, error)
        seen["remedy"] = self._handlers.guarded(replay, asynchronous)
        return seen

    def _completed(self, client, delivered, asynchronous):
        seen = {
            "outcome": "completed",
            "connection": probe_facets.connection(client),
            "delivered": delivered.facets(),
            "final": delivered.final,
        }
        if delivered.began:  # else there is no stream of events that anybody could look at
            replay = probe_handlers.Replay(delivered.events, None, True)
            seen["handlers"] = self._handlers.decisions(replay, None)
            seen["remedy"] = self._handlers.guarded(replay, asynchronous)
        return seen


def _unsupported(lack):
    return {"outcome": "unsupported", "lacking": not isinstance(lack, UnsupportedByStream)}


async def _end_of_tasks():
    await asyncio.sleep(0)  # what has been called back for is called
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=1)


def _close(client):
    """Close the client, where it can be closed. What closing does wrong is not what the call did."""
    try:
        return client.close()
    except Exception:
        return None
