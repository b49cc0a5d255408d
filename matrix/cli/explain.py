"""`matrix explain`: what one release does, with the evidence."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from matrix.cli import arguments
from matrix.cli.documents import document
from matrix.cli.terminal import give_document, say_lines, style
from matrix.compare.explanation import Evidence, Explanation, explain, require_result
from matrix.compare.history import build_history
from matrix.errors import require_known
from matrix.model import Lane
from matrix.observation import Outcome, Raised
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.verdict import VerdictKind
from matrix.verdicts.wording import HANDLER_OUTCOMES, SYMBOLS, describe_end, describe_observation

_COLOURS = {VerdictKind.RIGHT: "green", VerdictKind.WRONG: "red", VerdictKind.SILENT: "red", VerdictKind.HANGS: "red"}
_BODY_LINES = 12
"""Lines of what the server sent that are shown at once; a huge body has thousands."""


@click.command("explain")
@click.argument("release", metavar="VERSION[:LANE]")
@click.argument("scenario", required=False, default="", metavar="[SCENARIO")
@click.argument("surface", required=False, default="", metavar="[SURFACE]]")
@arguments.python("The Python version of the measurement.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def explain_command(store: Store, release: str, scenario: str, surface: str, python: str, form: str) -> None:
    """Show the evidence for one release.

    Without SCENARIO, summarises a few important scenarios; with it, shows that scenario on every call. With SURFACE
    too, shows one call in full: the bytes that the server sent, the exception, the handlers that catch it, the lock,
    and the command that plays it again. LANE is `today` (the default) or `as-released`:
    `matrix explain 0.28.1:as-released eof-mid`.
    """
    releases = queries.releases(store)
    cell = arguments.cell(releases, release, python)
    if scenario:
        require_known([scenario], store.target.catalogue, "scenario")
    if surface:
        require_known([surface], store.target.surfaces, "surface")
    results = queries.results(store, store.target.digest, python)
    result = require_result(results, cell)
    past = build_history(store.target, releases.values(), results, cell.lane, python)
    found = explain(store.target, releases[cell.version], result, past, scenario, surface)
    if form == "json":
        give_document(document(found))
    else:
        say_lines(_lines(store.target, found, scenario, surface))


def _lines(target: Target, found: Explanation, scenario: str, surface: str) -> Iterator[str]:
    yield style(f"{found.version} {found.lane}, Python {found.python}", bold=True)
    yield from _release(found)
    if found.outcome is not Outcome.COMPLETED:
        yield f"{found.outcome}: {found.reason}"
        yield from _other_lane(found)
        return
    if not scenario and all(told.observation.outcome is Outcome.CANNOT_CONSTRUCT for told in found.told):
        yield describe_end(found.told[0].observation)
        yield from _other_lane(found)
        return
    for told in found.told:
        yield ""
        yield from (_in_full(target, told, found) if surface else _in_short(told, scenario))
    if not surface and found.told:
        told = found.told[0]
        yield ""
        yield f"In full: matrix explain {found.version}:{found.lane} {told.scenario} {told.surfaces[0]}"


def _release(found: Explanation) -> Iterator[str]:
    needs = f", for Python {found.requires_python}" if found.requires_python else ""
    yield f"Uploaded {found.uploaded:%Y-%m-%d}{needs}."
    if found.yanked is not None:
        yield f"Yanked: {found.yanked or 'no reason given'}."
    first, last = found.epoch[0], found.epoch[-1]
    same = f"The same behaviour: {first} to {last}, {len(found.epoch)} releases" if first != last else "Alone in it"
    if found.before:
        same += f"; it was another in {found.before}"
    if found.after:
        same += f"; it is another in {found.after}"
    yield f"{same}."


def _other_lane(found: Explanation) -> Iterator[str]:
    if found.lane is Lane.TODAY:
        yield f"With the dependencies of its own day: matrix explain {found.version}:{Lane.AS_RELEASED}"


def _in_short(told: Evidence, scenario: str) -> Iterator[str]:
    """What was seen, where, and what it is worth; the few handlers that get it right or do harm."""
    yield style(told.scenario, bold=True) + ("" if scenario else f"  {told.title}")
    if scenario:
        yield f"  on {', '.join(told.surfaces)}"
    yield f"  {describe_end(told.observation)}"
    yield f"  {_verdicts(told)}"
    yield from _worths(told, whole=bool(scenario))


def _verdicts(told: Evidence) -> str:
    return ", ".join(
        f"{yardstick}: " + style(f"{SYMBOLS[verdict.kind]} {verdict.kind}", fg=_COLOURS.get(verdict.kind))
        for yardstick, verdict in told.verdicts.items()
    )


def _worths(told: Evidence, *, whole: bool) -> Iterator[str]:
    """What decisions are worth: who is right and who crashes by name, and everybody if `whole`."""
    found: defaultdict[HandlerOutcome, list[str]] = defaultdict(list)
    for handler, worth in told.worths.items():
        found[worth].append(handler)
    for worth in HandlerOutcome:
        if handlers := found.get(worth):
            symbol, meaning = HANDLER_OUTCOMES[worth]
            named = whole or worth in (HandlerOutcome.RIGHT, HandlerOutcome.CRASHED)
            count = "1 handler" if len(handlers) == 1 else f"{len(handlers)} handlers"
            yield f"    {symbol} {worth}{f' ({meaning})' if whole else ''}: {', '.join(handlers) if named else count}"


def _in_full(target: Target, told: Evidence, found: Explanation) -> Iterator[str]:
    observation = told.observation
    yield style(f"{told.scenario} on {told.surfaces[0]}", bold=True)
    yield f"{told.title} ({target.surfaces[told.surfaces[0]].title})"
    yield ""
    yield style("On the wire", bold=True)
    for verb, what in told.wire:
        lines = what.removesuffix("\n").split("\n") if verb == "send" else [what]
        shown = [line[:_WIDE] for line in lines[:_BODY_LINES]] or [""]
        yield f"  {verb:<4}  {shown[0]}".rstrip()
        yield from (f"        {line}".rstrip() for line in shown[1:])
        if len(lines) > _BODY_LINES:
            yield f"        ... {len(lines) - _BODY_LINES} more lines"
    yield ""
    yield style("Ought to give", bold=True)
    yield f"  {told.ideal}"
    yield ""
    yield style("Gave", bold=True)
    yield f"  {describe_observation(observation)}"
    if observation.exception is not None:
        yield from _exception(target.module, observation.exception)
    if observation.delivered is not None:
        events = ", ".join(observation.delivered.events) or "no event"
        yield f"  delivered before: {observation.delivered.text!r} in {events}"
    if observation.final is not None:
        final = observation.final
        yield f"  final message: {f'raises {final.raised}' if final.raised else repr(final.text)}"
    yield f"  requests: {observation.requests}"
    if observation.connection:
        yield f"  connection: {observation.connection}"
    yield ""
    yield style("Verdict", bold=True)
    for yardstick, verdict in told.verdicts.items():
        kind = style(f"{SYMBOLS[verdict.kind]} {verdict.kind}", fg=_COLOURS.get(verdict.kind))
        wrong = [f"{c.facet} is {c.observed}, not {c.expected}" for c in verdict.checks if not c.right]
        yield f"  {yardstick}: {kind}" + (f": {'; '.join(wrong)}" if wrong else "")
    if told.worths:
        yield ""
        yield style("What people's code makes of it", bold=True)
        yield from (line[2:] for line in _worths(told, whole=True))
        yield f"  the remedy: {SYMBOLS[told.remedy]} {told.remedy}"
    yield ""
    extra = target.surfaces[told.surfaces[0]].extra
    yield style("Installed with it" + (f", beside what its extra {extra} needs" if extra else ""), bold=True)
    yield "  " + (", ".join(f"{name} {version}" for name, version in found.lock.items()) or "nothing")
    first = found.measured
    yield f"  first measured {first.measured} on {first.interpreter}, {first.system}, uv {first.uv}"
    yield ""
    yield style("Play it again", bold=True)
    yield f"  {told.command}"


_WIDE = 160
"""Characters of a line that are shown."""


def _exception(module: str, raised: Raised) -> Iterator[str]:
    yield f"  class: {raised.name}" + ("" if raised.exported else f" (not an attribute of {module})")
    yield f"  caught by: {', '.join(raised.bases)}"
    for name, value in raised.attributes.items():
        yield f"  error.{name}: {_shown(value)}"
    for name in ("message", "body"):
        if (value := getattr(raised, name)) is not msgspec.UNSET:
            yield f"  error.{name}: {_shown(value)}"
    yield f"  str(error): {raised.text[:_WIDE]}"
    for cause in raised.causes:
        how = "raised from" if cause.how == "cause" else "raised during"
        yield f"  {how}: {cause.name}: {cause.text[:_WIDE]}"
    yield f"  pickled: {raised.pickles}; copied: {raised.copies}"


def _shown(value: Any) -> str:
    return repr(value)[:_WIDE]
