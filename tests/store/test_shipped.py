"""The user's copy of the shipped data: what it has, and what stays of it when other data is shipped."""

import shutil
from pathlib import Path

import pytest

from matrix.errors import UsageError
from matrix.model import DEFAULT_PYTHON, Cell, Lane
from matrix.store import last_run, shipped
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.behaviours import on, raised, release, result

SHIPPED = ("1.0.0", "1.1.0")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's data folder out of the tests."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def cell(version: str) -> Cell:
    """Return the cell of a release in today's lane."""
    return Cell(version, Lane.TODAY, DEFAULT_PYTHON)


def ship(folder: Path, *versions: str) -> Store:
    """Write the data of some releases."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases({version: release(version) for version in versions})
        for version in versions:
            store.put(cell(version), result(on(raised()), suite=ANTHROPIC.digest))
    return store


def record(store: Store, version: str) -> None:
    """Record a release that the data lacks."""
    with store.writing():
        store.put_releases(store.releases() | {version: release(version)})
        store.put(cell(version), result(on(raised()), suite=ANTHROPIC.digest))


def test_the_copy_has_everything_that_is_shipped(tmp_path: Path) -> None:
    """Check that nothing is missing to be measured, and that the shipped data is left alone."""
    bundled = ship(tmp_path / "package" / "anthropic", *SHIPPED)
    before = {path: path.read_bytes() for path in bundled.folder.rglob("*") if path.is_file()}
    copy = shipped.extend(bundled)
    assert tmp_path / "share" / "midstream" / "data" / "anthropic" == copy.folder
    record(copy, "2.0.0")
    again = shipped.extend(bundled)
    assert [*map(cell, (*SHIPPED, "2.0.0"))] == sorted(again.cells())
    assert [] == again.verify()
    assert before == {path: path.read_bytes() for path in bundled.folder.rglob("*") if path.is_file()}


def test_the_day_of_the_last_good_run_is_copied(tmp_path: Path) -> None:
    """Check the file next to the data."""
    bundled = ship(tmp_path / "package" / "anthropic", *SHIPPED)
    last_run.path(bundled.folder).write_bytes(b"{}")
    assert last_run.path(shipped.extend(bundled).folder).read_bytes() == b"{}"


def test_other_shipped_data_keeps_the_results_that_it_lacks(tmp_path: Path) -> None:
    """Check that a copy of earlier data is not read, until a command extends the newer data."""
    bundled = ship(tmp_path / "package" / "anthropic", *SHIPPED)
    record(shipped.extend(bundled), "2.0.0")
    newer = ship(tmp_path / "newer" / "anthropic", *SHIPPED, "1.2.0")
    folder = shipped.user_folder(ANTHROPIC)
    assert (True, False) == tuple(shipped.is_extension(folder, data.folder) for data in (bundled, newer))
    copy = shipped.extend(newer)
    assert [*map(cell, (*SHIPPED, "1.2.0", "2.0.0"))] == sorted(copy.cells())
    assert copy.releases().keys() == {*SHIPPED, "1.2.0", "2.0.0"}
    assert [] == copy.verify()
    assert not folder.with_name("anthropic.before").exists()


def test_an_interrupted_copy_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the results of the earlier copy stay."""
    bundled = ship(tmp_path / "package" / "anthropic", *SHIPPED)
    record(shipped.extend(bundled), "2.0.0")
    newer = ship(tmp_path / "newer" / "anthropic", *SHIPPED, "1.2.0")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shipped, "_keep_results", interrupt)
        with pytest.raises(KeyboardInterrupt):
            shipped.extend(newer)
    assert not shipped.is_extension(shipped.user_folder(ANTHROPIC), newer.folder)
    assert [*map(cell, (*SHIPPED, "1.2.0", "2.0.0"))] == sorted(shipped.extend(newer).cells())


def test_a_copy_that_was_killed_half_way_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that files that were copied in part are not taken for the results of an earlier copy."""
    bundled = ship(tmp_path / "package" / "anthropic", *SHIPPED)

    def copy_in_part(source: Path, target: Path, **_: object) -> None:
        for path in source.rglob("*.json"):
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(path.read_bytes()[:20])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", copy_in_part)
        with pytest.raises(KeyboardInterrupt):
            shipped.extend(bundled)
    copy = shipped.extend(bundled)
    assert [] == copy.verify()
    assert [*map(cell, SHIPPED)] == sorted(copy.cells())


def test_a_kill_while_the_earlier_copy_is_removed_loses_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that what is left of the earlier copy is not taken for the whole of it."""
    bundled = ship(tmp_path / "package" / "anthropic", *SHIPPED)
    record(shipped.extend(bundled), "2.0.0")
    newer = ship(tmp_path / "newer" / "anthropic", *SHIPPED, "1.2.0")
    remove = shutil.rmtree

    def remove_in_part(folder: Path, *, ignore_errors: bool = False) -> None:
        if ignore_errors:
            return remove(folder, ignore_errors=True)
        remove(folder / "cells")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", remove_in_part)
        with pytest.raises(KeyboardInterrupt):
            shipped.extend(newer)
    copy = shipped.extend(newer)
    assert [*map(cell, (*SHIPPED, "1.2.0", "2.0.0"))] == sorted(copy.cells())
    assert ["anthropic", "anthropic.lock", "anthropic.origin"] == sorted(
        path.name for path in copy.folder.parent.iterdir()
    )


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the hint."""

    def refuse() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", refuse)
    with pytest.raises(UsageError, match="no home folder") as caught:
        shipped.user_folder(ANTHROPIC)
    assert "HOME" in caught.value.hint
