"""What our commands say as JSON, and the JSON Schema of each of these documents, made from the types themselves.

Pure but for `main`: `python -m matrix.schemas reports/schemas` writes the schemas. A new field is no new version; one
that goes is.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.announcement import Announcement
from matrix.difference import Difference
from matrix.explanation import Explanation
from matrix.formats.json_ import encode
from matrix.formats.schema import DIALECT, described
from matrix.formats.schema import schema as report
from matrix.gate import Gate
from matrix.history import History
from matrix.model import Frozen
from matrix.recommend import Advice

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


def schema(kind: type[Frozen], name: str, title: str) -> dict[str, Any]:
    """The schema of one type of document, whose form is `midstream/<name>/1`."""
    made = msgspec.json.schema(kind)
    for id_, definition in made["$defs"].items():
        for one in _types():
            if one.__name__ == id_ and set(one.__struct_fields__) == set(definition.get("properties", ())):
                for base in reversed(one.__mro__[: one.__mro__.index(Frozen)]):
                    described(definition, inspect.getdoc(base) or "")
        if "properties" in definition:
            definition.pop("additionalProperties", None)
    root = made["$defs"][kind.__name__]
    root["properties"] = {"schema": {"const": f"midstream/{name}/1"}} | {
        field: said for field, said in root["properties"].items() if field != "schema"
    }
    root["required"] = list(dict.fromkeys(["schema", *root.get("required", ())]))
    return {"$schema": DIALECT, "$id": f"urn:midstream:{name.replace('/', ':')}:1", "title": title} | made


def _types(kind: type[Frozen] = Frozen) -> Iterator[type[Frozen]]:
    for one in kind.__subclasses__():
        yield one
        yield from _types(one)


def main(folder: str) -> None:
    """Write every schema."""
    for name, made in schemas().items():
        (Path(folder) / f"{name}.json").write_text(encode(made), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
