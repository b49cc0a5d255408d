"""What a benchmark found, as plain values: figures with their spread and goals, and the tables made of them.

Pure, but for reading and writing `reports/bench.json`.
"""

import datetime as dt
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

T = TypeVar("T")

FILE: Final = Path(__file__).parent.parent / "reports" / "bench.json"

_DIGITS: Final = 4
"""What a measurement on a shared machine is worth, and more."""


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was asked for; one of the two is set."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, value: float) -> bool:
        """Whether a value is good enough."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One quantity, measured once in each round.

    Attributes:
        what: In words.
        unit: Such as `s`; empty for a ratio.
        low: The least of all rounds.
        median: Of all rounds.
        high: The most of all rounds.
        goal: What was asked for, if anything was.
        met: Whether the median is good enough; None without a goal.
    """

    what: str
    unit: str
    low: float
    median: float
    high: float
    goal: Goal | None = None
    met: bool | None = None


class Section(msgspec.Struct, frozen=True):
    """What one benchmark found.

    Attributes:
        title: What was measured.
        command: What measures it again.
        measured: On which day.
        machine: Where.
        rounds: How often.
        figures: In the order in which they are shown.
    """

    title: str
    command: str
    measured: dt.date
    machine: dict[str, str]
    rounds: int
    figures: tuple[Figure, ...]


class Line(msgspec.Struct, frozen=True):
    """A straight line through points, and how well it fits: 1 is perfect."""

    slope: float
    intercept: float
    fit: float


def figure(what: str, values: Sequence[float], unit: str = "", goal: Goal | None = None) -> Figure:
    """A figure from what each round gave."""
    low, median, high = (_rounded(value) for value in (min(values), statistics.median(values), max(values)))
    return Figure(what, unit, low, median, high, goal, None if goal is None else goal.is_met(median))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Of each round the ratio: what one machine does at one time is held against what it does at the same time."""
    return [one / other for one, other in zip(above, below, strict=True)]


def line(points: Sequence[tuple[float, float]]) -> Line:
    """The line of least squares through points of two different x at least."""
    xs, ys = zip(*points, strict=True)
    slope, intercept = statistics.linear_regression(xs, ys)
    level = statistics.fmean(ys)
    spread = sum((y - level) ** 2 for y in ys)
    missed = sum((y - intercept - slope * x) ** 2 for x, y in points)
    return Line(slope, intercept, 1.0 if spread == 0 else 1 - missed / spread)


def spread(things: Sequence[T], count: int) -> list[T]:
    """So many of `things`, evenly spread, the first and the last among them; all if there are no more."""
    if count >= len(things):
        return list(things)
    if count == 1:
        return [things[-1]]
    return [things[round(at * (len(things) - 1) / (count - 1))] for at in range(count)]


def read(path: Path = FILE) -> dict[str, Section]:
    """Every section that is recorded, by the name of its benchmark."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Section]) if path.exists() else {}


def replace(path: Path, name: str, section: Section) -> None:
    """Record one section, and leave all others as they are."""
    same = msgspec.convert(msgspec.to_builtins(section), Section)  # as it is read again: 12 is 12.0
    sections = read(path) | {name: same}
    text = msgspec.json.format(msgspec.json.encode(sections, order="sorted"), indent=2)
    path.write_bytes(text + b"\n")


def markdown(sections: dict[str, Section]) -> str:
    """Return the table of docs/notes/benchmarks.md: every ratio, with its benchmark and its number of rounds."""
    rows = [
        f"| `{name}` | {what} | {median} | {between} | {section.rounds} | {goal} | {met} |"
        for name, section in sorted(sections.items())
        for what, median, between, goal, met in (cells(one) for one in section.figures if not one.unit)
    ]
    head = ["| `--only` | what | median | least to most | rounds | goal | met |", "|---|---|--:|--:|--:|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def cells(one: Figure) -> tuple[str, str, str, str, str]:
    """A figure as a row: what, median, spread, goal, and whether it was met."""
    unit = f" {one.unit}" if one.unit else ""
    met = {None: "", True: "yes", False: "no"}[one.met]
    between = f"{_number(one.low)} to {_number(one.high)}"
    return one.what, _number(one.median) + unit, between, str(one.goal or ""), met


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
