"""Damages to the artifacts of two shards in one folder: cut, lost, foreign or forged files.

A damage is a function of that folder. The tests of `matrix merge` and the rehearsal of the service apply all of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from matrix import errors
from matrix.errors import MatrixError
from matrix.harness.upkeep import prune_and_judge, tidy
from matrix.model import Lane
from matrix.observation import Outcome
from matrix.service.artifact import RECORD, ShardRecord, open_store, record_path
from matrix.store import envelope, root
from matrix.store.documents import CONTROLS, JUDGEMENTS, StoredObservation, address, parse, render
from matrix.targets import ANTHROPIC
from tests.miniature.drive import PYTHON


def resealed(folder: Path, **changes: Any) -> None:
    """Make the record of an artifact match its data again, as a forger would."""
    record = envelope.read(record_path(folder), RECORD, ShardRecord)
    changes = {"data": root.digest(open_store(ANTHROPIC, folder).folder)} | changes
    envelope.write(record_path(folder), RECORD, msgspec.structs.replace(record, **changes))


def rewritten(data: Path, path: Path, entries: dict[str, Any]) -> None:
    """Write a document with right digests into a data folder, and the root digest of what is there then."""
    with root.recording(data):
        root.forget(data)
        (data / path).write_bytes(render(path, entries))


def changed(folder: Path, path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a document of an artifact, and recompute every digest of files."""
    data = open_store(ANTHROPIC, folder).folder
    entries = parse(path, (data / path).read_bytes(), data)
    change(entries)
    rewritten(data, path, entries)
    resealed(folder)


def removed(folder: Path, path: Path) -> None:
    """Remove a document of an artifact, with all that it referred to, and make the root digest right again."""
    store = open_store(ANTHROPIC, folder)
    root.forget(store.folder)
    (store.folder / path).unlink()
    tidy(store)


def cut_file(folder: Path) -> None:
    """Cut a file in half."""
    path = next((folder / "1" / "data" / "observations").iterdir())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lost_file(folder: Path) -> None:
    """Remove a whole file of cells, and the entries that only it referred to."""
    removed(folder / "1", Path("cells", f"today-{PYTHON}.json"))


def lost_and_resealed(folder: Path) -> None:
    """Remove a whole file of cells, and make the record match."""
    lost_file(folder)
    resealed(folder / "1")


def cut_record(folder: Path) -> None:
    """Cut the end of the record, as an incomplete upload does."""
    path = record_path(folder / "1")
    path.write_bytes(path.read_bytes()[:-20])


def other_suite(folder: Path) -> None:
    """Set another suite in the record."""
    resealed(folder / "1", suite="0123456789abcdef")


def other_suite_of_a_cell(folder: Path) -> None:
    """Set another suite in one result."""

    def change(entries: dict[str, Any]) -> None:
        key = next(iter(entries))
        entries[key] = msgspec.structs.replace(entries[key], suite="0123456789abcdef")

    changed(folder / "1", Path("cells", f"as-released-{PYTHON}.json"), change)


def other_plan(folder: Path) -> None:
    """Set another plan in the record."""
    resealed(folder / "1", plan="0" * 64)


def forged_judgement(folder: Path) -> None:
    """Improve the judgement of a behaviour."""

    def change(entries: dict[str, Any]) -> None:
        key = next(key for key, value in entries.items() if not value.documented)
        entries[key] = msgspec.structs.replace(entries[key], documented=True)

    for number in ("1", "2"):
        changed(folder / number, JUDGEMENTS, change)


def forged_control(folder: Path) -> None:
    """Give the control the behaviour of an unpatched release, with digests that are right."""

    def change(entries: dict[str, Any]) -> None:
        (name, control), *_ = entries.items()
        wrong = {
            digest for digest, judged in open_store(ANTHROPIC, folder / "1").judgements().items() if not judged.unusable
        }
        wrong -= {control.result.behaviour}
        line = msgspec.structs.replace(control.result, behaviour=min(wrong))
        entries[name] = msgspec.structs.replace(control, result=line)

    changed(folder / "1", CONTROLS, change)
    tidy(open_store(ANTHROPIC, folder / "1"))
    resealed(folder / "1")


def forged_observation(folder: Path) -> None:
    """Remove the exception of a control's observation, and recompute every digest up to its result."""
    store = open_store(ANTHROPIC, folder / "1")
    control = store.control(f"patched-{PYTHON}")
    assert control is not None
    behaviour = dict(control[1].behaviour)
    call = next(call for call in behaviour if call.scenario == "mid-overloaded_error")
    behaviour[call] = msgspec.structs.replace(behaviour[call], exception=None, outcome=Outcome.COMPLETED)
    with store.writing():
        store.put_control(f"patched-{PYTHON}", control[0], msgspec.structs.replace(control[1], behaviour=behaviour))
        store.prune()
    resealed(folder / "1")


def no_control_of_an_extra(folder: Path) -> None:
    """Remove the control of the cells with an extra, and keep these cells."""
    for artifact in (folder / "1", folder / "2"):
        changed(artifact, CONTROLS, lambda entries: entries.pop(f"patched-{PYTHON}-aiohttp", None))
        tidy(open_store(ANTHROPIC, artifact))
        resealed(artifact)


def no_control(folder: Path) -> None:
    """Remove the controls."""
    removed(folder / "1", CONTROLS)
    resealed(folder / "1")


def digest_of_another(folder: Path) -> None:
    """Put an observation under the digest of another observation."""

    def change(entries: dict[str, Any]) -> None:
        for key, value in entries.items():
            assert isinstance(value, StoredObservation)
            observation = msgspec.structs.replace(value.seen, requests=value.seen.requests + 1)
            entries[key] = msgspec.structs.replace(value, seen=observation)
            assert key != address(entries[key])

    changed(folder / "1", Path("observations", "clean.json"), change)


def foreign_cell(folder: Path) -> None:
    """Add a cell of the other shard."""
    other = open_store(ANTHROPIC, folder / "2")
    foreign = next(cell for cell in other.cells() if not cell.extra)
    result = other.result(foreign)
    assert result is not None
    store = open_store(ANTHROPIC, folder / "1")
    with store.writing():
        store.put(foreign, result)
        prune_and_judge(store)
    resealed(folder / "1")


def fewer_calls(folder: Path) -> None:
    """Remove a call from a behaviour."""
    store = open_store(ANTHROPIC, folder / "1")
    played = next(cell for cell, stored in store.cells().items() if stored.behaviour)
    result = store.result(played)
    assert result is not None
    behaviour = dict(list(result.behaviour.items())[1:])
    with store.writing():
        store.put(played, msgspec.structs.replace(result, behaviour=behaviour))
        prune_and_judge(store)
    resealed(folder / "1")


def other_lock(folder: Path) -> None:
    """Give a cell of today another lock than the plan's."""
    for number in ("1", "2"):
        store = open_store(ANTHROPIC, folder / number)
        for cell in [cell for cell, line in store.cells().items() if cell.lane is Lane.TODAY and len(line.lock) > 1]:
            result = store.result(cell)
            assert result is not None
            assert result.lock is not None
            pins = tuple(pin for pin in result.lock.pins if pin.startswith("anthropic"))
            lock = msgspec.structs.replace(
                result.lock, pins=pins, hashes={pin: result.lock.hashes[pin] for pin in pins}
            )
            with store.writing():
                store.put(cell, msgspec.structs.replace(result, lock=lock))
                prune_and_judge(store)
            resealed(folder / number)


def other_hashes(folder: Path) -> None:
    """Give the installed SDK other hashes than the index lists."""
    changed(
        folder / "1",
        Path("distributions", "anthropic.json"),
        lambda entries: entries.update(dict.fromkeys(entries, ("0" * 64,))),
    )


def other_catalogue(folder: Path) -> None:
    """Yank a release, which the plan does not know."""

    def change(entries: dict[str, Any]) -> None:
        key = next(iter(entries))
        entries[key] = msgspec.structs.replace(entries[key], yanked="so that nobody installs it")

    changed(folder / "1", Path("releases.json"), change)


DAMAGES: dict[Callable[[Path], None], type[MatrixError]] = {
    cut_file: errors.StoreCorrupt,
    lost_file: errors.StoreCorrupt,
    lost_and_resealed: errors.StoreCorrupt,
    cut_record: errors.StoreCorrupt,
    other_suite: errors.UsageError,
    other_suite_of_a_cell: errors.UsageError,
    other_plan: errors.UsageError,
    forged_judgement: errors.StoreCorrupt,
    forged_control: errors.ControlFailure,
    forged_observation: errors.ControlFailure,
    no_control: errors.ControlFailure,
    no_control_of_an_extra: errors.ControlFailure,
    digest_of_another: errors.StoreCorrupt,
    foreign_cell: errors.UsageError,
    fewer_calls: errors.StoreCorrupt,
    other_lock: errors.UsageError,
    other_hashes: errors.StoreCorrupt,
    other_catalogue: errors.UsageError,
}
"""Each damage, to the failure that refuses the artifact."""
