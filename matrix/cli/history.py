"""`matrix history`: which releases behave alike, and what changed between them."""

from collections.abc import Iterator

import click

from matrix.cli import arguments
from matrix.cli.documents import document
from matrix.cli.terminal import give_document, say_lines, style
from matrix.compare.diff import UNDECIDED, Comparison, describe_calls
from matrix.compare.facets import WORSE, Severity
from matrix.compare.history import Epoch, History, Transition, build_history
from matrix.errors import UsageError
from matrix.model import Lane
from matrix.observation import Outcome
from matrix.store import queries
from matrix.store.store import Store
from matrix.system.text import counted


@click.command("history")
@click.option(
    "--lane",
    type=click.Choice([lane.value for lane in Lane]),
    default=Lane.TODAY.value,
    show_default=True,
    help="How dependencies were resolved: as of the release's upload, or today.",
)
@arguments.python("The Python version of the measurements.")
@click.option(
    "--handler",
    "handlers",
    multiple=True,
    metavar="ID",
    callback=arguments.handler_ids,
    help="Show only changes that affect this handler; repeatable.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def history_command(store: Store, lane: str, python: str, handlers: tuple[str, ...], form: str) -> None:
    """List the epochs of releases that behave alike, newest first.

    Shows what changed between epochs. An epoch has tested releases only: a change lies between two tested releases,
    and untested releases between them are named.
    """
    releases = queries.releases(store)
    results = queries.results(store, store.target.digest, python)
    found = build_history(store.target, releases.values(), results, Lane(lane), python, handlers)
    if not found.epochs:
        raise UsageError(
            f"Nothing has been measured {lane} on Python {python}.",
            f"Measure it: `matrix run --lane {lane} --python {python}`.",
        )
    if form == "json":
        give_document(document(found))
    else:
        say_lines(_lines(found, handlers))


def _lines(found: History, handlers: tuple[str, ...]) -> Iterator[str]:
    tested = sum(len(epoch.versions) for epoch in found.epochs)
    lane = "of today" if found.lane is Lane.TODAY else "as released"
    epochs = f"{counted(len(found.epochs), 'epoch')} of {counted(tested, 'release')}"
    yield f"{epochs}, dependencies {lane}, Python {found.python}"
    if found.untested:
        yield f"Not tested: {', '.join(found.untested)}"
    transitions = {transition.after: transition for transition in found.transitions}
    for epoch in reversed(found.epochs):
        yield ""
        yield _epoch(epoch)
        if (transition := transitions.get(epoch.versions[0])) is not None:
            yield from _transition(transition, handlers)


def _epoch(epoch: Epoch) -> str:
    months = dict.fromkeys((f"{epoch.since:%b %Y}", f"{epoch.until:%b %Y}"))
    why = "" if epoch.outcome is Outcome.COMPLETED else f", {epoch.outcome}"
    count = counted(len(epoch.versions), "release")
    return style(str(epoch), bold=True) + f"  {count}, {' to '.join(months)}{why}"


def _transition(transition: Transition, handlers: tuple[str, ...]) -> Iterator[str]:
    between = f"between {transition.before} (tested) and {transition.after} (tested)"
    if transition.untested:
        between += f"; {', '.join(transition.untested)} in between, untested"
    yield f"  {between}"
    before, after = transition.outcomes
    if before is not after:
        yield f"    {before} -> {after}"
    yield from _changes(transition.comparison, handlers)


def _changes(comparison: Comparison, handlers: tuple[str, ...]) -> Iterator[str]:
    for change in comparison.changes:
        if change.severity in UNDECIDED if handlers else change.severity is not Severity.DETAIL:
            colour = "red" if change.severity in WORSE else None
            yield f"    {style(str(change.severity), fg=colour)}: {change.what} ({describe_calls(change.moved)})"
    details = sum(change.severity is Severity.DETAIL for change in comparison.changes)
    if details and not handlers:
        yield f"    {details} more in detail (matrix diff)"
    if comparison.handled and not comparison.changes and not handlers:
        yield "    what a call gives is the same; what some ways of catching make of it is not (matrix diff)"
    if comparison.unknown:
        unseen = counted(comparison.unknown, "call was", "calls were")
        yield f"    {unseen} not seen on both sides, or not the same each time"
    if handlers and not comparison.handled and not any(one.severity in UNDECIDED for one in comparison.changes):
        yield "    nothing changes for it"
    for handled in comparison.handled if handlers else ():
        word = style("worse", fg="red") if handled.is_worse else style("better", fg="green")
        yield f"    {word}: {handled.handler} {handled.before} -> {handled.after} ({describe_calls(handled.moved)})"
