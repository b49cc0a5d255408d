"""Costs of measurements, and the division of a run's time among its cells."""

import hashlib
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import StoreCorrupt
from matrix.model import Cell, Lane
from matrix.observation import Judgement, Outcome
from matrix.service.artifact import RECORD, ShardRecord
from matrix.service.costs import DEFAULT_COSTS, MAX_SECONDS, CellKind, Cost, TimeShares, classify_cell, update_costs
from matrix.service.planner import COSTS
from matrix.store import envelope

PLAIN = Cell("1.0.0", Lane.TODAY, "3.11")
OTHER = Cell("1.0.0", Lane.AS_RELEASED, "3.11")
EXTRA = Cell("1.0.0", Lane.TODAY, "3.11", "aiohttp")
FINE = Judgement(surface="messages.create")


@pytest.mark.parametrize(
    ("cell", "outcome", "judgement", "expected"),
    [
        (PLAIN, Outcome.COMPLETED, FINE, CellKind.PLAIN),
        (PLAIN, Outcome.COMPLETED, None, CellKind.PLAIN),
        (EXTRA, Outcome.COMPLETED, FINE, CellKind.EXTRA),
        (PLAIN, Outcome.COMPLETED, Judgement(surface="", unusable="no client"), CellKind.UNUSABLE),
        (PLAIN, Outcome.COMPLETED, Judgement(surface="", hangs=("reset",)), CellKind.HANGING),
        (PLAIN, Outcome.CANNOT_IMPORT, None, CellKind.NOT_PLAYED),
        (EXTRA, Outcome.CANNOT_INSTALL, None, CellKind.NOT_PLAYED),
    ],
)
def test_a_cell_has_a_kind(cell: Cell, outcome: Outcome, judgement: Judgement | None, expected: CellKind) -> None:
    """Check the facts that say how long it takes."""
    assert expected is classify_cell(cell, outcome, judgement)


def test_every_kind_has_a_default_cost() -> None:
    """Check costs before any measurement."""
    assert (set(CellKind), True) == (set(DEFAULT_COSTS), all(cost.seconds > 0 for cost in DEFAULT_COSTS.values()))


@pytest.mark.parametrize(
    ("known", "samples", "expected"),
    [
        ({}, [], {}),
        ({}, [1.0, 2.0, 9.0], {CellKind.PLAIN: Cost(2.0, 3)}),
        ({CellKind.PLAIN: Cost(4.0, 3)}, [1.0, 2.0, 9.0], {CellKind.PLAIN: Cost(3.0, 6)}),
        ({CellKind.PLAIN: Cost(4.0, 700)}, [2.0] * 100, {CellKind.PLAIN: Cost(3.0, 200)}),
        ({CellKind.EXTRA: Cost(4.0, 3)}, [1.0], {CellKind.PLAIN: Cost(1.0, 1), CellKind.EXTRA: Cost(4.0, 3)}),
        ({}, [0.0], {CellKind.PLAIN: Cost(0.1, 1)}),
    ],
)
def test_costs_are_updated_with_measurements(
    known: dict[CellKind, Cost], samples: list[float], expected: dict[CellKind, Cost]
) -> None:
    """Check the median, and that a hundred cells of the past count."""
    assert expected == update_costs(known, [(CellKind.PLAIN, seconds) for seconds in samples])


OUT_OF_BOUNDS: Final = ("1e308", "1e999", "-1", "-1e-9", "86401", "1" + "0" * 400, "NaN", "Infinity", "null", '"1"')
"""Seconds that no cell takes, as JSON."""


@pytest.mark.parametrize("seconds", OUT_OF_BOUNDS)
def test_seconds_out_of_bounds_are_refused_where_they_are_read(tmp_path: Path, seconds: str) -> None:
    """Check the costs and the record of a shard, each with a digest that fits."""
    of_cells = f'{{"plain":{{"seconds":{seconds},"cells":3}}}}'
    with pytest.raises(StoreCorrupt, match="can't be read"):
        envelope.read(sealed(tmp_path, COSTS, of_cells), COSTS, dict[CellKind, Cost])
    with pytest.raises(StoreCorrupt, match="can't be read"):
        envelope.read(sealed(tmp_path, RECORD, record_of(seconds)), RECORD, ShardRecord)


@pytest.mark.parametrize("cells", ["-1", "1000001", "1.5", "1" + "0" * 400])
def test_counts_out_of_bounds_are_refused_where_they_are_read(tmp_path: Path, cells: str) -> None:
    """Check the weight of a mean."""
    path = sealed(tmp_path, COSTS, f'{{"plain":{{"seconds":1.5,"cells":{cells}}}}}')
    with pytest.raises(StoreCorrupt, match="can't be read"):
        envelope.read(path, COSTS, dict[CellKind, Cost])


def test_the_largest_seconds_are_read_and_stay_in_bounds(tmp_path: Path) -> None:
    """Check the limit itself, and a mean of sums that exceed it."""
    text = f'{{"plain":{{"seconds":{MAX_SECONDS},"cells":3}}}}'
    costs = envelope.read(sealed(tmp_path, COSTS, text), COSTS, dict[CellKind, Cost])
    assert {CellKind.PLAIN: Cost(MAX_SECONDS, 3)} == costs
    record = envelope.read(sealed(tmp_path, RECORD, record_of(str(MAX_SECONDS))), RECORD, ShardRecord)
    assert [MAX_SECONDS] == [measured.seconds for measured in record.cells]
    assert {CellKind.PLAIN: Cost(MAX_SECONDS, 4)} == update_costs(costs, [(CellKind.PLAIN, 2 * MAX_SECONDS)])
    shares = TimeShares()
    shares.begin(PLAIN, 0.0)
    assert MAX_SECONDS == shares.end(PLAIN, 1e9)


def record_of(seconds: str) -> str:
    """Return the canonical record of a shard with a cell that took so long."""
    cell = '{"version":"1.0.0","lane":"today","python":"3.11"}'
    return f'{{"plan":"","suite":"","shard":1,"of":1,"cells":[{{"cell":{cell},"seconds":{seconds}}}]}}'


def sealed(folder: Path, name: str, value: str) -> Path:
    """Write a document with this value and the right digest, and return its path."""
    schema = f"midstream/{name}/1"
    digest = hashlib.sha256(f"{schema}\n{value}".encode()).hexdigest()
    path = folder / f"{name}.json"
    path.write_text(f'{{"schema": "{schema}",\n"digest": "{digest}",\n"value": {value}}}\n', encoding="utf-8")
    return path


def test_time_is_divided_among_running_cells() -> None:
    """Check ten seconds alone, and ten with another cell."""
    shares = TimeShares()
    shares.begin(PLAIN, 100.0)
    shares.begin(OTHER, 110.0)
    assert (15.0, 5.0) == (shares.end(PLAIN, 120.0), shares.end(OTHER, 120.0))


def test_a_cell_that_never_started_has_no_share() -> None:
    """Check that it takes none of the others."""
    assert 0.0 == TimeShares().end(PLAIN, 5.0)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 50)), min_size=1, max_size=8))
def test_shares_add_up_to_the_time_of_the_run(spans: list[tuple[float, float]]) -> None:
    """Check overlapping cells."""
    cells = [Cell(f"1.{number}", Lane.TODAY, "3.11") for number in range(len(spans))]
    times = [(begin, True, cell) for cell, (begin, _) in zip(cells, spans, strict=True)]
    times += [(begin + length, False, cell) for cell, (begin, length) in zip(cells, spans, strict=True)]
    shares, total, busy, running, last = TimeShares(), 0.0, 0.0, 0, 0.0
    for now, begins, cell in sorted(times):
        busy += now - last if running else 0.0
        running, last = running + (1 if begins else -1), now
        if begins:
            shares.begin(cell, now)
        else:
            total += shares.end(cell, now)
    assert busy == pytest.approx(total)
