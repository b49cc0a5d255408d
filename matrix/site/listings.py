"""Pages that list what a folder of the site has: releases, scenarios, matrices, documents of the API. Pure.

Somebody who shortens an address finds there what is below it.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from matrix.model import Frozen, Lane
from matrix.site.document import ROOT
from matrix.site.epoch_views import EpochViews
from matrix.site.evidence.documents import ROOT as ROOT_OF_EVIDENCE
from matrix.site.grid import Menu, loudest_first, path
from matrix.site.home_page import HomePage

DOCUMENTS: Final = (
    ("releases", "a summary of every release"),
    ("verdicts", "every verdict on main calls, by epoch"),
    ("changes", "every change between releases"),
    ("scenarios", "every scenario, with the dialects in which it exists"),
    ("clients", "every client, with its calls and scenarios"),
    ("handlers", "every handler, with its source"),
)
"""The documents of the API that are not about one release, by name, and what each has."""


class ListedPage(Frozen, frozen=True, kw_only=True):
    """A page or a document in a list.

    Attributes:
        path: Its path in the site.
        name: Its name.
        about: What it is about; empty if the name says it.
        is_code: Whether the name is an identifier.
    """

    path: str
    name: str
    about: str = ""
    is_code: bool = True


class Listing(Frozen, frozen=True, kw_only=True):
    """A page that lists what a folder has.

    Attributes:
        path: The path of the folder in the site.
        title: The heading.
        lead: What is listed, in a sentence.
        groups: The heading of each group, and what it has.
    """

    path: str
    title: str
    lead: str
    groups: tuple[tuple[str, tuple[ListedPage, ...]], ...]


def listings(known: EpochViews, page: HomePage, menu: Menu, lanes: dict[Lane, str]) -> Iterator[Listing]:
    """List every folder of the site that has pages or documents and no page of its own.

    Args:
        known: The views of the first-party client.
        page: The first page.
        menu: Each client, and its calls.
        lanes: Lane in a sentence.
    """
    yield _releases(known, page)
    yield _scenarios(known)
    yield _evidence(known)
    yield _matrices(known, menu, lanes)
    yield _api(page)


def _releases(known: EpochViews, page: HomePage) -> Listing:
    return Listing(
        path="releases/",
        title=f"All releases of {known.source.target.title}",
        lead=f"{len(page.releases)} releases, newest first. The page of each has its outcome in every scenario.",
        groups=tuple(
            (
                series,
                tuple(
                    ListedPage(
                        path=f"releases/{release.version}/",
                        name=release.version,
                        about=f"uploaded {release.uploaded.date()}",
                    )
                    for release in releases
                ),
            )
            for series, releases in page.series
        ),
    )


def _scenarios(known: EpochViews) -> Listing:
    catalogue = known.source.target.catalogue
    return Listing(
        path="scenarios/",
        title="All scenarios",
        lead=f"{len(catalogue)} ways in which a stream fails, or does not. The page of each has its bytes, the "
        "expected outcome with its source, and the outcome on every release.",
        groups=_by_family(known, "scenarios/", "/"),
    )


def _evidence(known: EpochViews) -> Listing:
    return Listing(
        path=ROOT_OF_EVIDENCE,
        title="All evidence",
        lead="What every call of every release gave its caller, by scenario. The evidence of one release is one step "
        "from its page.",
        groups=_by_family(known, ROOT_OF_EVIDENCE, ".html"),
    )


def _by_family(known: EpochViews, folder: str, end: str) -> tuple[tuple[str, tuple[ListedPage, ...]], ...]:
    """List the page of each scenario in a folder, by family."""
    catalogue = known.source.target.catalogue
    ordered = [catalogue[id_] for id_ in loudest_first(known.source.target, catalogue)]
    return tuple(
        (
            str(family),
            tuple(
                ListedPage(path=f"{folder}{scenario.id}{end}", name=scenario.id, about=scenario.title)
                for scenario in members
            ),
        )
        for family, members in groupby(ordered, key=lambda scenario: scenario.family)
    )


def _matrices(known: EpochViews, menu: Menu, lanes: dict[Lane, str]) -> Listing:
    return Listing(
        path="matrix/",
        title="All matrices",
        lead="A matrix has the outcome of one call in every scenario, on every release of "
        f"{known.source.target.title}.",
        groups=tuple(
            (
                f"{client.class_name}, {lanes[lane]}",
                tuple(
                    ListedPage(path=path(lane, surface), name=title, is_code=bool(surface))
                    for surface, title in calls.items()
                ),
            )
            for lane in lanes
            for client, calls in menu
        ),
    )


def _api(page: HomePage) -> Listing:
    documents = [ListedPage(path=f"{ROOT}{name}.json", name=f"{name}.json", about=about) for name, about in DOCUMENTS]
    releases = [
        ListedPage(path=f"{ROOT}releases/{release.version}.json", name=f"releases/{release.version}.json")
        for release in page.releases
    ]
    return Listing(
        path=ROOT,
        title="API, version 1",
        lead="The site as JSON, at addresses that do not change. Each document names its day, suite and schema.",
        groups=(("Documents", tuple(documents)), ("One release each", tuple(releases))),
    )
