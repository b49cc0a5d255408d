"""Fixtures of the tests that drive the pipeline: miniature releases on an index of files, data, caches.

The first worker that needs an expensive fixture creates it once for the whole test run; no test changes it.
"""

import contextlib
import datetime as dt
import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import hypothesis
import msgspec
import pytest

from matrix.catalogue import suite
from matrix.harness import measure
from matrix.harness.jobs import make_jobs
from matrix.harness.player import ProbeRun, Settings
from matrix.harness.sandbox import Confinement, scope
from matrix.model import Lane
from matrix.observation import Call
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature import drive
from tests.miniature.drive import Matrix, Silent, cell
from tests.miniature.index import Index, build, release
from tests.miniature.releases import RELEASES

hypothesis.settings.register_profile("untimed", deadline=None)  # the machine may be busy
hypothesis.settings.load_profile("untimed")

SLOW = ("always_hangs", "holds_the_interpreter", "hangs_on_import", "exits_on_import", "killed_on_import")
"""Not in the shared data: each is slow, and has a test of its own."""

BROKEN = ("drops_the_path",)
"""Not in the shared data: it ends a run."""

PLAYED_ONLY = ("does_as_told", "keeps_connections", "lacks_messages", "strange_exceptions", "tells_where_it_is")
"""Not in the shared data: single calls show what these do."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests that build cells, and deselect browser tests unless `-m` asks for them: browsers are rare."""
    for item in items:
        if "index" in getattr(item, "fixturenames", ()):
            item.add_marker("pipeline")
    if "browser" not in config.option.markexpr:
        selected: list[pytest.Item] = []
        deselected: list[pytest.Item] = []
        for item in items:
            (deselected if item.get_closest_marker("browser") else selected).append(item)
        config.hook.pytest_deselected(items=deselected)
        items[:] = selected


@pytest.fixture(scope="session", autouse=True)
def _no_data_is_stale() -> Iterator[None]:
    """Let every day of the tests' data be on schedule; the tests of the warning set the day themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matrix.cli.freshness.today", lambda: dt.date.min)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nothing_waits_for_the_disk() -> Iterator[None]:
    """Flush no file to the disk; the tests of a power cut and of a full disk replace the flush themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_width_is_given() -> Iterator[None]:
    """Print to pipes as a user's shell does: pytest-xdist gives its workers a width."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _output_is_buffered() -> Iterator[None]:
    """Start programs as a user's shell does: containers set PYTHONUNBUFFERED, which hides a failure to flush."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONUNBUFFERED", raising=False)
        yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def index(shared: Path) -> Index:
    """Build the package index with every miniature."""
    return Index(drive.once(shared / "index", build))


@pytest.fixture
def own_index(index: Index, tmp_path: Path) -> Index:
    """Copy the package index for a test that changes it."""
    return Index(Path(shutil.copytree(index.folder, tmp_path / "index")))


@pytest.fixture
def own_cache(shared: Path, tmp_path: Path) -> Iterator[Path]:
    """Make a cache of one test, which shares only expensive parts; the cache of the real user stays unused."""
    with isolated(tmp_path / "cache", shared):
        yield tmp_path / "cache"


@pytest.fixture
def catalogue(tmp_path: Path) -> Callable[..., Store]:
    """Return a function that makes a store with some miniatures, or with all, and without a result."""

    def make(*behaviours: str) -> Store:
        return _catalogue(tmp_path / "data", behaviours or tuple(RELEASES))

    return make


@pytest.fixture(scope="session")
def measured_once(shared: Path, index: Index) -> Path:
    """Measure nearly every miniature in the `today` lane and two in both lanes; return the folder of the data."""

    def measure_into(folder: Path) -> None:
        store = _catalogue(folder, tuple(RELEASES))
        cells = [
            cell(behaviour) for behaviour in RELEASES if behaviour not in ("hangs_once", *SLOW, *BROKEN, *PLAYED_ONLY)
        ]
        cells += [cell(behaviour, Lane.AS_RELEASED) for behaviour in ("raises_documented", "offers_aiohttp")]
        with isolated(shared / "cache", shared):
            settings = Settings(deadline=2.0, bytecode=shared / "bytecode")
            options = measure.Options(index=index.address, workers=4, settings=settings)
            measure.run(store, make_jobs(cells, store), options, Silent())
            openly = msgspec.structs.replace(options, confinement=Confinement.OFF)
            measure.run(store, make_jobs([cell("hangs_once")], store), openly, Silent())

    return drive.once(shared / "measured", measure_into)


@pytest.fixture
def measured(measured_once: Path) -> Store:
    """Return the measured data, to be read only."""
    return Store(measured_once, ANTHROPIC)


@pytest.fixture
def known(measured_once: Path, tmp_path: Path) -> Store:
    """Copy the measured data for a test that changes it."""
    return Store(Path(shutil.copytree(measured_once, tmp_path / "known")), ANTHROPIC)


@pytest.fixture
def matrix(own_cache: Path, tmp_path: Path, index: Index) -> Matrix:
    """Return the command line, on a data folder that does not exist yet."""
    return Matrix(tmp_path / "data", index)


@pytest.fixture
def hold(own_cache: Path) -> Path:
    """Make a file; while it exists, the miniature `waits` waits."""
    path = own_cache / "midstream" / "bytecode" / "hold"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture
def play(shared: Path, own_cache: Path, index: Index, tmp_path: Path) -> Callable[..., ProbeRun]:
    """Return a function that plays calls in the environment of a miniature, which is installed once."""

    def play_calls(
        behaviour: str, calls: Sequence[Call], settings: Settings | None = None, *, openly: bool = False
    ) -> ProbeRun:
        folder = drive.once(shared / f"cell-{behaviour}", lambda folder: drive.install(index, behaviour, folder))
        home = own_cache / "home"
        home.mkdir(parents=True, exist_ok=True)
        return drive.play(folder / "bin" / "python", home, calls, settings or Settings(), openly=openly)

    return play_calls


def _catalogue(folder: Path, behaviours: Sequence[str]) -> Store:
    store = Store(folder, ANTHROPIC)
    store.put_releases({RELEASES[name].version: release(RELEASES[name]) for name in behaviours})
    return store


@contextlib.contextmanager
def isolated(cache: Path, shared: Path) -> Iterator[None]:
    """Isolate tests: no settings of the user's uv, caches of the tests, their interpreter first, and wide lines.

    Every run in this process plays a part of the suite: the whole suite takes seconds for each cell.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("UV_", "MIDSTREAM_"))]:
            patch.delenv(name)
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.setenv("UV_CACHE_DIR", str(shared / "uv"))
        patch.setenv("UV_HTTP_RETRIES", "0")
        patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).resolve().parent), os.defpath]))
        patch.setenv("COLUMNS", "200")
        patch.setattr(suite, "WHOLE", drive.PART)
        # Some machines have no control groups, and commands say so. `env` stands in for what starts a control group.
        patch.setattr(scope, "command", lambda: ("/usr/bin/env",))
        # The default was computed at import, and names the cache of the real user.
        settings = Settings(bytecode=shared / "bytecode")
        patch.setattr(measure, "Options", functools.partial(measure.Options, settings=settings))
        yield
