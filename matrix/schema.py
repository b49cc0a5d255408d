"""JSON documents of the commands and of the site, and the JSON Schema of each, made from the types themselves. Pure."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from matrix.model import Frozen

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def described(definition: dict[str, Any], documentation: str) -> None:
    """The first line of a type's documentation is its description, and each of its attributes is a field's."""
    title, _, attributes = documentation.partition("\n\nAttributes:\n")
    definition["description"] = " ".join(title.split())
    for name, said in re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", attributes, flags=re.MULTILINE):
        field = definition["properties"][name]
        # Beside `$ref`, a description is allowed from draft 2019-09 on.
        field["description"] = " ".join(said.split())


def encode(value: object) -> str:
    r"""JSON that is inert wherever it is shown: a control character or an override is `\u` and its number.

    `##` is split by an escape too, for `##[error]` is a command to the log of a CI service wherever it stands.
    """
    return re.sub("#(?=#)", r"\\u0023", json.dumps(value, indent=2, ensure_ascii=True)) + "\n"


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
