"""The player and the probe, on miniature releases: how every way to end a call is told, and what is left behind."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.suite import SuitePart
from matrix.catalogue.wire import REQUEST_ID
from matrix.errors import ToolFailure
from matrix.harness import player
from matrix.harness.player import HOPELESS, ProbeRun, Settings
from matrix.harness.sandbox import NO_SANDBOX
from matrix.observation import Behaviour, Call, Cause, Delivery, Observation, Outcome, Raised, RemedyResult
from matrix.targets import ANTHROPIC
from tests.miniature import drive

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Play = Callable[..., ProbeRun]

SHORT = Settings(deadline=0.3)
"""For calls that hang by design: a call that does not takes a hundredth of it."""

BOTH = pytest.mark.parametrize("surface", ["messages.create", "messages.create-async"])

PRELUDE = Delivery(events=("message_start", "content_block_start", "content_block_delta"), text="Hello")
BASES = ("builtins.Exception", "builtins.BaseException")


@pytest.fixture
def fake_probe(tmp_path: Path) -> Path:
    """A probe that says that the SDK was imported, and then no more."""
    folder = tmp_path / "probe"
    folder.mkdir()
    (folder / "__main__.py").write_text("print('{\"imported\": true}', flush=True)\n", encoding="utf-8")
    return folder


def raised(name: str, status: int, *bases: str) -> Observation:
    """What the miniatures raise for an overloaded error after some text."""
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    return Observation(
        outcome=Outcome.RAISED,
        exception=Raised(
            name=f"anthropic._sdk.{name}",
            bases=(*(f"anthropic._sdk.{base}" for base in bases), *BASES),
            exported=True,
            attributes={"status_code": status, "type": "overloaded_error", "request_id": REQUEST_ID},
            text="An error in the stream",
            pickles="TypeError",
            copies="TypeError",
            message="An error in the stream",
            body=body,
        ),
        delivered=PRELUDE,
        remedy=RemedyResult(
            outcome="failed",
            status=529,
            error_type="overloaded_error",
            retryable=True,
            request_id=REQUEST_ID,
            text="some",
        ),
        requests=1,
    )


def without_handlers(behaviour: Behaviour) -> Behaviour:
    """Observations, but for the decisions of handlers, which have tests of their own."""
    return {call: msgspec.structs.replace(seen, handlers={}) for call, seen in behaviour.items()}


ENDED = RemedyResult(outcome="failed", retryable=True, text="some")
"""What the remedy says of a stream that just ends."""


@BOTH
@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("raises_documented", raised("OverloadedError", 529, "InternalServerError", "APIStatusError", "APIError")),
        ("raises_200", raised("APIStatusError", 200, "APIError")),
        ("swallows_errors", Observation(outcome=Outcome.COMPLETED, delivered=PRELUDE, remedy=ENDED, requests=1)),
        ("needs_nothing", Observation(outcome=Outcome.UNSUPPORTED)),
    ],
)
def test_facets(play: Play, behaviour: str, surface: str, expected: Observation) -> None:
    """An observation is what the caller saw and how often the backend was asked, and nothing else."""
    call = Call(surface, "mid-overloaded_error")
    assert {call: expected} == without_handlers(play(behaviour, [call]).behaviour)


def test_causes(play: Play) -> None:
    """The chain behind an exception is told, nearest first."""
    call = Call("messages.create", "reset")
    exception = play("raises_200", [call]).behaviour[call].exception
    expected = (Cause(how="cause", name="builtins.ConnectionResetError", text="[Errno 104] Connection reset by peer"),)
    assert exception is not None
    assert expected == exception.causes


def test_environment_is_described(play: Play) -> None:
    """The probe says which interpreter it is, and every distribution that it finds."""
    hello = play("raises_200", [Call("messages.create", "clean")]).hello
    assert hello is not None
    assert {"anthropic": "9.0.0"} == hello.distributions
    assert ".".join(map(str, sys.version_info[:3])) == hello.python


@BOTH
def test_unknown_scenario(play: Play, surface: str) -> None:
    """What the backend does not play is unsupported, although the release raised something."""
    call = Call(surface, "unknown")
    assert {call: Observation(outcome=Outcome.UNSUPPORTED, requests=1)} == play("raises_200", [call]).behaviour


def test_watchdog(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that holds the interpreter, so that the probe can't speak, is ended from outside."""
    monkeypatch.setattr(player, "_GRACE", 0.2)
    call = Call("messages.create", "clean")
    behaviour = play("holds_the_interpreter", [call], SHORT).behaviour
    assert {call: Observation(outcome=Outcome.TIMED_OUT)} == behaviour


def test_crash_in_call(play: Play) -> None:
    """A crash loses the call that it happened in, and says how the interpreter ended."""
    calls = [Call("messages.create", f"first-{kind}") for kind in ("not_found_error", "api_error", "overloaded_error")]
    behaviour = play("crashes_in_call", calls).behaviour
    assert Outcome.RAISED == behaviour[calls[0]].outcome
    assert [
        Observation(outcome=Outcome.HARNESS_FAILED, detail="The interpreter ended with exit code 3."),
        Observation(outcome=Outcome.HARNESS_FAILED, detail="The interpreter was ended by signal 9."),
    ] == [behaviour[call] for call in calls[1:]]


def test_crash_in_every_call(play: Play, fake_probe: Path) -> None:
    """A surface on which every call crashes is given up after some, and does not say that they hung."""
    calls = [Call("messages.create", scenario) for scenario in [*CATALOGUE][: HOPELESS + 2]]
    seen = [*play("raises_200", calls, Settings(probe=fake_probe)).behaviour.values()]
    expected = Observation(outcome=Outcome.NOT_RUN, detail="3 calls on this surface failed each time")
    assert [Outcome.HARNESS_FAILED] * HOPELESS == [observation.outcome for observation in seen[:HOPELESS]]
    assert [expected] * 2 == seen[HOPELESS:]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("crashes_on_import", "builtins.RuntimeError: no such thing as a good import"),
        ("exits_on_import", "The interpreter ended with exit code 3 while it imported the SDK."),
        ("killed_on_import", "The interpreter was ended by signal 9 while it imported the SDK."),
    ],
)
def test_crash_on_import(play: Play, behaviour: str, reason: str) -> None:
    """What can't be imported is no observation of any call, and says why."""
    played = play(behaviour, [Call("messages.create", "clean")])
    assert ({}, reason) == (played.behaviour, played.cannot_import)


def test_hang_on_import(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that never ends is waited for, and then it is one that can't be done."""
    monkeypatch.setattr(player, "_IMPORT_TIME", 0.3)
    played = play("hangs_on_import", [Call("messages.create", "clean")])
    assert ({}, "The interpreter did not answer in time while it imported the SDK.") == (
        played.behaviour,
        played.cannot_import,
    )


@BOTH
def test_client_that_cannot_be_made(play: Play, surface: str) -> None:
    """A client that can't be made is told apart from a call that raises."""
    call = Call(surface, "clean")
    observation = play("cannot_construct", [call]).behaviour[call]
    assert observation.exception is not None
    assert (Outcome.CANNOT_CONSTRUCT, "builtins.TypeError") == (observation.outcome, observation.exception.name)


def test_noise_is_no_observation(play: Play) -> None:
    """What a release prints, be it a line of the protocol, changes nothing that is observed."""
    calls = ANTHROPIC.suite.calls(
        SuitePart(("clean", "mid-api_error", "reset"), ("messages.create", "messages.create-async"))
    )
    assert play("raises_200", calls).behaviour == play("prints", calls).behaviour


def test_nothing_is_left_running(play: Play, own_cache: Path) -> None:
    """Threads and processes that a call started end with the probe."""
    calls = ANTHROPIC.suite.calls(SuitePart(("clean", "mid-api_error"), ("messages.create", "messages.create-async")))
    assert play("raises_200", calls).behaviour == play("leaves_things_behind", calls).behaviour
    drive.wait_until(lambda: not drive.processes_with(own_cache), "a killed group")


def test_text_is_canonical(play: Play) -> None:
    """No address of memory, no folder, no port; and what JSON can't hold is told by its class."""
    call = Call("messages.create", "mid-timeout_error")
    exception = play("strange_text", [call]).behaviour[call].exception
    assert exception is not None
    assert "at 0x in {env} from {base}" == exception.text
    assert {"$object": "builtins.float", "$text": "nan"} == exception.body


def test_lone_surrogates(play: Play) -> None:
    """Text that no UTF-8 can hold is an observation all the same, though not letter by letter."""
    call = Call("messages.create", "mid-api_error")
    exception = play("strange_text", [call]).behaviour[call].exception
    assert exception is not None
    assert ("lone surrogate ?", {"?": "?"}) == (exception.text, exception.body)


def test_same_fault_is_not_flaky(play: Play, fake_probe: Path) -> None:
    """A line that can't be read is the same harness failure each time, wherever in it the fault is."""
    with (fake_probe / "__main__.py").open("a", encoding="utf-8") as program:
        program.write("import time; print(' ' * (time.monotonic_ns() % 1000), 'no line of ours', flush=True)")
    call = Call("messages.create", "clean")
    assert Outcome.FLAKY != play("raises_200", [call], Settings(probe=fake_probe)).behaviour[call].outcome


def test_hang_that_is_not_repeated(play: Play, fake_probe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hang counts if it is seen each time; what could not be imported any more was not seen to hang."""
    monkeypatch.setattr(player, "_GRACE", 0.2)
    once = "import os, pathlib, time\nmarker = pathlib.Path.home() / 'marker'\nif marker.exists():\n    os._exit(3)\n"
    program = fake_probe / "__main__.py"
    said = program.read_text(encoding="utf-8")
    program.write_text(f"{once}marker.touch()\n{said}time.sleep(3600)\n", encoding="utf-8")
    call = Call("messages.create", "clean")
    settings = Settings(deadline=SHORT.deadline, probe=fake_probe)
    assert Outcome.FLAKY == play("raises_200", [call], settings, openly=True).behaviour[call].outcome


def asks(program: Path, source: str) -> Path:
    """A probe that does something about the first call of its plan; `plan`, `call` and `os` are at hand."""
    program.write_text(
        "import json, os, pathlib, sys, urllib.request\n"
        "plan = json.loads(sys.stdin.readline())\n"
        "call = plan['calls'][0]\n"
        "home = pathlib.Path.home()\n"
        "print('{\"imported\": true}', flush=True)\n" + source,
        encoding="utf-8",
    )
    return program.parent


def test_hang_with_a_different_number_of_requests_each_time(play: Play, fake_probe: Path) -> None:
    """A call that makes requests without an end hangs, and how many it made before it was stopped is no observation."""
    probe = asks(
        fake_probe / "__main__.py",
        "attempt = len(list(home.glob('attempt-*'))) + 1\n"
        "(home / f'attempt-{attempt}').touch()\n"
        "for _ in range(attempt):\n"
        "    urllib.request.urlopen(call['base_url'] + '/v1/messages', b'{}').read()\n"
        'print(\'{"call": 0, "seen": {"outcome": "timed-out"}}\', flush=True)\n',
    )
    call = Call("messages.create", "clean")
    expected = Observation(outcome=Outcome.TIMED_OUT, detail="It made requests without an end.")
    assert {call: expected} == play("raises_200", [call], Settings(probe=probe), openly=True).behaviour


TIMED_OUT, RAISED = (Observation(outcome=outcome) for outcome in (Outcome.TIMED_OUT, Outcome.RAISED))


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        pytest.param([RAISED], RAISED, id="one"),
        pytest.param([TIMED_OUT] * 3, TIMED_OUT, id="all the same"),
        pytest.param(
            [Observation(outcome=Outcome.TIMED_OUT, requests=number) for number in (7, 9, 7)],
            Observation(outcome=Outcome.TIMED_OUT, detail="It made requests without an end."),
            id="hangs, with other requests",
        ),
        pytest.param(
            [TIMED_OUT, RAISED, TIMED_OUT],
            Observation(outcome=Outcome.FLAKY, counts={"timed-out": 2, "raised": 1}),
            id="not the same each time",
        ),
        pytest.param(
            [Observation(outcome=Outcome.HARNESS_FAILED, detail=detail) for detail in ("a", "b", "b")],
            Observation(outcome=Outcome.FLAKY, counts={"harness-failed": 3}),
            id="fails otherwise each time",
        ),
    ],
)
def test_attempts_are_settled(attempts: list[Observation], expected: Observation) -> None:
    """On the one that they all are, or on that they differ."""
    assert expected == player._settle(attempts)


@pytest.mark.parametrize("folder", [None, Path("kept") / "here"])
def test_plan_says_how_long_to_wait_and_where_to_keep_bytecode(
    play: Play, fake_probe: Path, own_cache: Path, folder: Path | None
) -> None:
    """A scenario in which a client ought to give up says when; others leave it to the probe."""
    keep_the_first = "(home / 'plan').exists() or (home / 'plan').write_text(json.dumps(plan))\n"
    probe = asks(fake_probe / "__main__.py", keep_the_first)
    calls = [Call("messages.create", "clean"), Call("messages.stream-async", "stall")]
    play("raises_200", calls, Settings(deadline=7.0, probe=probe, bytecode=folder), openly=True)
    plan = msgspec.json.decode((own_cache / "home" / "plan").read_bytes())
    assert (7.0, folder and str(folder)) == (plan["deadline"], plan["bytecode"])
    stall = CATALOGUE["stall"].timeout
    expected = [("messages.create", None), ("messages.stream-async", stall)]
    assert expected == [(call["surface"], call["timeout"]) for call in plan["calls"]]
    assert stall is not None


@pytest.mark.parametrize("steps", range(5))
def test_cancellation_that_comes_with_a_line(steps: int) -> None:
    """Is not lost, however far the line has come: a run that is told to stop stops."""

    async def go() -> None:
        probe = SimpleNamespace(stdout=asyncio.StreamReader())
        reading = asyncio.create_task(player._read_line(cast("Process", probe), drive.PATIENCE, NO_SANDBOX))
        await asyncio.sleep(0)
        probe.stdout.feed_data(b'{"bye": true}\n')
        for _ in range(steps):
            await asyncio.sleep(0)
        if reading.cancel():
            with pytest.raises(asyncio.CancelledError):
                await reading
        else:
            line, ending = await reading
            assert (True, "") == (line and line.bye, ending)

    asyncio.run(go())


def test_environment_is_clean(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell has no variable of the user's: no key, no proxy, no path."""
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "HTTP_PROXY",
        "PYTHONPATH",
        "PYTHONWARNINGS",
        "SSL_CERT_FILE",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    call = Call("messages.create", "mid-api_error")
    exception = play("tells_environment", [call]).behaviour[call].exception
    assert exception is not None
    assert "HOME LANG PATH PYTHONHASHSEED TMPDIR USERPROFILE" == exception.text


def test_unknown_surface(play: Play) -> None:
    """A surface that the probe does not know is a fault of ours, and no observation of a release."""
    known, unknown = Call("messages.create", "clean"), Call("messages.invent", "clean")
    behaviour = play("raises_200", [unknown, known]).behaviour
    assert [Outcome.HARNESS_FAILED, Outcome.COMPLETED] == [behaviour[unknown].outcome, behaviour[known].outcome]


def test_surfaces_of_the_probe() -> None:
    """The suite asks for exactly the surfaces that the probe knows."""
    question = "import json, probe_surfaces; print(json.dumps(list(probe_surfaces._SURFACES)))"
    answer = subprocess.run([sys.executable, "-c", question], cwd=ANTHROPIC.probe, capture_output=True, check=True)
    assert sorted(ANTHROPIC.surfaces) == sorted(msgspec.json.decode(answer.stdout, type=list[str]))


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("print('no line of ours', flush=True)", "The interpreter wrote a line that is no observation"),
        ("print('{\"call\": 7}', flush=True)", "The interpreter"),
        ("pass", "The interpreter ended with exit code 0."),
    ],
    ids=["garbage", "another call", "silence"],
)
def test_probe_out_of_order(play: Play, fake_probe: Path, source: str, detail: str) -> None:
    """A probe that does not keep to the protocol is a harness failure, each time the same."""
    with (fake_probe / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(source)
    call = Call("messages.create", "clean")
    observation = play("raises_200", [call], Settings(probe=fake_probe)).behaviour[call]
    assert (Outcome.HARNESS_FAILED, detail) == (observation.outcome, observation.detail[: len(detail)])


def test_no_interpreter(tmp_path: Path) -> None:
    """A program that can't be started is no fault of a release."""
    with pytest.raises(ToolFailure, match=r"python can't be started: "):
        drive.play(tmp_path / "python", tmp_path, [Call("messages.create", "clean")], Settings())
