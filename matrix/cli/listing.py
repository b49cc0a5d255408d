"""`matrix list`: list targets, releases, scenarios, surfaces, handlers or rules."""

from collections import Counter
from itertools import groupby

import click

from matrix.cli.columns import lay_out
from matrix.cli.terminal import say, say_block, style
from matrix.errors import require_known
from matrix.findings.rules import RULES
from matrix.model import Lane
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.store.store import Store
from matrix.system.text import visible
from matrix.targets import TARGETS


@click.group("list")
def list_command() -> None:
    """List targets, releases, scenarios, surfaces, handlers or rules."""


@list_command.command("targets")
def targets() -> None:
    """List the packages under test, and the packages that depend on them."""
    rows = [
        (target.id, f"{target.package} on {target.registry}", ", ".join(sorted(target.carriers)))
        for target in TARGETS.values()
    ]
    say_block(lay_out(("id", "package", "installed by"), rows))


@list_command.command("releases")
@click.pass_obj
def releases(store: Store) -> None:
    """List every known release, with its results in both lanes."""
    cells = {cell: stored for cell, stored in store.cells().items() if cell.python == DEFAULT_PYTHON and not cell.extra}
    rows = []
    results = {(cell.version, cell.lane): stored for cell, stored in cells.items()}
    for version, release in store.releases().items():
        lanes = []
        for lane in Lane:
            stored = results.get((version, lane))
            suite = "" if stored is None or stored.suite == store.target.digest else " (old suite)"
            lanes.append("not measured" if stored is None else f"{stored.outcome}{suite}")
        notes = ["pre-release"] * release.is_prerelease
        notes += [f"yanked: {visible(release.yanked or '') or 'no reason given'}"] * (release.yanked is not None)
        notes += ["no wheel"] * (not release.wheels)
        needs = visible(release.requires_python or "")
        rows.append((version, f"{release.uploaded:%Y-%m-%d}", needs, *lanes, ", ".join(notes)))
    say_block(lay_out(("version", "uploaded", "Python", *Lane, ""), rows))


@list_command.command("scenarios")
@click.pass_obj
def scenarios(store: Store) -> None:
    """List the scenarios, grouped by family."""
    catalogue = store.target.catalogue
    for family, members in groupby(catalogue.values(), key=lambda scenario: scenario.family):
        rows = [(scenario.id, scenario.text, "yes" if scenario.retry else "no", scenario.title) for scenario in members]
        say(style(f"{family}: {len(rows)}", bold=True))
        say_block(lay_out(("id", "text before", "retry", "what happens"), rows, wrapped=[3]))
        say()
    say(f"{len(catalogue)} scenarios, suite {store.target.digest}.")


@list_command.command("surfaces")
@click.pass_obj
def surfaces(store: Store) -> None:
    """List the calls of the SDK that are tested."""
    suite = store.target.suite
    played = Counter(call.surface for extra in ("", *suite.extras) for call in suite.calls(extra=extra))
    rows = [(id_, f"{played[id_]:>5}", surface.title) for id_, surface in suite.surfaces.items()]
    say_block(lay_out(("id", "plays", "call"), rows, wrapped=[2]))
    cell = len(suite.calls())
    more = "".join(f", and {len(suite.calls(extra=extra))} in one with the extra {extra}" for extra in suite.extras)
    say()
    say(f"{cell} calls in a cell{more}.")


@list_command.command("rules")
def rules() -> None:
    """List the rules of `matrix check` and `matrix scan`, worst first."""
    rows = [(rule.id, f"{rule.title}. {rule.help}") for rule in RULES.values()]
    say_block(lay_out(("id", "what it means"), rows, wrapped=[1]))


@list_command.command("handlers")
@click.argument("id_", metavar="[ID]", default="")
@click.pass_obj
def handlers_command(store: Store, id_: str) -> None:
    """List the handlers: ways to catch stream errors. With an ID, print its source."""
    handlers = store.target.handlers
    if not id_:
        rows = [(handler.id, handler.title, handler.seen_in or "this project") for handler in handlers.values()]
        say_block(lay_out(("id", "what it does", "seen in"), rows, wrapped=[1, 2]))
        say()
        say(f"{len(handlers)} handlers. `matrix list handlers ID` prints the source of a handler.")
        return
    require_known([id_], handlers, "handler")
    handler = handlers[id_]
    say(f"{handler.title} {f'Seen in {handler.seen_in}.' if handler.seen_in else 'Part of this project.'}")
    say()
    say_block(handler.source)
