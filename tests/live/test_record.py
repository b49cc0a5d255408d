"""A real release of the SDK through the recorder, and then against what was recorded."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from uv import find_uv_bin

from matrix.backend.scenario_files.reading import load
from matrix.targets import ANTHROPIC
from tests.support.paths import ROOT
from tests.support.raw_client import listening

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAM = """\
import json, sys
import anthropic

raised = []
for base_url in sys.argv[1:]:
    with anthropic.Anthropic(base_url=base_url, api_key="sk-canary-0123456789", max_retries=0, timeout=1.0) as client:
        try:
            messages = [{"role": "user", "content": "canary"}]
            with client.messages.stream(model="any", max_tokens=9, messages=messages) as stream:
                raised.append(["completed", stream.get_final_message().stop_reason])
        except Exception as error:
            raised.append([type(error).__name__, getattr(error, "status_code", None), getattr(error, "type", None)])
print(json.dumps(raised))
"""

SCENARIOS = (
    *("clean", "mid-overloaded_error", "first-rate_limit_error", "http-overloaded_error", "reset", "stall"),
    *("cut-chunk", "bad-chunk-size", "short-content-length", "bad-gzip", "eof-mid", "bad-json-delta", "html-200"),
    *("tool-block", "split-utf8", "json-error-200", "reset-before-anything"),
)


def test_the_sdk_raises_on_the_replay_what_it_raised_on_the_original(tmp_path: Path) -> None:
    """Check that texts, ids and keys do not matter, and that none of them is in the file."""
    python = tmp_path / "environment" / "bin" / "python"
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, tmp_path / "environment"], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", python, "anthropic==0.87.0"], check=True)
    path = tmp_path / "recorded.yaml"
    with listening() as server:
        record: list[str | Path] = [
            sys.executable,
            "-m",
            "matrix",
            "record",
            "--to",
            path,
            "--upstream",
            server.backend.url(""),
            "--",
        ]
        first = _ask([*record, python, "-c", PROGRAM, *(f"{{url}}/{id_}" for id_ in SCENARIOS)])
    scenarios = load([path], ANTHROPIC)
    assert [f"recorded-{number}" for number in range(1, len(SCENARIOS) + 1)] == [*scenarios]
    with listening(scenarios=scenarios) as server:
        second = _ask([python, "-c", PROGRAM, *(server.backend.url(f"/{id_}") for id_ in scenarios)])
    assert dict(zip(SCENARIOS, first, strict=True)) == dict(zip(SCENARIOS, second, strict=True))
    assert len({str(each) for each in first}) > 4
    written = path.read_text(encoding="utf-8")
    assert [] == [word for word in ("canary", "Hello", "Overloaded", server.backend.url("")) if word in written]


def _ask(command: Sequence[str | Path]) -> list[object]:
    """Run a program, and return what it raised for each address."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    raised: list[object] = json.loads(done.stdout)
    return raised
