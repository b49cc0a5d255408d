"""Fixture: a collection of garbage that looks at the objects of its test alone."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _collect_new_garbage_only() -> Iterator[None]:
    """Keep the collector from the objects of other tests, which are millions and take it seconds."""
    gc.freeze()
    yield
    gc.unfreeze()
