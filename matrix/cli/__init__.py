"""The command line: parse arguments, call the other rooms, and print. It never decides.

Each command has a module that is imported only when the command runs, and this module imports nothing of the other
rooms before that, so that `matrix --help` starts nearly as quickly as click. A failure that a user can cause is printed
as one paragraph and has a documented exit code. A traceback is a bug of ours.
"""

import sys
from pathlib import Path
from typing import Final

import click

from matrix import __version__
from matrix.cli.commands import LazyGroup
from matrix.cli.terminal import name_commands, say, say_block, style
from matrix.errors import MatrixError, UsageError, describe_os_error, require_known

DEFAULT_TARGET: Final = "anthropic"
"""The id of `matrix.targets.DEFAULT`, which `matrix --help` does not import; a test compares the two."""

INTERRUPTED: Final = 130
"""Exit code after SIGINT or SIGTERM, as in shells."""

REFUSED: Final = MatrixError.exit_code
"""Exit code if the operating system refuses something: no permission, no disk space."""

BUG: Final = 70
"""Exit code of an unexpected failure: `EX_SOFTWARE` of `sysexits.h`."""


def _target(context: click.Context, parameter: click.Parameter, value: str) -> str:
    from matrix.targets import TARGETS

    is_variable = context.get_parameter_source(str(parameter.name)) is click.core.ParameterSource.ENVIRONMENT
    if is_variable and value not in TARGETS:
        hint = f"Set it to one of these or unset it: {', '.join(TARGETS)}."
        raise UsageError(f"The environment variable MIDSTREAM_TARGET names no target: {value!r}.", hint)
    return require_known([value], TARGETS, "target")[0]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="MIDSTREAM_DATA",
    show_envvar=True,
    help="The folder with the target's data. Default: reports/data/TARGET, or else the data shipped with this program.",
)
@click.option(
    "--target", "target_id", metavar="ID", callback=_target, default=DEFAULT_TARGET, show_default=True,
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
    is too old, 15 not signed as named, 70 a bug of ours, 130 interrupted.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    from matrix.cli.data_folder import default_data  # these three need a third of the time of a short command
    from matrix.store.store import Store
    from matrix.targets import TARGETS

    target = TARGETS[target_id]
    name_commands(target.command)
    context.obj = Store(data or default_data(target), target)


def main() -> None:
    """Run the command line and exit with its code."""
    name_commands("matrix")
    try:
        code = cli.main(standalone_mode=False)
    except SystemExit:  # click exits like this only if the reader of our output has closed the pipe
        sys.exit(REFUSED)
    except click.ClickException as error:
        show_usage(error)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        notes: list[str] = getattr(error.__cause__ or error, "__notes__", [])  # what the command recorded
        say(" ".join(["Interrupted.", *notes]), err=True)
        sys.exit(INTERRUPTED)
    except MatrixError as failure:
        show(failure)
        sys.exit(failure.exit_code)
    except OSError as error:
        show(describe_os_error(error))
        sys.exit(REFUSED)
    except Exception as error:  # noqa: BLE001 - Python would exit with 1, which means a finding here
        import traceback

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
    import io

    text = io.StringIO()
    error.show(text)
    say_block(text.getvalue(), err=True)


def show(failure: MatrixError) -> None:
    """Print the message and the hint of a failure."""
    say(f"{style('Error:', fg='red', bold=True)} {failure}", err=True)
    if failure.hint:
        say(f"{style('Hint:', bold=True)} {failure.hint}", err=True)
