"""Makes calls of the SDK under test, and reports what their caller saw.

The target's own module `probe_surfaces` has these names:

    SURFACES      the id of each surface to a function that makes its client, and its call
    ATTRIBUTES    the attributes of an exception that handlers read
    Delivered     the class that collects what a call delivers: it has `events`, `began`, `final` and `facets()`
    prepare       a function that imports what the imported SDK imports at first use, which belongs to no call

A client is made of the imported SDK and the base URL, with the timeout if there is one. A call is given the client, a
`Delivered` to fill, and the options of the call; that of an async client is a coroutine function.
"""

import asyncio
import inspect

import probe_facets
import probe_handlers
from probe_support import Unsupported, UnsupportedByStream, awaited, close
from probe_surfaces import ATTRIBUTES, SURFACES, Delivered, prepare


class Caller:
    """Makes calls, and reports what their caller saw.

    Args:
        sdk: The imported SDK.
    """

    def __init__(self, sdk):
        self._sdk = sdk
        self._handlers = probe_handlers.Handlers()
        self._lacking = set()
        prepare(sdk)
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)

    def play(self, surface, base_url, timeout):
        """Make one call, and report what its caller saw.

        `timeout` is the number of seconds that it waits for the server; None for longer than any deadline. Both the
        client and the call get it: in some releases the call has a default of its own, which overrules the client's.
        """
        if surface in self._lacking:
            return {"outcome": "unsupported"}
        seen = self._play(*SURFACES[surface], base_url, timeout)
        if seen.pop("lacking", False):
            self._lacking.add(surface)
        return seen

    def settle(self):
        """End what an async call left running, so that it does not run into the next one.

        One loop serves all calls, as it does in a program: to make a loop and its threads costs as much as a call.
        """
        self._loop.run_until_complete(_end_tasks())

    def _play(self, make_client, call, base_url, timeout):
        options = {} if timeout is None else {"timeout": timeout}
        if inspect.iscoroutinefunction(call):
            return self._loop.run_until_complete(self._play_async(make_client, call, base_url, options))
        try:
            client = make_client(self._sdk, base_url, **options)
        except BaseException as error:
            return self._no_client(error, base_url)
        delivered = Delivered()
        try:
            call(client, delivered, options)
        except Unsupported as lack:
            return _unsupported(lack)
        except BaseException as error:  # whatever reaches the caller is the observation
            return self._raised(error, client, delivered, base_url)
        else:
            return self._completed(client, delivered)
        finally:
            close(client)

    async def _play_async(self, make_client, call, base_url, options):
        try:
            client = make_client(self._sdk, base_url, **options)
        except BaseException as error:
            return self._no_client(error, base_url)
        delivered = Delivered()
        try:
            await call(client, delivered, options)
        except Unsupported as lack:
            return _unsupported(lack)
        except BaseException as error:
            return self._raised(error, client, delivered, base_url)
        else:
            return self._completed(client, delivered)
        finally:
            try:
                await awaited(close(client))
            except Exception:
                pass

    def _no_client(self, error, base_url):
        if isinstance(error, Unsupported):
            return _unsupported(error)
        return {"outcome": "cannot-construct", "exception": self._describe(error, base_url)}

    def _raised(self, error, client, delivered, base_url):
        return {
            "outcome": "raised",
            # First of all, while the caller of the call still has the exception.
            "connection": probe_facets.connection(client),
            "exception": self._describe(error, base_url),
            "delivered": delivered.facets(),
            "final": delivered.final,
            "handlers": self._handlers.decisions(
                probe_handlers.Replay(delivered.events, error, delivered.began), error
            ),
        }

    def _completed(self, client, delivered):
        seen = {
            "outcome": "completed",
            "connection": probe_facets.connection(client),
            "delivered": delivered.facets(),
            "final": delivered.final,
        }
        if delivered.began:  # otherwise there is no stream of events for handlers to look at
            seen["handlers"] = self._handlers.decisions(probe_handlers.Replay(delivered.events, None, True), None)
        return seen

    def _describe(self, error, base_url):
        return probe_facets.exception(error, self._sdk, base_url, ATTRIBUTES)


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
