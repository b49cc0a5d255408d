"""Parse PEP 508 requirements, and addresses and paths that stand in their place. Pure.

`packaging` parses the requirements. This module adds which package and which release an address names.
"""

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement

from matrix.manifests.names import extras_of, is_target, spellings
from matrix.manifests.specifiers import exact, specifier_of
from matrix.targets.target import Target

LONGEST = 20_000
"""Characters of a requirement without its hashes. Nobody writes one that long, and parsing may take quadratic time."""

_CLAUSE = r"(?:[<>=!]=|[<>]) ?[0-9]+(?:\.[0-9]+)*"
_PLAIN = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9]+(?:, ?[A-Za-z0-9]+)*\])?"
    rf" ?(?:{_CLAUSE}(?:, ?{_CLAUSE})*)?"
)
"""A requirement with plain versions and without a marker."""

DIRECT = re.compile(
    r"[a-z][a-z0-9+.-]*:|[.~/\\]|\$\{|[^@;]*[/\\]|\S+\.(whl|zip|tar\.(gz|bz2|xz|Z)|tgz|tar|tbz)\b", re.IGNORECASE
)
"""The beginning of a line that has no name: an address, a path, a variable, an archive."""

_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)(?:\[([^\[\]]*)\])?")


class ParsedRequirement(NamedTuple):
    """A requirement on any package.

    Attributes:
        name: The package, as written; empty if an address does not name it.
        specifier: The releases that it allows, in normal form; empty for any release.
        marker: The PEP 508 marker under which it applies; empty if it always applies.
        extras: The extras that it asks for, normalised and sorted.
        direct: The address or path that it is installed from; empty for an index.
    """

    name: str
    specifier: str = ""
    marker: str = ""
    extras: tuple[str, ...] = ()
    direct: str = ""


def is_on_another(text: str, target: Target) -> bool:
    """Return whether a text is a plain requirement on another package. It is valid, and need not be parsed."""
    plain = _PLAIN.fullmatch(text) if len(text) <= LONGEST and not DIRECT.match(text) else None
    return plain is not None and not is_target(plain[1], target)


def parse_requirement(text: str, target: Target) -> ParsedRequirement:
    """Parse a requirement by name: `anthropic[bedrock]>=0.40,<1; python_version >= "3.9"`, `anthropic @ https://...`.

    Raises:
        ValueError: The text is not a requirement.
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    try:
        parsed = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        raise ValueError("no requirement") from error
    marker = str(parsed.marker) if parsed.marker else ""
    extras = extras_of(parsed.extras)
    if parsed.url:
        specifier = named_by(parsed.url, target).specifier if is_target(parsed.name, target) else ""
        return ParsedRequirement(parsed.name, specifier, marker, extras, parsed.url)
    return ParsedRequirement(parsed.name, specifier_of(str(parsed.specifier)), marker, extras)


def named_by(address: str, target: Target) -> ParsedRequirement:
    """Return what an address or a path names: by `#egg=`, by a wheel, by a source archive, or by the target's checkout.

    The name is empty if the address does not say: it may still be the target.
    """
    egg = _EGG.search(address)
    path = unquote(address.partition("#")[0].partition("?")[0])
    last = path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    specifier = ""
    file = _file(target.package).fullmatch(last)
    if file:
        try:
            specifier = exact(file["version"])
        except ValueError:
            specifier = ""
    if egg:
        extras = extras_of(egg[2].split(",") if egg[2] else ())
        return ParsedRequirement(egg[1], specifier, extras=extras, direct=address)
    repository = re.sub(r"(\.git)?(\[[^\[\]]*\])?$", "", re.sub(r"(?<=.)@.*$", "", last))
    is_checkout = target.checkout and repository.lower() == target.checkout.lower()
    if file or is_checkout or _is_tagged_checkout(path, target.checkout):
        return ParsedRequirement(target.package, specifier, direct=address)
    return ParsedRequirement("", direct=address)


def marker_of(text: str) -> str:
    """Parse a marker, and return it as `packaging` writes it; empty for always.

    Raises:
        ValueError: The text is not a marker.
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    if not text.strip():
        return ""
    try:
        return str(Marker(text))
    except (InvalidMarker, RecursionError) as error:
        raise ValueError("no marker") from error


@cache
def _file(package: str) -> re.Pattern[str]:
    """Compile the pattern of a package's wheels and source archives."""
    return re.compile(
        rf"{spellings(package)}-(?P<version>[^-]+?)(?:-[^/]*\.whl|\.tar\.gz|\.zip|\.tar\.bz2)", re.IGNORECASE
    )


def _is_tagged_checkout(path: str, checkout: str) -> bool:
    """Return whether a path is the target's checkout at a branch with a slash in its name: `sdk.git@feature/x`."""
    return bool(checkout) and re.search(rf"/{re.escape(checkout)}(\.git)?@", path, re.IGNORECASE) is not None
