"""uv: its settings, the same for every user, and its output, read as values."""

import asyncio
import datetime as dt
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uv import find_uv_bin

from matrix.errors import InterpreterMissing
from matrix.harness.installer import GRACE, Unresolvable, resolution_cutoff
from matrix.harness.uv import Uv, _failure, _reason, describe_interpreter, format_requirements, parse_lock
from matrix.model import Cell, Lane, Lock, Release
from matrix.system.process import Completed
from matrix.targets import ANTHROPIC

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
"""Examples have no deadline: other tests may load the machine."""

A, B, C = "a" * 64, "b" * 64, "c" * 64


# Locks.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"anthropic==1.0.0 \\\n    --hash=sha256:{B} \\\n    --hash=sha256:{A}\n"
            f"typing-extensions==4.12.2 \\\n    --hash=sha256:{C}\n",
            Lock(
                ("anthropic==1.0.0", "typing-extensions==4.12.2"),
                {"anthropic==1.0.0": (A, B), "typing-extensions==4.12.2": (C,)},
            ),
            id="as uv writes it, hashes sorted",
        ),
        pytest.param(
            f"h11==0.16.0 --hash=sha256:{A}\nanthropic==1.0.0 --hash=sha256:{B}\n",
            Lock(("anthropic==1.0.0", "h11==0.16.0"), {"anthropic==1.0.0": (B,), "h11==0.16.0": (A,)}),
            id="on one line each, pins sorted",
        ),
        pytest.param(
            f"colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:{A}\n",
            Lock(("colorama==0.4.6",), {"colorama==0.4.6": (A,)}),
            id="with a marker",
        ),
        pytest.param(
            f"torch==2.0.0+cpu.x \\\n    --hash=sha256:{A}\n",
            Lock(("torch==2.0.0+cpu.x",), {"torch==2.0.0+cpu.x": (A,)}),
            id="with a local version",
        ),
        pytest.param(
            f"# made by uv\n\nh11==0.16.0 \\\n    --hash=sha256:{A}\n    # via httpcore\n",
            Lock(("h11==0.16.0",), {"h11==0.16.0": (A,)}),
            id="with comments",
        ),
        pytest.param("h11==0.16.0\n", Lock(("h11==0.16.0",), {"h11==0.16.0": ()}), id="without hashes"),
        pytest.param("", Lock((), {}), id="an empty lock"),
    ],
)
def test_a_lock_is_read_from_what_uv_prints(text: str, expected: Lock) -> None:
    """Check that names, versions and hashes are read, and no address of an index or a file."""
    assert expected == parse_lock(text)


def test_a_lock_is_written_as_requirements_that_uv_can_check() -> None:
    """Check that each pin has one line, with every hash."""
    lock = Lock(("anthropic==1.0.0", "h11==0.16.0"), {"anthropic==1.0.0": (A, B), "h11==0.16.0": (C,)})
    expected = f"anthropic==1.0.0 --hash=sha256:{A} --hash=sha256:{B}\nh11==0.16.0 --hash=sha256:{C}\n"
    assert expected == format_requirements(lock)


names = st.builds("{}{}".format, st.sampled_from(["h11", "typing-extensions", "anthropic", "x"]), st.integers(0, 99))
versions = st.builds(
    "{}.{}{}".format, st.integers(0, 99), st.integers(0, 99), st.sampled_from(["", ".1", "rc1", ".post2", "+cpu.1"])
)
digests = st.integers(0, 2**256 - 1).map("{:064x}".format)
hashes = st.sets(digests, min_size=1, max_size=3).map(sorted).map(tuple)
locks = st.dictionaries(st.builds("{}=={}".format, names, versions), hashes, max_size=5).map(
    lambda hashes: Lock(tuple(sorted(hashes)), hashes)
)


@RELAXED
@given(locks)
def test_any_lock_is_read_back_from_its_requirements(lock: Lock) -> None:
    """Check that what is installed is what was locked."""
    assert lock == parse_lock(format_requirements(lock))


@RELAXED
@given(locks, st.randoms(use_true_random=False))
def test_the_order_in_which_uv_prints_makes_no_difference(lock: Lock, random: Random) -> None:
    """Check that equal locks are equal values."""
    lines = format_requirements(lock).splitlines(keepends=True)
    random.shuffle(lines)
    assert lock == parse_lock("".join(lines))


# Messages of uv.

RESOLUTION = "error: No solution found when resolving dependencies\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            RESOLUTION
            + "  cause: Because there is no version of anthropic==9.9 and you require anthropic==9.9, we can conclude"
            " that your requirements are unsatisfiable.\n",
            "Because there is no version of anthropic==9.9 and you require anthropic==9.9, we can conclude that your"
            " requirements are unsatisfiable.",
            id="on one line",
        ),
        pytest.param(
            RESOLUTION
            + "  cause: Because only needed==1.0 is available and anthropic<=1.0 depends on needed>=2, we can"
            " conclude that anthropic<=1.0 cannot be used.\n"
            "         And because you require anthropic==1.0, we can conclude that your requirements are"
            " unsatisfiable.\n",
            "Because only needed==1.0 is available and anthropic<=1.0 depends on needed>=2, we can conclude that"
            " anthropic<=1.0 cannot be used. And because you require anthropic==1.0, we can conclude that your"
            " requirements are unsatisfiable.",
            id="on two lines",
        ),
        pytest.param(
            RESOLUTION
            + "  cause: Because anthropic==1.3 has no wheels with a matching Python implementation tag (e.g.,"
            " `cp311`) and you require anthropic==1.3, we can conclude that your requirements are unsatisfiable.\n"
            "\n"
            "hint: You require CPython 3.11 (`cp311`), but we only found wheels for `anthropic` (v1.3) with the"
            " following Python implementation tag: `cp27`\n",
            "Because anthropic==1.3 has no wheels with a matching Python implementation tag (e.g., `cp311`) and you"
            " require anthropic==1.3, we can conclude that your requirements are unsatisfiable.",
            id="with a hint",
        ),
        pytest.param(
            RESOLUTION + "  cause: Because anthropic==1.5 has no usable wheels and you require anthropic==1.5, we can"
            " conclude that your requirements are unsatisfiable.\n"
            "\n"
            "hint: Wheels are required for `anthropic` because building from source is disabled for all packages (i.e.,"
            " with `--no-build`)\n",
            "Because anthropic==1.5 has no usable wheels and you require anthropic==1.5, we can conclude that your"
            " requirements are unsatisfiable.",
            id='with a hint that contains "because"',
        ),
        pytest.param(
            "  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:\n"
            "  ╰─▶ Because only needed==1.0 is available and anthropic==1.0 depends on\n"
            "      needed>=2, we can conclude that anthropic==1.0 cannot be used.\n"
            "      And because you require anthropic==1.0, we can conclude that your\n"
            "      requirements are unsatisfiable.\n"
            "\n"
            "      hint: `needed` was found on another index\n",
            "Because only needed==1.0 is available and anthropic==1.0 depends on needed>=2, we can conclude that"
            " anthropic==1.0 cannot be used. And because you require anthropic==1.0, we can conclude that your"
            " requirements are unsatisfiable.",
            id="in a box, as older versions of uv write it",
        ),
        pytest.param("it says\nsomething  else\n", "it says something else", id="in an unknown form"),
    ],
)
def test_the_reason_of_the_resolver_is_one_line_without_hints(text: str, expected: str) -> None:
    """Check that uv's own words stay, without hints at options that this project does not have."""
    assert expected == _reason(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("error: one\n  cause: two\n\n", "error: one cause: two", id="an error with its cause"),
        pytest.param("warning: careful\nerror: one\n", "error: one", id="an error after a warning"),
        pytest.param("one\n  two\n", "one two", id="no error"),
        pytest.param("", "no reason was given", id="nothing"),
        pytest.param("\n \n", "no reason was given", id="blank lines"),
        pytest.param("error: " + "x" * 999, "error: " + "x" * 593 + "...", id="too much"),
    ],
)
def test_a_failure_of_uv_is_one_line_that_starts_at_its_first_error(text: str, expected: str) -> None:
    """Check that warnings are left out, and long texts cut."""
    assert expected == _failure(text)


# Variables of the user's environment that reach uv.

NOT_TAKEN_OVER = [
    "UV_EXCLUDE_NEWER",
    "UV_EXCLUDE_NEWER_PACKAGE",
    "UV_CONSTRAINT",
    "UV_BUILD_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_PRERELEASE",
    "UV_RESOLUTION",
    "UV_NO_BINARY",
    "UV_NO_BINARY_PACKAGE",
    "UV_NO_BUILD",
    "UV_NO_BUILD_PACKAGE",
    "UV_NO_BUILD_ISOLATION",
    "UV_ONLY_BINARY",
    "UV_NO_SOURCES",
    "UV_CONFIG_FILE",
    "UV_REQUIRE_HASHES",
    "UV_NO_VERIFY_HASHES",
    "UV_COMPILE_BYTECODE",
    "UV_TORCH_BACKEND",
    "UV_SYSTEM_PYTHON",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_PYTHON_PREFERENCE",
    "UV_MANAGED_PYTHON",
    "UV_NO_MANAGED_PYTHON",
    "UV_VENV_SEED",
    "UV_VENV_CLEAR",
    "UV_VENV_RELOCATABLE",
    "UV_WORKING_DIR",
    "UV_NO_PROJECT",
    "UV_NO_EDITABLE",
    "UV_FORK_STRATEGY",
    "UV_CUSTOM_COMPILE_COMMAND",
    "UV_THAT_NOBODY_HAS_HEARD_OF",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONDONTWRITEBYTECODE",
]
"""Variables that would change what is measured, or where: all of uv's that are not in the next list."""

TAKEN_OVER = [
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INDEX_STRATEGY",
    "UV_FIND_LINKS",
    "UV_KEYRING_PROVIDER",
    "UV_INSECURE_HOST",
    "UV_SYSTEM_CERTS",
    "UV_OFFLINE",
    "UV_CACHE_DIR",
    "UV_NO_CACHE",
    "UV_LINK_MODE",
    "UV_HTTP_TIMEOUT",
    "UV_PYTHON_INSTALL_DIR",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "NO_PROXY",
    "HOME",
    "PATH",
    "XDG_CACHE_HOME",
]
"""Variables for the index, the way to it, and the cache."""

SET = {"UV_NO_CONFIG": "1", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "UV_PYTHON_DOWNLOADS": "never"}
"""Variables that are the same for everybody."""


def test_variables_that_change_the_measurement_are_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that a user's preferences do not reach uv."""
    for name in NOT_TAKEN_OVER:
        monkeypatch.setenv(name, "of the user")
    assert set() == {*NOT_TAKEN_OVER} & {*Uv()._environment}  # names only: a failure is printed


def test_variables_that_make_the_index_reachable_are_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that a user behind a proxy, or with another index, can measure."""
    for name in TAKEN_OVER:
        monkeypatch.setenv(name, "of the user")
    environment = Uv()._environment
    assert [] == [name for name in TAKEN_OVER if environment.get(name) != "of the user"]


@pytest.mark.parametrize("name", SET)
def test_fixed_variables_override_the_user(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Check those that are the same for everybody."""
    monkeypatch.setenv(name, "of the user")
    assert SET[name] == Uv()._environment[name]


def test_every_variable_of_uv_is_listed() -> None:
    """Check that a variable that a new version of uv reads is either taken over or not."""
    read: set[str] = set()
    for command in (["pip", "compile"], ["pip", "install"], ["venv"], ["python", "find"], ["python", "list"]):
        done = subprocess.run([find_uv_bin(), *command, "--help"], capture_output=True, text=True, check=True)
        read |= set(re.findall(r"\[env: (UV_\w+)=", done.stdout))
    assert len(read) > 10
    assert set() == read - {*NOT_TAKEN_OVER, *TAKEN_OVER, *SET}


def test_another_index_is_passed_to_uv() -> None:
    """Check that none is passed unless it is asked for."""
    assert [("--default-index", "http://127.0.0.1:1/simple/"), ()] == [
        Uv("http://127.0.0.1:1/simple/")._index,
        Uv()._index,
    ]


# The moment as of which a lane is resolved.


@pytest.mark.parametrize(
    ("lane", "expected"),
    [(Lane.AS_RELEASED, dt.datetime(2024, 3, 1, 0, 30, tzinfo=dt.UTC)), (Lane.TODAY, None)],
)
def test_a_lane_is_resolved_as_of_an_hour_after_the_upload_or_now(lane: Lane, expected: dt.datetime | None) -> None:
    """Check an upload near midnight, too."""
    release = Release(version="1.0.0", uploaded=dt.datetime(2024, 2, 29, 23, 30, tzinfo=dt.UTC))
    assert expected == resolution_cutoff(release, lane)


def test_the_grace_is_an_hour() -> None:
    """Check the value with which every lock of the as-released lane was made."""
    assert dt.timedelta(hours=1) == GRACE


# Interpreters.


def test_an_interpreter_reports_its_version() -> None:
    """Check implementation and exact version."""
    title = f"CPython {'.'.join(map(str, sys.version_info[:3]))}"
    interpreter = asyncio.run(describe_interpreter(Path(sys.executable)))
    assert (Path(sys.executable), title) == (interpreter.path, interpreter.title)


def test_an_interpreter_reports_its_base() -> None:
    """Check that a virtual environment names the Python on which it is built."""
    folders = asyncio.run(describe_interpreter(Path(sys.executable))).folders
    assert Path(sys.base_prefix) in folders
    assert any(Path(sys.executable).resolve().is_relative_to(folder) for folder in folders)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't be run: No such file or directory."),
        ("#!/bin/sh\nexit 3\n", "is not a working Python: no reason was given"),
        ("#!/bin/sh\necho broken >&2; exit 3\n", "is not a working Python: broken"),
        ("#!/bin/sh\nexit 0\n", "is not a working Python: no reason was given"),
    ],
    ids=["does not exist", "exits with a code", "exits with a message", "prints nothing"],
)
def test_a_program_that_is_no_interpreter_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    """Check whatever path a user gives."""
    program = tmp_path / "python"
    if content is not None:
        program.write_text(content)
        program.chmod(0o755)
    with pytest.raises(InterpreterMissing) as failure:
        asyncio.run(describe_interpreter(program))
    assert f"{program} {message}" == str(failure.value)


class UvThatFindsNoPython(Uv):
    """A uv that finds no interpreter, and lists these."""

    def __init__(self, listing: str) -> None:
        super().__init__()
        self._listing = listing

    async def _run(self, *arguments: str, stdin: str = "") -> Completed:
        assert not stdin
        return Completed(2, "", "none") if arguments[1] == "find" else Completed(0, self._listing, "")


@pytest.mark.parametrize(
    ("listing", "there_is"),
    [
        ('[{"version": "3.9.1"}, {"version": "3.12.4", "path": "x"}, {"version": "3.9.1"}]', "3.12.4, 3.9.1"),
        ("[]", "none"),
        ("", "none"),
    ],
)
def test_a_missing_python_names_the_installed_ones(listing: str, there_is: str) -> None:
    """Check that the hint says how to install it."""
    with pytest.raises(InterpreterMissing) as failure:
        asyncio.run(UvThatFindsNoPython(listing).interpreter("3.99"))
    assert f"No Python 3.99 was found. Installed versions: {there_is}." == str(failure.value)
    assert "uv python install 3.99" in failure.value.hint


class UvThatRecords(Uv):
    """A uv that finds no solution, and records its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def _run(self, *arguments: str, stdin: str = "") -> Completed:
        assert ("pip", "compile") == arguments[:2]
        self.asked.append(stdin)
        return Completed(1, "", RESOLUTION + "  cause: Because.\n")


@pytest.mark.parametrize("extra", ["", "aiohttp"])
def test_a_cell_is_resolved_with_its_extra(extra: str) -> None:
    """Check that the lock of a cell holds what its extra needs, too."""
    uv = UvThatRecords()
    requirement = ANTHROPIC.requirement(Cell("1.0.0", Lane.TODAY, "3.11", extra))
    assert Unresolvable("Because.") == asyncio.run(uv.resolve(requirement, Path(sys.executable), None))
    assert ["anthropic[aiohttp]==1.0.0" if extra else "anthropic==1.0.0"] == uv.asked


def test_the_version_of_uv_is_a_version() -> None:
    """Check the version that is part of every provenance."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", asyncio.run(Uv().version()))
