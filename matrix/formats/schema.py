"""The JSON Schema of a report in JSON, made from the types themselves. Pure.

`matrix.schemas` writes it, with those of the other documents.
"""

import inspect
import re
from typing import Any, Final

import msgspec

from matrix.findings import Finding, Place, Problem, Rule, Subject
from matrix.formats.json_ import Document, Ending
from matrix.formats.tally import Tally

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID: Final = "urn:midstream:report:1"

_DESCRIBED: Final = (Document, Ending, Tally, Subject, Finding, Place, Problem, Rule)


def schema() -> dict[str, Any]:
    """The schema, as plain values.

    A field with a default may be missing where our types are read; it is never missing where they are written, so all
    are required here. A new field is no new form, so a reader is not told to refuse what it does not know.
    """
    made = msgspec.json.schema(Document)
    definitions: dict[str, Any] = made["$defs"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
            definition.pop("additionalProperties", None)
            for field in definition["properties"].values():
                field.pop("default", None)
    for one in _DESCRIBED:
        described(definitions[one.__name__], inspect.getdoc(one) or "")
    return {"$schema": DIALECT, "$id": ID, "title": "What matrix check and matrix scan have to say"} | made


def described(definition: dict[str, Any], documentation: str) -> None:
    """The first line of a type's documentation is its description, and each of its attributes is a field's."""
    title, _, attributes = documentation.partition("\n\nAttributes:\n")
    definition["description"] = " ".join(title.split())
    for name, said in re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", attributes, flags=re.MULTILINE):
        field = definition["properties"][name]
        # Beside `$ref`, a description is allowed from draft 2019-09 on.
        field["description"] = " ".join(said.split())
