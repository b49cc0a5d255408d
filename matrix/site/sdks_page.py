"""The pages that compare all targets, their document in the API, and a badge for each package. Pure.

They lie in the site of the default target. A cell leads to its evidence if the pages of its target are built, too, or
else names the command that prints it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from matrix.catalogue.headlines import Headline
from matrix.compare.sdks import SdkCell, SdkRow, SdkTable
from matrix.model import Frozen
from matrix.site.badges import PATH as BADGES
from matrix.site.badges import Badge
from matrix.site.document import ROOT
from matrix.site.marks import BADGE_COLOURS, MARKS, Mark, mark
from matrix.targets import TARGETS
from matrix.verdicts.verdict import VerdictKind, Yardstick

PATH: Final = "sdks/"
"""Where the page lies in the site of the default target."""

FAILURES: Final = f"{PATH}failures.html"
"""Where the page with the details of every failure lies. The links on it are those of a page in the same folder, for
the other page loads its parts from there."""

DOCUMENT: Final = f"{ROOT}sdks.json"

OVERLOADED: Final = "overloaded-mid"
"""The headline that plays an overload inside a stream."""

_CUT: Final = "cut"
"""The headline that plays a stream that is cut short."""


class Sdks(Frozen, frozen=True, kw_only=True):
    """The newest release of every package, by the headline failures.

    Attributes:
        schema: The form of this document.
        generated_at: The day of the newest result, UTC.
        headlines: The failures.
        sdks: The packages.
    """

    schema: str
    generated_at: dt.date | None
    headlines: tuple[Headline, ...]
    sdks: tuple[SdkRow, ...]


class SdkOutcome(Frozen, frozen=True, kw_only=True):
    """How one headline failure ends on one package, ready for the page.

    Attributes:
        row: The package.
        cell: The outcome.
        mark: Both verdicts in one mark.
        word: The outcome in one word.
        path: The path of the evidence, from the root of the site; empty if those pages are not built.
        command: The command that prints the evidence; empty if nothing was measured.
    """

    row: SdkRow
    cell: SdkCell
    mark: Mark
    word: str
    path: str
    command: str


class SdkHeadline(Frozen, frozen=True, kw_only=True):
    """One headline failure on every package.

    Attributes:
        headline: The failure.
        tally: Mark to the number of packages with it, the worst first.
        outcomes: The outcomes, in the order of the packages.
    """

    headline: Headline
    tally: dict[Mark, int]
    outcomes: tuple[SdkOutcome, ...]


class ComparablePackage(Frozen, frozen=True, kw_only=True):
    """A package whose pages are built, so that each of its releases can be compared with those of another package.

    Attributes:
        id: The id of its target.
        package: Its name.
        path: The path of its pages from the root of the site.
        scenarios: Headline to the scenario that plays it on its API.
    """

    id: str
    package: str
    path: str
    scenarios: dict[str, str]


class SdksPage(Frozen, frozen=True, kw_only=True):
    """The page.

    Attributes:
        table: What was measured.
        rows: Each package, and its outcomes in the order of the headlines.
        headlines: The same by headline.
        sites: Id of each target whose pages are built to their path from the root of the site.
        comparable: The packages whose pages are built.
        documented: The number of packages that raise the documented error for an overload inside a stream.
        overloaded: The number of packages on which that was measured.
        unreported: The other packages, by name.
        silent: The number of packages on which a stream that is cut short looks like success.
        cut: The number of packages on which that was measured.
    """

    table: SdkTable
    rows: tuple[tuple[SdkRow, tuple[SdkOutcome, ...]], ...]
    headlines: tuple[SdkHeadline, ...]
    sites: dict[str, str]
    comparable: tuple[ComparablePackage, ...]
    documented: int
    overloaded: int
    unreported: tuple[str, ...]
    silent: int
    cut: int


def sdks_page(table: SdkTable, built: Collection[str]) -> SdksPage:
    """Lay out the page.

    Args:
        table: The packages.
        built: The ids of the targets whose pages are built.
    """
    sites = _sites(table, built)
    rows = tuple((row, tuple(_outcome(row, cell, sites) for cell in row.cells)) for row in table.sdks)
    overloaded, cut = (
        [row.by_headline[id_] for row in table.sdks if row.by_headline[id_].is_measured] for id_ in (OVERLOADED, _CUT)
    )
    return SdksPage(
        table=table,
        rows=rows,
        headlines=tuple(
            _by_headline(headline, [outcomes[number] for _, outcomes in rows])
            for number, headline in enumerate(table.headlines)
        ),
        sites=sites,
        comparable=tuple(
            ComparablePackage(
                id=row.id, package=row.package, path=sites[row.id], scenarios=dict(TARGETS[row.id].suite.headlines)
            )
            for row in table.sdks
            if row.id in sites
        ),
        documented=sum(cell.verdicts[Yardstick.DOCUMENTED] is VerdictKind.RIGHT for cell in overloaded),
        overloaded=len(overloaded),
        unreported=tuple(row.package for row in table.sdks if not row.by_headline[OVERLOADED].is_measured),
        silent=sum(cell.silent for cell in cut),
        cut=len(cut),
    )


def find_outcome(table: SdkTable, target: str, headline: str, built: Collection[str]) -> SdkOutcome:
    """Find how a headline failure ends on the package of a target, each by its id; `sdks_page` describes `built`."""
    row = next(row for row in table.sdks if row.id == target)
    return _outcome(row, row.by_headline[headline], _sites(table, built))


def document(table: SdkTable) -> Sdks:
    """Make the document of the API."""
    return Sdks(schema="midstream/api/sdks/1", generated_at=table.measured, headlines=table.headlines, sdks=table.sdks)


def badges(table: SdkTable) -> Iterator[tuple[str, Badge]]:
    """Yield the badge of each package that was measured, with its path in the site."""
    for row in table.sdks:
        if row.version:
            yield f"{BADGES}sdks/{row.id}.json", _badge(row)


def _badge(row: SdkRow) -> Badge:
    """Say in a badge how a package reports an error inside a stream, and how many headline failures it hides."""
    cell = row.summarised
    return Badge(
        f"broken streams, {row.package} {row.version}",
        f"{cell.words}; {row.silent} of {row.counted} failures silent",
        BADGE_COLOURS[_mark(cell)],
    )


def _sites(table: SdkTable, built: Collection[str]) -> dict[str, str]:
    """Map the ids of the targets whose pages are built to the path of these pages from the root of the site."""
    return {row.id: TARGETS[row.id].site_path for row in table.sdks if row.id in built}


def _by_headline(headline: Headline, outcomes: list[SdkOutcome]) -> SdkHeadline:
    counts = Counter(outcome.mark for outcome in outcomes)
    tally = {mark_: counts[mark_] for mark_ in MARKS if counts[mark_]}
    return SdkHeadline(headline=headline, tally=tally, outcomes=tuple(outcomes))


def _outcome(row: SdkRow, cell: SdkCell, sites: dict[str, str]) -> SdkOutcome:
    measured, is_built = cell.is_measured, row.id in sites
    evidence = f"{sites.get(row.id, '')}releases/{row.version}/#{cell.scenario}"
    return SdkOutcome(
        row=row,
        cell=cell,
        mark=_mark(cell),
        word=_word(cell),
        path=evidence if measured and is_built else "",
        command=f"{TARGETS[row.id].command} explain {row.version} {cell.scenario}" if measured else "",
    )


def _mark(cell: SdkCell) -> Mark:
    return mark(cell.verdicts) if cell.is_measured else Mark.UNKNOWN


def _word(cell: SdkCell) -> str:
    """Return the word of an outcome: the status or the class of the exception, or what happened instead."""
    if cell.status_code is not None:
        return str(cell.status_code)
    if cell.exception or cell.reported:
        return cell.ending
    return "silent" if cell.silent else "hangs" if cell.hangs else cell.words
