"""Read and decode the bytes of a manifest. I/O: opens one file.

A path is typed by a user or named in another file, so its type is checked before it is opened: reading a pipe, a
terminal or a device might never end.
"""

import codecs
import os
import re
import stat
from pathlib import Path
from typing import Final

_LONGEST_NAME: Final = 40
"""Characters of the name of an encoding in a message."""

LIMIT = 16 * 1024 * 1024
"""Bytes of one file. The largest known locks have three megabytes; parsing five megabytes of TOML takes a second."""

_BOMS: Final = (
    # The marks of UTF-32 begin with those of UTF-16, so they are compared first.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""An encoding comment, as in PEP 263. pip reads it in the first two lines of a requirements file."""

_NO_ENCODINGS: Final = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)
"""Codecs of Python that no editor saves a file with. `punycode` takes quadratic time, and `undefined` always fails."""


class Unreadable(Exception):
    """A file that can't be read at all.

    The message says why in one sentence.

    Attributes:
        hint: What to do next; empty if there is no advice.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def bytes_of(path: Path) -> bytes:
    """Read a regular file.

    Raises:
        Unreadable: The file does not exist, is not regular, is not readable, or has more than `LIMIT` bytes.
    """
    try:
        _check(path.stat())
        # If a pipe replaces the file in between, opening it must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            _check(os.fstat(descriptor))
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        raise Unreadable("The file does not exist.", "Check the path.") from None
    except OSError as error:
        raise Unreadable(f"The file can't be read: {error.strerror or type(error).__name__}.") from None
    except ValueError:
        raise Unreadable("This is not a valid path.") from None  # it contains a NUL
    if len(data) > LIMIT:
        raise _too_large()
    return data


def text_of(data: bytes) -> str:
    """Decode TOML or JSON: UTF-8, with or without a byte order mark.

    Raises:
        Unreadable: The data is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"The file is not UTF-8: line {line} has an invalid byte.", "Save it as UTF-8.") from None


def requirements_text_of(data: bytes) -> str:
    """Decode a requirements file as pip does on every machine.

    A byte order mark decides, then a `coding:` comment in the first two lines, then UTF-8. pip finally tries the
    encoding of the locale, with a warning; this function does not, since that differs between machines.

    Raises:
        Unreadable: The data can't be decoded, or its comment names a codec that is not an encoding of files.
    """
    encoding, rest = _encoding(data)
    try:
        return rest.decode(encoding)
    except (ValueError, LookupError):
        raise Unreadable(
            f"The file can't be decoded as {encoding}.",
            "Save it as UTF-8, or name its encoding in the first line: `# coding: NAME`.",
        ) from None


def _encoding(data: bytes) -> tuple[str, bytes]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    for line in data[:1000].split(b"\n")[:2]:
        if cookie := _COOKIE.match(line):
            return _text_encoding(cookie[1].decode("ascii", "replace")), data
    return "utf-8", data


def _text_encoding(name: str) -> str:
    """Return the encoding that a comment names; UTF-8 if Python does not know it, or does not decode text with it."""
    try:
        codec = codecs.lookup(name).name.lower().replace("_", "-")
        if codec in _NO_ENCODINGS:
            raise Unreadable(
                f"The file names the encoding {name[:_LONGEST_NAME]}, which is not an encoding of files.",
                "Save it as UTF-8, and remove the comment `coding:`.",
            )
        return name if isinstance(b"".decode(name), str) else "utf-8"
    except (LookupError, ValueError):
        return "utf-8"


def _check(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise Unreadable("The path is a folder.", "Name a file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("The path is not a regular file.", "Copy the content of a pipe or device to a file.")
    if status.st_size > LIMIT:
        raise _too_large()


def _too_large() -> Unreadable:
    return Unreadable(f"The file was skipped: it has more than {LIMIT // 1024 // 1024} MB.")
