"""A power cut at any moment leaves every recorded result and valid data, and the next run completes it."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from matrix.model import Cell
from matrix.observation import Judgement, Result
from matrix.service.artifact import RECORD, ShardRecord, record_path
from matrix.store import envelope, last_run, root
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature.drive import snapshot
from tests.store.test_store import (
    FIRST,
    NOT_INSTALLED,
    ONE,
    OTHER_LANE,
    RELEASES,
    SECOND,
    SOAKED,
    TWO,
    WITH_EXTRA,
    fill,
)
from tests.support.power import Disk, put_back

Step = Callable[[Store], object]
Known = dict[Cell | str, Result | None]


def prune_and_judge(store: Store) -> None:
    """Prune and judge, as the end of a run does."""
    store.prune()
    store.put_judgements({digest: Judgement(surface="messages.create") for digest in store.behaviours()})


STEPS: Sequence[Step] = (
    lambda store: store.put_releases(RELEASES),
    lambda store: store.put(ONE, SECOND),
    lambda store: store.put_all([(TWO, FIRST), (WITH_EXTRA, SECOND)]),
    lambda store: store.put_control("patched-3.11", TWO, SECOND),
    lambda store: store.put(OTHER_LANE, FIRST),
    lambda store: store.put_all([(ONE, NOT_INSTALLED), (TWO, SECOND), (OTHER_LANE, SECOND)]),
    lambda store: store.put_soak(SOAKED),
    prune_and_judge,
)
"""The steps of a run and of a soak: releases, changed and new results, a control, the result of a soak; unreferenced
entries and a file are removed."""


def run(folder: Path) -> None:
    """Make all steps."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        for step in STEPS:
            step(store)


def known(folder: Path) -> Known:
    """Read every measurement; none of them may be lost."""
    store = Store(folder, ANTHROPIC)
    control = store.control("patched-3.11")
    results: Known = {cell: store.result(cell) for cell in (ONE, TWO, OTHER_LANE, WITH_EXTRA)}
    return {**results, "control": control and control[1], "releases": bool(store.releases()) or None}  # type: ignore[dict-item]


def record_run(folder: Path, data: Path) -> tuple[Disk, list[tuple[int, Known]]]:
    """Record a run on a disk; list the known results after each number of changes."""
    disk = Disk(folder)
    store = Store(data, ANTHROPIC)
    history = [(0, known(data))]
    with pytest.MonkeyPatch.context() as patch:
        disk.recording(patch)
        with store.writing():
            for step in STEPS:
                step(store)
                history.append((disk.moments, known(data)))
        history.append((disk.moments, known(data)))
    return disk, history


@pytest.mark.parametrize("begun", [True, False], ids=["with data", "from nothing"])
@pytest.mark.slow
def test_a_power_cut_at_any_moment_loses_no_result(tmp_path: Path, begun: bool) -> None:
    """Earlier records remain byte for byte, all data is valid, and the same run completes it."""
    folder = tmp_path / "reports"
    folder.mkdir()
    if begun:
        fill(folder / "data")
    disk, history = record_run(folder, folder / "data")
    whole = snapshot(folder / "data")
    known_after: dict[frozenset[tuple[str, bytes]], Known] = {}
    for moment, fate, files in disk.cuts():
        key = frozenset(files.items())
        if key not in known_after:
            restored = put_back(files, tmp_path / "restored") / "data"
            known_after[key] = known(restored)
            assert [] == Store(restored, ANTHROPIC).verify(tidy=False), (moment, fate)
            run(restored)
            assert whole == snapshot(restored), (moment, fate)
            shutil.rmtree(restored.parent)
        before = max((entry for entry in history if entry[0] <= moment), key=lambda entry: entry[0])[1]
        after = min((entry for entry in history if entry[0] >= moment), key=lambda entry: entry[0])[1]
        for what, value in known_after[key].items():
            assert value in (before[what], after[what]), (moment, fate, what)
    assert disk.moments > 30
    assert len(known_after) > 20


def test_the_last_change_is_on_the_disk_at_the_end_of_a_run(tmp_path: Path) -> None:
    """Removed files do not come back; otherwise an artifact would not match its digest."""
    fill(tmp_path / "data")
    disk, _ = record_run(tmp_path / "data", tmp_path / "data")
    whole = snapshot(tmp_path / "data")
    last = [files for moment, _, files in disk.cuts() if moment == disk.moments]
    assert [whole] * len(last) == last


def test_a_complete_artifact_has_all_its_data(tmp_path: Path) -> None:
    """The record has the digest of the data, so it must not reach the disk before them."""
    folder = tmp_path / "1"
    folder.mkdir()
    fill(folder / "data")
    envelope.write(record_path(folder), RECORD, ShardRecord(plan="", suite="", shard=1, of=1))
    disk = Disk(folder)
    with pytest.MonkeyPatch.context() as patch:
        disk.recording(patch)
        run(folder / "data")
        digest = root.digest(folder / "data")
        envelope.write(record_path(folder), RECORD, ShardRecord(plan="", suite="", shard=1, of=1, data=digest))
    ended = record_path(folder).read_bytes()
    last = [(moment, fate, files) for moment, fate, files in disk.cuts() if files["shard.json"] == ended]
    for moment, fate, files in last:
        restored = put_back(files, tmp_path / f"{moment} {fate}")
        assert digest == root.digest(restored / "data"), (moment, fate)
    assert disk.moments in {moment for moment, _, _ in last}


@pytest.mark.parametrize("begun", [True, False], ids=["another day", "the first day"])
def test_a_power_cut_leaves_the_old_or_the_new_day_of_the_last_run(tmp_path: Path, begun: bool) -> None:
    """The day has a file of its own, outside of the data."""
    folder = tmp_path / "reports"
    fill(folder / "data")
    days = [(RELEASES["1.0.0"].uploaded.date().replace(day=day)) for day in (1, 2)]
    if begun:
        last_run.record(folder / "data", days[0], "0123456789abcdef", 1, "1.0.0")
    old = last_run.read(folder / "data")
    disk = Disk(folder)
    with pytest.MonkeyPatch.context() as patch:
        disk.recording(patch)
        last_run.record(folder / "data", days[1], "0123456789abcdef", 1, "1.0.0")
    new = last_run.read(folder / "data")
    days_after = []
    for moment, _, files in disk.cuts():
        restored = put_back(files, tmp_path / "again")
        days_after.append(last_run.read(restored / "data"))
        assert days_after[-1] == new if moment == disk.moments else days_after[-1] in (old, new)
        shutil.rmtree(restored)
    assert old in days_after
    assert new in days_after
