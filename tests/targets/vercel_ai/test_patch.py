"""The control of the Vercel AI SDK: patched, it comes out right by the documented rule, and the control can fail."""

import json
from collections.abc import Mapping
from pathlib import Path

from matrix.harness.controls import control_calls
from matrix.harness.patching import documented_statuses
from matrix.observation import Behaviour, Call
from matrix.targets import VERCEL_AI
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_all
from tests.targets.vercel_ai.conftest import Play, install

CALLS = [call for call in control_calls(VERCEL_AI) if call.scenario != "unknown"]


def patch(folder: Path, statuses: Mapping[str, int]) -> None:
    """Patch the SDK of an environment: its entry calls the patch, as the harness does it."""
    package = folder / "node_modules" / "ai"
    (package / "midstream_patch.cjs").write_bytes(VERCEL_AI.patch.read_bytes())
    entry = package / "index.mjs"
    entry.write_text(
        f"{entry.read_text()}\nimport midstream from './midstream_patch.cjs';\n"
        f"import * as sdk from './index.mjs';\nmidstream.patch(sdk, {json.dumps(dict(statuses))});\n"
    )


def wrong(behaviour: Behaviour) -> set[Call]:
    """List the calls that come out wrong by the documented rule."""
    verdicts = judge_all(VERCEL_AI, behaviour, Yardstick.DOCUMENTED)
    return {call for call, verdict in verdicts.items() if verdict.kind is not VerdictKind.RIGHT}


def test_the_patched_sdk_comes_out_right(play: Play, tmp_path: Path) -> None:
    """Check each way to read a stream."""
    install(tmp_path / "cell")
    patch(tmp_path / "cell", documented_statuses(VERCEL_AI))
    behaviour = play(CALLS)
    assert set(VERCEL_AI.surfaces) == {call.surface for call in behaviour}
    assert set() == wrong(behaviour)


def test_an_sdk_without_the_patch_comes_out_wrong(play: Play) -> None:
    """Check that only complete streams come out right."""
    assert {call for call in CALLS if call.scenario != "clean"} == wrong(play(CALLS))


def test_a_patch_with_a_wrong_table_comes_out_wrong(play: Play, tmp_path: Path) -> None:
    """Check the error whose status is wrong, and no other."""
    install(tmp_path / "cell")
    patch(tmp_path / "cell", {"overloaded_error": 500})
    overloaded = {id_ for id_ in VERCEL_AI.suite.playable if "overloaded" in id_} | {"after-stop", "error-then-done"}
    assert {call for call in CALLS if call.scenario in overloaded} == wrong(play(CALLS))
