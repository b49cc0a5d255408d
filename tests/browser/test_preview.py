"""`matrix serve` in a browser: an open page follows the builds, by the policy that the published one has."""

import subprocess
import sys
from pathlib import Path

import pytest

from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.browser.visiting import Visits
from tests.site.test_report import release

pytestmark = pytest.mark.browser


def test_an_open_page_loads_itself_again(visit: Visits, tmp_path: Path) -> None:
    """Once its site is another; so a release that is new to the data shows up by itself."""
    store = Store(tmp_path / "data", ANTHROPIC)
    store.put_releases({"0.4.0": release("0.4.0", 1)})
    command = [sys.executable, "-u", "-m", "matrix", "--data", str(store.folder), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            announced = next(line for line in serving.stdout if line.startswith("Listening on "))
            address = announced.removeprefix("Listening on ").partition(",")[0]
            page = visit(f"{address}404.html")  # which names the newest
            assert 0 == page.locator("a[href='/releases/0.5.0/']").count()
            store.put_releases({**store.releases(), "0.5.0": release("0.5.0", 2)})
            page.locator("a[href='/releases/0.5.0/']").wait_for()
            visit.leave()
        finally:
            serving.terminate()
