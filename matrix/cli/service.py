"""Options of the commands that the scheduled service runs. Print their reports and write them to files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from matrix.cli.output import outputs
from matrix.cli.terminal import give_document, say_block
from matrix.errors import UsageError
from matrix.service.issues import ExistingIssue
from matrix.store.documents import UNREADABLE
from matrix.system.files import read

F = TypeVar("F", bound=Callable[..., Any])

FORMS: Final = ("text", "markdown", "json", "issues")
"""The formats of `--output`; `issues` is the list of issues to open."""

published = click.option(
    "--published", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="FOLDER",
    help="The folder with the data that is published now.",
)  # fmt: skip
opened = click.option(
    "--opened", type=click.Path(dir_okay=False, exists=True, path_type=Path), metavar="FILE",
    help="A file with the existing issues, from `gh issue list --json title,body`; they are not opened again.",
)  # fmt: skip


_files = outputs(FORMS, "markdown=report.md")


def forms(command: F) -> F:
    """Add `--format` and `--output`."""
    for option in (
        click.option(
            "--output", "files", multiple=True, metavar="FORMAT=FILE", callback=_files,
            help=f"Also write to a file; repeatable. Formats: {', '.join(FORMS)}.",
        ),
        click.option(
            "--format", "form", type=click.Choice(FORMS[:3]), default="text", show_default=True,
            help="The format of the printed report.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def emit(form: str, files: Sequence[tuple[str, Path]], renderers: Mapping[str, Callable[[], str]]) -> None:
    """Print a report in one format, and write it to files in others."""
    if report := renderers[form]():
        (give_document if form == "json" else say_block)(report)
    for file_form, path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(renderers[file_form](), encoding="utf-8")


def read_opened(path: Path | None) -> list[ExistingIssue]:
    """Read the existing issues; without a path, there are none.

    Raises:
        UsageError: The file is not a list of issues.
    """
    if path is None:
        return []
    try:
        issues: list[dict[str, Any]] = msgspec.json.decode(read(path))
        fields = [{"title": issue["title"], "body": issue["body"]} for issue in issues]
        return msgspec.convert(fields, list[ExistingIssue])
    except (KeyError, TypeError, *UNREADABLE) as error:
        raise UsageError(
            f"{path} is not a list of issues: {error}.",
            f"Write it again: `gh issue list --state all --json title,body > {path}`.",
        ) from None
