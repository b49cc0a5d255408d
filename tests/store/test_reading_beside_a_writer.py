"""Readers need no lock: whatever a writer does meanwhile, they see what holds, or are told that it does not."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from matrix.errors import StoreCorrupt
from matrix.store import store as module
from matrix.store.store import Store
from matrix.system.files import write_atomically
from matrix.targets import ANTHROPIC
from tests.store.test_power_cut import known, run
from tests.store.test_store import ONE, OTHER_LANE, TWO, WITH_EXTRA, fill

CELLS = (ONE, TWO, OTHER_LANE, WITH_EXTRA)

MOST = 20
"""More readings than it takes to read those."""


def test_a_reader_that_begins_between_two_writes_sees_what_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line, with all that it refers to."""
    folder = tmp_path / "data"
    fill(folder)
    seen = 0

    def look() -> None:
        nonlocal seen
        assert [] == Store(folder, ANTHROPIC).verify(tidy=False)
        assert known(folder)["control"] is not None
        seen += 1

    def write(target: Path, data: bytes) -> None:
        look()
        write_atomically(target, data)
        look()

    monkeypatch.setattr(module, "write_atomically", write)
    run(folder)
    assert seen > 10


class Overtaken(Store):
    """A reader that is overtaken by a whole run after so many readings."""

    def __init__(self, folder: Path, readings: int) -> None:
        super().__init__(folder, ANTHROPIC)
        self.left = readings

    def _entries(self, path: Path) -> dict[str, Any]:
        if path not in self._documents:
            if self.left == 0:
                run(self.folder)
            self.left -= 1
        return super()._entries(path)


def test_a_reader_that_a_writer_overtakes_sees_what_holds_or_is_told(tmp_path: Path) -> None:
    """A whole run between any two of its readings: a result is the old one or the new one, or refers to nothing."""
    fill(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    run(tmp_path / "new")
    possible = {cell: [Store(tmp_path / which, ANTHROPIC).result(cell) for which in ("old", "new")] for cell in CELLS}
    told: list[str] = []
    for readings in range(MOST):
        reader = Overtaken(shutil.copytree(tmp_path / "old", tmp_path / str(readings)), readings)
        for cell in CELLS:
            try:
                assert reader.result(cell) in possible[cell]
            except StoreCorrupt as failure:
                told.append(f"{failure} {failure.hint}")
    assert reader.left >= 0
    assert told
    assert all(
        "is missing, and another file refers to it. If another process is writing the data, wait for it." in one
        for one in told
    )
