"""The command line: parses, calls and prints. It never decides.

One module per question, imported when its command is asked for, so that a quick command starts quickly. A failure
that a user can cause is one paragraph and a documented exit code; a traceback is a bug of ours.
"""

import importlib
import io
import sys
import traceback
from pathlib import Path
from typing import Final

import click

from matrix import __version__
from matrix.cli.terminal import say, say_block, style
from matrix.errors import MatrixError, describe_os_error, require_known
from matrix.store.documents import RELEASES
from matrix.store.store import Store
from matrix.targets import DEFAULT, TARGETS
from matrix.targets.target import Target

_COMMANDS: Final = {
    "check": "check",
    "scan": "scan",
    "advise": "advise",
    "diff": "diff",
    "explain": "explain",
    "history": "history",
    "list": "listing",
    "plan": "plan",
    "run": "measure",
    "merge": "merge",
    "reproduce": "measure",
    "probe": "probe",
    "refresh": "refresh",
    "report": "report",
    "serve": "serve",
    "verify": "verify",
    "gate": "gate",
    "announce": "announce",
    "stale": "stale",
    "elsewhere": "platforms",
    "backend": "backend",
}
"""Command to the module of `matrix.cli` that has it, in the order in which they are listed."""

_WRITE: Final = frozenset({"plan", "run", "merge", "refresh"})
"""Commands that begin data where there is none."""

INTERRUPTED: Final = 130
"""Exit code after SIGINT or SIGTERM, as shells have it."""


REFUSED: Final = MatrixError.exit_code
"""Exit code if the system refused something: no permission, no room."""

BUG: Final = 70
"""Exit code of a failure that we did not foresee, as `sysexits.h` has it."""


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


def _target(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    return require_known([value], TARGETS, "target")[0]


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="MIDSTREAM_DATA",
    show_envvar=True,
    help="The folder with the target's data. Default: reports/data/TARGET, or else the data shipped with this program.",
)
@click.option(
    "--target", "target_id", metavar="ID", callback=_target, default=DEFAULT.id, show_default=True,
    envvar="MIDSTREAM_TARGET", show_envvar=True, help="The package under test.",
)  # fmt: skip
@click.pass_context
def cli(context: click.Context, data: Path | None, target_id: str) -> None:
    """Measure and judge how LLM SDKs fail when a stream breaks after HTTP 200.

    \b
    Exit codes: 0 fine, 1 a finding, 2 usage or unreadable input, 3 unknown release,
    4 nothing to judge, 5 corrupt data, 6 data in use, 7 a control failed,
    8 a re-measurement differs, 9 a tool failed, 10 the system refused something,
    11 package index, 12 no interpreter, 13 the publish gate refused, 14 the last good run
    is too old, 70 a bug of ours, 130 interrupted.
    """  # noqa: D301 - click's own mark for text that is not to be wrapped
    target = TARGETS[target_id]
    context.obj = Store(data or default_data(target, writes=context.invoked_subcommand in _WRITE), target)


def default_data(target: Target, *, writes: bool) -> Path:
    """Where the data is: in this folder, if it is a checkout or is to become one, or what came with this program."""
    here, package = Path("reports", "data", target.id), Path(__file__).parent.parent
    came = next(
        (one for one in (package / "data" / target.id, package.parent / here) if (one / RELEASES).is_file()), here
    )
    return here if writes or _is_ours(here) else came


def _is_ours(folder: Path) -> bool:
    """Whether a folder has our data in it: `reports/data` is not too rare a name."""
    try:
        with (folder / RELEASES).open("rb") as file:
            return b"midstream/" in file.read(100)
    except OSError:
        return False


def main() -> None:
    """Run the command line; leaves the process."""
    try:
        code = cli.main(standalone_mode=False)
    except SystemExit:  # click's, and its only one here: whoever read our output has gone away
        sys.exit(REFUSED)
    except click.ClickException as error:
        show_usage(error)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("Interrupted. Finished cells are recorded. Run the same command again to continue.", err=True)
        sys.exit(INTERRUPTED)
    except MatrixError as failure:
        show(failure)
        sys.exit(failure.exit_code)
    except OSError as error:
        show(describe_os_error(error))
        sys.exit(REFUSED)
    except Exception as error:  # noqa: BLE001 - Python would leave with 1, which is a finding here
        from matrix.cli import extras

        if (missing := extras.explain(error)) is not None:
            show(missing)
            sys.exit(missing.exit_code)
        say_block(traceback.format_exc(), err=True)
        say("This is a bug in midstream, not in your files. Please report it with the lines above.", err=True)
        sys.exit(BUG)
    sys.exit(code or 0)


def show_usage(error: click.ClickException) -> None:
    """Print what was wrong with the arguments, as click words it."""
    text = io.StringIO()
    error.show(text)
    say_block(text.getvalue(), err=True)


def show(failure: MatrixError) -> None:
    """Print a failure: what happened, and what to try."""
    say(f"{style('Error:', fg='red', bold=True)} {failure}", err=True)
    if failure.hint:
        say(f"{style('Hint:', bold=True)} {failure.hint}", err=True)
