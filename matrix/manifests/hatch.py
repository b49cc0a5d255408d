"""Read `hatch.toml`, and `[tool.hatch.envs]` of a `pyproject.toml`: the requirements of environments. Pure."""

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.listed import listed_entries
from matrix.manifests.mentions import Document, Path

_LISTS = ("dependencies", "extra-dependencies")


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target."""
    read_tables((), toml.read(source, draft), draft)


def read_tables(prefix: Path, document: Document, draft: Draft) -> None:
    """Add every requirement on the target in the environments below a path."""
    parent = (*map(str, prefix), "envs")
    for name in draft.table(document.tables, *parent):
        for key in _LISTS:
            items = draft.table(document.tables, *parent, name).get(key)
            if items is not None:
                path = (*prefix, "envs", name, key)
                draft.entries += listed_entries(path, items, document.lines, draft)
