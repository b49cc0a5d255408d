"""Documents beside the data, cut at any length or with any bit flipped: refused, with the name of the file."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.errors import MatrixError, StoreCorrupt
from matrix.service.artifact import PLAN, RECORD
from matrix.service.planner import COSTS
from matrix.store import envelope, last_run
from matrix.store.documents import parse
from matrix.store.last_run import LastRun
from tests.support.parsers import PARSERS, SEALED

SEEDS = {name: PARSERS[name].seeds[0] for name in (PLAN, RECORD, COSTS, "data-releases")}
"""What is right, of each kind."""


def reader(name: str, path: Path) -> Callable[[], object]:
    """What reads such a file."""
    if name in SEALED:
        return lambda: envelope.read(path, name, SEALED[name][1])
    return lambda: parse("releases", path.read_bytes(), path)


@pytest.mark.parametrize("name", SEEDS)
def test_a_document_that_was_cut_anywhere_is_refused(tmp_path: Path, name: str) -> None:
    """At each length; a byte at the end is one too many to lose."""
    path, data = tmp_path / "file.json", SEEDS[name]
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(StoreCorrupt) as failure:
            reader(name, path)()
        assert str(failure.value).startswith(f"{path}: ")


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("bit", [0, 7])
def test_a_document_with_one_flipped_bit_is_refused(tmp_path: Path, name: str, bit: int) -> None:
    """Wherever it is."""
    path, data = tmp_path / "file.json", SEEDS[name]
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        with pytest.raises(StoreCorrupt) as failure:
            reader(name, path)()
        assert str(failure.value).startswith(f"{path}: ")


RUN = LastRun(day=dt.date(2025, 1, 2), suite="0123456789abcdef", releases=243, newest="1.2.3")


def test_a_day_that_was_cut_is_refused(tmp_path: Path) -> None:
    """At each length that lacks something; the last end of a line is none of it."""
    data = last_run.render(RUN)
    for length in range(len(data) - 1):
        last_run.path(tmp_path / "data").write_bytes(data[:length])
        with pytest.raises(StoreCorrupt):
            last_run.read(tmp_path / "data")


def test_a_flipped_bit_of_a_day_is_refused_or_changes_what_it_says(tmp_path: Path) -> None:
    """It has no digest, so that it can be read and mended by hand; a broken one is no good run all the same."""
    data, said = last_run.render(RUN), []
    for place in range(len(data)):
        last_run.path(tmp_path / "data").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            found = last_run.read(tmp_path / "data")
        except MatrixError:
            continue
        assert found is not None
        said += [name for name in RUN.__struct_fields__ if getattr(found, name) != getattr(RUN, name)]
    assert {"day", "suite", "releases", "newest"} == set(said)
