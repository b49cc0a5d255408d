"""`matrix explain`: show the evidence for one release."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import click
import msgspec

from matrix.catalogue.dialect import FRAMED
from matrix.cli import arguments, completion
from matrix.cli.documents import document
from matrix.cli.terminal import give_document, say_lines, style
from matrix.compare.explanation import Evidence, Explanation, explain, require_result
from matrix.compare.history import build_history
from matrix.errors import UsageError, require_known
from matrix.model import Lane, runtime_title, upload_day
from matrix.observation import UNDEFINED, Observation, Outcome, Raised
from matrix.store import queries
from matrix.store.soaks import describe_result, find_result
from matrix.store.store import Store
from matrix.system.text import counted, cut
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.verdict import NOTHING, VerdictKind
from matrix.verdicts.wording import HANDLER_OUTCOMES, SYMBOLS, describe_end, describe_observation

_COLOURS = {VerdictKind.RIGHT: "green", VerdictKind.WRONG: "red", VerdictKind.SILENT: "red", VerdictKind.HANGS: "red"}
_BODY_LINES = 12
"""The largest number of lines that are shown of one write of the server; a huge body has thousands."""
_WIDE = 160
"""The largest number of characters that are shown of a line."""


@click.command("explain")
@click.argument("release", metavar="VERSION[:LANE]", shell_complete=completion.cells)
@click.argument("scenario", required=False, default="", metavar="[SCENARIO", shell_complete=completion.scenarios)
@click.argument("surface", required=False, default="", metavar="[SURFACE]]", shell_complete=completion.surfaces)
@arguments.client("Show the calls of this client. Default: that of SURFACE, or the first-party client")
@arguments.python("The Python version of the measurement.")
@arguments.form
@click.pass_obj
def explain_command(
    store: Store, release: str, scenario: str, surface: str, client: str | None, python: str, form: str
) -> None:
    """Show the evidence for one release.

    Without SCENARIO, summarises a few important scenarios; with it, shows that scenario on every call of the client.
    With SURFACE too, shows one call in full: the bytes that the server sent, the exception, the handlers that catch
    it, the lock, and the command that plays it again. LANE is `today` (the default) or `as-released`:
    `matrix explain 0.28.1:as-released eof-mid`.
    """
    releases = queries.releases(store)
    cell = arguments.cell(store.target, releases, release, python)
    if scenario:
        require_known([scenario], store.target.catalogue, "scenario")
    if surface:
        require_known([surface], store.target.surfaces, "surface")
    client_id = _choose_client(store.target, client, scenario, surface)
    results = queries.results(store, store.target.digest, python, client=client_id)
    result = require_result(store.target, results, cell, client_id)
    history = build_history(store.target, releases.values(), results, cell.lane, python, client=client_id)
    explanation = explain(store.target, releases[cell.version], result, history, scenario, surface)
    pins = result.lock.pins if result.lock else ()
    soak = find_result(store.target, queries.soaks(store, python), cell.version, pins)
    explanation = msgspec.structs.replace(explanation, soak=soak)
    if form == "json":
        give_document(document(explanation))
    else:
        own = msgspec.structs.replace(cell, lane=Lane.AS_RELEASED)
        say_lines(_lines(store.target, explanation, scenario, surface, has_own=own in results))


def _choose_client(target: Target, client: str | None, scenario: str, surface: str) -> str:
    """Choose the client whose calls are shown: the named one, that of the surface, or one that plays the scenario.

    Raises:
        UsageError: The surface is no call of the named client.
    """
    suite = target.suite
    if surface:
        own = suite.client_of(surface)
        if client not in (None, own):
            name = target.client(own).name
            raise UsageError(
                f"{surface} is a call of the client {name}.", f"Omit --client, or write `--client {name}`."
            )
        return own
    if client is not None or not scenario:
        return client or ""
    return next((each.id for each in target.clients if scenario in suite.scenarios_of(each.id)), "")


def _lines(target: Target, explanation: Explanation, scenario: str, surface: str, *, has_own: bool) -> Iterator[str]:
    """Show a release; `has_own` is whether it was measured with the dependencies of its upload day too."""
    shown_client = target.client(explanation.client)
    named = f", {shown_client.class_name} ({shown_client.title})" if shown_client.id else ""
    yield style(f"{explanation.version} {explanation.lane}, {runtime_title(explanation.python)}{named}", bold=True)
    yield from _release(target, explanation)
    all_evidence = explanation.told
    if explanation.outcome is not Outcome.COMPLETED:
        yield f"{explanation.outcome}: {explanation.reason}"
        yield from _other_lane(target, explanation, has_own=has_own)
        return
    if not scenario and all(evidence.observation.outcome is Outcome.CANNOT_CONSTRUCT for evidence in all_evidence):
        yield describe_end(all_evidence[0].observation)
        yield from _other_lane(target, explanation, has_own=has_own)
        return
    for evidence in all_evidence:
        yield ""
        yield from (_in_full(target, evidence, explanation) if surface else _in_short(evidence, scenario))
    if not surface and all_evidence:
        first = all_evidence[0]
        cell = f"{explanation.version}:{explanation.lane}"
        yield ""
        yield f"Show one call in full: {target.command} explain {cell} {first.scenario} {first.surfaces[0]}"


def _release(target: Target, explanation: Explanation) -> Iterator[str]:
    program = runtime_title(explanation.python).split()[0]
    needs = f", for {program} {explanation.requires_python}" if explanation.requires_python else ""
    yield f"Uploaded {upload_day(explanation)}{needs}."
    if version := explanation.lock.get(target.sdk):
        yield f"Brings {target.sdk} {version}."
    if explanation.yanked is not None:
        yield f"Yanked: {explanation.yanked or 'no reason given'}."
    first, last, count = explanation.epoch[0], explanation.epoch[-1], len(explanation.epoch)
    tested = "tested releases" if target.is_sampled else "releases"
    epoch = f"{first} to {last}, {count} {tested} with one behaviour" if count > 1 else "this release alone"
    neighbours = [version for version in (explanation.before, explanation.after) if version]
    differ = f" {' and '.join(neighbours)} {'behave' if len(neighbours) > 1 else 'behaves'} differently."
    yield f"Epoch: {epoch}.{differ if neighbours else ''}"
    if explanation.soak is not None:
        yield f"Dropped clients: {describe_result(explanation.soak)}, measured {explanation.soak.measured}."


def _other_lane(target: Target, explanation: Explanation, *, has_own: bool) -> Iterator[str]:
    if explanation.lane is not Lane.TODAY:
        return
    if has_own:
        cell = f"{explanation.version}:{Lane.AS_RELEASED}"
        yield f"Show it with the dependencies of its upload day: {target.command} explain {cell}"
    else:
        yield "It was not measured with the dependencies of its upload day."


def _in_short(evidence: Evidence, scenario: str) -> Iterator[str]:
    """Show the result, the verdicts, and the handlers that decide correctly or crash."""
    yield style(evidence.scenario, bold=True) + ("" if scenario else f"  {evidence.title}")
    if scenario:
        yield f"  on {', '.join(evidence.surfaces)}"
    yield f"  {describe_end(evidence.observation)}"
    yield f"  {_verdicts(evidence)}"
    yield from _handler_outcomes(evidence, name_all=bool(scenario))


def _verdicts(evidence: Evidence) -> str:
    return ", ".join(
        f"{yardstick}: " + style(f"{SYMBOLS[verdict.kind]} {verdict.kind}", fg=_COLOURS.get(verdict.kind))
        for yardstick, verdict in evidence.verdicts.items()
    )


def _handler_outcomes(evidence: Evidence, *, name_all: bool) -> Iterator[str]:
    """List each outcome with its handlers: by name if they are right or crash, else by number unless `name_all`."""
    by_outcome: defaultdict[HandlerOutcome, list[str]] = defaultdict(list)
    for handler, outcome in evidence.worths.items():
        by_outcome[outcome].append(handler)
    for outcome in HandlerOutcome:
        if handlers := by_outcome.get(outcome):
            symbol, meaning = HANDLER_OUTCOMES[outcome]
            named = name_all or outcome in (HandlerOutcome.RIGHT, HandlerOutcome.CRASHED)
            label = f"{outcome} ({meaning})" if name_all else outcome
            yield f"    {symbol} {label}: {', '.join(handlers) if named else counted(len(handlers), 'handler')}"


def _in_full(target: Target, evidence: Evidence, explanation: Explanation) -> Iterator[str]:
    surface = target.surfaces[evidence.surfaces[0]]
    yield style(f"{evidence.scenario} on {evidence.surfaces[0]}", bold=True)
    yield f"{evidence.title} ({surface.title})"
    yield ""
    yield style("On the wire", bold=True)
    for verb, text in evidence.wire:
        lines = text.removesuffix("\n").split("\n") if verb in {"send", "frame"} else [text]
        shown = lines if surface.dialect in FRAMED else lines[:_BODY_LINES]  # a dump is short already
        printable = [_cut(line) for line in shown] or [""]
        yield f"  {verb:<5} {printable[0]}".rstrip()
        yield from (f"        {line}".rstrip() for line in printable[1:])
        if len(lines) > len(shown):
            yield f"        ... {counted(len(lines) - len(shown), 'more line')}"
    yield ""
    yield style("Expected", bold=True)
    yield f"  {evidence.ideal}"
    yield ""
    yield style("Observed", bold=True)
    yield from _observation(target, evidence.observation)
    yield ""
    yield style("Verdicts", bold=True)
    for yardstick, verdict in evidence.verdicts.items():
        kind = style(f"{SYMBOLS[verdict.kind]} {verdict.kind}", fg=_COLOURS.get(verdict.kind))
        wrong = [
            f"{target.spell(check.facet)} is {check.observed}, not {check.expected}"
            for check in verdict.checks
            if not check.right
        ]
        yield f"  {yardstick}: {kind}" + (f": {'; '.join(wrong)}" if wrong else "")
    if evidence.worths:
        yield ""
        yield style("Handler outcomes", bold=True)
        yield from (line[2:] for line in _handler_outcomes(evidence, name_all=True))
        if target.remedy:
            yield f"  the remedy: {SYMBOLS[evidence.remedy]} {evidence.remedy}"
    yield ""
    others = surface.extra and not explanation.client
    yield style("Dependencies" + (f" without those of the extra {surface.extra}" if others else ""), bold=True)
    yield "  " + (", ".join(f"{name} {version}" for name, version in explanation.lock.items()) or "none")
    first = explanation.measured
    yield f"  first measured {first}"
    yield ""
    yield style("Play this call again", bold=True)
    yield f"  {evidence.command}"


def _observation(target: Target, observation: Observation) -> Iterator[str]:
    yield f"  {describe_observation(observation)}"
    if observation.exception is not None:
        yield from _exception(target, observation.exception)
    if observation.delivered is not None:
        events = ", ".join(observation.delivered.events) or "none"
        yield f"  delivered text: {observation.delivered.text!r}; delivered events: {events}"
        for name, value in sorted(observation.delivered.reported.items()):
            yield f"  reported {name}: {value!r}"
    if observation.final is not None:
        final = observation.final
        yield f"  final message: {f'raises {final.raised}' if final.raised else repr(final.text)}"
    yield f"  requests: {observation.requests}"
    if observation.connection:
        yield f"  connection: {observation.connection}"


def _exception(target: Target, raised: Raised) -> Iterator[str]:
    yield f"  class: {raised.name}" + ("" if raised.exported else f" (not an attribute of {target.module})")
    yield f"  caught by: {', '.join(raised.bases)}"
    for name, value in raised.attributes.items():
        yield f"  error.{target.spell(name)}: {_shorten(value)}"
    for name in ("message", "body"):
        if (value := getattr(raised, name)) is not msgspec.UNSET:
            yield f"  error.{target.spell(name)}: {_shorten(value)}"
    yield f"  {target.spell('str')}(error): {_cut(raised.text)}"
    for cause in raised.causes:
        relation = "raised from" if cause.how == "cause" else "raised during"
        yield f"  {relation}: {f'{cause.name}: {_cut(cause.text)}'}"
    if raised.pickles:
        yield f"  pickled: {raised.pickles}; copied: {raised.copies}"
    if raised.escaped:
        yield "  escapes: no code of the caller can catch it, and it ends the program"


def _shorten(value: Any) -> str:
    return NOTHING if value == UNDEFINED else _cut(repr(value))


def _cut(text: str) -> str:
    """Shorten a text, and append the length of the whole, also if it was shortened before."""
    whole = _SHORTENED.search(text)
    return cut(text, _WIDE, int(whole[1].replace(",", "")) if whole else len(text))


_SHORTENED: Final = re.compile(r"\.\.\. \(([\d,]+) characters")
