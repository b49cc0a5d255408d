"""Documents that were moved, removed, added or replaced by earlier ones are refused."""

import contextlib
import hashlib
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import StoreCorrupt
from matrix.store import root
from matrix.store.documents import kind_of
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature.drive import snapshot
from tests.store.test_store import FILES, NOT_INSTALLED, RELAXED, SECOND, TWO, fill, fresh_folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Write a small store with a document of every kind."""
    fill(tmp_path / "data")
    return tmp_path / "data"


def problems(folder: Path) -> list[str]:
    """Return what `matrix verify` says of a folder."""
    return Store(folder, ANTHROPIC).verify()


# Documents that changed places.


def test_every_swap_of_two_documents_is_refused(small: Path) -> None:
    """Both are named by the check, and reading either fails."""
    documents = snapshot(small)
    for one, other in itertools.combinations(FILES, 2):
        (small / one).write_bytes(documents[other])
        (small / other).write_bytes(documents[one])
        reported = problems(small)
        for name, origin in ((one, other), (other, one)):
            why = f"is the document {origin}, which was moved or copied"
            if kind_of(Path(name)) != kind_of(Path(origin)):
                why = f"has the schema 'midstream/{kind_of(Path(origin))}/"
            assert any(problem.startswith(f"{small / name}: {why}") for problem in reported), (name, origin, reported)
            with pytest.raises(StoreCorrupt):
                Store(small, ANTHROPIC)._entries(Path(name))
        with pytest.raises(StoreCorrupt, match="was altered"), Store(small, ANTHROPIC).writing():
            pytest.fail("a writer would record what was swapped")
        (small / one).write_bytes(documents[one])
        (small / other).write_bytes(documents[other])
    assert [] == problems(small)


@RELAXED
@given(st.permutations(FILES))
def test_every_permutation_of_documents_is_refused(order: list[str]) -> None:
    """Each document that moved is named, and only the identity is valid."""
    with fresh_folder() as folder:
        fill(folder)
        documents = snapshot(folder)
        for name, origin in zip(FILES, order, strict=True):
            (folder / name).write_bytes(documents[origin])
        moved = [name for name, origin in zip(FILES, order, strict=True) if name != origin]
        reported = problems(folder)
        assert len(moved) == len(reported)
        assert all(problem.startswith(f"{folder / name}: ") for name, problem in zip(moved, reported, strict=True))


# Documents that came or went, each with right digests.


def remove(folder: Path, name: str) -> None:
    """Remove a document."""
    (folder / name).unlink()


def rename(folder: Path, name: str) -> None:
    """Give a document the name of one that does not exist."""
    (folder / name).rename((folder / name).with_name("never-there.json"))


def replace(folder: Path, name: str) -> None:
    """Put the document of another store there; remove it where that store has none or the same."""
    with fresh_folder() as other:
        store = Store(other, ANTHROPIC)
        with store.writing():
            store.put(TWO, SECOND)
        replacement = other / name
        if replacement.exists() and replacement.read_bytes() != (folder / name).read_bytes():
            shutil.copy(replacement, folder / name)
        else:
            (folder / name).unlink()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [remove, rename, replace], ids=lambda change: change.__name__)
def test_a_document_that_went_is_refused(small: Path, change: Callable[[Path, str], None], name: str) -> None:
    """By the check, also after the remains of a killed run are forgiven; and by the next writer."""
    change(small, name)
    assert [] != problems(small)
    assert [] != Store(small, ANTHROPIC).verify(tidy=False)
    with pytest.raises(StoreCorrupt, match="was altered"), Store(small, ANTHROPIC).writing():
        pytest.fail("a writer would record what is left")


def test_a_document_that_no_other_refers_to_is_missed(small: Path) -> None:
    """Without the root digest, the rest would be valid."""
    (small / "controls.json").unlink()
    assert [root.ALTERED] == problems(small)


def test_an_added_document_is_refused(small: Path) -> None:
    """It is valid at its path, and was recorded elsewhere."""
    with fresh_folder() as other:
        store = Store(other, ANTHROPIC)
        with store.writing():
            store.put(msgspec.structs.replace(TWO, python="3.12"), NOT_INSTALLED)
        shutil.copy(other / "cells" / "today-3.12.json", small / "cells")
    assert [root.ALTERED] == problems(small)


def test_an_earlier_document_is_refused(small: Path) -> None:
    """A document of yesterday has right digests."""
    before = (small / "releases.json").read_bytes()
    store = Store(small, ANTHROPIC)
    listed = dict(store.releases())
    with store.writing():
        store.put_releases(
            listed | {"1.1.0": listed["1.0.0"].__class__(version="1.1.0", uploaded=listed["1.0.0"].uploaded)}
        )
    assert [] == problems(small)
    (small / "releases.json").write_bytes(before)
    assert [root.ALTERED] == problems(small)


# The root digest itself.


def test_a_changed_root_digest_is_refused(small: Path) -> None:
    """Whichever of its bytes it is."""
    data = (small / root.ROOT).read_bytes()
    for place in range(len(data)):
        (small / root.ROOT).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert [root.ALTERED] == problems(small)


def test_a_folder_without_root_digest_has_the_leftovers_of_a_killed_run(small: Path) -> None:
    """The next writer records it."""
    whole = snapshot(small)
    (small / root.ROOT).unlink()
    assert [root.MISSING] == problems(small)
    assert [] == Store(small, ANTHROPIC).verify(tidy=False)
    with Store(small, ANTHROPIC).writing():
        pass
    assert whole == snapshot(small)


def test_a_folder_without_documents_needs_no_root_digest(tmp_path: Path) -> None:
    """An empty store is valid."""
    with Store(tmp_path / "data", ANTHROPIC).writing():
        pass
    assert ([], {}) == (problems(tmp_path / "data"), snapshot(tmp_path / "data"))


def test_a_writer_that_fails_records_what_it_wrote(small: Path) -> None:
    """Unless it began with the leftovers of a killed run."""
    store = Store(small, ANTHROPIC)
    with contextlib.suppress(ZeroDivisionError), store.writing():
        store.put(TWO, SECOND)
        raise ZeroDivisionError
    assert [] == root_problems(small)
    (small / root.ROOT).unlink()
    with pytest.raises(ZeroDivisionError), store.writing():
        raise ZeroDivisionError
    assert [root.MISSING] == root_problems(small)


def root_problems(folder: Path) -> list[str]:
    """Return the problem of the root digest alone."""
    return [problem for problem in [root.find_problem(folder)] if problem]


def test_the_root_digest_can_be_computed_with_any_tool(small: Path) -> None:
    """It is the SHA-256 over the output of `sha256sum` with the names first, sorted."""
    lines = [f"{name} {hashlib.sha256((small / name).read_bytes()).hexdigest()}\n" for name in FILES]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    expected = f'{{"schema": "midstream/root/1",\n"digest": "{digest}"}}\n'
    assert expected == (small / root.ROOT).read_text(encoding="utf-8")
