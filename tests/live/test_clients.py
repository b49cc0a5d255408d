"""The other clients of real releases, made and called as the probe does it: on a backend, and on no other server.

Each release runs outside of any sandbox, because a sandbox would hide that a client asks another server.
"""

import json
import os
import subprocess
import sys
from typing import Final

import msgspec
import pytest
from uv import find_uv_bin

from matrix.catalogue.dialect import Dialect
from matrix.harness.program import copy_program
from matrix.targets import ANTHROPIC
from tests.support.raw_client import listening

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

RELEASES: Final = {
    "0.28.1": {"vertex", "bedrock"},
    "0.87.0": {"vertex", "bedrock", "foundry"},
    "0.117.0": {"vertex", "bedrock", "foundry", "aws", "mantle", "google-cloud"},
}
"""A release to the clients that it has."""

_PROGRAM: Final = """
import json, sys

asked = []

def hear(event, arguments):
    if event == "socket.connect":
        asked.append(arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        asked.append(arguments[:2] if event == "socket.getaddrinfo" else (arguments[0], None))
    elif event in ("subprocess.Popen", "os.system"):
        asked.append((event, None))

sys.addaudithook(hear)
folder, address, calls = sys.argv[1:]
sys.path.insert(0, folder)
import anthropic, probe_surfaces
caller = probe_surfaces.Caller(anthropic)
caller.play("messages.create", f"{address}/first/clean", 5.0)  # the first call of a process runs `uname`
seen = []
for surface, scenario in json.loads(calls):
    asked.clear()
    observed = caller.play(surface, f"{address}/{surface}/{scenario}", 5.0)
    caller.settle()
    seen.append({
        "outcome": observed["outcome"],
        "text": (observed.get("delivered") or {}).get("text"),
        "asked": sorted({f"{host}:{port}" for host, port, *_ in asked}),
    })
print(json.dumps(seen))
"""
"""Plays calls with the probe's own code, and records every address that anything in the process asks for."""


class Seen(msgspec.Struct):
    """What the caller of one call saw, and the addresses that its process asked for."""

    outcome: str
    text: str | None
    asked: list[str]


class Played(msgspec.Struct, frozen=True):
    """The calls of one release.

    Attributes:
        version: The release.
        address: The address of the backend.
        seen: What each caller saw, by surface and scenario.
        attempts: The scenario and the dialect of each request, by surface and scenario; and whether it exists there.
        strays: The requests that belong to no call.
    """

    version: str
    address: str
    seen: dict[tuple[str, str], Seen]
    attempts: dict[tuple[str, str], list[tuple[str, Dialect | None, bool]]]
    strays: list[str]


CALLS: Final = [
    (surface, scenario)
    for surface, described in ANTHROPIC.surfaces.items()
    if described.client
    for scenario in ("clean", "mid-overloaded_error", "unknown")
]


@pytest.fixture(scope="module", params=RELEASES)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Install a release with the extra of Bedrock, and play the calls of its other clients."""
    folder = tmp_path_factory.mktemp("clients")
    environment, home = folder / "environment", folder / "home"
    home.mkdir()
    # An older release does not run with a newer HTTP library.
    limits = ["httpx<0.28"] if request.param == "0.28.1" else []
    for arguments in (
        ["venv", "--quiet", "--python", sys.executable, environment],
        ["pip", "install", "--quiet", "--python", environment, f"anthropic[bedrock,vertex]=={request.param}", *limits],
    ):
        subprocess.run([find_uv_bin(), *map(str, arguments)], check=True)
    probe = copy_program(ANTHROPIC.probe, ANTHROPIC.remedy, folder)
    with listening() as server:
        address = server.backend.url("")
        done = subprocess.run(
            [environment / "bin" / "python", "-s", "-B", "-c", _PROGRAM, probe, address, json.dumps(CALLS)],
            env={"HOME": str(home), "PATH": os.defpath},
            capture_output=True,
            check=True,
            text=True,
        )
        journal = server.backend.journal
        attempts = {
            call: [(each.scenario, each.dialect, each.known) for each in journal.take("/" + "/".join(call))]
            for call in CALLS
        }
    seen = msgspec.json.decode(done.stdout.splitlines()[-1], type=list[Seen])
    return Played(request.param, address, dict(zip(CALLS, seen, strict=True)), attempts, journal.strays)


def client_of(call: tuple[str, str]) -> str:
    """Return the client of a call."""
    return ANTHROPIC.surfaces[call[0]].client


def test_a_client_asks_the_backend_and_no_other_server(played: Played) -> None:
    """No credentials are looked up: not in files that name a server, and not from the services of a cloud."""
    own = played.address.removeprefix("http://")
    assert {} == {call: seen.asked for call, seen in played.seen.items() if not {*seen.asked} <= {own}}
    assert [] == played.strays


def test_a_client_that_a_release_lacks_is_unsupported(played: Played) -> None:
    """No request is made for it."""
    lacking = {call for call in CALLS if client_of(call) not in RELEASES[played.version]}
    unsupported = {call for call, seen in played.seen.items() if seen.outcome == "unsupported"}
    assert lacking <= unsupported
    assert {call for call in unsupported if "messages.create" in call[0]} == {
        call for call in lacking if "messages.create" in call[0]
    }
    assert {} == {call: played.attempts[call] for call in unsupported if played.attempts[call]}


def test_a_client_requests_each_scenario_once_and_in_its_dialect(played: Played) -> None:
    """Otherwise it would be measured on another stream than the surface says."""
    expected, requested = {}, {}
    for call, seen in played.seen.items():
        if seen.outcome != "unsupported":
            expected[call] = [(call[1], ANTHROPIC.surfaces[call[0]].dialect, call[1] != "unknown")]
            requested[call] = played.attempts[call]
    assert expected == requested


def test_a_client_reads_a_clean_stream_to_its_end_and_raises_where_it_should(played: Played) -> None:
    """The text of a stream arrives, on every client."""
    clean = {call: seen for call, seen in played.seen.items() if call[1] == "clean" and seen.outcome != "unsupported"}
    assert dict.fromkeys(clean, ("completed", "Hello world")) == {
        call: (seen.outcome, seen.text) for call, seen in clean.items()
    }
    unknown = [seen.outcome for call, seen in played.seen.items() if call[1] == "unknown"]
    assert {"raised"} == {*unknown} - {"unsupported"}
