"""What the parts of a caught error are, and of other values: attributes, items, text. Pure."""

from http import HTTPStatus

from matrix.scan.names import Module, Scope
from matrix.scan.resolve import Resolver
from matrix.scan.values import NONE, Client, Facet, Method, Origin, OwnClass, OwnFunction, Part, Unknown, Value, unknown


def of_class(self: Resolver, owner: Scope, name: str) -> Value:
    """What a class, or its methods, bind to a name."""
    found = [*owner.bindings.get(name, ()), *owner.fields.get(name, ())]
    return self.either(found, name) if found else unknown(f"self.{name} is set elsewhere")


def attribute(self: Resolver, base: Value, name: str, *, by_name: bool = False) -> Value:
    """What a part of a value comes to; `by_name` if it was taken with `getattr`."""
    extra = frozenset({Facet.GETATTR}) if by_name else NONE
    failure = self.failure
    match base.data:
        case Unknown(why):
            return unknown(why, base.facets)
        case Part("error"):
            match name:
                case "status_code":
                    return Value(failure.status, extra | {Facet.STATUS})
                case "response":
                    return Value(Part("response") if failure.status else None, extra | {Facet.RESPONSE})
                case "type":
                    return Value(failure.type if failure.typed else None, extra | {Facet.TYPE})
                case "body":
                    return Value(failure.body, extra | {Facet.BODY})
                case "message":
                    return Value(failure.text, extra | {Facet.TEXT})
                case "args":
                    return Value((failure.text,), extra | {Facet.TEXT})
                case "__class__":
                    return Value(Part("class"), frozenset({Facet.ERROR}))
                case "status" | "code" | "http_status":
                    return Value(None, extra | {Facet.STATUS})  # the SDK's errors have none
            return unknown(f"the error's {name} is not looked at here", frozenset({Facet.ERROR}))
        case Part("response"):
            if name in {"status_code", "status"}:
                return Value(failure.status, base.facets | extra | {Facet.RESPONSE})
            return unknown(f"the response's {name} is not looked at here", base.facets)
        case Part("class"):
            if name in {"__name__", "__qualname__"}:
                return Value(failure.classes[0].rpartition(".")[2], frozenset({Facet.CLASS_NAME}))
            return unknown(f"the class's {name} is not looked at here", base.facets)
        case Origin("http.HTTPStatus") if name in HTTPStatus.__members__:
            return Value(int(HTTPStatus[name]))
        case Origin(dotted):
            return Value(Origin(f"{dotted}.{name}"))
        case OwnClass(node=node, scope=scope):
            return of_class(self, self.inner_scope(node, scope), name)
        case Module() as module:
            return self.member(module, name) or unknown(f"{name} is not in {module.path}")
        case Client() | str() | dict() | OwnFunction():
            return Value(Method(base.data, name), base.facets)
        case int() if name == "value":
            return base
    return unknown(f"{name} can't be worked out", base.facets)


def item(base: Value, key: Value, default: Value | None = None) -> Value:
    """What is at a key; the message of a body is text like any other."""
    facets = base.facets
    if Facet.BODY in facets and key.data == "message":
        facets = (facets - {Facet.BODY}) | {Facet.BODY_TEXT}
    if not (base.known and key.known):
        return unknown(base.why or key.why, facets)
    try:
        return Value(base.data[key.data], facets)
    except (KeyError, IndexError, TypeError):
        return Value(default.data if default else None, facets)


def as_text(self: Resolver, value: Value) -> Value:
    """`str()` of a value."""
    match value.data:
        case Part("error"):
            return Value(self.failure.text, frozenset({Facet.TEXT}))
        case Part("class"):
            return Value(f"<class '{self.failure.classes[0]}'>", frozenset({Facet.CLASS_NAME}))
        case Unknown():
            return value
    if Facet.BODY in value.facets:
        return Value(str(value.data), (value.facets - {Facet.BODY}) | {Facet.BODY_TEXT})
    return Value(str(value.data), value.facets)
