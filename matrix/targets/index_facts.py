"""The facts of the package index about a target that a check needs without a network. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matrix.model import Frozen

if TYPE_CHECKING:
    from packaging.version import Version


class Carrier(Frozen, frozen=True, kw_only=True):
    """A package that brings a target: it requires the target, so a project need not name it.

    Attributes:
        release: The release of the package whose metadata was read, its newest on that day.
        requires: Each of its extras, or empty for no extra, to the releases of the target that it requires.
    """

    release: str
    requires: Mapping[str, str]


class IndexFacts(Frozen, frozen=True, kw_only=True):
    """The facts of the package index about a target and the packages that bring it, from a file in the target's folder.

    Attributes:
        extras: Each extra of the package to the releases that have it, as a PEP 440 specifier.
        newest: The newest release that the file knows; empty if there is no file.
        carriers: The packages that bring the target, by normalised name.
    """

    extras: Mapping[str, str] = {}
    newest: str = ""
    carriers: Mapping[str, Carrier] = {}

    def lacks(self, extra: str, version: "Version") -> bool:
        """Return whether a release is known to have no extra of this name."""
        from packaging.specifiers import SpecifierSet  # most requirements have no extra
        from packaging.version import Version

        if not self.newest or version > Version(self.newest):
            return False
        specifier = self.extras.get(extra)
        return specifier is None or not SpecifierSet(specifier).contains(version, prereleases=True)
