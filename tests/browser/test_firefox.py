"""The pages in Firefox: every kind of page is styled, runs its scripts without a complaint, and fits its window."""

import json
import os
import subprocess
from typing import Final

import pytest

from tests.browser.built import PREFIX, Built
from tests.support.paths import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PAGES: Final = (
    "",
    "releases/2.12.0/",
    "scenarios/mid-overloaded_error/",
    "handlers/status-set/",
    "matrix/as-released/",
    "changes/",
    "compare/",
    "check/",
    "fix/",
    "sdks/",
)
"""Pages of different kinds, by path."""

PHONE: Final = 360
"""Width of the window, in pixels."""


def test_pages_work_in_firefox(site: Built) -> None:
    """Check what a reader would notice: a missing style, a script that fails, and a page that scrolls sideways."""
    program = os.environ.get("FIREFOX")
    if program is None:
        pytest.fail("FIREFOX names no browser. `nox -s browser` finds the one of this machine.")
    command = ["node", str(ROOT / "tests/browser/firefox.mjs"), program, str(PHONE)]
    done = subprocess.run(
        [*command, *(f"{site.origin}{PREFIX}{page}" for page in PAGES)], capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)
    noticed = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(PAGES) == len(noticed)
    expected = {"complaints": [], "overflow": 0, "isStyled": True, "isScripted": True}
    assert [] == [page for page in noticed if not page["heading"] or not expected.items() <= page.items()]
