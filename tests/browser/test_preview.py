"""`matrix serve` in a browser: an open page reloads after each build, under the published policy."""

import subprocess
import sys
from pathlib import Path

import pytest

from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.browser.visiting import Visits
from tests.site.test_report import release

pytestmark = pytest.mark.browser


def test_an_open_page_reloads_after_a_build(visit: Visits, tmp_path: Path) -> None:
    """Check that a new release appears."""
    store = Store(tmp_path / "data", ANTHROPIC)
    store.put_releases({"0.4.0": release("0.4.0", 1)})
    command = [sys.executable, "-u", "-m", "matrix", "--data", str(store.folder), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            announced = next(line for line in serving.stdout if line.startswith("Listening on "))
            address = announced.removeprefix("Listening on ").partition(",")[0]
            page = visit(f"{address}404.html")  # it names the newest release
            assert 0 == page.locator("a[href='/releases/0.5.0/']").count()
            store.put_releases({**store.releases(), "0.5.0": release("0.5.0", 2)})
            page.locator("a[href='/releases/0.5.0/']").wait_for()
            visit.leave()
        finally:
            serving.terminate()
