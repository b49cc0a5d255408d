"""What our commands say as JSON, and the JSON Schema of each of these documents, made from the types themselves.

Pure but for `main`: `python -m matrix.cli.documents reports/schemas` writes the schemas. A new field is no new
version; one that goes is.
"""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.advice.pin import Advice
from matrix.compare.explanation import Explanation
from matrix.compare.history import History
from matrix.compare.release_diff import Difference
from matrix.findings.formats.schema import schema as report
from matrix.model import Frozen
from matrix.schema import encode, schema
from matrix.service.announcement import Announcement
from matrix.service.gate import Gate

DOCUMENTS: Final[dict[type[Frozen], tuple[str, str]]] = {
    Difference: ("difference", "What matrix diff has to say"),
    Explanation: ("explanation", "What matrix explain has to say"),
    History: ("history", "What matrix history has to say"),
    Advice: ("advice", "What matrix advise has to say"),
    Gate: ("gate", "What matrix gate has to say"),
    Announcement: ("announcement", "What matrix announce has to say"),
}
"""Type of a document to its name and its title."""


def document(value: Frozen) -> str:
    """One of the documents as JSON, for people too: indented, in the order of its type, with its form."""
    name, _ = DOCUMENTS[type(value)]
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return encode({"schema": f"midstream/{name}/1"} | fields)


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema, by the name of its document."""
    return {"report": report()} | {name: schema(kind, name, title) for kind, (name, title) in DOCUMENTS.items()}


def main(folder: str) -> None:
    """Write every schema."""
    for name, made in schemas().items():
        (Path(folder) / f"{name}.json").write_text(encode(made), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
