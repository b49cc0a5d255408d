"""Read lists of PEP 508 requirements, whatever kind of file has them. Pure."""

from collections.abc import Iterator, Mapping

from matrix.manifests.draft import Draft, describe, shorten
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import text
from matrix.manifests.mentions import Path
from matrix.manifests.names import is_target
from matrix.manifests.pep508 import ParsedRequirement, is_on_another, named_by, parse_requirement
from matrix.targets.target import Target


def listed_entries(
    path: Path, items: object, lines: Mapping[Path, int], draft: Draft, *, may_include: bool = False
) -> Iterator[ManifestEntry]:
    """Yield the requirements on the target in an array; report every item that is not a requirement.

    Args:
        path: The keys of the array in its file.
        items: The array.
        lines: The lines that mention the target.
        draft: The draft that gets the problems.
        may_include: Whether a table in the array is an include, which the caller reads.
    """
    origin = ".".join(map(str, path))
    if not isinstance(items, list):
        draft.report(f"`{shorten(origin)}` must be an array, but is {describe(items)}.", line=lines.get(path, 0))
        return
    for index, item in enumerate(items):
        if not (may_include and isinstance(item, dict)):
            yield from entry_of(item, origin, lines.get((*path, index), 0), draft)


def entry_of(item: object, origin: str, line: int, draft: Draft) -> Iterator[ManifestEntry]:
    """Yield the requirement on the target that an item is, if any; report an item that is not a requirement."""
    if (isinstance(item, str) and is_on_another(item, draft.target)) or not draft.may_parse(line):
        return
    try:
        parsed = _parse(item, draft.target)
    except ValueError:
        draft.report(
            f"`{shorten(origin)}` has an item that is not a requirement: {describe(item)}.",
            f"Write a PEP 508 requirement such as `{draft.target.package}>=0.40,<1`.",
            line=line,
        )
        return
    if is_target(parsed.name, draft.target):
        yield ManifestEntry(
            place=draft.place(line),
            specifier=parsed.specifier,
            marker=parsed.marker,
            extras=parsed.extras,
            origin=origin,
            direct=parsed.direct,
        )


def _parse(item: object, target: Target) -> ParsedRequirement:
    written = text({"item": item}, "item")
    if written.startswith("-e "):
        return named_by(written[3:].strip(), target)  # PDM writes editable folders so
    return parse_requirement(written, target)
