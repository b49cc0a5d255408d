"""Crashes: recognise an error of the program's own code in what it wrote, in Python and in Node. Pure.

An error of the SDK or of the connection that nobody catches is no crash of the program's code: it failed, and said so.
A wrong name, attribute or type in code of the program is one, and so is any such error while it handled another.
"""

import re
from typing import Final

_PROGRAMMING_ERRORS: Final = (
    "AttributeError|ImportError|ModuleNotFoundError|NameError|UnboundLocalError|TypeError|KeyError|IndexError"
)

_LAST_OF_PYTHON: Final = re.compile(rf"^((?:{_PROGRAMMING_ERRORS})\b.*)$", re.MULTILINE)
_TRACEBACK: Final = re.compile(r"^Traceback \(most recent call last\):$", re.MULTILINE)
_WHILE_HANDLING: Final = "During handling of the above exception, another exception occurred:"
_FRAME_OF_PYTHON: Final = re.compile(r'^  File "([^"]+)", line \d+', re.MULTILINE)
_LIBRARIES: Final = re.compile(r"[/\\](?:site-packages|dist-packages|lib[/\\]python3?\.?\d*)[/\\]|^<frozen ")

_OF_NODE: Final = re.compile(r"^(?:Uncaught )?((?:TypeError|ReferenceError)\b.*)\n((?:\s+at .*\n?)+)", re.MULTILINE)
_PLACE_OF_NODE: Final = re.compile(r"node_modules|node:|\(internal/")
_NETWORK_OF_NODE: Final = re.compile(r"TypeError: (?:terminated|fetch failed|network error|Failed to fetch)")


def find_crash(log: str) -> str:
    """Return the last error in a log, if it is one of the program's own code; empty otherwise."""
    traces = _TRACEBACK.split(log)
    if len(traces) > 1:
        last = traces[-1]
        error = _LAST_OF_PYTHON.search(last)
        frames = _FRAME_OF_PYTHON.findall(last)
        if error is not None:
            handled = traces[-2].rstrip().endswith(_WHILE_HANDLING)
            if handled or (frames and not _LIBRARIES.search(frames[-1])):
                return error[1].strip().removesuffix(".")
        return ""
    for match in _OF_NODE.finditer(log):
        if not _NETWORK_OF_NODE.match(match[1]) and not _PLACE_OF_NODE.search(match[2].splitlines()[0]):
            return match[1].strip().removesuffix(".")
    return ""
