"""`matrix history`: list the epochs of releases that behave alike, and the changes between them."""

from collections.abc import Iterator, Mapping
from itertools import chain

import click

from matrix.cli import arguments, completion
from matrix.cli.documents import document
from matrix.cli.terminal import give_document, say_lines, style
from matrix.compare.diff import UNDECIDED, Comparison, describe_calls, describe_outcomes, describe_unknown
from matrix.compare.facets import WORSE, Severity
from matrix.compare.history import Epoch, History, Transition, build_history, find_changing_releases
from matrix.errors import UsageError
from matrix.model import Lane, runtime_title
from matrix.observation import Outcome
from matrix.store import queries
from matrix.store.store import Store
from matrix.system.text import counted, shorten_versions
from matrix.targets.target import Target


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
    shell_complete=completion.handlers,
    help="Show only changes that affect this handler; repeatable.",
)
@arguments.client("List the epochs of this client instead of those of the first-party client")
@arguments.form
@click.pass_obj
def history_command(
    store: Store, lane: str, python: str, handlers: tuple[str, ...], client: str | None, form: str
) -> None:
    """List the epochs of releases that behave alike, newest first.

    Shows what changed between epochs. An epoch has tested releases only: a change lies between two tested releases,
    and untested releases between them are named.
    """
    target = store.target
    shown_client = target.client(client or "")
    releases = [each for each in queries.releases(store).values() if not target.lacks_client(shown_client, each.parsed)]
    clients = [each.id for each in target.clients]
    read = clients if form == "text" else [shown_client.id]
    by_client = queries.results_of_clients(store, target.digest, python, read)
    results = by_client.pop(shown_client.id)
    history = build_history(target, releases, results, Lane(lane), python, handlers, shown_client.id)
    if not history.epochs:
        named = f" of {shown_client.class_name}" if shown_client.id else ""
        raise UsageError(
            f"Nothing has been measured{named} {lane} on {runtime_title(python)}.",
            f"Measure it: `matrix run --lane {lane} --python {python}`.",
        )
    if form == "json":
        give_document(document(history))
    else:
        changing = find_changing_releases(releases, by_client, history)
        say_lines(chain(_lines(target, history, handlers), _others(target, changing)))


def _others(target: Target, changing: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Say in one line where other clients begin to behave differently, and how to ask for them."""
    if changing:
        names = {target.client(client).name: versions for client, versions in changing.items()}
        listed = "; ".join(f"{name}: {', '.join(versions)}" for name, versions in names.items())
        yield ""
        command = f"{target.command} history --client {next(iter(names))}"
        yield f"Other clients change at other releases ({listed}): `{command}`."


def _lines(target: Target, history: History, handlers: tuple[str, ...]) -> Iterator[str]:
    tested = sum(len(epoch.versions) for epoch in history.epochs)
    lane = "of today" if history.lane is Lane.TODAY else "as released"
    epochs = f"{counted(len(history.epochs), 'epoch')} of {counted(tested, 'release')}"
    shown_client = target.client(history.client)
    named = f", calls of {shown_client.class_name}" if shown_client.id else ""
    yield f"{epochs}{named}, dependencies {lane}, {runtime_title(history.python)}"
    if history.untested and target.is_sampled:
        yield f"Not tested: {counted(len(history.untested), 'release')} outside the sample"
    elif history.untested:
        yield f"Not tested: {', '.join(history.untested)}"
    transitions = {transition.after: transition for transition in history.transitions}
    for epoch in reversed(history.epochs):
        yield ""
        yield _epoch(epoch)
        if (transition := transitions.get(epoch.versions[0])) is not None:
            yield from _transition(transition, handlers)


def _epoch(epoch: Epoch) -> str:
    months = dict.fromkeys((f"{epoch.since:%b %Y}", f"{epoch.until:%b %Y}"))
    outcome = "" if epoch.outcome is Outcome.COMPLETED else f", {epoch.outcome}"
    count = counted(len(epoch.versions), "release")
    return style(str(epoch), bold=True) + f"  {count}, {' to '.join(months)}{outcome}"


def _transition(transition: Transition, handlers: tuple[str, ...]) -> Iterator[str]:
    between = f"between {transition.before} (tested) and {transition.after} (tested)"
    if transition.untested:
        between += f"; {shorten_versions(transition.untested)} in between, untested"
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
        yield f"    {counted(details, 'detail')} more; `matrix diff` shows all"
    if comparison.handled and not comparison.changes and not handlers:
        yield "    only the outcomes of some handlers change; `matrix diff` shows them"
    if comparison.unknown:
        yield f"    {describe_unknown(comparison.unknown)}"
    if handlers and not comparison.handled and not any(change.severity in UNDECIDED for change in comparison.changes):
        yield f"    nothing changes for {', '.join(handlers)}"
    for effect in comparison.handled if handlers else ():
        word = style(effect.direction, fg="red" if effect.is_worse else "green")
        calls = describe_calls(effect.moved)
        yield f"    {word} for {effect.handler}: {describe_outcomes([effect])} ({calls})"
