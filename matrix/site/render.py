"""Render the site from the committed data.

I/O. Deterministic: the same data gives the same bytes. A page loads nothing but files of this site; a
content security policy enforces it.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from matrix.compare import facets
from matrix.compare.sdks import SdkTable
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.site import (
    api,
    audit_page,
    badges,
    client_rows,
    facts_document,
    feed,
    fix_page,
    grid,
    listings,
    release_page,
    scenario_page,
    sdks_page,
    wayfinding,
)
from matrix.site.api_documents import OneRelease
from matrix.site.ask.document import ask_documents
from matrix.site.changes import directions_document, transitions
from matrix.site.changes.pages import IMPACTS, transition_pages
from matrix.site.charts.chart import Chart, Charts, in_lanes
from matrix.site.control_results import control_results, patched_results
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.evidence import documents as evidence
from matrix.site.handlers import outcomes_document
from matrix.site.handlers.pages import handler_pages, overview, prove
from matrix.site.home_page import HomePage, home_page
from matrix.site.pages import CARD, WITH_LANE, Pages, made
from matrix.site.release_summary import ReleaseSummary, summarise_release
from matrix.site.source import SiteSource
from matrix.store import last_run, queries
from matrix.store.documents import control_name
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.system.halves import do_both
from matrix.targets import DEFAULT
from matrix.targets.target import Target

_HERE = Path(__file__).parent


def read_source(store: Store, python: str | None = None) -> SiteSource:
    """Read the data of one runtime and the current suite from a store; None is the runtime of the target.

    Raises:
        UsageError: The catalogue is empty, so there is nothing to say.
        StoreCorrupt: The data is not what was written.
    """
    python = python or store.target.runtime
    releases = queries.releases(store)
    digest = store.target.digest
    kinds = {extra: store.control(control_name(python, extra)) for extra in ("", *store.target.suite.extras)}
    controls = {extra: control for extra, control in kinds.items() if control and control[1].suite == digest}
    knowledge = queries.knowledge(store, python)
    last = last_run.read(store.folder)
    results = queries.results_of_clients(store, digest, python, [client.id for client in store.target.clients])
    return SiteSource(
        target=store.target,
        releases=releases,
        results=results.pop(""),
        clients={client: by_cell for client, by_cell in results.items() if by_cell},
        control=controls.pop("", None),
        extra_controls=controls,
        suite=digest,
        python=python,
        checked=last.day if last else None,
        held=last.held if last else {},
        knowledge=knowledge if knowledge.suite == digest else Knowledge.nothing(store.target),
    )


def site(
    source: SiteSource,
    base: str = "",
    sdks: SdkTable | None = None,
    built: Collection[str] = (),
    others: Iterable[Knowledge] = (),
    repository: str = "",
) -> tuple[HomePage, Iterator[tuple[str, bytes]]]:
    """Return the first page as values, and every file of the site with its path.

    Args:
        source: The measured data.
        base: The address of the site, with a slash at its end; empty if it is not known.
        sdks: The comparison of all targets, which the site of the default target has; None for no such page.
        built: The ids of the targets whose sites are built together with this one.
        others: The judged data of the other targets, which the page for readers with the error message shows.
        repository: The address of this project's repository; empty if it is not known.
    """
    known = view_epochs(source)
    page = home_page(known)
    compared = sdks if source.target.is_default else None
    target, here = source.target, {source.target.id, *built}
    sdks_path = wayfinding.path_in_default(target, sdks_page.PATH, is_built=compared is not None or DEFAULT.id in built)
    audit_path = wayfinding.path_in_default(target, audit_page.PATH, is_built=DEFAULT.id in here)
    has_page = (target.pages / fix_page.TEMPLATE).is_file()
    fix = fix_page.fix_page(known, others, compared, here) if has_page else None
    pages = Pages(
        source, page.answer.until, base, sdks_path, audit_path, has_fix=fix is not None, repository=repository
    )
    return page, _files(known, page, pages, compared, here, fix)


def _files(
    known: EpochViews,
    page: HomePage,
    pages: Pages,
    sdks: SdkTable | None,
    built: Collection[str],
    fix: fix_page.FixPage | None,
) -> Iterator[tuple[str, bytes]]:
    target, charts = known.source.target, Charts(known)
    pages.compile_shared()
    runs = evidence.evidence_runs((known, *known.others.values()))
    files = [
        each
        for half in do_both(
            lambda: list(_overviews(known, page, pages, charts, built, fix, runs)),
            lambda: list(_details(known, page, pages, charts, runs)),
        )
        for each in half
    ]
    if sdks is not None:
        files += _sdks(sdks, built, pages)
    yield from files
    html = [path for path, _ in files if path.endswith(".html")]
    yield from wayfinding.wayfinding(html, pages.base, page.answer.until)
    yield pages.render(wayfinding.NOT_FOUND, "404.html", newest=page.answer.newest, scenario=target.suite.headline)
    yield from _static(target)
    for path, schema in api.schemas():
        yield path, _json(schema)


def _overviews(
    known: EpochViews,
    page: HomePage,
    pages: Pages,
    charts: Charts,
    built: Collection[str],
    fix: fix_page.FixPage | None,
    runs: evidence.EvidenceRuns,
) -> Iterator[tuple[str, bytes]]:
    """Lay out the pages about many releases, those of handlers, and those of other clients."""
    source, views, target = known.source, known.views, known.source.target
    menu = grid.menu(known)
    ways = handler_pages(target, views)
    chart = charts.of_failures()
    by_class = next((way for way in ways if way.handler.id == target.class_handler), None)
    yield pages.render("index.html", "index.html", page=page, menu=menu, by_class=by_class, drawn=chart)
    proof = prove(known) if target.remedy else None
    if fix is not None:
        yield pages.render(
            f"{fix_page.PATH}index.html",
            f"target/{fix_page.TEMPLATE}",
            page=fix,
            answer=page.answer,
            proof=proof,
            built=built,
        )
    if target.remedy:
        yield target.remedy.name, target.remedy.read_bytes()
    models: dict[Hashable, grid.Grid] = {}
    for client, calls in menu:
        for lane, surface in product(TODAY_FIRST, calls):
            drawn = grid.grid(known.of(client.id), lane, surface)
            first = models.setdefault(drawn.shown, drawn)
            model = first if first is not drawn else None
            yield pages.render(f"{drawn.path}index.html", "matrix.html", grid=drawn, menu=menu, model=model)
    for listing in listings.listings(known, page, menu, WITH_LANE):
        yield pages.render(f"{listing.path}index.html", "listing.html", listing=listing)
    yield from _changes(known, chart, pages)
    for other in known.others.values():
        yield from _clients(other, pages, runs[other.client])
    yield feed.PATH, feed.atom(target, known.histories, source.releases, pages.base)
    yield pages.render(
        "handlers/index.html",
        "handlers.html",
        overview=overview(target, ways, views[Lane.TODAY]),
        scenario=target.suite.headline,
        outcomes_path=outcomes_document.PATH,
        lanes_of=[lane.lane for way in ways[:1] for lane in way.lanes],
    )
    yield outcomes_document.PATH, _json(outcomes_document.outcomes_document(ways))
    remedy = {
        "remedy": target.remedy.read_text(encoding="utf-8") if target.remedy else "",
        "proof": proof,
    }
    for way in ways:
        yield pages.render(
            f"handlers/{way.handler.id}/index.html",
            "handler.html",
            page=way,
            drawn=charts.of_handler(way.handler.id),
            **remedy,
        )
    steps = [(lane, transitions.steps(known, lane)) for lane in TODAY_FIRST]
    yield pages.render(
        "compare/index.html",
        "compare.html",
        releases=page.releases,
        lane_steps=steps,
        drawn=chart,
        directions_path=directions_document.PATH,
    )
    yield directions_document.PATH, _json(directions_document.directions_document(known))
    if pages.has_check:
        yield pages.render("check/index.html", "check.html", handlers=target.handlers, facts=facts_document.PATH)
    controls = (*patched_results(target, source.extra_controls), *control_results(target, views))
    yield pages.render(
        "about/index.html", "about.html", page=page, controls=controls, menu=menu, documents=listings.DOCUMENTS
    )
    if target.is_default:
        yield pages.render(f"{audit_page.PATH}index.html", "audit.html", rules=audit_page.audit_rules())


def _details(
    known: EpochViews, page: HomePage, pages: Pages, charts: Charts, runs: evidence.EvidenceRuns
) -> Iterator[tuple[str, bytes]]:
    """Lay out the pages of each release and of each scenario, the evidence, and what scripts and programs read."""
    target = known.source.target
    yield from _releases(known, pages, runs[""])
    yield from _evidence((known, *known.others.values()), runs, pages)
    for scenario in scenario_page.scenario_pages(known):
        id_ = scenario.scenario.id
        yield pages.render(f"scenarios/{id_}/index.html", "scenario.html", page=scenario, drawn=charts.of_scenario(id_))
    for path, asked in ask_documents(known):
        yield path, _json(asked)
    for path, document in api.documents(known, page.answer.until):
        yield path, _json(document)
        if isinstance(document, OneRelease):
            drawn_badge = badges.badge(target.package, document.release)
            yield f"{badges.PATH}{document.release.version}.json", _json(drawn_badge)
            if document.release.version == page.answer.newest:
                yield f"{badges.PATH}newest.json", _json(drawn_badge)


def _changes(known: EpochViews, chart: Chart, pages: Pages) -> Iterator[tuple[str, bytes]]:
    """Lay out the list of all transitions, that of each lane, and the page of each transition."""
    listed = transition_pages(known, chart)
    words = {"severities": facets.MEANINGS, "worse": facets.WORSE, "impacts": IMPACTS}
    for folder, shown in (("changes/", TODAY_FIRST), *((f"changes/{lane}/", (lane,)) for lane in TODAY_FIRST)):
        yield pages.render(
            f"{folder}index.html",
            "changes.html",
            transitions=[page for page in listed if page.lane in shown],
            histories=[known.histories[lane] for lane in shown],
            drawn=in_lanes(chart, shown),
            **words,
        )
    for page in listed:
        yield pages.render(f"{page.path}index.html", "change.html", page=page, **words)


def _sdks(sdks: SdkTable, built: Collection[str], pages: Pages) -> Iterator[tuple[str, bytes]]:
    """Lay out the pages that compare all targets, their document with the schema, and its badges."""
    page = sdks_page.sdks_page(sdks, built)
    yield pages.render(f"{sdks_page.PATH}index.html", "sdks.html", page=page)
    yield pages.render(sdks_page.FAILURES, "sdk_failures.html", page=page)
    yield sdks_page.DOCUMENT, _json(sdks_page.document(sdks))
    path, schema = api.schema_of(sdks_page.Sdks, "sdks")
    yield path, _json(schema)
    for path, badge in sdks_page.badges(sdks):
        yield path, _json(badge)


def _releases(known: EpochViews, pages: Pages, runs: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, bytes]]:
    """Lay out the page of every release."""
    target = known.source.target
    for path, page, shared in _summarised(known, pages, runs):
        version = page.release.version
        yield pages.render(
            path, "release.html", page=page, shared=shared, clients=client_rows.client_rows(known, version),
            upstream=target.links.release(version),
        )  # fmt: skip


def _clients(known: EpochViews, pages: Pages, runs: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, bytes]]:
    """Lay out the page of every run of releases that behave alike on another client."""
    target = known.source.target
    matrix_of = grid.path(Lane.TODAY, target.suite.main_of(known.client)[0])
    for path, page, shared in _summarised(known, pages, runs):
        yield pages.render(
            path, "client.html", page=page, shared=shared, client=target.client(known.client), matrix_of=matrix_of,
        )  # fmt: skip


class _Shared(Frozen, frozen=True):
    """What releases that behave alike share: the newest of them, the summary, and its parts as HTML."""

    newest: str
    summary: ReleaseSummary
    headlines: Markup
    handlers: Markup
    groups: Markup
    groups_elsewhere: Markup


def _summarised(
    known: EpochViews, pages: Pages, runs: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, release_page.ReleasePage, _Shared | None]]:
    """Yield the path, the values and the summary of every release.

    A release that was not measured has no summary. Most releases of a sampled target are such.
    """
    shared: dict[str, _Shared] = {}
    for since, versions in runs.items():
        shared |= dict.fromkeys(versions, _share(known, pages, since, versions[-1]))
    for page in release_page.release_pages(known):
        version = page.release.version
        yield f"{known.evidence_path(version)}index.html", page, shared.get(version)


def _share(known: EpochViews, pages: Pages, since: str, newest: str) -> _Shared:
    summary = summarise_release(known, since)

    def lay_out(template: str) -> Markup:
        path = f"{known.evidence_path(since)}index.html"
        anchor = evidence.address(known.client, since)
        part = pages.part(
            path, template, summary=summary, newest=newest, anchor=anchor, surface=known.surface(since)
        )  # fmt: skip
        return made(part)

    return _Shared(
        newest=newest,
        summary=summary,
        headlines=lay_out("headlines.html") if summary.headlines else made(""),
        handlers=lay_out("handled.html") if summary.handlers else made(""),
        groups=lay_out("groups.html"),
        groups_elsewhere=lay_out("alike.html"),
    )


def _evidence(
    clients: Collection[EpochViews], runs: evidence.EvidenceRuns, pages: Pages
) -> Iterator[tuple[str, bytes]]:
    """Lay out all evidence: documents, which a script loads, and pages for readers without a script."""
    yield evidence.RUNS, msgspec.json.encode(runs, order="deterministic") + b"\n"
    for document in evidence.collect_evidence(clients, runs):
        yield f"{evidence.ROOT}{document.scenario}.json", _json(document)
        yield pages.render(
            evidence.page_of(document.scenario), "evidence.html", document=document, runs=runs,
            address_of_run=evidence.address, models=evidence.models(document),
            command=evidence.command_pattern(document),
        )  # fmt: skip


def _static(target: Target) -> Iterator[tuple[str, bytes]]:
    """Yield the files that no data goes into: style, scripts and fonts, and the picture for shared links."""
    for path in sorted((_HERE / "static").rglob("*")):
        if path.is_file():
            yield path.relative_to(_HERE).as_posix(), path.read_bytes()
    card = target.pages / CARD
    if card.is_file():
        yield f"static/{CARD}", card.read_bytes()


def _json(value: msgspec.Struct | dict[str, Any]) -> bytes:
    return msgspec.json.encode(value, order="deterministic") + b"\n"
