"""Arguments that several commands share: a release in a lane, Python versions, handlers, days, a format, an address."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from matrix.cli import completion
from matrix.errors import UsageError, did_you_mean, require_known
from matrix.model import DEFAULT_PYTHON, NODE, Cell, Lane, Release
from matrix.releases import selection
from matrix.targets.target import Registry, Target

F = TypeVar("F", bound=Callable[..., Any])


class Days(click.ParamType[int]):
    """A number of days: `7d`, `2w`, `7`."""

    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert text to a number of days."""
        if isinstance(value, int):
            return value
        age = re.fullmatch(r"(\d{1,4})([dw]?)", str(value))
        if not age:
            raise UsageError(f"{value!r} is not an age.", "Write it in days or weeks, such as 7d or 2w.")
        return int(age[1]) * (7 if age[2] == "w" else 1)


form = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def require_runtime(target: Target, value: str) -> str:
    """Return the runtime of a target's cells: a Python version `X.Y`, or `node-X`.

    Raises:
        UsageError: The text is not such a runtime.
    """
    if target.registry is Registry.NPM:
        if not re.fullmatch(rf"{NODE}[0-9]+", value):
            raise UsageError(f"{value!r} is not a version of Node.", f"Write it as {target.runtime}.")
    elif not re.fullmatch(r"[0-9]+\.[0-9]+", value):
        raise UsageError(f"{value!r} is not a Python version.", "Write it as MAJOR.MINOR, such as 3.12.")
    return value


def require_python_package(target: Target, command: str) -> None:
    """Refuse a command that reads Python code, requirements or environments for a package of npm.

    Raises:
        UsageError: The target is no Python package.
    """
    if target.registry is not Registry.PYPI:
        raise UsageError(
            f"`{command}` is made for Python packages, and {target.package} is a package of {target.registry}.",
            f"Ask for one release instead: `{target.command} explain latest`.",
        )


def _runtime(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return the requested runtime; that of the target if none was requested."""
    target = target_of(context)
    if context.get_parameter_source(str(parameter.name)) is click.core.ParameterSource.DEFAULT:
        return target.runtime
    return require_runtime(target, value)


def python(help_: str) -> Callable[[F], F]:
    """Add `--python X.Y`; the default is the runtime of the target."""
    return click.option(
        "--python", default=DEFAULT_PYTHON, show_default=True, metavar="X.Y", help=help_, callback=_runtime,
    )  # fmt: skip


def _client_ids(context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    ids = target_of(context).client_ids
    return tuple(ids[name] for name in require_known(values, ids, "client"))


def _client_id(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return None if value is None else _client_ids(context, parameter, (value,))[0]


def clients(help_: str) -> Callable[[F], F]:
    """Add `--client ID`, which may be repeated and gives the ids of clients; by default there are none."""
    return click.option(
        "--client", "clients", multiple=True, metavar="ID", callback=_client_ids, shell_complete=completion.clients,
        help=f"{help_}; repeatable. `matrix list clients` lists them.",
    )  # fmt: skip


def client(help_: str) -> Callable[[F], F]:
    """Add `--client ID`, which gives the id of one client; the default is None."""
    return click.option(
        "--client", metavar="ID", callback=_client_id, shell_complete=completion.clients,
        help=f"{help_}. `matrix list clients` lists them.",
    )  # fmt: skip


def _address(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise UsageError(f"{value!r} is not an address.", "Write it as https://example.org/midstream/.")
    return f"{value.rstrip('/')}/" if value else ""


def base_url(help_: str) -> Callable[[F], F]:
    """Add `--base-url URL`, with a slash at its end; the default is empty."""
    return address("--base-url", help_)


def address(name: str, help_: str) -> Callable[[F], F]:
    """Add an option that takes an address, with a slash at its end; the default is empty."""
    return click.option(name, metavar="URL", default="", callback=_address, help=help_)


def cell(releases: dict[str, Release], named: str, python: str) -> Cell:
    """Return the cell that `VERSION` or `VERSION:LANE` names; the default lane is `today`.

    Raises:
        UsageError: The release or the lane does not exist, or several releases are named.
    """
    version, _, lane = named.partition(":")
    if lane and lane not in list(Lane):
        example = f"{version or '0.28.1'}:{Lane.AS_RELEASED}"
        hint = f"{did_you_mean(lane, Lane)} Lanes are {' and '.join(Lane)}, as in {example}."
        raise UsageError(f"There is no lane {lane!r}.", hint.strip())
    if not version.strip():
        raise UsageError("The release is missing.", "Name one release, such as 0.87.0.")
    selected = selection.select(releases, version, python)
    if len(selected) != 1:
        raise UsageError(f"{version!r} selects {len(selected)} releases.", "Name one release, such as 0.87.0.")
    return Cell(selected[0].version, Lane(lane) if lane else Lane.TODAY, python)


def target_of(context: click.Context) -> Target:
    """Return the target of the command, so that its options can be checked."""
    target: Target = context.obj.target
    return target


def handler_ids(context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of handlers without duplicates.

    Raises:
        UsageError: A handler does not exist.
    """
    return require_known(values, target_of(context).handlers, "handler")


def require_scanned(target: Target) -> None:
    """Refuse to judge code that uses a target of which no scan was shown to be right.

    Raises:
        UsageError: The target is such a one.
    """
    if not target.is_scanned:
        raise UsageError(
            f"Code that uses {target.title} can't be judged from its source yet.",
            f"Name your handlers: `{target.command} check --catching ID`; `{target.command} list handlers` lists them.",
        )
