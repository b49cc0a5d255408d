"""Read `pnpm-workspace.yaml`: the ranges in its catalogs, and those that replace others. Pure."""

from matrix.manifests import yaml
from matrix.manifests.draft import Draft
from matrix.manifests.npm_dependencies import read_dependency, split_descriptor


def read(source: str, draft: Draft) -> None:
    """Add the target from the catalogs, which `catalog:` in a `package.json` refers to, and from the overrides."""
    document, lines = yaml.read(source, draft)
    paths = [("catalog",), *(("catalogs", name) for name in draft.table(document, "catalogs")), ("overrides",)]
    for path in paths:
        for key, range_ in draft.table(document, *path).items():
            name, _ = split_descriptor(key.rpartition(">")[2].strip())
            draft.entries += read_dependency(name, range_, draft, lines.get((*path, key), 0), ".".join(path))
