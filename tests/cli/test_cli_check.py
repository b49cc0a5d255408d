"""`matrix check` and `matrix advise`, as a user runs them: in a project's folder, on data, with an exit code."""

import datetime as dt
import json
import os
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import msgspec
import pytest
from packaging.requirements import Requirement

from matrix import cli
from matrix.cli import BUG, REFUSED, default_data
from matrix.errors import StoreCorrupt
from matrix.findings.rules import RULES
from matrix.store.documents import JUDGEMENTS, RELEASES
from matrix.targets import ANTHROPIC
from tests.support.knowing import DOCUMENTED, NAMELESS, NO_CLIENT, THEN, TYPED, released, write
from tests.support.paths import DATA

FINE, FINDING, BROKEN, UNKNOWN, NOTHING = 0, 1, 2, 3, 4

HISTORY: Final = (
    released("0.3.0", NO_CLIENT, own=NAMELESS, requires_python=">=3.7"),
    released("0.4.0", NAMELESS),
    released("1.0.0", TYPED),
    released("1.1.0", TYPED, yanked="leaks"),
    released("2.0.0", DOCUMENTED, requires_python=">=3.12", day=dt.date(2026, 5, 30)),
    released("2.1.0", None, day=dt.date(2026, 5, 31)),
)


class Done(msgspec.Struct, frozen=True):
    """A command that has ended."""

    code: int
    out: str
    err: str


Matrix = Callable[..., Done]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is in an empty folder, and has none of the user's settings."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.delenv("MIDSTREAM_DATA", raising=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of data."""
    return write(tmp_path_factory.mktemp("known") / "data", *HISTORY)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Matrix:
    """The command line without any option."""

    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["matrix", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        found = capsys.readouterr()
        return Done(int(leaving.value.code or 0), found.out, found.err)

    return run


@pytest.fixture
def matrix(bare: Matrix, data: Path) -> Matrix:
    """The command line on the small data."""
    return lambda *arguments: bare("--data", data, *arguments)


def have(text: str, name: str = "requirements.txt") -> Path:
    """A file in this folder."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def have_project(python: str, requirement: str) -> Path:
    """A project in this folder that is for these Pythons and asks for this."""
    project = f'name = "x"\nversion = "1"\nrequires-python = "{python}"\ndependencies = ["{requirement}"]'
    return have(f"[project]\n{project}\n", "pyproject.toml")


# What a check leaves with.


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        pytest.param("anthropic==1.0.0\n", (), FINE, id="a good pin"),
        pytest.param("anthropic==2.0.0\n", (), FINE, id="a pin without even a note"),
        pytest.param("anthropic==0.4.0\n", (), FINDING, id="a bad pin"),
        pytest.param("anthropic==0.3.0\n", (), FINDING, id="a pin that can't be used"),
        pytest.param("anthropic==1.1.0\n", (), FINDING, id="a pin that was yanked"),
        pytest.param("anthropic==1.0.0\n", ("--catching", "by-class"), FINDING, id="a good pin, badly caught"),
        pytest.param("anthropic==1.0.0\n", ("--catching", "remedy"), FINE, id="a good pin, well caught"),
        pytest.param("anthropic==0.4.0\n", ("--catching", "remedy"), FINE, id="a bad pin, well caught"),
        pytest.param("anthropic==9.9.9\n", (), UNKNOWN, id="a pin of what is not known"),
        pytest.param("anthropic==2.1.0\n", (), UNKNOWN, id="a pin of what was not measured"),
        pytest.param("anthropic>=1,<1.1\n", (), FINE, id="a good range"),
        pytest.param("anthropic>=0.4,<1.1\n", (), FINDING, id="a range that allows a bad one"),
        pytest.param("anthropic>=2\n", (), UNKNOWN, id="a range that allows an unknown one"),
        pytest.param("anthropic\n", (), FINDING, id="anything"),
        pytest.param("anthropic @ git+https://git.example/a\n", (), UNKNOWN, id="a fork"),
        pytest.param("django\n", (), NOTHING, id="nothing of ours"),
        pytest.param("", (), NOTHING, id="an empty file"),
        pytest.param("django\n", ("--allow-nothing",), FINE, id="nothing of ours, which is all right"),
        pytest.param("anthropic==\n", (), BROKEN, id="a broken line"),
        pytest.param("anthropic==\nanthropic==0.4.0\n", (), BROKEN, id="a broken line before a bad pin"),
        pytest.param("anthropic==0.4.0\n", ("--exit-zero",), FINE, id="a bad pin, forgiven"),
        pytest.param("anthropic==9.9.9\n", ("--exit-zero",), FINE, id="an unknown pin, forgiven"),
        pytest.param("django\n", ("--exit-zero",), FINE, id="nothing, forgiven"),
        pytest.param("anthropic==\n", ("--exit-zero",), BROKEN, id="what is broken is not forgiven"),
        pytest.param("anthropic==0.4.0\n", ("--ignore", "error-unnamed"), FINE, id="a bad pin, its rule ignored"),
        pytest.param("anthropic==0.4.0\n", ("--ignore", "silent-end"), FINDING, id="a bad pin, another rule ignored"),
        pytest.param("anthropic==9.9.9\n", ("--ignore", "unknown-release"), FINE, id="an unknown one, ignored"),
    ],
)  # fmt: skip
def test_a_check_leaves_with(matrix: Matrix, text: str, arguments: tuple[str, ...], expected: int) -> None:
    """Nothing but its exit code, for scripts."""
    have(text)
    assert expected == matrix("check", *arguments).code


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github", "sarif", "junit"])
def test_a_check_leaves_with_the_same_in_every_format(matrix: Matrix, form: str) -> None:
    """And what it prints names the release and the rule."""
    have("anthropic==0.4.0\n")
    done = matrix("check", "--format", form)
    assert (FINDING, "") == (done.code, done.err)
    assert "error-unnamed" in done.out or RULES["error-unnamed"].title in done.out
    assert "0.4.0" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--catching", "by-typ"), "Did you mean by-type"),
        (("--ignore", "error-unamed"), "Did you mean error-unnamed"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--output", "xml=found.xml"), "'xml=found.xml' is no output."),
        (("--output", "found.json"), "'found.json' is no output."),
        (("--output", "json="), "'json=' is no output."),
        (("--no-such-option",), "--no-such-option"),
        (("nowhere.txt",), "The file does not exist"),
    ],
)
def test_what_means_nothing_is_refused(matrix: Matrix, arguments: tuple[str, ...], said: str) -> None:
    """With a hint, before anything is judged."""
    done = matrix("check", *arguments)
    assert BROKEN == done.code
    assert said in done.out + done.err
    assert "Traceback" not in done.err


def test_corrupt_data_is_refused(bare: Matrix, tmp_path: Path) -> None:
    """The file is named."""
    have("anthropic==1.0.0\n")
    folder = write(tmp_path / "data", *HISTORY)
    path = folder / JUDGEMENTS
    path.write_bytes(path.read_bytes().replace(b"true", b"null"))
    done = bare("--data", folder, "check")
    assert (StoreCorrupt.exit_code, "") == (done.code, done.out)
    assert str(path) in done.err


@pytest.mark.parametrize("command", [("check",), ("advise",)])
def test_without_data_nothing_can_be_said(bare: Matrix, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Not even that there is nothing to judge."""
    done = bare("--data", tmp_path / "nowhere", *command)
    assert (BROKEN, "") == (done.code, done.out)
    assert "There is no data in" in done.err


def test_data_without_judgements_makes_every_release_unknown(bare: Matrix, tmp_path: Path) -> None:
    """An older version of this program wrote it."""
    have("anthropic==1.0.0\n")
    folder = write(tmp_path / "data", *HISTORY)
    (folder / JUDGEMENTS).unlink()
    assert [UNKNOWN, UNKNOWN] == [bare("--data", folder, command).code for command in ("check", "advise")]


@pytest.mark.parametrize("where", ["requirements.txt/found.json", "."], ids=["below a file", "a folder"])
def test_what_can_not_be_written_is_the_systems_refusal(matrix: Matrix, where: str) -> None:
    """No finding, though there is one."""
    have("anthropic==0.4.0\n")
    done = matrix("check", "--output", f"json={where}")
    assert REFUSED == done.code
    assert "Error: " in done.err
    assert "Traceback" not in done.err


def test_what_was_found_is_told_though_it_can_not_be_written(matrix: Matrix) -> None:
    """A full disk hides no finding from whoever reads along."""
    have("anthropic==0.4.0\n")
    assert "error-unnamed" in matrix("check", "--output", "json=.").out


def test_a_crash_is_a_bug_of_ours(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never 1, which is a finding; with the traceback, for whoever reports it."""
    have("anthropic==1.0.0\n")

    def crash(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("matrix.cli.check.check", crash)
    done = matrix("check")
    assert BUG == done.code
    assert "ZeroDivisionError: of ours" in done.err
    assert "This is a bug in midstream, not in your files." in done.err


def test_help_has_the_exit_codes(matrix: Matrix) -> None:
    """Where people look for them."""
    done = matrix("check", "--help")
    assert FINE == done.code
    for words in ("0 fine", "1 a finding", "2 usage", "3 a release", "4 no requirement"):
        assert words in " ".join(done.out.split())


# What a check looks at.


def test_a_folder_is_looked_through(matrix: Matrix) -> None:
    """What a project asks for and what it has locked, each judged for itself, in a fixed order."""
    have_project(">=3.8", "anthropic>=1")
    have("anthropic==0.4.0\n")
    have("anthropic==1.0.0\n", "requirements/dev.txt")
    found = json.loads(matrix("check", "--format", "json").out)
    assert ["pyproject.toml", "requirements.txt", "requirements/dev.txt"] == [
        subject["path"] if "path" in subject else subject["place"]["path"] for subject in found["subjects"]
    ]


def test_a_file_is_looked_at_alone(matrix: Matrix) -> None:
    """What else is in its folder is nobody's business."""
    have("anthropic==0.4.0\n")
    assert FINE == matrix("check", have("anthropic==1.0.0\n", "good.txt")).code


def test_files_are_told_as_a_user_would_write_them(matrix: Matrix, tmp_path: Path) -> None:
    """Relative to this folder, where they are in it; else as they were named."""
    inside = have("anthropic==0.4.0\n", "deep/requirements.txt")
    outside = tmp_path / "other.txt"
    outside.write_text("anthropic==0.4.0\n")
    assert "deep/requirements.txt:1" in matrix("check", inside.absolute()).out
    assert f"{outside.as_posix()}:1" in matrix("check", outside).out


@pytest.mark.parametrize(
    ("python", "release"), [(">=3.8", "1.0.0"), (">=3.12", "2.0.0")], ids=["an old Python", "a new one"]
)
def test_a_range_is_for_the_pythons_of_the_project(matrix: Matrix, python: str, release: str) -> None:
    """What would be installed there is what counts."""
    have_project(python, "anthropic>=1,<2.1")
    assert f"{release} would be installed today" in " ".join(matrix("check").out.split())


def test_a_lock_of_older_dependencies_is_judged_by_those(matrix: Matrix) -> None:
    """A release that can't be used today can be with the dependencies of its day, as this file locks them."""
    pins = "".join(f"{name}=={version}\n" for name, version in THEN.items())
    have("anthropic==0.3.0\n" + pins, "then.txt")
    have("anthropic==0.3.0\n", "now.txt")
    found = {name: matrix("check", name, "--catching", "remedy").code for name in ("then.txt", "now.txt")}
    assert {"then.txt": FINE, "now.txt": FINDING} == found


@pytest.mark.parametrize(
    "arguments", [(), ("requirements.txt",), (".",)], ids=["this folder", "a file", "a folder by name"]
)
def test_where_nothing_is_found_it_is_said_where_it_was_looked_for(matrix: Matrix, arguments: tuple[str, ...]) -> None:
    """On the side, so that a machine that reads the report is not disturbed."""
    have("django\n")
    done = matrix("check", *arguments)
    assert (NOTHING, "No requirement on anthropic was found; looked at: requirements.txt.\n") == (done.code, done.err)


def test_in_an_empty_folder_there_is_nothing(matrix: Matrix) -> None:
    """Which is no success: a check that looks at nothing is set up wrongly."""
    done = matrix("check")
    assert (NOTHING, True) == (done.code, "no file that it could be in" in done.err)


# What a check writes.


def test_a_report_is_written_to_files_and_printed(matrix: Matrix) -> None:
    """In as many formats as are wanted, folders made as needed, with the same exit code."""
    have("anthropic==0.4.0\n")
    done = matrix("check", "--output", "json=out/found.json", "--output", "junit=out/found.xml", "--format", "markdown")
    assert FINDING == done.code
    assert "0.4.0" in json.dumps(json.loads(Path("out/found.json").read_text(encoding="utf-8")))
    assert ET.fromstring(Path("out/found.xml").read_text(encoding="utf-8")).tag == "testsuites"
    assert "0.4.0" in done.out


def test_a_file_has_what_is_printed(matrix: Matrix) -> None:
    """The same report."""
    have("anthropic==0.4.0\n")
    done = matrix("check", "--format", "sarif", "--output", "sarif=found.sarif")
    assert done.out == Path("found.sarif").read_text(encoding="utf-8")


def test_the_same_check_says_the_same(matrix: Matrix) -> None:
    """To the byte."""
    have("anthropic>=0.3\n")
    assert matrix("check", "--format", "json") == matrix("check", "--format", "json")


# An environment.


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without anything in it."""
    folder = tmp_path_factory.mktemp("venv") / ".venv"
    venv.create(folder, symlinks=True)
    return folder


@pytest.fixture
def install(environment: Path) -> Iterator[Callable[..., None]]:
    """Puts distributions there, as far as an installer writes them down."""
    (site,) = environment.glob("lib/python*/site-packages")
    made: list[Path] = []

    def put(name: str, version: str) -> None:
        folder = site / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        made.append(folder)

    yield put
    for folder in made:
        (folder / "METADATA").unlink()
        folder.rmdir()


@pytest.mark.parametrize(("version", "expected"), [("1.0.0", FINE), ("0.4.0", FINDING), ("9.9.9", UNKNOWN)])
@pytest.mark.parametrize("where", [".", "bin/python"], ids=["by its folder", "by its interpreter"])
def test_what_is_installed_is_checked(
    matrix: Matrix, environment: Path, install: Callable[..., None], version: str, where: str, expected: int
) -> None:
    """As a pin of it."""
    install("anthropic", version)
    done = matrix("check", "--python", environment / where)
    assert (expected, True) == (done.code, f"anthropic=={version}" in done.out)


def test_what_is_installed_beside_it_counts(matrix: Matrix, environment: Path, install: Callable[..., None]) -> None:
    """As in a lock."""
    for name, version in {"anthropic": "0.3.0", **THEN}.items():
        install(name, version)
    assert FINE == matrix("check", "--python", environment, "--catching", "remedy").code


def test_an_environment_without_the_sdk_has_nothing_to_be_checked(matrix: Matrix, environment: Path) -> None:
    """The files of this folder are not looked at unless they are named."""
    have("anthropic==0.4.0\n")
    assert [NOTHING, FINDING] == [
        matrix("check", "--python", environment, *more).code for more in ((), ("requirements.txt",))
    ]


def test_an_environment_that_is_none_is_told(matrix: Matrix) -> None:
    """As something that can't be read."""
    done = matrix("check", "--python", "no/such/python")
    assert (BROKEN, True) == (done.code, "The interpreter does not exist" in done.out)


# Advice.


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param((), "Pin 1.0.0, ", id="of all"),
        pytest.param((">=0.3,<1",), "Pin 0.4.0, ", id="of a range"),
        pytest.param(("anthropic>=0.3,<1",), "Pin 0.4.0, ", id="of a whole requirement"),
        pytest.param((" Anthropic == 1.0.0 ",), "Pin 1.0.0, ", id="written loosely"),
        pytest.param(("--python", "3.12"), "Pin 2.0.0, ", id="for a newer Python"),
        pytest.param(("--python", "3.12", "--min-age", "7d"), "Pin 1.0.0, ", id="of those a week old"),
        pytest.param(("--python", "3.12", "--min-age", "1w"), "Pin 1.0.0, ", id="of those a week old, in weeks"),
        pytest.param(("--python", "3.12", "--min-age", "2"), "Pin 2.0.0, ", id="of those two days old"),
        pytest.param(("--python", "3.12", "--as-of", "2026-05-29"), "Pin 1.0.0, ", id="as of an earlier day"),
        pytest.param(("<0.4",), "Pin 0.3.0, ", id="of one that needs older dependencies"),
    ],
)
def test_advice(matrix: Matrix, arguments: tuple[str, ...], expected: str) -> None:
    """Which release, first of all."""
    done = matrix("advise", *arguments)
    assert (FINE, "") == (done.code, done.err)
    assert expected in done.out


@pytest.mark.parametrize(
    "arguments",
    [(">=9",), ("==1.1.0",), ("==2.1.0",), ("--as-of", "2000-01-01"), ("--min-age", "9999w"), ("--python", "3.6")],
)
def test_where_there_is_nothing_to_pin_it_is_said(matrix: Matrix, arguments: tuple[str, ...]) -> None:
    """With an exit code of its own."""
    done = matrix("advise", *arguments)
    assert (UNKNOWN, "", True) == (done.code, done.err, "No release can be recommended." in done.out)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("django>=4",), "anthropic>=0.40,<1"),
        (("anthropic @ https://example.org/a.whl",), "anthropic>=0.40,<1"),
        (("=>1",), ">=0.40,<1"),
        (("1.0.0",), "==1.0.0"),
        (("--python", "3"), "MAJOR.MINOR"),
        (("--python", "three"), "MAJOR.MINOR"),
        (("--min-age", "a week"), "7d, 2w"),
        (("--min-age", "-1"), "7d, 2w"),
        (("--as-of", "yesterday"), "yesterday"),
        (("--catching", "by-typ"), "by-type"),
    ],
)
def test_a_question_that_means_nothing_is_refused(matrix: Matrix, arguments: tuple[str, ...], hint: str) -> None:
    """With what to write."""
    done = matrix("advise", *arguments)
    assert (BROKEN, "", True) == (done.code, done.out, hint in done.err)


def test_no_patience_is_too_long(matrix: Matrix) -> None:
    """However early the day from which it is counted back."""
    assert UNKNOWN == matrix("advise", "--as-of", "0001-01-01", "--min-age", "9999w").code


def test_advice_for_programs(matrix: Matrix) -> None:
    """What is written in which file, to be read by it."""
    done = matrix("advise", "anthropic[aiohttp]<1", "--format", "json")
    found = json.loads(done.out)
    assert ("0.4.0", "anthropic[aiohttp]==0.4.0") == (found["pin"]["version"], found["lines"]["requirements"])
    (line,) = tomllib.loads(found["lines"]["pyproject"])["dependencies"]
    assert Requirement(line).specifier.contains("0.4.0")


def test_advice_without_a_pin_is_advice_all_the_same(matrix: Matrix) -> None:
    """A program reads that there is none."""
    done = matrix("advise", ">=9", "--format", "json")
    assert (UNKNOWN, None) == (done.code, json.loads(done.out)["pin"])


def test_what_is_advised_passes_the_check(matrix: Matrix) -> None:
    """The lines for a requirements file are one, and what was to be pinned beside the release is in it."""
    for specifier in ("", "<1", "<0.4"):
        lines = json.loads(matrix("advise", specifier, "--format", "json").out)["lines"]["requirements"]
        have(lines + "\n")
        assert FINE == matrix("check", "--catching", "remedy").code


def test_of_a_later_day_no_more_is_known(matrix: Matrix) -> None:
    """The data ends where it ends."""
    assert "2026-06-01" in matrix("advise", "--as-of", "2030-01-01").out


# Where the data is.

LAYOUTS: Final = {
    "wheel": ("site-packages/matrix/cli/__init__.py", "site-packages/matrix/data/anthropic"),
    "editable": ("checkout/matrix/cli/__init__.py", "checkout/reports/data/anthropic"),
}


@pytest.fixture(params=LAYOUTS)
def came(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data that came with the program, as it is installed."""
    program, folder = LAYOUTS[request.param]
    monkeypatch.setattr("matrix.cli.__file__", str(tmp_path / program))
    return write(tmp_path / folder, *HISTORY)


HERE: Final = Path("reports", "data", "anthropic")


def test_elsewhere_the_data_is_what_came_with_the_program(came: Path, bare: Matrix) -> None:
    """A check in somebody's project needs no checkout of ours."""
    have("anthropic==0.4.0\n")
    assert (came, FINDING) == (default_data(ANTHROPIC, writes=False), bare("check").code)


@pytest.mark.usefixtures("came")
def test_in_a_checkout_the_data_is_its_own(bare: Matrix) -> None:
    """What was just measured is what counts."""
    have("anthropic==9.9.9\n")
    write(HERE, *HISTORY, released("9.9.9", DOCUMENTED))
    assert (HERE, FINE) == (default_data(ANTHROPIC, writes=False), bare("check").code)


@pytest.mark.parametrize(
    "theirs", [b"", b'{"releases": ["1.0"]}', None], ids=["an empty file", "a file of somebody else", "a folder"]
)
def test_a_folder_of_the_same_name_is_not_taken_for_ours(came: Path, theirs: bytes | None) -> None:
    """Many a project has reports/data."""
    HERE.mkdir(parents=True)
    if theirs is None:
        (HERE / RELEASES).mkdir()
    else:
        (HERE / RELEASES).write_bytes(theirs)
    assert came == default_data(ANTHROPIC, writes=False)


@pytest.mark.usefixtures("came")
def test_what_measures_writes_here() -> None:
    """Never into an installation."""
    assert HERE == default_data(ANTHROPIC, writes=True)


def test_where_nothing_came_the_data_would_be_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the failure names a folder that makes sense."""
    monkeypatch.setattr("matrix.cli.__file__", str(tmp_path / LAYOUTS["wheel"][0]))
    assert HERE == default_data(ANTHROPIC, writes=False)


def test_the_environment_names_the_data(
    came: Path, bare: Matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MIDSTREAM_DATA goes before what came with the program, and --data before both."""
    have("anthropic==0.4.0\n")
    other = write(tmp_path / "other", released("0.4.0", DOCUMENTED))
    monkeypatch.setenv("MIDSTREAM_DATA", str(other))
    assert (FINE, FINDING) == (bare("check").code, bare("--data", came, "check").code)


def test_an_empty_variable_names_nothing(came: Path, bare: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script may set it to nothing."""
    have("anthropic==1.0.0\n")
    monkeypatch.setenv("MIDSTREAM_DATA", "")
    assert came.is_dir()
    assert FINE == bare("check").code


# With what was measured, as a process.


@pytest.mark.parametrize(
    ("text", "arguments", "expected", "said"),
    [
        ("anthropic==0.45.0", ("--catching", "class-overloaded"), FINDING, "crashes with AttributeError"),
        ("anthropic>=0.87,<2", (), FINE, "error.type"),
        ("anthropic>=0.40,<2", (), FINDING, "Pin 0.87.0 or later (Python >=3.9), where `error.type` names the error."),
        ("anthropic==0.28.1", (), FINDING, "httpx==0.27.0"),
        ("anthropic==0.28.1\nhttpx==0.27.0", ("--catching", "remedy"), FINE, "0.28.1"),
        ("anthropic>=999", (), UNKNOWN, "matrix refresh"),
    ],
)
def test_of_the_releases_that_were_measured(
    bare: Matrix, text: str, arguments: tuple[str, ...], expected: int, said: str
) -> None:
    """Facts that no later measurement changes."""
    have(text + "\n")
    done = bare("--data", DATA, "check", *arguments)
    assert (expected, True) == (done.code, said in " ".join(done.out.split()))


def test_a_program_is_run_as_installed() -> None:
    """By its name, with what came with it, in a folder that knows nothing of us."""
    have("anthropic==0.45.0\n")
    program = Path(sys.executable).with_name("matrix")
    command = [str(program)] if program.exists() else [sys.executable, "-m", "matrix"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    command += ["check", "--catching", "class-overloaded"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (FINDING, "") == (done.returncode, done.stderr)
    assert "crashes with AttributeError" in " ".join(done.stdout.split())


def test_a_reader_that_has_gone_away_is_no_finding() -> None:
    """As in `matrix check | head -1`: 1 would be one."""
    have("anthropic==2.12.0\n")
    command = [sys.executable, "-m", "matrix", "--data", str(DATA), "check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reading:
        assert reading.stdout is not None
        reading.stdout.close()
        assert REFUSED == reading.wait(60)
