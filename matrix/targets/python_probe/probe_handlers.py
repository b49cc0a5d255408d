"""Runs every handler on the events and the exception of a call.

A handler is a file in `handlers/`: an import, and a function `ask` that takes `create` and reads the stream that it
returns. Here `create` returns the same events as the call that was just made, and raises the same exception object, at
the point at which the SDK raised it. The result is a decision:

    retry               it makes the call again
    fail                it lets the exception escape, or swallows it
    accept              the call ended without an exception, and the handler takes its result
    crashed: <class>    it raised an exception of its own, such as for a missing attribute, key or module
"""

import importlib.util
import os

_HERE = os.path.dirname(os.path.abspath(__file__))


class Replay:
    """A call that can be made again without a server.

    Args:
        events: The events of the call, in order.
        error: The exception that it raised; None if it raised none.
        began: Whether the stream had begun. If so, the stream raises the exception, else the call does.
    """

    def __init__(self, events, error, began):
        self._events = events
        self._error = error
        self._began = began
        self._original = (error.__traceback__, error.__context__) if error is not None else None

    def create(self):
        """Return the stream, or raise the exception of a call without one."""
        if not self._began:
            self.fail()
        return self

    def fail(self):
        """Raise the exception of the call, as if for the first time."""
        self.restore()
        if self._error is not None:
            raise self._error

    def restore(self):
        """Restore the traceback and the context of the exception, which a handler changes."""
        if self._error is not None:
            self._error.__traceback__, self._error.__context__ = self._original

    def __iter__(self):
        yield from self._events
        self.fail()

    async def __aiter__(self):
        for event in self._events:
            yield event
        self.fail()


class Handlers:
    """All handlers. The SDK has to be imported before, since handlers import it."""

    def __init__(self):
        self._handlers = {}
        folder = os.path.join(_HERE, "handlers")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                self._handlers[name[:-3]] = _handler(os.path.join(folder, name))

    def decisions(self, replay, error):
        """Run every handler on a call, and return its decision: handler to decision."""
        return {id_: _decide(ask, replay, error) for id_, ask in self._handlers.items()}


def _load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _handler(path):
    """Load the function of a handler; return the class of the exception if its file can't be imported."""
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
        return "fail" if raised is error else "crashed: " + type(raised).__name__
    finally:
        replay.restore()
    if answer == "retry":
        return "retry"
    return "accept" if error is None else "fail"
