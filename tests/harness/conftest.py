"""Fixtures of the tests of the harness: a release that runs whatever a test writes into its environment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matrix.harness.player import Settings
from matrix.observation import Call, Outcome
from tests.miniature import drive
from tests.miniature.index import Index

CALL = Call("messages.create", "mid-overloaded_error")

Act = Callable[..., Any]


@pytest.fixture
def cell(shared: Path, own_cache: Path, index: Index, tmp_path: Path) -> Path:
    """Make an environment of the hostile miniature, for this test alone."""
    return drive.install(index, "does_as_told", tmp_path / "cell").parent.parent


@pytest.fixture
def act(cell: Path, own_cache: Path) -> Act:
    """Make the miniature run a source, and return the value that it gives to `told`."""

    def done(source: str, *, openly: bool = False, settings: Settings | None = None) -> Any:
        (cell / "act.py").write_text(source, encoding="utf-8")
        home = own_cache / "home"
        home.mkdir(parents=True, exist_ok=True)
        played = drive.play(cell / "bin" / "python", home, [CALL], settings or Settings(), openly=openly)
        observation = played.behaviour[CALL]
        assert (Outcome.RAISED, "") == (observation.outcome, played.cannot_import)
        assert observation.exception is not None
        return json.loads(observation.exception.text)

    return done
