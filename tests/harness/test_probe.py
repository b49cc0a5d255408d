"""The probe, on miniature releases: what it tells of a call, what it keeps between cells, and how it leaves."""

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

from matrix.catalogue.suite import SuitePart
from matrix.catalogue.wire import REQUEST_ID
from matrix.harness.player import ProbeRun, Settings
from matrix.harness.program import copy_program
from matrix.observation import Call, FinalMessage, Observation, Outcome, Raised, RemedyResult
from matrix.targets import ANTHROPIC
from tests.miniature import drive
from tests.miniature.drive import PYTHON
from tests.miniature.index import Index
from tests.miniature.releases import RELEASES
from tests.support import processes

Play = Callable[..., ProbeRun]

BOTH = pytest.mark.parametrize("surface", ["messages.create", "messages.create-async"])
ON_LINUX = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")


@pytest.fixture
def seen(play: Play) -> Callable[..., Observation]:
    """What is seen of one call of a miniature."""

    def of(behaviour: str, scenario: str, surface: str = "messages.create") -> Observation:
        call = Call(surface, scenario)
        observation: Observation = play(behaviour, [call]).behaviour[call]
        return observation

    return of


Seen = Callable[..., Observation]


def exception(observation: Observation) -> Raised:
    """What a call raised."""
    assert observation.exception is not None
    return observation.exception


# Exceptions.


@pytest.mark.parametrize(
    ("scenario", "pickles", "copies"),
    [
        pytest.param("mid-overloaded_error", "same", "same", id="plain"),
        pytest.param("mid-rate_limit_error", "TypeError", "same", id="with something that can't be pickled"),
        pytest.param("mid-billing_error", "changed", "changed", id="that loses its text"),
        pytest.param("mid-api_error", "same", "same", id="that has no text at all"),
    ],
)
def test_an_exception_that_is_made_again(seen: Seen, scenario: str, pickles: str, copies: str) -> None:
    """By pickle, as a process pool does, and by copy: the same, another, or what that raised."""
    found = exception(seen("strange_exceptions", scenario))
    assert (pickles, copies) == (found.pickles, found.copies)


def test_an_exception_that_does_not_answer(seen: Seen) -> None:
    """A property that raises is told as what it raises; one that is not there is not told."""
    found = exception(seen("strange_exceptions", "mid-api_error"))
    assert {"status_code": {"$raises": "builtins.RuntimeError"}} == found.attributes
    assert "str() raised builtins.ValueError" == found.text


def test_addresses_of_cancel_scopes(seen: Seen) -> None:
    """AnyIO names its cancel scopes by their addresses, without the 0x that Python writes."""
    text = exception(seen("strange_exceptions", "mid-conflict_error")).text
    assert "Attempted to exit cancel scope 0x in a different task" == text


def shortened(text: str) -> str:
    """A text as it is told when it is too long: its beginning, its length, its hash."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[:200]}... ({len(text)} characters, sha256 {digest})"


def test_long_texts(seen: Seen) -> None:
    """Up to four thousand characters a text is told as it is, and beyond that in short, wherever it stands."""
    found = exception(seen("strange_exceptions", "mid-not_found_error"))
    assert ("x" * 4000, {"longer": [shortened("y" * 4001)]}) == (found.text, found.body)
    assert shortened("x" * 200_000) == exception(seen("strange_text", "mid-overloaded_error")).text


@BOTH
def test_server_that_stalls(seen: Seen, surface: str) -> None:
    """Where the scenario is that a client gives up, it is told after how long, and does so before the deadline."""
    found = seen("raises_200", "stall", surface)
    assert (Outcome.RAISED, "APITimeoutError") == (found.outcome, exception(found).short_name)


# Connections and final messages.


@BOTH
@pytest.mark.parametrize(
    ("scenario", "connection"),
    [
        pytest.param("clean", "idle", id="given back"),
        pytest.param("mid-overloaded_error", "open", id="one of two is in use"),
        pytest.param("reset", "closed", id="none is left"),
        pytest.param("bom", "closed", id="all that are left are closed"),
        pytest.param("first-api_error", "open", id="in use, over aiohttp"),
        pytest.param("eof-mid", "released", id="not in use, over aiohttp"),
    ],
)
def test_connection(seen: Seen, surface: str, scenario: str, connection: str) -> None:
    """What became of it while the caller holds the exception, or the end of the stream."""
    assert connection == seen("keeps_connections", scenario, surface).connection


def test_connection_over_aiohttp_that_is_given_back_a_moment_later(seen: Seen) -> None:
    """Whether all that the server sent had been read when the call ended is a matter of timing, and not told."""
    assert "released" == seen("keeps_connections", "crlf", "messages.create-async").connection


def test_connection_that_cannot_be_told(seen: Seen) -> None:
    """A client that is made otherwise says nothing of its connection, and neither does the probe."""
    assert "" == seen("raises_200", "clean").connection


@pytest.mark.parametrize("surface", ["messages.stream", "messages.stream-async"])
@pytest.mark.parametrize(
    ("behaviour", "scenario", "final"),
    [
        pytest.param("has_a_helper", "clean", FinalMessage(text="Hello world", stop_reason="end_turn"), id="whole"),
        pytest.param("has_a_helper", "mid-overloaded_error", FinalMessage(text="Hello"), id="cut short"),
        pytest.param("has_a_helper", "first-api_error", FinalMessage(raised="AssertionError"), id="nothing came"),
        pytest.param("raises_documented", "clean", FinalMessage(raised="AttributeError"), id="no such method"),
    ],
)
def test_final_message(seen: Seen, surface: str, behaviour: str, scenario: str, final: FinalMessage) -> None:
    """What the helper has for one once its stream has ended, however it did."""
    assert final == seen(behaviour, scenario, surface).final


@BOTH
def test_final_message_without_a_helper(seen: Seen, surface: str) -> None:
    """A call that has no helper has no final message either, which is not the same as one that it refuses."""
    assert seen("has_a_helper", "clean", surface).final is None


# What a release lacks.


def test_release_that_lacks_a_call_is_asked_once(play: Play, own_cache: Path) -> None:
    """For each surface, whatever is played on it: what a release lacks it does not have for another scenario."""
    surfaces = ("messages.create", "messages.stream-async", "messages.create-async")
    calls = ANTHROPIC.suite.calls(SuitePart(("clean", "mid-overloaded_error", "reset"), surfaces))
    assert {Outcome.UNSUPPORTED} == {
        seen.outcome for seen in play("lacks_messages", calls, openly=True).behaviour.values()
    }
    asked = (own_cache / "home" / "asked").read_text(encoding="utf-8").split()
    assert ["Anthropic", "AsyncAnthropic", "AsyncAnthropic"] == sorted(asked)


@pytest.mark.parametrize("surface", ["messages.stream.until_done", "messages.stream.until_done-async"])
def test_stream_that_lacks_a_method(play: Play, own_cache: Path, surface: str) -> None:
    """Is unsupported on that surface alone; and is asked each time, for a release may have another in another case."""
    other = "messages.stream.text_stream"
    calls = [Call(surface, "clean"), Call(other, "clean"), Call(surface, "eof-mid")]
    behaviour = play("has_a_helper", calls, openly=True).behaviour
    expected = [Outcome.UNSUPPORTED, Outcome.COMPLETED, Outcome.UNSUPPORTED]
    assert expected == [seen.outcome for seen in behaviour.values()]
    assert ["clean", "clean", "eof-mid"] == (own_cache / "home" / "asked").read_text(encoding="utf-8").split()


def test_client_that_cannot_be_made_is_tried_each_time(play: Play) -> None:
    """It is there, and what it raises may depend on what it is given."""
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
def test_handlers(seen: Seen, surface: str, behaviour: str, scenario: str, decisions: dict[str, str]) -> None:
    """Each is run on what its caller would have seen: the events, and the exception itself."""
    found = seen(behaviour, scenario, surface).handlers
    assert decisions == {id_: found[id_] for id_ in decisions}
    assert {path.stem for path in (ANTHROPIC.probe / "handlers").glob("*.py")} == found.keys()


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
def test_remedy(seen: Seen, surface: str, behaviour: str, scenario: str, remedy: RemedyResult) -> None:
    """The remedy guards the stream of every call that gives its caller events."""
    assert remedy == seen(behaviour, scenario, surface).remedy


@pytest.mark.parametrize("surface", ["messages.stream.text_stream", "messages.stream.text_stream-async"])
def test_call_without_events(seen: Seen, surface: str) -> None:
    """Of a call that shows no events there is nothing to guard; its exception is explained all the same."""
    completed, raised = seen("has_a_helper", "clean", surface), seen("has_a_helper", "mid-overloaded_error", surface)
    assert (Outcome.COMPLETED, {}, None) == (completed.outcome, completed.handlers, completed.remedy)
    assert (Outcome.RAISED, "retry") == (raised.outcome, raised.handlers["type-attr"])
    assert OVERLOADED.outcome == (raised.remedy and raised.remedy.outcome)
    assert (529, None) == (raised.remedy and raised.remedy.status, raised.remedy and raised.remedy.text)


@pytest.mark.parametrize("behaviour", ["cannot_construct", "needs_nothing"])
def test_call_that_was_not_made(seen: Seen, behaviour: str) -> None:
    """Without a call there is nothing for anybody to decide."""
    found = seen(behaviour, "clean")
    assert ({}, None) == (found.handlers, found.remedy)


@BOTH
def test_call_that_hangs(play: Play, surface: str) -> None:
    """A hang gives its caller nothing, so nobody decides anything."""
    call = Call(surface, "clean")
    played = play("always_hangs", [call], Settings(deadline=0.2))
    assert {call: Observation(outcome=Outcome.TIMED_OUT)} == played.behaviour


# Bytecode that is kept between cells.


class Cells:
    """Environments of the miniature that tells where it is, each new, with one folder for their bytecode."""

    def __init__(self, index: Index, folder: Path) -> None:
        self.kept = folder / "bytecode"
        self._index = index
        self._folder = folder

    def new(self) -> Path:
        """A new environment; its interpreter."""
        folder = self._folder / f"cell-{len(list(self._folder.glob('cell-*')))}"
        return drive.install(self._index, "tells_where_it_is", folder)

    def text(self, program: Path, kept: Path | None = None) -> str:
        """What the miniature says in this environment."""
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        call = Call("messages.create", "mid-overloaded_error")
        played = drive.play(program, home, [call], Settings(bytecode=kept or self.kept), openly=True)
        assert "" == played.cannot_import
        return exception(played.behaviour[call]).text

    @property
    def own(self) -> Path:
        """The folder of this kind of interpreter."""
        return self.kept / f"{sys.implementation.cache_tag}.{sys.version_info.micro}"

    def of(self, source: str) -> Path:
        """The file that holds what a source is compiled to."""
        return self.own / hashlib.sha256(source.encode()).hexdigest()

    def files(self) -> dict[str, tuple[int, int]]:
        """Everything that is kept, and what changes when it is written: its inode and its time."""
        stats = {path.name: path.stat() for path in self.own.iterdir()}
        return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.fixture
def cells(index: Index, own_cache: Path, tmp_path: Path) -> Cells:
    """Environments that share a folder for their bytecode, of which there is none yet."""
    return Cells(index, tmp_path)


SOURCE = RELEASES["tells_where_it_is"].entry
WHERE = f"{{env}}/lib/python{PYTHON}/site-packages/anthropic/__init__.py"
TOLD = f"{WHERE} {WHERE} {WHERE} A TEXT"
"""What the miniature says in any environment: the module's file, and those of two functions, are its own."""


def entry(program: Path) -> Path:
    """The module of a miniature."""
    return next(program.parent.parent.rglob("site-packages/anthropic/__init__.py"))


def test_next_cell_compiles_nothing(cells: Cells) -> None:
    """What one cell compiled, another one of the same sources takes, and its code is at home in its own folder."""
    assert TOLD == cells.text(cells.new())
    files = cells.files()
    assert {
        path.name for path in map(cells.of, (SOURCE, RELEASES["tells_where_it_is"].files()["anthropic/_sdk.py"]))
    } <= (files.keys())
    assert TOLD == cells.text(cells.new())
    assert files == cells.files()


def test_what_is_kept_is_what_runs(cells: Cells) -> None:
    """A file that says otherwise is believed: the name of a file is the hash of a source, and nobody else writes it."""
    cells.text(cells.new())
    cells.of(SOURCE).write_bytes(marshal.dumps(compile(SOURCE.replace("A TEXT", "KEPT"), "elsewhere", "exec")))
    assert TOLD.replace("A TEXT", "KEPT") == cells.text(cells.new())


def test_changed_source_of_the_same_size_and_time(cells: Cells) -> None:
    """Is not taken for the old one, as it would be by bytecode that is told by size and time."""
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
        pytest.param(lambda _: b"no bytecode at all", id="something else"),
    ],
)
def test_damaged_file(cells: Cells, damage: Callable[[bytes], bytes]) -> None:
    """Is compiled again and replaced."""
    program = cells.new()
    cells.text(program)
    whole = cells.of(SOURCE).read_bytes()
    cells.of(SOURCE).write_bytes(damage(whole))
    assert TOLD == cells.text(program)
    assert whole == cells.of(SOURCE).read_bytes()


@ON_LINUX
def test_folder_that_nothing_can_be_written_to(cells: Cells) -> None:
    """Costs time, and does no harm. In /proc not even an administrator can make a file."""
    cells.kept.mkdir()
    cells.own.symlink_to("/proc")
    assert TOLD == cells.text(cells.new())


def test_what_is_not_the_sdk_is_not_kept(cells: Cells) -> None:
    """The standard library and the probe are the same for all cells, and are found as ever."""
    program = cells.new()
    cells.text(program)
    installed = entry(program).parent.parent.rglob("*.py")
    expected = {hashlib.sha256(path.read_bytes()).hexdigest() for path in installed}
    assert set() < cells.files().keys() <= expected


def test_environment_is_left_as_it_was(cells: Cells) -> None:
    """No bytecode is written beside a source, which may be a hard link into uv's cache."""
    program = cells.new()
    before = drive.snapshot(program.parent.parent)
    cells.text(program)
    assert before == drive.snapshot(program.parent.parent)


# How it leaves.


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that takes every request and answers none."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def stuck(
    shared: Path, index: Index, own_cache: Path, silent_server: str
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a probe whose first call starts a process, and then waits for a server that never answers."""
    folder = drive.once(
        shared / "cell-leaves_things_behind", lambda folder: drive.install(index, "leaves_things_behind", folder)
    )
    call = {"call": 0, "surface": "messages.create", "base_url": f"{silent_server}/clean", "timeout": None}
    plan = json.dumps({"deadline": 60, "bytecode": None, "calls": [call]}).encode() + b"\n"

    def start(*before: str) -> subprocess.Popen[bytes]:
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
        drive.wait_until(lambda: sleeps(own_cache), "the process that the call starts")
        return probe

    with ExitStack() as probes:
        yield start


SOON = 20.0
"""Seconds; a third of what the process that the call starts would last."""


def sleeps(own_cache: Path) -> bool:
    """Whether the process that the miniature starts is there."""
    return any(line.startswith("sleep") for line in drive.processes_with(own_cache))


@ON_LINUX
def test_end_of_standard_input(stuck: Callable[..., subprocess.Popen[bytes]], own_cache: Path) -> None:
    """Whoever started the probe is gone: it leaves in the middle of a call, with every process that the SDK started."""
    with stuck() as probe:
        assert probe.stdin is not None
        probe.stdin.close()
        drive.wait_until(lambda: not drive.processes_with(own_cache), "a group that ends itself", SOON)


@ON_LINUX
def test_end_of_standard_input_in_the_group_of_another(
    stuck: Callable[..., subprocess.Popen[bytes]], own_cache: Path
) -> None:
    """A probe that somebody runs by hand, in the group of his shell, leaves alone."""
    with stuck("sh", "-c", '"$@"; echo survived', "sh") as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        try:
            shell.stdin.close()
            assert b"survived" == shell.stdout.read().splitlines()[-1]
            assert sleeps(own_cache)
        finally:
            os.killpg(shell.pid, 9)
    drive.wait_until(lambda: not drive.processes_with(own_cache), "a group that is ended")


def test_kept_file_that_holds_no_code_is_compiled_again(cells: Cells) -> None:
    """Data that can be read and is no code is as good as none."""
    assert TOLD == cells.text(cells.new())
    cells.of(SOURCE).write_bytes(marshal.dumps("no code"))
    assert TOLD == cells.text(cells.new())
    assert marshal.dumps("no code") != cells.of(SOURCE).read_bytes()


def test_folder_that_cannot_be_made_is_no_fault_of_the_release(cells: Cells, tmp_path: Path) -> None:
    """Then everything is compiled."""
    (tmp_path / "file").write_text("no folder")
    assert TOLD == cells.text(cells.new(), tmp_path / "file" / "kept")
