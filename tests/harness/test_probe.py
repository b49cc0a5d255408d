"""The probe, on miniature releases: what it reports of a call, what it caches between cells, and how it exits."""

import hashlib
import json
import marshal
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from matrix.catalogue.dialect import REQUEST_ID
from matrix.catalogue.suite import SuitePart
from matrix.harness.player import ProbeRun, Settings
from matrix.harness.program import copy_program
from matrix.observation import Call, FinalMessage, Observation, Outcome, Raised, RemedyResult
from matrix.targets import ANTHROPIC
from tests.harness.conftest import Act
from tests.miniature import drive
from tests.miniature.drive import PYTHON
from tests.miniature.index import Index
from tests.miniature.releases import RELEASES
from tests.support import processes

Play = Callable[..., ProbeRun]

BOTH = pytest.mark.parametrize("surface", ["messages.create", "messages.create-async"])
ON_LINUX = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")


@pytest.fixture
def observe(play: Play) -> Callable[..., Observation]:
    """Return a function that plays one call of a miniature."""

    def play_one(behaviour: str, scenario: str, surface: str = "messages.create") -> Observation:
        call = Call(surface, scenario)
        observation: Observation = play(behaviour, [call]).behaviour[call]
        return observation

    return play_one


Observe = Callable[..., Observation]


def exception(observation: Observation) -> Raised:
    """Return the exception that a call raised."""
    assert observation.exception is not None
    return observation.exception


# Exceptions.


@pytest.mark.parametrize(
    ("scenario", "pickles", "copies"),
    [
        pytest.param("mid-overloaded_error", "same", "same", id="can be copied"),
        pytest.param("mid-rate_limit_error", "TypeError", "same", id="holds a value that can't be pickled"),
        pytest.param("mid-billing_error", "changed", "changed", id="loses its text"),
        pytest.param("mid-api_error", "same", "same", id="has no text"),
    ],
)
def test_an_exception_is_copied_and_pickled(observe: Observe, scenario: str, pickles: str, copies: str) -> None:
    """Check that the copy is the same, another, or raises, as in a process pool."""
    raised = exception(observe("strange_exceptions", scenario))
    assert (pickles, copies) == (raised.pickles, raised.copies)


def test_attributes_that_raise_are_reported(observe: Observe) -> None:
    """Check that an attribute that raises is named by its exception, and a missing one left out."""
    raised = exception(observe("strange_exceptions", "mid-api_error"))
    assert {"status_code": {"$raises": "builtins.RuntimeError"}} == raised.attributes
    assert "str() raised builtins.ValueError" == raised.text


@pytest.mark.parametrize(
    ("scenario", "text"),
    [
        pytest.param("mid-conflict_error", "Cancelled by cancel scope 0x", id="AnyIO 4.0"),
        pytest.param("mid-timeout_error", "Cancelled via cancel scope 0x; reason: deadline exceeded", id="AnyIO 4.11"),
    ],
)
def test_addresses_of_cancel_scopes_are_removed(observe: Observe, scenario: str, text: str) -> None:
    """Check AnyIO's addresses, which lack the 0x that Python writes."""
    assert text == exception(observe("strange_exceptions", scenario)).text


def shortened(text: str) -> str:
    """Return the short form of a long text: its beginning, its length, its hash."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[:200]}... ({len(text)} characters, sha256 {digest})"


def test_long_texts_are_shortened(observe: Observe) -> None:
    """Check that up to 4,000 characters are reported whole, and that longer texts are cut everywhere."""
    raised = exception(observe("strange_exceptions", "mid-not_found_error"))
    assert ("x" * 4000, {"longer": [shortened("y" * 4001)]}) == (raised.text, raised.body)
    assert shortened("x" * 200_000) == exception(observe("strange_text", "mid-overloaded_error")).text


@BOTH
def test_a_client_that_times_out_does_so_before_the_deadline(observe: Observe, surface: str) -> None:
    """Check the scenario in which a client should give up."""
    observation = observe("raises_200", "stall", surface)
    assert (Outcome.RAISED, "APITimeoutError") == (observation.outcome, exception(observation).short_name)


# Connections and final messages.


@BOTH
@pytest.mark.parametrize(
    ("scenario", "connection"),
    [
        pytest.param("clean", "idle", id="returned to the pool"),
        pytest.param("mid-overloaded_error", "open", id="one of two is in use"),
        pytest.param("reset", "closed", id="none is left"),
        pytest.param("bom", "closed", id="all that are left are closed"),
        pytest.param("cr", "closed", id="none could be made"),
        pytest.param("comment", "", id="none was made, since there was no request"),
        pytest.param("first-api_error", "open", id="in use, over aiohttp"),
        pytest.param("eof-mid", "released", id="not in use, over aiohttp"),
    ],
)
def test_the_state_of_the_connection_is_reported(
    observe: Observe, surface: str, scenario: str, connection: str
) -> None:
    """Check it while the caller holds the exception, or the end of the stream."""
    assert connection == observe("keeps_connections", scenario, surface).connection


def test_a_connection_over_aiohttp_that_is_returned_late_counts_as_released(observe: Observe) -> None:
    """Check that the report does not depend on timing."""
    assert "released" == observe("keeps_connections", "crlf", "messages.create-async").connection


def test_a_client_without_a_pool_has_no_state_of_connection(observe: Observe) -> None:
    """Check a client whose connections the probe can't inspect."""
    assert "" == observe("raises_200", "clean").connection


@pytest.mark.parametrize("surface", ["messages.stream", "messages.stream-async"])
@pytest.mark.parametrize(
    ("behaviour", "scenario", "final"),
    [
        pytest.param("has_a_helper", "clean", FinalMessage(text="Hello world", stop_reason="end_turn"), id="whole"),
        pytest.param("has_a_helper", "mid-overloaded_error", FinalMessage(text="Hello"), id="cut short"),
        pytest.param("has_a_helper", "first-api_error", FinalMessage(raised="AssertionError"), id="no event arrived"),
        pytest.param("raises_documented", "clean", FinalMessage(raised="AttributeError"), id="no such method"),
    ],
)
def test_the_final_message_of_the_helper_is_reported(
    observe: Observe, surface: str, behaviour: str, scenario: str, final: FinalMessage
) -> None:
    """Check it after each way for a stream to end."""
    assert final == observe(behaviour, scenario, surface).final


@BOTH
def test_a_call_without_a_helper_has_no_final_message(observe: Observe, surface: str) -> None:
    """Check that this differs from a helper that raises."""
    assert observe("has_a_helper", "clean", surface).final is None


# What a release lacks.


def test_a_release_that_lacks_a_call_is_asked_once(play: Play, own_cache: Path) -> None:
    """Check that the probe asks once for each surface, not once for each scenario."""
    surfaces = ("messages.create", "messages.stream-async", "messages.create-async")
    calls = ANTHROPIC.suite.calls(SuitePart(("clean", "mid-overloaded_error", "reset"), surfaces))
    assert {Outcome.UNSUPPORTED} == {
        observation.outcome for observation in play("lacks_messages", calls, openly=True).behaviour.values()
    }
    asked = (own_cache / "home" / "asked").read_text(encoding="utf-8").split()
    assert ["Anthropic", "AsyncAnthropic", "AsyncAnthropic"] == sorted(asked)


@pytest.mark.parametrize("surface", ["messages.stream.until_done", "messages.stream.until_done-async"])
def test_a_stream_that_lacks_a_method_is_unsupported_on_that_surface_alone(
    play: Play, own_cache: Path, surface: str
) -> None:
    """Check that it is asked each time, for its streams may differ."""
    other = "messages.stream.text_stream"
    calls = [Call(surface, "clean"), Call(other, "clean"), Call(surface, "eof-mid")]
    behaviour = play("has_a_helper", calls, openly=True).behaviour
    expected = [Outcome.UNSUPPORTED, Outcome.COMPLETED, Outcome.UNSUPPORTED]
    assert expected == [observation.outcome for observation in behaviour.values()]
    assert ["clean", "clean", "eof-mid"] == (own_cache / "home" / "asked").read_text(encoding="utf-8").split()


def test_client_that_cannot_be_made_is_tried_each_time(play: Play) -> None:
    """Check that a client that raised is made again, because its failure may depend on its arguments."""
    calls = [Call("messages.create", scenario) for scenario in ("clean", "reset")]
    behaviour = play("cannot_construct", calls).behaviour
    assert [Outcome.CANNOT_CONSTRUCT] * 2 == [behaviour[call].outcome for call in calls]


# Handlers and the remedy.

OVERLOADED = RemedyResult(
    outcome="failed", status=529, error_type="overloaded_error", retryable=True, request_id=REQUEST_ID, text="some"
)


@BOTH
@pytest.mark.parametrize(
    ("behaviour", "scenario", "decisions"),
    [
        pytest.param(
            "raises_200",
            "mid-overloaded_error",
            {
                "any-exception": "retry",
                "body-type": "retry",
                "class-overloaded": "fail",
                "class-private": "crashed: ModuleNotFoundError",
                "connection": "crashed: ModuleNotFoundError",
                "remedy": "retry",
                "sdk-retries": "fail",
                "status-ge-500": "fail",
                "stop-reason": "fail",
                "type-attr": "retry",
            },
            id="raised in the stream",
        ),
        pytest.param(
            "raises_documented",
            "mid-overloaded_error",
            {"class-overloaded": "retry", "response-status": "retry", "status-ge-500": "retry"},
            id="raised in the stream, with its documented code",
        ),
        pytest.param(
            "raises_200",
            "http-api_error",
            {"class-overloaded": "fail", "class-5xx-429": "retry", "status-ge-400": "retry"},
            id="raised by the call",
        ),
        pytest.param(
            "strange_exceptions",
            "mid-rate_limit_error",
            {"any-api-error": "retry", "any-status-error": "fail", "status-ge-500": "fail", "remedy": "retry"},
            id="raised, and no status error",
        ),
        pytest.param(
            "raises_200",
            "clean",
            {"any-exception": "accept", "remedy": "accept", "sdk-retries": "accept", "stop-reason": "accept"},
            id="completed",
        ),
        pytest.param(
            "swallows_errors",
            "mid-overloaded_error",
            {"any-exception": "accept", "remedy": "retry", "sdk-retries": "accept", "stop-reason": "retry"},
            id="completed, and cut short",
        ),
    ],
)
def test_handlers_run_on_the_events_and_the_exception_of_their_caller(
    observe: Observe, surface: str, behaviour: str, scenario: str, decisions: dict[str, str]
) -> None:
    """Check the decisions of every handler."""
    recorded = observe(behaviour, scenario, surface).handlers
    assert decisions == {id_: recorded[id_] for id_ in decisions}
    assert {path.stem for path in (ANTHROPIC.probe / "handlers").glob("*.py")} == recorded.keys()


@BOTH
@pytest.mark.parametrize(
    ("behaviour", "scenario", "remedy"),
    [
        pytest.param("raises_200", "clean", RemedyResult(outcome="passed"), id="whole"),
        pytest.param("raises_200", "mid-overloaded_error", OVERLOADED, id="an error after some text"),
        pytest.param("raises_200", "after-stop", RemedyResult(outcome="passed"), id="an error after the end"),
        pytest.param(
            "swallows_errors",
            "mid-overloaded_error",
            RemedyResult(outcome="failed", retryable=True, text="some"),
            id="an error that the release dropped",
        ),
    ],
)
def test_the_remedy_guards_every_stream_of_events(
    observe: Observe, surface: str, behaviour: str, scenario: str, remedy: RemedyResult
) -> None:
    """Check what the remedy makes of each."""
    assert remedy == observe(behaviour, scenario, surface).remedy


@pytest.mark.parametrize("surface", ["messages.stream.text_stream", "messages.stream.text_stream-async"])
def test_the_remedy_of_a_call_without_events_explains_its_exception_only(observe: Observe, surface: str) -> None:
    """Check that there is no stream to guard."""
    completed, raised = (
        observe("has_a_helper", "clean", surface),
        observe("has_a_helper", "mid-overloaded_error", surface),
    )
    assert (Outcome.COMPLETED, {}, None) == (completed.outcome, completed.handlers, completed.remedy)
    assert (Outcome.RAISED, "retry") == (raised.outcome, raised.handlers["type-attr"])
    assert OVERLOADED.outcome == (raised.remedy and raised.remedy.outcome)
    assert (529, None) == (raised.remedy and raised.remedy.status, raised.remedy and raised.remedy.text)


@pytest.mark.parametrize("behaviour", ["cannot_construct", "needs_nothing"])
def test_a_call_that_was_not_made_has_no_decisions(observe: Observe, behaviour: str) -> None:
    """Check handlers and remedy."""
    observation = observe(behaviour, "clean")
    assert ({}, None) == (observation.handlers, observation.remedy)


@BOTH
def test_a_call_that_hangs_has_no_decisions(play: Play, surface: str) -> None:
    """Check that a hang gives its caller nothing to decide on."""
    call = Call(surface, "clean")
    played = play("always_hangs", [call], Settings(deadline=0.2))
    assert {call: Observation(outcome=Outcome.TIMED_OUT)} == played.behaviour


# Bytecode that is cached between cells.


class Cells:
    """New environments of the miniature that reports its files, with one folder for their bytecode."""

    def __init__(self, index: Index, folder: Path) -> None:
        self.kept = folder / "bytecode"
        self._index = index
        self._folder = folder

    def new(self) -> Path:
        """Make an environment; return its interpreter."""
        folder = self._folder / f"cell-{len(list(self._folder.glob('cell-*')))}"
        return drive.install(self._index, "tells_where_it_is", folder)

    def text(self, program: Path, kept: Path | None = None) -> str:
        """Return the text that the miniature raises in this environment."""
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        call = Call("messages.create", "mid-overloaded_error")
        played = drive.play(program, home, [call], Settings(bytecode=kept or self.kept), openly=True)
        assert "" == played.cannot_import
        return exception(played.behaviour[call]).text

    @property
    def own(self) -> Path:
        """Return the folder of this kind of interpreter."""
        return self.kept / f"{sys.implementation.cache_tag}.{sys.version_info.micro}"

    def of(self, source: str) -> Path:
        """Return the file that holds the bytecode of a source."""
        return self.own / hashlib.sha256(source.encode()).hexdigest()

    def files(self) -> dict[str, tuple[int, int]]:
        """Return every cached file, with the inode and the time that change when it is written."""
        stats = {path.name: path.stat() for path in self.own.iterdir()}
        return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.fixture
def cells(index: Index, own_cache: Path, tmp_path: Path) -> Cells:
    """Make environments that share an empty folder for their bytecode."""
    return Cells(index, tmp_path)


SOURCE = RELEASES["tells_where_it_is"].entry
WHERE = f"{{env}}/lib/python{PYTHON}/site-packages/anthropic/__init__.py"
TOLD = f"{WHERE} {WHERE} {WHERE} A TEXT"
"""The miniature's text in any environment: its own files as its module and two functions name them."""


def entry(program: Path) -> Path:
    """Return the module of a miniature."""
    return next(program.parent.parent.rglob("site-packages/anthropic/__init__.py"))


def test_the_next_cell_compiles_nothing(cells: Cells) -> None:
    """Check that a cell takes the bytecode of the same sources, and names its own files in it."""
    assert TOLD == cells.text(cells.new())
    files = cells.files()
    assert {
        path.name for path in map(cells.of, (SOURCE, RELEASES["tells_where_it_is"].files()["anthropic/_sdk.py"]))
    } <= (files.keys())
    assert TOLD == cells.text(cells.new())
    assert files == cells.files()


def test_cached_bytecode_runs_in_place_of_the_source(cells: Cells) -> None:
    """Check that a file is trusted: the hash of a source names it, and nobody else writes it."""
    cells.text(cells.new())
    cells.of(SOURCE).write_bytes(marshal.dumps(compile(SOURCE.replace("A TEXT", "KEPT"), "elsewhere", "exec")))
    assert TOLD.replace("A TEXT", "KEPT") == cells.text(cells.new())


def test_a_changed_source_of_the_same_size_and_time_is_compiled_again(cells: Cells) -> None:
    """Check that the hash decides, unlike in Python's own cache."""
    program = cells.new()
    cells.text(program)
    module = entry(program)
    before = module.stat()
    module.unlink()  # a hard link into uv's cache
    module.write_text(SOURCE.replace("A TEXT", "A TALE"), encoding="utf-8")
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = module.stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert TOLD.replace("A TEXT", "A TALE") == cells.text(program)
    assert TOLD == cells.text(cells.new())


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut in half"),
        pytest.param(lambda data: data[:-1], id="cut by a byte"),
        pytest.param(lambda data: bytes(len(data)), id="zeros"),
        pytest.param(lambda _: b"no bytecode at all", id="text"),
    ],
)
def test_a_damaged_file_is_compiled_again_and_replaced(cells: Cells, damage: Callable[[bytes], bytes]) -> None:
    """Check each kind of damage."""
    program = cells.new()
    cells.text(program)
    whole = cells.of(SOURCE).read_bytes()
    cells.of(SOURCE).write_bytes(damage(whole))
    assert TOLD == cells.text(program)
    assert whole == cells.of(SOURCE).read_bytes()


@ON_LINUX
def test_a_folder_that_cannot_be_written_does_no_harm(cells: Cells) -> None:
    """Check a folder in /proc, where not even root can make a file."""
    cells.kept.mkdir()
    cells.own.symlink_to("/proc")
    assert TOLD == cells.text(cells.new())


def test_only_the_sdk_is_cached(cells: Cells) -> None:
    """Check that the standard library and the probe, the same for all cells, are not."""
    program = cells.new()
    cells.text(program)
    installed = entry(program).parent.parent.rglob("*.py")
    expected = {hashlib.sha256(path.read_bytes()).hexdigest() for path in installed}
    assert set() < cells.files().keys() <= expected


def test_no_bytecode_is_written_beside_a_source(cells: Cells) -> None:
    """Check that a file that may be a hard link into uv's cache is left alone."""
    program = cells.new()
    before = drive.snapshot(program.parent.parent)
    cells.text(program)
    assert before == drive.snapshot(program.parent.parent)


# How the probe exits.


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """Yield the socket of a server that takes every request and answers none."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server


@pytest.fixture
def stuck(
    shared: Path, index: Index, own_cache: Path, silent_server: socket.socket
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return a function that starts a probe whose first call starts a process, and hangs."""
    folder = drive.once(
        shared / "cell-leaves_things_behind", lambda folder: drive.install(index, "leaves_things_behind", folder)
    )
    address = f"http://127.0.0.1:{silent_server.getsockname()[1]}"
    call = {"call": 0, "surface": "messages.create", "base_url": f"{address}/clean", "timeout": None}

    def start(*before: str, deadline: float = 60) -> subprocess.Popen[bytes]:
        plan = json.dumps({"deadline": deadline, "bytecode": None, "calls": [call]}).encode() + b"\n"
        home = own_cache / "home"
        home.mkdir(parents=True)
        probe_folder = copy_program(ANTHROPIC.probe, ANTHROPIC.remedy, own_cache)
        probe = probes.enter_context(
            processes.ending(
                subprocess.Popen(
                    [*before, folder / "bin" / "python", "-s", "-B", probe_folder],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={"HOME": str(home), "PATH": os.defpath},
                    start_new_session=True,
                )
            )
        )
        assert probe.stdin is not None
        probe.stdin.write(plan)
        probe.stdin.flush()
        drive.wait_until(lambda: is_asleep(own_cache), "the process that the call starts")
        return probe

    with ExitStack() as probes:
        yield start


SOON = 20.0
"""Seconds; a third of the life of the process that the call starts."""


def is_asleep(own_cache: Path) -> bool:
    """Check whether the miniature's process is running."""
    return any(line.startswith("sleep") for line in drive.processes_with(own_cache))


@ON_LINUX
def test_the_probe_exits_when_its_standard_input_ends(
    stuck: Callable[..., subprocess.Popen[bytes]], own_cache: Path
) -> None:
    """Check that it exits in the middle of a call, with every process of the SDK."""
    with stuck() as probe:
        assert probe.stdin is not None
        probe.stdin.close()
        drive.wait_until(lambda: not drive.processes_with(own_cache), "a group that ends itself", SOON)


@ON_LINUX
def test_the_probe_that_ends_a_call_ends_the_processes_of_the_sdk(
    stuck: Callable[..., subprocess.Popen[bytes]], own_cache: Path
) -> None:
    """Check a call that exceeds its deadline, without a harness that ends the group too."""
    with stuck(deadline=3.0) as probe:
        assert probe.stdout is not None
        assert {"call": 0, "seen": {"outcome": "timed-out"}} == json.loads(probe.stdout.read().splitlines()[-1])
        drive.wait_until(lambda: not drive.processes_with(own_cache), "a group that ends itself", SOON)


@ON_LINUX
def test_the_probe_that_has_finished_ends_the_processes_of_the_sdk(
    stuck: Callable[..., subprocess.Popen[bytes]], own_cache: Path, silent_server: socket.socket
) -> None:
    """Check a plan that was played to its end, without a harness that ends the group too."""
    with stuck() as probe:
        assert probe.stdout is not None
        silent_server.close()  # the call fails
        assert {"bye": True} == json.loads(probe.stdout.read().splitlines()[-1])
        drive.wait_until(lambda: not drive.processes_with(own_cache), "a group that ends itself", SOON)


@ON_LINUX
def test_a_process_that_a_call_forks_reports_nothing(act: Act) -> None:
    """Check a copy of the probe that comes out of the call before the probe does."""
    source = """
import os
child = os.fork()
told = "the copy" if child == 0 else f"the probe, after {os.waitpid(child, 0)[1]}"
"""
    assert "the probe, after 0" == act(source)


@ON_LINUX
def test_a_process_that_a_call_forks_does_not_hold_the_pipe(act: Act) -> None:
    """Check a copy of the probe that stays: what it writes is not a line of the probe."""
    source = """
import os, time
if os.fork() == 0:
    for number in range(3, 64):
        try:
            os.write(number, b'{"call": 0, "seen": {"outcome": "completed"}}\\n')
        except OSError:
            pass
    time.sleep(60)
time.sleep(0.5)
told = "the probe"
"""
    assert "the probe" == act(source)


@ON_LINUX
def test_the_probe_in_the_group_of_a_shell_exits_alone(
    stuck: Callable[..., subprocess.Popen[bytes]], own_cache: Path
) -> None:
    """Check a probe that somebody runs by hand."""
    with stuck("sh", "-c", '"$@"; echo survived', "sh") as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        try:
            shell.stdin.close()
            assert b"survived" == shell.stdout.read().splitlines()[-1]
            assert is_asleep(own_cache)
        finally:
            os.killpg(shell.pid, 9)
    drive.wait_until(lambda: not drive.processes_with(own_cache), "a group that is ended")


def test_a_cached_file_that_holds_no_code_is_compiled_again(cells: Cells) -> None:
    """Check data that can be read and is no code."""
    assert TOLD == cells.text(cells.new())
    cells.of(SOURCE).write_bytes(marshal.dumps("no code"))
    assert TOLD == cells.text(cells.new())
    assert marshal.dumps("no code") != cells.of(SOURCE).read_bytes()


def test_folder_that_cannot_be_made_is_no_fault_of_the_release(cells: Cells, tmp_path: Path) -> None:
    """Check that everything is compiled."""
    (tmp_path / "file").write_text("no folder")
    assert TOLD == cells.text(cells.new(), tmp_path / "file" / "kept")
