"""Names that commands take, checked: a release with its lane, a handler; with what is near to one that is unknown."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from matrix import plan
from matrix.decisions import handlers
from matrix.errors import UsageError, did_you_mean, known
from matrix.model import Cell, Lane, Release

F = TypeVar("F", bound=Callable[..., Any])


def _python(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[0-9]+\.[0-9]+", value):
        raise UsageError(f"{value!r} is no Python version.", "Write it as MAJOR.MINOR, such as 3.12.")
    return value


def python(help_: str) -> Callable[[F], F]:
    """`--python X.Y`, checked; by default that of the measurements."""
    return click.option(
        "--python", default=plan.DEFAULT_PYTHON, show_default=True, metavar="X.Y", callback=_python, help=help_
    )


def cell(releases: dict[str, Release], named: str, python: str) -> Cell:
    """The cell that `VERSION` or `VERSION:LANE` names; the lane is `today` unless said otherwise.

    Raises:
        UsageError: There is no such release or lane.
    """
    version, _, lane = named.partition(":")
    if lane and lane not in list(Lane):
        hint = f"{did_you_mean(lane, Lane)} Lanes are {' and '.join(Lane)}: {version or '0.28.1'}:{Lane.AS_RELEASED}."
        raise UsageError(f"There is no lane {lane!r}.", hint.strip())
    if not version.strip():
        raise UsageError("No release was named.", "Name one, such as 0.87.0.")
    found = plan.select(releases, version)
    if len(found) != 1:
        raise UsageError(f"{version!r} names {len(found)} releases.", "Name one, such as 0.87.0.")
    return Cell(found[0].version, Lane(lane) if lane else Lane.TODAY, python)


def handler_ids(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Handlers by id, each once.

    Raises:
        UsageError: There is none of this name.
    """
    return known(values, handlers(), "handler")
