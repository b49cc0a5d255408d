"""Builders of what is known of releases that do not exist: as plain values, and as a folder of data.

A `Told` release is told by what differs from the usual one, which was measured in both lanes and names its errors.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from packaging.version import Version

from matrix.findings.model import Place
from matrix.manifests.entry import ManifestEntry
from matrix.model import Cell, Distribution, Lane, Release
from matrix.observation import Judgement, Outcome, Provenance
from matrix.store.documents import JUDGEMENTS, RELEASES, Stored, address, cells_path, render
from matrix.store.knowledge import Knowledge, Known
from matrix.store.store import Store
from matrix.targets import ANTHROPIC

RELAXED = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=60
)
"""No example is held to a time: the machine may be busy with a sweep."""

SUITE: Final = "0123456789abcdef"
MEASURED: Final = dt.date(2026, 6, 1)
PYTHON: Final = "3.11"

SCENARIOS: Final = ("clean", "http-api_error", "mid-overloaded_error", "first-api_error", "eof-mid", "reset")
"""What was judged: of the catalogue, for families are looked up there."""

TYPED: Final = Judgement(
    surface="messages.create",
    error="200 APIStatusError, type overloaded_error",
    typed=True,
    silent=("eof-mid",),
    scenarios=SCENARIOS,
    handlers={"by-type": "rrrrsm", "by-class": "rrmmsr", "always": "nrrrsr", "remedy": "rrrrrr"},
)
"""Names its errors."""

NAMELESS: Final = msgspec.structs.replace(
    TYPED,
    error="200 APIStatusError",
    typed=False,
    handlers={"by-type": "rccccc", "by-class": "rccrsr", "always": "nrrrsr", "remedy": "rrrrrr"},
    crashes={"by-type": "AttributeError", "by-class": "ImportError"},
)
"""Does not."""

DOCUMENTED: Final = msgspec.structs.replace(
    TYPED, error="529 OverloadedError", typed=False, documented=True, silent=(), handlers={"remedy": "rrrrrr"}
)
"""What everybody hopes for."""

HANGING: Final = msgspec.structs.replace(TYPED, hangs=("bad-chunk-size",))
LEGACY: Final = msgspec.structs.replace(NAMELESS, surface="completions.create")
NO_CLIENT: Final = Judgement(surface="messages.create", unusable="no client can be made: TypeError, got 'proxies'")

NOW: Final = MappingProxyType(
    {"anyio": "4.9.0", "h11": "0.16.0", "httpcore": "1.0.9", "httpx": "0.28.1", "idna": "3.10"}
)
"""What is installed with a release today."""
THEN: Final = MappingProxyType(
    {"anyio": "4.4.0", "h11": "0.14.0", "httpcore": "1.0.5", "httpx": "0.27.0", "idna": "3.7"}
)
"""What was installed with it on its day."""

Measured = Judgement | Outcome | None
"""What a cell comes to: a judgement, why it was not played, or nothing, if it was not measured."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A release, and what was measured of it."""

    version: str
    today: Measured = TYPED
    own: Measured = TYPED
    now: Mapping[str, str] = NOW
    then: Mapping[str, str] = THEN
    extras: Mapping[str, Judgement] = {}
    day: dt.date = dt.date(2026, 1, 1)
    requires_python: str | None = ">=3.8"
    yanked: str | None = None
    has_wheel: bool = True

    @property
    def release(self) -> Release:
        """As the index lists it."""
        return Release(
            version=self.version,
            uploaded=dt.datetime.combine(self.day, dt.time(12), dt.UTC),
            requires_python=self.requires_python,
            yanked=self.yanked,
            wheels=(Distribution(filename=f"anthropic-{self.version}-py3-none-any.whl"),) if self.has_wheel else (),
        )

    def in_lane(self, lane: Lane) -> tuple[Measured, Mapping[str, str]]:
        """What it comes to there, with which dependencies."""
        return (self.today, self.now) if lane is Lane.TODAY else (self.own, self.then)


def told(version: str, measured: Measured = TYPED, **facets: Any) -> Told:
    """A release that comes to the same in both lanes, unless `own` says otherwise."""
    return Told(version=version, today=measured, own=facets.pop("own", measured), **facets)


def by_version(releases: Iterable[Told]) -> list[Told]:
    """Oldest version first."""
    return sorted(releases, key=lambda one: Version(one.version))


def knowledge(*releases: Told, python: str = PYTHON) -> Knowledge:
    """All that is known of some releases."""
    known = {}
    for one in by_version(releases):
        for lane in Lane:
            measured, lock = one.in_lane(lane)
            if measured is None:
                continue
            is_judged = isinstance(measured, Judgement)
            known[one.version, lane] = Known(
                outcome=Outcome.COMPLETED if isinstance(measured, Judgement) else measured,
                reason="" if is_judged else REASON,
                lock=dict(lock),
                judgement=measured if isinstance(measured, Judgement) else None,
                extras=dict(one.extras),
            )
    return Knowledge(
        target=ANTHROPIC,
        releases=tuple(one.release for one in by_version(releases)),
        known=known,
        python=python,
        measured=MEASURED if known else None,
        suite=SUITE if known else "",
    )


REASON: Final = "builtins.ImportError: cannot import name 'Transport'"
"""Why what could not be imported could not."""


def write(folder: Path, *releases: Told, python: str = PYTHON, suite: str = SUITE, day: dt.date = MEASURED) -> Path:
    """The same as a folder of data, beside the lanes that are in it already. Returns the folder."""
    (folder / "cells").mkdir(parents=True, exist_ok=True)
    cells: dict[Path, dict[str, Stored]] = {}
    judgements = Store(folder, ANTHROPIC).judgements().copy()
    provenance = Provenance(measured=day, interpreter="CPython 3.11.7", system="Linux x86_64", uv="0.8.0")
    for one in releases:
        for lane in Lane:
            measured, lock = one.in_lane(lane)
            if measured is None:
                continue
            for extra, found in {"": measured, **one.extras}.items():
                behaviour = address(found) if isinstance(found, Judgement) else ""
                if isinstance(found, Judgement):
                    judgements[behaviour] = found
                stored = Stored(
                    suite=suite,
                    outcome=Outcome.COMPLETED if isinstance(found, Judgement) else found,
                    provenance=provenance,
                    lock=tuple(sorted(f"{name}=={pin}" for name, pin in {**lock, "anthropic": one.version}.items())),
                    behaviour=behaviour,
                    reason="" if isinstance(found, Judgement) else REASON,
                )
                cells.setdefault(cells_path(Cell(one.version, lane, python, extra)), {})[one.version] = stored
    for path, entries in cells.items():
        (folder / path).write_bytes(render("cells", entries))
    (folder / RELEASES).write_bytes(render("releases", {one.version: one.release for one in by_version(releases)}))
    if judgements:
        (folder / JUDGEMENTS).write_bytes(render("judgements", judgements))
    return folder


def entry(specifier: str = "", **facets: Any) -> ManifestEntry:
    """A requirement in the first line of a file."""
    return ManifestEntry(place=facets.pop("place", Place("requirements.txt", 1)), specifier=specifier, **facets)


# Strategies.

versions = st.builds(
    "{}.{}.{}{}".format,
    st.integers(0, 2),
    st.integers(0, 4),
    st.integers(0, 2),
    st.sampled_from(["", "", "", "", "a1", "rc2", ".dev1", ".post1"]),
)
"""Of releases, known or not."""

clauses = st.one_of(
    st.builds("{}{}".format, st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~=", "==="]), versions),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), st.sampled_from(["0", "1", "0.1", "1.2", "2.0"])),
)
specifiers = st.lists(clauses, max_size=3).map(",".join)
"""Any specifier that PEP 440 knows, also such as allow nothing."""

_letters = st.text("rmcsnu", min_size=len(SCENARIOS), max_size=len(SCENARIOS))
_judgements = st.builds(
    lambda base, by_type, by_class: msgspec.structs.replace(
        base, handlers={**base.handlers, "by-type": by_type, "by-class": by_class}
    ),
    st.sampled_from([TYPED, NAMELESS, HANGING, LEGACY]),
    _letters,
    _letters,
)
_measured: st.SearchStrategy[Measured] = st.one_of(
    _judgements, st.sampled_from([None, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL, NO_CLIENT])
)


@st.composite
def histories(draw: st.DrawFn, min_size: int = 1) -> list[Told]:
    """Releases of which something or nothing is known, in no order."""
    listed = draw(st.lists(versions, min_size=min_size, max_size=8, unique_by=Version))
    return [
        Told(
            version=version,
            today=draw(_measured),
            own=draw(_measured),
            now=draw(st.sampled_from([NOW, THEN])),
            day=dt.date(2026, 1, 1) + dt.timedelta(days=draw(st.integers(0, 200))),
            requires_python=draw(st.sampled_from([None, ">=3.8", ">=3.12", ">=3.8.*"])),
            yanked=draw(st.sampled_from([None, None, None, "", "broken"])),
            has_wheel=draw(st.sampled_from([True, True, True, False])),
        )
        for version in listed
    ]
