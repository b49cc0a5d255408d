"""The axis of a chart: tested releases side by side, versions and years along it, and breaks by name. Pure.

Each release has the same width. Names stand only where they fit, on an ordinary window and on the smallest phone: the
most telling ones are placed first, and others must not touch them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from matrix.compare.history import Transition, transition_path
from matrix.model import Cell, Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import EpochViews
from matrix.site.marks import Mark

DESK: Final = 600
"""Pixels that the axis has at least on an ordinary window."""

PHONE: Final = 270
"""Pixels that the axis has at least on the smallest phone."""

Anchor = Literal["start", "middle", "end"]

_CHARACTER: Final = 7.0
"""Pixels of a character, on average. Texts are measured before a browser has the font, so this is rather too much."""

_GAP: Final = 8
"""Pixels between two neighbours."""

_LEAST: Final = 0.2
"""The least weight of a break that has a name on the axis, as a part of the number of releases."""


def measure(text: str) -> float:
    """Return the width of a text in pixels."""
    return len(text) * _CHARACTER


class Placed(Frozen, frozen=True):
    """A text on the axis.

    Attributes:
        x: Its place in percent of the axis.
        text: The text.
        desk: Which end of it stands there on an ordinary window; None if there is no room for it.
        phone: The same on the smallest phone.
    """

    x: float
    text: str
    desk: Anchor | None
    phone: Anchor | None


class Break(Frozen, frozen=True, kw_only=True):
    """A release on which rows of a chart change.

    Attributes:
        version: The release.
        name: What changes, in a word or two.
        rows: The number of rows that change.
        path: The path of the page of the transition in the site.
        placed: The release and the name on the axis.
    """

    version: str
    name: str
    rows: int
    path: str
    placed: Placed


class Turn(Frozen, frozen=True, kw_only=True):
    """A row that changes on a release.

    The weight of a break is the sum of those of its rows; a new HTTP library weighs as much as all releases.

    Attributes:
        name: What changes, in a word or two; empty where the row becomes available.
        scenario: The scenario of the row.
        weight: The number of releases on the shorter side of the change.
    """

    name: str
    scenario: str
    weight: int


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """The axis of one lane.

    Attributes:
        lane: The lane.
        versions: The tested releases, oldest first.
        index: Each of them with its place.
        ticks: Versions along the axis.
        years: The first release of each year.
        swaps: The releases that change to another HTTP library, each with its name.
        transitions: Release to the transition that it begins.
    """

    lane: Lane
    versions: tuple[str, ...]
    index: Mapping[str, int]
    ticks: tuple[Placed, ...]
    years: tuple[Placed, ...]
    swaps: Mapping[str, str]
    transitions: Mapping[str, Transition]

    def part(self, version: str) -> float:
        """Return where a release begins, as a part of the axis."""
        return self.index[version] / len(self.versions)


def axis_of(known: EpochViews, lane: Lane) -> Axis:
    """Lay out the axis of a lane."""
    versions = tuple(version for view in known.views[lane] for version in view.epoch.versions)
    return Axis(
        lane=lane,
        versions=versions,
        index={version: place for place, version in enumerate(versions)},
        ticks=place(_version_ticks(known, versions)),
        years=place(_year_ticks(known, versions)),
        swaps=_swaps(known, lane, versions),
        transitions={transition.after: transition for transition in known.histories[lane].transitions},
    )


def name_breaks(known: EpochViews, axis: Axis, turns: Mapping[str, Sequence[Turn]]) -> tuple[Break, ...]:
    """Name the releases on which rows change, and those with another HTTP library; oldest first.

    Args:
        known: The views of the first-party client, whose transitions have pages.
        axis: The axis.
        turns: Release to the rows that change on it.
    """
    turning = turns.keys() | axis.swaps.keys()
    versions = [version for version in axis.versions if version in turning & axis.transitions.keys()]
    names = {
        version: axis.swaps.get(version) or _most_common(_name(known, axis, version, turn) for turn in turns[version])
        for version in versions
    }
    weights = {
        version: sum(turn.weight for turn in turns.get(version, ())) + len(axis.versions) * (version in axis.swaps)
        for version in versions
    }
    named = [version for version in versions if weights[version] >= _LEAST * len(axis.versions)]
    texts = {version: f"{brief(version)} {names[version]}" for version in versions}
    wishes: list[Wish] = [(-weights[version], axis.part(version), texts[version], "start") for version in named]
    placed = dict(zip(named, place(wishes), strict=True))
    return tuple(
        Break(
            version=version,
            name=names[version],
            rows=len(turns.get(version, ())),
            path=transition_path(axis.lane, axis.transitions[version]),
            placed=placed.get(version) or Placed(round(100 * axis.part(version), 2), texts[version], None, None),
        )
        for version in versions
    )


def brief(version: str) -> str:
    """Return a version without a last part that is zero: `0.87` for 0.87.0."""
    return version.removesuffix(".0") if version.count(".") > 1 else version


def _most_common(names: Iterable[str]) -> str:
    return Counter(names).most_common(1)[0][0]


def _name(known: EpochViews, axis: Axis, version: str, turn: Turn) -> str:
    return turn.name or _name_usable(known, axis.lane, axis.transitions[version], turn.scenario)


def _name_usable(known: EpochViews, lane: Lane, transition: Transition, scenario: str) -> str:
    """Name the start of releases that can be used.

    It is the HTTP library, with its version, if the release before can be used with the version of its day.
    """
    before, dated = transition.before, known.by_release.get((transition.before, Lane.AS_RELEASED))
    call = dated.calls.get(Call(dated.surface, scenario)) if dated else None
    if lane is Lane.TODAY and call is not None and call.mark is not Mark.UNAVAILABLE:
        old, new = (_transport(known, before, each) for each in (Lane.AS_RELEASED, Lane.TODAY))
        if old and new and old[0] == new[0] and old[1] != new[1]:
            return f"{new[0]} {'.'.join(new[1].split('.')[:2])}"
    return "usable"


def _transport(known: EpochViews, version: str, lane: Lane) -> tuple[str, str] | None:
    """Return the HTTP library under a release and its version; None if none or several are installed."""
    target, result = known.source.target, known.source.results.get(Cell(version, lane, known.source.python))
    if result is None or result.lock is None:
        return None
    names = {target.transport.module, *target.transport.aliases}
    installed = [(name, found) for name, found in target.dependencies(result.lock.pins).items() if name in names]
    return installed[0] if len(installed) == 1 else None


def _swaps(known: EpochViews, lane: Lane, versions: Sequence[str]) -> dict[str, str]:
    swaps: dict[str, str] = {}
    before = ""
    for version in versions:
        if transport := _transport(known, version, lane):
            if before and before != transport[0]:
                swaps[version] = transport[0]
            before = transport[0]
    return swaps


Wish = tuple[float, float, str, Anchor]
"""A text that wants a place: its rank, lowest first; its place as a part of the axis; itself; its end at that place."""


def place(wishes: Sequence[Wish]) -> tuple[Placed, ...]:
    """Give each text a place where there is room; what fits on a phone keeps its place on a desk."""
    phone = _fit(wishes, PHONE, {})
    desk = _fit(wishes, DESK, phone)
    return tuple(
        Placed(round(100 * x, 2), text, desk.get(number), phone.get(number))
        for number, (_, x, text, _) in enumerate(wishes)
    )


def _fit(wishes: Sequence[Wish], pixels: int, first: Mapping[int, Anchor]) -> dict[int, Anchor]:
    order = sorted(range(len(wishes)), key=lambda number: (number not in first, wishes[number][0], number))
    anchors: dict[int, Anchor] = {}
    taken: list[tuple[float, float]] = []
    for number in order:
        _, x, text, anchor = wishes[number]
        sides: tuple[Anchor, ...] = ("start", "end") if anchor == "start" else (anchor,)
        for each in (first[number],) if number in first else sides:
            begin, end = _extent(x * pixels, measure(text), each)
            if begin < 0 or end > pixels or any(begin < right + _GAP and left - _GAP < end for left, right in taken):
                continue
            anchors[number] = each
            taken.append((begin, end))
            break
    return anchors


def _extent(x: float, width: float, anchor: str) -> tuple[float, float]:
    begin = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    return begin, begin + width


def _version_ticks(known: EpochViews, versions: Sequence[str]) -> list[Wish]:
    """Wish for the oldest and the newest version, then the first of each major version, and of each minor version."""
    wishes: list[Wish] = []
    before = None
    for number, version in enumerate(versions):
        parsed = known.source.releases[version].parsed
        if before is None or number == len(versions) - 1:
            wishes.append(
                (
                    0,
                    (number + (before is not None)) / len(versions),
                    brief(version),
                    "start" if before is None else "end",
                )
            )
        elif parsed.major != before.major:
            wishes.append((1, number / len(versions), brief(version), "middle"))
        elif parsed.minor // 10 != before.minor // 10:
            wishes.append((2, number / len(versions), brief(version), "middle"))
        elif parsed.minor != before.minor:
            wishes.append((3, number / len(versions), brief(version), "middle"))
        before = parsed
    return wishes


def _year_ticks(known: EpochViews, versions: Sequence[str]) -> list[Wish]:
    """Wish for each year at its first release; a backport is no first release."""
    wishes: list[Wish] = []
    year = 0
    for number, version in enumerate(versions):
        if (uploaded := known.source.releases[version].uploaded.year) > year:
            wishes.append((0, number / len(versions), str(uploaded), "start"))
            year = uploaded
    return wishes
