"""Read the metadata of a script: the block `# /// script` of PEP 723. Pure: the script is never executed."""

import re
from typing import Final

from matrix.manifests import toml, uv_sources
from matrix.manifests.draft import Draft
from matrix.manifests.fields import table
from matrix.manifests.listed import listed_entries
from matrix.manifests.specifiers import pythons

_BEGIN: Final = "# /// script"
_END: Final = "# ///"


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target in the script's block."""
    lines = re.split(r"\r\n|\r|\n", source)
    starts = [number for number, line in enumerate(lines) if line.rstrip() == _BEGIN]
    if not starts:
        draft.report(
            "The script declares no requirements.",
            "Name its manifest instead, or declare its requirements in a block `# /// script` (PEP 723).",
        )
        return
    if len(starts) > 1:
        draft.report("The script has more than one block `# /// script`.", "Remove one of them.", line=starts[1] + 1)
        return
    block: list[str] = []
    for line in lines[starts[0] + 1 :]:
        if line != "#" and not line.startswith("# "):
            break
        block.append(line)
    ends = [number for number, line in enumerate(block) if line.rstrip() == _END]
    if not ends:
        draft.report("The block `# /// script` has no end.", "End it with the line `# ///`.", line=starts[0] + 1)
        return
    # Blank lines before the block give each of its lines the number that it has in the script.
    content = "\n".join(["", *[""] * starts[0], *(line[2:] for line in block[: ends[-1]])])
    document = toml.read(content, draft)
    draft.python = pythons(document.tables.get("requires-python"))
    if "dependencies" in document.tables:
        draft.entries += listed_entries(("dependencies",), document.tables["dependencies"], document.lines, draft)
    constraints = table(document.tables, "tool", "uv").get("constraint-dependencies")
    if constraints:
        path = ("tool", "uv", "constraint-dependencies")
        draft.entries += listed_entries(path, constraints, document.lines, draft)
    uv_sources.apply_sources(document.tables, draft)
