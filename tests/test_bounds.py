"""What is too large, too deep or without an end is refused, by a process that may not use much.

A process of its own, with a bound on its memory and on its time, which the system keeps: nothing is told by a clock.
"""

import gzip
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from matrix.errors import IndexFailure, StoreCorrupt
from matrix.releases.client import LIMIT, PATIENCE
from matrix.releases.index import fetch
from matrix.service import inspection
from matrix.service.artifact import PLAN, RECORD, record_path
from matrix.service.plan import Plan
from matrix.store import envelope
from matrix.store.store import Store
from matrix.system import files
from matrix.targets import ANTHROPIC
from tests.releases.test_index import JSON, LISTED, as_json
from tests.support.parsers import INDEX, PARSERS, SEALED, answering
from tests.support.paths import ROOT

JSONS = [name for name in PARSERS if name not in ("index-html", "wheel")]


@pytest.mark.parametrize(
    ("kind", "names"),
    [("deep", JSONS), ("long", JSONS), ("page", ["index-html"]), ("archive", ["wheel"])],
    ids=["deep JSON", "long JSON", "pages of an index", "metadata that unpack to more"],
)
@pytest.mark.slow
def test_what_is_hostile_is_refused_in_bounded_time_and_memory(kind: str, names: Sequence[str]) -> None:
    """By every parser."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.bounded", kind, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (0, "all refused\n") == (done.returncode, done.stdout), done.stderr[-2000:]


def huge(path: Path, size: int = 1024**4) -> Path:
    """A file of so many bytes, of which none takes room."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize("name", ["huge", "zero", "pipe", "folder"])
def test_a_file_that_is_no_file_of_ours_is_not_read(tmp_path: Path, name: str) -> None:
    """A terabyte, a device without an end, a pipe that nobody writes to: by the data, a plan, a day, and an index."""
    path = tmp_path / name
    match name:
        case "huge":
            huge(path)
        case "zero":
            path.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()
    with pytest.raises(StoreCorrupt, match="is no regular file" if name != "huge" else "has more than 64 MB"):
        files.read(path)
    with pytest.raises(StoreCorrupt):
        envelope.read(path, PLAN, Plan)
    data = tmp_path / "data"
    data.mkdir()
    path.rename(data / "releases.json")
    with pytest.raises(StoreCorrupt):
        Store(data, ANTHROPIC).releases()
    (data / "releases.json").rename(tmp_path / "index.html")
    with pytest.raises(IndexFailure):
        fetch("simple", {}, tmp_path.as_uri())


def test_a_file_of_just_that_size_is_read(tmp_path: Path) -> None:
    """And one of a byte more is not."""
    assert 1000 == len(files.read(huge(tmp_path / "file", 1000), 1000))
    with pytest.raises(StoreCorrupt):
        files.read(huge(tmp_path / "file", 1001), 1000)


# Artifacts.


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A folder with the record of a shard, which is of another suite: whatever is refused before is not that."""
    envelope.write(record_path(tmp_path / "1"), RECORD, SEALED[RECORD][0])
    (tmp_path / "1" / "data").mkdir()
    return tmp_path / "1"


def refused(folder: Path) -> str:
    """Why an artifact is refused."""
    with pytest.raises(StoreCorrupt) as failure:
        inspection.inspect(ANTHROPIC, SEALED[PLAN][0], folder)
    return str(failure.value)


def test_an_artifact_of_many_files_is_not_gone_through(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small they are."""
    monkeypatch.setattr(inspection, "MAX_FILES", 50)
    for number in range(60):
        (artifact / "data" / f"{number}").touch()
    assert "has more than 50 files or 128 MB" in refused(artifact)


def test_an_artifact_of_many_bytes_is_not_read(artifact: Path) -> None:
    """An archive of a few bytes may unpack to as many as it likes; each file by itself may be small enough."""
    for number in range(3):
        huge(artifact / "data" / f"{number}", 60 * 1024 * 1024)
    assert "has more than 5,000 files or 128 MB" in refused(artifact)


@pytest.mark.parametrize("name", ["shard.json", "data/releases.json", "data/cells"])
def test_an_artifact_with_links_is_refused(artifact: Path, tmp_path: Path, name: str) -> None:
    """They lead out of it."""
    (artifact / name).unlink(missing_ok=True)
    (artifact / name).symlink_to(tmp_path)
    assert f"{artifact / name} is neither a file nor a folder." == refused(artifact)


# What an index answers.


def test_an_answer_that_is_too_large_is_not_read_to_its_end() -> None:
    """In whatever form it comes."""
    body = as_json(LISTED)
    with answering(lambda _: (200, JSON, body + b" " * (LIMIT - len(body)))):
        assert fetch("anthropic", {}, INDEX)
    with answering(lambda _: (200, JSON, body + b" " * LIMIT)), pytest.raises(IndexFailure, match="more than 16 MB"):
        fetch("anthropic", {}, INDEX)


def test_an_answer_that_comes_drop_by_drop_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that says a word now and then could go on for ever."""
    now = iter(range(0, 10**6, int(PATIENCE / 3)))
    monkeypatch.setattr("matrix.releases.client.time.monotonic", lambda: next(now))
    with answering(lambda _: (200, JSON, b" " * 10**6)), pytest.raises(IndexFailure, match="more than 300 seconds"):
        fetch("anthropic", {}, INDEX)


def test_an_answer_that_unpacks_to_more_is_not_unpacked() -> None:
    """Three hundred megabytes of nothing are a third of one on their way."""
    packed = gzip.compress(bytes(300 * 1024 * 1024), 1)
    tracemalloc.start()
    try:
        with answering(lambda _: (200, JSON, packed), "gzip"), pytest.raises(IndexFailure, match="more than 16 MB"):
            fetch("anthropic", {}, INDEX)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100 * 1024 * 1024
