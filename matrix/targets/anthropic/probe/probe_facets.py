"""An exception, told as plain data: canonical, so that equal behaviour is equal bytes.

What differs between two runs of the same thing is replaced: the address of the backend by `{base}` or `{origin}`, the
folders of the environment, of the interpreter and of the user by `{env}`, `{python}` and `{home}`, addresses in memory
by `0x`. A text of thousands of characters is told by its beginning, length and hash. Nothing else is changed, and
nothing is judged.
"""

import asyncio
import copy
import hashlib
import json
import os
import pickle
import re
import sys
import time

ATTRIBUTES = ("status_code", "type", "request_id")
"""What handlers look at. One that an exception lacks is left out, which is not the same as None."""

_FOLDERS = [
    (folder, name)
    for folder, name in ((sys.prefix, "{env}"), (sys.base_prefix, "{python}"), (os.environ.get("HOME"), "{home}"))
    if folder and len(folder) > 1
]
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+|(?<=cancel scope )[0-9a-f]{6,}\b")
"""An address in memory, as Python writes it and as anyio does."""
_MAX_CAUSES = 8

_SETTLES = 1.0
"""Seconds; a server of this project has sent everything within a hundredth of one, or holds the stream for ever."""

_LONGEST = 4000
"""Characters of a text that are told as they are."""
_BEGINNING = 200


def scrub(text, base_url):
    """`text` without what differs between two runs."""
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
    """`value` as JSON has it; what JSON can't hold is told by its class and text."""
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


def exception(error, anthropic, base_url):
    """The facets of one exception.

    Args:
        error: The exception.
        anthropic: The imported SDK, or None if it can't be imported.
        base_url: What the client was given.
    """
    kind = type(error)
    facets = {
        "name": _name(kind),
        "bases": [_name(base) for base in kind.__mro__[1:] if base is not object],
        "exported": getattr(anthropic, kind.__name__, None) is kind,
        "attributes": {},
        "text": scrub(_text(error), base_url),
        "causes": _causes(error, base_url),
        "pickles": _survives(error, lambda: pickle.loads(pickle.dumps(error))),
        "copies": _survives(error, lambda: copy.copy(error)),
    }
    for attribute in ATTRIBUTES:
        found, value = _attribute(error, attribute, base_url)
        if found:
            facets["attributes"][attribute] = value
    for attribute in ("message", "body"):
        found, value = _attribute(error, attribute, base_url)
        if found:
            facets[attribute] = value
    return facets


def _survives(error, again):
    """What becomes of an exception that is made again: as a process pool does with it, or a logger that defers."""
    try:
        other = again()
    except Exception as failure:
        return type(failure).__name__
    if type(other) is not type(error) or _text(other) != _text(error):
        return "changed"
    for attribute in ATTRIBUTES:
        if _attribute(other, attribute, "") != _attribute(error, attribute, ""):
            return "changed"
    return "same"


def connection(client):
    """What became of the client's connection once the call had ended.

    `open`: still in use, and so leaked until somebody collects it. `idle`: given back for the next call. `closed`:
    gone. `released`: one of these two; over aiohttp it is a matter of timing which. Empty where it can't be told.
    """
    try:
        transport = client._client._transport
        if hasattr(transport, "_pool"):
            found = transport._pool.connections
            if any(not (one.is_idle() or one.is_closed()) for one in found):
                return "open"
            return "idle" if any(one.is_idle() for one in found) else "closed"
        return "open" if _acquired(client) else "released"
    except Exception:
        return ""


async def settle(client):
    """Let what the server has sent come in, over aiohttp, for it gives its connection back at the end of that.

    Whether this was read before the call ended is a matter of timing; what is still in use a second later is not.
    """
    until = time.monotonic() + _SETTLES
    try:
        while _acquired(client) and time.monotonic() < until:
            await asyncio.sleep(0.01)
    except Exception:  # it is not over aiohttp
        pass


def _acquired(client):
    """The connections of a client over aiohttp that are in use."""
    return client._client._transport.client.connector._acquired


def _name(kind):
    return kind.__module__ + "." + kind.__qualname__


def _text(value):
    try:
        return str(value)
    except Exception as error:
        return "str() raised " + _name(type(error))


def _attribute(error, name, base_url):
    """Whether the exception has the attribute, and its value. A property that raises is told as what it raises."""
    try:
        value = getattr(error, name)
    except AttributeError:
        return False, None
    except Exception as raised:
        return True, {"$raises": _name(type(raised))}
    return True, plain(value, base_url)


def _causes(error, base_url):
    """The chain behind an exception, nearest first: what it was raised from, or what it was raised during."""
    chain = []
    seen = {id(error)}
    while len(chain) < _MAX_CAUSES:
        if error.__cause__ is not None:
            how, error = "cause", error.__cause__
        elif error.__context__ is not None and not error.__suppress_context__:
            how, error = "context", error.__context__
        else:
            break
        if id(error) in seen:
            break
        seen.add(id(error))
        chain.append({"how": how, "name": _name(type(error)), "text": scrub(_text(error), base_url)})
    return chain
