"""Runs of small real programs: what is recorded, and that hostile ones end and leave nothing."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from matrix.audit import running
from matrix.audit.asking import ServiceRequest
from matrix.audit.capture import MOST_CAPTURED
from matrix.audit.record import ProgramEnd, ProgramOutcome, RunRecord, view_of
from matrix.audit.running import MOST_REQUESTS, Command, run
from matrix.backend.journal import RequestEnd
from matrix.targets import ANTHROPIC
from tests.support.paths import ROOT
from tests.support.processes import ending, start

if TYPE_CHECKING:
    import subprocess

HERE = Path(__file__).parent
PROGRAM, SERVICE = HERE / "small_program.py", HERE / "small_service.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no subreaper")


def run_program(name: str, scenario: str, *arguments: str, deadline: float = 2.0, **variables: str) -> RunRecord:
    """Run a small program against one failure."""
    command = Command(
        arguments=[sys.executable, "-S", str(PROGRAM), name, *arguments],
        environment=os.environ | variables,
        deadline=deadline,
    )
    return asyncio.run(run(command, ANTHROPIC, ANTHROPIC.suite.playable[scenario]))


def run_service(name: str, scenario: str, *, deadline: float = 8.0) -> RunRecord:
    """Run a small service against one failure, and send it a request."""
    command = Command(
        arguments=[sys.executable, str(SERVICE), name, "{port}"],
        environment=os.environ,
        request=ServiceRequest("http://127.0.0.1:{port}/chat", b'{"question": "Hi"}'),
        deadline=deadline,
    )
    return asyncio.run(run(command, ANTHROPIC, ANTHROPIC.suite.playable[scenario]))


def lives(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def written(path: Path, number: int) -> list[int]:
    """Wait for so many process ids in a file, and return them."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            pids = path.read_text(encoding="utf-8").split()
            if len(pids) >= number:
                return [int(pid) for pid in pids]
        time.sleep(0.01)
    raise AssertionError(path)


# What is recorded.


def test_a_first_request_at_the_end_of_the_start_begins_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a program may need all of its time to start; what it does then is not judged by that time."""

    async def look(limit: running._TimeLimit) -> bool:
        """Say that the time is over, once the first request has come while we looked."""
        before = bool(limit._journal.exchanges)
        while not limit._journal.exchanges:  # noqa: ASYNC110 - a journal has no event for it
            await asyncio.sleep(0.01)
        return not before

    monkeypatch.setattr(running._TimeLimit, "is_over", look)
    assert ProgramEnd.EXITED is run_program("naive", "mid-overloaded_error").end


def test_a_program_that_ends_is_recorded_with_its_requests() -> None:
    """Check the exit code, the output, the answer, and that neither key nor body is kept."""
    record = run_program("naive", "clean", ANTHROPIC_API_KEY="a-real-key")
    assert (ProgramEnd.EXITED, 0, "Hello world") == (record.end, record.code, record.out.text)
    (request,) = record.attempts
    assert ("POST", "/v1/messages", 200, True, False) == (
        request.method, request.path, request.status, request.asks_for_stream, request.failed
    )  # fmt: skip
    assert RequestEnd.KEEP_ALIVE is request.end
    assert 0 < request.at <= (request.last_sent or 0) <= record.seconds
    assert "a-real-key" not in repr(record)


def test_a_retry_is_recorded_with_its_time_and_an_equal_body() -> None:
    """Check the wait that the server asks for."""
    record = run_program("careful", "http-529-retry-after", deadline=8)
    first, second = record.attempts
    assert (529, True, 200, False) == (first.status, first.failed, second.status, second.failed)
    assert first.body == second.body
    assert second.at - (first.over or 0) > 0.95
    assert ProgramOutcome.SUCCEEDED is view_of(record).outcome


def test_a_stall_that_a_program_gives_up_is_recorded_as_closed() -> None:
    """Check that the time of the close is known."""
    record = run_program("careful", "stall", deadline=20)
    (request,) = record.attempts
    assert RequestEnd.HOLD is request.end
    assert request.closed is not None
    assert 1.9 < request.closed - request.at
    assert ProgramOutcome.FAILED is view_of(record).outcome


def test_pings_last_until_the_deadline() -> None:
    """The catalogue's own end after less than a second."""
    record = run_program("naive", "pings-only")
    (request,) = record.attempts
    assert (ProgramEnd.STOPPED, None, None) == (record.end, request.end, request.closed)
    assert request.last_sent is not None
    assert request.last_sent - request.at > 1.5


def test_a_program_without_a_request_is_stopped_after_its_time_to_start() -> None:
    """It may wait for something that never comes."""
    command = Command(
        arguments=[sys.executable, "-c", "input(); import time; time.sleep(1000)"], environment={}, startup=0.5
    )
    record = asyncio.run(run(command, ANTHROPIC, ANTHROPIC.suite.playable["clean"]))
    assert (ProgramEnd.EXITED, 1, ()) == (record.end, record.code, record.attempts), "standard input is empty"
    command = Command(arguments=[sys.executable, "-c", "import time; time.sleep(1000)"], environment={}, startup=0.5)
    record = asyncio.run(run(command, ANTHROPIC, ANTHROPIC.suite.playable["clean"]))
    assert (ProgramEnd.STOPPED, ()) == (record.end, record.attempts)


def test_a_program_that_is_given_the_address_needs_no_variable() -> None:
    """`{url}` in an argument is the address."""
    record = run_program("given", "clean", "{url}")
    assert (0, "Hello world") == (record.code, record.out.text)


def test_a_program_that_does_not_exist_ends_like_in_a_shell() -> None:
    """Its error is in the output."""
    command = Command(arguments=["/no/such/program"], environment={})
    record = asyncio.run(run(command, ANTHROPIC, ANTHROPIC.suite.playable["clean"]))
    assert (127, "/no/such/program: No such file or directory\n") == (record.code, record.err.text)


# Services.


@pytest.mark.parametrize(
    ("name", "scenario", "status", "outcome"),
    [
        ("right", "clean", 200, ProgramOutcome.SUCCEEDED),
        ("right", "mid-overloaded_error", 502, ProgramOutcome.FAILED),
        ("passes_status_on", "mid-overloaded_error", 200, ProgramOutcome.SUCCEEDED),
    ],
)
def test_the_answer_of_a_service_is_recorded(name: str, scenario: str, status: int, outcome: ProgramOutcome) -> None:
    """Check the status and the view."""
    record = run_service(name, scenario)
    assert record.answer is not None
    assert (status, True, "application/json") == (
        record.answer.status, record.answer.is_whole, record.answer.content_type
    )  # fmt: skip
    assert outcome is view_of(record).outcome


def test_a_service_that_never_listens_is_recorded_as_not_ready() -> None:
    """It ends, and nothing can be sent."""
    command = Command(
        arguments=[sys.executable, "-c", "raise SystemExit(3)"],
        environment=os.environ,
        request=ServiceRequest("http://127.0.0.1:{port}/"),
    )
    record = asyncio.run(run(command, ANTHROPIC, ANTHROPIC.suite.playable["clean"]))
    assert (ProgramEnd.NOT_READY, 3) == (record.end, record.code)


# Hostile programs.


@pytest.mark.parametrize(
    ("name", "end"),
    [
        pytest.param("sleeps", ProgramEnd.STOPPED, id="never ends, and ignores SIGTERM"),
        pytest.param("spins", ProgramEnd.STOPPED, id="keeps a processor busy"),
        pytest.param("killed", ProgramEnd.SIGNALLED, id="kills itself"),
        pytest.param("hangs_up", ProgramEnd.EXITED, id="closes the socket in the middle"),
        pytest.param("storm", ProgramEnd.FLOODED, id="asks without end"),
    ],
)
def test_a_hostile_program_ends_with_a_record(name: str, end: ProgramEnd) -> None:
    """Check how it ended."""
    record = run_program(name, "mid-overloaded_error", deadline=60 if name == "storm" else 1)
    assert end is record.end
    assert record.attempts
    if name == "storm":
        assert MOST_REQUESTS < record.requests < 2 * MOST_REQUESTS


def test_a_program_that_prints_a_gigabyte_keeps_its_beginning_and_its_end() -> None:
    """The memory of the audit stays small."""
    record = run_program("prints", "mid-overloaded_error", deadline=60)
    assert (1, 1_000_000_008) == (record.code, record.out.size)
    assert record.out.text.startswith("xxx")
    assert record.out.text.endswith("x\nthe end\n")
    assert 2 * MOST_CAPTURED + 100 > len(record.out.text)


def test_processes_that_left_their_group_and_session_are_ended(tmp_path: Path) -> None:
    """The program ends by itself, and its daemons do not."""
    pids = tmp_path / "pids"
    pids.touch()
    record = run_program("forks", "clean", deadline=30, PIDS=str(pids))
    assert (0, "Hello world\n") == (record.code, record.out.text)
    assert [] == [pid for pid in written(pids, 3) if lives(pid)]


@pytest.fixture
def auditing(tmp_path: Path) -> Iterator[Callable[[int], tuple["subprocess.Popen[str]", list[int]]]]:
    """Return a function that starts an audit of programs that wait for a child, until so many processes run."""
    with contextlib.ExitStack() as stack:

        def begin(number: int) -> tuple["subprocess.Popen[str]", list[int]]:
            pids = tmp_path / "pids"
            command = [sys.executable, "-m", "matrix", "audit", "--scenario", "stall", "--scenario", "pings-only"]
            program = ["--deadline", "60", "--", sys.executable, "-S", str(PROGRAM), "starts_children"]
            started = start(
                [*command, *program], cwd=ROOT, env=os.environ | {"PIDS": str(pids)}, start_new_session=True
            )
            stack.enter_context(ending(started))
            return started, written(pids, number)

        yield begin


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 130, id="kill"),
        pytest.param(signal.SIGKILL, -9, id="kill -9"),
    ],
)
def test_an_audit_that_is_ended_leaves_no_process_and_no_port(
    auditing: Callable[[int], tuple["subprocess.Popen[str]", list[int]]], number: int, code: int
) -> None:
    """Check the programs of the clean run and of two failures, and the child of each."""
    started, pids = auditing(6)
    ports = listening_ports(started.pid)
    started.send_signal(number)
    assert code == started.wait(60)
    until = time.monotonic() + 30
    while any(map(lives, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    assert [] == [pid for pid in pids if lives(pid)]
    assert 2 == len(ports)
    for port in ports:
        with socket.socket() as client:
            assert 0 != client.connect_ex(("127.0.0.1", port))


def listening_ports(pid: int) -> list[int]:
    """List the ports on which a process listens."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]]
    return [int(row[1].partition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes]
