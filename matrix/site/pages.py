"""Lays pages out: the templates, what all of them know, and how text gets into them.

Whatever a release, an index or a user wrote is text: it is escaped, and a character that would do anything is shown
instead. I/O: reads the templates.
"""

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jinja2
import msgspec
from markupsafe import Markup, escape

from matrix.catalogue.dialect import FRAMED
from matrix.model import Lane, runtime_title
from matrix.site import grid, wayfinding
from matrix.site.compact import Compact
from matrix.site.compiled import PlainPython, write
from matrix.site.handlers.code import BASES, read_code
from matrix.site.handlers.runs import FILLS
from matrix.site.marks import MARK_NAMES, MARKS
from matrix.site.recipes import read_recipes
from matrix.site.source import SiteSource
from matrix.site.template_cache import TemplateCache
from matrix.site.words import chip, months, outcome_chip, span
from matrix.store.last_run import STALE_AFTER
from matrix.system.text import counted, inert, shorten_versions
from matrix.targets.target import Registry, Target
from matrix.verdicts.wording import HANDLER_OUTCOMES

CARD: Final = "card.png"
"""The picture that is shown where somebody shares a link, in a target's folder of pages."""

LANES: Final = {Lane.TODAY: "Today’s", Lane.AS_RELEASED: "As released"}
"""Lane to what its dependencies are called, in a switch."""

WITH_LANE: Final = {
    Lane.TODAY: "with today’s dependencies",
    Lane.AS_RELEASED: "with the dependencies of each release’s day",
}
"""Lane in a sentence."""


_TEMPLATES: Final = Path(__file__).parent / "templates"

_SECTIONS: Final = dict.fromkeys(("evidence/", "matrix/", "releases/", "scenarios/"), "index.html") | {"api/": "about/"}
"""Folder to the item of the navigation under which its pages stand, if it has no item of its own."""


class Pages:
    """Lays pages out; knows what all of them say.

    Attributes:
        base: The address of the site, with a slash at its end; empty if it is not known.
        has_check: Whether there is a page that checks requirements; it reads those of Python only.

    Args:
        source: The measured data.
        day: The day of the newest result.
        base: As above.
        sdks: The path of the page that compares all targets, from the root of the site; empty if there is none.
        audit: The path of the page of the audit, in the same way.
        has_fix: Whether there is a page for readers who arrive with the error message.
        repository: The address of this project's repository; empty if it is not known.
    """

    def __init__(
        self,
        source: SiteSource,
        day: dt.date | None,
        base: str,
        sdks: str = "",
        audit: str = "",
        *,
        has_fix: bool = False,
        repository: str = "",
    ) -> None:
        self.base = base
        self.has_check = source.target.registry is Registry.PYPI
        self._top = urlsplit(base).path or f"/{source.target.site_path}"
        self._templates = _environment(source.target.pages)
        self._known = {
            "target": source.target,
            "has_card": (source.target.pages / CARD).is_file(),
            "day": source.checked or day,
            "checked": source.checked,
            "held": source.held,
            "stale_after": STALE_AFTER,
            "python": source.python,
            "suite": source.suite,
            "base": base,
            "sdks": sdks,
            "audit": audit,
            "has_check": self.has_check,
            "has_fix": has_fix,
            "repository": repository,
            "recipes": read_recipes(source.target),
            "headline": _headline(source.target),
            "asked_clients": [
                client for client in source.target.clients if not client.id or client.id in source.clients
            ],
        }

    def compile_shared(self) -> None:
        """Compile the templates of which most others are made, so that two processes need not do it twice."""
        for name in ("layout.html", "parts.html", "chart.html", "lanes.html"):
            self._templates.get_template(name)

    def render(self, path: str, template: str, **values: Any) -> tuple[str, bytes]:
        """Lay out a page, and return it with its path in the site."""
        return path, self.part(path, template, **values).encode()

    def part(self, path: str, template: str, **values: Any) -> str:
        """Lay out a page, or a part that pages at this depth share, as HTML."""
        address = path.removesuffix("index.html")
        folder = path if path == "index.html" else f"{path.partition('/')[0]}/"
        here = _SECTIONS.get(folder, folder)
        root = self._top if path == wayfinding.NOT_FOUND else "../" * path.count("/")
        known = self._known | {"root": root, "address": address, "here": here}
        return self._templates.get_template(template).render(known | values)


def _headline(target: Target) -> str:
    """Return what happens in the scenario that the question bar means if none is chosen."""
    id_ = target.suite.headline
    return target.suite.played_headlines.get(id_, target.catalogue[id_]).title


def made(html: str) -> Markup:
    """Mark the output of a template as safe for another template."""
    return Markup(html)  # noqa: S704 - a template escaped it


@cache
def _environment(of_target: Path) -> jinja2.Environment:
    """Create the templates of the site, with those of a target as `target/NAME`."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.FileSystemLoader(_TEMPLATES),
                jinja2.PrefixLoader({"target": jinja2.FileSystemLoader(of_target)}),
            ]
        ),
        autoescape=True,
        bytecode_cache=TemplateCache(_TEMPLATES),
        auto_reload=False,  # a build reads each template once
        undefined=jinja2.StrictUndefined,
        finalize=write,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Compact],
    )
    environment.code_generator_class = PlainPython
    environment.filters["json"] = _json
    environment.filters["raw"] = _raw
    environment.filters["runtime"] = runtime_title
    environment.filters["shortened"] = shorten_versions
    environment.filters["breakable"] = _breakable
    environment.filters["ticked"] = _ticked
    environment.filters["code"] = read_code
    environment.globals |= {
        "marks": MARKS,
        "mark_names": MARK_NAMES,
        "outcomes": HANDLER_OUTCOMES,
        "fills": FILLS,
        "bases": BASES,
        "lanes": LANES,
        "with_lane": WITH_LANE,
        "address_of": grid.path,
        "framed": FRAMED,
        "UNSET": msgspec.UNSET,
        "chip": chip,
        "outcome_chip": outcome_chip,
        "span": span,
        "months": months,
        "plural": counted,
    }
    return environment


def _raw(text: str) -> Markup:
    """Bytes of a wire inside `pre`: nothing but `&` and `<` means anything there, and most of JSON is quotes."""
    return made(inert(text).replace("&", "&amp;").replace("<", "&lt;"))


def _breakable(name: str) -> Markup:
    """Let the name of a class break before each of its words."""
    return made("<wbr>".join(map(escape, re.split(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", inert(name)))))


def _ticked(text: str) -> Markup:
    """Show what stands between backticks as code."""
    parts = enumerate(inert(text).split("`"))
    return made("".join(f"<code>{escape(part)}</code>" if number % 2 else str(escape(part)) for number, part in parts))


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
