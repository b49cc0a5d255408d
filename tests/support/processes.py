"""Programs that tests start: SIGINT ends them, and none outlives its test."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T", str, bytes)


def start(arguments: Sequence[str | Path], **options: Any) -> "subprocess.Popen[str]":
    """Start a program that reads nothing and whose output is text; it hears SIGINT, whoever started the tests.

    A child inherits which signals are ignored: without this, `nohup nox -s tests &` would make every program deaf.
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
    """Let SIGINT raise KeyboardInterrupt in this process, and end each process that is started meanwhile."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def ending(process: "subprocess.Popen[T]") -> "Iterator[subprocess.Popen[T]]":
    """Kill a program when the context is left, wait for it and close its pipes: else a later test would be blamed."""
    with process:
        try:
            yield process
        finally:
            process.kill()
