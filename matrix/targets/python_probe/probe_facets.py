"""Describes an exception, and the state of a connection, as plain data that JSON can hold.

The data is canonical: equal behaviour gives equal bytes. Whatever differs between two runs of one call is replaced: the
address of the backend by `{base}` or `{origin}`, the folders of the environment, of the interpreter and of the user by
`{env}`, `{python}` and `{home}`, and addresses in memory by `0x`. A text of thousands of characters is shortened to its
beginning, length and hash. Nothing else is changed, and nothing is judged.
"""

import copy
import hashlib
import json
import os
import pickle
import re
import sys

_FOLDERS = [
    (folder, name)
    for folder, name in ((sys.prefix, "{env}"), (sys.base_prefix, "{python}"), (os.environ.get("HOME"), "{home}"))
    if folder and len(folder) > 1
]
_ADDRESS = re.compile(
    r"\b0x[0-9a-fA-F]{6,}|(?<=\bCancelled by cancel scope )[0-9a-f]+\b|(?<=\bCancelled via cancel scope )[0-9a-f]+\b"
)
"""An address in memory. Python writes it with 0x, and with at least six digits; a byte that can't be decoded, such as
0xff, has two. AnyIO 4 writes it into the text of a cancellation without 0x: after "by", or since 4.11 after "via".
"""
_MAX_CAUSES = 8

_LONGEST = 4000
"""The length of the longest text that is not shortened, in characters."""
_BEGINNING = 200
"""The length of the beginning that a shortened text keeps, in characters."""


def scrub(text, base_url):
    """Replace the parts of a text that differ between two runs."""
    if base_url:
        text = text.replace(base_url, "{base}")
        origin = "/".join(base_url.split("/", 3)[:3])
        host, _, port = origin.split("//")[1].rpartition(":")
        text = text.replace(origin, "{origin}").replace(host + ":" + port, "{origin}").replace("port=" + port, "port=N")
    for folder, name in _FOLDERS:
        text = text.replace(folder, name)
    text = _ADDRESS.sub("0x", text)
    return text if len(text) <= _LONGEST else _shortened(text)


def _shortened(text):
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{text[:_BEGINNING]}... ({len(text)} characters, sha256 {digest})"


def plain(value, base_url):
    """Copy a value as JSON holds it; describe one that JSON can't hold by its class and text."""
    try:
        copied = json.loads(json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False))
    except Exception:
        kind = type(value)
        return {"$object": kind.__module__ + "." + kind.__qualname__, "$text": scrub(_text(value), base_url)}
    return _scrubbed(copied, base_url)


def _scrubbed(value, base_url):
    if isinstance(value, str):
        return scrub(value, base_url)
    if isinstance(value, list):
        return [_scrubbed(item, base_url) for item in value]
    if isinstance(value, dict):
        return {scrub(key, base_url): _scrubbed(item, base_url) for key, item in value.items()}
    return value


def exception(error, sdk, base_url, attributes):
    """Describe one exception by its facets.

    Args:
        error: The exception.
        sdk: The imported SDK; None if it can't be imported.
        base_url: The base URL of the client; empty if there was no call.
        attributes: The attributes that handlers read. If an exception lacks one, it is left out, which differs from
            None.
    """
    kind = type(error)
    facets = {
        "name": _name(kind),
        "bases": [_name(base) for base in kind.__mro__[1:] if base is not object],
        "exported": getattr(sdk, kind.__name__, None) is kind,
        "attributes": {},
        "text": scrub(_text(error), base_url),
        "causes": _causes(error, base_url),
        "pickles": _survives(error, attributes, lambda: pickle.loads(pickle.dumps(error))),
        "copies": _survives(error, attributes, lambda: copy.copy(error)),
    }
    for attribute in attributes:
        exists, value = _attribute(error, attribute, base_url)
        if exists:
            facets["attributes"][attribute] = value
    for attribute in ("message", "body"):
        exists, value = _attribute(error, attribute, base_url)
        if exists:
            facets[attribute] = value
    return facets


def _survives(error, attributes, make_copy):
    """Describe whether a copy of an exception equals it, such as one that a process pool or a deferring logger makes.

    Args:
        error: The exception.
        attributes: The attributes that the copy has to keep.
        make_copy: The function that returns the copy.

    Returns:
        `same`, `changed`, or the class of the exception that the copying raised.
    """
    try:
        other = make_copy()
    except Exception as failure:
        return type(failure).__name__
    if type(other) is not type(error) or _text(other) != _text(error):
        return "changed"
    for attribute in attributes:
        if _attribute(other, attribute, "") != _attribute(error, attribute, ""):
            return "changed"
    return "same"


def connection(client):
    """Return the state of the client's connection after the call; empty if the client has no pool of httpx.

    `open`: in use, and so leaked until it is collected. `idle`: back in the pool, for the next call. `closed`: the pool
    has no connection, or closed ones only. It drops these at once or at the next call, and no caller sees the
    difference.

    A pool is empty before its first connection, too; the harness knows whether the call made a request.
    """
    try:
        # A connection that could not be made counts as idle and as closed.
        connections = client._client._transport._pool.connections
        left = [connection for connection in connections if not connection.is_closed()]
        if not left:
            return "closed"
        return "idle" if all(connection.is_idle() for connection in left) else "open"
    except Exception:
        return ""


def _name(kind):
    return kind.__module__ + "." + kind.__qualname__


def _text(value):
    try:
        return str(value)
    except Exception as error:
        return "str() raised " + _name(type(error))


def _attribute(error, name, base_url):
    """Return whether an exception has an attribute, and its value; for a property that raises, the class it raises."""
    try:
        value = getattr(error, name)
    except AttributeError:
        return False, None
    except Exception as raised:
        return True, {"$raises": _name(type(raised))}
    return True, plain(value, base_url)


def _causes(error, base_url):
    """List the causes of an exception, nearest first: the exception that each was raised from, or raised during."""
    chain = []
    visited = {id(error)}
    while len(chain) < _MAX_CAUSES:
        if error.__cause__ is not None:
            how, error = "cause", error.__cause__
        elif error.__context__ is not None and not error.__suppress_context__:
            how, error = "context", error.__context__
        else:
            break
        if id(error) in visited:
            break
        visited.add(id(error))
        chain.append({"how": how, "name": _name(type(error)), "text": scrub(_text(error), base_url)})
    return chain
