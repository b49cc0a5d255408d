"""Names of projects and of their extras, as the package index compares them. Pure."""

from collections.abc import Iterable

from packaging.utils import canonicalize_name

from matrix.model import PROJECT


def normalised(name: str) -> str:
    """A name as PEP 503 writes it: lower case, each run of separators one hyphen."""
    return canonicalize_name(name)


def is_sdk(name: object) -> bool:
    """Whether this is the name of the SDK; what is no text is no name."""
    return isinstance(name, str) and normalised(name.strip()) == PROJECT


def extras_of(names: object) -> tuple[str, ...]:
    """Extras, normalised and sorted, each once; of what is no list of texts, the texts that are in it."""
    if not isinstance(names, Iterable) or isinstance(names, str):
        return ()
    return tuple(sorted({normalised(name) for name in names if isinstance(name, str)}))
