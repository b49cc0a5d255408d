"""uv: finds interpreters, resolves locks, creates environments and fills them.

I/O. Wheels only, so that no build script of any release ever runs; every file is checked against the hash in its
lock; files are hard links into uv's cache where the file system can do that. What a user's own uv is configured to
prefer (constraints, overrides, cut-off dates) would change what is measured and is not taken over; where the index
is, and how to reach it, is.
"""

import datetime as dt
import os
import re
from pathlib import Path

import msgspec

from matrix.errors import InterpreterMissing, ToolFailure
from matrix.model import Lane, Lock, Release
from matrix.system import process

GRACE = dt.timedelta(hours=1)
"""The `as-released` lane resolves as of the upload time plus this: the files of a release, and of releases that its
maintainers made with it, arrive over some minutes."""

_OF_UV = re.compile(
    r"UV_(\w*INDEX\w*|FIND_LINKS|CACHE_DIR|LINK_MODE|\w*HTTP\w*|\w*TIMEOUT|\w*CERT\w*|NATIVE_TLS|OFFLINE|NO_CACHE"
    r"|\w*INSECURE_HOST|KEYRING_PROVIDER|CONCURRENT_\w+|PYTHON_INSTALL_DIR|PYTHON_\w*MIRROR|CREDENTIALS_DIR|NO_NETRC)"
)
"""uv's variables that say where things are and how to reach them; all others would change what is measured."""

_OF_A_PYTHON = re.compile(r"VIRTUAL_ENV|CONDA_PREFIX|PYTHON\w+")
"""Variables that say which Python is in use, which is not for a user's shell to say."""

_UNSATISFIABLE = 1
"""uv's exit code when there is no solution; everything else that goes wrong gives another."""

_LONGEST = 600
"""Characters of what uv says that are passed on."""

_NOT_THE_RELEASE = re.compile(r"network was disabled|invalid package format")
"""What uv says when it found no solution because it may not look, or because a file came broken."""

_PIN = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+==[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:(?P<sha256>[0-9a-f]{64})")


class Unresolvable(msgspec.Struct, frozen=True):
    """There is no set of wheels that can be installed together, in the resolver's own words."""

    reason: str


class Interpreter(msgspec.Struct, frozen=True):
    """A Python: where it is, and what it says it is, such as `CPython 3.11.7`.

    Attributes:
        tag: Tells it from every other whose bytecode differs.
        folders: What it is made of, by the names under which it looks for that.
    """

    path: Path
    title: str
    tag: str
    folders: tuple[Path, ...]


class Uv:
    """A uv that is set up the same way for every user.

    Args:
        index: The address of a package index; None for the one that the user's uv is set up for.
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

    async def version(self) -> str:
        """The version of uv."""
        return (await self._run("--version")).out.split()[1]

    async def interpreter(self, python: str) -> Interpreter:
        """The interpreter for `major.minor`.

        Raises:
            InterpreterMissing: There is none; names those that were found.
        """
        found = await self._run("python", "find", "--system", python)
        if found.code == 0:
            return await describe_interpreter(Path(found.out.strip()))
        listing = await self._run("python", "list", "--only-installed", "--output-format", "json")
        versions = {entry["version"] for entry in msgspec.json.decode(listing.out or "[]")}
        raise InterpreterMissing(
            f"No Python {python} was found. There is: {', '.join(sorted(versions)) or 'none'}.",
            f"Install it (`uv python install {python}`), or put the folder of its program on PATH.",
        )

    async def resolve(self, requirement: str, python: Path, cutoff: dt.datetime | None) -> Lock | Unresolvable:
        """The lock for `requirement`, of wheels for this system and `python`.

        Args:
            requirement: As in a requirements file, such as `anthropic==0.28.1`.
            python: The interpreter.
            cutoff: Nothing that was uploaded later is considered; None for no such limit.

        Raises:
            ToolFailure: uv could not do its work, for lack of a network, say.
        """
        as_of = ("--exclude-newer", cutoff.isoformat()) if cutoff else ()
        arguments = (
            "pip",
            "compile",
            "-",
            "--python",
            str(python),
            "--only-binary",
            ":all:",
            "--generate-hashes",
        )
        plain = ("--no-header", "--no-annotate", "--quiet")
        done = await self._run(*arguments, *plain, *as_of, *self._index, stdin=requirement)
        if done.code == _UNSATISFIABLE and "No solution found" in done.err and not _NOT_THE_RELEASE.search(done.err):
            return Unresolvable(_reason(done.err))
        if done.code != 0:
            raise ToolFailure(
                f"uv could not resolve {requirement}: {_failure(done.err)}",
                "Check the connection to the package index; what was measured so far is kept.",
            )
        return parse_lock(done.out)

    async def create(self, folder: Path, python: Path, lock: Lock, what: str) -> Path:
        """Make an environment in `folder` that holds what `lock` says, and return its interpreter.

        Args:
            folder: Where; nothing may be there.
            python: The interpreter that it is built on.
            lock: What is installed.
            what: The requirement that the lock is of, for messages.

        Raises:
            ToolFailure: A file is not to be had, has another hash, or there is no room.
        """
        made = await self._run("venv", "--quiet", "--no-project", "--python", str(python), str(folder))
        if made.code != 0:
            raise ToolFailure(
                f"uv could not create an environment: {_failure(made.err)}",
                "Is there room, and permission to write?",
            )
        program = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        arguments = ("pip", "install", "--quiet", "--python", str(program), "--no-deps", "--require-hashes")
        wheels_only = ("--only-binary", ":all:", "-r", "-")
        filled = await self._run(*arguments, *wheels_only, *self._index, stdin=format_requirements(lock))
        if filled.code != 0:
            raise ToolFailure(
                f"uv could not install {what}: {_failure(filled.err)}",
                "A file is not to be had, or is not the one in the lock; nothing was recorded for this release.",
            )
        return program

    async def _run(self, *arguments: str, stdin: str = "") -> process.Completed:
        return await process.run([self._program, *arguments], environment=self._environment, stdin=stdin)


async def describe_interpreter(program: Path) -> Interpreter:
    """Ask an interpreter what it is.

    Raises:
        InterpreterMissing: It can't be run, or is no Python.
    """
    question = (
        "import os, platform as p, sys; print(p.python_implementation(), p.python_version()); "
        "print(sys.implementation.cache_tag, sys.version_info.micro, sep='.'); "
        "print(sys.base_prefix, os.path.dirname(os.path.dirname(os.path.realpath(sys.executable))), sep='\\n')"
    )
    try:
        done = await process.run([program, "-I", "-c", question], environment=dict(os.environ))
    except OSError as error:
        raise InterpreterMissing(f"{program} can't be run: {error.strerror}.", "Name the interpreter itself.") from None
    if done.code != 0 or not done.out.strip():
        raise InterpreterMissing(f"{program} is no Python that works: {_failure(done.err)}", "Try it by hand.")
    title, tag, *folders = done.out.strip().splitlines()
    named = [one for path in map(Path, folders) for one in (path, path.resolve())]
    return Interpreter(program, title, tag, tuple(dict.fromkeys(named)))


def resolution_cutoff(release: Release, lane: Lane) -> dt.datetime | None:
    """As of when the dependencies of `release` are resolved in `lane`; None for now."""
    return release.uploaded + GRACE if lane is Lane.AS_RELEASED else None


def site_packages(environment: Path) -> Path:
    """The folder of an environment in which distributions are."""
    return next(environment.glob("lib/*/site-packages"), environment / "Lib" / "site-packages")


def parse_lock(text: str) -> Lock:
    """A lock from what `uv pip compile --generate-hashes` prints."""
    hashes: dict[str, list[str]] = {}
    pin = ""
    for line in text.splitlines():
        if found := _PIN.match(line):
            pin = found["pin"]
            hashes[pin] = []
        hashes.get(pin, []).extend(_HASH.findall(line))
    pins = tuple(sorted(hashes))
    return Lock(pins, {pin: tuple(sorted(hashes[pin])) for pin in pins})


def format_requirements(lock: Lock) -> str:
    """A lock as a requirements file with hashes."""
    return "".join(f"{pin} {' '.join(f'--hash=sha256:{sha256}' for sha256 in lock.hashes[pin])}\n" for pin in lock.pins)


def _reason(text: str) -> str:
    """The resolver's reason on one line, without its hints, which speak of options that nobody here can set."""
    causes = re.findall(r"^\s*(?:cause:|╰─▶) (.+(?:\n(?!\s*(?:hint|cause|╰─▶)|\n).+)*)", text, flags=re.MULTILINE)
    return " ".join(" ".join(causes).split()) or _failure(text)


def _failure(text: str) -> str:
    """What uv says went wrong, on one line: from its first error on, for its warnings say other things."""
    first = re.search(r"^\s*error", text, flags=re.MULTILINE)
    said = " ".join(text[first.start() if first else 0 :].split())
    return said[:_LONGEST] + "..." if len(said) > _LONGEST else said or "no reason was given"
