"""What may become of the artifacts of two shards, in a folder with both: cut, lost, foreign, forged with care.

A damage takes that folder. The tests of `matrix merge` and the rehearsal of the service go through all of them.
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
from matrix.service import artifact
from matrix.service.artifact import RECORD, ShardRecord, open_store, record_path
from matrix.store import envelope
from matrix.store.documents import CONTROLS, JUDGEMENTS, StoredObservation, address, kind_of, parse, render
from matrix.targets import ANTHROPIC
from tests.miniature.drive import PYTHON


def resealed(folder: Path, **changes: Any) -> None:
    """Make the record of an artifact agree with its data again, as a forger would."""
    record = envelope.read(record_path(folder), RECORD, ShardRecord)
    changes = {"data": artifact.digest_data(open_store(ANTHROPIC, folder))} | changes
    envelope.write(record_path(folder), RECORD, msgspec.structs.replace(record, **changes))


def changed(folder: Path, path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a document of an artifact, and make every digest of files right again."""
    file = open_store(ANTHROPIC, folder).folder / path
    entries = parse(kind_of(path), file.read_bytes(), file)
    change(entries)
    file.write_bytes(render(kind_of(path), entries))
    resealed(folder)


def cut_file(folder: Path) -> None:
    """Half of a file is gone."""
    path = next((folder / "1" / "data" / "observations").iterdir())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lost_file(folder: Path) -> None:
    """A whole file of cells is gone, with all that it referred to."""
    (folder / "1" / "data" / "cells" / f"today-{PYTHON}.json").unlink()
    store = open_store(ANTHROPIC, folder / "1")
    tidy(store)


def lost_and_resealed(folder: Path) -> None:
    """The same, and the record says that this is how it was."""
    lost_file(folder)
    resealed(folder / "1")


def cut_record(folder: Path) -> None:
    """The record was not uploaded to its end."""
    path = record_path(folder / "1")
    path.write_bytes(path.read_bytes()[:-20])


def other_suite(folder: Path) -> None:
    """Measured with another probe."""
    resealed(folder / "1", suite="0123456789abcdef")


def other_suite_of_a_cell(folder: Path) -> None:
    """One line says so."""

    def change(entries: dict[str, Any]) -> None:
        key = next(iter(entries))
        entries[key] = msgspec.structs.replace(entries[key], suite="0123456789abcdef")

    changed(folder / "1", Path("cells", f"as-released-{PYTHON}.json"), change)


def other_plan(folder: Path) -> None:
    """It was measured from another plan."""
    resealed(folder / "1", plan="0" * 64)


def forged_judgement(folder: Path) -> None:
    """What a behaviour comes to is better than it is."""

    def change(entries: dict[str, Any]) -> None:
        key = next(key for key, value in entries.items() if not value.documented)
        entries[key] = msgspec.structs.replace(entries[key], documented=True)

    for number in ("1", "2"):
        changed(folder / number, JUDGEMENTS, change)


def forged_control(folder: Path) -> None:
    """The control has the behaviour of a release that is not patched: every digest is right, and it does not hold."""

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
    """A control's error was not raised, all the way up to its line with digests that are right."""
    store = open_store(ANTHROPIC, folder / "1")
    found = store.control(f"patched-{PYTHON}")
    assert found is not None
    behaviour = dict(found[1].behaviour)
    call = next(call for call in behaviour if call.scenario == "mid-overloaded_error")
    behaviour[call] = msgspec.structs.replace(behaviour[call], exception=None, outcome=Outcome.COMPLETED)
    with store.writing():
        store.put_control(f"patched-{PYTHON}", found[0], msgspec.structs.replace(found[1], behaviour=behaviour))
        store.prune()
    resealed(folder / "1")


def no_control(folder: Path) -> None:
    """There is none."""
    (folder / "1" / "data" / CONTROLS).unlink()
    tidy(open_store(ANTHROPIC, folder / "1"))
    resealed(folder / "1")


def digest_of_another(folder: Path) -> None:
    """An observation stands under the digest of another."""

    def change(entries: dict[str, Any]) -> None:
        for key, value in entries.items():
            assert isinstance(value, StoredObservation)
            seen = msgspec.structs.replace(value.seen, requests=value.seen.requests + 1)
            entries[key] = msgspec.structs.replace(value, seen=seen)
            assert key != address(entries[key])

    changed(folder / "1", Path("observations", "clean.json"), change)


def foreign_cell(folder: Path) -> None:
    """It has a cell of the other shard."""
    other = open_store(ANTHROPIC, folder / "2")
    one = next(found for found in other.cells() if not found.extra)
    result = other.result(one)
    assert result is not None
    store = open_store(ANTHROPIC, folder / "1")
    with store.writing():
        store.put(one, result)
        prune_and_judge(store)
    resealed(folder / "1")


def fewer_calls(folder: Path) -> None:
    """A behaviour lacks a call."""
    store = open_store(ANTHROPIC, folder / "1")
    one = next(found for found, line in store.cells().items() if line.behaviour)
    result = store.result(one)
    assert result is not None
    behaviour = dict(list(result.behaviour.items())[1:])
    with store.writing():
        store.put(one, msgspec.structs.replace(result, behaviour=behaviour))
        prune_and_judge(store)
    resealed(folder / "1")


def other_lock(folder: Path) -> None:
    """A cell of today was measured with another lock than the plan's."""
    for number in ("1", "2"):
        store = open_store(ANTHROPIC, folder / number)
        for one in [found for found, line in store.cells().items() if found.lane is Lane.TODAY and len(line.lock) > 1]:
            result = store.result(one)
            assert result is not None
            assert result.lock is not None
            pins = tuple(pin for pin in result.lock.pins if pin.startswith("anthropic"))
            lock = msgspec.structs.replace(
                result.lock, pins=pins, hashes={pin: result.lock.hashes[pin] for pin in pins}
            )
            with store.writing():
                store.put(one, msgspec.structs.replace(result, lock=lock))
                prune_and_judge(store)
            resealed(folder / number)


def other_hashes(folder: Path) -> None:
    """The SDK that was installed is not the file that the index lists."""
    changed(
        folder / "1",
        Path("distributions", "anthropic.json"),
        lambda entries: entries.update(dict.fromkeys(entries, ("0" * 64,))),
    )


def other_catalogue(folder: Path) -> None:
    """A release was yanked, which the plan does not know."""

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
    digest_of_another: errors.StoreCorrupt,
    foreign_cell: errors.UsageError,
    fewer_calls: errors.StoreCorrupt,
    other_lock: errors.UsageError,
    other_hashes: errors.StoreCorrupt,
    other_catalogue: errors.UsageError,
}
"""What is done to an artifact, to the failure that it is refused with."""
