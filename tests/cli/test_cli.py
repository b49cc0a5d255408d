"""The command line: its output, exit codes and files; run as a process where that matters."""

import datetime as dt
import functools
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import pytest
from uv import find_uv_bin

from matrix import errors
from matrix.catalogue import suite
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.suite import SuitePart
from matrix.cli import INTERRUPTED
from matrix.harness import controls, measure
from matrix.harness.player import Settings
from matrix.model import Lane
from matrix.observation import Call, Observation, Outcome
from matrix.store import last_run
from matrix.store.documents import StoredObservation
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature import drive
from tests.miniature.drive import PART, PYTHON, Done, Matrix, cell, end, snapshot
from tests.miniature.index import Index
from tests.miniature.releases import NEWEST_LEAF, version
from tests.support import processes

Catalogue = Callable[..., Store]

TODAY = ("--lane", "today")
OVERLOADED = ("--surface", "messages.create", "--scenario", "mid-overloaded_error")

TWO_AT_A_TIME = ("--versions", f"{version('swallows_errors')},{version('waits')}", *TODAY, "--jobs", "2")
"""Two jobs, so that the release that waits leaves room for the other."""

NOWHERE = "http://127.0.0.1:9/simple"
"""An index that nobody serves: the port of the discard service."""


def failed(done: Done) -> tuple[int, str]:
    """Return the exit code of a failed command, and its first line of error without `Error: `."""
    assert "Traceback" not in done.err
    return done.code, done.err.strip().partition("\n")[0].removeprefix("Error: ")


@pytest.fixture
def half_done(matrix: Matrix, catalogue: Catalogue, hold: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a run of two releases, of which one is recorded and the other waits."""
    catalogue("swallows_errors", "waits", "raises_200")
    run = matrix.start("run", *TWO_AT_A_TIME, part=True)

    def is_half_done() -> bool:
        if run.poll() is not None:
            raise AssertionError(end(run))
        recorded = matrix.data / "cells" / f"today-{PYTHON}.json"
        # The run notes that a cell is recorded a moment after it is.
        return recorded.exists() and time.time() - recorded.stat().st_mtime > 0.5

    with processes.ending(run):
        drive.wait_until(is_half_done, "the one that does not wait")
        yield run


def folders(own_cache: Path) -> list[str]:
    """List the workspaces."""
    return [path.name for path in (own_cache / "midstream" / "cells").iterdir()]


# Measure what is missing.


def test_a_run_measures_what_is_missing(matrix: Matrix, catalogue: Catalogue, own_cache: Path) -> None:
    """Check that a second run says that nothing is missing, and changes no file."""
    catalogue("needs_nothing", "raises_200")
    first = end(matrix.start("run", *TODAY))
    assert (0, "") == (first.code, first.err)
    assert f"Controls hold (9.0.0 today Python {PYTHON}, its SDK patched)." in first.out
    assert "Measured 2 cells: 2 new or changed, the rest unchanged." in first.out
    assert f"9.0.0 today Python {PYTHON}: {len(ANTHROPIC.suite.calls())} observations" in first.out
    before = snapshot(matrix.data)
    second = end(matrix.start("run", *TODAY))
    assert (0, "") == (second.code, second.err)
    assert second.out.startswith("Nothing is missing: 2 cells are measured with suite ")
    assert second.out.endswith("\n`matrix refresh` looks for newer releases.\n")
    last_run.record(matrix.data, dt.date(2026, 11, 28), ANTHROPIC.digest, 2, "2.0.0")
    listed = "\nThe package index listed 2 releases on 2026-11-28. `matrix refresh` looks for newer releases.\n"
    assert matrix("run", *TODAY).out.endswith(listed)
    assert before == snapshot(matrix.data)
    assert ([], []) == (folders(own_cache), drive.processes_with(own_cache))


def test_verify_names_the_file_with_a_flipped_byte(measured: Store, matrix: Matrix, tmp_path: Path) -> None:
    """Check that the data of a run passes first."""
    matrix.data = measured.folder
    assert (0, "") == (matrix("verify").code, matrix("verify").err)
    matrix.data = tmp_path / "flipped"
    for name, data in snapshot(measured.folder).items():
        (matrix.data / name).parent.mkdir(parents=True, exist_ok=True)
        (matrix.data / name).write_bytes(data)
    victim = matrix.data / "observations" / "clean.json"
    flipped = bytearray(victim.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    victim.write_bytes(flipped)
    done = matrix("verify")
    assert errors.StoreCorrupt.exit_code == done.code
    assert "observations/clean.json" in done.err


def test_a_dry_run_lists_what_is_missing_newest_first(matrix: Matrix, catalogue: Catalogue, own_cache: Path) -> None:
    """Check that it measures and records nothing."""
    catalogue("raises_documented", "raises_200")
    before = snapshot(matrix.data)
    done = matrix("run", "--dry-run")
    expected = [f"{release} {lane} Python {PYTHON}, to be resolved" for release in ("9.0.0", "1.0.0") for lane in Lane]
    assert (0, [*expected, f"4 cells would be measured, {4 * len(ANTHROPIC.suite.calls(PART)):,} calls."]) == (
        done.code,
        done.out.splitlines(),
    )
    assert before == snapshot(matrix.data)
    assert not (own_cache / "midstream").exists()


def test_a_part_of_the_suite_is_shown_as_a_table_and_not_recorded(matrix: Matrix, known: Store) -> None:
    """Check a scenario and a surface."""
    matrix.data = known.folder
    before = snapshot(matrix.data)
    done = matrix("run", "--versions", "9.0.0,2.0.0,4.0.0", *TODAY, *OVERLOADED)
    assert (0, "") == (done.code, done.err)
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert any("200 APIStatusError, type overloaded_error ✗ wrong ✓ right" in line for line in lines)
    assert any("completed, no exception ! silent ! silent" in line for line in lines)
    assert any("cannot-import: builtins.RuntimeError: no such thing as a good import" in line for line in lines)
    assert before == snapshot(matrix.data)


def test_a_terminal_shows_a_progress_bar(matrix: Matrix, known: Store) -> None:
    """Check that it counts running, failed and remaining cells."""
    controller, terminal = pty.openpty()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", "120")
        program = (sys.executable, "-m", "matrix", "--data", str(known.folder), "run", "--index", matrix.index.address)
        arguments = ("--python", PYTHON, "--versions", "9.0.0", *TODAY, *OVERLOADED)
        run = subprocess.Popen([*program, *arguments], stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    out = b""
    with processes.ending(run):
        try:
            while piece := os.read(controller, 65536):
                out += piece
        except OSError:  # Linux reports EIO once the last program has closed the terminal
            pass
        finally:
            os.close(controller)
        assert 0 == run.wait(drive.PATIENCE)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.decode())
    assert re.search(r"1/1 .*0 running, 0 failed, 0 remaining, \d+/min", text)


def test_scenarios_surfaces_and_releases_are_listed(matrix: Matrix, measured: Store) -> None:
    """Check that no list needs a measurement."""
    matrix.data = measured.folder
    surfaces = matrix("list", "surfaces").out
    scenarios = matrix("list", "scenarios").out
    releases = matrix("list", "releases").out
    assert set(ANTHROPIC.surfaces) <= set(surfaces.split())
    assert set(CATALOGUE) <= set(scenarios.split())
    for line in ("6.0.0", "not measured", "cannot-install"), ("10.0.0rc1", "completed", "pre-release"):
        assert any(all(word in listed for word in line) for listed in releases.splitlines())


@pytest.mark.slow
def test_a_release_that_always_hangs_ends_soon(
    matrix: Matrix, catalogue: Catalogue, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that some calls timed out, and that the rest were not run."""
    monkeypatch.setattr(measure, "Options", functools.partial(measure.Options, settings=Settings(deadline=0.4)))
    part = SuitePart(PART.scenarios, ("messages.create-async",))
    monkeypatch.setattr(suite, "WHOLE", part)
    catalogue("always_hangs", "raises_200")
    done = matrix("run", "--versions", version("always_hangs"), *TODAY)
    assert (0, "") == (done.code, done.err)
    stored = Store(matrix.data, ANTHROPIC).result(cell("always_hangs"))
    assert stored is not None
    outcomes = [stored.behaviour[call].outcome for call in ANTHROPIC.suite.calls(part)]
    assert [Outcome.TIMED_OUT] * ANTHROPIC.hopeless + [Outcome.NOT_RUN] * (
        len(PART.scenarios) - ANTHROPIC.hopeless
    ) == outcomes
    assert ([], []) == (folders(own_cache), drive.processes_with(own_cache))


# Cells with an extra.

WITH_AIOHTTP = ("--surface", "aiohttp.messages.create-async", "--scenario", "mid-overloaded_error")


def test_extras_are_measured_in_the_same_run(matrix: Matrix, catalogue: Catalogue) -> None:
    """Check that the next run says that nothing is missing."""
    catalogue("offers_aiohttp", "raises_200")
    selection = ("--versions", version("offers_aiohttp"))
    first = matrix("run", *selection)
    assert (0, "") == (first.code, first.err)
    assert "Measured 4 cells: 4 new or changed, the rest unchanged." in first.out
    assert re.search(rf"\[4/4, \d+/min\] 7\.8\.0 \S+ Python {PYTHON} with aiohttp: \d+ observations", first.out)
    before = snapshot(matrix.data)
    second = matrix("run", *selection)
    assert second.out.startswith("Nothing is missing: 4 cells are measured with suite ")
    assert before == snapshot(matrix.data)


def test_a_surface_that_needs_an_extra_is_played_with_it(matrix: Matrix, known: Store) -> None:
    """Check that it is played in the cells with that extra alone."""
    matrix.data = known.folder
    done = matrix("run", "--versions", "7.8.0,9.0.0", *WITH_AIOHTTP)
    assert (0, "") == (done.code, done.err)
    titles = [line for line in done.out.splitlines() if line.startswith(("7", "9"))]
    assert [f"7.8.0 {lane} Python {PYTHON} with aiohttp" for lane in Lane] == titles
    assert "200 APIStatusError, type overloaded_error" in " ".join(done.out.split())


def test_a_surface_that_needs_no_extra_is_played_without_one(matrix: Matrix, known: Store) -> None:
    """Check that it is played in the cells without an extra alone."""
    matrix.data = known.folder
    done = matrix("run", "--versions", "7.8.0", *TODAY, *OVERLOADED, "--dry-run")
    assert [f"7.8.0 today Python {PYTHON}, from its lock"] == done.out.splitlines()[:-1]


def test_reproduce_measures_cells_with_an_extra(matrix: Matrix, measured: Store) -> None:
    """Check a release with committed cells of both kinds: each kind has a control of its own."""
    matrix.data = measured.folder
    done = matrix("reproduce", version("offers_aiohttp"), *TODAY)
    assert (0, "") == (done.code, done.err)
    assert "This machine agrees with the committed data: 4 cells" in " ".join(done.out.split())


@pytest.mark.parametrize("command", ["run", "reproduce", "probe"])
def test_only_probe_takes_a_deadline(matrix: Matrix, command: str) -> None:
    """Check that results to record or compare have one fixed deadline."""
    assert (command == "probe") == ("--deadline" in matrix(command, "--help").out)


# How a run ends.


@pytest.mark.slow
def test_a_killed_run_is_completed_by_the_next_one(
    half_done: subprocess.Popen[str], hold: Path, matrix: Matrix, own_cache: Path, tmp_path: Path
) -> None:
    """Check that the data is what an uninterrupted run writes."""
    half_done.kill()
    assert -signal.SIGKILL == end(half_done).code
    drive.wait_until(lambda: not drive.processes_with(own_cache), "probes that leave when nobody listens")
    recorded = [recorded_cell.version for recorded_cell in Store(matrix.data, ANTHROPIC).cells()]
    assert [version("swallows_errors")] == recorded
    assert [] != folders(own_cache)
    hold.unlink()
    assert 0 == matrix("run", *TWO_AT_A_TIME).code
    assert [] == folders(own_cache)
    uninterrupted = Matrix(tmp_path / "uninterrupted", matrix.index)
    Store(uninterrupted.data, ANTHROPIC).put_releases(Store(matrix.data, ANTHROPIC).releases())
    assert 0 == uninterrupted("run", *TWO_AT_A_TIME).code
    assert snapshot(uninterrupted.data) == snapshot(matrix.data)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_finished_releases(
    half_done: subprocess.Popen[str], matrix: Matrix, own_cache: Path, number: signal.Signals
) -> None:
    """Check that no process and no folder is left."""
    half_done.send_signal(number)
    done = end(half_done)
    message = "Interrupted. Finished cells are recorded. Run the same command again to continue."
    assert (INTERRUPTED, message) == failed(done)
    assert ([], []) == (folders(own_cache), drive.processes_with(own_cache))
    assert [version("swallows_errors")] == [
        recorded_cell.version for recorded_cell in Store(matrix.data, ANTHROPIC).cells()
    ]
    assert [] == Store(matrix.data, ANTHROPIC).verify()


def test_a_run_whose_output_nobody_reads_ends_quietly(matrix: Matrix, catalogue: Catalogue, own_cache: Path) -> None:
    """Check `matrix run | head`: no process is left, and what was recorded is valid."""
    catalogue("swallows_errors", "raises_200")
    with processes.ending(matrix.start("run", *TODAY, "--jobs", "1", part=True)) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        code, err = run.wait(drive.PATIENCE), run.stderr.read()
    assert errors.MatrixError.exit_code == code
    assert not {"Traceback", "Interrupted", "BrokenPipe"} & set(re.findall(r"\w+", err))
    assert ([], []) == (folders(own_cache), drive.processes_with(own_cache))
    assert [] == Store(matrix.data, ANTHROPIC).verify(tidy=False)


def test_a_second_run_on_the_same_data_is_refused(matrix: Matrix, catalogue: Catalogue) -> None:
    """Check that it measures nothing while the first one writes."""
    store = catalogue("raises_200")
    with store.writing():
        refused = end(matrix.start("run"))
    assert (errors.StoreBusy.exit_code, f"Another process is writing {matrix.data}.") == failed(refused)
    assert {} == Store(matrix.data, ANTHROPIC).cells()


def test_remains_of_a_killed_run_are_removed(matrix: Matrix, known: Store) -> None:
    """Check that the next run removes them, even if nothing is missing."""
    matrix.data = known.folder
    stray = Observation(outcome=Outcome.COMPLETED, requests=7)
    known._merge(Path("observations/clean.json"), {"0" * 16: StoredObservation(seen=stray)})
    (known.folder / "controls.json.new").write_text("{", encoding="utf-8")
    assert 0 == matrix("run", "--versions", version("raises_200"), *TODAY).code
    assert 0 == matrix("verify").code


# Mistakes of a user, and failures of tools.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--versions", "12.0"), "Release 12.0 is not recorded."),
        (("--versions", "newest"), "'newest' is not a version."),
        (("--versions", ">=abc"), "'>=abc' is not a version specifier."),
        (("--versions", ">=12"), "No release matches '>=12'."),
        (("--scenario", "mid-life"), "There is no scenario 'mid-life'."),
        (("--surface", "messages.invent"), "There is no surface 'messages.invent'."),
        (("--python", "three"), "'three' is not a Python version."),
        (("--python", "3.x"), "'3.x' is not a Python version."),
        (("--python", "x.11"), "'x.11' is not a Python version."),
        (("--versions", ","), "--versions names no version."),
    ],
)
def test_invalid_options_are_refused(
    matrix: Matrix, catalogue: Catalogue, arguments: tuple[str, ...], message: str
) -> None:
    """Check that nothing is done."""
    catalogue("raises_documented", "raises_200")
    before = snapshot(matrix.data)
    assert (errors.UsageError.exit_code, message) == failed(matrix("run", *arguments))
    assert before == snapshot(matrix.data)


def test_an_unknown_lane_is_refused(matrix: Matrix, catalogue: Catalogue) -> None:
    """Check that both lanes are named."""
    catalogue("raises_200")
    done = matrix("run", "--lane", "tomorrow")
    assert errors.UsageError.exit_code == done.code
    assert "'as-released', 'today'" in done.err


def test_an_empty_catalogue_is_an_error(matrix: Matrix) -> None:
    """Check that the hint says how to get one."""
    done = matrix("run")
    assert (errors.UsageError.exit_code, "No release is recorded.") == failed(done)
    assert "matrix refresh" in done.err


def test_a_missing_interpreter_names_the_installed_ones(matrix: Matrix, catalogue: Catalogue) -> None:
    """Check the message."""
    store = catalogue("raises_200")
    code, message = failed(matrix("run", "--python", "3.99"))
    assert errors.InterpreterMissing.exit_code == code
    assert message.startswith("No Python 3.99 was found. Installed versions: ")
    assert ".".join(map(str, sys.version_info[:3])) in message
    assert {} == store.cells()


@pytest.mark.parametrize("arguments", [(), OVERLOADED])
def test_an_unreachable_index_is_a_failure_of_a_tool(
    matrix: Matrix, catalogue: Catalogue, arguments: tuple[str, ...]
) -> None:
    """Check that it is no outcome of a release."""
    catalogue("raises_documented", "swallows_errors", "raises_200")
    before = snapshot(matrix.data)
    code, message = failed(matrix("run", "--index", NOWHERE, *arguments))
    assert errors.ToolFailure.exit_code == code
    assert message.startswith("uv could not resolve anthropic==")
    assert before == snapshot(matrix.data)


def test_an_offline_uv_makes_no_release_uninstallable(
    matrix: Matrix, known: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that a download that was not made is a failure of a tool."""
    matrix.data = known.folder
    monkeypatch.setenv("UV_OFFLINE", "1")
    where = ("--index", NOWHERE, "--lane", "as-released", *OVERLOADED)
    done = matrix("run", "--versions", version("swallows_errors"), *where)
    assert "cannot-install" not in done.out


def test_a_failed_control_stops_the_run(matrix: Matrix, catalogue: Catalogue) -> None:
    """Check the exit code, and that nothing is recorded."""
    catalogue("raises_documented", "swallows_errors")
    before = snapshot(matrix.data)
    code, message = failed(matrix("run", "--versions", version("raises_documented")))
    assert errors.ControlFailure.exit_code == code
    assert message.startswith(f"A control does not hold: with the SDK of 2.0.0 today Python {PYTHON} patched")
    assert before == snapshot(matrix.data)


# Drift.


def test_refresh_today_measures_drifted_cells_again(matrix: Matrix, known: Store, own_index: Index) -> None:
    """Check that no other cell is measured, and that the hashes of the old lock go."""
    own_index.add(NEWEST_LEAF)
    matrix = Matrix(known.folder, own_index)
    selection = ("--versions", f"{version('raises_documented')},{version('swallows_errors')}", *TODAY)
    done = matrix("run", *selection, "--refresh-today")
    assert (0, "") == (done.code, done.err)
    assert "Measured 1 cell: 1 new or changed, the rest unchanged." in done.out
    stored = Store(known.folder, ANTHROPIC).result(cell("raises_documented"))
    assert stored is not None
    assert stored.lock is not None
    assert ("anthropic==1.0.0", "leaf==3.0") == stored.lock.pins
    assert '"2.0"' not in (known.folder / "distributions" / "leaf.json").read_text(encoding="utf-8")
    assert [] == Store(known.folder, ANTHROPIC).verify()
    assert matrix("run", *selection, "--refresh-today").out.startswith("Nothing is missing: 2 cells are measured")


def test_refresh_today_on_an_index_that_fails_finds_no_drift(matrix: Matrix, known: Store) -> None:
    """Check that the data stays."""
    matrix.data = known.folder
    before = snapshot(known.folder)
    selection = ("--versions", f"{version('raises_documented')},{version('swallows_errors')}", *TODAY)
    code, message = failed(matrix("run", *selection, "--refresh-today", "--index", NOWHERE))
    assert errors.ToolFailure.exit_code == code
    assert message.startswith("uv could not resolve anthropic==")
    assert before == snapshot(known.folder)


# Any installed interpreter.


@pytest.fixture(scope="session")
def program(shared: Path, index: Index) -> Path:
    """Install the miniature that raises with status 200; return its interpreter."""
    folder = drive.once(shared / "cell-raises_200", lambda folder: drive.install(index, "raises_200", folder))
    return folder / "bin" / "python"


def test_run_prints_the_path_of_a_kept_environment(matrix: Matrix, measured: Store, tmp_path: Path) -> None:
    """Check that it can be probed."""
    matrix.data = measured.folder
    done = matrix("run", "--versions", "1.0.0", *TODAY, *OVERLOADED, "--keep", tmp_path / "kept")
    program = tmp_path / "kept" / f"1.0.0-today-{PYTHON}" / "bin" / "python"
    assert (0, "") == (done.code, done.err)
    assert f"Kept the environment of 1.0.0 today Python {PYTHON}: {program}" in done.out
    probed = matrix("probe", "--python", program, "--surface", "messages.create", "--scenario", "mid-overloaded_error")
    assert (0, "") == (probed.code, probed.err)
    assert "529 OverloadedError, type overloaded_error ✓ right ✗ wrong" in " ".join(probed.out.split())
    assert f"observations equal the committed 1.0.0 today Python {PYTHON}" in " ".join(probed.out.split())


def test_a_kept_environment_holds_the_release_and_not_the_patched_control(
    matrix: Matrix, known: Store, tmp_path: Path
) -> None:
    """Check the release that is also the control."""
    matrix.data = known.folder
    selection = ("--versions", version("needs_nothing"), *TODAY, "--force", "--keep", tmp_path / "kept")
    assert 0 == matrix("run", *selection).code
    assert [f"{version('needs_nothing')}-today-{PYTHON}"] == [path.name for path in (tmp_path / "kept").iterdir()]


def asked(option: str, names: Iterable[str]) -> list[str]:
    """Return an option for each name."""
    return [word for name in names for word in (option, name)]


def test_probe_compares_an_interpreter_with_the_committed_data(
    matrix: Matrix, measured: Store, program: Path, own_cache: Path
) -> None:
    """Check that it changes nothing in the environment."""
    matrix.data = measured.folder
    before = snapshot(program.parent.parent)
    surfaces = [surface for surface in PART.surfaces if not ANTHROPIC.surfaces[surface].extra]
    done = matrix("probe", "--python", program, *asked("--scenario", PART.scenarios), *asked("--surface", surfaces))
    text = " ".join(done.out.split())
    assert (0, "") == (done.code, done.err)
    assert f"anthropic 9.0.0, CPython {PYTHON}." in text.replace("cpython", "CPython")
    assert "200 APIStatusError, type overloaded_error ✗ wrong ✓ right" in text
    assert (
        f"All {len(ANTHROPIC.suite.calls(PART))} observations equal the committed 9.0.0 today Python {PYTHON}." in text
    )
    assert before == snapshot(program.parent.parent)
    assert ([], []) == (folders(own_cache), drive.processes_with(own_cache))


def test_probe_plays_the_whole_suite_unless_a_part_is_named(matrix: Matrix, program: Path) -> None:
    """Check that its headlines are shown."""
    done = matrix("probe", "--python", program)
    text = " ".join(done.out.split())
    assert (0, "") == (done.code, done.err)
    assert f": {len(ANTHROPIC.suite.calls())} calls played." in text
    assert "200 APIStatusError, type overloaded_error ✗ wrong ✓ right" in text
    assert f"the committed data has no result for 9.0.0 today Python {PYTHON} with this suite." in text


def test_probe_writes_json(matrix: Matrix, program: Path) -> None:
    """Check the environment, the suite, and every observation."""
    done = matrix("probe", "--python", program, *OVERLOADED, "--format", "json")
    document = msgspec.json.decode(done.out)
    call = {"surface": "messages.create", "scenario": "mid-overloaded_error"}
    (entry_of_call,) = [entry for entry in document["observations"] if call.items() <= entry.items()]
    assert (0, "") == (done.code, done.err)
    assert {"anthropic": "9.0.0"} == document["environment"]["distributions"]
    assert 200 == entry_of_call["observation"]["exception"]["attributes"]["status_code"]


def test_probe_names_each_call_of_a_modified_release(
    matrix: Matrix, measured: Store, index: Index, tmp_path: Path
) -> None:
    """Check a release that was changed by hand."""
    matrix.data = measured.folder
    program = drive.install(index, "raises_200", tmp_path / "mine")
    entry = next((tmp_path / "mine").rglob("anthropic/__init__.py"))
    source = entry.read_text(encoding="utf-8")
    entry.unlink()  # the file is a hard link
    entry.write_text(source + "\nClient.error_in_stream = lambda self, body, response: None\n", encoding="utf-8")
    done = matrix("probe", "--python", program, *OVERLOADED)
    text = " ".join(done.out.split())
    assert (0, "") == (done.code, done.err)
    assert re.search(r"1 of \d observations differ from the committed 9\.0\.0 today", text)
    assert "mid-overloaded_error on messages.create" in text


def test_probe_without_the_sdk_says_how_to_install_it(matrix: Matrix, tmp_path: Path) -> None:
    """Check an environment that lacks it."""
    folder = tmp_path / "empty"
    subprocess.run([find_uv_bin(), "venv", "-q", "--no-project", "--python", sys.executable, folder], check=True)
    program = folder / "bin" / "python"
    done = matrix("probe", "--python", program)
    message = f"{program} can't import anthropic: builtins.ModuleNotFoundError: No module named 'anthropic'"
    assert (errors.UsageError.exit_code, message) == failed(done)
    assert f"uv pip install --python {program} anthropic" in done.err


def test_probe_of_a_file_that_cannot_be_run_is_a_failure_of_a_tool(matrix: Matrix, tmp_path: Path) -> None:
    """Check the exit code."""
    (tmp_path / "python").touch()
    code, message = failed(matrix("probe", "--python", tmp_path / "python"))
    assert errors.ToolFailure.exit_code == code
    assert message.startswith(f"{tmp_path / 'python'} can't be started")


# Measure again, and compare with the committed data.


def count_control_calls() -> int:
    """Return the number of calls that the control is asked to make."""
    return len(controls.control_calls(ANTHROPIC))


def test_reproduce_reports_agreement(matrix: Matrix, measured: Store) -> None:
    """Check that nothing changes."""
    matrix.data = measured.folder
    before = snapshot(measured.folder)
    done = matrix("reproduce", version("raises_documented"), *TODAY)
    assert (0, "") == (done.code, done.err)
    cells = f"2 cells, {len(ANTHROPIC.suite.calls(PART)) + count_control_calls()} observations"
    expected = f"This machine agrees with the committed data: {cells}, byte for byte."
    assert expected in " ".join(done.out.split())
    assert before == snapshot(measured.folder)


def test_reproduce_names_each_call_that_differs(matrix: Matrix, known: Store) -> None:
    """Check its exit code."""
    matrix.data = known.folder
    stored = known.result(cell("raises_200"))
    assert stored is not None
    call = Call("messages.create", "mid-overloaded_error")
    changed = {**stored.behaviour, call: Observation(outcome=Outcome.COMPLETED, requests=1)}
    known.put(cell("raises_200"), msgspec.structs.replace(stored, behaviour=changed))
    done = matrix("reproduce", version("raises_200"), *TODAY)
    message = "This machine does not agree with the committed data on 1 cell of 2."
    assert (errors.Disagreement.exit_code, message) == failed(done)
    assert f"9.0.0 today Python {PYTHON} differs: mid-overloaded_error on messages.create." in done.out


def test_reproduce_of_a_release_that_was_not_measured_is_refused(matrix: Matrix, catalogue: Catalogue) -> None:
    """Check the message."""
    catalogue("raises_200")
    message = f"No result is committed for 9.0.0 as-released Python {PYTHON}."
    assert (errors.UsageError.exit_code, message) == failed(matrix("reproduce"))


# Other commands.


def test_provenance_names_date_interpreter_system_and_uv(measured: Store) -> None:
    """Check that it names neither the machine nor its user."""
    stored = measured.result(cell("raises_200"))
    assert stored is not None
    title = f"CPython {'.'.join(map(str, sys.version_info[:3]))}"
    assert title == stored.provenance.interpreter
    assert dt.timedelta(days=1) >= dt.datetime.now(dt.UTC).date() - stored.provenance.measured
    everything = b"".join(snapshot(measured.folder).values()).decode()
    assert [] == [name for name in (str(measured.folder.parent), sys.base_prefix, "127.0.0.1") if name in everything]


def test_refresh_on_an_index_that_fails_changes_nothing(matrix: Matrix, catalogue: Catalogue) -> None:
    """Check the catalogue."""
    catalogue("raises_200")
    before = snapshot(matrix.data)
    code, message = failed(matrix("refresh", "--index", NOWHERE))
    assert errors.IndexFailure.exit_code == code
    assert message.endswith("Nothing was overwritten.")
    assert before == snapshot(matrix.data)


def test_backend_prints_its_address_and_stops(matrix: Matrix) -> None:
    """Check that it stops by itself, or when it is interrupted."""
    done = matrix("backend", "--lifetime", "0.2")
    assert (0, "") == (done.code, done.err)
    assert re.search(r"^Listening on http://127\.0\.0\.1:\d+, \d+ scenarios\.$", done.out, flags=re.MULTILINE)
    assert done.out.endswith("\nStopped after 0 requests.\n")


ASKED = ("/mid-then-ok/v1/messages", "/mid-then-ok/v1/messages", "/job/mid-then-ok/v1/messages", "/reset/v1/messages")


@pytest.mark.parametrize(
    ("arguments", "asked", "lines"),
    [
        pytest.param(
            (),
            (*ASKED, "/mid-overload_error/v1/messages", "/v1/messages", "/clean/v1/models", "/"),
            [
                "1 mid-then-ok 1 messages kept alive",
                "2 mid-then-ok 2 messages kept alive",
                "3 mid-then-ok 1 messages kept alive /job/mid-then-ok",
                "4 reset 1 messages reset (RST)",
                "5 mid-overload_error 1 messages 404: no such scenario. Did you mean mid-overloaded_error, …",
                "6 - messages 404: the base URL names no scenario",
                "7 /clean/v1/models 404: no such endpoint",
                "8 / a page for a browser",
                "Stopped after 8 requests.",
            ],
            id="the base URL names the scenario",
        ),
        pytest.param(
            ("--scenario", "no-last-chunk"),
            ("/v1/messages", "/v1/messages", "/reset/v1/complete"),
            [
                "1 no-last-chunk 1 messages closed (FIN)",
                "2 no-last-chunk 2 messages closed (FIN)",
                "3 no-last-chunk 1 legacy closed (FIN) /reset",
                "Stopped after 3 requests.",
            ],
            id="one scenario for all requests",
        ),
    ],
)
def test_backend_prints_a_line_for_each_request(
    matrix: Matrix, arguments: tuple[str, ...], asked: tuple[str, ...], lines: list[str]
) -> None:
    """Check a pipe: each line comes at once and whole, without colours, until SIGTERM."""
    with processes.ending(matrix.start("backend", *arguments)) as backend:
        assert backend.stdout is not None
        address = backend.stdout.readline().removeprefix("Listening on ").partition(",")[0]
        printed = [backend.stdout.readline() for _ in range(5)]
        for path in asked:
            with suppress(httpx.TransportError):
                httpx.request("GET" if path == "/" else "POST", address + path, trust_env=False)
            printed.append(backend.stdout.readline())
        backend.terminate()
        done = end(backend)
    printed_lines = [" ".join(line.split()) for line in (*printed[5:], *done.out.splitlines())]
    assert (0, "") == (done.code, done.err)
    assert lines == [re.sub(r"(?<=overloaded_error), .*", ", …", line) for line in printed_lines]


def test_backend_stops_once_its_output_is_closed(matrix: Matrix) -> None:
    """Check `matrix backend | head`, after which it would serve unseen for an hour."""
    with processes.ending(matrix.start("backend")) as backend:
        assert backend.stdout is not None
        assert backend.stderr is not None
        address = backend.stdout.readline().removeprefix("Listening on ").partition(",")[0]
        backend.stdout.close()
        with suppress(httpx.TransportError):
            httpx.post(f"{address}/clean/v1/messages", trust_env=False)
        assert (0, "") == (backend.wait(drive.PATIENCE), backend.stderr.read())


@pytest.fixture
def ignored_interrupts() -> Iterator[None]:
    """Ignore SIGINT, as a process that a shell started with `nohup ... &` does."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ignored_interrupts")
def test_a_command_obeys_an_interrupt_that_its_test_ignores(matrix: Matrix) -> None:
    """Check that tests of interrupts do not depend on how they were started."""
    with processes.ending(matrix.start("backend")) as backend:
        assert backend.stdout is not None
        backend.stdout.readline()
        backend.send_signal(signal.SIGINT)
        assert 0 == end(backend).code


@pytest.mark.usefixtures("ignored_interrupts", "own_cache")
def test_a_command_that_nohup_started_ignores_an_interrupt_and_obeys_a_termination() -> None:
    """Check a program in the background of a shell."""
    command = [sys.executable, "-m", "matrix", "backend"]
    with processes.ending(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as backend:
        assert backend.stdout is not None
        address = backend.stdout.readline().removeprefix("Listening on ").partition(",")[0]
        backend.send_signal(signal.SIGINT)
        assert 200 == httpx.get(address, trust_env=False).status_code
        backend.terminate()
        assert 0 == backend.wait(drive.PATIENCE)


def test_backend_suggests_scenarios_near_an_unknown_name(matrix: Matrix) -> None:
    """Check that the scenario that must not be played is refused, too."""
    done = matrix("backend", "--scenario", "mid-overloaded")
    message = "The backend has no scenario 'mid-overloaded'."
    assert (errors.UsageError.exit_code, message) == failed(done)
    assert "Hint: Did you mean mid-overloaded_error" in done.err
    assert errors.UsageError.exit_code == matrix("backend", "--scenario", "unknown").code


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_exits_with_0(own_cache: Path, arguments: tuple[str, ...]) -> None:
    """Check the program and its commands."""
    done = subprocess.run([sys.executable, "-m", "matrix", *arguments], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert "" != done.stdout


def test_an_unknown_command_is_refused(matrix: Matrix) -> None:
    """Check the exit code."""
    assert errors.UsageError.exit_code == matrix("invent").code
