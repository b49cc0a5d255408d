"""Badges: what shields.io's endpoint reads, one for each release and one for the newest. Pure.

Format: https://shields.io/badges/endpoint-badge
"""

from typing import Final

from matrix.model import Frozen, Lane
from matrix.site.api_documents import ReleaseSummary
from matrix.site.marks import BADGE_COLOURS, Mark

PATH: Final = "api/v1/badges/"
"""Where they lie in the site."""


class Badge(Frozen, frozen=True, omit_defaults=False, rename="camel"):
    """What shields.io draws.

    Attributes:
        label: On its left.
        message: On its right.
        color: The colour of the right half.
        schema_version: The version of this format, which is always 1.
    """

    label: str
    message: str
    color: str
    schema_version: int = 1


def badge(package: str, release: ReleaseSummary) -> Badge:
    """Say in a badge how a release reports an error inside a stream, with today's dependencies."""
    label = f"stream errors, {package} {release.version}"
    today = release.lanes.get(Lane.TODAY)
    if today is None:
        return Badge(label, "not measured", BADGE_COLOURS[Mark.UNKNOWN])
    if today.unusable:
        return Badge(label, "can't be used", BADGE_COLOURS[Mark.HANGS])
    if today.documented:
        return Badge(label, "documented code", BADGE_COLOURS[Mark.CODED])
    if today.typed:
        return Badge(label, "status 200 + type", BADGE_COLOURS[Mark.TYPED])
    return Badge(label, today.error or "unnamed", BADGE_COLOURS[Mark.WRONG])
