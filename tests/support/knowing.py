"""Build knowledge about invented releases: as plain values, and as a folder of data.

`released()` states only what differs from the usual release, which is measured in both lanes and names its errors.
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
from matrix.observation import NO_SUCH_CLIENT, Judgement, Outcome, Provenance
from matrix.store import root
from matrix.store.documents import JUDGEMENTS, RELEASES, StoredResult, address, cells_path, render
from matrix.store.knowledge import Knowledge, Measurement
from matrix.store.soaks import SoakResult, SoakSet
from matrix.store.store import Store
from matrix.targets import ANTHROPIC

RELAXED = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=60
)
"""Examples have no deadline: the machine may be busy."""

SUITE: Final = "0123456789abcdef"
MEASURED: Final = dt.date(2026, 6, 1)
PYTHON: Final = "3.11"

SCENARIOS: Final = ("clean", "http-api_error", "mid-overloaded_error", "first-api_error", "eof-mid", "reset")
"""The judged scenarios. They are in the catalogue, since advice looks up their families there."""

TYPED: Final = Judgement(
    surface="messages.create",
    error="200 APIStatusError, type overloaded_error",
    typed=True,
    silent=("eof-mid",),
    scenarios=SCENARIOS,
    handlers={"by-type": "rrrrsm", "by-class": "rrmmsr", "always": "nrrrsr", "remedy": "rrrrrr"},
)
"""A release whose errors name their type."""

NAMELESS: Final = msgspec.structs.replace(
    TYPED,
    error="200 APIStatusError",
    typed=False,
    handlers={"by-type": "rccccc", "by-class": "rccrsr", "always": "nrrrsr", "remedy": "rrrrrr"},
    crashes={"by-type": "AttributeError", "by-class": "ImportError"},
)
"""A release whose errors do not name their type."""

DOCUMENTED: Final = msgspec.structs.replace(
    TYPED, error="529 OverloadedError", typed=False, documented=True, silent=(), handlers={"remedy": "rrrrrr"}
)
"""A release that raises what the API documents."""

FEW: Final = ("clean", "http-overloaded_error", "mid-overloaded_error")
"""The scenarios of a client that plays few."""

BEDROCK: Final = msgspec.structs.replace(
    NAMELESS, surface="bedrock.messages.create", error="completed, no exception", silent=("mid-overloaded_error",)
)
"""Bedrock on a release that ends silently where the server is overloaded."""

VERTEX: Final = Judgement(
    surface="vertex.messages.create",
    error="200 APIStatusError, type overloaded_error",
    typed=True,
    scenarios=FEW,
    handlers={"by-type": "rrr", "by-class": "rrm", "always": "nrr", "remedy": "rrr"},
)
"""A client that names its errors, and plays few scenarios."""

NO_FOUNDRY: Final = Judgement(surface="foundry.messages.create", unusable=NO_SUCH_CLIENT)

HANGING: Final = msgspec.structs.replace(TYPED, hangs=("bad-chunk-size",))
LEGACY: Final = msgspec.structs.replace(NAMELESS, surface="completions.create")
NO_CLIENT: Final = Judgement(surface="messages.create", unusable="no client can be made: TypeError, got 'proxies'")

NOW: Final = MappingProxyType(
    {"anyio": "4.9.0", "h11": "0.16.0", "httpcore": "1.0.9", "httpx": "0.28.1", "idna": "3.10"}
)
"""The dependencies that are installed with a release today."""
THEN: Final = MappingProxyType(
    {"anyio": "4.4.0", "h11": "0.14.0", "httpcore": "1.0.5", "httpx": "0.27.0", "idna": "3.7"}
)
"""The dependencies that were installed with it on the day of its upload."""

LaneResult = Judgement | Outcome | None
"""The result of a cell: a judgement, the reason why the suite was not played, or None if it was not measured."""


class MeasuredRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release with its results in both lanes."""

    version: str
    today: LaneResult = TYPED
    own: LaneResult = TYPED
    now: Mapping[str, str] = NOW
    then: Mapping[str, str] = THEN
    extras: Mapping[str, Judgement] = {}
    clients: Mapping[str, Judgement] = {}
    day: dt.date = dt.date(2026, 1, 1)
    requires_python: str | None = ">=3.8"
    yanked: str | None = None
    has_wheel: bool = True

    @property
    def release(self) -> Release:
        """Return the release as the index lists it."""
        return Release(
            version=self.version,
            uploaded=dt.datetime.combine(self.day, dt.time(12), dt.UTC),
            requires_python=self.requires_python,
            yanked=self.yanked,
            wheels=(Distribution(filename=f"anthropic-{self.version}-py3-none-any.whl"),) if self.has_wheel else (),
        )

    def in_lane(self, lane: Lane) -> tuple[LaneResult, Mapping[str, str]]:
        """Return its result in a lane, and the dependencies there."""
        return (self.today, self.now) if lane is Lane.TODAY else (self.own, self.then)


def released(version: str, measured: LaneResult = TYPED, **facets: Any) -> MeasuredRelease:
    """Build a release with one result in both lanes; `own` overrides the lane as-released."""
    return MeasuredRelease(version=version, today=measured, own=facets.pop("own", measured), **facets)


def by_version(releases: Iterable[MeasuredRelease]) -> list[MeasuredRelease]:
    """Sort releases, oldest version first."""
    return sorted(releases, key=lambda release: Version(release.version))


def soaked(anyio: str, hangs: int, era: str = "", calls: int = 1000) -> SoakResult:
    """Build the result of the soak of one set, which has a version of anyio."""
    return SoakResult(
        set=SoakSet(era=era, pins=(f"anyio=={anyio}",)),
        version="1.0.0",
        lane=Lane.TODAY,
        python=PYTHON,
        calls=calls,
        hangs=hangs,
        deadline=5.0,
        measured=MEASURED,
        interpreter="CPython 3.11.7",
        system="Linux x86_64",
    )


def knowledge(*releases: MeasuredRelease, python: str = PYTHON, soaks: Iterable[SoakResult] = ()) -> Knowledge:
    """Build the knowledge about some releases."""
    known = {}
    for release in by_version(releases):
        for lane in Lane:
            measured, lock = release.in_lane(lane)
            if measured is None:
                continue
            is_judged = isinstance(measured, Judgement)
            known[release.version, lane] = Measurement(
                outcome=Outcome.COMPLETED if isinstance(measured, Judgement) else measured,
                reason="" if is_judged else REASON,
                lock=dict(lock),
                judgement=measured if isinstance(measured, Judgement) else None,
                extras=dict(release.extras),
                clients=dict(release.clients),
            )
    return Knowledge(
        target=ANTHROPIC,
        releases=tuple(spec.release for spec in by_version(releases)),
        measurements=known,
        python=python,
        measured=MEASURED if known else None,
        suite=SUITE if known else "",
        soaks=tuple(soaks),
    )


REASON: Final = "builtins.ImportError: cannot import name 'Transport'"
"""The reason of every failed import."""


def write(
    folder: Path, *releases: MeasuredRelease, python: str = PYTHON, suite: str = SUITE, day: dt.date = MEASURED
) -> Path:
    """Write the releases into a folder of data, keep the lanes that it has, and return it."""
    (folder / "cells").mkdir(parents=True, exist_ok=True)
    cells: dict[Path, dict[str, StoredResult]] = {}
    judgements = Store(folder, ANTHROPIC).judgements().copy()
    provenance = Provenance(measured=day, interpreter="CPython 3.11.7", system="Linux x86_64", uv="0.8.0")
    for release in releases:
        for lane in Lane:
            measured, lock = release.in_lane(lane)
            if measured is None:
                continue
            for extra, cell_result in {"": measured, **release.extras}.items():
                behaviour = address(cell_result) if isinstance(cell_result, Judgement) else ""
                if isinstance(cell_result, Judgement):
                    others = {} if extra else dict(release.clients)
                    judgements[behaviour] = msgspec.structs.replace(cell_result, clients=others)
                stored = StoredResult(
                    suite=suite,
                    outcome=Outcome.COMPLETED if isinstance(cell_result, Judgement) else cell_result,
                    provenance=provenance,
                    lock=tuple(
                        sorted(f"{name}=={pin}" for name, pin in {**lock, "anthropic": release.version}.items())
                    ),
                    behaviour=behaviour,
                    reason="" if isinstance(cell_result, Judgement) else REASON,
                )
                cells.setdefault(cells_path(Cell(release.version, lane, python, extra)), {})[release.version] = stored
    written: dict[Path, Any] = {**cells, RELEASES: {spec.version: spec.release for spec in by_version(releases)}}
    if judgements:
        written[JUDGEMENTS] = judgements
    root.forget(folder)
    with root.recording(folder):
        for path, entries in written.items():
            (folder / path).write_bytes(render(path, entries))
    return folder


def entry(specifier: str = "", **facets: Any) -> ManifestEntry:
    """Build a requirement in the first line of a file."""
    return ManifestEntry(place=facets.pop("place", Place("requirements.txt", 1)), specifier=specifier, **facets)


# Strategies.

versions = st.builds(
    "{}.{}.{}{}".format,
    st.integers(0, 2),
    st.integers(0, 4),
    st.integers(0, 2),
    st.sampled_from(["", "", "", "", "a1", "rc2", ".dev1", ".post1"]),
)
"""Versions of known and unknown releases."""

clauses = st.one_of(
    st.builds("{}{}".format, st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~=", "==="]), versions),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), st.sampled_from(["0", "1", "0.1", "1.2", "2.0"])),
)
specifiers = st.lists(clauses, max_size=3).map(",".join)
"""Specifiers of every PEP 440 operator, some of which allow nothing."""

_letters = st.text("rmcsnu", min_size=len(SCENARIOS), max_size=len(SCENARIOS))
_judgements = st.builds(
    lambda base, by_type, by_class: msgspec.structs.replace(
        base, handlers={**base.handlers, "by-type": by_type, "by-class": by_class}
    ),
    st.sampled_from([TYPED, NAMELESS, HANGING, LEGACY]),
    _letters,
    _letters,
)
_measured: st.SearchStrategy[LaneResult] = st.one_of(
    _judgements, st.sampled_from([None, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL, NO_CLIENT])
)


@st.composite
def histories(draw: st.DrawFn, min_size: int = 1) -> list[MeasuredRelease]:
    """Draw releases in any order, measured or not."""
    listed = draw(st.lists(versions, min_size=min_size, max_size=8, unique_by=Version))
    return [
        MeasuredRelease(
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
