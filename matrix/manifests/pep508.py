"""Requirements as PEP 508 writes them, and addresses that stand in their place. Pure.

`packaging` reads them. What is added here: which of them are on the SDK, and which release an address names.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement

from matrix.manifests.names import extras_of, is_sdk
from matrix.manifests.specifiers import exact, specifier_of
from matrix.model import PROJECT

REPOSITORY = "anthropic-sdk-python"
"""The folder in which a checkout of the SDK is, unless somebody renamed it; its address needs no `#egg=`."""

LONGEST = 20_000
"""Characters of a requirement without its hashes. Nobody writes one that long, and reading it may be quadratic."""

_FILE = re.compile(rf"{PROJECT}-(?P<version>[^-]+?)(?:-[^/]*\.whl|\.tar\.gz|\.zip|\.tar\.bz2)", re.IGNORECASE)
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

    @property
    def is_sdk(self) -> bool:
        """Whether it is a requirement on the SDK."""
        return is_sdk(self.name)


def requirement(text: str) -> Wanted:
    """A requirement by name: `anthropic[bedrock]>=0.40,<1; python_version >= "3.9"`, `anthropic @ https://...`.

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
        specifier = named_by(read.url).specifier if is_sdk(read.name) else ""
        return Wanted(read.name, specifier, marker, extras_of(read.extras), read.url)
    return Wanted(read.name, specifier_of(str(read.specifier)), marker, extras_of(read.extras))


def named_by(address: str) -> Wanted:
    """What an address or a path names: by `#egg=`, by the name of a wheel or of a source archive, or by `REPOSITORY`.

    Its name is empty if it names nothing that is known: it may be the SDK all the same.
    """
    egg = _EGG.search(address)
    path = unquote(address.partition("#")[0].partition("?")[0])
    last = path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    specifier = ""
    file = _FILE.fullmatch(last)
    if file:
        try:
            specifier = exact(file["version"])
        except ValueError:
            specifier = ""
    if egg:
        return Wanted(egg[1], specifier, extras=extras_of((egg[2] or "").split(",") if egg[2] else ()), direct=address)
    repository = re.sub(r"(\.git)?(\[[^\[\]]*\])?$", "", re.sub(r"(?<=.)@.*$", "", last))
    if file or repository.lower() == REPOSITORY or _is_tagged(path):
        return Wanted(PROJECT, specifier, direct=address)
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


def _is_tagged(path: str) -> bool:
    """Whether it is a checkout of the SDK whose branch has a slash in its name: `...python.git@feature/x`."""
    return re.search(rf"/{REPOSITORY}(\.git)?@", path, re.IGNORECASE) is not None
