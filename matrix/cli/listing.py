"""`matrix list`: what there is."""

from collections import Counter
from itertools import groupby

import click
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from matrix.errors import known
from matrix.findings.rules import RULES
from matrix.model import Lane
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.store.store import Store
from matrix.system.text import visible


@click.group("list")
def list_command() -> None:
    """Show what there is: releases, scenarios, surfaces, handlers, rules."""


@list_command.command("releases")
@click.pass_obj
def releases(store: Store) -> None:
    """Every release in the catalogue, and what is known of it."""
    cells = {cell: stored for cell, stored in store.cells().items() if cell.python == DEFAULT_PYTHON and not cell.extra}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("version", "uploaded", "Python", *Lane, ""):
        table.add_column(title, no_wrap=True)
    results = {(cell.version, cell.lane): stored for cell, stored in cells.items()}
    for version, release in store.releases().items():
        lanes = []
        for lane in Lane:
            stored = results.get((version, lane))
            old = "" if stored is None or stored.suite == store.target.digest else " (old suite)"
            lanes.append("not measured" if stored is None else f"{stored.outcome}{old}")
        notes = ["pre-release"] * release.is_prerelease
        notes += [f"yanked: {visible(release.yanked or '') or 'no reason given'}"] * (release.yanked is not None)
        notes += ["no wheel"] * (not release.wheels)
        needs = Text(visible(release.requires_python or ""))
        table.add_row(version, f"{release.uploaded:%Y-%m-%d}", needs, *lanes, Text(", ".join(notes)))
    Console().print(table)


@list_command.command("scenarios")
@click.pass_obj
def scenarios(store: Store) -> None:
    """The catalogue, by family."""
    console = Console()
    for family, members in groupby(store.target.catalogue.values(), key=lambda scenario: scenario.family):
        found = list(members)
        table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left", title_style="bold")
        table.title = f"{family}: {len(found)}"
        table.add_column("id", no_wrap=True, min_width=26)
        table.add_column("what happens", ratio=1)
        table.add_column("text before", no_wrap=True)
        table.add_column("retry", no_wrap=True)
        for scenario in found:
            table.add_row(scenario.id, scenario.title, scenario.text, "yes" if scenario.retry else "no")
        console.print(table)
        console.print()
    console.print(f"{len(store.target.catalogue)} scenarios, suite {store.target.digest}.", highlight=False)


@list_command.command("surfaces")
@click.pass_obj
def surfaces(store: Store) -> None:
    """The calls of the SDK under test."""
    suite = store.target.suite
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("call")
    table.add_column("plays", justify="right")
    played = Counter(call.surface for extra in ("", *suite.extras) for call in suite.calls(extra=extra))
    for id_, surface in suite.surfaces.items():
        table.add_row(id_, surface.title, str(played[id_]))
    console = Console()
    console.print(table)
    cell = len(suite.calls())
    more = "".join(f", and {len(suite.calls(extra=extra))} in one with the extra {extra}" for extra in suite.extras)
    console.print(f"\n{cell} calls in a cell{more}.", highlight=False)


@list_command.command("rules")
def rules() -> None:
    """The kinds of finding of `matrix check` and `matrix scan`, worst first."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("what it means")
    for rule in RULES.values():
        table.add_row(rule.id, f"{rule.title}. {rule.help}")
    Console().print(table)


@list_command.command("handlers")
@click.argument("id_", metavar="[ID]", default="")
@click.pass_obj
def handlers_command(store: Store, id_: str) -> None:
    """The ways in which people catch stream errors, which the probe runs; with an ID, its source."""
    console = Console()
    found = store.target.handlers
    if not id_:
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("id", no_wrap=True)
        table.add_column("what it does")
        table.add_column("seen in")
        for handler in found.values():
            table.add_row(handler.id, handler.title, handler.seen_in or "ours")
        console.print(table)
        console.print(f"\n{len(found)} handlers. The source of one: `matrix list handlers ID`.", highlight=False)
        return
    known([id_], found, "handler")
    handler = found[id_]
    console.print(Text(f"{handler.title} {f'Seen in {handler.seen_in}.' if handler.seen_in else 'Ours.'}"))
    console.print()
    if console.is_terminal:
        console.print(Syntax(handler.source, "python", theme="ansi_dark", background_color="default"))
    else:
        console.out(handler.source, highlight=False)
