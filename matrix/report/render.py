"""Writes the page: the committed data in, `reports/site/index.html` out.

I/O. Deterministic: the same data gives the same bytes. The page is one file that asks for nothing else; its style is
inside it, and a content security policy names that style by its hash and allows nothing more.
"""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import jinja2
import msgspec

from matrix import controls, evidence, plan, suite
from matrix.documents import address
from matrix.model import Observation
from matrix.report.source import Source
from matrix.report.view import Page, build
from matrix.store import Store
from matrix.suite import REMEDY
from matrix.wording import MEANINGS, SYMBOLS, WORTHS

_HERE = Path(__file__).parent


def load(store: Store, python: str = plan.DEFAULT_PYTHON) -> Page:
    """The page for what a store knows of one Python, of the current suite.

    Raises:
        UsageError: The catalogue is empty, so there is nothing to say.
        StoreCorrupt: The data is not what was written.
    """
    releases = evidence.releases(store)
    digest = suite.digest()
    results = evidence.results(store, digest, python)
    control = store.control(controls.name(python))
    if control is not None and control[1].suite != digest:
        control = None
    return build(
        Source(
            releases=releases,
            results=results,
            control=control,
            suite=digest,
            python=python,
            address=_once(address),
        )
    )


def _once(function: Callable[[Observation], str]) -> Callable[[Observation], str]:
    """`function`, called once for each object: an observation is shared by all cells in which it was made."""
    known: dict[int, tuple[Observation, str]] = {}

    def remembered(observation: Observation) -> str:
        if id(observation) not in known:
            known[id(observation)] = (observation, function(observation))
        return known[id(observation)][1]

    return remembered


def render(page: Page) -> str:
    """The page as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = _pretty
    style = (_HERE / "static" / "page.css").read_text(encoding="utf-8")
    style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("page.html").render(
        page=page,
        style=style,
        style_hash=style_hash,
        symbols=SYMBOLS,
        meanings=MEANINGS,
        worths=WORTHS,
        remedy=REMEDY.read_text(encoding="utf-8"),
        UNSET=msgspec.UNSET,
    )


def write(page: Page, folder: Path) -> Path:
    """Write the page into `folder`, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "index.html"
    target.write_text(render(page), encoding="utf-8")
    return target


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode()
