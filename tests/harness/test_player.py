"""The player and the probe, on miniature releases: how each ending of a call is reported, and what is left behind."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from matrix.catalogue.dialect import REQUEST_ID
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.suite import SuitePart
from matrix.errors import ToolFailure
from matrix.harness import controls, player
from matrix.harness.player import ProbeRun, Settings
from matrix.harness.sandbox import NO_SANDBOX
from matrix.observation import Behaviour, Call, Cause, Delivery, Observation, Outcome, Raised, RemedyResult
from matrix.targets import ANTHROPIC
from tests.miniature import drive

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Play = Callable[..., ProbeRun]

SHORT = Settings(deadline=0.3)
"""Seconds for calls that hang by design: a call that answers takes a hundredth of it."""

BOTH = pytest.mark.parametrize("surface", ["messages.create", "messages.create-async"])

PRELUDE = Delivery(events=("message_start", "content_block_start", "content_block_delta"), text="Hello")
BASES = ("builtins.Exception", "builtins.BaseException")


@pytest.fixture
def fake_probe(tmp_path: Path) -> Path:
    """Write a probe that reports that the SDK was imported, and then stops."""
    folder = tmp_path / "probe"
    folder.mkdir()
    (folder / "__main__.py").write_text("print('{\"imported\": true}', flush=True)\n", encoding="utf-8")
    return folder


def raised(name: str, status: int, *bases: str) -> Observation:
    """Make the exception that the miniatures raise for an overloaded error after some text."""
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
    """Remove the decisions of handlers, which have tests of their own."""
    return {call: msgspec.structs.replace(observation, handlers={}) for call, observation in behaviour.items()}


ENDED = RemedyResult(outcome="failed", retryable=True, text="some")
"""The remedy's result for a stream that ends early."""


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
def test_an_observation_holds_what_the_caller_saw_and_the_number_of_requests(
    play: Play, behaviour: str, surface: str, expected: Observation
) -> None:
    """Check that it holds nothing else."""
    call = Call(surface, "mid-overloaded_error")
    assert {call: expected} == without_handlers(play(behaviour, [call]).behaviour)


def test_the_causes_of_an_exception_are_reported_nearest_first(play: Play) -> None:
    """Check the chain behind an exception."""
    call = Call("messages.create", "reset")
    exception = play("raises_200", [call]).behaviour[call].exception
    expected = (Cause(how="cause", name="builtins.ConnectionResetError", text="[Errno 104] Connection reset by peer"),)
    assert exception is not None
    assert expected == exception.causes


def test_the_probe_describes_its_environment(play: Play) -> None:
    """Check the interpreter, and every distribution."""
    hello = play("raises_200", [Call("messages.create", "clean")]).hello
    assert hello is not None
    assert {"anthropic": "9.0.0"} == hello.distributions
    assert ".".join(map(str, sys.version_info[:3])) == hello.python


@BOTH
def test_a_scenario_that_the_backend_does_not_play_is_unsupported(play: Play, surface: str) -> None:
    """Check that the exception of the release is not reported."""
    call = Call(surface, "unknown")
    assert {call: Observation(outcome=Outcome.UNSUPPORTED, requests=1)} == play("raises_200", [call]).behaviour


def test_the_watchdog_ends_a_call_that_blocks_the_interpreter(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a call during which the probe can't write."""
    monkeypatch.setattr(player, "_GRACE", 0.2)
    call = Call("messages.create", "clean")
    behaviour = play("holds_the_interpreter", [call], SHORT).behaviour
    assert {call: Observation(outcome=Outcome.TIMED_OUT)} == behaviour


def test_a_crash_loses_one_call(play: Play) -> None:
    """Check that the observation says how the interpreter ended."""
    calls = [Call("messages.create", f"first-{kind}") for kind in ("not_found_error", "api_error", "overloaded_error")]
    behaviour = play("crashes_in_call", calls).behaviour
    assert Outcome.RAISED == behaviour[calls[0]].outcome
    assert [
        Observation(outcome=Outcome.HARNESS_FAILED, detail="The interpreter ended with exit code 3."),
        Observation(outcome=Outcome.HARNESS_FAILED, detail="The interpreter was ended by signal 9."),
    ] == [behaviour[call] for call in calls[1:]]


def test_a_surface_is_given_up_after_several_crashes(play: Play, fake_probe: Path) -> None:
    """Check that the calls that were not made are not reported as hangs."""
    calls = [Call("messages.create", scenario) for scenario in [*CATALOGUE][: ANTHROPIC.hopeless + 2]]
    observations = [*play("raises_200", calls, Settings(probe=fake_probe)).behaviour.values()]
    expected = Observation(outcome=Outcome.NOT_RUN, detail="3 calls on this surface failed each time")
    assert [Outcome.HARNESS_FAILED] * ANTHROPIC.hopeless == [
        observation.outcome for observation in observations[: ANTHROPIC.hopeless]
    ]
    assert [expected] * 2 == observations[ANTHROPIC.hopeless :]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("crashes_on_import", "builtins.RuntimeError: no such thing as a good import"),
        ("exits_on_import", "The interpreter ended with exit code 3 while it imported the SDK."),
        ("killed_on_import", "The interpreter was ended by signal 9 while it imported the SDK."),
    ],
)
def test_a_release_that_cannot_be_imported_has_no_observations(play: Play, behaviour: str, reason: str) -> None:
    """Check that the run says why."""
    played = play(behaviour, [Call("messages.create", "clean")])
    assert ({}, reason) == (played.behaviour, played.cannot_import)


def test_an_import_that_hangs_is_ended(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the release counts as one that can't be imported."""
    monkeypatch.setattr(player, "_IMPORT_TIME", 0.3)
    played = play("hangs_on_import", [Call("messages.create", "clean")])
    assert ({}, "The interpreter did not answer in time while it imported the SDK.") == (
        played.behaviour,
        played.cannot_import,
    )


@BOTH
def test_a_client_that_cannot_be_made_has_its_own_outcome(play: Play, surface: str) -> None:
    """Check that it differs from a call that raises."""
    call = Call(surface, "clean")
    observation = play("cannot_construct", [call]).behaviour[call]
    assert observation.exception is not None
    assert (Outcome.CANNOT_CONSTRUCT, "builtins.TypeError") == (observation.outcome, observation.exception.name)


def test_noise_changes_no_observation(play: Play) -> None:
    """Check a release that prints, even lines of the protocol."""
    calls = ANTHROPIC.suite.calls(
        SuitePart(("clean", "mid-api_error", "reset"), ("messages.create", "messages.create-async"))
    )
    assert play("raises_200", calls).behaviour == play("prints", calls).behaviour


@pytest.mark.parametrize("openly", [False, True], ids=["sandbox", "open"])
def test_threads_and_processes_of_a_call_end_with_the_probe(play: Play, own_cache: Path, *, openly: bool) -> None:
    """Check that nothing is left running; without a sandbox, the probe ends its process group."""
    calls = ANTHROPIC.suite.calls(SuitePart(("clean", "mid-api_error"), ("messages.create", "messages.create-async")))
    left = play("leaves_things_behind", calls, openly=openly)
    assert play("raises_200", calls, openly=openly).behaviour == left.behaviour
    drive.wait_until(lambda: not drive.processes_with(own_cache), "a killed group")


@pytest.mark.parametrize("openly", [False, True], ids=["sandbox", "open"])
def test_processes_of_a_killed_probe_end_with_it(play: Play, own_cache: Path, *, openly: bool) -> None:
    """Check that the harness ends the process group of a probe that could not do so itself."""
    call = Call("messages.create", "first-overloaded_error")
    assert Outcome.HARNESS_FAILED == play("crashes_in_call", [call], openly=openly).behaviour[call].outcome
    patience = 20.0  # a third of the life of the processes
    drive.wait_until(lambda: not drive.processes_with(own_cache), "a killed group", patience)


def test_text_is_canonical(play: Play) -> None:
    """Check that texts hold no address, folder or port, and that values JSON can't hold are named by class."""
    call = Call("messages.create", "mid-timeout_error")
    exception = play("strange_text", [call]).behaviour[call].exception
    assert exception is not None
    assert "at 0x in {env} from {base}" == exception.text
    assert {"$object": "builtins.float", "$text": "nan"} == exception.body


def test_a_lone_surrogate_is_escaped(play: Play) -> None:
    """Check that text that UTF-8 can't hold is still an observation."""
    call = Call("messages.create", "mid-api_error")
    exception = play("strange_text", [call]).behaviour[call].exception
    assert exception is not None
    assert ("lone surrogate ?", {"?": "?"}) == (exception.text, exception.body)


def test_the_same_broken_line_is_not_flaky(play: Play, fake_probe: Path) -> None:
    """Check that its failure is the same each time, wherever in the line the fault is."""
    with (fake_probe / "__main__.py").open("a", encoding="utf-8") as program:
        program.write("import time; print(' ' * (time.monotonic_ns() % 1000), 'no line of ours', flush=True)")
    call = Call("messages.create", "clean")
    assert Outcome.FLAKY != play("raises_200", [call], Settings(probe=fake_probe)).behaviour[call].outcome


def test_a_hang_that_is_not_repeated_is_flaky(play: Play, fake_probe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that an import that fails in a later attempt does not count as a hang."""
    monkeypatch.setattr(player, "_GRACE", 0.2)
    once = "import os, pathlib, time\nmarker = pathlib.Path.home() / 'marker'\nif marker.exists():\n    os._exit(3)\n"
    program = fake_probe / "__main__.py"
    source = program.read_text(encoding="utf-8")
    program.write_text(f"{once}marker.touch()\n{source}time.sleep(3600)\n", encoding="utf-8")
    call = Call("messages.create", "clean")
    settings = Settings(deadline=SHORT.deadline, probe=fake_probe)
    assert Outcome.FLAKY == play("raises_200", [call], settings, openly=True).behaviour[call].outcome


def write_probe(program: Path, source: str) -> Path:
    """Write a probe that runs a source on the first `call` of its `plan`."""
    program.write_text(
        "import json, os, pathlib, sys, urllib.request\n"
        "plan = json.loads(sys.stdin.readline())\n"
        "call = plan['calls'][0]\n"
        "home = pathlib.Path.home()\n"
        "print('{\"imported\": true}', flush=True)\n" + source,
        encoding="utf-8",
    )
    return program.parent


def test_a_hang_does_not_count_its_requests(play: Play, fake_probe: Path) -> None:
    """Check a call that makes another number of requests in each attempt."""
    probe = write_probe(
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


def test_a_request_below_another_path_belongs_to_no_call(play: Play, fake_probe: Path) -> None:
    """Check a client that adds a segment to the path of its base URL: its calls are answered with a 404."""
    probe = write_probe(
        fake_probe / "__main__.py",
        "for path in ('/v1/messages', '/v2/v1/messages'):\n"
        "    try:\n"
        "        urllib.request.urlopen(call['base_url'] + path, b'{}').read()\n"
        "    except urllib.error.HTTPError as error:\n"
        "        print(error, file=sys.stderr)\n"
        'print(\'{"call": 0, "seen": {"outcome": "raised"}}\', flush=True)\n',
    )
    played = play("raises_200", [Call("messages.create", "clean")], Settings(probe=probe), openly=True)
    assert ("/0/clean/v2",) == played.strays
    assert Outcome.HARNESS_FAILED is controls.judge_run(played)[0]


TIMED_OUT, RAISED = (Observation(outcome=outcome) for outcome in (Outcome.TIMED_OUT, Outcome.RAISED))


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        pytest.param([RAISED], RAISED, id="one attempt"),
        pytest.param([TIMED_OUT] * 3, TIMED_OUT, id="the same outcome each time"),
        pytest.param(
            [Observation(outcome=Outcome.TIMED_OUT, requests=number) for number in (7, 9, 7)],
            Observation(outcome=Outcome.TIMED_OUT, detail="It made requests without an end."),
            id="hangs with other numbers of requests",
        ),
        pytest.param(
            [TIMED_OUT, RAISED, TIMED_OUT],
            Observation(outcome=Outcome.FLAKY, counts={"timed-out": 2, "raised": 1}),
            id="other outcomes",
        ),
        pytest.param(
            [Observation(outcome=Outcome.HARNESS_FAILED, detail=detail) for detail in ("a", "b", "b")],
            Observation(outcome=Outcome.FLAKY, counts={"harness-failed": 3}),
            id="other failures of the harness",
        ),
    ],
)
def test_attempts_are_settled_on_what_they_agree_on(attempts: list[Observation], expected: Observation) -> None:
    """Check that attempts that differ are flaky."""
    assert expected == player._settle(attempts)


@pytest.mark.parametrize("folder", [None, Path("kept") / "here"])
def test_the_plan_holds_the_timeout_and_the_folder_of_bytecode(
    play: Play, fake_probe: Path, own_cache: Path, folder: Path | None
) -> None:
    """Check that only scenarios that test a timeout set one."""
    keep_the_first = "(home / 'plan').exists() or (home / 'plan').write_text(json.dumps(plan))\n"
    probe = write_probe(fake_probe / "__main__.py", keep_the_first)
    calls = [Call("messages.create", "clean"), Call("messages.stream-async", "stall")]
    play("raises_200", calls, Settings(deadline=7.0, probe=probe, bytecode=folder), openly=True)
    plan = msgspec.json.decode((own_cache / "home" / "plan").read_bytes())
    assert (7.0, folder and str(folder)) == (plan["deadline"], plan["bytecode"])
    stall = CATALOGUE["stall"].timeout
    expected = [("messages.create", None), ("messages.stream-async", stall)]
    assert expected == [(call["surface"], call["timeout"]) for call in plan["calls"]]
    assert stall is not None


@pytest.mark.parametrize("steps", range(5))
def test_a_cancellation_is_not_lost_when_a_line_arrives(steps: int) -> None:
    """Check each step between the line's arrival and its reading."""

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


def test_a_cell_has_no_variable_of_the_user(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that no key, proxy or path gets in."""
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


def test_an_unknown_surface_is_a_failure_of_the_harness(play: Play) -> None:
    """Check that the other calls are still observed."""
    supported, unknown = Call("messages.create", "clean"), Call("messages.invent", "clean")
    behaviour = play("raises_200", [unknown, supported]).behaviour
    assert [Outcome.HARNESS_FAILED, Outcome.COMPLETED] == [behaviour[unknown].outcome, behaviour[supported].outcome]


SECOND_CALLS = {"messages.create.second-call", "messages.create.second-call-async"}
"""The calls that the probe can make before the suite has a scenario for them."""


def test_the_suite_uses_exactly_the_surfaces_of_the_probe() -> None:
    """Check the target's surfaces against the table of the probe."""
    question = "import json, probe_surfaces; print(json.dumps(list(probe_surfaces._SURFACES)))"
    answer = subprocess.run([sys.executable, "-c", question], cwd=ANTHROPIC.probe, capture_output=True, check=True)
    surfaces = msgspec.json.decode(answer.stdout, type=list[str])
    assert sorted({*ANTHROPIC.surfaces, *SECOND_CALLS}) == sorted(surfaces)


def test_a_client_that_a_release_lacks_is_unsupported(play: Play) -> None:
    """Check that no request is made for it, and that its lack is no fault of the release."""
    others = [id_ for id_, surface in ANTHROPIC.surfaces.items() if surface.client]
    calls = [Call(surface, id_) for surface in others for id_ in ("clean", "unknown", "mid-overloaded_error")]
    behaviour = play("raises_200", [*calls, Call("messages.create", "clean")]).behaviour
    assert 24 == len(others)
    assert {(Outcome.UNSUPPORTED, 0)} == {(behaviour[call].outcome, behaviour[call].requests) for call in calls}
    assert Outcome.COMPLETED == behaviour[Call("messages.create", "clean")].outcome


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("print('no line of ours', flush=True)", "The interpreter wrote a line that is no observation"),
        ("print('{\"call\": 7}', flush=True)", "The interpreter"),
        ("pass", "The interpreter ended with exit code 0."),
    ],
    ids=["text that is no line of the protocol", "a call that is not in the plan", "no line at all"],
)
def test_a_probe_that_breaks_the_protocol_is_a_failure_of_the_harness(
    play: Play, fake_probe: Path, source: str, detail: str
) -> None:
    """Check that the failure is the same each time."""
    with (fake_probe / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(source)
    call = Call("messages.create", "clean")
    observation = play("raises_200", [call], Settings(probe=fake_probe)).behaviour[call]
    assert (Outcome.HARNESS_FAILED, detail) == (observation.outcome, observation.detail[: len(detail)])


def test_an_interpreter_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    """Check that the release is not blamed."""
    with pytest.raises(ToolFailure, match=r"python can't be started: "):
        drive.play(tmp_path / "python", tmp_path, [Call("messages.create", "clean")], Settings())
