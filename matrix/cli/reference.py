"""Write the help of every command as one page: `python -m matrix.cli.reference > docs/commands.md`."""

from collections.abc import Iterator

import click

from matrix.cli import cli
from matrix.cli.terminal import give_document

WIDTH = 100
"""The width of the page in characters, which is the largest width of `matrix --help`."""


def page() -> str:
    """Return the page as Markdown."""
    parts = ["# Commands\n\nThe output of `--help` for each command. A test compares this page with the program.\n"]
    parts += [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps("matrix", cli, None)]
    return "\n".join(parts)


def _helps(name: str, command: click.Command, above: click.Context | None) -> Iterator[tuple[str, str]]:
    settings = {**command.context_settings, "terminal_width": WIDTH}
    context = click.Context(command, above, info_name=name.rpartition(" ")[2], **settings)
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            if (subcommand := command.get_command(context, sub)) is not None:
                yield from _helps(f"{name} {sub}", subcommand, context)


if __name__ == "__main__":
    give_document(page())
