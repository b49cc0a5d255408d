"""What commands are asked about: a release in a lane, a Python, handlers, a number of days. Checked when read."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from matrix.errors import UsageError, did_you_mean, require_known
from matrix.model import Cell, Lane, Release
from matrix.releases import selection
from matrix.targets.target import Target

F = TypeVar("F", bound=Callable[..., Any])


class Days(click.ParamType[int]):
    """A number of days: `7d`, `2w`, `7`."""

    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,4})([dw]?)", str(value))
        if not found:
            raise UsageError(f"{value!r} is no age.", "Write it in days or weeks: 7d, 2w.")
        return int(found[1]) * (7 if found[2] == "w" else 1)


def _python(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[0-9]+\.[0-9]+", value):
        raise UsageError(f"{value!r} is no Python version.", "Write it as MAJOR.MINOR, such as 3.12.")
    return value


def python(help_: str) -> Callable[[F], F]:
    """`--python X.Y`, checked; by default that of the measurements."""
    return click.option(
        "--python", default=selection.DEFAULT_PYTHON, show_default=True, metavar="X.Y", callback=_python, help=help_
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
    found = selection.select(releases, version)
    if len(found) != 1:
        raise UsageError(f"{version!r} names {len(found)} releases.", "Name one, such as 0.87.0.")
    return Cell(found[0].version, Lane(lane) if lane else Lane.TODAY, python)


def target_of(context: click.Context) -> Target:
    """Return the target that a command is about, for checks of its options."""
    target: Target = context.obj.target
    return target


def handler_ids(context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Handlers by id, each once.

    Raises:
        UsageError: There is none of this name.
    """
    return require_known(values, target_of(context).handlers, "handler")
