"""Writes the site: the committed data in, `reports/site` out.

I/O. Deterministic: the same data gives the same bytes. A page asks for nothing but the style of this site; a content
security policy says so to the browser, and allows no script.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
import msgspec
from markupsafe import Markup, escape

from matrix import controls, evidence, moves, plan, suite
from matrix.decisions import Worth, handlers
from matrix.formats.printable import inert
from matrix.model import Lane
from matrix.report import api, badges, facts_document, feed, grid, release_page, scenario_page, transitions, wayfinding
from matrix.report.handling import BY_CLASS, OVERLOADED, handler_pages, overview, remedied
from matrix.report.held import controls_held
from matrix.report.marks import MARKS
from matrix.report.source import NOTHING, Source
from matrix.report.told import Known, know
from matrix.report.view import Page, build
from matrix.scenarios import CATALOGUE
from matrix.store import Store
from matrix.suite import REMEDY, SURFACES
from matrix.wording import WORTHS, wire

_HERE = Path(__file__).parent

STALE_AFTER: Final = 3
"""Days after which data is older than it ought to be: the schedule is daily, and a day may fail."""

LANES: Final = {Lane.TODAY: "Today’s", Lane.AS_RELEASED: "As released"}
"""Lane to what its dependencies are called, in a switch."""

WITH_LANE: Final = {
    Lane.TODAY: "with today’s dependencies",
    Lane.AS_RELEASED: "with the dependencies of the day of each release",
}
"""Lane in a sentence."""

_LIST: Final = Path(".files")
"""What a site was made from, and what was written, so that the next build removes what is no longer part of it, and
nothing else; and does nothing if nothing has changed."""


def source(store: Store, python: str = plan.DEFAULT_PYTHON) -> Source:
    """What a store knows of one Python, of the current suite.

    Raises:
        UsageError: The catalogue is empty, so there is nothing to say.
        StoreCorrupt: The data is not what was written.
    """
    releases = evidence.releases(store)
    digest = suite.digest()
    control = store.control(controls.name(python))
    if control is not None and control[1].suite != digest:
        control = None
    knowledge = evidence.knowledge(store, python)
    return Source(
        releases=releases,
        results=evidence.results(store, digest, python),
        control=control,
        suite=digest,
        python=python,
        knowledge=knowledge if knowledge.suite == digest else NOTHING,
    )


def site(found: Source, base: str = "") -> tuple[Page, Iterator[tuple[str, bytes]]]:
    """The first page, as values, and every file of the site, by its path in it.

    Args:
        found: What was measured.
        base: The address of the site, with a slash at its end; empty if it is not known.
    """
    known = know(found)
    page = build(known)
    return page, _files(known, page, Pages(found, page.answer.until, base))


def _files(known: Known, page: Page, pages: "Pages") -> Iterator[tuple[str, bytes]]:
    found, told = known.source, known.told
    surfaces = {surface: grid.title(surface) for surface in grid.surfaces(list(told.values()))}
    ways = handler_pages(told)
    by_class = next(way for way in ways if way.handler.id == BY_CLASS)
    yield pages.render("index.html", "index.html", page=page, surfaces=surfaces, by_class=by_class)
    for lane, surface in product(told, surfaces):
        if path := grid.path(lane, surface):
            drawn = grid.grid(told[lane], lane, surface)
            yield pages.render(f"{path}index.html", "matrix.html", grid=drawn, surfaces=surfaces)
    rows = transitions.lane_histories(known.histories)
    yield pages.render(
        "changes/index.html", "changes.html", histories=rows, severities=moves.MEANINGS, worse=moves.WORSE
    )
    yield feed.PATH, feed.atom(known.histories, found.releases, pages.base)
    yield pages.render(
        "handlers/index.html", "handlers.html", overview=overview(ways, told[Lane.TODAY]), scenario=OVERLOADED
    )
    remedy = {"remedy": REMEDY.read_text(encoding="utf-8"), "remedied": remedied(told)}
    for way in ways:
        yield pages.render(f"handlers/{way.handler.id}/index.html", "handler.html", page=way, **remedy)
    yield pages.render("compare/index.html", "compare.html", releases=page.releases, histories=rows)
    yield pages.render("check/index.html", "check.html", handlers=handlers().values(), facts=facts_document.PATH)
    yield pages.render("about/index.html", "about.html", page=page, controls=controls_held(told), surfaces=surfaces)
    yield from _releases(known, pages)
    for scenario in scenario_page.scenario_pages(told):
        yield pages.render(f"scenarios/{scenario.scenario.id}/index.html", "scenario.html", page=scenario)
    # All pages have been laid out by now, but the one that nobody is to find.
    yield from wayfinding.wayfinding(pages.rendered, pages.base, page.answer.until)
    yield pages.render(wayfinding.NOT_FOUND, "404.html", newest=page.answer.newest)
    yield from _static()
    for path, schema in api.schemas():
        yield path, _json(schema)
    for path, document in api.documents(known, page.answer.until):
        yield path, _json(document)
        if isinstance(document, api.OneRelease):
            drawn_badge = badges.badge(document.release)
            yield f"{badges.PATH}{document.release.version}.json", _json(drawn_badge)
            if document.release.version == page.answer.newest:
                yield f"{badges.PATH}newest.json", _json(drawn_badge)


class Pages:
    """Lays pages out; knows what all of them say.

    Attributes:
        base: The address of the site, with a slash at its end; empty if it is not known.
        rendered: The path of every page so far.
    """

    def __init__(self, found: Source, day: dt.date | None, base: str) -> None:
        self.base = base
        self.rendered: list[str] = []
        self._top = urlsplit(base).path or "/"
        self._known = {
            "day": day,
            "stale_after": STALE_AFTER,
            "python": found.python,
            "suite": found.suite,
            "base": base,
        }

    def render(self, path: str, template: str, **values: Any) -> tuple[str, bytes]:
        """A page, with its path in the site."""
        self.rendered.append(path)
        return path, self.part(path, template, **values).encode()

    def part(self, path: str, template: str, **values: Any) -> str:
        """A page, or what pages at this depth have in common, as HTML."""
        address = path.removesuffix("index.html")
        here = path if path == "index.html" else f"{path.partition('/')[0]}/"
        root = self._top if path == wayfinding.NOT_FOUND else "../" * path.count("/")
        known = self._known | {"root": root, "address": address, "here": here}
        return _environment().get_template(template).render(known | values)


def _releases(known: Known, pages: "Pages") -> Iterator[tuple[str, bytes]]:
    """The page of every release; what is the same for all of an epoch is laid out once."""
    of_release = known.of_release
    laid_out: dict[tuple[str, ...], str] = {}
    wires: dict[str, dict[str, Markup]] = {}
    for page in release_page.release_pages(known):
        path = f"releases/{page.release.version}/index.html"
        alike = release_page.alike(page)
        if alike not in laid_out:
            dialect = SURFACES[page.surface].dialect
            if dialect not in wires:
                wires[dialect] = {
                    id_: _made(pages.part(path, "wire.html", actions=wire(scenario, dialect)))
                    for id_, scenario in CATALOGUE.items()
                }
            laid_out[alike] = pages.part(
                path, "evidence.html", families=release_page.evidence(page, of_release), surface=page.surface,
                wires=wires[dialect], lanes_measured=sum(lane.epoch is not None for lane in page.lanes),
            )  # fmt: skip
        evidence = _made(laid_out[alike].replace(release_page.ANY, escape(page.release.version)))
        yield pages.render(
            path, "release.html", page=page, evidence=evidence, upstream=release_page.UPSTREAM,
            scenarios=len(CATALOGUE),
        )  # fmt: skip


def _made(html: str) -> Markup:
    """What a template made, for another one."""
    return Markup(html)  # noqa: S704


def _static() -> Iterator[tuple[str, bytes]]:
    """What is the same in every site."""
    for path in sorted((_HERE / "static").rglob("*")):
        if path.is_file():
            yield path.relative_to(_HERE).as_posix(), path.read_bytes()


def made_from(data: Path, base: str) -> str:
    """The digest of all that a site is made from: the data, this program, and where it will be published."""
    total = hashlib.sha256(base.encode())
    for folder in (data, _HERE.parent):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
                total.update(path.read_bytes())
    return total.hexdigest()


def is_built(folder: Path, digest: str) -> bool:
    """Whether a folder holds the whole site that is made from this, and none of its files has gone."""
    made, names = _listed(folder)
    return made == digest != "" and all((folder / name).is_file() for name in names)


def built_from(folder: Path) -> str:
    """The digest of what the site in a folder is made from; empty if there is none, or a part of one."""
    return _listed(folder)[0]


def _listed(folder: Path) -> tuple[str, list[str]]:
    """What the site in a folder was made from, and the names of its files."""
    listed = folder / _LIST
    made, *names = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else [""]
    return made, names


def write(files: Iterable[tuple[str, bytes]], folder: Path, digest: str = "") -> Path:
    """Write a site into `folder`: what is new or another, and away with what was written before and is no longer.

    All of it is made before any of it is written, so that one that can't be made leaves the one before as it was.

    Args:
        files: By their paths in the site.
        folder: Need not exist yet.
        digest: Of what they are made from, for `is_built`.

    Returns:
        The path of the first page.

    Raises:
        ValueError: A path leads out of the folder. Releases name files, and no release is to write anywhere else.
    """
    whole = dict(files)
    for name in whole:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name!r} is outside the site")
    _, before = _listed(folder)
    if before:  # until all of it is written, the site is made from nothing in particular
        _list("", before, folder)
    for name, data in whole.items():
        target = folder / name
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    for name in set(before) - set(whole):
        (folder / name).unlink(missing_ok=True)
    _list(digest, whole, folder)
    return folder / "index.html"


def _list(digest: str, names: Iterable[str], folder: Path) -> None:
    (folder / _LIST).write_text("\n".join([digest, *sorted(names)]) + "\n", encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = _pretty
    environment.filters["raw"] = _raw
    cell = environment.get_template("worth.html")
    made = {worth: _made(cell.render(worth=worth, worths=WORTHS)) for worth in (*Worth, None)}
    environment.globals |= {
        "marks": MARKS,
        "signs": {mark: sign for mark, (sign, _) in MARKS.items()},
        "worths": WORTHS,
        "worth_cells": made,
        "lanes": LANES,
        "with_lane": WITH_LANE,
        "address_of": grid.path,
        "UNSET": msgspec.UNSET,
    }
    return environment


def _inert(value: object) -> object:
    """Text without a character that does anything, whoever wrote it: no override of a line's direction, no escape."""
    return inert(value) if type(value) is str else value


def _raw(text: str) -> Markup:
    """Bytes of a wire inside `pre`: nothing but `&` and `<` means anything there, and most of JSON is quotes."""
    return _made(inert(text).replace("&", "&amp;").replace("<", "&lt;"))


def _json(value: msgspec.Struct | dict[str, Any]) -> bytes:
    return msgspec.json.encode(value, order="deterministic") + b"\n"


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode()
