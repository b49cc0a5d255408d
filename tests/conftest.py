"""Fixtures of the tests that drive the pipeline: miniature releases on an index of files, data, caches.

What costs seconds is made once for a test run, by whichever worker wants it first, and never changed.
"""

import contextlib
import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

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

SLOW = ("always_hangs", "holds_the_interpreter", "hangs_on_import", "exits_on_import", "killed_on_import")
"""Not in the shared data: each takes its time, and has a test of its own."""

BROKEN = ("drops_the_path",)
"""Not in the shared data: ends a run."""

PLAYED_ONLY = ("does_as_told", "keeps_connections", "lacks_messages", "strange_exceptions", "tells_where_it_is")
"""Not in the shared data: what they do is seen in single calls."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what builds cells, and leave out what needs a browser unless `-m` asks for it: few machines have one."""
    for item in items:
        if "index" in getattr(item, "fixturenames", ()):
            item.add_marker("pipeline")
    if "browser" not in config.option.markexpr:
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            (left_out if item.get_closest_marker("browser") else kept).append(item)
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.fixture(scope="session", autouse=True)
def _nothing_waits_for_the_disk() -> Iterator[None]:
    """Flush no file to the disk; the tests of a power cut and of a full disk see each flush themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def index(shared: Path) -> Index:
    """The package index with every miniature."""
    return Index(drive.once(shared / "index", build))


@pytest.fixture
def own_index(index: Index, tmp_path: Path) -> Index:
    """A copy of it, to be changed."""
    return Index(Path(shutil.copytree(index.folder, tmp_path / "index")))


@pytest.fixture
def own_cache(shared: Path, tmp_path: Path) -> Iterator[Path]:
    """A user's cache for this test alone, but for what costs time to fill; nothing of the real user is seen."""
    with isolated(tmp_path / "cache", shared):
        yield tmp_path / "cache"


@pytest.fixture
def catalogue(tmp_path: Path) -> Callable[..., Store]:
    """Makes a store that knows some miniatures, or all of them, and has measured none."""

    def make(*behaviours: str) -> Store:
        return _catalogue(tmp_path / "data", behaviours or tuple(RELEASES))

    return make


@pytest.fixture(scope="session")
def measured_once(shared: Path, index: Index) -> Path:
    """The data folder of a run over nearly every miniature, in the `today` lane, and over two in both lanes."""

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
    """That data, to be read."""
    return Store(measured_once, ANTHROPIC)


@pytest.fixture
def known(measured_once: Path, tmp_path: Path) -> Store:
    """A copy of that data, to be changed."""
    return Store(Path(shutil.copytree(measured_once, tmp_path / "known")), ANTHROPIC)


@pytest.fixture
def matrix(own_cache: Path, tmp_path: Path, index: Index) -> Matrix:
    """The command line, on a data folder that is yet to be made."""
    return Matrix(tmp_path / "data", index)


@pytest.fixture
def hold(own_cache: Path) -> Path:
    """A file that makes the miniature `waits` wait for as long as it exists."""
    path = own_cache / "midstream" / "bytecode" / "hold"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


@pytest.fixture
def play(shared: Path, own_cache: Path, index: Index, tmp_path: Path) -> Callable[..., ProbeRun]:
    """Plays calls in the environment of a miniature, which is made once."""

    def played(
        behaviour: str, calls: Sequence[Call], settings: Settings | None = None, *, openly: bool = False
    ) -> ProbeRun:
        folder = drive.once(shared / f"cell-{behaviour}", lambda folder: drive.install(index, behaviour, folder))
        home = own_cache / "home"
        home.mkdir(parents=True, exist_ok=True)
        return drive.play(folder / "bin" / "python", home, calls, settings or Settings(), openly=openly)

    return played


def _catalogue(folder: Path, behaviours: Sequence[str]) -> Store:
    store = Store(folder, ANTHROPIC)
    store.put_releases({RELEASES[name].version: release(RELEASES[name]) for name in behaviours})
    return store


@contextlib.contextmanager
def isolated(cache: Path, shared: Path) -> Iterator[None]:
    """No settings of the user's uv, caches that are the tests', their interpreter first, and wide lines.

    Of the suite a part is played, by whatever runs in this process: the whole takes seconds for each cell.
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
        # The default names the cache of whoever imported the module.
        settings = Settings(bytecode=shared / "bytecode")
        patch.setattr(measure, "Options", functools.partial(measure.Options, settings=settings))
        yield
