"""Attributes, items and text of the caught error and of other values. Pure."""

from http import HTTPStatus

from matrix.scan.resolver import Resolver
from matrix.scan.scopes import Module, Scope
from matrix.scan.values import (
    NONE,
    Aspect,
    Client,
    DottedName,
    ErrorPart,
    Method,
    OwnClass,
    OwnFunction,
    Unknown,
    Value,
    make_unknown,
)


def look_up_in_class(self: Resolver, owner: Scope, name: str) -> Value:
    """Look up a name that a class or its methods bind."""
    bindings = [*owner.bindings.get(name, ()), *owner.fields.get(name, ())]
    return self.merge_bindings(bindings, name) if bindings else make_unknown(f"self.{name} is not set in this file")


def read_attribute(self: Resolver, base: Value, name: str, *, by_name: bool = False) -> Value:
    """Read an attribute of a value; `by_name` if the code reads it with `getattr`."""
    extra = frozenset({Aspect.GETATTR}) if by_name else NONE
    failure = self.failure
    match base.data:
        case Unknown(why):
            return make_unknown(why, base.aspects)
        case ErrorPart("error"):
            match name:
                case "status_code":
                    return Value(failure.status, extra | {Aspect.STATUS})
                case "response":
                    return Value(ErrorPart("response") if failure.status else None, extra | {Aspect.RESPONSE})
                case "type":
                    return Value(failure.type if failure.typed else None, extra | {Aspect.TYPE})
                case "body":
                    return Value(failure.body, extra | {Aspect.BODY})
                case "message":
                    return Value(failure.text, extra | {Aspect.TEXT})
                case "args":
                    return Value((failure.text,), extra | {Aspect.TEXT})
                case "__class__":
                    return Value(ErrorPart("class"), frozenset({Aspect.ERROR}))
                case "status" | "code" | "http_status":
                    return Value(None, extra | {Aspect.STATUS})  # the SDK's errors have no such attribute
            return make_unknown(f"the scan does not follow the error's {name}", frozenset({Aspect.ERROR}))
        case ErrorPart("response"):
            if name in {"status_code", "status"}:
                return Value(failure.status, base.aspects | extra | {Aspect.RESPONSE})
            return make_unknown(f"the scan does not follow the response's {name}", base.aspects)
        case ErrorPart("class"):
            if name in {"__name__", "__qualname__"}:
                return Value(failure.classes[0].rpartition(".")[2], frozenset({Aspect.CLASS_NAME}))
            return make_unknown(f"the scan does not follow the class's {name}", base.aspects)
        case DottedName("http.HTTPStatus") if name in HTTPStatus.__members__:
            return Value(int(HTTPStatus[name]))
        case DottedName(dotted):
            return Value(DottedName(f"{dotted}.{name}"))
        case OwnClass(node=node, scope=scope):
            return look_up_in_class(self, self.inner_scope(node, scope), name)
        case Module() as module:
            return self.look_up_member(module, name) or make_unknown(f"{name} is not in {module.path}")
        case Client() | str() | dict() | OwnFunction():
            return Value(Method(base.data, name), base.aspects)
        case int() if name == "value":
            return base
    return make_unknown(f"{name} can't be evaluated", base.aspects)


def read_item(base: Value, key: Value, default: Value | None = None) -> Value:
    """Read an item of a value by its key; the message of a body counts as text."""
    aspects = base.aspects
    if Aspect.BODY in aspects and key.data == "message":
        aspects = (aspects - {Aspect.BODY}) | {Aspect.BODY_TEXT}
    if not (base.known and key.known):
        return make_unknown(base.why or key.why, aspects)
    try:
        return Value(base.data[key.data], aspects)
    except (KeyError, IndexError, TypeError):
        return Value(default.data if default else None, aspects)


def convert_to_text(self: Resolver, value: Value) -> Value:
    """Convert a value as `str()` does."""
    match value.data:
        case ErrorPart("error"):
            return Value(self.failure.text, frozenset({Aspect.TEXT}))
        case ErrorPart("class"):
            return Value(f"<class '{self.failure.classes[0]}'>", frozenset({Aspect.CLASS_NAME}))
        case Unknown():
            return value
    if Aspect.BODY in value.aspects:
        return Value(str(value.data), (value.aspects - {Aspect.BODY}) | {Aspect.BODY_TEXT})
    return Value(str(value.data), value.aspects)
