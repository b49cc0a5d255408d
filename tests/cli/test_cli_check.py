"""`matrix check` and `matrix advise` as a user runs them: in a project's folder, on data, with an exit code."""

import datetime as dt
import functools
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

import pytest
from packaging.requirements import Requirement

from matrix.cli import BUG, REFUSED
from matrix.cli.data_folder import default_data
from matrix.errors import StoreCorrupt
from matrix.findings.rules import RULES
from matrix.store import last_run
from matrix.store.documents import JUDGEMENTS, RELEASES
from matrix.targets import ANTHROPIC
from tests.miniature.drive import Done, run_command
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


Matrix = Callable[..., Done]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter an empty folder without the user's settings."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.delenv("MIDSTREAM_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small folder of data."""
    return write(tmp_path_factory.mktemp("known") / "data", *HISTORY)


@pytest.fixture
def matrix(data: Path) -> Matrix:
    """Return the command line on the small data."""
    return functools.partial(run_command, "--data", data)


def write_file(text: str, name: str = "requirements.txt") -> Path:
    """Write a file in this folder."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_project(python: str, requirement: str) -> Path:
    """Write a project that supports these Pythons and has these dependencies."""
    project = f'name = "x"\nversion = "1"\nrequires-python = "{python}"\ndependencies = ["{requirement}"]'
    return write_file(f"[project]\n{project}\n", "pyproject.toml")


# Exit codes of a check.


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        pytest.param("anthropic==1.0.0\n", (), FINE, id="a good pin"),
        pytest.param("anthropic==2.0.0\n", (), FINE, id="a pin with no finding"),
        pytest.param("anthropic==0.4.0\n", (), FINDING, id="a bad pin"),
        pytest.param("anthropic==0.3.0\n", (), FINDING, id="a pin that can't be used"),
        pytest.param("anthropic==1.1.0\n", (), FINDING, id="a pin that was yanked"),
        pytest.param("anthropic==1.0.0\n", ("--catching", "by-class"), FINDING, id="a good pin with a bad handler"),
        pytest.param("anthropic==1.0.0\n", ("--catching", "remedy"), FINE, id="a good pin with a good handler"),
        pytest.param("anthropic==0.4.0\n", ("--catching", "remedy"), FINE, id="a bad pin with a good handler"),
        pytest.param("anthropic==9.9.9\n", (), UNKNOWN, id="a pin of an unknown release"),
        pytest.param("anthropic==2.1.0\n", (), UNKNOWN, id="a pin of a release that was not measured"),
        pytest.param("anthropic>=1,<1.1\n", (), FINE, id="a good range"),
        pytest.param("anthropic>=0.4,<1.1\n", (), FINDING, id="a range with a bad release"),
        pytest.param("anthropic>=2\n", (), UNKNOWN, id="a range with an unknown release"),
        pytest.param("anthropic\n", (), UNKNOWN, id="any release, with an unknown newest release"),
        pytest.param("anthropic @ git+https://git.example/a\n", (), UNKNOWN, id="a fork"),
        pytest.param("django\n", (), NOTHING, id="no requirement on the target"),
        pytest.param("", (), NOTHING, id="an empty file"),
        pytest.param("django\n", ("--allow-nothing",), FINE, id="no requirement, allowed"),
        pytest.param("anthropic==\n", (), BROKEN, id="a broken line"),
        pytest.param("anthropic==\nanthropic==0.4.0\n", (), BROKEN, id="a broken line before a bad pin"),
        pytest.param("anthropic==0.4.0\n", ("--exit-zero",), FINE, id="a bad pin with --exit-zero"),
        pytest.param("anthropic==9.9.9\n", ("--exit-zero",), FINE, id="an unknown pin with --exit-zero"),
        pytest.param("django\n", ("--exit-zero",), FINE, id="no requirement with --exit-zero"),
        pytest.param("anthropic==\n", ("--exit-zero",), BROKEN, id="a broken line with --exit-zero"),
        pytest.param("anthropic==0.4.0\n", ("--ignore", "error-unnamed"), FINE, id="a bad pin, its rule ignored"),
        pytest.param("anthropic==0.4.0\n", ("--ignore", "silent-end"), FINDING, id="a bad pin, another rule ignored"),
        pytest.param("anthropic==9.9.9\n", ("--ignore", "unknown-release"), FINE, id="an unknown pin, rule ignored"),
    ],
)  # fmt: skip
def test_the_exit_code_of_a_check_says_what_was_found(
    matrix: Matrix, text: str, arguments: tuple[str, ...], expected: int
) -> None:
    """Check every exit code that scripts rely on."""
    write_file(text)
    assert expected == matrix("check", *arguments).code


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github", "sarif", "junit"])
def test_the_exit_code_is_the_same_in_every_format(matrix: Matrix, form: str) -> None:
    """Check that each format names the release and the rule."""
    write_file("anthropic==0.4.0\n")
    done = matrix("check", "--format", form)
    assert (FINDING, "") == (done.code, done.err)
    assert "error-unnamed" in done.out or RULES["error-unnamed"].title in done.out
    assert "0.4.0" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--catching", "by-typ"), "Did you mean by-type"),
        (("--ignore", "error-unamed"), "Did you mean error-unnamed"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--output", "xml=found.xml"), "'xml=found.xml' is not a format and a file."),
        (("--output", "found.json"), "'found.json' is not a format and a file."),
        (("--output", "json="), "'json=' is not a format and a file."),
        (("--no-such-option",), "--no-such-option"),
        (("nowhere.txt",), "The file does not exist"),
    ],
)
def test_invalid_options_are_refused_with_a_hint(matrix: Matrix, arguments: tuple[str, ...], message: str) -> None:
    """Check that nothing is judged."""
    done = matrix("check", *arguments)
    assert BROKEN == done.code
    assert message in done.out + done.err
    assert "Traceback" not in done.err


def test_corrupt_data_is_refused(tmp_path: Path) -> None:
    """Check that the message names the file."""
    write_file("anthropic==1.0.0\n")
    folder = write(tmp_path / "data", *HISTORY)
    path = folder / JUDGEMENTS
    path.write_bytes(path.read_bytes().replace(b"true", b"null"))
    done = run_command("--data", folder, "check")
    assert (StoreCorrupt.exit_code, "") == (done.code, done.out)
    assert str(path) in done.err


@pytest.mark.parametrize("command", [("check",), ("advise",)])
def test_a_check_without_data_is_an_error(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Check that it does not report an absence of requirements."""
    done = run_command("--data", tmp_path / "nowhere", *command)
    assert (BROKEN, "") == (done.code, done.out)
    assert "There is no data in" in done.err


def test_data_without_judgements_makes_every_release_unknown(tmp_path: Path) -> None:
    """Check data that an older version of this program wrote."""
    write_file("anthropic==1.0.0\n")
    folder = write(tmp_path / "data", *HISTORY)
    (folder / JUDGEMENTS).unlink()
    assert [UNKNOWN, UNKNOWN] == [run_command("--data", folder, command).code for command in ("check", "advise")]


@pytest.mark.parametrize("where", ["requirements.txt/found.json", "."], ids=["below a file", "a folder"])
def test_a_report_that_cannot_be_written_is_an_error(matrix: Matrix, where: str) -> None:
    """Check that its exit code is not that of a finding."""
    write_file("anthropic==0.4.0\n")
    done = matrix("check", "--output", f"json={where}")
    assert REFUSED == done.code
    assert "Error: " in done.err
    assert "Traceback" not in done.err


def test_findings_are_printed_though_their_file_cannot_be_written(matrix: Matrix) -> None:
    """Check a full disk."""
    write_file("anthropic==0.4.0\n")
    assert "error-unnamed" in matrix("check", "--output", "json=.").out


def test_a_crash_has_an_exit_code_of_its_own(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that it is not 1, which is a finding, and that the traceback is shown."""
    write_file("anthropic==1.0.0\n")

    def crash(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("matrix.cli.check.check", crash)
    done = matrix("check")
    assert BUG == done.code
    assert "ZeroDivisionError: of ours" in done.err
    assert "This is a bug in midstream, not in your files." in done.err


def test_help_lists_the_exit_codes(matrix: Matrix) -> None:
    """Check the help of each command that has several."""
    done = matrix("check", "--help")
    assert FINE == done.code
    for words in ("0 fine", "1 a finding", "2 usage", "3 a release", "4 no requirement"):
        assert words in " ".join(done.out.split())


# Files of a check.


def test_a_folder_is_searched_for_requirements(matrix: Matrix) -> None:
    """Check that requirements and lock files are judged one by one, in a fixed order."""
    write_project(">=3.8", "anthropic>=1")
    write_file("anthropic==0.4.0\n")
    write_file("anthropic==1.0.0\n", "requirements/dev.txt")
    report = json.loads(matrix("check", "--format", "json").out)
    assert ["pyproject.toml", "requirements.txt", "requirements/dev.txt"] == [
        subject["path"] if "path" in subject else subject["place"]["path"] for subject in report["subjects"]
    ]


def test_the_projects_below_a_folder_are_checked_in_their_order(matrix: Matrix) -> None:
    """Check that the files of a project stand together, and that virtual environments are skipped."""
    write_project(">=3.8", "anthropic>=1,<1.1")
    write_file("anthropic==1.0.0\n", "backend/requirements.txt")
    write_file("anthropic==1.0.0\n", "backend/requirements/dev.txt")
    write_file("dependencies: [pip: [anthropic==1.0.0]]\n", "services/a/environment.yml")
    write_file("anthropic==0.4.0\n", ".venv/requirements.txt")
    write_file("pip install anthropic==0.4.0\n", "install.sh")
    done = matrix("check")
    assert FINE == done.code
    places = [line.split(": ")[0] for line in done.out.splitlines() if ": anthropic" in line and ":1" in line]
    assert ["install.sh:1", "backend/requirements.txt:1", "backend/requirements/dev.txt:1"] == places[:3]
    assert ["services/a/environment.yml:1"] == places[3:]


def test_without_a_handler_a_check_says_that_handling_was_not_judged(matrix: Matrix) -> None:
    """Check that it calls nothing fine, and how to ask."""
    path = write_file("anthropic==1.0.0\n")
    done = matrix("check", path)
    assert "fine" not in done.out
    assert "1 requirement: handling not judged, 2 notes." in done.out
    assert "Your error handling was not judged: name your handlers with `--catching`" in done.out
    assert "not judged" not in matrix("check", path, "--catching", "remedy").out


def test_a_file_that_can_not_be_read_is_no_empty_answer(matrix: Matrix) -> None:
    """Check a program that computes its requirements; a tree without any requirement has another code."""
    assert NOTHING == matrix("check").code
    write_file("setup(install_requires=read())\n", "deep/setup.py")
    done = matrix("check")
    assert BROKEN == done.code
    assert "can't be read, because the program computes the value" in " ".join(done.out.split())


def test_a_package_that_brings_the_sdk_is_named(matrix: Matrix) -> None:
    """Check that it is unknown without a lock, that a lock answers, and that a command is a note."""
    write_file("rich\nlangchain-anthropic==0.3.0\ninstructor\n")
    done = matrix("check")
    assert (UNKNOWN, 1) == (done.code, done.out.count("requirements.txt:"))
    assert "`langchain-anthropic` brings anthropic without naming it" in " ".join(done.out.split())
    write_file("pip install 'instructor[anthropic]'\n", "install.sh")
    Path("requirements.txt").unlink()
    done = matrix("check")
    assert (FINE, True) == (done.code, "install.sh:1: instructor[anthropic]" in done.out)
    write_file("[project]\ndependencies = ['langchain-anthropic==0.3.0']\n", "member/pyproject.toml")
    write_file('version = 1\n[[package]]\nname = "anthropic"\nversion = "1.0.0"\n', "uv.lock")
    done = matrix("check")
    assert (FINE, True) == (done.code, "uv.lock:3 has 1.0.0" in " ".join(done.out.split()))


def test_a_named_file_is_checked_alone(matrix: Matrix) -> None:
    """Check that other files of its folder are not read."""
    write_file("anthropic==0.4.0\n")
    assert FINE == matrix("check", write_file("anthropic==1.0.0\n", "good.txt")).code


def test_paths_are_printed_as_the_user_writes_them(matrix: Matrix, tmp_path: Path) -> None:
    """Check that they are relative to this folder, or as they were named."""
    inside = write_file("anthropic==0.4.0\n", "deep/requirements.txt")
    outside = tmp_path / "other.txt"
    outside.write_text("anthropic==0.4.0\n")
    assert "deep/requirements.txt:1" in matrix("check", inside.absolute()).out
    assert f"{outside.as_posix()}:1" in matrix("check", outside).out


@pytest.mark.parametrize(
    ("python", "release"), [(">=3.8", "1.0.0"), (">=3.12", "2.0.0")], ids=["an old Python", "a new Python"]
)
def test_a_range_is_judged_for_the_pythons_of_the_project(matrix: Matrix, python: str, release: str) -> None:
    """Check that the release that would be installed there counts."""
    write_project(python, "anthropic>=1,<2.1")
    assert f"{release} would be installed today" in " ".join(matrix("check").out.split())


def test_a_lock_of_older_dependencies_is_judged_by_those(matrix: Matrix) -> None:
    """Check a release that works with its locked dependencies, and not with today's."""
    pins = "".join(f"{name}=={version}\n" for name, version in THEN.items())
    write_file("anthropic==0.3.0\n" + pins, "then.txt")
    write_file("anthropic==0.3.0\n", "now.txt")
    codes = {name: matrix("check", name, "--catching", "remedy").code for name in ("then.txt", "now.txt")}
    assert {"then.txt": FINE, "now.txt": FINDING} == codes


@pytest.mark.parametrize(
    "arguments", [(), ("requirements.txt",), (".",)], ids=["this folder", "a file", "a folder by name"]
)
def test_a_check_that_finds_no_requirement_says_where_it_looked(matrix: Matrix, arguments: tuple[str, ...]) -> None:
    """Check that the message goes to standard error."""
    write_file("django\n")
    done = matrix("check", *arguments)
    assert (NOTHING, "No requirement on anthropic was found in requirements.txt.\n") == (done.code, done.err)


def test_an_empty_folder_is_no_success(matrix: Matrix) -> None:
    """Check that a check that reads nothing fails."""
    done = matrix("check")
    assert (NOTHING, True) == (done.code, "no file with requirements was found" in done.err)


# Reports of a check.


def test_a_report_is_printed_and_written_in_several_formats(matrix: Matrix) -> None:
    """Check that folders are made as needed, with the same exit code."""
    write_file("anthropic==0.4.0\n")
    done = matrix("check", "--output", "json=out/found.json", "--output", "junit=out/found.xml", "--format", "markdown")
    assert FINDING == done.code
    assert "0.4.0" in json.dumps(json.loads(Path("out/found.json").read_text(encoding="utf-8")))
    assert ET.fromstring(Path("out/found.xml").read_text(encoding="utf-8")).tag == "testsuites"
    assert "0.4.0" in done.out


def test_a_written_report_equals_the_printed_one(matrix: Matrix) -> None:
    """Check one format."""
    write_file("anthropic==0.4.0\n")
    done = matrix("check", "--format", "sarif", "--output", "sarif=found.sarif")
    assert done.out == Path("found.sarif").read_text(encoding="utf-8")


def test_a_check_that_is_repeated_has_the_same_output(matrix: Matrix) -> None:
    """Check each byte."""
    write_file("anthropic>=0.3\n")
    assert matrix("check", "--format", "json") == matrix("check", "--format", "json")


# An environment.


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a virtual environment without packages."""
    folder = tmp_path_factory.mktemp("venv") / ".venv"
    venv.create(folder, symlinks=True)
    return folder


@pytest.fixture
def install(environment: Path) -> Iterator[Callable[..., None]]:
    """Return a function that writes the metadata of installed distributions."""
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
@pytest.mark.parametrize("where", [".", "bin/python"], ids=["its folder", "its interpreter"])
def test_an_installed_release_is_checked_as_a_pin(
    matrix: Matrix, environment: Path, install: Callable[..., None], version: str, where: str, expected: int
) -> None:
    """Check an environment."""
    install("anthropic", version)
    done = matrix("check", "--python", environment / where)
    assert (expected, True) == (done.code, f"anthropic=={version}" in done.out)


def test_installed_dependencies_choose_the_lane(
    matrix: Matrix, environment: Path, install: Callable[..., None]
) -> None:
    """Check that they count as those of a lock."""
    for name, version in {"anthropic": "0.3.0", **THEN}.items():
        install(name, version)
    assert FINE == matrix("check", "--python", environment, "--catching", "remedy").code


def test_an_environment_without_the_sdk_has_nothing_to_check(matrix: Matrix, environment: Path) -> None:
    """Check that files of this folder are read only if they are named."""
    write_file("anthropic==0.4.0\n")
    assert [NOTHING, FINDING] == [
        matrix("check", "--python", environment, *more).code for more in ((), ("requirements.txt",))
    ]


def test_a_folder_that_is_no_environment_cannot_be_read(matrix: Matrix) -> None:
    """Check the exit code."""
    done = matrix("check", "--python", "no/such/python")
    assert (BROKEN, True) == (done.code, "The interpreter does not exist" in done.out)


# Advice.


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param((), "Pin 1.0.0, ", id="of all releases"),
        pytest.param((">=0.3,<1",), "Pin 0.4.0, ", id="of a range"),
        pytest.param(("anthropic>=0.3,<1",), "Pin 0.4.0, ", id="of a whole requirement"),
        pytest.param((" Anthropic == 1.0.0 ",), "Pin 1.0.0, ", id="written loosely"),
        pytest.param(("--python", "3.12"), "Pin 2.0.0, ", id="for a newer Python"),
        pytest.param(("--python", "3.12", "--min-age", "7d"), "Pin 1.0.0, ", id="a week old"),
        pytest.param(("--python", "3.12", "--min-age", "1w"), "Pin 1.0.0, ", id="one week old, in weeks"),
        pytest.param(("--python", "3.12", "--min-age", "2"), "Pin 2.0.0, ", id="two days old"),
        pytest.param(("--python", "3.12", "--as-of", "2026-05-29"), "Pin 1.0.0, ", id="as of an earlier day"),
        pytest.param(("<0.4",), "Pin 0.3.0, ", id="a release that needs older dependencies"),
    ],
)
def test_advise_names_the_release_to_pin_first(matrix: Matrix, arguments: tuple[str, ...], expected: str) -> None:
    """Check ranges, ages and days."""
    done = matrix("advise", *arguments)
    assert (FINE, "") == (done.code, done.err)
    assert expected in done.out


@pytest.mark.parametrize(
    "arguments",
    [(">=9",), ("==1.1.0",), ("==2.1.0",), ("--as-of", "2000-01-01"), ("--min-age", "9999w"), ("--python", "3.6")],
)
def test_advise_has_an_exit_code_for_nothing_to_pin(matrix: Matrix, arguments: tuple[str, ...]) -> None:
    """Check the message."""
    done = matrix("advise", *arguments)
    assert (UNKNOWN, "", True) == (done.code, done.err, "No release can be recommended." in done.out)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("django>=4",), "anthropic>=0.40,<1"),
        (("anthropic @ https://example.org/a.whl",), "anthropic>=0.40,<1"),
        (("=>1",), ">=0.40,<1"),
        (("--python", "3"), "MAJOR.MINOR"),
        (("--python", "three"), "MAJOR.MINOR"),
        (("--min-age", "a week"), "7d or 2w"),
        (("--min-age", "-1"), "7d or 2w"),
        (("--as-of", "yesterday"), "yesterday"),
        (("--catching", "by-typ"), "by-type"),
    ],
)
def test_an_invalid_question_is_refused_with_a_hint(matrix: Matrix, arguments: tuple[str, ...], hint: str) -> None:
    """Check what the hint says to write."""
    done = matrix("advise", *arguments)
    assert (BROKEN, "", True) == (done.code, done.out, hint in done.err)


def test_any_minimum_age_is_accepted(matrix: Matrix) -> None:
    """Check ages that reach before the first day of the calendar."""
    assert UNKNOWN == matrix("advise", "--as-of", "0001-01-01", "--min-age", "9999w").code


def test_advise_writes_json(matrix: Matrix) -> None:
    """Check the lines for each file by reading them."""
    done = matrix("advise", "anthropic[aiohttp]<1", "--format", "json")
    advice = json.loads(done.out)
    assert ("0.4.0", "anthropic[aiohttp]==0.4.0") == (advice["pin"]["version"], advice["lines"]["requirements"])
    (line,) = tomllib.loads(advice["lines"]["pyproject"])["dependencies"]
    assert Requirement(line).specifier.contains("0.4.0")


def test_advise_without_a_pin_writes_json(matrix: Matrix) -> None:
    """Check that the document says that there is none."""
    done = matrix("advise", ">=9", "--format", "json")
    assert (UNKNOWN, None) == (done.code, json.loads(done.out)["pin"])


def test_advised_lines_pass_the_check(matrix: Matrix) -> None:
    """Check a requirements file with the release and its pinned dependencies."""
    for specifier in ("", "<1", "<0.4"):
        lines = json.loads(matrix("advise", specifier, "--format", "json").out)["lines"]["requirements"]
        write_file(lines + "\n")
        assert FINE == matrix("check", "--catching", "remedy").code


def test_advice_as_of_a_later_day_knows_no_newer_release(matrix: Matrix) -> None:
    """Check a day after the end of the data."""
    assert "2026-06-01" in matrix("advise", "--as-of", "2030-01-01").out


# The age of the data.


@pytest.mark.parametrize("command", [("check",), ("scan", "."), ("advise",)], ids=" ".join)
@pytest.mark.parametrize(("late", "warned"), [(3, False), (4, True)])
def test_data_that_is_older_than_its_schedule_is_reported(
    matrix: Matrix, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], late: int, warned: bool
) -> None:
    """Check the day of the newest result, and that the report itself does not change."""
    write_file("anthropic==0.4.0\n")
    before = matrix(*command)
    measured = dt.date(2026, 6, 1)
    monkeypatch.setattr("matrix.cli.freshness.today", lambda: measured + dt.timedelta(days=late))
    done = matrix(*command)
    notice = "Warning: This data is 4 days old, but its schedule is 3 days. Newer releases may be missing."
    assert (before.code, before.out, warned) == (done.code, done.out, notice in done.err)
    assert "2026-06-01" in done.out


def test_the_last_good_run_counts_as_the_day_of_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check data whose newest result is old, since nothing changed."""
    write_file("anthropic==0.4.0\n")
    folder = write(tmp_path / "own", *HISTORY)
    last_run.record(folder, dt.date(2026, 7, 1), ANTHROPIC.digest, 1, "0.4.0")
    monkeypatch.setattr("matrix.cli.freshness.today", lambda: dt.date(2026, 7, 2))
    assert "Warning" not in run_command("--data", folder, "check").err


# The folder of the data.

LAYOUTS: Final = {
    "wheel": ("site-packages/matrix/cli/__init__.py", "site-packages/matrix/data/anthropic"),
    "editable": ("checkout/matrix/cli/__init__.py", "checkout/reports/data/anthropic"),
}


@pytest.fixture(params=LAYOUTS)
def bundled_data(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install data as it comes with the program."""
    program, folder = LAYOUTS[request.param]
    monkeypatch.setattr("matrix.cli.data_folder.__file__", str(tmp_path / program))
    return write(tmp_path / folder, *HISTORY)


HERE: Final = Path("reports", "data", "anthropic")


def test_outside_a_checkout_the_bundled_data_is_read(bundled_data: Path) -> None:
    """Check a project that has no data of ours."""
    write_file("anthropic==0.4.0\n")
    assert (bundled_data, FINDING) == (default_data(ANTHROPIC), run_command("check").code)


@pytest.mark.usefixtures("bundled_data")
def test_in_a_checkout_its_own_data_is_read() -> None:
    """Check that new measurements count."""
    write_file("anthropic==9.9.9\n")
    write(HERE, *HISTORY, released("9.9.9", DOCUMENTED))
    assert (HERE, FINE) == (default_data(ANTHROPIC), run_command("check").code)


@pytest.mark.parametrize(
    "theirs", [b"", b'{"releases": ["1.0"]}', None], ids=["an empty file", "a file of another program", "a folder"]
)
def test_a_folder_of_the_same_name_is_not_used(bundled_data: Path, theirs: bytes | None) -> None:
    """Check that a project's own reports/data is left alone."""
    HERE.mkdir(parents=True)
    if theirs is None:
        (HERE / RELEASES).mkdir()
    else:
        (HERE / RELEASES).write_bytes(theirs)
    assert bundled_data == default_data(ANTHROPIC)


def test_a_command_that_records_extends_the_bundled_data(bundled_data: Path, tmp_path: Path) -> None:
    """Check an index that can't be read: the copy is in the user's data folder, and is read from then on."""
    before = {path: path.read_bytes() for path in bundled_data.rglob("*") if path.is_file()}
    done = run_command("refresh", "--index", "http://127.0.0.1:9/simple")
    copy = tmp_path / "share" / "midstream" / "data" / "anthropic"
    assert (11, f"Recording in {copy}, which extends the data shipped with midstream.") == (
        done.code,
        done.err.partition("\n")[0],
    )
    assert (copy, False) == (default_data(ANTHROPIC), HERE.exists())
    assert before == {path: path.read_bytes() for path in bundled_data.rglob("*") if path.is_file()}
    write_file("anthropic==0.4.0\n")
    assert FINDING == run_command("check").code


@pytest.mark.usefixtures("bundled_data")
def test_a_command_that_only_lists_what_is_missing_copies_nothing(tmp_path: Path) -> None:
    """Check that it knows the bundled data."""
    done = run_command("run", "--dry-run", "--versions", "2.1.0", "--lane", "today")
    assert (0, "2.1.0 today Python 3.11, to be resolved") == (done.code, done.out.partition("\n")[0])
    assert not (tmp_path / "share").exists()


@pytest.mark.parametrize(
    "command",
    [("verify", "--judge"), ("migrate",), ("gate", "--record", "--published", "."), ("report", "--site", "{program}")],
    ids=" ".join,
)
def test_no_command_writes_into_an_installation(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check data that came with a wheel, and the folder of the program."""
    program, folder = LAYOUTS["wheel"]
    monkeypatch.setattr("matrix.cli.data_folder.__file__", str(tmp_path / program))
    monkeypatch.setattr("matrix.site.site_folder._PROGRAM", tmp_path / "site-packages" / "matrix")
    bundled = write(tmp_path / folder, *HISTORY)
    before = {path: path.read_bytes() for path in bundled.parents[1].rglob("*") if path.is_file()}
    done = run_command(*(word.format(program=bundled.parents[1] / "site") for word in command))
    assert (BROKEN, True) == (done.code, "is part of the installed program" in done.err)
    assert before == {path: path.read_bytes() for path in bundled.parents[1].rglob("*") if path.is_file()}


def test_a_site_is_not_written_over_files_of_somebody_else(matrix: Matrix) -> None:
    """Check a folder with one file; an empty folder is fine, and so is the folder of an earlier build."""
    write_file("mine\n", "theirs/index.html")
    done = matrix("report", "--site", "theirs")
    assert (BROKEN, "theirs has files that no build of this site wrote.") == (
        done.code,
        done.err.removeprefix("Error: ").partition("\n")[0],
    )
    assert ["index.html"] == [path.name for path in Path("theirs").iterdir()]


def test_without_bundled_data_this_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the folder that a failure would name."""
    monkeypatch.setattr("matrix.cli.data_folder.__file__", str(tmp_path / LAYOUTS["wheel"][0]))
    assert HERE == default_data(ANTHROPIC)


def test_an_environment_variable_names_the_data(
    bundled_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that MIDSTREAM_DATA overrides the bundled data, and --data both."""
    write_file("anthropic==0.4.0\n")
    other = write(tmp_path / "other", released("0.4.0", DOCUMENTED))
    monkeypatch.setenv("MIDSTREAM_DATA", str(other))
    assert (FINE, FINDING) == (run_command("check").code, run_command("--data", bundled_data, "check").code)


def test_an_empty_variable_is_ignored(bundled_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check what a script may set."""
    write_file("anthropic==1.0.0\n")
    monkeypatch.setenv("MIDSTREAM_DATA", "")
    assert bundled_data.is_dir()
    assert FINE == run_command("check").code


# The committed data, in a process.


@pytest.mark.parametrize(
    ("text", "arguments", "expected", "sentence"),
    [
        ("anthropic==0.45.0", ("--catching", "class-overloaded"), FINDING, "crashes with AttributeError"),
        ("anthropic>=0.87,<2", (), FINE, "error.type"),
        ("anthropic>=0.40,<2", (), FINDING, "Pin 0.87.0 or later (Python >=3.9), where `error.type` names the error."),
        ("anthropic==0.28.1", (), FINDING, "httpx==0.27.0"),
        ("anthropic==0.28.1\nhttpx==0.27.0", ("--catching", "remedy"), FINE, "0.28.1"),
        ("anthropic>=999", (), UNKNOWN, "matrix refresh"),
    ],
)
def test_the_committed_data_answers_for_measured_releases(
    text: str, arguments: tuple[str, ...], expected: int, sentence: str
) -> None:
    """Check facts that no later measurement changes."""
    write_file(text + "\n")
    done = run_command("--data", DATA, "check", *arguments)
    assert (expected, True) == (done.code, sentence in " ".join(done.out.split()))


def test_the_installed_program_runs_in_any_folder() -> None:
    """Check it by its name, on the bundled data."""
    write_file("anthropic==0.45.0\n")
    program = Path(sys.executable).with_name("matrix")
    command = [str(program)] if program.exists() else [sys.executable, "-m", "matrix"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    command += ["check", "--catching", "class-overloaded"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (FINDING, "") == (done.returncode, done.stderr)
    assert "crashes with AttributeError" in " ".join(done.stdout.split())


def test_a_closed_pipe_is_no_finding() -> None:
    """Check that `matrix check | head -1` does not exit with 1."""
    write_file("anthropic==2.12.0\n")
    command = [sys.executable, "-m", "matrix", "--data", str(DATA), "check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reading:
        assert reading.stdout is not None
        reading.stdout.close()
        assert REFUSED == reading.wait(60)
