"""Writes the site: the committed data in, `reports/site` out.

I/O. Deterministic: the same data gives the same bytes. A page asks for nothing but the style of this site; a content
security policy says so to the browser, and allows no script.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
import msgspec
from markupsafe import Markup

from matrix import controls, evidence, moves, plan, suite
from matrix.history import History, history
from matrix.model import Lane
from matrix.report import api, badges, feed, release_page, scenario_page, transitions, wayfinding
from matrix.report.source import Source
from matrix.report.view import Page, build
from matrix.store import Store
from matrix.suite import REMEDY
from matrix.wording import MEANINGS, SYMBOLS, WORTHS

_HERE = Path(__file__).parent

STALE_AFTER: Final = 3
"""Days after which data is older than it ought to be: the schedule is daily, and a day may fail."""

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
    return Source(
        releases=releases,
        results=evidence.results(store, digest, python),
        control=control,
        suite=digest,
        python=python,
    )


def load(store: Store, python: str = plan.DEFAULT_PYTHON) -> Page:
    """The first page for what a store knows.

    Raises:
        UsageError: The catalogue is empty, so there is nothing to say.
        StoreCorrupt: The data is not what was written.
    """
    return build(source(store, python))


def site(found: Source, page: Page, base: str = "") -> Iterator[tuple[str, bytes]]:
    """Every file of the site, by its path in it.

    Args:
        found: What was measured.
        page: The first page of it.
        base: The address of the site, with a slash at its end; empty if it is not known.
    """
    histories = {lane: history(found.releases.values(), found.results, lane, found.python) for lane in Lane}
    pages = Pages(found, page.answer.until, base)
    yield pages.render("index.html", "page.html", page=page, remedy=REMEDY.read_text(encoding="utf-8"))
    rows = transitions.lane_histories(histories)
    yield pages.render(
        "changes/index.html", "changes.html", histories=rows, severities=moves.MEANINGS, worse=moves.WORSE
    )
    yield feed.PATH, feed.atom(histories, found.releases, base)
    yield from _releases(found, histories, pages)
    for scenario in scenario_page.scenario_pages(found, histories):
        yield pages.render(
            f"scenarios/{scenario.column.scenario.id}/index.html", "scenario.html", page=scenario
        )  # fmt: skip
    # All pages have been laid out by now, but the one that nobody is to find.
    yield from wayfinding.wayfinding(pages.rendered, base, page.answer.until)
    yield pages.render(wayfinding.NOT_FOUND, "404.html", newest=page.answer.newest)
    yield from _static()
    for path, document in api.documents(found, histories, page.answer.until):
        yield path, _json(document)
        if isinstance(document, api.OneRelease):
            drawn = badges.badge(document.release)
            yield f"{badges.PATH}{document.release.version}.json", _json(drawn)
            if document.release.version == page.answer.newest:
                yield f"{badges.PATH}newest.json", _json(drawn)


class Pages:
    """Lays pages out; knows what all of them say.

    Attributes:
        rendered: The path of every page so far.
    """

    def __init__(self, found: Source, day: dt.date | None, base: str) -> None:
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


def _releases(
    found: Source, histories: Mapping[Lane, History], pages: Pages
) -> Iterator[tuple[str, bytes]]:  # fmt: skip
    """The page of every release; what is the same for all of an epoch is laid out once."""
    laid_out: dict[tuple[str, ...], Markup] = {}
    for page in release_page.release_pages(found, histories):
        path = f"releases/{page.release.version}/index.html"
        alike = release_page.alike(page)
        if alike not in laid_out:
            families = release_page.evidence(page, found)
            html = pages.part(path, "evidence.html", families=families, surface=page.surface)
            laid_out[alike] = Markup(html)  # noqa: S704 - made by a template
        yield pages.render(
            path, "release.html", page=page, evidence=laid_out[alike], upstream=release_page.UPSTREAM
        )  # fmt: skip


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
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = _pretty
    environment.globals |= {"symbols": SYMBOLS, "meanings": MEANINGS, "worths": WORTHS, "UNSET": msgspec.UNSET}
    return environment


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic") + b"\n"


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode()
