"""uv: finds interpreters, resolves locks, creates environments and fills them.

I/O. It installs wheels only, so that no build script of any release runs. It checks every file against the hash in the
lock, and links files from uv's cache where the file system supports hard links. It ignores the user's constraints,
overrides and cut-off dates, since these would change the results; it keeps the user's settings for the address of the
index and the connection to it. It refuses wheels that unpack to too much, and keeps wheels from changing an environment
outside site-packages.
"""

import asyncio
import datetime as dt
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from matrix.errors import InterpreterMissing, ToolFailure
from matrix.harness import environment
from matrix.harness.installer import Interpreter, Unresolvable
from matrix.harness.wheels import FILE_SIZE, RefusedWheel, inspect
from matrix.model import Lock
from matrix.system import process

_OF_UV = re.compile(
    r"UV_(\w*INDEX\w*|FIND_LINKS|CACHE_DIR|LINK_MODE|\w*HTTP\w*|\w*TIMEOUT|\w*CERT\w*|NATIVE_TLS|OFFLINE|NO_CACHE"
    r"|\w*INSECURE_HOST|KEYRING_PROVIDER|CONCURRENT_\w+|PYTHON_INSTALL_DIR|PYTHON_\w*MIRROR|CREDENTIALS_DIR|NO_NETRC)"
)
"""uv's environment variables that hold locations and connection settings; all others would change the results."""

_OF_A_PYTHON = re.compile(r"VIRTUAL_ENV|CONDA_PREFIX|PYTHON\w+")
"""Environment variables that choose a Python; the cell chooses it, and not the user's shell."""

_UNSATISFIABLE = 1
"""uv's exit code if the requirements have no solution; other failures have other codes."""

_LONGEST = 600
"""Limit for uv's output in a message, in characters."""

_NO_NETWORK = "network was disabled"
"""uv's output if the network was disabled, so that the release is not to blame."""

_NO_ANSWER = re.compile(rf"{_NO_NETWORK}|was not found in the package registry")
"""uv's output if the index gave no answer, or does not know the package at all."""

_DAMAGED = re.compile(r"invalid package format|metadata name .+ does not match given name")
"""uv's output if a wheel is damaged: the release is to blame if another download of it is damaged too."""

_OF_THE_WHEEL = {
    re.compile(r"os error 27\)"): f"unpacks to a file of more than {FILE_SIZE:,} bytes",
    re.compile(r"The wheel is invalid|Scripts must not use the reserved name"): "is not valid",
    re.compile(r"(Is a|Not a) directory \(os error"): "has files where the environment has folders, or the reverse",
}
"""uv's output if it can't install a wheel because of what is in it, and the reason in words without temporary paths."""

_BOUNDED = f'trap "" XFSZ; ulimit -f {FILE_SIZE // 512}; exec "$@"'
"""Limits the size of each file that uv writes; `ulimit` counts in half kilobytes."""

_PIN = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+==[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:(?P<sha256>[0-9a-f]{64})")


class Uv:
    """A uv with the same settings for every user.

    Args:
        index: The address of a package index; None for the index in the user's settings.
    """

    def __init__(self, index: str | None = None) -> None:
        from uv import find_uv_bin  # comes with the extra `measure`

        self._program = find_uv_bin()
        self._index = ("--default-index", index) if index else ()
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not _OF_A_PYTHON.fullmatch(name) and (not name.startswith("UV_") or _OF_UV.fullmatch(name))
        }
        self._environment |= {
            "UV_NO_CONFIG": "1",
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }
        self._inspected: set[tuple[Path, str, tuple[str, ...]]] = set()

    async def version(self) -> str:
        """Return the version of uv."""
        return (await self._run("--version")).out.split()[1]

    async def interpreter(self, python: str) -> Interpreter:
        """Find the interpreter for `major.minor`.

        Raises:
            InterpreterMissing: No such interpreter is installed; the message lists the installed versions.
        """
        located = await self._run("python", "find", "--system", python)
        if located.code == 0:
            return await describe_interpreter(Path(located.out.strip()))
        listing = await self._run("python", "list", "--only-installed", "--output-format", "json")
        versions = {entry["version"] for entry in msgspec.json.decode(listing.out or "[]")}
        raise InterpreterMissing(
            f"No Python {python} was found. Installed versions: {', '.join(sorted(versions)) or 'none'}.",
            f"Install it (`uv python install {python}`), or add the folder of its program to PATH.",
        )

    async def resolve(self, requirement: str, python: Path, cutoff: dt.datetime | None) -> Lock | Unresolvable:
        """Resolve `requirement` to a lock of wheels for this system and `python`.

        Args:
            requirement: The lines of a requirements file, such as `anthropic==0.28.1`.
            python: The path of the interpreter.
            cutoff: The latest upload time of a file in the lock; None for no limit.

        Raises:
            ToolFailure: uv failed for another reason than the requirements, such as a missing network.
        """
        as_of = ("--exclude-newer", cutoff.isoformat()) if cutoff else ()
        options = ("--generate-hashes", "--no-header", "--no-annotate", *as_of)
        done = await self._compile(python, requirement, *options)
        if done.code != 0 and (damaged := _DAMAGED.search(done.err)):
            done = await self._compile(python, requirement, *options, "--no-cache")
            if done.code != 0 and (again := _DAMAGED.search(done.err)) and again[0] == damaged[0]:
                return Unresolvable(_reason(done.err))
        if done.code == _UNSATISFIABLE and "No solution found" in done.err and _NO_NETWORK not in done.err:
            return Unresolvable(_reason(done.err))
        if done.code != 0:
            raise ToolFailure(
                f"uv could not resolve {' with '.join(requirement.split())}: {_failure(done.err)}",
                "Check the connection to the package index, and run the command again; finished results are recorded.",
            )
        return parse_lock(done.out)

    async def reaches_index(self, package: str, python: Path) -> bool:
        """Return whether the index lists the releases of a package; it is asked for one that does not exist."""
        done = await self._compile(python, f"{package}==0.dev0", "--no-deps", "--refresh-package", package)
        return done.code == 0 or ("No solution found" in done.err and not _NO_ANSWER.search(done.err))

    async def create(self, folder: Path, python: Path, lock: Lock, what: str) -> Path:
        """Create an environment in `folder` with the distributions of `lock`, and return the path of its interpreter.

        Args:
            folder: The path of the environment; it must not exist.
            python: The interpreter that the environment is built on.
            lock: The distributions to install.
            what: The requirement that was locked, for messages.

        Raises:
            ToolFailure: A file can't be downloaded, has another hash, or does not fit on the disk.
            RefusedWheel: A wheel can't be installed because of what is in it.
        """
        await self._inspect_wheels(python, lock)
        made = await self._run("venv", "--quiet", "--no-project", "--python", str(python), str(folder))
        if made.code != 0:
            raise ToolFailure(
                f"uv could not create an environment: {_failure(made.err)}",
                "Check that the disk has free space and that the folder is writable.",
            )
        program = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        packages = site_packages(folder)  # before a wheel can add another folder of this name
        own = await asyncio.to_thread(environment.read_own_files, folder)
        arguments = ("pip", "install", "--quiet", "--python", str(program), "--no-deps", "--require-hashes")
        wheels_only = ("--only-binary", ":all:", "-r", "-")
        filled = await self._run(*arguments, *wheels_only, *self._index, stdin=format_requirements(lock))
        if filled.code != 0:
            for pattern, reason in _OF_THE_WHEEL.items():
                if pattern.search(filled.err):
                    raise RefusedWheel(f"A wheel {reason}.")
            raise ToolFailure(
                f"uv could not install {' with '.join(what.split())}: {_failure(filled.err)}",
                "Check the connection to the package index; nothing was recorded for this release.",
            )
        await asyncio.to_thread(environment.restore, folder, packages, own)
        return program

    async def _inspect_wheels(self, python: Path, lock: Lock) -> None:
        """Inspect the wheels of a lock that were not inspected yet.

        Raises:
            RefusedWheel: A wheel unpacks to too much.
        """
        unknown = {(python, pin, lock.hashes[pin]) for pin in lock.pins} - self._inspected
        if not unknown:
            return
        pins = "\n".join(sorted(pin for _, pin, _ in unknown))
        located = await self._compile(python, pins, "--no-deps", "--format", "pylock.toml")
        if located.code != 0:  # the installation reports it
            return
        addresses = _locate_wheels(located.out)
        reasons = await asyncio.gather(*(asyncio.to_thread(inspect, address) for address in addresses.values()))
        for name, reason in zip(addresses, reasons, strict=True):
            if reason:
                raise RefusedWheel(f"{name} {reason}.")
        self._inspected |= unknown

    async def _compile(self, python: Path, requirements: str, *options: str) -> process.Completed:
        """Select wheels for requirements, which are the lines of a requirements file."""
        arguments = ("pip", "compile", "-", "--quiet", "--python", str(python), "--only-binary", ":all:")
        return await self._run(*arguments, *options, *self._index, stdin=requirements)

    async def _run(self, *arguments: str, stdin: str = "") -> process.Completed:
        bounded = () if os.name == "nt" else ("/bin/sh", "-c", _BOUNDED, "sh")
        return await process.run([*bounded, self._program, *arguments], environment=self._environment, stdin=stdin)


async def describe_interpreter(program: Path) -> Interpreter:
    """Ask an interpreter for its version and folders.

    Raises:
        InterpreterMissing: The program can't be run, or is not a working Python.
    """
    question = (
        "import os, platform as p, sys; print(p.python_implementation(), p.python_version()); "
        "print(sys.implementation.cache_tag, sys.version_info.micro, sep='.'); "
        "print(sys.base_prefix, os.path.dirname(os.path.dirname(os.path.realpath(sys.executable))), sep='\\n')"
    )
    try:
        done = await process.run([program, "-I", "-c", question], environment=dict(os.environ))
    except OSError as error:
        raise InterpreterMissing(
            f"{program} can't be run: {error.strerror}.", "Give the path of a Python interpreter."
        ) from None
    if done.code != 0 or not done.out.strip():
        raise InterpreterMissing(
            f"{program} is not a working Python: {_failure(done.err)}", f"Run `{program} --version` to see the error."
        )
    title, tag, *folders = done.out.strip().splitlines()
    names = [name for path in map(Path, folders) for name in (path, path.resolve())]
    return Interpreter(program, title, tag, tuple(dict.fromkeys(names)), program)


def site_packages(environment: Path) -> Path:
    """Return the folder of an environment that holds its distributions."""
    return next(environment.glob("lib/*/site-packages"), environment / "Lib" / "site-packages")


def parse_lock(text: str) -> Lock:
    """Parse the output of `uv pip compile --generate-hashes` into a lock."""
    hashes: dict[str, list[str]] = {}
    pin = ""
    for line in text.splitlines():
        if match := _PIN.match(line):
            pin = match["pin"]
            hashes[pin] = []
        hashes.get(pin, []).extend(_HASH.findall(line))
    pins = tuple(sorted(hashes))
    return Lock(pins, {pin: tuple(sorted(hashes[pin])) for pin in pins})


def _locate_wheels(pylock: str) -> Mapping[str, str]:
    """Return the address of each wheel by its name, from the output of `uv pip compile --format pylock.toml`."""
    addresses = [
        wheel.get("url", "") for package in tomllib.loads(pylock).get("packages", []) for wheel in package["wheels"]
    ]
    return {address.rpartition("/")[2]: address for address in addresses if address}


def format_requirements(lock: Lock) -> str:
    """Format a lock as a requirements file with hashes."""
    return "".join(f"{pin} {' '.join(f'--hash=sha256:{sha256}' for sha256 in lock.hashes[pin])}\n" for pin in lock.pins)


def _reason(text: str) -> str:
    """Extract the resolver's reason on one line, without its hints: they name options that users can't set."""
    causes = re.findall(r"^\s*(?:cause:|╰─▶) (.+(?:\n(?!\s*(?:hint|cause|╰─▶)|\n).+)*)", text, flags=re.MULTILINE)
    return " ".join(" ".join(causes).split()) or _failure(text)


def _failure(text: str) -> str:
    """Extract uv's error on one line, from its first error on, since its warnings have other causes."""
    first = re.search(r"^\s*error", text, flags=re.MULTILINE)
    message = " ".join(text[first.start() if first else 0 :].split())
    return message[:_LONGEST] + "..." if len(message) > _LONGEST else message or "no reason was given"
