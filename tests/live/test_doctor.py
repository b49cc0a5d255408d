"""A real release, played in an environment of its own by `matrix doctor --reproduce`."""

import subprocess
import sys
from pathlib import Path

import pytest

from matrix import cli
from tests.support.paths import DATA

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_reproduction_prints_what_the_caller_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It plays the overloaded error inside a stream with the installed release, which raises what the data says."""
    environment = tmp_path / "app" / ".venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", "3.11", environment], check=True)
    subprocess.run(
        [*uv, "pip", "install", "-q", "--python", environment / "bin" / "python", "anthropic==0.87.0"], check=True
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIDSTREAM_DATA", str(DATA))
    monkeypatch.setattr(sys, "argv", ["matrix", "doctor", "--reproduce"])
    with pytest.raises(SystemExit):
        cli.main()
    printed = " ".join(capsys.readouterr().out.split())
    seen = "200 APIStatusError, type overloaded_error"
    assert f"Played In app/.venv, messages.create of 0.87.0 gave {seen}, as in the data: " in printed
