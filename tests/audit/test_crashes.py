"""Crashes in logs of Python and Node: the program's own, and those of others."""

import pytest

from matrix.audit.crashes import find_crash

_BEGIN = "Traceback (most recent call last):\n"
_OWN = '  File "/app/ask.py", line 3, in ask\n    answer()\n'
_LIBRARY = '  File "/venv/lib/python3.11/site-packages/anthropic/_streaming.py", line 108, in __stream__\n    raise\n'
_WHILE = "\nDuring handling of the above exception, another exception occurred:\n\n"
_ABSENT = "AttributeError: module 'anthropic' has no attribute 'OverloadedError'"
_NODE = "TypeError: Cannot read properties of undefined (reading 'type')\n"

TABLE = {
    "an attribute that is not there": (
        f"{_BEGIN}{_OWN}AttributeError: 'ReadTimeout' object has no attribute 'status_code'\n",
        "AttributeError: 'ReadTimeout' object has no attribute 'status_code'",
    ),
    "a name in the handler, which a library raises": (
        f"{_BEGIN}{_LIBRARY}anthropic.APIStatusError: Overloaded\n{_WHILE}{_BEGIN}{_OWN}{_LIBRARY}{_ABSENT}.\n",
        _ABSENT,
    ),
    "an import in the handler": (
        f"{_BEGIN}{_OWN}ImportError: cannot import name 'OverloadedError' from 'anthropic._exceptions'\n",
        "ImportError: cannot import name 'OverloadedError' from 'anthropic._exceptions'",
    ),
    "an error of the SDK": (f"{_BEGIN}{_OWN}{_LIBRARY}anthropic.APIStatusError: Overloaded\n", ""),
    "a crash of the SDK": (f"{_BEGIN}{_OWN}{_LIBRARY}IndexError: list index out of range\n", ""),
    "an error that the program raises": (f"{_BEGIN}{_OWN}RuntimeError: The stream ended early.\n", ""),
    "a crash before the last error": (
        f"{_BEGIN}{_OWN}KeyError: 'x'\n{_WHILE}{_BEGIN}{_OWN}RuntimeError: The stream ended early.\n",
        "",
    ),
    "no traceback": ("AttributeError: no traceback", ""),
    "nothing": ("", ""),
    "Node, own code": (f"{_NODE}    at ask (/app/ask.mjs:9:11)\n    at node:internal/x:1:1\n", _NODE.strip()),
    "Node, a library": (f"{_NODE}    at read (/app/node_modules/@anthropic-ai/sdk/streaming.js:9:11)\n", ""),
    "Node, the connection": ("TypeError: terminated\n    at Fetch.onAborted (/app/ask.mjs:1:1)\n", ""),
}


@pytest.mark.parametrize(("log", "crash"), TABLE.values(), ids=TABLE)
def test_a_crash_is_the_programs_own_or_none(log: str, crash: str) -> None:
    """Check one log."""
    assert crash == find_crash(log)
