"""Requirements as PEP 508 writes them, and addresses that stand in their place. Pure.

`packaging` reads them. What is added here: which of them are on the SDK, and which release an address names.
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
"""Characters of a requirement without its hashes. Nobody writes one that long, and reading it may be quadratic."""

_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)(?:\[([^\[\]]*)\])?")


class Wanted(NamedTuple):
    """A requirement.

    Attributes:
        name: As it is written.
        specifier: In normal form; empty for any release.
        marker: As PEP 508 writes it; empty for always.
        extras: Normalised and sorted.
        direct: The address or path that it is taken from; empty for an index.
    """

    name: str
    specifier: str = ""
    marker: str = ""
    extras: tuple[str, ...] = ()
    direct: str = ""


def requirement(text: str, target: Target) -> Wanted:
    """Parse a requirement by name: `anthropic[bedrock]>=0.40,<1; python_version >= "3.9"`, `anthropic @ https://...`.

    Raises:
        ValueError: It is none.
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    try:
        read = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        raise ValueError("no requirement") from error
    marker = str(read.marker) if read.marker else ""
    if read.url:
        specifier = named_by(read.url, target).specifier if is_target(read.name, target) else ""
        return Wanted(read.name, specifier, marker, extras_of(read.extras), read.url)
    return Wanted(read.name, specifier_of(str(read.specifier)), marker, extras_of(read.extras))


def named_by(address: str, target: Target) -> Wanted:
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
        return Wanted(egg[1], specifier, extras=extras_of((egg[2] or "").split(",") if egg[2] else ()), direct=address)
    repository = re.sub(r"(\.git)?(\[[^\[\]]*\])?$", "", re.sub(r"(?<=.)@.*$", "", last))
    is_checkout = target.checkout and repository.lower() == target.checkout.lower()
    if file or is_checkout or _is_tagged(path, target.checkout):
        return Wanted(target.package, specifier, direct=address)
    return Wanted("", direct=address)


def marker_of(text: str) -> str:
    """A marker as `packaging` writes it; empty for always.

    Raises:
        ValueError: It is none.
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


def _is_tagged(path: str, checkout: str) -> bool:
    """Return whether a path is a checkout of the target whose branch has a slash in its name: `sdk.git@feature/x`."""
    return bool(checkout) and re.search(rf"/{re.escape(checkout)}(\.git)?@", path, re.IGNORECASE) is not None
