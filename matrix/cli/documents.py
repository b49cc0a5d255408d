"""Write the JSON documents of commands, and make their JSON Schemas and that of scenario files from the types.

Pure except for `main`: `python -m matrix.cli.documents reports/schemas` writes the schemas. A document keeps its
version when it gains a field, and gets a new version when it loses one.
"""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.advice.pin import Advice
from matrix.backend.scenario_files.document import schema as scenarios
from matrix.compare.explanation import Explanation
from matrix.compare.history import History
from matrix.compare.release_diff import Difference
from matrix.compare.sdks import SdkTable
from matrix.findings.formats.schema import schema as report
from matrix.model import Frozen
from matrix.schema import encode, schema
from matrix.service.announcement import Announcement
from matrix.service.gate import Gate

DOCUMENTS: Final[dict[type[Frozen], tuple[str, str]]] = {
    Difference: ("difference", "The output of matrix diff --format json"),
    Explanation: ("explanation", "The output of matrix explain --format json"),
    History: ("history", "The output of matrix history --format json"),
    Advice: ("advice", "The output of matrix advise --format json"),
    Gate: ("gate", "The output of matrix gate --format json"),
    Announcement: ("announcement", "The output of matrix announce --format json"),
    SdkTable: ("list-sdks", "The output of matrix list sdks --format json"),
}
"""Type of a document to its name and the title of its schema."""


def document(value: Frozen) -> str:
    """Write a document as indented JSON, with the name of its schema and its fields in their order."""
    name, _ = DOCUMENTS[type(value)]
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return encode({"schema": f"midstream/{name}/1"} | fields)


def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by the name of its document."""
    documents = {name: schema(kind, name, title) for kind, (name, title) in DOCUMENTS.items()}
    return {"report": report(), "scenarios": scenarios()} | documents


def main(folder: str) -> None:
    """Write every schema to a folder."""
    for name, content in schemas().items():
        (Path(folder) / f"{name}.json").write_text(encode(content), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
