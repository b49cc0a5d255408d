"""The audit of applications that use a real release of the SDK: every fault is found, and none is invented.

These are a sample, so that CI stays quick: `nox -s bench -- --only audit` audits all of them.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from uv import find_uv_bin

from bench.applications.faults import FAULTS, read_verdicts
from tests.live.test_remedy_recipes import LIBRARIES
from tests.miniature.drive import once, run_command
from tests.support.paths import ROOT

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(900)]

APPLICATIONS: Final = ROOT / "bench" / "applications"

SAMPLE: Final = ("naive", "by_type", "storms")
"""The applications that are audited: one without retries, one that is nearly right, and one that never stops."""

RELEASE: Final = "0.87.0"
"""The release of the SDK, on which they have the faults that they have on 2.14.0; its import takes a third of the time.

The audits of the tutorial use 2.14.0.
"""


def install(folder: Path, *requirements: str) -> Path:
    """Make an environment with requirements and this project; return its interpreter."""
    uv, interpreter = find_uv_bin(), folder / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", interpreter, *requirements], check=True)
    (next((folder / "lib").iterdir()) / "site-packages" / "midstream.pth").write_text(str(ROOT), encoding="utf-8")
    return interpreter


@pytest.fixture(scope="session")
def python(shared: Path) -> Path:
    """Install the SDK and the libraries of the applications; return the interpreter."""
    requirements = (f"anthropic=={RELEASE}", *LIBRARIES)
    return once(shared / "audited", lambda folder: install(folder, *requirements)) / "bin" / "python"


def audit(python: Path, application: str, *options: str) -> dict[str, Any]:
    """Audit an application; return the report."""
    done = run_command("audit", "--format", "json", *options, "--", python, APPLICATIONS / f"{application}.py")
    report: dict[str, Any] = json.loads(done.out)
    return report


@pytest.mark.parametrize("application", SAMPLE)
def test_the_audit_finds_every_fault_of_an_application_and_invents_none(python: Path, application: str) -> None:
    """Check each failure of the headline."""
    report = audit(python, application)
    assert 16 == len(report["subjects"])
    assert {rule: {*scenarios} for rule, scenarios in FAULTS[application].items()} == read_verdicts(report)


def test_every_application_has_a_row_of_faults() -> None:
    """Its file is its name."""
    assert set(FAULTS) == {path.stem for path in APPLICATIONS.glob("*.py")} - {"__init__", "faults"}
