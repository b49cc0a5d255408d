"""Read `setup.cfg`: the requirements that setuptools reads from it. I/O: opens the files that it names."""

from matrix.manifests import ini
from matrix.manifests.draft import Draft
from matrix.manifests.fields import table
from matrix.manifests.listed import entry_of
from matrix.manifests.mentions import Path
from matrix.manifests.specifiers import pythons


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target."""
    document = ini.read(source, draft)
    options = table(document.tables, "options")
    draft.python = pythons(",".join(options.get("python_requires", [])))
    paths = [("options", name) for name in ("install_requires", "setup_requires", "tests_require")]
    paths += [("options.extras_require", name) for name in table(document.tables, "options.extras_require")]
    for path in paths:
        lines = table(document.tables, path[0]).get(path[1], [])
        if lines and lines[0].startswith("file:"):
            _read_files(lines, path, document.lines, draft)
            continue
        for index, line in enumerate(lines):
            # An option in one line separates its items with semicolons.
            items = line.split(";") if len(lines) == 1 and not _has_marker(line) else [line]
            for item in filter(None, map(str.strip, items)):
                draft.entries += entry_of(item, ".".join(path), document.lines.get((*path, index), 0), draft)


def _has_marker(line: str) -> bool:
    """Return whether a semicolon in a line begins a marker, which compares something with a text in quotes."""
    return '"' in line or "'" in line


def _read_files(lines: list[str], path: Path, places: dict[Path, int], draft: Draft) -> None:
    from matrix.manifests.requirements import read_included

    for name in ",".join(lines).removeprefix("file:").split(","):
        if name.strip():
            read_included(name.strip(), places.get((*path, 0), 0), draft)
