"""Data of an earlier midstream is converted without measuring, and named wherever it is read."""

import hashlib
import shutil
from pathlib import Path

import pytest

from matrix.errors import StoreCorrupt
from matrix.store import migration, root
from matrix.store.documents import body_of, kind_of, migration_hint, schema_of
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature.drive import Matrix, snapshot
from tests.miniature.index import Index
from tests.store.test_store import FILES, fill


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """Write a small store in the current schemas as `today`, and in the schemas before them as `earlier`."""
    fill(tmp_path / "today")
    shutil.copytree(tmp_path / "today", tmp_path / "earlier")
    make_earlier(tmp_path / "earlier")
    return tmp_path / "earlier"


def make_earlier(folder: Path) -> None:
    """Rewrite the documents of a folder with the schemas before these: without paths and root digest."""
    for path in Store(folder, ANTHROPIC).paths():
        schema, body = schema_of(kind_of(path), back=1), body_of((folder / path).read_bytes())
        digest = hashlib.sha256(f"{schema}\n".encode() + body).hexdigest()
        head = f'{{"schema": "{schema}",\n"digest": "{digest}",\n"entries": {{\n'
        (folder / path).write_bytes(head.encode() + body + b"\n}}\n")
    (folder / root.ROOT).unlink()


@pytest.fixture
def matrix(earlier: Path, tmp_path: Path) -> Matrix:
    """Drive the command line on it."""
    return Matrix(earlier, Index(tmp_path))


def test_migrated_data_equals_data_of_today(matrix: Matrix, earlier: Path) -> None:
    """A second migration converts nothing."""
    done = matrix("migrate")
    assert (0, f"{earlier}: {len(FILES)} documents converted.\n", "") == (done.code, done.out, done.err)
    assert snapshot(earlier.with_name("today")) == snapshot(earlier)
    assert "Nothing is to be converted.\n" == matrix("migrate").out
    assert snapshot(earlier.with_name("today")) == snapshot(earlier)


def test_a_migration_that_was_killed_is_completed(matrix: Matrix, earlier: Path) -> None:
    """The test stops the migration after each number of documents."""
    old = snapshot(earlier)
    for number in range(len(FILES) + 1):
        for at, name in enumerate(FILES):
            whole = (earlier.with_name("today") / name).read_bytes()
            (earlier / name).write_bytes(whole if at < number else old[name])
        (earlier / root.ROOT).unlink(missing_ok=True)
        assert 0 == matrix("migrate").code
        assert snapshot(earlier.with_name("today")) == snapshot(earlier)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_document_is_not_converted(matrix: Matrix, earlier: Path, name: str) -> None:
    """Nothing is written: neither that document nor another."""
    data = bytearray((earlier / name).read_bytes())
    data[-8] ^= 1
    (earlier / name).write_bytes(data)
    before = snapshot(earlier)
    done = matrix("migrate")
    assert (StoreCorrupt.exit_code, "") == (done.code, done.out)
    assert f"Error: {earlier / name}: " in done.err
    assert before == snapshot(earlier)


def test_commands_name_the_migration(matrix: Matrix, earlier: Path) -> None:
    """Those that check the data, those that read it, and those that would write it."""
    before = snapshot(earlier)
    for command in (("verify",), ("verify", "--judge"), ("history",), ("list", "releases"), ("explain", "1.0.0")):
        done = matrix(*command)
        assert StoreCorrupt.exit_code == done.code, command
        assert "was written by an earlier midstream" in done.err
        assert done.err.endswith(f"Hint: {migration_hint(earlier)}\n")
    for judged in ("gate", "announce", "elsewhere"):
        done = matrix(judged, "--published", earlier)
        assert StoreCorrupt.exit_code == done.code, judged
        assert done.err.endswith(f"Hint: {migration_hint(earlier)}\n")
    with pytest.raises(StoreCorrupt, match="an earlier midstream"), Store(earlier, ANTHROPIC).writing():
        Store(earlier, ANTHROPIC).put_releases({})
    assert before == snapshot(earlier)


def test_the_hint_works_as_printed(earlier: Path) -> None:
    """A folder with a space is quoted."""
    assert "`matrix --data '/a b' migrate`" in migration_hint(Path("/a b"))
    with pytest.raises(StoreCorrupt) as failure:
        migration.require_current(Store(earlier, ANTHROPIC))
    assert migration_hint(earlier) == failure.value.hint


def test_data_that_is_not_there_is_not_migrated(tmp_path: Path) -> None:
    """A mistyped folder is no empty store."""
    done = Matrix(tmp_path / "nowhere", Index(tmp_path))("migrate")
    assert (StoreCorrupt.exit_code, f"Error: There is no folder {tmp_path / 'nowhere'}.") == (
        done.code,
        done.err.splitlines()[0],
    )
