"""`matrix diff`: what changes for a caller who moves from one release to another."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from textwrap import shorten

import click

from matrix.advice.ranges import CARRIERS
from matrix.cli import arguments
from matrix.cli.documents import document
from matrix.cli.terminal import give_document, say_lines, style
from matrix.compare.diff import ChangedCall, HandlerChange, describe_calls, example
from matrix.compare.facets import WORSE
from matrix.compare.release_diff import ComparedCell, Difference, compare_releases
from matrix.model import Lane
from matrix.observation import Outcome
from matrix.store import queries
from matrix.store.store import Store
from matrix.system.text import counted, visible
from matrix.targets.target import Target

_LONGEST = 100
"""Characters of a value that are shown."""


_DEPENDENCIES = 8
"""Packages that are named; more are counted."""


@click.command("diff")
@click.argument("before", metavar="A[:LANE]")
@click.argument("after", metavar="B[:LANE]")
@click.option(
    "--handler", "handlers", multiple=True, metavar="ID", callback=arguments.handler_ids,
    help="Show only changes that affect this handler; repeatable. `matrix list handlers` lists them.",
)  # fmt: skip
@arguments.python("The Python version of both measurements.")
@click.option("--all", "whole", is_flag=True, help="Show every call of every change, instead of one example.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if a change can break code that worked.")
@click.pass_obj
def diff_command(
    store: Store,
    before: str,
    after: str,
    handlers: tuple[str, ...],
    python: str,
    whole: bool,
    form: str,
    exit_code: bool,
) -> None:
    """Compare how two releases behave, worst change first.

    Shows what changes for a caller who moves from release A to release B. LANE says how dependencies were resolved:
    `today` (the default) or `as-released`. `matrix diff 0.28.1:as-released 0.28.1:today` shows what newer dependencies
    change in one release.
    """
    releases = queries.releases(store)
    cells = arguments.cell(releases, before, python), arguments.cell(releases, after, python)
    results = queries.results(store, store.target.digest, python, {cell.version for cell in cells})
    found = compare_releases(store.target, releases, results, *cells, handlers)
    if form == "json":
        give_document(document(found))
    else:
        say_lines(_lines(store.target, found, whole))
    if exit_code and found.is_worse:
        raise click.exceptions.Exit(1)


def _lines(target: Target, found: Difference, whole: bool) -> Iterator[str]:
    one, other = found.before, found.after
    yield style(f"{_name(one, found)} -> {_name(other, found)}", bold=True)
    apart = f"{counted(found.between, 'release')} between them" if found.between else "next to each other"
    if one.version != other.version:
        yield f"Uploaded {one.uploaded:%Y-%m-%d} and {other.uploaded:%Y-%m-%d}, {apart}. Python {found.python}."
    if Outcome.CANNOT_INSTALL not in (one.outcome, other.outcome):
        yield from _dependencies(found, whole)
    if not found.is_played:
        yield ""
        yield from _not_played(found)
        return
    comparison = found.comparison
    calls = f"{counted(comparison.compared, 'call was', 'calls were')} compared" + (
        f"; {counted(comparison.unknown, 'was', 'were')} not seen on both sides, or not the same each time"
        if comparison.unknown
        else ""
    )
    if found.handlers:
        same = not comparison.handled and not comparison.changes
        decide = "It decides" if len(found.handlers) == 1 else "They decide"
        verdict = f"{decide} the same on all of them." if same else ""
        yield f"Only what changes for {', '.join(found.handlers)}. {calls}. {verdict}".rstrip()
    else:
        worse = len(comparison.worse)
        if not comparison.changes and not comparison.handled:
            verdict = "Nothing changes for a caller."
        elif not comparison.changes:
            verdict = "What a call gives is the same; what some ways of catching make of it is not."
        elif not worse:
            verdict = "Nothing here can break code that worked."
        else:
            verdict = f"{worse} of {counted(len(comparison.changes), 'change')} can break code that worked."
        yield f"{calls}. {verdict}"
    yield from _beside(found)
    yield from _handled(target, found, whole)
    yield from _changes(target, found, whole)
    if comparison.changes:
        moved = example(target, [moved for change in comparison.changes for moved in change.moved])
        yield ""
        yield "Evidence: the bytes that were sent, and all that was seen"
        for side in (one, other):
            yield f"  matrix explain {side.version}:{side.lane} {moved.scenario} {moved.surface}"


def _name(side: ComparedCell, found: Difference) -> str:
    return side.version if found.before.lane is found.after.lane else f"{side.version} {side.lane}"


def _dependencies(found: Difference, whole: bool) -> Iterator[str]:
    lane = f"Dependencies as of {'today' if found.before.lane == 'today' else 'their upload'}"
    which = lane if found.before.lane is found.after.lane else "Dependencies"
    if not found.dependencies:
        yield f"{which}: the same."
        return
    ordered = sorted(found.dependencies.items(), key=lambda item: item[0] not in CARRIERS)
    moved = [
        f"{name} {before} -> {after}"
        if before and after
        else f"{name} {after} is new"
        if after
        else f"{name} {before} is gone"
        for name, (before, after) in (ordered if whole else ordered[:_DEPENDENCIES])
    ]
    more = len(ordered) - len(moved)
    yield f"{which}: {', '.join(moved)}{f', and {more} more (--all)' if more else ''}."


def _not_played(found: Difference) -> Iterator[str]:
    for side in (found.before, found.after):
        if side.outcome is not Outcome.COMPLETED:
            yield f"{side.version} {side.lane}: {side.outcome}: {side.reason}"
    hint = ""
    if any(side.lane is Lane.TODAY and side.outcome is not Outcome.COMPLETED for side in (found.before, found.after)):
        named = (f"{side.version}:{Lane.AS_RELEASED}" for side in (found.before, found.after))
        hint = f" With the dependencies of their own day: matrix diff {' '.join(named)}"
    yield f"So there is nothing to compare.{hint}"


def _beside(found: Difference) -> Iterator[str]:
    """Where the newer release has another API: what its main call gives, beside what the older one's gave."""
    if not found.beside:
        return
    yield ""
    yield style(f"On {found.surfaces[0]} before, on {found.surfaces[1]} after", bold=True)
    width = max(len(one.scenario) for one in found.beside)
    for one in found.beside:
        yield f"  {one.scenario:<{width}}  {one.before} -> {one.after}"


def _handled(target: Target, found: Difference, whole: bool) -> Iterator[str]:
    """What decisions come to now, and came to before; handlers of which that is the same are told together."""
    if not found.comparison.handled:
        return
    yield ""
    yield style("For the way people catch errors", bold=True)
    now: defaultdict[tuple[bool, str, str], list[HandlerChange]] = defaultdict(list)
    for one in found.comparison.handled:
        now[not one.is_worse, one.handler, one.after].append(one)
    told: defaultdict[tuple[bool, str], list[tuple[str, list[ChangedCall]]]] = defaultdict(list)
    for (better, handler, after), parts in now.items():
        moved = [moved for one in parts for moved in one.moved]
        before = ", ".join(f"{one.before} on {len(one.moved)}" for one in parts)
        told[better, f"{after} on {_calls(moved)}; before: {before}"].append((handler, moved))
    for (better, text), handled in sorted(told.items(), key=lambda item: (item[0][0], -len(item[1][0][1]))):
        word = style("better", fg="green") if better else style("worse", fg="red")
        yield f"  {word}: {text}"
        yield f"    {', '.join(handler for handler, _ in handled)}"
        if whole or found.handlers:
            yield from _examples(target, handled[0][1], whole, found)
    if not found.handlers:
        yield "  `matrix list handlers` says what each of them is, and shows its code."


def _changes(target: Target, found: Difference, whole: bool) -> Iterator[str]:
    changes = found.comparison.changes
    if not changes:
        return
    yield ""
    yield style("What is seen, worst first", bold=True)
    for change in changes:
        colour = "red" if change.severity in WORSE else None
        yield f"  {style(str(change.severity), fg=colour, bold=True)}: {change.what}, on {_calls(change.moved)}"
        yield from _examples(target, change.moved, whole, found)


def _calls(moved: Sequence[ChangedCall]) -> str:
    return f"{counted(len(moved), 'call')} ({describe_calls(moved)})"


def _examples(target: Target, moved: Sequence[ChangedCall], whole: bool, found: Difference) -> Iterator[str]:
    width = max(len(_name(side, found)) for side in (found.before, found.after))
    for one in moved if whole else [example(target, moved)]:
        yield style(f"    {one.call}", dim=True)
        for side, value in ((found.before, one.before), (found.after, one.after)):
            yield f"      {_name(side, found):<{width}}  {shorten(visible(value), _LONGEST, placeholder=' ...')}"
