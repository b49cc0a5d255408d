"""Programs that tests start: SIGINT ends each of them, and none outlives its test."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T", str, bytes)


def start(arguments: Sequence[str | Path], **options: Any) -> "subprocess.Popen[str]":
    """Start a program that reads nothing and writes text; SIGINT reaches it whatever started the tests.

    A child inherits the ignored signals: after `nohup nox -s tests &`, every program would ignore SIGINT without this.
    """
    with hearing_interrupts():
        return subprocess.Popen(
            [*map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )


@contextlib.contextmanager
def hearing_interrupts() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt in this process, and end each process that starts meanwhile."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def ending(process: "subprocess.Popen[T]") -> "Iterator[subprocess.Popen[T]]":
    """Kill a program at the end of the context, wait for it and close its pipes: no later test gets the blame."""
    with process:
        try:
            yield process
        finally:
            process.kill()
