"""`matrix diff`: compare how two releases behave."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from textwrap import shorten

import click
import msgspec

from matrix.advice.ranges import CARRIERS
from matrix.cli import arguments, completion
from matrix.cli.documents import document
from matrix.cli.terminal import give_document, say_lines, style
from matrix.compare.diff import ChangedCall, HandlerChange, describe_calls, describe_outcomes, describe_unknown, example
from matrix.compare.facets import WORSE
from matrix.compare.release_diff import ComparedCell, Difference, compare_releases, find_changed_clients
from matrix.model import Lane, runtime_title, upload_day
from matrix.observation import Outcome
from matrix.store import queries
from matrix.store.store import Store
from matrix.system.text import counted, visible
from matrix.targets.target import Target

_LONGEST = 100
"""The largest number of characters that are shown of a value."""

_DEPENDENCIES = 8
"""The largest number of dependencies that are named; more are counted."""


@click.command("diff")
@click.argument("before", metavar="A[:LANE]", shell_complete=completion.cells)
@click.argument("after", metavar="B[:LANE]", shell_complete=completion.cells)
@click.option(
    "--handler", "handlers", multiple=True, metavar="ID", callback=arguments.handler_ids,
    shell_complete=completion.handlers,
    help="Show only changes that affect this handler; repeatable. `matrix list handlers` lists them.",
)  # fmt: skip
@arguments.client("Compare the calls of this client instead of those of the first-party client")
@arguments.python("The Python version of both measurements.")
@click.option("--all", "whole", is_flag=True, help="Show every call of every change, instead of one example.")
@arguments.form
@click.option("--exit-code", is_flag=True, help="Exit with 1 if a change can break code that worked.")
@click.pass_obj
def diff_command(
    store: Store,
    before: str,
    after: str,
    handlers: tuple[str, ...],
    client: str | None,
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
    cells = (
        arguments.cell(store.target, releases, before, python),
        arguments.cell(store.target, releases, after, python),
    )
    clients = [each.id for each in store.target.clients]
    by_client = queries.results_of_clients(
        store, store.target.digest, python, clients, {cell.version for cell in cells}
    )  # fmt: skip
    results = by_client.pop(client or "")
    others = find_changed_clients(store.target, by_client, *cells)
    difference = compare_releases(store.target, releases, results, *cells, handlers, client or "", others)
    if form == "json":
        give_document(document(difference))
    else:
        own = {msgspec.structs.replace(cell, lane=Lane.AS_RELEASED) for cell in cells}
        say_lines(_lines(store.target, difference, whole, has_own=own <= results.keys()))
    if exit_code and difference.is_worse:
        raise click.exceptions.Exit(1)


def _lines(target: Target, difference: Difference, whole: bool, *, has_own: bool) -> Iterator[str]:
    """Show a difference; `has_own` is whether both releases were measured with the dependencies of their days too."""
    old, new = difference.before, difference.after
    downgrade = " (downgrade)" if difference.is_downgrade else ""
    yield style(f"{_name(old, difference)} -> {_name(new, difference)}{downgrade}", bold=True)
    apart = f"{counted(difference.between, 'release')} between them" if difference.between else "next to each other"
    if old.version != new.version:
        runtime = runtime_title(difference.python)
        yield f"Uploaded {upload_day(old)} and {upload_day(new)}, {apart}. {runtime}."
    if difference.is_downgrade:
        yield f"{new.version} is the older release: this list says what a move back to it changes."
    if Outcome.CANNOT_INSTALL not in (old.outcome, new.outcome):
        yield from _dependencies(difference, whole)
    if difference.client:
        shown_client = target.client(difference.client)
        yield f"Calls of {shown_client.class_name} ({shown_client.title})."
    if not difference.is_played:
        yield ""
        yield from _not_played(target, difference, has_own=has_own)
        return
    yield _summarise(difference)
    yield from _counterparts(difference)
    yield from _handler_changes(target, difference, whole)
    yield from _changes(target, difference, whole)
    if changes := difference.comparison.changes:
        evident = example(target, [call for change in changes for call in change.moved])
        yield ""
        yield "Show the evidence: the bytes that the server sent, and the whole observation"
        for cell in (old, new):
            yield f"  {target.command} explain {cell.version}:{cell.lane} {evident.scenario} {evident.surface}"
    yield from _others(target, difference)


def _others(target: Target, difference: Difference) -> Iterator[str]:
    """Say in one line which other clients behave differently, and how to ask for them."""
    if difference.others:
        verb = "changes" if len(difference.others) == 1 else "change"
        cells = " ".join(f"{cell.version}:{cell.lane}" for cell in (difference.before, difference.after))
        command = f"{target.command} diff {cells} --client {difference.others[0]}"
        yield ""
        yield f"{', '.join(difference.others)} {verb} too: `{command}`."


def _summarise(difference: Difference) -> str:
    """Summarise in two sentences how many calls were compared and whether a change can break working code."""
    comparison = difference.comparison
    calls = f"{counted(comparison.compared - comparison.impossible, 'call was', 'calls were')} compared"
    if comparison.impossible:
        calls += f"; {counted(comparison.impossible, 'call is', 'calls are')} possible in neither"
    if comparison.unknown:
        calls += f"; {describe_unknown(comparison.unknown)}"
    unchanged = not comparison.handled and not comparison.changes
    if difference.handlers:
        outcomes = "Its outcome is" if len(difference.handlers) == 1 else "Their outcomes are"
        verdict = f" {outcomes} the same on all of them." if unchanged else ""
        return f"Only changes for {', '.join(difference.handlers)}. {calls}.{verdict}"
    if unchanged:
        verdict = "Nothing changes for a caller."
    elif not comparison.changes:
        verdict = "Every call gives the same result; only the outcomes of some handlers change."
    elif not comparison.worse:
        verdict = "No change can break code that worked."
    else:
        changes = counted(len(comparison.changes), "change")
        verdict = f"Between the two alone, {len(comparison.worse)} of {changes} can break code that worked."
    return f"{calls}. {verdict}"


def _name(cell: ComparedCell, difference: Difference) -> str:
    return cell.version if difference.before.lane is difference.after.lane else f"{cell.version} {cell.lane}"


def _dependencies(difference: Difference, whole: bool) -> Iterator[str]:
    lane = f"Dependencies as of {'today' if difference.before.lane == 'today' else 'their upload'}"
    title = lane if difference.before.lane is difference.after.lane else "Dependencies"
    if not difference.dependencies:
        yield f"{title}: the same."
        return
    ordered = sorted(difference.dependencies.items(), key=lambda item: item[0] not in CARRIERS)
    moved = [
        f"{name} {before} -> {after}"
        if before and after
        else f"{name} {after} is new"
        if after
        else f"{name} {before} is gone"
        for name, (before, after) in (ordered if whole else ordered[:_DEPENDENCIES])
    ]
    more = len(ordered) - len(moved)
    yield f"{title}: {', '.join(moved)}{f', and {more} more (--all)' if more else ''}."


def _not_played(target: Target, difference: Difference, *, has_own: bool) -> Iterator[str]:
    """Say why nothing can be compared, and which command compares the releases with their own dependencies."""
    cells = (difference.before, difference.after)
    for cell in cells:
        if cell.outcome is not Outcome.COMPLETED:
            yield f"{cell.version} {cell.lane}: {cell.outcome}: {cell.reason}"
    yield "Nothing can be compared."
    if has_own and any(cell.lane is Lane.TODAY and cell.outcome is not Outcome.COMPLETED for cell in cells):
        named = " ".join(f"{cell.version}:{Lane.AS_RELEASED}" for cell in cells)
        yield f"Compare them with the dependencies of their upload days: {target.command} diff {named}"


def _counterparts(difference: Difference) -> Iterator[str]:
    """Show the results of both main calls if the newer release lacks the main call of the older one."""
    if not difference.counterparts:
        return
    yield ""
    yield style(f"Results on {difference.surfaces[0]} before, on {difference.surfaces[1]} after", bold=True)
    width = max(len(result.scenario) for result in difference.counterparts)
    for result in difference.counterparts:
        yield f"  {result.scenario:<{width}}  {result.before} -> {result.after}"


def _handler_changes(target: Target, difference: Difference, whole: bool) -> Iterator[str]:
    """Show how handler outcomes change; handlers with the same change share one sentence."""
    if not difference.comparison.handled:
        return
    yield ""
    yield style("Effects on handlers", bold=True)
    by_outcome: defaultdict[tuple[bool, str, str], list[HandlerChange]] = defaultdict(list)
    for change in difference.comparison.handled:
        by_outcome[not change.is_worse, change.handler, change.after].append(change)
    by_sentence: defaultdict[tuple[bool, str], list[tuple[str, list[ChangedCall]]]] = defaultdict(list)
    for (better, handler, _), changes in by_outcome.items():
        calls = [call for change in changes for call in change.moved]
        sentence = f"{describe_outcomes(changes)} ({describe_calls(calls)})"
        by_sentence[better, sentence].append((handler, calls))
    for (better, sentence), handlers in sorted(by_sentence.items(), key=lambda item: (item[0][0], -len(item[1][0][1]))):
        word = style("better", fg="green") if better else style("worse", fg="red")
        yield f"  {word}: {sentence}"
        yield f"    {', '.join(handler for handler, _ in handlers)}"
        if whole or difference.handlers:
            yield from _examples(target, handlers[0][1], whole, difference)
    if not difference.handlers:
        yield "  `matrix list handlers ID` prints the code of a handler."


def _changes(target: Target, difference: Difference, whole: bool) -> Iterator[str]:
    changes = difference.comparison.changes
    if not changes:
        return
    yield ""
    yield style("What a caller sees, worst first", bold=True)
    for change in changes:
        colour = "red" if change.severity in WORSE else None
        calls = f"{counted(len(change.moved), 'call')} ({describe_calls(change.moved)})"
        yield f"  {style(str(change.severity), fg=colour, bold=True)}: {change.what}, on {calls}"
        yield from _examples(target, change.moved, whole, difference)


def _examples(target: Target, calls: Sequence[ChangedCall], whole: bool, difference: Difference) -> Iterator[str]:
    cells = (difference.before, difference.after)
    width = max(len(_name(cell, difference)) for cell in cells)
    for changed in calls if whole else [example(target, calls)]:
        yield style(f"    {changed.call}", dim=True)
        for cell, value in zip(cells, (changed.before, changed.after), strict=True):
            yield f"      {_name(cell, difference):<{width}}  {shorten(visible(value), _LONGEST, placeholder=' ...')}"
