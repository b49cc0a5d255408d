"""Two pieces of work at once: their results, their errors, and what ends them."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from matrix.errors import StoreCorrupt, ToolFailure
from matrix.system.halves import do_both
from tests.support.processes import ending, start

FORKS = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
needs_fork = pytest.mark.skipif(not FORKS, reason="needs Linux and two cores")


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fork beside the threads of pytest's plugins, which hold no lock that the fork needs."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


@needs_fork
@pytest.mark.usefixtures("one_thread")
def test_the_second_is_done_in_another_process() -> None:
    """One process does one piece of work each."""
    first, second = do_both(os.getpid, os.getpid)
    assert os.getpid() == first != second


@pytest.mark.parametrize("reason", ["threads", "core", "system"])
def test_where_a_fork_is_not_safe_or_useless_one_process_does_both(
    reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results are the same."""
    monkeypatch.setattr(threading, "active_count", lambda: 2 if reason == "threads" else 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0} if reason == "core" else {0, 1}, raising=False)
    monkeypatch.setattr(sys, "platform", "darwin" if reason == "system" else "linux")
    assert do_both(os.getpid, os.getpid) == (os.getpid(), os.getpid())


@needs_fork
@pytest.mark.usefixtures("one_thread")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
class TestInAFork:
    """What a fork sends back, and how it ends."""

    def test_a_large_result_arrives(self) -> None:
        """It has more bytes than a pipe holds."""
        assert (b"", bytes(10_000_000)) == do_both(bytes, lambda: bytes(10_000_000))

    def test_a_failure_of_the_second_is_raised_as_it_is(self) -> None:
        """The command line prints its message and its hint."""

        def fail() -> None:
            raise StoreCorrupt("It is altered.", "Restore it.")

        with pytest.raises(StoreCorrupt, match=r"It is altered\.") as caught:
            do_both(lambda: None, fail)
        assert caught.value.hint == "Restore it."

    def test_a_bug_in_the_second_has_its_traceback(self) -> None:
        """A report of the bug names its place."""
        with pytest.raises(ZeroDivisionError) as caught:
            do_both(lambda: 1.0, lambda: 1 / 0)
        assert "test_halves.py" in caught.value.__notes__[0]

    def test_a_failure_of_the_first_ends_the_second(self, tmp_path: Path) -> None:
        """No process is left."""

        def wait() -> None:
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(60)

        def fail() -> None:
            while not (tmp_path / "pid").is_file() or not (tmp_path / "pid").read_text():
                time.sleep(0.01)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            do_both(fail, wait)
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)

    def test_a_process_that_the_system_ends_is_reported(self) -> None:
        """A system without memory ends a process so."""
        with pytest.raises(ToolFailure, match="ended with code -9"):
            do_both(lambda: None, lambda: os.kill(os.getpid(), signal.SIGKILL))


@needs_fork
def test_an_interruption_of_both_is_one_interruption(tmp_path: Path) -> None:
    """The fork prints nothing about it."""
    program = tmp_path / "program.py"
    program.write_text(
        "import time\nfrom matrix.system.halves import do_both\n"
        "def wait():\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "try:\n    do_both(wait, wait)\nexcept KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with ending(start([sys.executable, program], env=environment, start_new_session=True)) as running:
        assert running.stdout is not None
        assert ["ready\n", "ready\n"] == [running.stdout.readline() for _ in range(2)]
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        said, problems = running.communicate(timeout=30)
    assert ("interrupted\n", "", 0) == (said, problems, running.returncode)
