"""The page for readers who arrive with the error message: the signature, its releases, and code that works. Pure.

In: what was measured of a target, and the judged data of other targets of the same API. Out: plain values. All of them
come from the overloaded error inside a stream, on the main call of each release. A release is shown with today's
dependencies, or with those of its day if it can't be used with today's.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Final

from msgspec.structs import replace

from matrix.advice.facts import unusable_reason
from matrix.compare.sdks import SdkTable
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.observation import Call, Raised, RemedyResult
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.sdks_page import OVERLOADED, SdkOutcome, find_outcome
from matrix.store.knowledge import Knowledge
from matrix.targets.handler import Handler
from matrix.targets.target import Target
from matrix.verdicts.decisions import OUTCOME_LETTERS, HandlerOutcome
from matrix.verdicts.verdict import STREAM_STATUS, find_control
from matrix.verdicts.wording import describe_wire

PATH: Final = "fix/"
"""Where the page lies in the site of its target."""

TEMPLATE: Final = "fix.html"
"""Its template, in a target's folder of pages."""

REMEDY: Final = "remedy"
"""The handler that runs the remedy, by id."""


class FixRun(Frozen, frozen=True, kw_only=True):
    """A run of adjacent measured releases on which the error looks the same, to a reader and to each handler.

    Attributes:
        versions: The releases, oldest first.
        words: What the main call raises, in a few words; why none can be made if `outcomes` is empty.
        is_named: Whether each error inside a stream is named as the maintainers intend.
        outcomes: The outcome of each handler of the package; empty if no call can be made.
    """

    versions: tuple[str, ...]
    words: str
    is_named: bool
    outcomes: tuple[HandlerOutcome, ...]


class FixPackage(Frozen, frozen=True, kw_only=True):
    """One package: what its releases raise, and what handlers make of it.

    Attributes:
        target: The package.
        newest: Its newest final release with a result.
        handlers: The handlers that are compared.
        runs: Its releases, newest first.
        named_since: The first release from which on each one names the error; empty if the newest does not.
        advised: The handler, other than the remedy, that retries on the most releases, which is right; of equals, the
            last one of the comparison.
    """

    target: Target
    newest: str
    handlers: tuple[Handler, ...]
    runs: tuple[FixRun, ...]
    named_since: str
    advised: Handler

    @property
    def usable(self) -> int:
        """The number of releases on which a call can be made."""
        return sum(len(run.versions) for run in self.runs if run.outcomes)

    def retries(self, handler: str) -> int:
        """Count the releases on which a handler retries, which is right."""
        return _count_right(self.runs, [each.id for each in self.handlers].index(handler))


class FixPage(Frozen, frozen=True, kw_only=True):
    """The page.

    Attributes:
        own: The package of the site.
        others: The other packages, each with the outcome of the error on its newest release.
        version: The newest final release that gives the error the status of the response that opened the stream.
        call: The call on which the exceptions were observed, as users write it.
        inside: The exception of that release for the error inside a stream.
        plain: Its exception for the same error as a plain HTTP response.
        remedy: The remedy's answer for the error inside a stream.
        wire: What the server does, step by step.
    """

    own: FixPackage
    others: tuple[tuple[FixPackage, SdkOutcome], ...]
    version: str
    call: str
    inside: Raised
    plain: Raised
    remedy: RemedyResult
    wire: Sequence[tuple[str, str]]


def fix_page(
    known: EpochViews, others: Iterable[Knowledge], sdks: SdkTable | None, built: Collection[str]
) -> FixPage | None:
    """Lay out the page; None if no release shows the error.

    Args:
        known: The views of the target.
        others: The judged data of the other packages.
        sdks: The comparison of all targets; without it, no other package is shown.
        built: The ids of the targets whose pages are built.
    """
    target, own = known.source.target, compare_releases(known.source.knowledge)
    signed = _find_signature(known, own) if own else None
    if own is None or signed is None:
        return None
    version, view, call = signed
    inside, plain = view.behaviour[call], find_control(target, view.behaviour, call)
    if not (inside.exception and inside.remedy and plain and plain.exception):
        return None
    surface = target.surfaces[view.surface]
    packages = [package for other in others if (package := compare_releases(other))]
    return FixPage(
        own=own,
        others=tuple((each, find_outcome(sdks, each.target.id, OVERLOADED, built)) for each in packages)
        if sdks
        else (),
        version=version,
        call=surface.title,
        inside=inside.exception,
        plain=plain.exception,
        remedy=inside.remedy,
        wire=describe_wire(target.catalogue[target.suite.headline], surface.dialect),
    )


def _find_signature(known: EpochViews, own: FixPackage) -> tuple[str, EpochView, Call] | None:
    """Find the newest final release that gives the error the status of the response, with its view and the call."""
    for version in (version for run in own.runs for version in reversed(run.versions)):
        view = known.by_release.get((version, Lane.TODAY))
        if view is None or known.source.releases[version].is_prerelease:
            continue
        call = Call(view.surface, known.source.target.suite.headline)
        observation = view.behaviour.get(call)
        if observation and observation.exception and observation.exception.status == STREAM_STATUS:
            return version, view, call
    return None


def compare_releases(knowledge: Knowledge) -> FixPackage | None:
    """Compare the measured releases of a package; None if it names no handlers to compare, or has no result."""
    target, newest = knowledge.target, knowledge.newest
    handlers = tuple(target.handlers[id_] for id_ in target.compared_handlers)
    if not handlers or not newest:
        return None
    shown = [(release.version, _describe(knowledge, release.version)) for release in knowledge.releases]
    groups = [(run, list(members)) for run, members in groupby((each for each in shown if each[1]), key=itemgetter(1))]
    runs = tuple(
        replace(run, versions=tuple(version for version, _ in members)) for run, members in reversed(groups) if run
    )
    named = list(takewhile(lambda run: run.is_named, runs))
    numbers = [number for number, handler in enumerate(handlers) if handler.id != REMEDY]
    return FixPackage(
        target=target,
        newest=newest,
        handlers=handlers,
        runs=runs,
        named_since=named[-1].versions[0] if named else "",
        advised=handlers[max(numbers, key=lambda number: (_count_right(runs, number), number))],
    )


def _describe(knowledge: Knowledge, version: str) -> FixRun | None:
    """Describe the error on one release, as a run without releases; None if that was not measured."""
    of_lanes = (knowledge.measurements.get((version, lane)) for lane in TODAY_FIRST)
    measured = [measurement for measurement in of_lanes if measurement]
    if not measured:
        return None
    judgement = next((each.judgement for each in measured if not unusable_reason(each)), None)
    if judgement is None:
        return FixRun(versions=(), words=unusable_reason(measured[0]), is_named=False, outcomes=())
    target = knowledge.target
    if target.suite.headline not in judgement.scenarios:
        return None
    number = judgement.scenarios.index(target.suite.headline)
    letters = [judgement.handlers.get(id_) for id_ in target.compared_handlers]
    return FixRun(
        versions=(),
        words=judgement.error,
        is_named=judgement.typed,
        outcomes=tuple(OUTCOME_LETTERS[each[number]] if each else HandlerOutcome.UNKNOWN for each in letters),
    )


def _count_right(runs: Iterable[FixRun], number: int) -> int:
    """Count the releases of runs on which the handler with a number is right."""
    return sum(len(run.versions) for run in runs if run.outcomes and run.outcomes[number] is HandlerOutcome.RIGHT)
