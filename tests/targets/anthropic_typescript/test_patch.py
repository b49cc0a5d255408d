"""The control of the TypeScript SDK: patched, it comes out right by the documented rule, and the control can fail."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from matrix.harness.controls import control_calls
from matrix.observation import Behaviour
from matrix.targets import ANTHROPIC_TYPESCRIPT
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_all
from tests.targets.anthropic_typescript.conftest import SDK, Play, install

ERRORS = ("mid-overloaded_error", "mid-rate_limit_error", "mid-api_error", "mid-unheard_of_error")
CALLS = [
    call
    for call in control_calls(ANTHROPIC_TYPESCRIPT)
    if call.scenario in (*ERRORS, "clean", "http-overloaded_error", "http-rate_limit_error", "http-api_error")
    and call.surface != "completeStream"
]


def patch(folder: Path, statuses: Mapping[str, int]) -> None:
    """Patch the SDK of an environment: its entry calls the patch, as the harness does it."""
    package = folder / "node_modules" / "@anthropic-ai" / "sdk"
    (package / "midstream_patch.cjs").write_bytes(ANTHROPIC_TYPESCRIPT.patch.read_bytes())
    entry = package / "index.mjs"
    entry.write_text(
        f"{entry.read_text()}\nimport midstream from './midstream_patch.cjs';\n"
        f"import * as sdk from './index.mjs';\nmidstream.patch(sdk, {json.dumps(dict(statuses))});\n"
    )


def wrong(behaviour: Behaviour) -> set[str]:
    """List the scenarios that come out wrong by the documented rule on any surface."""
    verdicts = judge_all(ANTHROPIC_TYPESCRIPT, behaviour, Yardstick.DOCUMENTED)
    return {call.scenario for call, verdict in verdicts.items() if verdict.kind is not VerdictKind.RIGHT}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        pytest.param(dict(ANTHROPIC_TYPESCRIPT.statuses), set(), id="patched"),
        pytest.param({"overloaded_error": 500}, {*ERRORS} - {"mid-unheard_of_error"}, id="a wrong table"),
        pytest.param({}, {*ERRORS} - {"mid-unheard_of_error"}, id="not patched"),
    ],
)
def test_the_patched_sdk_comes_out_right_and_no_other(
    play: Play, tmp_path: Path, statuses: dict[str, int], expected: set[str]
) -> None:
    """Check every surface of the control."""
    install(tmp_path / "cell", SDK)
    patch(tmp_path / "cell", statuses)
    assert expected == wrong(play(CALLS).behaviour)
