"""Fixtures: the sites of the committed data and of hostile data, each built once, and a Chromium to visit them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import hostile
from tests.browser.built import Built, build
from tests.browser.serving import served
from tests.browser.visiting import Visits
from tests.miniature import drive
from tests.support.paths import DATA


@pytest.fixture(scope="session")
def site(shared: Path) -> Iterator[Built]:
    """Build the site of the committed data."""
    folder = drive.once(shared / "site", lambda folder: build(DATA, folder))
    with served(folder) as origin:
        yield Built(folder, origin)


@pytest.fixture(scope="session")
def hostile_data(shared: Path) -> Path:
    """Write data in which every text of a release or of the index is hostile."""
    return drive.once(shared / "hostile-data", hostile.write)


@pytest.fixture(scope="session")
def hostile_site(shared: Path, hostile_data: Path) -> Iterator[Built]:
    """Build the site of the hostile data."""
    folder = drive.once(shared / "hostile-site", lambda folder: build(hostile_data, folder))
    with served(folder) as origin:
        yield Built(folder, origin)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the Chromium that CHROMIUM names; it reaches this machine alone."""
    program = os.environ.get("CHROMIUM")
    if program is None:
        pytest.fail("CHROMIUM names no browser. `nox -s browser` finds the one of this machine.")
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=arguments) as browser,
    ):
        yield browser


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visits]:
    """Return a function that opens pages; fail if one logs or raises an error, or requests another host."""
    visits = Visits(chromium)
    yield visits
    visits.leave()
    assert "" == "\n".join(visits.complaints)
