"""Plan, shards, merge: the merged data is that of one run, and artifacts that do not hold are refused.

Two shards of seven miniatures are measured once; a test that damages them works on a copy.
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
from matrix.store import envelope, root
from matrix.store.documents import cells_path, control_name, migration_hint, parse, render
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
from tests.store.test_migration import make_earlier
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
"""A release of each kind, and the one from which the control is made."""

CELLS = 2 * (len(MEASURED) + 1)
"""Both lanes of each, and the cells with an extra."""


@pytest.fixture(scope="session")
def few(shared: Path) -> Index:
    """Make a package index of these releases alone."""

    def build(folder: Path) -> None:
        Index(folder).add(
            LEAF, TWIG, ONLY_SDIST, *(RELEASES[behaviour] for behaviour in MEASURED), NEWER_LEAF, NEWER_TWIG
        )

    return Index(drive.once(shared / "few", build))


@pytest.fixture(scope="session")
def sharded_once(shared: Path, few: Index) -> Path:
    """Make a folder with `plan.json`, and the artifacts of its two shards in `1` and `2`."""

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
    """Copy that folder, to be damaged."""
    return Path(shutil.copytree(sharded_once, tmp_path / "sharded"))


@pytest.fixture
def plan(sharded_once: Path) -> Plan:
    """Read the plan of the two shards."""
    return envelope.read(sharded_once / "plan.json", PLAN, Plan)


@pytest.fixture
def merging(matrix: Matrix, few: Index) -> Matrix:
    """Return the command line on an empty data folder, with the small index."""
    matrix.index = few
    return matrix


def merged(matrix: Matrix, folder: Path, *arguments: str | Path) -> drive.Done:
    """Merge both shards of a folder."""
    return matrix("merge", "--plan", folder / "plan.json", folder / "1", folder / "2", *arguments)


# One run and many shards.


@pytest.mark.slow
def test_merged_shards_equal_one_run(merging: Matrix, few: Index, tmp_path: Path, own_cache: Path) -> None:
    """Check each byte, with each shard in its own process."""
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
    """Check the merge after an interrupted one."""
    assert 0 == merged(merging, sharded).code
    before = snapshot(merging.data)
    again = merged(merging, sharded)
    assert (0, f"Merged {CELLS} cells: 0 new or changed") == (again.code, again.out.splitlines()[-1].partition(",")[0])
    assert before == snapshot(merging.data)


def test_the_plan_after_a_merge_is_empty(merging: Matrix, sharded: Path) -> None:
    """Check every form of it."""
    assert 0 == merged(merging, sharded).code
    assert "Nothing is missing and nothing is stale: 7 releases" in merging("plan").out
    assert {"include": []} == json.loads(merging("plan", "--format", "github").out)
    assert [] == json.loads(merging("plan", "--format", "json").out)["value"]["shards"]


def test_a_new_release_and_drift_are_planned(
    merging: Matrix, few: Index, sharded: Path, tmp_path: Path, own_cache: Path
) -> None:
    """Check both lanes of the new release, and the drifted cell of the `today` lane."""
    assert 0 == merged(merging, sharded).code
    index = Index(Path(shutil.copytree(few.folder, tmp_path / "later")))
    index.add(NEWEST_LEAF, RELEASES["prints"])
    merging.index = index
    assert 0 == merging("plan", "--output", tmp_path / "plan.json").code
    next_plan = envelope.read(tmp_path / "plan.json", PLAN, Plan)
    new = {cell("prints", lane): "new" for lane in Lane}
    assert {**new, cell("raises_documented"): "drifted"} == {
        planned.cell: planned.why for planned in next_plan.planned.values()
    }
    lock = next_plan.planned[cell("raises_documented")].lock
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
    """Check a cell for each release and lane, in its own shard."""
    assert 0 == merged(merging, sharded).code
    arguments = ("--python", PYTHON, "--python", "3.99")
    assert errors.InterpreterMissing.exit_code == merging("plan", *arguments).code
    done = merging("plan", *arguments, "--no-refresh-today", "--format", "json")
    assert (0, "") == (done.code, done.err)
    shards = json.loads(done.out)["value"]["shards"]
    assert [("3.99", 2 * len(MEASURED))] == [(entry["python"], len(entry["cells"])) for entry in shards]
    assert {"interpreter"} == {entry["why"] for shard in shards for entry in shard["cells"]}


def test_a_merge_of_nothing_records_a_yanked_release(
    merging: Matrix, few: Index, sharded: Path, tmp_path: Path, own_cache: Path
) -> None:
    """Check the catalogue."""
    assert 0 == merged(merging, sharded).code
    merging.index = Index(Path(shutil.copytree(few.folder, tmp_path / "later")))
    page = merging.index.folder / "simple" / "anthropic" / "index.html"
    name = f'data-upload-time="{UPLOADED[RELEASES["swallows_errors"]].isoformat()}"'
    page.write_text(page.read_text().replace(name, f'{name} data-yanked="broken"'))
    assert 0 == merging("plan", "--output", tmp_path / "plan.json").code
    assert 0 == merging("merge", "--plan", tmp_path / "plan.json").code
    assert "broken" == Store(merging.data, ANTHROPIC).releases()[version("swallows_errors")].yanked


def test_a_merge_writes_costs_beside_the_data(merging: Matrix, sharded: Path) -> None:
    """Check that the next plan uses them."""
    assert 0 == merged(merging, sharded).code
    costs = json.loads((merging.data.with_name("data.costs.json")).read_text())
    assert "midstream/costs/1" == costs["schema"]
    assert {"plain", "extra", "not-played"} <= costs["value"].keys()
    assert all(cost["seconds"] > 0 and cost["cells"] > 0 for cost in costs["value"].values())
    before = (merging.data.with_name("data.costs.json")).read_bytes()
    assert 0 == merging("plan", "--force").code
    assert before == (merging.data.with_name("data.costs.json")).read_bytes()


def test_damaged_costs_stop_no_plan_and_the_next_merge_replaces_them(merging: Matrix, sharded: Path) -> None:
    """Check a number that no cell takes, with a digest that fits, and a file that is no document."""
    path = merging.data.with_name("data.costs.json")
    for damaged in (envelope.render("costs", {"plain": {"cells": 1, "seconds": 1e308}}), b"{", b""):
        path.write_bytes(damaged)
        done = merging("plan")
        assert 0 == done.code
        assert done.err.startswith(f"Note: {path}: can't be read: ")
        assert done.err.endswith(" The plan uses the default costs; the next merge replaces the file.\n")
    assert 0 == merged(merging, sharded).code
    assert "" == merging("plan", "--force").err


def test_a_record_with_impossible_seconds_is_refused(merging: Matrix, sharded: Path) -> None:
    """The reason names the number's place, and the data and the costs stay as they are."""
    record = envelope.read(record_path(sharded / "1"), RECORD, ShardRecord)
    cells = tuple(msgspec.structs.replace(cell, seconds=1e308) for cell in record.cells)
    envelope.write(record_path(sharded / "1"), RECORD, msgspec.structs.replace(record, cells=cells))
    done = merged(merging, sharded)
    assert errors.StoreCorrupt.exit_code == done.code
    assert "shard.json: can't be read: Expected `float` <= 86400.0 - at `$.cells[0].seconds`." in done.out
    assert not merging.data.with_name("data.costs.json").exists()


# Shards.


def test_a_shard_of_an_earlier_midstream_is_converted_and_merged(merging: Matrix, sharded: Path) -> None:
    """The merge names the command that converts it; its record then has the root digest of the converted data."""
    whole = snapshot(sharded / "1")
    make_earlier(sharded / "1" / "data")
    resealed(sharded / "1")
    done = merged(merging, sharded)
    assert errors.StoreCorrupt.exit_code == done.code
    assert done.err.endswith(f"Hint: {migration_hint(sharded / '1' / 'data')}\n")
    assert 0 == Matrix(sharded / "1" / "data", merging.index)("migrate").code
    assert whole == snapshot(sharded / "1")
    assert 0 == merged(merging, sharded).code


def test_a_migration_renews_no_record_that_was_wrong(merging: Matrix, sharded: Path) -> None:
    """A damaged artifact stays refused."""
    make_earlier(sharded / "1" / "data")
    assert 0 == Matrix(sharded / "1" / "data", merging.index)("migrate").code
    resealed(sharded / "1", data="0" * 64)
    assert "the files do not match the digest in shard.json" in merged(merging, sharded).err


def test_an_artifact_passes_verify(sharded: Path, merging: Matrix) -> None:
    """Check it like other data."""
    for number in ("1", "2"):
        merging.data = sharded / number / "data"
        assert (0, "") == (merging("verify").code, merging("verify").err)


def test_a_measured_shard_is_not_measured_again(merging: Matrix, sharded: Path) -> None:
    """Check that the same command says so, and changes no file."""
    before = snapshot(sharded / "1")
    where = ("--plan", sharded / "plan.json", "--artifact", sharded / "1")
    done = merging("run", "--shard", "1/2", *where)
    assert (0, "Measured 0 cells") == (done.code, done.out.partition(":")[0])
    assert before == snapshot(sharded / "1")


def test_a_killed_shard_continues(merging: Matrix, sharded: Path, plan: Plan) -> None:
    """Check that its results stay, and that the end is the same."""
    whole, first = snapshot(sharded / "1" / "data"), plan.shards[0].cells[0].cell
    store = open_store(ANTHROPIC, sharded / "1")
    path = Path("cells", f"{first.lane}-{PYTHON}.json")
    known = parse(path, (store.folder / path).read_bytes(), store.folder)
    known.pop(first.version)
    root.forget(store.folder)
    (store.folder / path).write_bytes(render(path, known))
    (store.folder / "cells" / "today.json.new").touch()
    resealed(sharded / "1", data="")
    assert "did not finish" in merged(merging, sharded, "--partial").out
    where = ("--plan", sharded / "plan.json", "--artifact", sharded / "1")
    done = merging("run", "--shard", "1/2", *where)
    assert (0, "Measured 1 cell") == (done.code, done.out.splitlines()[-1].partition(":")[0])
    assert whole == snapshot(sharded / "1" / "data")


@pytest.mark.slow
def test_a_killed_shard_can_be_merged_in_part(matrix: Matrix, tmp_path: Path, own_cache: Path, hold: Path) -> None:
    """Check SIGKILL with one cell recorded and another under way."""
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


def test_two_processes_can_not_measure_one_shard(merging: Matrix, sharded: Path) -> None:
    """Check that the second one is refused, and changes no record."""
    record = record_path(sharded / "1").read_bytes()
    with open_store(ANTHROPIC, sharded / "1").writing():
        done = merging("run", "--shard", "1/2", "--plan", sharded / "plan.json", "--artifact", sharded / "1")
    assert (errors.StoreBusy.exit_code, record) == (done.code, record_path(sharded / "1").read_bytes())


def test_a_shard_that_ends_early_records_why(merging: Matrix, sharded: Path, plan: Plan, few: Index) -> None:
    """Check the message of the merge."""
    shutil.rmtree(sharded / "1")
    arguments = ("--plan", sharded / "plan.json", "--artifact", sharded / "1")
    done = merging("run", "--shard", "1/2", "--index", (sharded / "nowhere").as_uri(), *arguments)
    assert errors.ToolFailure.exit_code == done.code
    record = envelope.read(record_path(sharded / "1"), RECORD, ShardRecord)
    assert ("", True) == (record.data, record.stopped in done.err)
    done = merged(merging, sharded, "--partial")
    assert (0, True) == (done.code, record.stopped in done.out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--shard", "3/2"), "The plan has 2 shards, and no shard 3/2."),
        (("--shard", "0/2"), "The plan has 2 shards, and no shard 0/2."),
        (("--shard", "1/3"), "The plan has 2 shards, and no shard 1/3."),
        (("--shard", "one"), "'one' is not a shard."),
        (("--shard", "1/2", "--versions", "latest"), "--versions can't be used with --shard."),
        (("--shard", "1/2", "--force"), "--force can't be used with --shard."),
    ],
)
def test_invalid_shards_are_refused(merging: Matrix, sharded: Path, arguments: tuple[str, ...], message: str) -> None:
    """Check the exit code."""
    done = merging("run", *arguments, "--plan", sharded / "plan.json", "--artifact", sharded / "3")
    assert (2, f"Error: {message}") == (done.code, done.err.partition("\n")[0])


def test_the_folder_of_another_shard_is_left_alone(merging: Matrix, sharded: Path) -> None:
    """Check that nothing is measured into it."""
    before = snapshot(sharded / "2")
    done = merging("run", "--shard", "1/2", "--plan", sharded / "plan.json", "--artifact", sharded / "2")
    assert 2 == done.code
    assert "holds shard 2/2" in done.err
    assert before == snapshot(sharded / "2")


# Refusals.


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_artifact_is_refused(
    merging: Matrix, sharded: Path, plan: Plan, damage: Callable[[Path], None]
) -> None:
    """Check each damage: nothing is written, and the artifact is named."""
    damage(sharded)
    examined = merge.examine(ANTHROPIC, plan, [sharded / "1", sharded / "2"])
    assert examined.refused, "nothing was refused"
    assert {DAMAGES[damage]} >= {type(refusal.failure) for refusal in examined.refused}
    done = merged(merging, sharded)
    assert (examined.refused[0].failure.exit_code, "Nothing was recorded.") == (done.code, done.out.splitlines()[-1])
    assert str(examined.refused[0].folder) in done.err
    assert not merging.data.exists()


@pytest.mark.parametrize("data", ["as it was", ""], ids=["ended", "killed"])
def test_no_file_of_an_artifact_can_be_changed(sharded: Path, plan: Plan, data: str) -> None:
    """Flip one bit of every sixth file, in a shard that ended, and in one that was killed."""
    if not data:
        resealed(sharded / "1", data="")
    assert () == merge.examine(ANTHROPIC, plan, [sharded / "1"]).refused
    for path in [entry for entry in sorted((sharded / "1").rglob("*")) if entry.is_file()][::6]:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])
        assert 1 == len(merge.examine(ANTHROPIC, plan, [sharded / "1"]).refused), path
        path.write_bytes(whole)


def test_a_file_that_is_no_artifact_is_refused(merging: Matrix, sharded: Path) -> None:
    """Check that the other artifacts are merged."""
    (sharded / "3" / "shard.json").mkdir(parents=True)
    (sharded / "4").mkdir()
    done = merged(merging, sharded, sharded / "3", sharded / "4", "--partial")
    assert (StoreCorrupt.exit_code, 2) == (done.code, done.out.count("refused: "))
    assert CELLS == len(Store(merging.data, ANTHROPIC).cells())


def test_partial_merges_keep_valid_artifacts(merging: Matrix, sharded: Path, plan: Plan) -> None:
    """Check the exit code, and that missing cells are named."""
    cut_file(sharded)
    done = merged(merging, sharded, "--partial")
    assert StoreCorrupt.exit_code == done.code
    missing = {str(planned.cell) for planned in plan.shards[0].cells}
    assert missing == {line.removeprefix("missing: ") for line in done.out.splitlines() if line.startswith("missing: ")}
    store = Store(merging.data, ANTHROPIC)
    assert [] == store.verify()
    assert store.cells().keys() == open_store(ANTHROPIC, sharded / "2").cells().keys()


def test_a_missing_shard_is_refused(merging: Matrix, sharded: Path) -> None:
    """Check that a partial merge accepts it."""
    arguments = ("merge", "--plan", sharded / "plan.json", sharded / "2")
    done = merging(*arguments)
    assert (errors.ToolFailure.exit_code, False) == (done.code, merging.data.exists())
    assert "of the plan's cells are missing" in done.err
    part = merging(*arguments, "--partial")
    assert (0, "") == (part.code, part.err)
    assert Store(merging.data, ANTHROPIC).cells().keys() == open_store(ANTHROPIC, sharded / "2").cells().keys()


def test_a_failed_cell_keeps_its_old_result(merging: Matrix, sharded: Path, tmp_path: Path) -> None:
    """Check that the failure is printed."""
    assert 0 == merged(merging, sharded).code
    before = snapshot(merging.data)
    again = tmp_path / "again.json"
    assert 0 == merging("plan", "--force", "--shards", "1", "--output", again).code
    forced = envelope.read(again, PLAN, Plan)
    assert {PlanReason.FORCED} == {failed.why for failed in forced.planned.values()}
    failed = forced.shards[0].cells[0].cell
    record = ShardRecord(
        plan=envelope.digest(PLAN, forced), suite=forced.suite, shard=1, of=1, failures=(FailedCell(failed, "no room"),)
    )
    envelope.write(record_path(tmp_path / "failed"), RECORD, record)
    done = merging("merge", "--plan", again, tmp_path / "failed", "--partial")
    assert (0, True) == (done.code, f"missing: {failed}: no room" in done.out)
    assert before == snapshot(merging.data)


def test_equal_artifacts_of_a_shard_are_merged_once(merging: Matrix, sharded: Path) -> None:
    """Check artifacts of two machines."""
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


def test_different_artifacts_of_a_shard_are_refused(merging: Matrix, sharded: Path) -> None:
    """Check that neither is preferred."""
    shutil.copytree(sharded / "1", sharded / "3")
    store = open_store(ANTHROPIC, sharded / "3")
    changed = next(stored for stored, line in store.cells().items() if line.behaviour)
    result = store.result(changed)
    assert result is not None
    call = next(call for call in result.behaviour if call.scenario == "clean")
    other = msgspec.structs.replace(result.behaviour[call], requests=7)
    with store.writing():
        store.put(changed, msgspec.structs.replace(result, behaviour={**result.behaviour, call: other}))
        prune_and_judge(store)
    resealed(sharded / "3")
    done = merged(merging, sharded, sharded / "3")
    assert errors.Disagreement.exit_code == done.code
    assert f"two artifacts of shard 1, and they differ on {changed}." in done.err


def test_newer_data_is_not_overwritten(merging: Matrix, sharded: Path) -> None:
    """Check a plan that is older than the data, and the message."""
    assert 0 == merged(merging, sharded).code
    store = Store(merging.data, ANTHROPIC)
    newer_cell = cell("raises_200", Lane.AS_RELEASED)
    result = store.result(newer_cell)
    assert result is not None
    call = next(call for call in result.behaviour if call.scenario == "clean")
    newer = {**result.behaviour, call: msgspec.structs.replace(result.behaviour[call], requests=7)}
    with store.writing():
        store.put(newer_cell, msgspec.structs.replace(result, behaviour=newer))
        prune_and_judge(store)
    done = merged(merging, sharded)
    assert (0, True) == (
        done.code,
        f"skipped: {newer_cell}, because another run has changed its result since" in done.out,
    )
    stored = Store(merging.data, ANTHROPIC).result(newer_cell)
    assert stored is not None
    assert 7 == stored.behaviour[call].requests


def test_a_merge_is_refused_while_another_process_writes(merging: Matrix, sharded: Path) -> None:
    """Check that nothing is lost."""
    with Store(merging.data, ANTHROPIC).writing():
        assert errors.StoreBusy.exit_code == merged(merging, sharded).code
    assert 0 == merged(merging, sharded).code


class _Killed(BaseException):
    """An exception in place of SIGKILL, which can't be caught."""


@pytest.mark.slow
def test_a_killed_merge_leaves_complete_files(
    merging: Matrix, sharded: Path, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check every file: the data is complete, and the same merge completes it."""
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
def test_a_merge_on_a_full_disk_leaves_complete_files(
    merging: Matrix, sharded: Path, tmp_path: Path, only: str
) -> None:
    """Check every file: the merge says so, and works when there is room."""
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
    """Check a missing index, too."""
    nowhere = (tmp_path / "nowhere").as_uri()
    done = merging("plan", "--index", nowhere, "--output", tmp_path / "plan.json")
    assert (errors.IndexFailure.exit_code, False) == (done.code, (tmp_path / "plan.json").exists())


def test_an_index_that_lists_fewer_releases_gives_no_plan(merging: Matrix, sharded: Path, tmp_path: Path) -> None:
    """Check that missing releases are not taken for deleted ones."""
    assert 0 == merged(merging, sharded).code
    index = Index(tmp_path / "fewer")
    index.add(LEAF, RELEASES["raises_200"])
    done = merging("plan", "--index", index.address, "--output", tmp_path / "plan.json")
    assert (errors.IndexFailure.exit_code, False) == (done.code, (tmp_path / "plan.json").exists())
    assert "no longer lists 6 of the 7 recorded releases" in done.err


def test_a_plan_that_was_cut_is_refused(merging: Matrix, sharded: Path) -> None:
    """Check every reader."""
    path = sharded / "plan.json"
    path.write_bytes(path.read_bytes()[:-100])
    assert StoreCorrupt.exit_code == merged(merging, sharded).code
    done = merging("run", "--shard", "1/2", "--plan", path, "--artifact", sharded / "1")
    assert StoreCorrupt.exit_code == done.code


def test_a_plan_of_another_suite_is_refused(merging: Matrix, sharded: Path, plan: Plan) -> None:
    """Check shard and merge."""
    path = sharded / "plan.json"
    envelope.write(path, PLAN, msgspec.structs.replace(plan, suite="0123456789abcdef"))
    for done in (
        merged(merging, sharded),
        merging("run", "--shard", "1/2", "--plan", path, "--artifact", sharded / "3"),
    ):
        assert UsageError.exit_code == done.code
        assert "was made for suite 0123456789abcdef" in done.err


def test_a_plan_holds_the_locks_of_today(plan: Plan) -> None:
    """Check that every shard uses one state of the index."""
    today = {planned.cell: planned.lock for planned in plan.planned.values() if planned.cell.lane is Lane.TODAY}
    assert ("anthropic==1.0.0", "leaf==2.0") == today[cell("raises_documented")]
    assert () == today[cell("needs_an_sdist")]
    assert {control_name(PYTHON): ("anthropic==9.0.0",)} == plan.controls
    assert isinstance(next(iter(today)), Cell)
