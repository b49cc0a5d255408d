"""The power may go at any moment: what was recorded is there, what is there holds, and the next run completes it."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from matrix.model import Cell
from matrix.observation import Judgement, Result
from matrix.service import artifact
from matrix.service.artifact import RECORD, ShardRecord, record_path
from matrix.store import envelope, last_run
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.store.test_store import (
    FIRST,
    NOT_INSTALLED,
    ONE,
    OTHER_LANE,
    RELEASES,
    SECOND,
    TWO,
    WITH_EXTRA,
    contents,
    fill,
)
from tests.support.power import Disk, put_back

Step = Callable[[Store], object]
Known = dict[Cell | str, Result | None]


def judged(store: Store) -> None:
    """What a run ends with."""
    store.prune()
    store.put_judgements({digest: Judgement(surface="messages.create") for digest in store.behaviours()})


STEPS: Sequence[Step] = (
    lambda store: store.put_releases(RELEASES),
    lambda store: store.put(ONE, SECOND),
    lambda store: store.put_all([(TWO, FIRST), (WITH_EXTRA, SECOND)]),
    lambda store: store.put_control("patched-3.11", TWO, SECOND),
    lambda store: store.put(OTHER_LANE, FIRST),
    lambda store: store.put_all([(ONE, NOT_INSTALLED), (TWO, SECOND), (OTHER_LANE, SECOND)]),
    judged,
)
"""What a run does: releases, results that change or are new, a control; what nothing refers to goes, a file too."""


def run(folder: Path) -> None:
    """All of it."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        for step in STEPS:
            step(store)


def known(folder: Path) -> Known:
    """Everything that was measured; nothing of this may be lost."""
    store = Store(folder, ANTHROPIC)
    control = store.control("patched-3.11")
    found: Known = {cell: store.result(cell) for cell in (ONE, TWO, OTHER_LANE, WITH_EXTRA)}
    return {**found, "control": control and control[1], "releases": bool(store.releases()) or None}  # type: ignore[dict-item]


def recorded(folder: Path, data: Path) -> tuple[Disk, list[tuple[int, Known]]]:
    """A run, taken down; and what was known after so many changes."""
    disk = Disk(folder)
    store = Store(data, ANTHROPIC)
    history = [(0, known(data))]
    with pytest.MonkeyPatch.context() as patch:
        disk.recording(patch)
        with store.writing():
            for step in STEPS:
                step(store)
                history.append((disk.moments, known(data)))
    return disk, history


@pytest.mark.parametrize("begun", [True, False], ids=["with data", "from nothing"])
@pytest.mark.slow
def test_a_power_cut_at_any_moment_loses_nothing(tmp_path: Path, begun: bool) -> None:
    """What was recorded before is there, byte for byte; all that is there holds; the same run makes it whole."""
    folder = tmp_path / "reports"
    folder.mkdir()
    if begun:
        fill(folder / "data")
    disk, history = recorded(folder, folder / "data")
    whole = contents(folder / "data")
    seen: dict[frozenset[tuple[str, bytes]], Known] = {}
    for moment, fate, found in disk.cuts():
        key = frozenset(found.items())
        if key not in seen:
            again = put_back(found, tmp_path / "again") / "data"
            seen[key] = known(again)
            assert [] == Store(again, ANTHROPIC).verify(tidy=False), (moment, fate)
            run(again)
            assert whole == contents(again), (moment, fate)
            shutil.rmtree(again.parent)
        before = max((one for one in history if one[0] <= moment), key=lambda one: one[0])[1]
        after = min((one for one in history if one[0] >= moment), key=lambda one: one[0])[1]
        for what, value in seen[key].items():
            assert value in (before[what], after[what]), (moment, fate, what)
    assert disk.moments > 30
    assert len(seen) > 20


def test_what_was_written_last_is_there_as_soon_as_the_run_ends(tmp_path: Path) -> None:
    """And what was removed last does not come back, or the digest of an artifact would not be that of its data."""
    fill(tmp_path / "data")
    disk, _ = recorded(tmp_path / "data", tmp_path / "data")
    whole = contents(tmp_path / "data")
    last = [found for moment, _, found in disk.cuts() if moment == disk.moments]
    assert [whole] * len(last) == last


def test_an_artifact_that_says_that_it_has_ended_has_all_its_data(tmp_path: Path) -> None:
    """Its record has the digest of the data, so it must not outlive them."""
    folder = tmp_path / "1"
    folder.mkdir()
    fill(folder / "data")
    envelope.write(record_path(folder), RECORD, ShardRecord(plan="", suite="", shard=1, of=1))
    disk = Disk(folder)
    with pytest.MonkeyPatch.context() as patch:
        disk.recording(patch)
        run(folder / "data")
        digest = artifact.digest_data(Store(folder / "data", ANTHROPIC))
        envelope.write(record_path(folder), RECORD, ShardRecord(plan="", suite="", shard=1, of=1, data=digest))
    ended = record_path(folder).read_bytes()
    last = [(moment, fate, found) for moment, fate, found in disk.cuts() if found["shard.json"] == ended]
    for moment, fate, found in last:
        again = put_back(found, tmp_path / f"{moment} {fate}")
        assert digest == artifact.digest_data(Store(again / "data", ANTHROPIC)), (moment, fate)
    assert disk.moments in {moment for moment, _, _ in last}


@pytest.mark.parametrize("begun", [True, False], ids=["another day", "the first"])
def test_the_day_of_the_last_good_run_is_the_old_one_or_the_new_one(tmp_path: Path, begun: bool) -> None:
    """In a file of its own, beside the data."""
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
    seen = []
    for moment, _, found in disk.cuts():
        again = put_back(found, tmp_path / "again")
        seen.append(last_run.read(again / "data"))
        assert seen[-1] == new if moment == disk.moments else seen[-1] in (old, new)
        shutil.rmtree(again)
    assert old in seen
    assert new in seen
