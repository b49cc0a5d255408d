"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from matrix.catalogue.steps import Scenario
from matrix.cli import completion
from matrix.cli.arguments import require_runtime, target_of
from matrix.errors import require_known
from matrix.harness.sandbox import Confinement
from matrix.model import DEFAULT_PYTHON, Lane
from matrix.system.process import cores
from matrix.system.workspace import kept_folder

F = TypeVar("F", bound=Callable[..., Any])


def _pythons(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    target = target_of(context)
    if context.get_parameter_source(str(parameter.name)) is click.core.ParameterSource.DEFAULT:
        return (target.runtime,)
    return tuple(dict.fromkeys(require_runtime(target, value) for value in values))


def _scenarios(context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return require_known(values, target_of(context).catalogue, "scenario")


def _own_scenarios(context: click.Context, _parameter: click.Parameter, files: tuple[Path, ...]) -> dict[str, Scenario]:
    if not files:
        return {}
    from matrix.backend.scenario_files.reading import load  # imported here because most commands read no file

    return load(files, target_of(context))


def _surfaces(context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return require_known(values, target_of(context).surfaces, "surface")


lanes = click.option(
    "--lane",
    "lanes",
    multiple=True,
    type=click.Choice([lane.value for lane in Lane]),
    default=[lane.value for lane in Lane],
    help="How dependencies are resolved: as of the release's upload, or today. Default: both.",
)
pythons = click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="X.Y",
    default=(DEFAULT_PYTHON,),
    callback=_pythons,
    show_default=True,
    help="The Python version to measure on, or the Node as in node-24; repeatable.",
)
scenarios = click.option(
    "--scenario", "scenarios", multiple=True, metavar="ID", callback=_scenarios,
    shell_complete=completion.scenarios,
    help="Play only this scenario; repeatable. Prints the observations and records nothing.",
)  # fmt: skip
scenario_files = click.option(
    "--scenarios", "own", multiple=True, metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    callback=_own_scenarios,
    help="Add the scenarios of this YAML or JSON file; repeatable.",
)  # fmt: skip
surfaces = click.option(
    "--surface", "surfaces", multiple=True, metavar="ID", callback=_surfaces,
    shell_complete=completion.surfaces,
    help="Play only this surface; repeatable. Prints the observations and records nothing.",
)  # fmt: skip
sandbox = click.option(
    "--sandbox", "confinement", type=click.Choice([mode.value for mode in Confinement]),
    default=Confinement.AUTO.value, show_default=True, callback=lambda _context, _parameter, value: Confinement(value),
    help="Whether cells run in a sandbox. `auto` uses one if this machine allows it.",
)  # fmt: skip
index = click.option(
    "--index", metavar="URL", help="The address of another package index (its Simple API), or registry of npm."
)
deadline = click.option(
    "--deadline", type=click.FloatRange(min=0.1), metavar="SECONDS",
    help="The time limit of a call; a call that takes longer counts as a hang. Default: that of the suite, mostly 5.",
)  # fmt: skip


def jobs(command: F) -> F:
    """Add `--jobs`. The default is three for each core, because a cell mostly waits for a silent server."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=lambda: 3 * cores(),
        show_default="three for each core",
        help="The number of cells to measure at the same time.",
    )(command)


class _KeptFolder(click.Path):
    """The folder that keeps environments; a folder in the user's cache if the option has no value."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value or kept_folder(), param, ctx)


keep = click.option(
    "--keep", type=_KeptFolder(file_okay=False, path_type=Path), metavar="[FOLDER]", is_flag=False, flag_value="",
    help="Keep the environments in FOLDER (default: the user's cache), and print their paths.",
)  # fmt: skip


port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="any free port",
    help="The port to listen on, on 127.0.0.1.",
)
lifetime = click.option(
    "--lifetime",
    type=click.FloatRange(min=0.1),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop after this time.",
)
hosts = click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Also answer requests for this host name, such as host.docker.internal; repeatable. "
    "Default: only names of this machine, such as localhost.",
)
