"""Apply `[tool.uv.sources]` of a `pyproject.toml` or of a script: where uv installs a package from instead of an index.

Pure. The version in a requirement then says nothing about the code that is installed, so only the source names a
release, if it is a wheel or an archive of one.
"""

from typing import Any

import msgspec

from matrix.manifests.draft import Draft
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import at, first_text, table
from matrix.manifests.names import is_target, normalised
from matrix.manifests.pep508 import named_by


def apply_sources(tables: dict[str, Any], draft: Draft) -> None:
    """Give each requirement on the target the source that uv takes it from; of several, the first that applies."""
    named = table(tables, "tool", "uv", "sources")
    source = next((source for name, source in named.items() if is_target(name, draft.target)), None)
    sources = [each for each in (source if isinstance(source, list) else [source]) if isinstance(each, dict)]
    draft.entries[:] = [_taken_from(sources, entry, draft) for entry in draft.entries]


def _taken_from(sources: list[dict[str, Any]], entry: ManifestEntry, draft: Draft) -> ManifestEntry:
    direct = next(filter(None, (_address(source) for source in sources if _applies(source, entry.origin))), "")
    if not direct or entry.direct:
        return entry
    return msgspec.structs.replace(entry, specifier=named_by(direct, draft.target).specifier, direct=direct)


def _applies(source: dict[str, Any], origin: str) -> bool:
    """Return whether a source counts for a part of the file: it may be limited to an extra or to a group."""
    limits = {"project.optional-dependencies": source.get("extra"), "dependency-groups": source.get("group")}
    named = {f"{part}.{normalised(name)}" for part, name in limits.items() if isinstance(name, str)}
    part, _, name = origin.rpartition(".")
    return not named or f"{part}.{normalised(name)}" in named


def _address(source: dict[str, Any]) -> str:
    """Return where a source is; empty for an index."""
    if source.get("workspace") is True:
        return "a member of the workspace"
    return at(first_text(source, ("git", "url", "path")), first_text(source, ("tag", "rev", "branch")))
