"""Read hostile input in a process with bounded memory and time: `python -m tests.support.bounded deep plan shard`."""

import contextlib
import resource
import sys
from typing import Final

MEMORY: Final = 700_000_000
"""Bytes of address space; the modules and their libraries take half of it."""

TIME: Final = 60
"""Seconds of CPU for all readings; they take three to ten."""

MEGABYTE: Final = 10**6


def main(kind: str, *names: str) -> None:
    """Make parsers read every input of a kind; each parser must refuse it."""
    from matrix.errors import MatrixError
    from tests.support.parsers import PARSERS, wheel

    hostile = {
        "deep": lambda: [
            b"[" * MEGABYTE,
            b'{"entries":' * 100_000,
            b'{"value":' * 100_000,
            b"[" * 20_000 + b"]" * 20_000,
        ],
        "long": lambda: [
            b"1" * 10 * MEGABYTE,
            b'"' + b"a" * 10 * MEGABYTE,
            b"[" + b"0," * MEGABYTE + b"0]",
            b"1e" + b"9" * MEGABYTE,
            b"{" + b'"a":1,' * 100_000,
        ],
        "page": lambda: [b"<a>" * 4000, b"<" * 20_000, b"&" * 100_000, b"<a " + b"a " * MEGABYTE, b"a" * MEGABYTE],
        "archive": lambda: [wheel(b"\n" * 16 * MEGABYTE), b"PK" * MEGABYTE, b""],
    }
    for data in hostile[kind]():
        for name in names:
            with contextlib.suppress(MatrixError):
                value = PARSERS[name].read(data)
                assert value == {}, name  # missing metadata of a release is no failure
    print("all refused")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME, TIME))
    main(*sys.argv[1:])
