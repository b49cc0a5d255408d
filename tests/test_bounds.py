"""Input that is too large, too deep or endless is reason_of_refusal by a process with bounded resources.

The system bounds the memory and the CPU time of that process, so no test depends on a clock.
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
    ids=["deep JSON", "long JSON", "pages of an index", "compressed metadata"],
)
@pytest.mark.slow
def test_hostile_input_is_refused_in_bounded_time_and_memory(kind: str, names: Sequence[str]) -> None:
    """Every parser refuses the hostile input of its kind."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.bounded", kind, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (0, "all refused\n") == (done.returncode, done.stdout), done.stderr[-2000:]


def huge(path: Path, size: int = 1024**4) -> Path:
    """Make a sparse file of this size."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize("name", ["huge", "zero", "pipe", "folder"])
def test_a_huge_or_irregular_file_is_not_read(tmp_path: Path, name: str) -> None:
    """The readers of data, plans, days and indexes refuse a terabyte, an endless device, a pipe and a folder."""
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
    with pytest.raises(StoreCorrupt, match="is not a regular file" if name != "huge" else "has more than 64 MB"):
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


def test_a_file_of_exactly_the_largest_size_is_read(tmp_path: Path) -> None:
    """A file with one more byte is reason_of_refusal."""
    assert 1000 == len(files.read(huge(tmp_path / "file", 1000), 1000))
    with pytest.raises(StoreCorrupt):
        files.read(huge(tmp_path / "file", 1001), 1000)


# Artifacts


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """Make an artifact of another suite: a refusal for another reason comes earlier."""
    envelope.write(record_path(tmp_path / "1"), RECORD, SEALED[RECORD][0])
    (tmp_path / "1" / "data").mkdir()
    return tmp_path / "1"


def reason_of_refusal(folder: Path) -> str:
    """Return the message with which an artifact is refused."""
    with pytest.raises(StoreCorrupt) as failure:
        inspection.inspect(ANTHROPIC, SEALED[PLAN][0], folder)
    return str(failure.value)


def test_an_artifact_of_too_many_files_is_refused(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files may be empty."""
    monkeypatch.setattr(inspection, "MAX_FILES", 50)
    for number in range(60):
        (artifact / "data" / f"{number}").touch()
    assert "has more than 50 files or 128 MB" in reason_of_refusal(artifact)


def test_an_artifact_of_too_many_bytes_is_refused(artifact: Path) -> None:
    """A small archive may unpack to many bytes, while each of its files is small enough."""
    for number in range(3):
        huge(artifact / "data" / f"{number}", 60 * 1024 * 1024)
    assert "has more than 5,000 files or 128 MB" in reason_of_refusal(artifact)


@pytest.mark.parametrize("name", ["shard.json", "data/releases.json", "data/cells"])
def test_an_artifact_with_links_is_refused(artifact: Path, tmp_path: Path, name: str) -> None:
    """Links lead out of the artifact."""
    (artifact / name).unlink(missing_ok=True)
    (artifact / name).symlink_to(tmp_path)
    assert f"{artifact / name} is neither a file nor a folder." == reason_of_refusal(artifact)


# Answers of an index


def test_an_answer_over_the_largest_size_is_refused() -> None:
    """An answer of exactly the largest size is read."""
    body = as_json(LISTED)
    with answering(lambda _: (200, JSON, body + b" " * (LIMIT - len(body)))):
        assert fetch("anthropic", {}, INDEX)
    with answering(lambda _: (200, JSON, body + b" " * LIMIT)), pytest.raises(IndexFailure, match="more than 16 MB"):
        fetch("anthropic", {}, INDEX)


def test_a_slow_answer_is_given_up_after_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that sends a byte now and then could otherwise go on for ever."""
    now = iter(range(0, 10**6, int(PATIENCE / 3)))
    monkeypatch.setattr("matrix.releases.client.time.monotonic", lambda: next(now))
    with answering(lambda _: (200, JSON, b" " * 10**6)), pytest.raises(IndexFailure, match="more than 300 seconds"):
        fetch("anthropic", {}, INDEX)


def test_a_compressed_answer_over_the_largest_size_is_not_unpacked() -> None:
    """Three hundred megabytes of zeros are a third of a megabyte when compressed."""
    packed = gzip.compress(bytes(300 * 1024 * 1024), 1)
    tracemalloc.start()
    try:
        with answering(lambda _: (200, JSON, packed), "gzip"), pytest.raises(IndexFailure, match="more than 16 MB"):
            fetch("anthropic", {}, INDEX)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * 1024 * 1024
