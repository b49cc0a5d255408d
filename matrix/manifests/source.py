"""The text of a manifest. I/O.

A path is whatever a user typed, or a file that another file names. So it is looked at before it is opened: a pipe, a
terminal or a device could make this wait, or read, for ever.
"""

import codecs
import os
import re
import stat
from pathlib import Path
from typing import Final

LIMIT = 16 * 1024 * 1024
"""Bytes of one file. The largest locks that are known have three megabytes; TOML takes a second for five."""

_BOMS: Final = (
    # Those of UTF-32 begin as those of UTF-16 do, so they are looked for first.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""As PEP 263 has it; pip looks for one in the first two lines of a requirements file."""


class Unreadable(Exception):
    """A file that can't be read at all: why, in one sentence, and `hint`: what to try."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def bytes_of(path: Path) -> bytes:
    """All that is in a regular file.

    Raises:
        Unreadable: There is no such file, it is no regular one, it may not be read, or it has more than `LIMIT` bytes.
    """
    try:
        _check(path.stat())
        # Should a pipe take the file's place in between, opening it does not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            _check(os.fstat(descriptor))
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        raise Unreadable("There is no such file.", "Is the path right?") from None
    except OSError as error:
        raise Unreadable(f"It can't be read: {error.strerror or type(error).__name__}.") from None
    except ValueError:
        raise Unreadable("That is no path.") from None  # a NUL in it
    if len(data) > LIMIT:
        raise _too_large()
    return data


def text_of(data: bytes) -> str:
    """TOML or JSON as text: UTF-8, with or without a byte order mark.

    Raises:
        Unreadable: It is anything else.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"It is not UTF-8: line {line} has a byte that can't be.", "Save it as UTF-8.") from None


def requirements_text_of(data: bytes) -> str:
    """A requirements file as text: as pip reads it, but for what depends on the machine.

    A byte order mark decides, then a `coding:` comment in the first two lines, then UTF-8. Pip goes on to try the
    encoding of the locale, with a warning: what that gives depends on who asks.

    Raises:
        Unreadable: It can't be decoded.
    """
    encoding, rest = _encoding(data)
    try:
        return rest.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable(
            f"It can't be read as {encoding}.",
            "Save it as UTF-8, or name its encoding in its first line: # coding: ...",
        ) from None


def _encoding(data: bytes) -> tuple[str, bytes]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    for line in data[:1000].split(b"\n")[:2]:
        if cookie := _COOKIE.match(line):
            name = cookie[1].decode("ascii", "replace")
            # Codecs that do not decode to text (hex, zlib) are no encodings, whatever a file says.
            return (name if _is_text_encoding(name) else "utf-8"), data
    return "utf-8", data


def _is_text_encoding(name: str) -> bool:
    try:
        return isinstance(b"".decode(name), str)
    except (LookupError, ValueError):
        return False


def _check(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise Unreadable("It is a folder.", "Name a file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("It is no regular file.", "Pipes and devices are not read: write it to a file first.")
    if status.st_size > LIMIT:
        raise _too_large()


def _too_large() -> Unreadable:
    return Unreadable(f"It has more than {LIMIT // 1024 // 1024} MB: no manifest is that large.")
