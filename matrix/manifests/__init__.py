"""Manifests: the files in which people write what they depend on, and an environment in which it is installed.

`read` finds every requirement on the SDK in one file, `discover` the files of a folder, `installed` what an
interpreter has. None of them raises for what a file says: what can't be read is a problem with a place, and what
stands around it is read all the same.

A parser is imported when a file of its kind is read, so that one kind costs no more than itself.
"""

from matrix.manifests.discover import discover
from matrix.manifests.entry import Entry, Manifest
from matrix.manifests.kinds import installed, read

__all__ = ["Entry", "Manifest", "discover", "installed", "read"]
