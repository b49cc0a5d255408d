"""What people's own code makes of a call: every handler, and the remedy, run on the events and the exception of it.

A handler is a file under `handlers/`: an import, and a function that is given `create` and consumes the stream that it
returns. Here `create` gives the very events of the call that was just made, and raises its very exception, at the point
at which the SDK raised it. What comes out is a decision:

    retry               it wants to make the call again
    fail                it lets the exception out, or swallows it
    accept              the call ended without an exception, and that was fine with it
    crashed: <class>    it raised something else itself: an attribute, a key or a module that is not there
"""

import importlib.util
import os

_HERE = os.path.dirname(os.path.abspath(__file__))
_REMEDY = os.path.join(os.path.dirname(_HERE), "remedy.py")


class Replay:
    """A call that was made, to be made again without a server.

    Args:
        events: What it gave, in order.
        error: What it raised, or None.
        began: Whether the stream had begun: an exception then comes out of the stream, else out of the call.
    """

    def __init__(self, events, error, began):
        self._events = events
        self._error = error
        self._began = began
        self._was = (error.__traceback__, error.__context__) if error is not None else None

    def create(self):
        """The stream; or what the call raised."""
        if not self._began:
            self.fail()
        return self

    def fail(self):
        """Raise what the call raised, as if for the first time."""
        self.restore()
        if self._error is not None:
            raise self._error

    def restore(self):
        """Undo what a handler did to the exception: where it has been, and what it was raised during."""
        if self._error is not None:
            self._error.__traceback__, self._error.__context__ = self._was

    def __iter__(self):
        yield from self._events
        self.fail()

    async def __aiter__(self):
        for event in self._events:
            yield event
        self.fail()


class Handlers:
    """Every handler and the remedy, ready to run. Made after the SDK is imported, which some of them import."""

    def __init__(self):
        import sys

        self._remedy = _load("remedy", _REMEDY)
        sys.modules["remedy"] = self._remedy
        self._handlers = {}
        folder = os.path.join(_HERE, "handlers")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                self._handlers[name[:-3]] = _handler(os.path.join(folder, name))

    def decisions(self, replay, error):
        """Handler to decision."""
        return {id_: _decide(ask, replay, error) for id_, ask in self._handlers.items()}

    def explained(self, error):
        """What the remedy says of an exception that nobody guarded."""
        try:
            return _facets(self._remedy.explain(error))
        except Exception as crash:
            return {"outcome": "crashed: " + type(crash).__name__}

    def guarded(self, replay, asynchronous):
        """What comes of a call whose stream is guarded."""
        try:
            return self._guarded(replay, asynchronous)
        finally:
            replay.restore()

    def _guarded(self, replay, asynchronous):
        try:
            stream = replay.create()
        except BaseException as error:
            return self.explained(error)
        try:
            _exhaust(self._remedy.guard(stream), asynchronous)
        except self._remedy.StreamFailed as failed:
            return _facets(self._remedy.explain(failed))
        except BaseException as crash:
            return {"outcome": "crashed: " + type(crash).__name__}
        return {"outcome": "passed"}


def _exhaust(guard, asynchronous):
    if not asynchronous:
        for _ in guard:
            pass
        return
    events = guard.__aiter__()
    while True:  # what is replayed waits for nothing, so no loop is needed to run it
        try:
            events.__anext__().send(None)
        except StopIteration:
            continue
        except StopAsyncIteration:
            return


def _facets(failure):
    return dict(failure._asdict(), outcome="failed")


def _load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _handler(path):
    """The handler in a file. If it can't even be imported, its program crashes before it makes a call."""
    try:
        return _load("handler", path).ask
    except Exception as crash:
        return type(crash).__name__


def _decide(ask, replay, error):
    if isinstance(ask, str):
        return "crashed: " + ask
    try:
        answer = ask(replay.create)
    except BaseException as raised:
        same = raised is error or type(raised).__name__ == "StreamFailed"
        return "fail" if same else "crashed: " + type(raised).__name__
    finally:
        replay.restore()
    if answer == "retry":
        return "retry"
    # The events of a call that raised are given by the guard alone, and only if the message was whole before that.
    return "accept" if error is None or isinstance(answer, list) else "fail"
