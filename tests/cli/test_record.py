"""`matrix record`, and `matrix backend --scenarios` with what it wrote."""

import signal
import sys
import time
from pathlib import Path

import pytest

from matrix.backend.scenario_files.reading import read
from matrix.catalogue.steps import Close, Finish, Hold, Reset
from tests.cli.conftest import Run
from tests.support import processes
from tests.support.raw_client import PATIENCE, listening

ASK = """\
import http.client, os, sys, time, urllib.parse
address = urllib.parse.urlsplit(sys.argv[1] if "://" in sys.argv[1] else os.environ[sys.argv[1]])
for id_ in sys.argv[2:]:
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    headers = {"x-api-key": "sk-canary-0123456789", "anthropic-version": "2023-06-01"}
    try:
        connection.request("POST", f"/{id_}/v1/messages", b'{"prompt": "canary"}', headers)
        connection.getresponse().read()
    except OSError:
        pass
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Write a program that asks for scenarios at the address in a variable, or at an address."""
    path = tmp_path / "ask.py"
    path.write_text(ASK)
    return path


def test_a_program_is_recorded(run: Run, program: Path) -> None:
    """Check the file, what is printed, and that neither has a key or a prompt."""
    with listening() as server:
        arguments = ("--to", "mine.yaml", "--upstream", server.backend.url(""))
        ids = ("mid-overloaded_error", "reset", "no-last-chunk")
        asked = (sys.executable, str(program), "ANTHROPIC_BASE_URL", *ids)
        code, out, err = run("record", *arguments, "--", *asked)
    assert (0, "") == (code, out)
    assert "Recorded 3 requests as 3 scenarios in mine.yaml." in err
    assert "To replay: `matrix backend --scenarios mine.yaml --scenario mine-1`." in err
    assert [Finish(), Reset(), Close()] == [scenario.steps[-1] for scenario in read(Path("mine.yaml")).values()]
    assert "canary" not in err + Path("mine.yaml").read_text()


def test_texts_are_kept_if_that_is_asked_for(run: Run, program: Path) -> None:
    """Check the warning too."""
    with listening() as server:
        arguments = ("--keep-text", "--to", "mine.json", "--upstream", server.backend.url(""))
        code, _, err = run("record", *arguments, "--", sys.executable, str(program), "{url}", "clean")
    assert (0, True) == (code, "look at it before you share it" in err)
    assert "Hello" in Path("mine.json").read_text()


def test_what_was_recorded_is_served(run: Run, program: Path) -> None:
    """Check the command that is printed; the lifetime ends it."""
    with listening() as server:
        asked = (sys.executable, str(program), "{url}", "clean")
        run("record", "--to", "mine.yaml", "--upstream", server.backend.url(""), "--", *asked)
    code, out, _ = run("backend", "--scenarios", "mine.yaml", "--scenario", "mine-1", "--lifetime", "0.1")
    assert (0, True) == (code, ", mine-1." in out)
    code, _, err = run("backend", "--scenarios", "mine.yaml", "--scenario", "mine")
    assert (2, True) == (code, "Did you mean mine-1" in err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "a.txt", "--upstream", "http://a"), "a.txt: its name must end with .yaml, .yml or .json."),
        (("--to", "ask.py.yaml", "--upstream", "http://a"), "ask.py.yaml exists already."),
        (("--to", "a.yaml", "--upstream", "a"), "'a' is no address of an API."),
        (("--to", "a.yaml"), "Missing option '--upstream'"),
        (("--to", "a.yaml", "--upstream", "http://a", "--", "./no-such-program"), "./no-such-program can't be started"),
    ],
)
def test_a_mistake_in_the_command_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    """Nothing is written or overwritten."""
    Path("ask.py.yaml").write_text("mine")
    code, _, err = run("record", *arguments)
    assert (2, True) == (code, message in err)
    assert "mine" == Path("ask.py.yaml").read_text()
    assert ["ask.py.yaml"] == [
        path.name for path in Path().iterdir() if path.suffix in (".yaml", ".yml", ".json", ".txt")
    ]


def test_a_program_that_sends_no_request_records_nothing(run: Run) -> None:
    """Check that the message names the variables that the program may not read."""
    code, _, err = run("record", "--to", "a.yaml", "--upstream", "http://127.0.0.1:1", "--", sys.executable, "-c", "")
    assert (4, False) == (code, Path("a.yaml").exists())
    assert "Does the program read ANTHROPIC_BASE_URL" in err


def test_a_program_of_another_api_is_told_so(run: Run, program: Path) -> None:
    """Check that its variable is left alone, since its key is not meant for this API."""
    with listening() as server:
        arguments = ("--target", "openai", "record", "--to", "a.yaml", "--upstream", server.backend.url(""))
        code, _, err = run(*arguments, "--", sys.executable, str(program), "OPENAI_BASE_URL", "clean")
        assert (4, True) == (code, "1 request asked for no stream of the OpenAI API" in err)
        code, _, err = run(*arguments, "--", sys.executable, str(program), "ANTHROPIC_BASE_URL", "clean")
    assert (4, True) == (code, "No request arrived." in err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_writes_what_was_recorded_and_ends_the_program(
    tmp_path: Path, program: Path, number: signal.Signals
) -> None:
    """Check a program that waits for a silent API."""
    path = tmp_path / "mine.yaml"
    with listening() as server:
        arguments = ("record", "--to", path, "--upstream", server.backend.url(""))
        asked = (sys.executable, program, "{url}", "clean", "stall")
        with processes.ending(processes.start([sys.executable, "-m", "matrix", *arguments, "--", *asked])) as recording:
            assert recording.stderr is not None
            printed = [recording.stderr.readline() for _ in range(2)]
            assert "messages: HTTP 200, 7 chunks" in printed[1]
            time.sleep(0.5)  # the program has asked for the second scenario
            children = _children(recording.pid)
            recording.send_signal(number)
            assert 130 == recording.wait(PATIENCE)
            assert "Recorded 2 requests as 2 scenarios" in recording.stderr.read()
    assert [Finish(), Hold()] == [scenario.steps[-1] for scenario in read(path).values()]
    assert 1 == len(children)
    assert [] == [child for child in children if Path(f"/proc/{child}").exists()]


def test_a_recording_without_a_program_ends_with_an_interrupt(tmp_path: Path) -> None:
    """Check a service that runs already, or one in another language."""
    path = tmp_path / "mine.yaml"
    with listening() as server:
        arguments = ("record", "--to", path, "--upstream", server.backend.url(""))
        with processes.ending(processes.start([sys.executable, "-m", "matrix", *arguments])) as recording:
            assert recording.stderr is not None
            address = recording.stderr.readline().rpartition(" at ")[2].strip().removesuffix(".")
            with processes.ending(processes.start([sys.executable, "-c", ASK, address, "clean"])) as asking:
                assert 0 == asking.wait(PATIENCE)
            recording.send_signal(signal.SIGINT)
            assert 0 == recording.wait(PATIENCE)
    assert ["mine-1"] == [*read(path)]


def _children(pid: int) -> list[int]:
    """List the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
