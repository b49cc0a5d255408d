"""Read `bun.lock`: JSON with commas at the ends of lists, and one array for each package. Pure."""

import re
from typing import Final

from matrix.manifests import json_file
from matrix.manifests.draft import Draft
from matrix.manifests.fields import table, texts
from matrix.manifests.npm_dependencies import add_locked, split_descriptor

_LAST_COMMA: Final = re.compile(r'("(?:[^"\\]|\\.)*+")|,(?=\s*+[}\]])')


def read(source: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    text = _LAST_COMMA.sub(lambda match: match[1] or "", source)
    document, lines = json_file.read(text, draft, "Regenerate it with `bun install`.")
    add_locked({key: split_descriptor(first) for key, first in _resolutions(document).items()}, lines, draft)


def _resolutions(document: dict[str, object]) -> dict[str, str]:
    """Return what each package is installed from, by its place: `name@1.2.3`."""
    firsts = {key: texts(value)[:1] for key, value in table(document, "packages").items()}
    return {key: first[0] for key, first in firsts.items() if first}
