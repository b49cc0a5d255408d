"""Options of the commands that judge a user's files. Print their report and write it to files."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from matrix.cli.terminal import give_document, output_width, say_block, style, with_target
from matrix.errors import UsageError, require_known
from matrix.findings.formats import FORMATS, render
from matrix.findings.model import EXIT_CODES, Exit, Report
from matrix.findings.rules import RULES

F = TypeVar("F", bound=Callable[..., Any])

_COLOURS: Final[dict[str, dict[str, Any]]] = {
    "place": {"bold": True},
    "subject": {"bold": True},
    "about": {"dim": True},
    "error": {"fg": "red", "bold": True},
    "problem": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "unknown": {"fg": "yellow", "bold": True},
    "note": {"fg": "blue"},
    "fine": {"fg": "green"},
    "instead": {"fg": "green"},
    "summary": {"bold": True},
}
"""Role of a piece of text to its style in a terminal."""

_WIDEST = 100
"""The largest width in characters; longer lines are hard to read."""


def _rules(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return require_known(values, RULES, "rule")


Outputs = tuple[tuple[str, Path], ...]
"""Pairs of a format and the file that it is written to."""


def outputs(
    formats: Collection[str], example: str
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], Outputs]:
    """Make the callback that reads values of `--output FORMAT=FILE`.

    Args:
        formats: The formats of the command.
        example: A value that the hint shows.
    """

    def read(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> Outputs:
        pairs = []
        for value in values:
            form, separator, path = value.partition("=")
            if form not in formats or not separator or not path:
                raise UsageError(
                    f"{value!r} is not a format and a file.",
                    f"Write FORMAT=FILE, such as {example}. Formats are {', '.join(formats)}.",
                )
            pairs.append((form, Path(path)))
        return tuple(pairs)

    return read


_files = outputs(FORMATS, "sarif=report.sarif")


def options(command: F) -> F:
    """Add `--ignore`, `--format`, `--output`, `--allow-nothing` and `--exit-zero`."""
    for option in (
        click.option("--allow-nothing", is_flag=True, help="Exit with 0, not 4, if there is nothing to judge."),
        click.option(
            "--exit-zero", is_flag=True, help="Exit with 0 even if there are findings; with 2 if a file can't be read."
        ),
        click.option(
            "--output", "files", multiple=True, metavar="FORMAT=FILE", callback=_files,
            help="Also write the report to a file; repeatable.",
        ),
        click.option(
            "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True,
            help="The format of the printed report.",
        ),
        click.option(
            "--ignore", multiple=True, metavar="RULE", callback=_rules,
            help="Omit findings of this rule; repeatable. `matrix list rules` lists them.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def display_path(path: Path) -> str:
    """Return a path as reports show it: relative if it is in the working directory, with forward slashes."""
    with contextlib.suppress(ValueError):
        path = path if not path.anchor else path.relative_to(Path.cwd())
    return path.as_posix()


def emit(report: Report, form: str, files: Sequence[tuple[str, Path]], *, exit_zero: bool, allow_nothing: bool) -> None:
    """Print the report, write it to files, and exit with its code. The commands in it name the target."""
    if report.program != "matrix":
        report = msgspec.convert(_name_target(msgspec.to_builtins(report)), Report)
    if form == "text":
        say_block(_text(report))
    else:
        give_document(render(form, report))
    for file_form, path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(file_form, report), encoding="utf-8")
    accepted = {Exit.FINE} | ({Exit.NOTHING} if allow_nothing else set())
    if exit_zero:
        accepted |= {Exit.FINDING, Exit.UNKNOWN, Exit.NOTHING}
    if report.exit not in accepted:
        raise click.exceptions.Exit(EXIT_CODES[report.exit])


def _name_target(value: Any) -> Any:
    """Name the target in every command of every text in a value."""
    match value:
        case str():
            return with_target(value)
        case list() | tuple():
            return [_name_target(item) for item in value]
        case dict():
            return {key: _name_target(item) for key, item in value.items()}
    return value


def _text(report: Report) -> str:
    """Render the report as text: in colour and wrapped to the terminal, or plain and unwrapped for a pipe."""
    columns = output_width()
    if not columns:
        return render("text", report)
    from matrix.findings.formats import text

    width = min(columns, _WIDEST)
    return text.render(report, width, lambda piece, role: style(piece, **_COLOURS[role]))
