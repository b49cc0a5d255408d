"""Writes the site: the committed data in, `reports/site` out.

I/O. Deterministic: the same data gives the same bytes. A page asks for nothing but the style of this site; a content
security policy says so to the browser, and allows no script.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
from markupsafe import Markup

from matrix import controls, evidence, moves, plan, suite
from matrix.history import History, history
from matrix.model import Lane
from matrix.report import api, badges, feed, release_page, scenario_page, transitions
from matrix.report.source import Source
from matrix.report.view import Page, build
from matrix.store import Store
from matrix.suite import REMEDY
from matrix.wording import MEANINGS, SYMBOLS, WORTHS

_HERE = Path(__file__).parent

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
    yield "index.html", render(page).encode()
    yield "changes/index.html", render_changes(histories).encode()
    yield feed.PATH, feed.atom(histories, found.releases, base)
    yield from _releases(found, histories)
    for scenario in scenario_page.scenario_pages(found, histories):
        html = _template("scenario.html", "../../", page=scenario)
        yield f"scenarios/{scenario.column.scenario.id}/index.html", html.encode()
    yield "static/page.css", (_HERE / "static" / "page.css").read_bytes()
    for path, document in api.documents(found, histories, page.answer.until):
        yield path, _json(document)
        if isinstance(document, api.OneRelease):
            drawn = badges.badge(document.release)
            yield f"{badges.PATH}{document.release.version}.json", _json(drawn)
            if document.release.version == page.answer.newest:
                yield f"{badges.PATH}newest.json", _json(drawn)


def render(page: Page) -> str:
    """The first page as HTML."""
    return _template("page.html", "", page=page, remedy=REMEDY.read_text(encoding="utf-8"))


def render_changes(histories: Mapping[Lane, History]) -> str:
    """The page of changes as HTML."""
    rows = transitions.lane_histories(histories)
    return _template("changes.html", "../", histories=rows, severities=moves.MEANINGS, worse=moves.WORSE)


def _releases(found: Source, histories: Mapping[Lane, History]) -> Iterator[tuple[str, bytes]]:
    """The page of every release; what is the same for all of an epoch is laid out once."""
    laid_out: dict[tuple[str, ...], Markup] = {}
    for page in release_page.release_pages(found, histories):
        alike = release_page.alike(page)
        if alike not in laid_out:
            families = release_page.evidence(page, found)
            laid_out[alike] = Markup(_template("evidence.html", "../../", families=families, surface=page.surface))  # noqa: S704 - made by a template
        html = _template(
            "release.html", "../../", page=page, evidence=laid_out[alike], upstream=release_page.UPSTREAM
        )  # fmt: skip
        yield f"releases/{page.release.version}/index.html", html.encode()


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
    listed = folder / _LIST
    if not listed.is_file():
        return False
    made, *names = listed.read_text(encoding="utf-8").splitlines()
    return made == digest and all((folder / name).is_file() for name in names)


def write(files: Iterator[tuple[str, bytes]], folder: Path, digest: str = "") -> Path:
    """Write a site into `folder`: what is new or another, and away with what was written before and is no longer.

    Args:
        files: By their paths in the site.
        folder: Need not exist yet.
        digest: Of what they are made from, for `is_built`.

    Returns:
        The path of the first page.
    """
    listed = folder / _LIST
    before = set(listed.read_text(encoding="utf-8").splitlines()[1:]) if listed.exists() else set()
    if before:  # until all of it is written, the site is made from nothing in particular
        listed.write_text("\n".join(["", *sorted(before)]) + "\n", encoding="utf-8")
    written = set()
    for name, data in files:
        target = folder / name
        written.add(name)
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    for name in before - written:
        (folder / name).unlink(missing_ok=True)
    listed.write_text("\n".join([digest, *sorted(written)]) + "\n", encoding="utf-8")
    return folder / "index.html"


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


def _template(name: str, root: str, **values: Any) -> str:
    """A page; `root` leads from its folder to that of the site."""
    return _environment().get_template(name).render(root=root, **values)


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic") + b"\n"


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode()
