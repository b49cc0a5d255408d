"""`matrix audit`: run a program against failing streams, and say what it did wrong."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from matrix import __version__
from matrix.audit.asking import ServiceRequest
from matrix.audit.auditing import AuditPlan, audit
from matrix.audit.profile import CONTROL, PROFILES
from matrix.audit.report import make_report, name_program
from matrix.audit.running import Command
from matrix.catalogue.steps import Scenario
from matrix.cli import completion, options, output
from matrix.cli.terminal import say
from matrix.errors import UsageError, require_known
from matrix.store.store import Store
from matrix.system.aio import first_failure, interruptible
from matrix.system.process import cores
from matrix.system.text import counted


def _pattern(_context: click.Context, _parameter: click.Parameter, value: str | None) -> re.Pattern[str] | None:
    try:
        return None if value is None else re.compile(value, re.MULTILINE)
    except re.error as error:
        raise UsageError(
            f"{value!r} is not a regular expression: {error}.",
            "Quote it for the shell, as in --expect-output 'Done\\.'.",
        ) from None


@click.command("audit", context_settings={"ignore_unknown_options": False})
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND...")
@click.option(
    "--profile", type=click.Choice(PROFILES), default=PROFILES[0], show_default=True,
    help="The failures to play: about 16 of the most frequent, or all.",
)  # fmt: skip
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="ID", shell_complete=completion.scenarios,
    help="Play only this failure; repeatable. `matrix list scenarios` lists them.",
)  # fmt: skip
@options.scenario_files
@click.option(
    "--expect-output", "expected", metavar="REGEX", callback=_pattern,
    help="What the standard output, or the answer of a service, contains after success. Default: go by the exit code, "
    "or by the status of the answer.",
)  # fmt: skip
@click.option(
    "--url", metavar="URL",
    help="Audit a service: start COMMAND for each failure, wait until it accepts connections, and request this "
    "address. {port} in it and in COMMAND stands for a free port.",
)  # fmt: skip
@click.option(
    "--request", "body", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="The body that is sent to --url with POST. Default: a GET.",
)  # fmt: skip
@click.option(
    "--deadline", type=click.FloatRange(min=0.5), default=8.0, show_default=True, metavar="SECONDS",
    help="Stop a run so long after its first request.",
)  # fmt: skip
@click.option(
    "--startup", type=click.FloatRange(min=0.5), default=30.0, show_default=True, metavar="SECONDS",
    help="Stop a run without a request, or a service that accepts no connection, after this time.",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(min=1), default=lambda: 2 * cores(), show_default="two for each core",
    help="The number of runs at a time; a service without {port} is run alone.",
)  # fmt: skip
@output.options
@click.pass_obj
def audit_command(
    store: Store,
    command: tuple[str, ...],
    profile: str,
    scenarios: tuple[str, ...],
    own: dict[str, Scenario],
    expected: re.Pattern[str] | None,
    url: str | None,
    body: Path | None,
    deadline: float,
    startup: float,
    jobs: int,
    ignore: tuple[str, ...],
    form: str,
    files: tuple[tuple[str, Path], ...],
    exit_zero: bool,
    allow_nothing: bool,
) -> None:
    """Run your program against failing streams, and say what it did wrong.

    Starts a mock server, points every SDK at it through the environment, and runs COMMAND once in a clean stream and
    once for each failure. Judges how often it asked, when, what it showed, and how it ended. Keys in the environment
    are replaced. {url} in COMMAND stands for the address of the server.

    \b
    Exit codes: 0 fine, 1 a finding, 2 usage, 3 a failure that it can't judge,
    4 no request reached the server, 7 the program fails in a clean stream.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    target = store.target
    require_known(scenarios, [id_ for id_ in {**target.suite.playable, **own} if id_ != CONTROL], "scenario")
    if body is not None and url is None:
        raise UsageError("--request needs --url.", "Name the address of the service with --url.")
    if shutil.which(command[0]) is None:
        raise UsageError(
            f"There is no program {command[0]!r}.",
            "Write the command after `--`, as in `matrix audit -- python app.py`.",
        )
    request = None if url is None else ServiceRequest(url, None if body is None else body.read_bytes())
    if request is not None:
        request.at(1)  # an invalid address is refused before anything runs
    plan = AuditPlan(
        profile=profile,
        scenarios=scenarios,
        added=own.values(),
        expected=expected,
        jobs=jobs if request is None or request.has_own_port else 1,
    )
    run = Command(arguments=command, environment=os.environ, request=request, startup=startup, deadline=deadline)

    def announce(number: int) -> None:
        failures = counted(number, "failure")
        say(f"Playing {failures} of {target.api} to `{' '.join(command)}`, {plan.jobs} at a time.", err=True)

    try:
        cases = interruptible(audit(run, target, plan, announce))
    except ExceptionGroup as failures:
        raise first_failure(failures) from None
    report = make_report(cases, name_program(command, _files(command)), __version__, ignore)
    output.emit(report, form, files, exit_zero=exit_zero, allow_nothing=allow_nothing)


def _files(command: Sequence[str]) -> list[str]:
    """List the arguments that are files in or below the working directory, which a report can name."""
    return [each for each in command if Path(each).is_file() and not Path(each).is_absolute()]
