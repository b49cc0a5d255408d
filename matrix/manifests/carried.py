"""Find packages that bring the target in a file that does not name it. I/O: opens the file.

The readers are those of the target, which look for the other package instead.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from matrix.manifests.entry import ManifestEntry
from matrix.manifests.kinds import read
from matrix.manifests.names import spellings
from matrix.manifests.source import Unreadable, bytes_of
from matrix.targets.target import Target

LARGEST: Final = 1_000_000
"""Bytes of a file that is searched. It is read again for each package in it that brings the target."""


class CarriedTarget(NamedTuple):
    """A requirement on a package that brings the target.

    Attributes:
        package: The name of that package.
        release: The release of the package that is known to require the target.
        requires: The releases of the target that it requires, as a PEP 440 specifier; empty for any.
        entry: The requirement on the package.
    """

    package: str
    release: str
    requires: str
    entry: ManifestEntry


def find_carried(target: Target, path: Path, shown: str) -> list[CarriedTarget]:
    """Find the requirements on packages that bring a target in one file and in the files that it includes."""
    try:
        text = bytes_of(path)
    except Unreadable:
        return []
    if len(text) > LARGEST:
        return []
    carried: list[CarriedTarget] = []
    for name, carrier in target.index.carriers.items():
        if not re.search(spellings(name).encode(), text, re.IGNORECASE):
            continue
        for entry in read(msgspec.structs.replace(target, package=name, checkout=""), path, shown).entries:
            extra = next((each for each in ("", *entry.extras) if each in carrier.requires), None)
            if extra is not None:
                carried.append(CarriedTarget(name, carrier.release, carrier.requires[extra], entry))
    return carried
