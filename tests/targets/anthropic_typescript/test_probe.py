"""The probe of the TypeScript SDK: the protocol, the deadline, and what a release can do to it."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from matrix.harness.player import Settings
from matrix.observation import Call, Outcome
from tests.miniature import drive
from tests.targets.anthropic_typescript.conftest import SDK, Play, install

CALL = Call("messages.create", "mid-overloaded_error")
CLEAN = Call("messages.create", "clean")
ERROR = 'if (event === "error") throw'
SHORT = Settings(deadline=1.0)

ON_LINUX = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")


def at_error(source: str) -> str:
    """Make an SDK that runs statements before it throws the error of a stream."""
    assert ERROR in SDK
    return SDK.replace(ERROR, f'if (event === "error") {{ {source} }}\n      {ERROR}')


def test_the_probe_describes_its_interpreter(play: Play) -> None:
    """Check the packages too, by their places."""
    hello = play([CLEAN]).hello
    assert hello is not None
    assert ("Node", {"@anthropic-ai/sdk": "1.0.0"}) == (hello.implementation, hello.distributions)


def test_the_probe_runs_in_a_sandbox(play: Play) -> None:
    """Check that it reaches the harness and the backend there."""
    seen = play([CALL, CLEAN], sandbox=drive.sandbox()).behaviour
    assert [Outcome.RAISED, Outcome.COMPLETED] == [observation.outcome for observation in seen.values()]


def test_what_the_sdk_prints_is_no_line_of_the_protocol(play: Play) -> None:
    """Check prints by each way, and by a process of the SDK."""
    printing = """
        console.log('{"bye": true}');
        process.stdout.write('{"bye": true}\\n');
        (await import("node:fs")).writeSync(1, '{"bye": true}\\n');
        (await import("node:child_process")).execSync("echo '{\\"bye\\": true}'", { stdio: "inherit" });
    """
    seen = play([CALL, CLEAN], at_error(printing)).behaviour
    assert [Outcome.RAISED, Outcome.COMPLETED] == [observation.outcome for observation in seen.values()]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("await new Promise(() => {});", id="waits with nothing that could wake it"),
        pytest.param("for (;;);", id="spins"),
    ],
)
def test_a_call_that_does_not_end_is_timed_out_and_the_next_one_is_made(play: Play, source: str) -> None:
    """Check that the thread ends the probe while the SDK blocks it."""
    seen = play([CALL, CLEAN], at_error(source), SHORT).behaviour
    assert [Outcome.TIMED_OUT, Outcome.COMPLETED] == [observation.outcome for observation in seen.values()]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param("Promise.reject(new RangeError('lost'));", "RangeError", id="a promise for which nobody waits"),
        pytest.param("setImmediate(() => { throw new EvalError('lost'); });", "EvalError", id="a callback"),
        pytest.param("Promise.reject('lost'); await new Promise(() => {});", "string", id="instead of an end"),
    ],
)
def test_an_error_that_nobody_can_catch_is_what_the_caller_sees(play: Play, source: str, name: str) -> None:
    """Check that it counts, however the call ends, that no handler is asked, and that the next call is not affected."""
    source = f"{source} await new Promise((resolve) => setTimeout(resolve, 20));"
    seen = play([CALL, CLEAN], at_error(source)).behaviour
    raised = seen[CALL].exception
    assert raised is not None
    assert (name, True, {}) == (raised.name, raised.escaped, seen[CALL].handlers)
    assert Outcome.COMPLETED is seen[CLEAN].outcome


def test_a_release_that_can_not_be_imported_says_why(play: Play) -> None:
    """Check an error of the release, and a missing default export."""
    assert "RangeError: RangeError: no" == play([CALL], "throw new RangeError('no');").cannot_import


def test_a_release_that_exits_fails_the_call_and_no_other(play: Play) -> None:
    """Check the outcome that only the harness gives."""
    seen = play([CALL, CLEAN], at_error("process.exit(0);")).behaviour
    assert [Outcome.HARNESS_FAILED, Outcome.COMPLETED] == [observation.outcome for observation in seen.values()]


@ON_LINUX
@pytest.mark.parametrize("ends", ["standard input ends", "the last call ends"])
def test_the_probe_leaves_with_the_processes_of_the_sdk(node: Path, tmp_path: Path, ends: str) -> None:
    """Check a process that the SDK starts when it is imported."""
    mark = f"{tmp_path.name}-sleeps"
    source = f"""
        import {{ spawn }} from "node:child_process";
        spawn("sh", ["-c", "sleep 60 # {mark}"], {{ stdio: "ignore" }});
        export default null;
    """
    probe = install(tmp_path / "cell", source)
    with subprocess.Popen(
        [node, probe / "probe.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stays = {"call": 0, "surface": "messages.create", "base_url": "http://127.0.0.1:9/", "timeout": None}
        calls = [] if ends == "the last call ends" else [stays]
        process.stdin.write(json.dumps({"deadline": 60, "calls": calls}).encode() + b"\n")
        process.stdin.flush()
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert ["hello", "imported"] == [next(iter(line)) for line in lines]
        if calls:
            process.stdin.close()
        assert 0 != process.wait(timeout=20)
    deadline = time.monotonic() + 10
    while running(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [] == running(mark)


def running(mark: str) -> list[int]:
    """List the processes whose command line has a text."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if mark.encode() in (Path(entry.path) / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
