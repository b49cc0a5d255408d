"""`matrix record`: record what a real API streams, as a scenario file."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

import click

from matrix.backend.record.recorder import Recorder
from matrix.backend.record.recording import Exchange, scenarios, summary
from matrix.backend.record.redirect import redirect, variables
from matrix.backend.record.upstream import parse_upstream
from matrix.backend.scenario_files.reading import SUFFIXES, YAML_SUFFIXES
from matrix.backend.scenario_files.writing import write_json, write_yaml
from matrix.cli import options
from matrix.cli.terminal import say, style
from matrix.errors import MatrixError, UsageError
from matrix.findings.model import EXIT_CODES, Exit
from matrix.system.aio import interruptible
from matrix.system.files import write_atomically
from matrix.system.text import counted
from matrix.targets.target import Target

_PATIENCE = 5.0
"""Seconds in which an interrupted program may end by itself."""


def _new_file(_context: click.Context, _parameter: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: its name must end with .yaml, .yml or .json.", "Choose another name.")
    if path.exists():
        raise UsageError(f"{path} exists already.", "Choose another name, or remove the file.")
    return path


@click.command("record", context_settings={"allow_interspersed_args": False})
@click.option(
    "--to", "path", required=True, metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), callback=_new_file,
    help="The scenario file to write: YAML or JSON, as its name says.",
)  # fmt: skip
@click.option(
    "--upstream", required=True, metavar="URL",
    help="The base URL of the API, as your SDK has it, such as https://api.anthropic.com.",
)  # fmt: skip
@click.option(
    "--keep-text", is_flag=True,
    help="Write the texts of answers as they are. They may be private: look at the file before you share it.",
)  # fmt: skip
@options.port
@options.hosts
@options.lifetime
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def record_command(
    context: click.Context,
    path: Path,
    upstream: str,
    keep_text: bool,
    port: int,
    hosts: tuple[str, ...],
    lifetime: float,
    command: tuple[str, ...],
) -> int:
    """Record what a real API streams, to replay it with `matrix backend --scenarios`.

    Runs COMMAND with its SDK's base URL set to a proxy on 127.0.0.1, which sends every request on to the API. `{url}`
    in COMMAND becomes the address of the proxy. Without COMMAND, it runs until it is interrupted. A COMMAND ends by
    itself, unless --lifetime is given. Keys, requests and the texts of answers are not written. An interrupt writes
    what was recorded so far.
    """
    target: Target = context.obj.target
    recorder = Recorder(parse_upstream(upstream), target, hosts, _say_exchange)
    is_limited = not command or context.get_parameter_source("lifetime") is not click.core.ParameterSource.DEFAULT
    is_interrupted = False

    async def record() -> None:
        async with recorder.listen(port):
            say(f"Recording {style(upstream, bold=True)} at {style(recorder.address, bold=True)}.", err=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(lifetime if is_limited else None):
                    if command:
                        code = await _run(command, target, recorder.address)
                        say(f"The program ended with {code}.", err=True)
                    else:
                        await asyncio.Event().wait()

    try:
        interruptible(record())
    except KeyboardInterrupt:
        is_interrupted = True
    except OSError as error:
        raise MatrixError(f"Port {port} can't be used: {error.strerror}.", "Omit --port to use a free port.") from None
    code = _write(recorder, target, path, keep_text=keep_text)
    if is_interrupted and command:
        raise KeyboardInterrupt
    return code


async def _run(command: tuple[str, ...], target: Target, address: str) -> int:
    """Run the program of the user to its end, and return its exit code."""
    arguments = [part.replace("{url}", address) for part in command]
    # A program on a terminal stays in its group, or it could not read from the terminal.
    is_own_group = not sys.stdin.isatty()
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments, env=redirect(os.environ, target, address), start_new_session=is_own_group
        )
    except OSError as error:
        raise UsageError(f"{arguments[0]} can't be started: {error.strerror}.", "Check the command after --.") from None
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            _signal(process, signal.SIGTERM, whole_group=is_own_group)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _PATIENCE)
        _signal(process, signal.SIGKILL, whole_group=is_own_group)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals, *, whole_group: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if whole_group:
            os.killpg(process.pid, number)
        elif process.returncode is None:
            process.send_signal(number)


def _say_exchange(exchange: Exchange) -> None:
    say(f"  {exchange.dialect}: {summary(exchange)}", err=True)


def _write(recorder: Recorder, target: Target, path: Path, *, keep_text: bool) -> int:
    """Write what was recorded, say how to replay it, and return the exit code."""
    prefix = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "recorded"
    made, problems = scenarios(recorder.exchanges, prefix, recorder.redactor(keep_text=keep_text))
    for problem in dict.fromkeys([*recorder.problems, *problems]):
        say(problem, err=True)
    if not made:
        say(f"Nothing was recorded, and {path} was not written.", err=True)
        if not recorder.problems and not problems:
            say(_why_nothing(recorder, target), err=True)
        return EXIT_CODES[Exit.NOTHING]
    write_atomically(path, (write_yaml if path.suffix.lower() in YAML_SUFFIXES else write_json)(made))
    requests = sum(len(scenario.attempts) for scenario in made)
    say(f"Recorded {counted(requests, 'request')} as {counted(len(made), 'scenario')} in {path}.", err=True)
    if keep_text:
        say("The file has the texts of the answers: look at it before you share it.", err=True)
    say(f"To replay: `matrix backend --scenarios {path} --scenario {made[0].id}`.", err=True)
    return 0


def _why_nothing(recorder: Recorder, target: Target) -> str:
    """Say what may be the reason that no request was recorded."""
    if recorder.others:
        paths = ", ".join(endpoint.path for endpoint in target.endpoints)
        requests = counted(recorder.others, "request")
        return f"{requests} asked for no stream of {target.api}: {paths}. For another API, give --target before record."
    names = " or ".join(variables(target))
    question = f"Does the program read {names}? Else pass" if names else "Pass"
    return f"No request arrived. {question} it {{url}} as its base URL."
