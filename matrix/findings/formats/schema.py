"""Make the JSON Schema of a report in JSON from its types. Pure.

`matrix.cli.documents` writes it, with the schemas of the other documents.
"""

import inspect
from typing import Any, Final

import msgspec

from matrix.findings.formats.json_ import ReportDocument, ReportExit
from matrix.findings.formats.tally import Tally
from matrix.findings.model import Diagnosis, Finding, InstalledRelease, Place, Problem, Rule, Subject, WorstFinding
from matrix.schema import DIALECT, describe

ID: Final = "urn:midstream:report:1"

_DESCRIBED: Final = (
    ReportDocument, ReportExit, Tally, Subject, Finding, Place, Problem, Rule, Diagnosis, InstalledRelease, WorstFinding
)  # fmt: skip


def schema() -> dict[str, Any]:
    """Return the schema as plain values.

    All fields are required: reading accepts a missing field that has a default, but writing never leaves one out.
    Unknown fields are allowed, since a new field does not change the format's name.
    """
    made = msgspec.json.schema(ReportDocument)
    definitions: dict[str, Any] = made["$defs"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
            definition.pop("additionalProperties", None)
            for field in definition["properties"].values():
                field.pop("default", None)
    for type_ in _DESCRIBED:
        describe(definitions[type_.__name__], inspect.getdoc(type_) or "")
    return {"$schema": DIALECT, "$id": ID, "title": "The report of matrix check, scan, doctor and audit"} | made
