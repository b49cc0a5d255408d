"""JSON documents of the commands and of the site, and their JSON Schemas, which are made from the types. Pure."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from matrix.model import Frozen

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def describe(definition: dict[str, Any], documentation: str) -> None:
    """Add descriptions to a type's schema: the first line of its docstring, and a line for each field."""
    title, _, attributes = documentation.partition("\n\nAttributes:\n")
    definition["description"] = " ".join(title.split())
    for name, description in re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", attributes, flags=re.MULTILINE):
        field = definition["properties"][name]
        # Drafts before 2019-09 ignore a description next to `$ref`.
        field["description"] = " ".join(description.split())


def encode(value: object) -> str:
    r"""Encode a value as JSON that is safe to print: control characters and bidirectional overrides are escaped.

    The second `#` of `##` is escaped too, since a CI service takes `##[error]` in a log for a command.
    """
    return re.sub("#(?=#)", r"\\u0023", json.dumps(value, indent=2, ensure_ascii=True)) + "\n"


def schema(kind: type[Frozen], name: str, title: str, version: int = 1) -> dict[str, Any]:
    """Make the JSON Schema of a document type, whose field `schema` is `midstream/<name>/<version>`."""
    document = msgspec.json.schema(kind)
    for id_, definition in document["$defs"].items():
        for type_ in _types():
            if type_.__name__ == id_ and set(type_.__struct_fields__) == set(definition.get("properties", ())):
                for base in reversed(type_.__mro__[: type_.__mro__.index(Frozen)]):
                    describe(definition, inspect.getdoc(base) or "")
        if "properties" in definition:
            definition.pop("additionalProperties", None)
    root = document["$defs"][kind.__name__]
    root["properties"] = {"schema": {"const": f"midstream/{name}/{version}"}} | {
        field: definition for field, definition in root["properties"].items() if field != "schema"
    }
    root["required"] = list(dict.fromkeys(["schema", *root.get("required", ())]))
    return {"$schema": DIALECT, "$id": f"urn:midstream:{name.replace('/', ':')}:{version}", "title": title} | document


def _types(kind: type[Frozen] = Frozen) -> Iterator[type[Frozen]]:
    for type_ in kind.__subclasses__():
        yield type_
        yield from _types(type_)
