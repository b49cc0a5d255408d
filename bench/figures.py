"""The results of a benchmark as plain values: figures with their spread and goals, and tables of them.

Pure, except for reading and writing `reports/bench.json`.
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
"""The number of significant digits in a record; measurements on a shared machine are less precise."""


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A limit for a figure; one of the attributes is set.

    Attributes:
        at_least: The least value that meets the goal.
        at_most: The greatest value that meets the goal.
    """

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, value: float) -> bool:
        """Check whether a value meets the goal."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One quantity, measured once in each round.

    Attributes:
        what: The name of the quantity.
        unit: The unit, such as `s`; empty for a ratio.
        low: The least value of all rounds.
        median: The median of all rounds.
        high: The greatest value of all rounds.
        goal: The limit for the median; None if there is none.
        met: Whether the median meets the goal; None without a goal.
    """

    what: str
    unit: str
    low: float
    median: float
    high: float
    goal: Goal | None = None
    met: bool | None = None


class Section(msgspec.Struct, frozen=True):
    """The results of one benchmark.

    Attributes:
        title: The title of the benchmark.
        command: The command that measures it again.
        measured: The day of the measurement, in UTC.
        machine: The cores, Python and system of the machine, as `measure.machine` describes them.
        rounds: The number of rounds.
        figures: The figures, in the order in which they are shown.
    """

    title: str
    command: str
    measured: dt.date
    machine: dict[str, str]
    rounds: int
    figures: tuple[Figure, ...]


class Line(msgspec.Struct, frozen=True):
    """A straight line through points.

    Attributes:
        slope: The increase of y for each unit of x.
        intercept: The value of y at x = 0.
        fit: The coefficient of determination (R²); 1 is a perfect fit.
    """

    slope: float
    intercept: float
    fit: float


def figure(what: str, values: Sequence[float], unit: str = "", goal: Goal | None = None) -> Figure:
    """Make a figure from the value of each round."""
    low, median, high = (_rounded(value) for value in (min(values), statistics.median(values), max(values)))
    return Figure(what, unit, low, median, high, goal, None if goal is None else goal.is_met(median))


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Compute the ratio of each round, so that both values were measured on one machine at about the same time."""
    return [numerator / denominator for numerator, denominator in zip(above, below, strict=True)]


def line(points: Sequence[tuple[float, float]]) -> Line:
    """Fit a line of least squares through points with at least two different x."""
    xs, ys = zip(*points, strict=True)
    slope, intercept = statistics.linear_regression(xs, ys)
    level = statistics.fmean(ys)
    spread = sum((y - level) ** 2 for y in ys)
    missed = sum((y - intercept - slope * x) ** 2 for x, y in points)
    return Line(slope, intercept, 1.0 if spread == 0 else 1 - missed / spread)


def spread(things: Sequence[T], count: int) -> list[T]:
    """Choose `count` of `things`, evenly spread, with the first and the last; all if there are no more."""
    if count >= len(things):
        return list(things)
    if count == 1:
        return [things[-1]]
    return [things[round(at * (len(things) - 1) / (count - 1))] for at in range(count)]


def read(path: Path = FILE) -> dict[str, Section]:
    """Read the recorded sections, by the name of their benchmark."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Section]) if path.exists() else {}


def replace(path: Path, name: str, section: Section) -> None:
    """Record one section, and leave all others unchanged."""
    converted = msgspec.convert(msgspec.to_builtins(section), Section)  # writes 12 as 12.0, as a later read would
    sections = read(path) | {name: converted}
    text = msgspec.json.format(msgspec.json.encode(sections, order="sorted"), indent=2)
    path.write_bytes(text + b"\n")


def markdown(sections: dict[str, Section]) -> str:
    """Return the table of docs/notes/benchmarks.md: every ratio, with its benchmark and its number of rounds."""
    rows = [
        f"| `{name}` | {what} | {median} | {between} | {section.rounds} | {goal} | {met} |"
        for name, section in sorted(sections.items())
        for what, median, between, goal, met in (cells(row) for row in section.figures if not row.unit)
    ]
    head = ["| `--only` | what | median | least to most | rounds | goal | met |", "|---|---|--:|--:|--:|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def cells(row: Figure) -> tuple[str, str, str, str, str]:
    """Format a figure as a row: what, median, spread, goal, and whether it was met."""
    unit = f" {row.unit}" if row.unit else ""
    met = {None: "", True: "yes", False: "no"}[row.met]
    between = f"{_number(row.low)} to {_number(row.high)}"
    return row.what, _number(row.median) + unit, between, str(row.goal or ""), met


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
