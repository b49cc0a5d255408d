"""The command line: parses, calls and prints. It never decides.

One module per question, imported when its command is asked for, so that a quick command starts quickly. A failure
that a user can cause is one paragraph and a documented exit code; a traceback is a bug of ours.
"""

import importlib
import sys
from pathlib import Path
from typing import Final

import click

from matrix.errors import MatrixError

_COMMANDS: Final = {
    "run": "measure",
    "reproduce": "measure",
    "probe": "probe",
    "refresh": "refresh",
    "report": "report",
    "list": "listing",
    "diff": "diff",
    "explain": "explain",
    "verify": "verify",
    "backend": "backend",
}
"""Command to the module of `matrix.cli` that has it, in the order in which they are listed."""

INTERRUPTED: Final = 130
"""Exit code after SIGINT or SIGTERM, as shells have it."""


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for; its own help asks for all of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"matrix.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="midstream", prog_name="matrix")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports/data"),
    envvar="MIDSTREAM_DATA",
    show_default=True,
    show_envvar=True,
    help="The folder of the data of record.",
)
@click.pass_context
def cli(context: click.Context, data: Path) -> None:
    """What each release of the Anthropic Python SDK raises when a stream fails after HTTP 200.

    \b
    Exit codes: 0 fine, 1 the system refused something, 2 usage, 3 package index,
    4 no interpreter, 5 corrupt data, 6 data in use, 7 a control failed,
    8 a re-measurement differs, 9 a tool failed, 130 interrupted.
    """  # noqa: D301 - click's own mark for text that is not to be wrapped
    context.obj = data


def main() -> None:
    """Run the command line; leaves the process."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What was finished is recorded; the same command goes on from there.", err=True)
        sys.exit(INTERRUPTED)
    except MatrixError as failure:
        show(failure)
        sys.exit(failure.exit_code)
    except OSError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


def show(failure: MatrixError) -> None:
    """Print a failure: what happened, and what to try."""
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {failure}", err=True)
    if failure.hint:
        click.echo(f"{click.style('Hint:', bold=True)} {failure.hint}", err=True)
