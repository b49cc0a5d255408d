"""Read `tox.toml`. I/O: opens the files that it names."""

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.tox import read_tables


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target."""
    read_tables((), toml.read(source, draft), draft)
