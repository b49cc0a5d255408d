"""Equal data gives equal sites."""

from pathlib import Path

import pytest

from tests.browser.built import Built, build
from tests.support.paths import DATA


@pytest.mark.slow
def test_another_process_builds_the_same_bytes(site: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check another order of sets and hashes."""
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    build(DATA, tmp_path)
    again = Built(tmp_path)
    assert site.files == again.files
    assert [] == [path for path in site.files if site.read(path) != again.read(path)]
