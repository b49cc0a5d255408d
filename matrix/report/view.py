"""What the page says, as plain values: every sentence, number and cell of it is computed here. Pure.

The template lays these out and decides nothing. Nothing is rounded into a percentage, and what was not measured is
counted as that.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec

from matrix.backend.wire import Drain, End, Send, Wait, compile_scenario
from matrix.model import Behaviour, Call, Cell, Frozen, Lane, Observation, Outcome, Release, Result
from matrix.scenarios import CATALOGUE
from matrix.scenarios.sse import Dialect
from matrix.scenarios.steps import Family, RaisesStatus, Scenario
from matrix.suite import SURFACES
from matrix.verdict import STREAM_STATUS, Kind, Verdict, Yardstick, control_for, judge_call
from matrix.wording import words

HEADLINES: Final = (
    "mid-overloaded_error",
    "mid-rate_limit_error",
    "mid-api_error",
    "first-overloaded_error",
    "eof-mid",
    "reset",
    "http-overloaded_error",
)
"""The scenarios that have a column; the others are measured too, and summed up in words."""

_SURFACE_ORDER: Final = ("messages.create", "completions.create", "completion_stream")
"""A row shows the first of these that the release has."""

_DIALECT_OF: Final = {
    "messages.create": Dialect.MESSAGES,
    "completions.create": Dialect.COMPLETIONS,
    "completion_stream": Dialect.LEGACY,
}


class Facet(Frozen, frozen=True):
    """One line of a cell: what it is about, what was seen, and what that is worth; None where nothing is expected."""

    name: str
    value: str
    kind: Kind | None


class Seen(Frozen, frozen=True, kw_only=True):
    """One scenario in one lane of one release.

    Attributes:
        lanes: The lanes in which exactly this was seen.
        kind: The verdict by the documented yardstick, or what there is instead of one.
        facets: Its lines.
        verdicts: By each yardstick, with the checks that say why.
        observation: The address of the observation on the page; empty if there is none.
        delivered: What reached the caller before.
        requests: How many requests the backend got.
        elsewhere: What other surfaces of the release gave, where that differs: words to surfaces.
        command: What reproduces it, in all of those lanes.
    """

    lanes: tuple[Lane, ...]
    kind: Kind
    facets: tuple[Facet, ...]
    verdicts: dict[Yardstick, Verdict]
    observation: str
    delivered: str
    requests: int
    elsewhere: dict[str, tuple[str, ...]]
    command: str


class Built(Frozen, frozen=True, kw_only=True):
    """How one lane of one release was built, or why it was not."""

    lane: Lane
    outcome: str
    reason: str
    lock: tuple[str, ...]
    provenance: str


class Row(Frozen, frozen=True, kw_only=True):
    """One release."""

    release: Release
    surface: str
    built: tuple[Built, ...]
    cells: dict[str, tuple[Seen, ...]]


class Group(Frozen, frozen=True):
    """Releases that the page can jump to, newest first."""

    series: str
    rows: tuple[Row, ...]


class Wire(Frozen, frozen=True, kw_only=True):
    """The bytes of one scenario in one dialect, and how they are handed over."""

    dialect: str
    actions: tuple[tuple[str, str], ...]


class Column(Frozen, frozen=True, kw_only=True):
    """One headline scenario."""

    scenario: Scenario
    ideal: str
    wires: tuple[Wire, ...]


class Reason(Frozen, frozen=True):
    """Why releases are not tested, or can't be used: a sentence and who it is true of."""

    text: str
    versions: tuple[str, ...]


class Coverage(Frozen, frozen=True, kw_only=True):
    """What of a lane was tested, and what was not and why."""

    lane: Lane
    tested: int
    usable: int
    observations: int
    not_tested: tuple[Reason, ...]
    not_usable: tuple[Reason, ...]


class Answer(Frozen, frozen=True, kw_only=True):
    """The answer, in numbers.

    Attributes:
        listed: Releases on the index.
        seen: Releases of which at least one error inside a stream was observed.
        documented: Of those, the ones that raised the documented code at least once.
        code_200: Of those, the ones in which every exception that has a status code says 200.
        no_code: Of those, the ones whose exceptions have no status code at all, newest first.
        typed_since: The first release from which on `error.type` names the error everywhere; None if there is none.
        typed: How many releases that are.
        newest: The newest release that is no pre-release.
        recommended: What to pin: the newest usable one that names the error.
        silent: Releases in which a stream that is cut short ends without an exception on every surface they have.
        eof_seen: Releases of which a cut stream was observed.
        flaky: How many observations were not the same each time.
        in_stream: How many observations of an error inside a stream there are.
        control: Whether the patched SDK came out right; None if it was not measured.
        control_cell: The cell that was patched.
        control_checked: How many observations of errors inside a stream that control made.
        since: The day of the oldest result, and `until` of the newest.
    """

    listed: int
    seen: int
    documented: int
    code_200: int
    no_code: tuple[str, ...]
    typed_since: str | None
    typed: int
    newest: str
    recommended: str | None
    silent: int
    eof_seen: int
    flaky: int
    in_stream: int
    control: bool | None
    control_cell: Cell | None
    control_checked: int
    since: dt.date | None
    until: dt.date | None


class Page(Frozen, frozen=True, kw_only=True):
    """All of it."""

    answer: Answer
    coverage: tuple[Coverage, ...]
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    observations: dict[str, Observation]
    suite: str
    scenarios: int
    surfaces: int
    python: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is made from.

    Attributes:
        releases: The catalogue.
        results: What is known of the cells of one Python, of this suite.
        control: The patched control.
        suite: The digest of the suite.
        python: Of the cells.
        address: Names an observation.
    """

    releases: Mapping[str, Release]
    results: Mapping[Cell, Result]
    control: tuple[Cell, Result] | None
    suite: str
    python: str
    address: Callable[[Observation], str]


def build(source: Source) -> Page:
    """The page for what is known."""
    releases = sorted(source.releases.values(), key=lambda release: release.parsed, reverse=True)
    rows = [_row(release, source) for release in releases]
    used = {
        seen.observation
        for row in rows
        for cell in row.cells.values()
        for seen in cell
        if seen.observation
    }  # fmt: skip
    observations = {
        address: observation
        for result in source.results.values()
        for call, observation in result.behaviour.items()
        if call.scenario in HEADLINES and (address := source.address(observation)) in used
    }
    return Page(
        answer=_answer(releases, source),
        coverage=tuple(_coverage(lane, releases, source) for lane in Lane),
        columns=tuple(_column(CATALOGUE[id_]) for id_ in HEADLINES),
        groups=tuple(
            Group(series, tuple(members)) for series, members in groupby(rows, key=lambda row: _series(row.release))
        ),
        observations=dict(sorted(observations.items())),
        suite=source.suite,
        scenarios=len(CATALOGUE),
        surfaces=len(SURFACES),
        python=source.python,
    )


# The answer.


def _answer(releases: Sequence[Release], source: Source) -> Answer:
    by_release: defaultdict[str, list[tuple[Scenario, Observation]]] = defaultdict(list)
    cut: defaultdict[str, list[Observation]] = defaultdict(list)
    flaky = 0
    for cell, result in source.results.items():
        for call, observation in result.behaviour.items():
            scenario = CATALOGUE[call.scenario]
            flaky += observation.outcome is Outcome.FLAKY
            if _names_documented_error(scenario) and observation.outcome is Outcome.RAISED:
                by_release[cell.version].append((scenario, observation))
            if scenario.family is Family.TRUNCATION and observation.outcome in (Outcome.RAISED, Outcome.COMPLETED):
                cut[cell.version].append(observation)
    typed = _typed_since(releases, by_release)
    final = [release for release in releases if not release.is_prerelease and release.yanked is None]
    control_kinds = _control_kinds(source.control)
    days = [result.provenance.measured for result in source.results.values()]
    return Answer(
        listed=len(releases),
        seen=len(by_release),
        documented=sum(any(map(_has_documented_code, seen)) for seen in by_release.values()),
        code_200=sum(_codes(seen) == {STREAM_STATUS} for seen in by_release.values()),
        no_code=tuple(r.version for r in releases if _codes(by_release.get(r.version, ())) == {None}),
        typed_since=typed[-1] if typed else None,
        typed=len(typed),
        newest=final[0].version if final else "",
        recommended=next((release.version for release in final if release.version in typed), None),
        silent=sum(all(o.outcome is Outcome.COMPLETED for o in seen) for seen in cut.values()),
        eof_seen=len(cut),
        flaky=flaky,
        in_stream=sum(map(len, by_release.values())),
        control=all(kind is Kind.RIGHT for kind in control_kinds) if control_kinds else None,
        control_cell=source.control[0] if source.control else None,
        control_checked=len(control_kinds),
        since=min(days, default=None),
        until=max(days, default=None),
    )


def _names_documented_error(scenario: Scenario) -> bool:
    return (
        scenario.family is Family.ERROR_EVENT
        and isinstance(scenario.ideal, RaisesStatus)
        and scenario.ideal.status is not None
    )


def _has_documented_code(seen: tuple[Scenario, Observation]) -> bool:
    scenario, observation = seen
    return (
        isinstance(scenario.ideal, RaisesStatus)
        and observation.exception is not None
        and observation.exception.attributes.get("status_code") == scenario.ideal.status
    )


def _has_type(seen: tuple[Scenario, Observation]) -> bool:
    scenario, observation = seen
    return (
        isinstance(scenario.ideal, RaisesStatus)
        and observation.exception is not None
        and observation.exception.attributes.get("type") == scenario.ideal.error_type
    )


def _codes(seen: Iterable[tuple[Scenario, Observation]]) -> set[Any]:
    return {o.exception.attributes.get("status_code") for _, o in seen if o.exception is not None}


def _typed_since(
    releases: Sequence[Release], by_release: Mapping[str, list[tuple[Scenario, Observation]]]
) -> list[str]:
    """The releases, newest first, that name every error, up to the first that does not."""
    typed = []
    for release in releases:
        seen = by_release.get(release.version)
        if not seen:
            continue
        if not all(map(_has_type, seen)):
            break
        typed.append(release.version)
    return typed


def _control_kinds(control: tuple[Cell, Result] | None) -> list[Kind]:
    if control is None:
        return []
    behaviour = control[1].behaviour
    kinds = [
        judge_call(behaviour, call, Yardstick.DOCUMENTED).kind
        for call in behaviour
        if CATALOGUE[call.scenario].family is Family.ERROR_EVENT
    ]
    return [kind for kind in kinds if kind is not Kind.UNAVAILABLE]


# Coverage.


def _coverage(lane: Lane, releases: Sequence[Release], source: Source) -> Coverage:
    not_tested: defaultdict[str, list[str]] = defaultdict(list)
    not_usable: defaultdict[str, list[str]] = defaultdict(list)
    tested = usable = observations = 0
    for release in releases:
        result = source.results.get(Cell(release.version, lane, source.python))
        if result is None:
            not_tested["pre-release" if release.is_prerelease else "not measured yet"].append(release.version)
        elif result.outcome is Outcome.CANNOT_INSTALL:
            not_tested["no set of wheels can be installed together"].append(release.version)
        else:
            tested += 1
            observations += len(result.behaviour)
            why = _unusable(result)
            usable += not why
            if why:
                not_usable[why].append(release.version)
    return Coverage(
        lane=lane,
        tested=tested,
        usable=usable,
        observations=observations,
        not_tested=_reasons(not_tested),
        not_usable=_reasons(not_usable),
    )


def _unusable(result: Result) -> str:
    """Why no client of a release can be used at all, though it installs; empty if one can."""
    if result.outcome is Outcome.CANNOT_IMPORT:
        return f"the import fails with {result.reason.partition(':')[0].rpartition('.')[2]}"
    outcomes = Counter(observation.outcome for observation in result.behaviour.values())
    if outcomes[Outcome.RAISED] + outcomes[Outcome.COMPLETED] > 0:
        return ""
    for observation in result.behaviour.values():
        if observation.outcome is Outcome.CANNOT_CONSTRUCT and observation.exception is not None:
            error = observation.exception
            return f"no client can be made: {error.short_name}, {error.text.partition('() ')[2] or error.text}"
    return "no call works"


def _reasons(found: Mapping[str, list[str]]) -> tuple[Reason, ...]:
    return tuple(
        Reason(text, tuple(versions)) for text, versions in sorted(found.items(), key=lambda item: -len(item[1]))
    )


# The rows.


def _row(release: Release, source: Source) -> Row:
    results = {lane: source.results.get(Cell(release.version, lane, source.python)) for lane in Lane}
    surface = _headline_surface(results.values())
    return Row(
        release=release,
        surface=surface,
        built=tuple(_built(lane, result, release) for lane, result in results.items()),
        cells={id_: _cell(release, id_, surface, results, source) for id_ in HEADLINES},
    )


def _series(release: Release) -> str:
    """Where the page can jump to: a major, or tens of 0.x."""
    version = release.parsed
    if version.major:
        return f"{version.major}.x"
    tens = version.minor // 20 * 20
    return f"0.{tens}-0.{tens + 19}"


def _headline_surface(results: Iterable[Result | None]) -> str:
    for result in results:
        for surface in _SURFACE_ORDER:
            seen = result.behaviour.get(Call(surface, "clean")) if result else None
            if seen is not None and seen.outcome not in (Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT):
                return surface
    return _SURFACE_ORDER[0]


def _built(lane: Lane, result: Result | None, release: Release) -> Built:
    if result is None:
        why = "Pre-releases are not measured by default." if release.is_prerelease else "Not measured yet."
        return Built(lane=lane, outcome="not measured", reason=why, lock=(), provenance="")
    first = result.provenance
    return Built(
        lane=lane,
        outcome="measured" if result.outcome is Outcome.COMPLETED else str(result.outcome).replace("-", " "),
        reason=result.reason,
        lock=result.lock.pins if result.lock else (),
        provenance=f"{first.measured} on {first.interpreter}, {first.system}, uv {first.uv}",
    )


def _cell(
    release: Release, scenario: str, surface: str, results: Mapping[Lane, Result | None], source: Source
) -> tuple[Seen, ...]:
    """What was seen in each lane; lanes in which the same was seen are one."""
    seen: list[Seen] = []
    for lane, result in results.items():
        one = _seen(release, lane, Call(surface, scenario), result, source)
        for number, other in enumerate(seen):
            if _same(one, other):
                lanes = other.lanes + one.lanes
                command = _command(release, Call(surface, scenario), lanes)
                seen[number] = msgspec.structs.replace(other, lanes=lanes, command=command)
                break
        else:
            seen.append(one)
    return tuple(seen)


def _same(one: Seen, other: Seen) -> bool:
    return msgspec.structs.replace(one, lanes=other.lanes, command=other.command) == other


def _command(release: Release, call: Call, lanes: Sequence[Lane]) -> str:
    """The line that plays one call of one release again; both lanes are the command's default."""
    lane = "" if len(lanes) == len(Lane) else "".join(f" --lane {lane}" for lane in lanes)
    return f"matrix run --versions {release.version}{lane} --scenario {call.scenario} --surface {call.surface}"


def _seen(release: Release, lane: Lane, call: Call, result: Result | None, source: Source) -> Seen:
    command = _command(release, call, (lane,))
    observation = result.behaviour.get(call) if result else None
    if result is None or observation is None:
        outcome = "not measured" if result is None else str(result.outcome).replace("-", " ")
        kind = Kind.UNKNOWN if result is None else Kind.UNAVAILABLE
        return Seen(
            lanes=(lane,), kind=kind, facets=(Facet("", outcome, kind),), verdicts={}, observation="", delivered="",
            requests=0, elsewhere={}, command=command,
        )  # fmt: skip
    verdicts = {yardstick: judge_call(result.behaviour, call, yardstick) for yardstick in Yardstick}
    delivered = observation.delivered
    return Seen(
        lanes=(lane,),
        kind=verdicts[Yardstick.DOCUMENTED].kind,
        facets=_facets(observation, verdicts),
        verdicts=verdicts,
        observation=source.address(observation),
        delivered=f"{delivered.text!r} in {len(delivered.events)} events" if delivered else "nothing",
        requests=observation.requests,
        elsewhere=_elsewhere(result.behaviour, call),
        command=command,
    )


def _facets(observation: Observation, verdicts: dict[Yardstick, Verdict]) -> tuple[Facet, ...]:
    """The lines of a cell: code, class and type of what was raised, each judged; or what happened instead."""
    documented = verdicts[Yardstick.DOCUMENTED]
    raised = observation.exception
    checks = {check.facet: check for verdict in reversed(verdicts.values()) for check in verdict.checks}
    if observation.outcome is not Outcome.RAISED or raised is None:
        return (Facet("", words(observation), documented.kind),)
    if not checks:
        return (Facet("class", raised.short_name, documented.kind),)
    found = []
    for name, label in (("status_code", "code"), ("class", "class"), ("type", "type")):
        observed = raised.short_name if name == "class" else raised.attributes.get(name)
        check = checks.get(name)
        if check is not None or name == "class":
            kind = None if check is None else Kind.RIGHT if check.right else Kind.WRONG
            found.append(Facet(label, f"no {label}" if observed is None else str(observed), kind))
    return tuple(found)


def _elsewhere(behaviour: Behaviour, call: Call) -> dict[str, tuple[str, ...]]:
    """What other surfaces gave for the same scenario, where they have it and it differs in words."""
    here = words(behaviour[call])
    found: defaultdict[str, list[str]] = defaultdict(list)
    for surface in SURFACES:
        observation = behaviour.get(Call(surface, call.scenario))
        if observation is not None and observation.outcome is not Outcome.UNSUPPORTED and words(observation) != here:
            found[words(observation)].append(surface)
    return {text: tuple(surfaces) for text, surfaces in found.items()}


# The columns.


def _column(scenario: Scenario) -> Column:
    return Column(
        scenario=scenario,
        ideal=_ideal(scenario),
        wires=tuple(_wire(scenario, dialect) for dialect in _DIALECT_OF.values()),
    )


def _ideal(scenario: Scenario) -> str:
    match scenario.ideal:
        case RaisesStatus(error_type, status) if control_for(scenario):
            return (
                f"Documented: code {status}, and the class that a plain HTTP {status} raises. "
                f"Maintainers': code {STREAM_STATUS}, and type {error_type}."
            )
        case RaisesStatus(error_type, status):
            return f"Code {status}, type {error_type}."
    if scenario.family is Family.TRUNCATION:
        return "Any exception: a silent end looks like success."
    return "An APIConnectionError, which callers retry."


def _wire(scenario: Scenario, dialect: Dialect) -> Wire:
    actions: list[tuple[str, str]] = []
    for action in compile_scenario(scenario, dialect):
        match action:
            case Send(data):
                actions.append(("send", data.decode("utf-8", "backslashreplace").replace("\r", "\\r")))
            case Wait(seconds):
                actions.append(("wait", f"{seconds:g} s"))
            case Drain():
                actions.append(("wait", "until the peer has it all"))
            case End(how):
                actions.append(("end", how))
    return Wire(dialect=dialect, actions=tuple(actions))
