"""The help of every command as one page. `python -m matrix.cli.reference > docs/commands.md` writes it."""

from collections.abc import Iterator

import click

from matrix.cli import cli
from matrix.cli.terminal import give_document

WIDTH = 100
"""Columns, as `matrix --help` has at most."""


def page() -> str:
    """All of it, as Markdown."""
    parts = ["# Commands\n\nWhat `--help` says of each; a test holds this page to it.\n"]
    parts += [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps("matrix", cli, None)]
    return "\n".join(parts)


def _helps(name: str, command: click.Command, above: click.Context | None) -> Iterator[tuple[str, str]]:
    settings = {**command.context_settings, "terminal_width": WIDTH}
    context = click.Context(command, above, info_name=name.rpartition(" ")[2], **settings)
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            if (found := command.get_command(context, sub)) is not None:
                yield from _helps(f"{name} {sub}", found, context)


if __name__ == "__main__":
    give_document(page())
