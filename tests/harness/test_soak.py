"""The soak: what its lines count, what its program does, and a whole run on miniature releases."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.errors import ToolFailure
from matrix.harness import measure, soak
from matrix.harness.player import Settings
from matrix.harness.runner import Job
from matrix.harness.sandbox import Confinement
from matrix.harness.soak import SoakLine, SoakOptions, Tally
from matrix.store.soaks import SoakResult, SoakSet
from matrix.targets import ANTHROPIC
from tests.miniature import drive
from tests.miniature.index import Index, release
from tests.miniature.releases import RELEASES

BYE = {"bye": True}
"""The last line of the program."""


def line(**fields: Any) -> SoakLine:
    """Make a line of the program."""
    return SoakLine(**fields)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([line(bye=True)], Tally(has_ended=True), id="no call"),
        pytest.param(
            [line(call=0), line(call=1, hung=True), line(call=2), line(bye=True)],
            Tally(calls=3, hangs=1, has_ended=True),
            id="a call that hung",
        ),
        pytest.param(
            [line(reason="It has no client.")], Tally(reason="It has no client.", has_ended=True), id="no client"
        ),
        pytest.param(
            [line(call=0), line(call=0, hung=True)],
            Tally(calls=1, reason="The program wrote a line of another call after 1 calls.", has_ended=True),
            id="a call twice",
        ),
        pytest.param(
            [line(call=1)],
            Tally(reason="The program wrote a line of another call after 0 calls.", has_ended=True),
            id="a call too early",
        ),
        pytest.param(
            [line(hung=True)],
            Tally(reason="The program wrote a line of another call after 0 calls.", has_ended=True),
            id="a line without a call",
        ),
        pytest.param(
            [line(call=0), None],
            Tally(calls=1, reason="The program was ended by signal 9 after 1 calls.", has_ended=True),
            id="a program that died",
        ),
    ],
)
def test_lines_are_counted_until_the_end(lines: list[SoakLine | None], expected: Tally) -> None:
    """Only a line of the next call counts: the release can write lines too."""
    tally = Tally()
    for each in lines:
        assert not tally.has_ended
        tally = tally.add(each, "was ended by signal 9")
    assert expected == tally


def test_a_long_reason_is_cut() -> None:
    """A release can't fill the data."""
    assert "x" * 300 == Tally().add(line(reason="x" * 10_000)).reason


# The program, with an SDK that stands in a folder.

SDK = """
import asyncio, os

class Messages:
    def __init__(self, base_url):
        self._scenario = base_url.rpartition("/")[2]

    async def create(self, **arguments):
        print("noise")
        if self._scenario == "hang":
            await asyncio.Event().wait()
        if self._scenario == "stubborn":
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    pass
        if self._scenario == "fail":
            raise ValueError("as planned")
        return self._events()

    async def _events(self):
        yield "event"

class AsyncAnthropic:
    def __init__(self, *, base_url, **arguments):
        self.messages = Messages(base_url)

    async def close(self):
        with open("closed", "a") as file:
            file.write("x")
"""


def run(folder: Path, sdk: str, *scenarios: str, enough: int = 20, closes: bool = False) -> list[dict[str, Any]]:
    """Run the program in a folder with an SDK, and return its lines."""
    (folder / "anthropic.py").write_text(sdk, encoding="utf-8")
    plan = {
        "calls": [f"http://127.0.0.1:1/{scenario}" for scenario in scenarios],
        "deadline": 0.2,
        "enough": enough,
        "closes": closes,
        "bytecode": None,
    }
    done = subprocess.run(
        [sys.executable, "-B", ANTHROPIC.soak_program],
        input=json.dumps(plan) + "\n",
        env={"PYTHONPATH": str(folder)},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=30,
        check=True,
    )
    return [json.loads(each) for each in done.stdout.splitlines()]


def hangs(lines: list[dict[str, Any]]) -> list[bool]:
    """Return whether each call hung, of lines that end as they must."""
    *calls, last = lines
    assert BYE == last
    assert list(range(len(calls))) == [each["call"] for each in calls]
    return [each["hung"] for each in calls]


def test_the_program_goes_on_after_a_hang(tmp_path: Path) -> None:
    """A failure is no hang, and what the SDK prints is no line."""
    assert [False, True, False, False] == hangs(run(tmp_path, SDK, "clean", "hang", "fail", "clean"))


def test_the_program_goes_on_after_a_call_that_can_not_be_cancelled(tmp_path: Path) -> None:
    """The next call gets a new event loop."""
    assert [True, False, True, False] == hangs(run(tmp_path, SDK, "stubborn", "clean", "hang", "clean"))


def test_the_program_stops_after_enough_hangs(tmp_path: Path) -> None:
    """Each costs the deadline."""
    assert [True, False, True] == hangs(run(tmp_path, SDK, *["hang", "clean"] * 5, enough=2))


@pytest.mark.parametrize("closes", [True, False])
def test_the_program_closes_clients_only_if_the_plan_says_so(tmp_path: Path, closes: bool) -> None:
    """A failed call closes its client too."""
    assert [False, False] == hangs(run(tmp_path, SDK, "clean", "fail", closes=closes))
    assert closes == (tmp_path / "closed").exists()
    assert not closes or (tmp_path / "closed").read_text(encoding="utf-8") == "xx"


@pytest.mark.parametrize(
    ("sdk", "reason"),
    [
        pytest.param("", "The release has no asynchronous client.", id="no client"),
        pytest.param(
            "def AsyncAnthropic(**arguments): raise TypeError(\"no argument 'proxies'.\")",
            "The client can't be constructed: TypeError: no argument 'proxies'.",
            id="a client that can't be constructed",
        ),
        pytest.param(
            "raise ImportError(\"cannot import name 'Field' (/tmp/cell/site.py)\")",
            "The SDK can't be imported: ImportError: cannot import name 'Field'.",
            id="an SDK that can't be imported",
        ),
        pytest.param(
            "class AsyncAnthropic:\n    def __init__(self, **arguments): pass",
            "AttributeError: 'AsyncAnthropic' object has no attribute 'completions'",
            id="a client without a call",
        ),
    ],
)
def test_the_program_says_why_no_call_can_be_made(tmp_path: Path, sdk: str, reason: str) -> None:
    """The reason has no path of the environment."""
    assert [{"reason": reason}] == run(tmp_path, sdk, "clean", "clean")


# A whole run, on miniatures.


@pytest.mark.slow
def test_each_set_is_measured_in_a_cell_and_handed_on(
    index: Index, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that hangs in each call, one that hangs in none, and one that can't be imported."""
    monkeypatch.setattr(soak, "ENOUGH", 2)
    results: dict[str, SoakResult] = {}
    jobs = [
        (
            SoakSet(era="", pins=(behaviour,)),
            Job(drive.cell(behaviour), release(RELEASES[behaviour]), drive.lock_of(behaviour)),
        )
        for behaviour in ("swallows_errors", "always_hangs", "crashes_on_import")
    ]
    failures = soak.soak(
        ANTHROPIC,
        jobs,
        measure.Options(index=index.address, workers=3, settings=Settings(), confinement=Confinement.AUTO),
        SoakOptions(calls=30, deadline=2.0),
        drive.Silent(),
        lambda result: results.update({result.set.pins[0]: result}),
    )
    assert ([], 3) == (failures, len(results))
    assert {
        "swallows_errors": (30, 0, ""),
        "always_hangs": (2, 2, ""),
        "crashes_on_import": (0, 0, "The SDK can't be imported: RuntimeError: no such thing as a good import."),
    } == {name: (result.calls, result.hangs, result.reason) for name, result in results.items()}


@pytest.mark.slow
def test_a_set_whose_environment_can_not_be_made_stops_no_other(index: Index, own_cache: Path) -> None:
    """Its failure is returned, and nothing is recorded for it."""
    results: list[SoakResult] = []
    good = Job(drive.cell("swallows_errors"), release(RELEASES["swallows_errors"]), drive.lock_of("swallows_errors"))
    wrong = drive.lock_of("swallows_errors")
    bad = msgspec.structs.replace(
        good, lock=msgspec.structs.replace(wrong, hashes=dict.fromkeys(wrong.pins, ("0" * 64,)))
    )
    failures = soak.soak(
        ANTHROPIC,
        [(SoakSet(era="", pins=("bad",)), bad), (SoakSet(era="", pins=("good",)), good)],
        measure.Options(index=index.address, settings=Settings()),
        SoakOptions(calls=5),
        drive.Silent(),
        results.append,
    )
    assert [ToolFailure] == [type(failure) for failure in failures]
    assert [("good",)] == [result.set.pins for result in results]
