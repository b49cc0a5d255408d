"""Plan, shards, merge: what comes of it is what one run gives, and what does not hold is refused.

Two shards of seven miniatures are measured once; what damages them does so in a copy.
"""

import contextlib
import errno
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from matrix import errors
from matrix.errors import StoreCorrupt, UsageError
from matrix.harness.upkeep import prune_and_judge
from matrix.model import Cell, Lane
from matrix.service import merge
from matrix.service.artifact import PLAN, RECORD, FailedCell, ShardRecord, open_store, record_path
from matrix.service.plan import Plan, PlanReason
from matrix.store import envelope
from matrix.store.documents import cells_path, parse, render
from matrix.store.store import Store
from matrix.system import files
from matrix.targets import ANTHROPIC
from tests.conftest import isolated
from tests.miniature import drive
from tests.miniature.drive import PYTHON, Matrix, cell, end, snapshot
from tests.miniature.index import Index
from tests.miniature.releases import (
    LEAF,
    NEWER_LEAF,
    NEWER_TWIG,
    NEWEST_LEAF,
    ONLY_SDIST,
    RELEASES,
    TWIG,
    UPLOADED,
    version,
)
from tests.support import processes
from tests.support.damages import DAMAGES, cut_file, resealed
from tests.support.refusing import Refusing

MEASURED = (
    "raises_documented",
    "swallows_errors",
    "crashes_on_import",
    "cannot_construct",
    "needs_an_sdist",
    "offers_aiohttp",
    "raises_200",
)
"""A release of each kind, and the one that the control is made from."""

CELLS = 2 * (len(MEASURED) + 1)
"""Both lanes of each, and those with an extra."""


@pytest.fixture(scope="session")
def few(shared: Path) -> Index:
    """A package index that lists only those."""

    def build(folder: Path) -> None:
        Index(folder).add(LEAF, TWIG, ONLY_SDIST, *(RELEASES[one] for one in MEASURED), NEWER_LEAF, NEWER_TWIG)

    return Index(drive.once(shared / "few", build))


@pytest.fixture(scope="session")
def sharded_once(shared: Path, few: Index) -> Path:
    """A folder with `plan.json`, and the artifacts of its two shards in `1` and `2`."""

    def measure(folder: Path) -> None:
        matrix = Matrix(folder / "data", few)
        with isolated(shared / "cache-of-shards", shared):
            planned = matrix("plan", "--shards", "2", "--output", folder / "plan.json")
            assert (0, "") == (planned.code, planned.err)
            for shard in ("1", "2"):
                where = ("--plan", folder / "plan.json", "--artifact", folder / shard)
                done = matrix("run", "--shard", f"{shard}/2", *where, "--jobs", "3")
                assert (0, "") == (done.code, done.err)

    return drive.once(shared / "sharded", measure)


@pytest.fixture
def sharded(sharded_once: Path, tmp_path: Path, own_cache: Path) -> Path:
    """A copy of that folder, to be damaged."""
    return Path(shutil.copytree(sharded_once, tmp_path / "sharded"))


@pytest.fixture
def plan(sharded_once: Path) -> Plan:
    """The plan of those two shards."""
    return envelope.read(sharded_once / "plan.json", PLAN, Plan)


@pytest.fixture
def merging(matrix: Matrix, few: Index) -> Matrix:
    """The command line on an empty data folder, and the small index."""
    matrix.index = few
    return matrix


def merged(matrix: Matrix, folder: Path, *arguments: str | Path) -> drive.Done:
    """Merge both shards of a folder."""
    return matrix("merge", "--plan", folder / "plan.json", folder / "1", folder / "2", *arguments)


# One run and many shards.


@pytest.mark.slow
def test_shards_give_what_one_run_gives(merging: Matrix, few: Index, tmp_path: Path, own_cache: Path) -> None:
    """Byte for byte, each in a process of its own."""
    folder = tmp_path / "fan"
    planned = end(
        merging.start("plan", "--shards", "2", "--format", "github", "--output", folder / "plan.json", part=True)
    )
    assert (0, "") == (planned.code, planned.err)
    jobs = json.loads(planned.out)["include"]
    assert [("1/2", PYTHON), ("2/2", PYTHON)] == [(job["shard"], job["python"]) for job in jobs]
    for number in ("1", "2"):
        where = ("--plan", folder / "plan.json", "--artifact", folder / number)
        done = end(merging.start("run", "--shard", f"{number}/2", *where, part=True))
        assert (0, "") == (done.code, done.err)
    done = end(merging.start("merge", "--plan", folder / "plan.json", folder / "2", folder / "1", part=True))
    assert (0, "") == (done.code, done.err)
    assert f"Merged {CELLS} cells: {CELLS} new or changed, the rest unchanged." in done.out
    other = Matrix(tmp_path / "one" / "data", few)
    assert 0 == other("refresh", "--index", few.address).code
    assert 0 == end(other.start("run", "--force", part=True)).code
    assert snapshot(other.data) == snapshot(merging.data)
    assert [] == Store(merging.data, ANTHROPIC).verify()


def test_merging_twice_changes_nothing(merging: Matrix, sharded: Path) -> None:
    """Whoever was killed merges again."""
    assert 0 == merged(merging, sharded).code
    before = snapshot(merging.data)
    again = merged(merging, sharded)
    assert (0, f"Merged {CELLS} cells: 0 new or changed") == (again.code, again.out.splitlines()[-1].partition(",")[0])
    assert before == snapshot(merging.data)


def test_after_a_merge_nothing_is_to_be_done(merging: Matrix, sharded: Path) -> None:
    """The next plan is empty, in every form."""
    assert 0 == merged(merging, sharded).code
    assert "Nothing is missing and nothing is stale: 7 releases" in merging("plan").out
    assert {"include": []} == json.loads(merging("plan", "--format", "github").out)
    assert [] == json.loads(merging("plan", "--format", "json").out)["value"]["shards"]


def test_a_new_release_and_a_drift_are_planned(
    merging: Matrix, few: Index, sharded: Path, tmp_path: Path, own_cache: Path
) -> None:
    """And nothing else: the new one in both lanes, and today's cell of the one whose dependency has a new release."""
    assert 0 == merged(merging, sharded).code
    index = Index(Path(shutil.copytree(few.folder, tmp_path / "later")))
    index.add(NEWEST_LEAF, RELEASES["prints"])
    merging.index = index
    assert 0 == merging("plan", "--output", tmp_path / "plan.json").code
    found = envelope.read(tmp_path / "plan.json", PLAN, Plan)
    new = {cell("prints", lane): "new" for lane in Lane}
    assert {**new, cell("raises_documented"): "drifted"} == {one.cell: one.why for one in found.planned.values()}
    lock = found.planned[cell("raises_documented")].lock
    assert ("anthropic==1.0.0", f"leaf=={NEWEST_LEAF.version}") == lock
    folder = tmp_path / "shard"
    assert 0 == merging("run", "--shard", "1/1", "--plan", tmp_path / "plan.json", "--artifact", folder).code
    done = merging("merge", "--plan", tmp_path / "plan.json", folder)
    assert (0, "Merged 3 cells: 3 new or changed, the rest unchanged.") == (done.code, done.out.splitlines()[-1])
    relocked = Store(merging.data, ANTHROPIC).result(cell("raises_documented"))
    assert relocked is not None
    assert relocked.lock is not None
    assert lock == relocked.lock.pins
    assert [] == Store(merging.data, ANTHROPIC).verify()


def test_another_python_is_planned(merging: Matrix, sharded: Path, own_cache: Path) -> None:
    """A cell for each release in each lane, in a shard of its own; the machine that plans needs it to resolve only."""
    assert 0 == merged(merging, sharded).code
    arguments = ("--python", PYTHON, "--python", "3.99")
    assert errors.InterpreterMissing.exit_code == merging("plan", *arguments).code
    done = merging("plan", *arguments, "--no-refresh-today", "--format", "json")
    assert (0, "") == (done.code, done.err)
    found = json.loads(done.out)["value"]["shards"]
    assert [("3.99", 2 * len(MEASURED))] == [(one["python"], len(one["cells"])) for one in found]
    assert {"interpreter"} == {one["why"] for shard in found for one in shard["cells"]}


def test_a_yanked_release_is_recorded_by_a_merge_of_nothing(
    merging: Matrix, few: Index, sharded: Path, tmp_path: Path, own_cache: Path
) -> None:
    """There is nothing to measure, and still the catalogue has changed."""
    assert 0 == merged(merging, sharded).code
    merging.index = Index(Path(shutil.copytree(few.folder, tmp_path / "later")))
    page = merging.index.folder / "simple" / "anthropic" / "index.html"
    name = f'data-upload-time="{UPLOADED[RELEASES["swallows_errors"]].isoformat()}"'
    page.write_text(page.read_text().replace(name, f'{name} data-yanked="broken"'))
    assert 0 == merging("plan", "--output", tmp_path / "plan.json").code
    assert 0 == merging("merge", "--plan", tmp_path / "plan.json").code
    assert "broken" == Store(merging.data, ANTHROPIC).releases()[version("swallows_errors")].yanked


def test_costs_are_written_beside_the_data(merging: Matrix, sharded: Path) -> None:
    """And the next plan is balanced by them."""
    assert 0 == merged(merging, sharded).code
    found = json.loads((merging.data.with_name("data.costs.json")).read_text())
    assert "midstream/costs/1" == found["schema"]
    assert {"plain", "extra", "not-played"} <= found["value"].keys()
    assert all(one["seconds"] > 0 and one["cells"] > 0 for one in found["value"].values())
    before = (merging.data.with_name("data.costs.json")).read_bytes()
    assert 0 == merging("plan", "--force").code
    assert before == (merging.data.with_name("data.costs.json")).read_bytes()


# Shards.


def test_an_artifact_is_a_store_that_holds(sharded: Path, merging: Matrix) -> None:
    """`matrix verify` reads it as it reads any other."""
    for number in ("1", "2"):
        merging.data = sharded / number / "data"
        assert (0, "") == (merging("verify").code, merging("verify").err)


def test_a_shard_that_is_there_is_not_measured_again(merging: Matrix, sharded: Path) -> None:
    """The same command says that there was nothing to do, and leaves the same."""
    before = snapshot(sharded / "1")
    where = ("--plan", sharded / "plan.json", "--artifact", sharded / "1")
    done = merging("run", "--shard", "1/2", *where)
    assert (0, "Measured 0 cells") == (done.code, done.out.partition(":")[0])
    assert before == snapshot(sharded / "1")


def test_a_shard_that_was_killed_goes_on(merging: Matrix, sharded: Path, plan: Plan) -> None:
    """What it had is kept; in the end it is what it would have been."""
    whole, first = snapshot(sharded / "1" / "data"), plan.shards[0].cells[0].cell
    store = open_store(ANTHROPIC, sharded / "1")
    path = store.folder / "cells" / f"{first.lane}-{PYTHON}.json"
    known = parse("cells", path.read_bytes(), path)
    known.pop(first.version)
    path.write_bytes(render("cells", known))
    (store.folder / "cells" / "today.json.new").touch()
    resealed(sharded / "1", data="")
    assert "did not finish" in merged(merging, sharded, "--partial").out
    where = ("--plan", sharded / "plan.json", "--artifact", sharded / "1")
    done = merging("run", "--shard", "1/2", *where)
    assert (0, "Measured 1 cell") == (done.code, done.out.splitlines()[-1].partition(":")[0])
    assert whole == snapshot(sharded / "1" / "data")


@pytest.mark.slow
def test_a_shard_that_is_killed_loses_what_was_under_way(
    matrix: Matrix, tmp_path: Path, own_cache: Path, hold: Path
) -> None:
    """By SIGKILL, with a cell recorded and one under way: the artifact can be merged in part, and goes on."""
    matrix.index = Index(tmp_path / "held")
    matrix.index.add(RELEASES["waits"], RELEASES["raises_200"])
    file, folder = tmp_path / "plan.json", tmp_path / "1"
    assert 0 == matrix("plan", "--lane", "today", "--output", file).code
    where = ("--plan", file, "--artifact", folder)
    with processes.ending(matrix.start("run", "--shard", "1/1", *where, "--jobs", "2", part=True)) as run:
        cells = folder / "data" / "cells" / f"today-{PYTHON}.json"
        drive.wait_until(lambda: cells.exists() or run.poll() is not None, "the one that does not wait")
    part = matrix("merge", "--plan", file, folder, "--partial")
    assert (0, "") == (part.code, part.err)
    assert f"missing: {cell('waits')}" in part.out
    assert {cell("raises_200")} == Store(matrix.data, ANTHROPIC).cells().keys()
    hold.unlink()
    assert 0 == matrix("run", "--shard", "1/1", *where).code
    whole = matrix("merge", "--plan", file, folder)
    assert (0, "Merged 2 cells: 1 new or changed, the rest unchanged.") == (whole.code, whole.out.splitlines()[-1])
    assert [] == Store(matrix.data, ANTHROPIC).verify()


def test_a_shard_is_measured_by_one_process(merging: Matrix, sharded: Path) -> None:
    """Another one is refused, and leaves the record as it is."""
    record = record_path(sharded / "1").read_bytes()
    with open_store(ANTHROPIC, sharded / "1").writing():
        done = merging("run", "--shard", "1/2", "--plan", sharded / "plan.json", "--artifact", sharded / "1")
    assert (errors.StoreBusy.exit_code, record) == (done.code, record_path(sharded / "1").read_bytes())


def test_a_shard_that_ends_early_says_why(merging: Matrix, sharded: Path, plan: Plan, few: Index) -> None:
    """So that whoever merges knows."""
    shutil.rmtree(sharded / "1")
    arguments = ("--plan", sharded / "plan.json", "--artifact", sharded / "1")
    done = merging("run", "--shard", "1/2", "--index", (sharded / "nowhere").as_uri(), *arguments)
    assert errors.ToolFailure.exit_code == done.code
    record = envelope.read(record_path(sharded / "1"), RECORD, ShardRecord)
    assert ("", True) == (record.data, record.stopped in done.err)
    said = merged(merging, sharded, "--partial")
    assert (0, True) == (said.code, record.stopped in said.out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--shard", "3/2"), "The plan has 2 shards, and no shard 3/2."),
        (("--shard", "0/2"), "The plan has 2 shards, and no shard 0/2."),
        (("--shard", "1/3"), "The plan has 2 shards, and no shard 1/3."),
        (("--shard", "one"), "'one' is no shard."),
        (("--shard", "1/2", "--versions", "latest"), "--versions can't be used with --shard."),
        (("--shard", "1/2", "--force"), "--force can't be used with --shard."),
    ],
)
def test_a_shard_that_means_nothing(merging: Matrix, sharded: Path, arguments: tuple[str, ...], message: str) -> None:
    """Is a failure of usage."""
    done = merging("run", *arguments, "--plan", sharded / "plan.json", "--artifact", sharded / "3")
    assert (2, f"Error: {message}") == (done.code, done.err.partition("\n")[0])


def test_a_folder_of_another_shard_is_left_alone(merging: Matrix, sharded: Path) -> None:
    """Nothing is measured into it."""
    before = snapshot(sharded / "2")
    done = merging("run", "--shard", "1/2", "--plan", sharded / "plan.json", "--artifact", sharded / "2")
    assert 2 == done.code
    assert "holds shard 2/2" in done.err
    assert before == snapshot(sharded / "2")


# What is refused.


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_does_not_hold_is_refused(
    merging: Matrix, sharded: Path, plan: Plan, damage: Callable[[Path], None]
) -> None:
    """Whoever damaged it, with whatever care; nothing is written, and what is refused is named."""
    damage(sharded)
    examined = merge.examine(ANTHROPIC, plan, [sharded / "1", sharded / "2"])
    assert examined.refused, "nothing was refused"
    assert {DAMAGES[damage]} >= {type(one.failure) for one in examined.refused}
    done = merged(merging, sharded)
    assert (examined.refused[0].failure.exit_code, "Nothing was recorded.") == (done.code, done.out.splitlines()[-1])
    assert str(examined.refused[0].folder) in done.err
    assert not merging.data.exists()


@pytest.mark.parametrize("data", ["as it was", ""], ids=["ended", "killed"])
def test_no_file_of_an_artifact_can_be_changed(sharded: Path, plan: Plan, data: str) -> None:
    """One bit of any of them, of a shard that has ended or of one that was killed; every sixth is tried."""
    if not data:
        resealed(sharded / "1", data="")
    assert () == merge.examine(ANTHROPIC, plan, [sharded / "1"]).refused
    for path in [found for found in sorted((sharded / "1").rglob("*")) if found.is_file()][::6]:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])
        assert 1 == len(merge.examine(ANTHROPIC, plan, [sharded / "1"]).refused), path
        path.write_bytes(whole)


def test_what_is_no_artifact_is_refused(merging: Matrix, sharded: Path) -> None:
    """And does not keep what holds from being merged."""
    (sharded / "3" / "shard.json").mkdir(parents=True)
    (sharded / "4").mkdir()
    done = merged(merging, sharded, sharded / "3", sharded / "4", "--partial")
    assert (StoreCorrupt.exit_code, 2) == (done.code, done.out.count("refused: "))
    assert CELLS == len(Store(merging.data, ANTHROPIC).cells())


def test_what_holds_is_kept_beside_what_is_refused(merging: Matrix, sharded: Path, plan: Plan) -> None:
    """If that was asked for: the exit code says that not all was well, and what is missing is named."""
    cut_file(sharded)
    done = merged(merging, sharded, "--partial")
    assert StoreCorrupt.exit_code == done.code
    missing = {str(one.cell) for one in plan.shards[0].cells}
    assert missing == {line.removeprefix("missing: ") for line in done.out.splitlines() if line.startswith("missing: ")}
    store = Store(merging.data, ANTHROPIC)
    assert [] == store.verify()
    assert store.cells().keys() == open_store(ANTHROPIC, sharded / "2").cells().keys()


def test_a_missing_shard_is_no_merge(merging: Matrix, sharded: Path) -> None:
    """But for whoever asks for a part."""
    arguments = ("merge", "--plan", sharded / "plan.json", sharded / "2")
    done = merging(*arguments)
    assert (errors.ToolFailure.exit_code, False) == (done.code, merging.data.exists())
    assert "of the plan's cells are missing" in done.err
    part = merging(*arguments, "--partial")
    assert (0, "") == (part.code, part.err)
    assert Store(merging.data, ANTHROPIC).cells().keys() == open_store(ANTHROPIC, sharded / "2").cells().keys()


def test_a_failed_cell_leaves_what_is_known(merging: Matrix, sharded: Path, tmp_path: Path) -> None:
    """The result of another day stays; the failure is said."""
    assert 0 == merged(merging, sharded).code
    before = snapshot(merging.data)
    again = tmp_path / "again.json"
    assert 0 == merging("plan", "--force", "--shards", "1", "--output", again).code
    forced = envelope.read(again, PLAN, Plan)
    assert {PlanReason.FORCED} == {one.why for one in forced.planned.values()}
    one = forced.shards[0].cells[0].cell
    record = ShardRecord(
        plan=envelope.digest(PLAN, forced), suite=forced.suite, shard=1, of=1, failures=(FailedCell(one, "no room"),)
    )
    envelope.write(record_path(tmp_path / "failed"), RECORD, record)
    done = merging("merge", "--plan", again, tmp_path / "failed", "--partial")
    assert (0, True) == (done.code, f"missing: {one}: no room" in done.out)
    assert before == snapshot(merging.data)


def test_the_same_shard_twice_is_one(merging: Matrix, sharded: Path) -> None:
    """If both say the same, whoever measured them."""
    shutil.copytree(sharded / "1", sharded / "3")
    store = open_store(ANTHROPIC, sharded / "3")
    with store.writing():
        for measured, line in store.cells().items():
            elsewhere = msgspec.structs.replace(line.provenance, system="Another machine")
            moved = msgspec.structs.replace(line, provenance=elsewhere)
            store._merge(cells_path(measured), {measured.version: moved})
    resealed(sharded / "3")
    done = merged(merging, sharded, sharded / "3")
    assert (0, "") == (done.code, done.err)
    assert CELLS == len(Store(merging.data, ANTHROPIC).cells())


def test_the_same_shard_twice_with_another_content_is_refused(merging: Matrix, sharded: Path) -> None:
    """Nobody knows which of them is right."""
    shutil.copytree(sharded / "1", sharded / "3")
    store = open_store(ANTHROPIC, sharded / "3")
    one = next(found for found, line in store.cells().items() if line.behaviour)
    result = store.result(one)
    assert result is not None
    call = next(call for call in result.behaviour if call.scenario == "clean")
    other = msgspec.structs.replace(result.behaviour[call], requests=7)
    with store.writing():
        store.put(one, msgspec.structs.replace(result, behaviour={**result.behaviour, call: other}))
        prune_and_judge(store)
    resealed(sharded / "3")
    done = merged(merging, sharded, sharded / "3")
    assert errors.Disagreement.exit_code == done.code
    assert f"two artifacts of shard 1, and they differ on {one}." in done.err


def test_what_was_measured_since_is_not_overwritten(merging: Matrix, sharded: Path) -> None:
    """A plan may be older than the data: the data wins, and it is said."""
    assert 0 == merged(merging, sharded).code
    store = Store(merging.data, ANTHROPIC)
    one = cell("raises_200", Lane.AS_RELEASED)
    result = store.result(one)
    assert result is not None
    call = next(call for call in result.behaviour if call.scenario == "clean")
    newer = {**result.behaviour, call: msgspec.structs.replace(result.behaviour[call], requests=7)}
    with store.writing():
        store.put(one, msgspec.structs.replace(result, behaviour=newer))
        prune_and_judge(store)
    done = merged(merging, sharded)
    assert (0, True) == (done.code, f"skipped: {one}, which was measured differently since" in done.out)
    kept = Store(merging.data, ANTHROPIC).result(one)
    assert kept is not None
    assert 7 == kept.behaviour[call].requests


def test_a_merge_waits_for_nobody(merging: Matrix, sharded: Path) -> None:
    """While another process writes, it is refused, and nothing is lost."""
    with Store(merging.data, ANTHROPIC).writing():
        assert errors.StoreBusy.exit_code == merged(merging, sharded).code
    assert 0 == merged(merging, sharded).code


class _Killed(BaseException):
    """What SIGKILL would be, if it could be caught."""


@pytest.mark.slow
def test_a_merge_that_is_killed_leaves_what_holds(
    merging: Matrix, sharded: Path, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file it was about to write: what is there is complete, and the same merge makes it whole."""
    assert 0 == merged(merging, sharded).code
    whole = snapshot(merging.data)
    examined = merge.examine(ANTHROPIC, plan, [sharded / "1", sharded / "2"])
    write = files.write_atomically
    for allowed in range(0, len(whole) + 1, 3):
        left = iter(range(allowed))

        def written(target: Path, data: bytes, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise _Killed
            write(target, data)

        folder = tmp_path / f"killed-{allowed}" / "data"
        with monkeypatch.context() as patch:
            patch.setattr("matrix.store.store.write_atomically", written)
            patch.setattr(merge, "prune_and_judge", lambda _: None)
            with contextlib.suppress(_Killed):
                merge.record_results(Store(folder, ANTHROPIC), plan, examined)
        assert [] == Store(folder, ANTHROPIC).verify(tidy=False), allowed
        merge.record_results(Store(folder, ANTHROPIC), plan, examined)
        assert whole == snapshot(folder)


@pytest.mark.parametrize("only", ["write", "replace"])
@pytest.mark.slow
def test_a_merge_that_finds_no_room_leaves_what_holds(
    merging: Matrix, sharded: Path, tmp_path: Path, only: str
) -> None:
    """Whichever file it was about to write: it says so, and the same merge makes the data whole when there is room."""
    assert 0 == merged(merging, sharded).code
    whole = snapshot(merging.data)
    for allowed in range(0, len(whole), 9):
        merging.data = tmp_path / f"full-{allowed}" / "data"
        with pytest.MonkeyPatch.context() as patch:
            Refusing(merging.data, allowed, errno.ENOSPC, only).patched(patch)
            done = merged(merging, sharded)
        assert (10, True) == (done.code, "Hint: Free some disk space, then run the same command again." in done.err)
        assert [] == Store(merging.data, ANTHROPIC).verify(tidy=False), allowed
        assert [] == [*merging.data.rglob("*.new")]
    assert 0 == merged(merging, sharded).code
    assert whole == snapshot(merging.data)


# Plans.


def test_an_index_that_fails_gives_no_plan(merging: Matrix, tmp_path: Path) -> None:
    """Nor one that is not there."""
    nowhere = (tmp_path / "nowhere").as_uri()
    done = merging("plan", "--index", nowhere, "--output", tmp_path / "plan.json")
    assert (errors.IndexFailure.exit_code, False) == (done.code, (tmp_path / "plan.json").exists())


def test_an_index_that_lists_fewer_gives_no_plan(merging: Matrix, sharded: Path, tmp_path: Path) -> None:
    """What was there yesterday and is not today was not deleted, but the index is not well."""
    assert 0 == merged(merging, sharded).code
    index = Index(tmp_path / "fewer")
    index.add(LEAF, RELEASES["raises_200"])
    done = merging("plan", "--index", index.address, "--output", tmp_path / "plan.json")
    assert (errors.IndexFailure.exit_code, False) == (done.code, (tmp_path / "plan.json").exists())
    assert "no longer lists 6 of the 7 recorded releases" in done.err


def test_a_plan_that_was_cut_is_refused(merging: Matrix, sharded: Path) -> None:
    """By whoever reads it."""
    path = sharded / "plan.json"
    path.write_bytes(path.read_bytes()[:-100])
    assert StoreCorrupt.exit_code == merged(merging, sharded).code
    done = merging("run", "--shard", "1/2", "--plan", path, "--artifact", sharded / "1")
    assert StoreCorrupt.exit_code == done.code


def test_a_plan_of_another_suite_is_refused(merging: Matrix, sharded: Path, plan: Plan) -> None:
    """By whoever measures, and by whoever merges."""
    path = sharded / "plan.json"
    envelope.write(path, PLAN, msgspec.structs.replace(plan, suite="0123456789abcdef"))
    for done in (
        merged(merging, sharded),
        merging("run", "--shard", "1/2", "--plan", path, "--artifact", sharded / "3"),
    ):
        assert UsageError.exit_code == done.code
        assert "was made for suite 0123456789abcdef" in done.err


def test_locks_of_today_are_in_the_plan(plan: Plan) -> None:
    """So that every shard sees one state of the index."""
    today = {one.cell: one.lock for one in plan.planned.values() if one.cell.lane is Lane.TODAY}
    assert ("anthropic==1.0.0", "leaf==2.0") == today[cell("raises_documented")]
    assert () == today[cell("needs_an_sdist")]
    assert {PYTHON: ("anthropic==9.0.0",)} == plan.controls
    assert isinstance(next(iter(today)), Cell)
