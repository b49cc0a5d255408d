"""Arguments that several commands share: a release in a lane, Python versions, handlers, days, a format, an address."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from matrix.cli import completion
from matrix.errors import UsageError, did_you_mean, require_known
from matrix.manifests.names import spellings
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


def without_package(target: Target, named: str) -> tuple[str, str]:
    """Split what a user calls a release into the extras and the rest: `anthropic==1.0` is `==1.0`, as is `1.0`.

    The name of the package alone means its newest release.
    """
    pattern = rf"{spellings(target.package)}\s*(\[[^\]]*\])?\s*(?:@\s*)?(?P<rest>[<>=!~^].*|v?\d.*|{selection.LATEST}|)"
    if match := re.fullmatch(pattern, named.strip(), re.IGNORECASE):
        return match[1] or "", match["rest"] or selection.LATEST
    return "", named


def versions(context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return versions as `selection.select` takes them, without the name of the package before them."""
    return None if value is None else without_package(target_of(context), value)[1]


def looks_like_release(target: Target, text: str) -> bool:
    """Return whether a text that should name a file names a release or a range of releases instead."""
    _, rest = without_package(target, text)
    return rest != text or re.fullmatch(rf"[<>=!~^].*|v?\d+(\.\d+)+\w*|{selection.LATEST}", text) is not None


def cell(target: Target, releases: dict[str, Release], named: str, python: str) -> Cell:
    """Return the cell that `VERSION` or `VERSION:LANE` names; the default lane is `today`.

    Raises:
        UsageError: The release or the lane does not exist, or several releases are named.
    """
    version, _, lane = named.partition(":")
    if lane and lane not in list(Lane):
        example = f"{version or '0.28.1'}:{Lane.AS_RELEASED}"
        hint = f"{did_you_mean(lane, Lane)} Lanes are {' and '.join(Lane)}, as in {example}."
        raise UsageError(f"There is no lane {lane!r}.", hint.strip())
    return Cell(release(target, releases, version, python).version, Lane(lane) if lane else Lane.TODAY, python)


def release(target: Target, releases: Mapping[str, Release], named: str, python: str) -> Release:
    """Return the one release that a user names: `2.12.0`, `==2.12.0`, `latest`, or with the package before it.

    Raises:
        UsageError: The release does not exist, or several are named.
    """
    if not named.strip():
        raise UsageError("The release is missing.", "Name one release, such as 0.87.0.")
    selected = selection.select(releases, without_package(target, named)[1], python)
    if len(selected) != 1:
        raise UsageError(f"{named!r} selects {len(selected)} releases.", "Name one release, such as 0.87.0.")
    return selected[0]


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
