"""The program that checks the fix, as the page for readers with the error message prints it, on real releases."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from lxml import html
from uv import find_uv_bin

from midstream.pytest_plugin import Midstream
from tests.site import test_fix

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

# Request fixtures by name: those of another module are its attributes.
_midstream_backend, midstream = test_fix._midstream_backend, test_fix.midstream
sources, site, page = test_fix.sources, test_fix.site, test_fix.page

RELEASES: Final = {
    "0.28.1": ("httpx<0.28",),  # its client passes an argument that httpx 0.28 removed
    "0.86.0": (),
    "2.14.0": (),
}
"""Release to its other requirements: an old one, the last without `error.type`, and the newest."""


@pytest.mark.parametrize("version", RELEASES)
def test_the_program_prints_what_the_page_says(
    site: Mapping[str, bytes], page: html.HtmlElement, midstream: Midstream, tmp_path: Path, version: str
) -> None:
    """Check it outside the repository, next to the file of the site."""
    python = tmp_path / "environment" / "bin" / "python"
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "environment"], check=True)
    requirements = [f"anthropic=={version}", *RELEASES[version]]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *requirements], check=True)
    (tmp_path / "remedy.py").write_bytes(site["remedy.py"])
    program = test_fix.program_of(page).replace(test_fix.ADDRESS, midstream.url("mid-overloaded_error"))
    (tmp_path / "try_fix.py").write_text(program, encoding="utf-8")
    done = subprocess.run([python, "-I", "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (page.get_element_by_id("expected").text_content(), "") == (done.stdout, done.stderr)


RUN: Final = "import sys; sys.path.insert(0, ''); import runpy; runpy.run_path('try_fix.py')"
"""Runs the program without the paths of this test run."""
