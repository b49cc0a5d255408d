"""Write what the package index says of a target and of the packages that bring it: `index.json` in its folder. I/O.

`python -m matrix.releases.index_facts` writes the file again, from the metadata of wheels: a check uses no network, so
the file is committed. Only the packages of `CANDIDATES` are looked up.
"""

import contextlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.model import Release
from matrix.releases import index, metadata
from matrix.releases.metadata import WheelMetadata
from matrix.store.store import Store
from matrix.system.files import write_atomically
from matrix.targets import ANTHROPIC
from matrix.targets.index_facts import Carrier, IndexFacts
from matrix.targets.target import Target

CANDIDATES: Final = (
    *("agno", "aider-chat", "browser-use", "crewai", "dspy", "inspect-ai", "instructor", "langchain-anthropic"),
    *("langchain", "letta", "litellm", "livekit-plugins-anthropic", "llama-index-llms-anthropic", "mem0ai"),
    *("pydantic-ai-slim", "pydantic-ai", "smolagents", "strands-agents"),
)  # fmt: skip
"""Packages that may bring the target. One that requires another stands after it."""


def find(target: Target, releases: Mapping[str, Release], source: str | None = None) -> IndexFacts:
    """Find the extras of every release of a target, and the packages whose newest release requires it.

    Args:
        target: The package.
        releases: Its recorded releases, oldest version first.
        source: The address of the Simple API; None for the package index.
    """
    own = metadata.requirements(target.package, releases, source)
    carriers: dict[str, Carrier] = {}
    for name in CANDIDATES:
        listed = index.fetch(name, {}, source)
        final = [version for version, release in listed.items() if not release.is_prerelease and release.yanked is None]
        required = metadata.requirements(name, {final[-1]: listed[final[-1]]}, source) if final else {}
        for version, wheel in required.items():
            if requires := _requires(wheel, target, carriers):
                carriers[name] = Carrier(release=version, requires=requires)
    return IndexFacts(extras=_extras(own), newest=list(own)[-1] if own else "", carriers=carriers)


def _extras(releases: Mapping[str, WheelMetadata]) -> dict[str, str]:
    """Return each extra with the releases from the first to the last that have it."""
    by_extra: dict[str, list[str]] = {}
    ordered = sorted(releases, key=Version)
    for version in ordered:
        for extra in _extras_of(releases[version]):
            by_extra.setdefault(extra, []).append(version)
    return {
        extra: f">={versions[0]}" + (f",<={versions[-1]}" if versions[-1] != ordered[-1] else "")
        for extra, versions in sorted(by_extra.items())
    }


def _parsed(wheel: WheelMetadata) -> Iterator[Requirement]:
    """Yield the requirements of a wheel; those that are not valid are left out."""
    for text in wheel.distributions:
        with contextlib.suppress(InvalidRequirement):
            yield Requirement(text)


def _extras_of(wheel: WheelMetadata) -> set[str]:
    """Return the extras that the requirements of a wheel name in their markers."""
    words = " ".join(str(requirement.marker) for requirement in _parsed(wheel) if requirement.marker).split('"')
    return {canonicalize_name(word) for before, word in pairwise(words) if before.endswith("extra == ")}


def _requires(wheel: WheelMetadata, target: Target, carriers: Mapping[str, Carrier]) -> dict[str, str]:
    """Return each extra of a wheel, empty for none, to the releases of the target that it requires."""
    requires: dict[str, str] = {}
    for extra in ("", *sorted(_extras_of(wheel))):
        for requirement in _parsed(wheel):
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            name = canonicalize_name(requirement.name)
            if name == canonicalize_name(target.package):
                requires.setdefault(extra, str(requirement.specifier))
            elif name in carriers:
                indirect = carriers[name].requires
                required_extra = next((each for each in ("", *sorted(requirement.extras)) if each in indirect), None)
                if required_extra is not None:
                    requires.setdefault(extra, indirect[required_extra])
    return {"": requires[""]} if "" in requires else requires


def main() -> None:
    """Write the file of the target."""
    releases = Store(Path("reports/data") / ANTHROPIC.id, ANTHROPIC).releases()
    facts = msgspec.json.encode(find(ANTHROPIC, dict(releases)), order="deterministic")
    write_atomically(ANTHROPIC.folder / "index.json", msgspec.json.format(facts, indent=2) + b"\n")


if __name__ == "__main__":
    main()
