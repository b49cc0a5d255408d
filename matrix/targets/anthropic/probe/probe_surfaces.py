"""The surfaces of the SDK under test: each call on each client. Makes a call, and reports what its caller saw.

A surface's id is the path of the method from the client, with `-async` for the async client, after the name of the
client unless it is the first-party one.
"""

import asyncio
import inspect

import probe_facets
import probe_handlers
from probe_calls import CALLS, OLD_CALL, UnsupportedByStream, awaited
from probe_clients import Unsupported, client_maker, close, make_old_client
from probe_delivered import Delivered

_OTHER_CLIENTS = {
    "bedrock": "Bedrock",
    "vertex": "Vertex",
    "foundry": "Foundry",
    "aws": "AWS",
    "mantle": "BedrockMantle",
    "google-cloud": "GoogleCloud",
}
"""The prefix of a surface's id to the end of the name of its client."""

_MAIN_CALLS = ("messages.create", "messages.stream")
"""The calls that are made on every client."""


def _surfaces():
    """Map the id of each surface to a function that makes its client, and its call."""
    surfaces = {}

    def add(name, client, call, **more):
        sync, asynchronous = call
        surfaces[name] = (client_maker("Anthropic" + client, **more), sync)
        surfaces[name + "-async"] = (client_maker("AsyncAnthropic" + client, **more), asynchronous)

    for name, call in CALLS.items():
        add(name, "", call)
    for prefix, client in _OTHER_CLIENTS.items():
        for name in _MAIN_CALLS:
            add(prefix + "." + name, client, CALLS[name])
    for name in _MAIN_CALLS:
        add("aiohttp." + name, "", CALLS[name], http_client="DefaultAioHttpClient")
        del surfaces["aiohttp." + name]  # aiohttp is async only
    surfaces["completion_stream"], surfaces["completion_stream-async"] = ((make_old_client, call) for call in OLD_CALL)
    return surfaces


_SURFACES = _surfaces()


class Caller:
    """Makes calls, and reports what their caller saw.

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
        """Make one call, and report what its caller saw.

        `timeout` is the number of seconds that it waits for the server; None for longer than any deadline. Both the
        client and the call get it: in old releases the call has a default of its own, which overrules the client's.
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
        except BaseException as error:  # whatever reaches the caller is the observation
            return self._raised(error, client, delivered, base_url, asynchronous=False)
        else:
            return self._completed(client, delivered, asynchronous=False)
        finally:
            close(client)

    def settle(self):
        """End what an async call left running, so that it does not run into the next one.

        One loop serves all calls, as it does in a program: to make a loop and its threads costs as much as a call.
        """
        self._loop.run_until_complete(_end_tasks())

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
                await awaited(close(client))
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
            # First of all, while the caller of the call still has the exception.
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
        if delivered.began:  # otherwise there is no stream of events for handlers to look at
            replay = probe_handlers.Replay(delivered.events, None, True)
            seen["handlers"] = self._handlers.decisions(replay, None)
            seen["remedy"] = self._handlers.guarded(replay, asynchronous)
        return seen


def _unsupported(lack):
    return {"outcome": "unsupported", "lacking": not isinstance(lack, UnsupportedByStream)}


async def _end_tasks():
    """Run the callbacks that are due, and cancel all other tasks."""
    await asyncio.sleep(0)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=1)
