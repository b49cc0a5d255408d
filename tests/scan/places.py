"""Helpers that scan short sources as of a release, and return short answers.

A scenario has a short name here: `529` is an overloaded server before the stream, `mid-529` is the same error inside
it, and `cut` is a stream that ends in the middle.
"""

import functools
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from matrix.model import Cell, Lane
from matrix.observation import Outcome
from matrix.scan.catches import Catch, Choice, Decision, PlaceRole, ScannedFile
from matrix.scan.reading import scan_files
from matrix.scan.recorded import Recorded
from matrix.scan.scanning import scan
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from tests.support.paths import DATA

VERSION: Final = "2.12.0"
"""The release that sources are scanned as of, unless a test names another."""

TELLING: Final = {
    "400": "http-invalid_request_error",
    "429": "http-rate_limit_error",
    "529": "http-overloaded_error",
    "mid-400": "mid-invalid_request_error",
    "mid-429": "mid-rate_limit_error",
    "mid-529": "mid-overloaded_error",
    "cut": "eof-mid",
    "reset": "reset",
    "html": "html-200",
    "json": "json-error-200",
}
"""The scenarios that tell one way to catch errors from another: short name to id."""


@functools.cache
def open_release(version: str = VERSION, *brought: str, of: str = ANTHROPIC.id) -> Recorded:
    """Open a release as the committed data has it, on today's dependencies if a client can be made with them.

    Args:
        version: The version of the release.
        brought: Packages that the project brings, besides those that the release does.
        of: The id of the target.
    """
    target = TARGETS[of]
    store = Store(DATA.parent / of, target)
    for lane in (Lane.TODAY, Lane.AS_RELEASED):
        cell = Cell(version, lane, "3.11")
        result = store.result(cell)
        if result is None or result.lock is None:
            continue
        behaviour = queries.behaviour(store, cell)
        if any(each.outcome is Outcome.COMPLETED for each in behaviour.values()):
            installed = frozenset(pin.partition("==")[0] for pin in result.lock.pins)
            return Recorded(target, version, behaviour, installed.union(brought), locked=True)
    raise ValueError(f"No calls of {version} were measured.")


def scan_file(text: str, version: str = VERSION, brought: Iterable[str] = ()) -> ScannedFile:
    """Scan an indented source that begins on its second line, in a project that brings some packages."""
    return scan(open_release(version, *brought), textwrap.dedent(text).lstrip("\n"), "app.py")


def scan_together(files: Iterable[tuple[Path, str]]) -> list[ScannedFile]:
    """Scan files together, each as of the usual release."""
    return [scanned for _, (scanned,) in scan_files(ANTHROPIC, files, lambda _: [open_release()])]


def scan_text(text: str, version: str = VERSION, brought: Iterable[str] = ()) -> list[Catch]:
    """Scan a source without problems, and list its places without clients that retry by themselves."""
    scanned = scan_file(text, version, brought)
    assert () == scanned.problems
    return [catch for catch in scanned.catches if catch.role is not PlaceRole.CLIENT]


def find_only_place(text: str, version: str = VERSION) -> Catch:
    """Find the only place in a source."""
    (catch,) = scan_text(text, version)
    return catch


def describe(decision: Decision) -> str:
    """Describe a decision in one line, without the reason for which it can't be made."""
    if decision.choice is Choice.UNDECIDED:
        return str(decision.choice)
    return f"{decision.choice} {decision.detail}".rstrip()


def summarise(catch: Catch) -> dict[str, str]:
    """Summarise the decisions of a place: each to the short names of the scenarios with it, in their order."""
    summary: dict[str, str] = {}
    for name, scenario in TELLING.items():
        if (decision := catch.decisions.get(scenario)) is not None:
            described = describe(decision)
            summary[described] = f"{summary.get(described, '')} {name}".lstrip()
    return summary


def list_chosen(catch: Catch, choice: Choice) -> str:
    """List the short names of the scenarios in which a place chooses so."""
    return " ".join(
        name
        for name, scenario in TELLING.items()
        if (decision := catch.decisions.get(scenario)) is not None and decision.choice is choice
    )


def list_taken(catch: Catch) -> str:
    """List the short names of the scenarios whose error a place takes."""
    return " ".join(name for name, scenario in TELLING.items() if scenario in catch.taken)
