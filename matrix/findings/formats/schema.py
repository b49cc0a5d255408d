"""The JSON Schema of a report in JSON, made from the types themselves. Pure.

`matrix.cli.documents` writes it, with those of the other documents.
"""

import inspect
from typing import Any, Final

import msgspec

from matrix.findings.formats.json_ import Document, Ending
from matrix.findings.formats.tally import Tally
from matrix.findings.model import Finding, Place, Problem, Rule, Subject
from matrix.schema import DIALECT, described

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
