"""Readers refuse documents that were cut at any length or have one flipped bit, and name the file."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.errors import MatrixError, StoreCorrupt
from matrix.service.artifact import PLAN, RECORD
from matrix.service.planner import COSTS
from matrix.store import envelope, last_run
from matrix.store.documents import RELEASES, parse
from matrix.store.last_run import LastRun
from tests.support.parsers import PARSERS, SEALED

SEEDS = {name: PARSERS[name].seeds[0] for name in (PLAN, RECORD, COSTS, "data-releases")}
"""A valid document of each kind."""


def reader_of(name: str, path: Path) -> Callable[[], object]:
    """Return the function that reads a document of this kind."""
    if name in SEALED:
        return lambda: envelope.read(path, name, SEALED[name][1])
    return lambda: parse(RELEASES, path.read_bytes(), path.parent)


@pytest.mark.parametrize("name", SEEDS)
def test_a_document_is_refused_after_a_cut_at_any_length(tmp_path: Path, name: str) -> None:
    """Even the last byte matters."""
    path, data = tmp_path / "releases.json", SEEDS[name]
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(StoreCorrupt) as failure:
            reader_of(name, path)()
        assert str(failure.value).startswith(f"{path}: ")


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("bit", [0, 7])
def test_a_document_with_one_flipped_bit_is_refused(tmp_path: Path, name: str, bit: int) -> None:
    """The test flips a bit in every byte, one after the other."""
    path, data = tmp_path / "releases.json", SEEDS[name]
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        with pytest.raises(StoreCorrupt) as failure:
            reader_of(name, path)()
        assert str(failure.value).startswith(f"{path}: ")


RUN = LastRun(day=dt.date(2025, 1, 2), suite="0123456789abcdef", releases=243, newest="1.2.3")


def test_a_cut_record_of_the_last_run_is_refused(tmp_path: Path) -> None:
    """Only the last line end may be missing."""
    data = last_run.render(RUN)
    for length in range(len(data) - 1):
        last_run.path(tmp_path / "data").write_bytes(data[:length])
        with pytest.raises(StoreCorrupt):
            last_run.read(tmp_path / "data")


def test_a_flipped_bit_in_the_last_run_is_refused_or_changes_a_field(tmp_path: Path) -> None:
    """The record has no digest, so that people can repair it by hand."""
    data, changed_fields = last_run.render(RUN), []
    for place in range(len(data)):
        last_run.path(tmp_path / "data").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            run = last_run.read(tmp_path / "data")
        except MatrixError:
            continue
        assert run is not None
        changed_fields += [name for name in RUN.__struct_fields__ if getattr(run, name) != getattr(RUN, name)]
    assert {"day", "suite", "releases", "newest"} == set(changed_fields)
