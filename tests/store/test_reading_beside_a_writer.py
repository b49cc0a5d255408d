"""Readers need no lock: while a writer works, they read valid data or fail with a message that says so."""

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
"""More readings than the results of these cells take."""


def test_a_reader_that_begins_between_two_writes_reads_valid_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every reference has its entry."""
    folder = tmp_path / "data"
    fill(folder)
    readings = 0

    def look() -> None:
        nonlocal readings
        assert [] == Store(folder, ANTHROPIC).verify(tidy=False)
        assert known(folder)["control"] is not None
        readings += 1

    def write(target: Path, data: bytes) -> None:
        look()
        write_atomically(target, data)
        look()

    monkeypatch.setattr(module, "write_atomically", write)
    run(folder)
    assert readings > 10


class Overtaken(Store):
    """A reader that a whole run overtakes after so many readings."""

    def __init__(self, folder: Path, readings: int) -> None:
        super().__init__(folder, ANTHROPIC)
        self.left = readings

    def _entries(self, path: Path) -> dict[str, Any]:
        if path not in self._documents:
            if self.left == 0:
                run(self.folder)
            self.left -= 1
        return super()._entries(path)


def test_an_overtaken_reader_reads_valid_data_or_reports_a_missing_entry(tmp_path: Path) -> None:
    """A whole run comes between two readings: a result is the old one or the new one, or lacks an entry."""
    fill(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    run(tmp_path / "new")
    possible = {cell: [Store(tmp_path / which, ANTHROPIC).result(cell) for which in ("old", "new")] for cell in CELLS}
    messages: list[str] = []
    for readings in range(MOST):
        reader = Overtaken(shutil.copytree(tmp_path / "old", tmp_path / str(readings)), readings)
        for cell in CELLS:
            try:
                assert reader.result(cell) in possible[cell]
            except StoreCorrupt as failure:
                messages.append(f"{failure} {failure.hint}")
    assert reader.left >= 0
    assert messages
    assert all(
        "is missing, and another file refers to it. If another process is writing the data, wait for it." in message
        for message in messages
    )
