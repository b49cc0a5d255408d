"""What the targets of frameworks share: Python packages through which people call the Anthropic API. Pure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypedDict

from matrix.catalogue.dialect import Dialect
from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Registry


class _Shared(TypedDict):
    """The fields of `Target` that are equal for every framework."""

    registry: Registry
    statuses: Mapping[str, int]
    endpoints: tuple[Endpoint, ...]
    api: str
    shared_probe: Path
    is_sampled: bool


FRAMEWORK: Final[_Shared] = {
    "registry": Registry.PYPI,
    "statuses": ANTHROPIC.statuses,
    "endpoints": (Endpoint("/v1/messages", Dialect.MESSAGES),),
    "api": ANTHROPIC.api,
    "shared_probe": PYTHON_PROBE,
    "is_sampled": True,
}
"""Each framework has these fields of `Target`."""


def framework_links(repository: str, handling: str, tag_prefix: str = "v") -> Links:
    """Make the public pages of a framework; those about the API below it are the API's own."""
    return Links(
        repository=repository,
        errors=ANTHROPIC.links.errors,
        streaming=ANTHROPIC.links.streaming,
        handling=handling,
        tag_prefix=tag_prefix,
    )
