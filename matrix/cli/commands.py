"""The commands of `matrix`: their modules, their summaries, and the group that imports a command when it runs.

`matrix --help` prints the summaries of this table and imports no command. A test compares them with the commands.
"""

import importlib
from typing import Final

import click

from matrix.errors import did_you_mean

COMMANDS: Final = {
    "doctor": ("doctor", "Say what each of your projects pins, what fails, and what to do."),
    "check": ("check", "Check the SDK releases that your requirements allow."),
    "scan": ("scan", "Check how your Python code catches errors of the SDK."),
    "audit": ("audit", "Run your program against failing streams, and say what it did wrong."),
    "advise": ("advise", "Recommend a release to pin, and give the reasons."),
    "diff": ("diff", "Compare how two releases behave, worst change first."),
    "explain": ("explain", "Show the evidence for one release."),
    "history": ("history", "List the epochs of releases that behave alike, newest first."),
    "list": (
        "listing",
        "List targets, SDKs, releases, scenarios, clients, surfaces, handlers, the remedy's proof or rules.",
    ),
    "plan": ("plan", "Find missing and stale cells, and divide them into shards."),
    "run": ("measure", "Measure the cells that are missing, and record the results."),
    "merge": ("merge", "Check the results of all shards, and record them together."),
    "reproduce": ("measure", "Measure releases again from their committed locks, and compare."),
    "soak": ("soak", "Count the asynchronous calls that hang if nobody closes their clients."),
    "probe": ("probe", "Play the suite against the SDK in your own environment."),
    "refresh": ("refresh", "Read the package index, and record its releases."),
    "report": ("report", "Build the site from the committed data."),
    "serve": ("serve", "Serve the site locally, and rebuild it after each change."),
    "verify": ("verify", "Check that the data is complete and unaltered."),
    "migrate": ("migrate", "Convert the data of an earlier midstream, without measuring."),
    "gate": ("gate", "Decide whether the data may replace the published data."),
    "announce": ("announce", "Summarise how the data differs from the published data."),
    "stale": ("stale", "Check that the last good run is recent, and exit with 14 if not."),
    "elsewhere": ("platforms", "Compare local measurements with the published data."),
    "backend": ("backend", "Serve failure scenarios to any client over a real socket."),
    "record": ("record", "Record what a real API streams, to replay it with `matrix backend --scenarios`."),
}
"""Command to its module in `matrix.cli` and to the first sentence of its help, in the order of `matrix --help`."""


class LazyGroup(click.Group):
    """A group that imports the module of a command when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"matrix.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that the arguments name, and suggest similar names if there is none."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}. {did_you_mean(name, COMMANDS)}".strip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries of all commands, as wide as click writes those of imported commands."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        rows = [
            (name, click.Command(name, help=summary).get_short_help_str(room))
            for name, (_, summary) in COMMANDS.items()
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
