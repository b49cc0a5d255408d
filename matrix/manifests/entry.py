"""What a manifest says of the SDK, whatever kind of file it is. Pure."""

import msgspec

from matrix.findings.model import Place, Problem
from matrix.model import Frozen


class Entry(Frozen, frozen=True, kw_only=True):
    """One requirement on the SDK.

    Attributes:
        place: Where it stands.
        specifier: Which releases it allows, as PEP 440 writes it: `==0.45.0`, `>=0.40,<1`; empty for any. Where one of
            its clauses is an exact release that all others allow, it is that clause alone.
        marker: When it holds, as PEP 508 writes it; empty for always.
        extras: Of the SDK that are asked for, normalised and sorted.
        origin: Which part of the file it is from: `project.dependencies`, `dependency-groups.dev`, `package`,
            `package (main, dev)` with the groups that want it, `default`, `requirement`, `constraint`, `installed`.
            What narrowed it comes after a comma.
        direct: The address or path that it is taken from, if that is no index; its release is then what `specifier`
            says, if it says one.
        locked: The other packages that the same file locks, by normalised name, to their versions; empty where it
            locks none. One that is locked to several versions, for several platforms, is not in here.
    """

    place: Place
    specifier: str
    marker: str = ""
    extras: tuple[str, ...] = ()
    origin: str = ""
    direct: str = ""
    locked: dict[str, str] = msgspec.field(default_factory=dict)


class Manifest(Frozen, frozen=True, kw_only=True):
    """What was read of one file, and of those that it includes.

    Attributes:
        path: As `Place` has it.
        kind: `requirements`, `pyproject`, `uv.lock`, `poetry.lock`, `pdm.lock`, `Pipfile.lock`, `Pipfile`, `pylock` or
            `environment`; `unknown` for a file that is none of them, or can't be opened and has none of their names.
        entries: In the order in which they stand.
        problems: What could not be read.
        python: The Pythons that it is for, as `requires-python` writes it; for an environment, its version, `==3.11.7`;
            empty if it does not say.
    """

    path: str
    kind: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    python: str = ""
