"""Options of the commands that the scheduled service calls, and how they give what they have to say."""

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
"""What `--output` writes; `issues` is a list of what is to be opened."""

published = click.option(
    "--published", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="FOLDER",
    help="The folder with the data that is published now.",
)  # fmt: skip
opened = click.option(
    "--opened", type=click.Path(dir_okay=False, exists=True, path_type=Path), metavar="FILE",
    help="Existing issues, as `gh issue list --json title,body` prints them; they are not written again.",
)  # fmt: skip


_files = outputs(FORMS)


def forms(command: F) -> F:
    """`--format` and `--output`."""
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


def give(form: str, files: Sequence[tuple[str, Path]], made: Mapping[str, Callable[[], str]]) -> None:
    """Print what was found, and write it to files; a summary that other steps wrote to is added to."""
    (give_document if form == "json" else say_block)(made[form]())
    for other, path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[other](), encoding="utf-8")


def read_opened(path: Path | None) -> list[ExistingIssue]:
    """The issues that exist.

    Raises:
        UsageError: The file is something else.
    """
    if path is None:
        return []
    try:
        found: list[dict[str, Any]] = msgspec.json.decode(read(path))
        return msgspec.convert([{"title": one["title"], "body": one["body"]} for one in found], list[ExistingIssue])
    except (KeyError, TypeError, *UNREADABLE) as error:
        raise UsageError(
            f"{path} is no list of issues: {error}.", "Write it with `gh issue list --json title,body`."
        ) from None
