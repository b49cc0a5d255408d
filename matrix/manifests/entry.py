"""The result of reading a manifest: its requirements on the target, whatever kind of file it is. Pure."""

from typing import Final

import msgspec

from matrix.findings.model import Place, Problem
from matrix.model import Frozen

COMMAND: Final = "command"
"""The origin of a requirement that a command installs: what runs is known only when the command runs."""


class ManifestEntry(Frozen, frozen=True, kw_only=True):
    """One requirement on the target.

    Attributes:
        place: The line that declares it.
        specifier: The releases that it allows, as a PEP 440 specifier: `==0.45.0`, `>=0.40,<1`; empty for any release.
            If one clause is an exact release that all other clauses allow, the specifier is that clause alone.
        marker: The PEP 508 marker under which it applies; empty if it always applies.
        extras: The extras of the target that it asks for, normalised and sorted.
        origin: The part of the file that declares it: `project.dependencies`, `dependency-groups.dev`, `package`,
            `package (main, dev)` with the groups that ask for it, `default`, `requirement`, `constraint`, `command`,
            `installed`.
            The places that narrowed it follow after a comma.
        direct: The address or path that it is installed from instead of an index. `specifier` then names the release
            if the address does.
        locked: The versions of the other packages that the same file locks, by normalised name. A package that the file
            locks to several versions, for several platforms, is left out.
        lock: What a lock in a folder above the file pins, if that decides which release this requirement installs.
    """

    place: Place
    specifier: str
    marker: str = ""
    extras: tuple[str, ...] = ()
    origin: str = ""
    direct: str = ""
    locked: dict[str, str] = msgspec.field(default_factory=dict)
    lock: "ManifestEntry | None" = None


class Manifest(Frozen, frozen=True, kw_only=True):
    """The content of one file and of the files that it includes.

    Attributes:
        path: The file's path, in the form that `Place` uses.
        kind: One of the kinds that `matrix.manifests.kinds` lists, or `environment`; `unknown` if neither the name nor
            the content of the file shows its kind.
        entries: The requirements on the target, in the order of the file.
        problems: The parts that could not be read.
        python: The Python versions that the file supports, as a `requires-python` specifier; the version of an
            environment, such as `==3.11.7`; empty if the file does not say.
        projects: The folders of the projects that a lock says it locks, relative to its own; empty if it does not say.
    """

    path: str
    kind: str
    entries: tuple[ManifestEntry, ...] = ()
    problems: tuple[Problem, ...] = ()
    python: str = ""
    projects: tuple[str, ...] = ()
