"""Manifests: files in which people declare dependencies, and environments in which dependencies are installed.

`read` returns every requirement on a target in one file, `discover` lists the manifests of a folder, `discover_tree`
lists those of all folders below it, and `installed` returns the release of a target in an environment. None of them
raises because of a file's content: each part that can't be read becomes a problem with its place, and the rest of the
file is still read.

A parser is imported when a file of its kind is read, so a command pays only for the kinds that it meets.
"""

from matrix.manifests.discover import declares_requirements, discover, discover_tree
from matrix.manifests.entry import Manifest, ManifestEntry
from matrix.manifests.kinds import installed, read

__all__ = [
    "Manifest",
    "ManifestEntry",
    "declares_requirements",
    "discover",
    "discover_tree",
    "installed",
    "read",
]
