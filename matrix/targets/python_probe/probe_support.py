"""What the calls of every target need: the reports that a release lacks a call, and ways to reach a method."""

import inspect

_MISSING = object()


class Unsupported(Exception):
    """The release lacks the client or the method, and is not asked for it again."""


class UnsupportedByStream(Unsupported):
    """The stream of this release lacks the attribute, which only a stream can show."""


async def awaited(value):
    """Return a value, awaited if necessary: releases differ in what has to be awaited."""
    return await value if inspect.isawaitable(value) else value


def method(owner, path):
    """Return the method at a dotted path from a client or a module."""
    found = owner
    for name in path.split("."):
        found = getattr(found, name, _MISSING)
        if found is _MISSING:
            raise Unsupported(path)
    return found


def close(client):
    """Close a client, if it can be closed. A fault of closing is no fault of the call."""
    try:
        return client.close()
    except Exception:
        return None
