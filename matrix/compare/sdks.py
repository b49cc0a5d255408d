"""Compare packages by the twelve headline failures, each by its newest release and today's dependencies. Pure.

In: for each target, the result of its newest final release. Out: a table that pages, documents and commands show. What
was not measured says so, and is never taken from the nearest thing that was.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec

from matrix.catalogue.headlines import HEADLINES, Headline
from matrix.catalogue.steps import AnyStep, Recovers, Respond, Scenario
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import PlayedScenarios
from matrix.model import Frozen
from matrix.observation import ENDED, Behaviour, Call, Raised, Result
from matrix.targets.target import Target
from matrix.verdicts.verdict import VerdictKind, Yardstick, add_controls, judge_call
from matrix.verdicts.wording import describe_observation, find_error_name

NOT_MEASURED: Final = "not measured"

_OVERLOAD: Final = next(iter(HEADLINES))
"""The headline that stands for a package whose suite plays none."""


class Hierarchy(StrEnum):
    """The relation of an exception to the package that its caller called."""

    OWN = "own"
    """It has a class of the package, or one derived from a class of the package."""
    PARENT = "parent"
    """It has a class of another package, which the package documents as the base of its own classes."""
    FOREIGN = "foreign"
    """It has another class: an `except` for the package's base class does not catch it."""


class SdkCell(Frozen, frozen=True, kw_only=True):
    """How one headline failure ends on the newest release of one package.

    Attributes:
        headline: The id of the headline.
        scenario: The scenario that plays it, by id; missing if the suite of the package has none.
        words: How the call ended, in a few words.
        exception: Module and qualified name of the class of the exception; missing if there was none.
        hierarchy: The relation of that class to the package; missing if there was no exception.
        status_code: The status code of the exception; missing if it has none.
        named_by: The attribute of the exception that names the error; missing if there is none.
        named: The value of that attribute.
        reported: The type of the event that reported the error in place of an exception; missing if there was none.
        silent: Whether the failure looks like success: no exception, and no event that reports it.
        hangs: Whether the call did not end within the deadline.
        retried: Whether the package repeated the request by itself; missing if that was not measured.
        requests: The number of requests of that call.
        retry_scenario: The scenario in which that was observed, by id: it begins as `scenario` does.
        verdicts: Rule to verdict; missing if the failure was not measured.
    """

    headline: str
    scenario: str = ""
    words: str
    exception: str = ""
    hierarchy: Hierarchy | None = None
    status_code: int | None = None
    named_by: str = ""
    named: str = ""
    reported: str = ""
    silent: bool
    hangs: bool
    retried: bool | None = None
    requests: int | None = None
    retry_scenario: str = ""
    verdicts: dict[Yardstick, VerdictKind] = msgspec.field(default_factory=dict)

    @property
    def is_measured(self) -> bool:
        """Whether the failure was measured."""
        return bool(self.verdicts)

    @property
    def ending(self) -> str:
        """How the call ended: the name of the class of its exception, or the reason why it has none."""
        return self.exception.rpartition(".")[2] or (f"event {self.reported}" if self.reported else self.words)

    @property
    def silence(self) -> str:
        """Whether the failure looks like success, in a word; empty if it was not measured."""
        if not self.is_measured:
            return ""
        return "yes" if self.silent else "it hangs" if self.hangs else "an event" if self.reported else "no"

    @property
    def origin(self) -> str:
        """Whose class the exception has, in a few words; empty if there is no exception."""
        package, dot, _ = self.exception.partition(".")
        other = f"of {package}" if dot and package != "builtins" else "built in"
        match self.hierarchy:
            case Hierarchy.OWN:
                return "its own"
            case Hierarchy.PARENT:
                return f"{other}, its base"
            case Hierarchy.FOREIGN:
                return other
        return ""

    @property
    def repetition(self) -> str:
        """Whether the package repeated the request by itself, in a few words."""
        if self.retried is None:
            return NOT_MEASURED
        return f"yes, {self.requests} requests" if self.retried else "no"


class SdkRow(Frozen, frozen=True, kw_only=True):
    """One package.

    Attributes:
        id: The id of its target.
        package: Its name on its registry.
        registry: The registry.
        version: Its newest final release with a result; missing if there is none.
        runtime: What it was measured on: a version of Python, or a major version of Node.
        sdk: The SDK that it calls, with the version that was installed with it; missing if it calls none.
        suite: The digest of its suite.
        measured: The day of the measurement.
        surface: The call that was made, by id.
        call: The call as users write it.
        retry_surface: The call by which its own retries were observed, by id; missing if there is none.
        retry_call: That call as users write it.
        cells: Every headline, in the order of the table.
        summary: The headline that stands for the package in summaries, by id: an overload after some text, or another
            error inside a stream if its API can't report that.
    """

    id: str
    package: str
    registry: str
    version: str = ""
    runtime: str
    sdk: str = ""
    suite: str = ""
    measured: dt.date | None = None
    surface: str = ""
    call: str = ""
    retry_surface: str = ""
    retry_call: str = ""
    cells: tuple[SdkCell, ...]
    summary: str

    @property
    def summarised(self) -> SdkCell:
        """The cell that stands for the package in summaries."""
        return self.by_headline[self.summary]

    @property
    def by_headline(self) -> dict[str, SdkCell]:
        """Its cells, by the id of the headline."""
        return {cell.headline: cell for cell in self.cells}

    @property
    def counted(self) -> int:
        """The number of headlines that were measured."""
        return sum(cell.is_measured for cell in self.cells)

    @property
    def silent(self) -> int:
        """The number of headlines that look like success."""
        return sum(cell.silent for cell in self.cells)


class SdkTable(Frozen, frozen=True, kw_only=True):
    """Every package, by the headline failures.

    Attributes:
        measured: The day of the newest measurement in it.
        headlines: The failures.
        sdks: The packages.
    """

    measured: dt.date | None
    headlines: tuple[Headline, ...]
    sdks: tuple[SdkRow, ...]


def compare_sdks(rows: Iterable[SdkRow]) -> SdkTable:
    """Make the table of these packages."""
    listed = tuple(rows)
    days = [row.measured for row in listed if row.measured]
    return SdkTable(measured=max(days, default=None), headlines=tuple(HEADLINES.values()), sdks=listed)


def describe_sdk(target: Target, version: str = "", result: Result | None = None) -> SdkRow:
    """Describe a package by the result of its newest release; without one, nothing of it was measured."""
    behaviour = result.behaviour if result else {}
    suite = target.suite
    surface = suite.main_surface([behaviour])
    retrying = find_retrying(suite, surface)
    brought = target.dependencies(result.lock.pins).get(target.sdk) if result and result.lock else None
    return SdkRow(
        id=target.id,
        package=target.package,
        registry=str(target.registry),
        version=version,
        runtime=target.runtime,
        sdk=f"{target.sdk} {brought}" if brought else "",
        suite=result.suite if result else "",
        measured=result.provenance.measured if result else None,
        surface=surface,
        call=suite.surfaces[surface].title,
        retry_surface=retrying,
        retry_call=suite.surfaces[retrying].title if retrying else "",
        cells=tuple(_cell(target, behaviour, id_, surface, retrying) for id_ in HEADLINES),
        summary=next((id_ for id_, scenario in suite.headlines.items() if scenario == suite.headline), _OVERLOAD),
    )


def find_described(target: Target) -> frozenset[str]:
    """Find the scenarios by which a package is described, by id: `describe_sdk` looks at no other observation."""
    headlines = target.suite.headlines.values()
    retries = (id_ for headline in headlines for id_ in _find_retries(target.suite, headline))
    return frozenset({"clean", *add_controls(target, [*headlines]), *retries})


def find_retrying(suite: Suite, surface: str) -> str:
    """Find the call by which retries are observed: the first like `surface` that plays how a client recovers.

    Calls that play every scenario are made on a client that may not retry.
    """
    own = suite.surfaces[surface]
    recovering = {id_ for id_, scenario in suite.catalogue.items() if isinstance(scenario.ideal, Recovers)}
    played = {call.surface for call in suite.calls(extra=own.extra) if call.scenario in recovering}
    return next(
        (
            id_
            for id_, other in suite.surfaces.items()
            if id_ in played
            and other.plays is not PlayedScenarios.ALL
            and (other.dialect, other.client) == (own.dialect, own.client)
        ),
        "",
    )


def _cell(target: Target, behaviour: Behaviour, headline: str, surface: str, retrying: str) -> SdkCell:
    scenario = target.suite.headlines.get(headline, "")
    call = Call(surface, scenario)
    observation = behaviour.get(call)
    if observation is None:
        return SdkCell(headline=headline, scenario=scenario, words=NOT_MEASURED, silent=False, hangs=False)
    verdicts = {yardstick: judge_call(target, behaviour, call, yardstick).kind for yardstick in Yardstick}
    raised = observation.exception
    status = raised.status if raised else None
    named_by, named = find_error_name(raised) if raised else ("", "")
    retry_scenario, requests = _find_requests(target.suite, behaviour, scenario, retrying)
    return SdkCell(
        headline=headline,
        scenario=scenario,
        words=describe_observation(observation),
        exception=raised.name if raised else "",
        hierarchy=_find_hierarchy(target, raised) if raised else None,
        status_code=status if isinstance(status, int) else None,
        named_by=named_by,
        named=named,
        reported=observation.reporting,
        silent=VerdictKind.SILENT in verdicts.values(),
        hangs=VerdictKind.HANGS in verdicts.values(),
        retried=None if requests is None else requests > 1,
        requests=requests,
        retry_scenario=retry_scenario,
        verdicts=verdicts,
    )


def _find_hierarchy(target: Target, raised: Raised) -> Hierarchy:
    """Find the relation of an exception to the package."""
    if not target.is_a(raised, target.classes.base):
        return Hierarchy.FOREIGN
    own = any(kind.startswith(f"{target.module}.") for kind in (raised.name, *raised.bases))
    return Hierarchy.OWN if own else Hierarchy.PARENT


def _find_requests(suite: Suite, behaviour: Behaviour, scenario: str, retrying: str) -> tuple[str, int | None]:
    """Find the scenario that shows whether a failure is retried, and the number of requests that it took.

    The scenario itself comes first; then those in which the server fails the same way once. None: not measured.
    """
    for id_ in (scenario, *_find_retries(suite, scenario)):
        observation = behaviour.get(Call(retrying, id_))
        if observation is not None and observation.outcome in ENDED:
            return id_, observation.requests
    return "", None


def _find_retries(suite: Suite, scenario: str) -> Iterator[str]:
    """Find the scenarios in which the server fails in the same way once, by id."""
    beginning = _first_attempt(suite.catalogue[scenario])
    for id_, other in suite.catalogue.items():
        is_retry = other.then and (other.in_stream or isinstance(other.ideal, Recovers))
        if is_retry and _first_attempt(other) == beginning:
            yield id_


def _first_attempt(scenario: Scenario) -> tuple[AnyStep, ...]:
    """Return the steps for the first request, without headers: those say when to try again, not what fails."""
    return tuple(Respond(step.status, step.body) if isinstance(step, Respond) else step for step in scenario.steps)
