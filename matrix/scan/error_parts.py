"""Attributes, items and text of caught errors and of other values. Pure."""

from http import HTTPStatus
from typing import Any, Final

from matrix.scan.class_checks import is_python_subclass
from matrix.scan.endings import MISSING
from matrix.scan.file_index import is_decorated, is_stub
from matrix.scan.resolver import Resolver, crash
from matrix.scan.scopes import BindingKind, Module
from matrix.scan.tasks import OF_TASK, is_exception_group
from matrix.scan.text_methods import Pattern, PatternMatch
from matrix.scan.values import (
    BoundFunction,
    CaughtError,
    CauseClass,
    Client,
    DottedName,
    EnumMember,
    ErrorNumber,
    ErrorPart,
    ErrorText,
    Instance,
    Method,
    OwnClass,
    OwnFunction,
    Partial,
    Task,
    Unknown,
    UnreadText,
    have_same_value,
    is_key,
    is_of_error,
    is_unknown,
    mark,
    read_text,
)
from matrix.scan.wording import unparse_short

_OF_ANY_ERROR: Final = frozenset({"add_note", "with_traceback", "__str__", "__repr__"})
_DATA: Final = (str, bytes, dict, tuple, frozenset)
"""Plain data; a list is a tuple here, and a set is frozen."""

_TEXTS: Final = frozenset({"message", "body", "args"})
"""Attributes whose values differ from one error to the next."""

_NAMES: Final = frozenset({"__name__", "__qualname__"})
"""Attributes of a class that have its name."""

NO_RESPONSE: Final = "the error's response was not recorded"

_NOT_RECORDED: Final = frozenset(
    {"errno", "strerror", "filename", "msg", "doc", "pos", "lineno", "reason", "object", "encoding", "start", "end"}
    | {"request", "__traceback__", "__context__", "__notes__", "__dict__", "__suppress_context__"}
)
"""Attributes that an exception may have, and that were not recorded."""

_ENUMS: Final = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"})


def read_attribute(self: Resolver, base: Any, name: str) -> Any:
    """Read an attribute of a value.

    Raises:
        Thrown: The value has no such attribute.
    """
    match base:
        case Unknown(why, of_error):
            return Unknown(why, of_error)
        case CaughtError():
            if self.is_quiet and name in _TEXTS and base.view.has_attribute(name):
                return Unknown("a text of the error is passed on", of_error=True)
            self.record.compares = True
            if name in self.changed:
                return Unknown(f"the code changes {name} of the error", of_error=True)
            return _read_error(base, name)
        case ErrorPart(name="response"):
            return _read_response(base, name)
        case ErrorPart(name="class") if self.is_quiet and name in _NAMES:
            return Unknown("a text of the error is passed on", of_error=True)
        case ErrorPart(name="class"):
            return _read_class(base, name)
        case ErrorPart(name="headers"):
            return Method(base, name)
        case ErrorPart(name="request") if name == "method":
            return "POST"
        case ErrorPart():
            return Unknown(f"the {base.name}'s {name} was not recorded", of_error=True)
        case CauseClass(dotted) if name in _NAMES:
            return dotted.rpartition(".")[2]
        case CauseClass(dotted) if name == "__module__":
            return dotted.rpartition(".")[0]
        case CauseClass():
            return Unknown(f"{name} is not known", of_error=True)
        case DottedName("http.HTTPStatus") if name in HTTPStatus.__members__:
            return int(HTTPStatus[name])
        case DottedName(dotted) if (constant := self.sdk.find_constant(dotted, name)) is not None:
            return constant
        case DottedName(dotted) if name in _NAMES:
            return dotted.rpartition(".")[2]
        case DottedName(dotted):
            return _read_from_package(self, dotted, name)
        case OwnClass():
            return read_from_class(self, base, name, None)
        case EnumMember(of, member, value):
            if name in {"name", "value", "_value_", "_name_"}:
                return member if "name" in name else value
            return read_from_class(self, of, name, base)
        case Instance():
            return _read_from_instance(self, base, name)
        case Module() as module:
            found = self.look_up_member(module, name)
            return found if found is not None else Unknown(f"{name} is not in {module.path}")
        case Task() if name in OF_TASK:
            return Method(base, name)
        case None:
            raise crash("AttributeError")
        case OwnFunction() | BoundFunction() | Partial() if name in _NAMES:
            return getattr(getattr(base, "node", None), "name", Unknown("a function has no name"))
        case str() if name == "value" and base in self.sdk.target.stream.constants.values():
            return base
        case int() if name in {"value", "real"}:
            return base
        case int() if name in {"phrase", "name"} and base in {*HTTPStatus}:
            return getattr(HTTPStatus(base), name)
        case (
            Pattern()
            | PatternMatch()
            | Client()
            | str()
            | bytes()
            | dict()
            | tuple()
            | frozenset()
            | OwnFunction()
            | Method()
        ):
            if isinstance(base, _DATA) and not any(hasattr(kind, name) for kind in (type(base), list, set)):
                raise crash("AttributeError")
            return Method(base, name)
    return Unknown(f"{name} can't be evaluated", is_of_error(base))


def _read_error(error: CaughtError, name: str) -> Any:
    view = error.view
    value = view.read_attribute(name)
    if value is not MISSING:
        return mark(value)
    if name == "__class__":
        return ErrorPart(view, "class")
    if name in view.unrecorded:
        return Unknown(f"the error's {name} was not recorded", of_error=True)
    if name == view.response_attribute:
        return ErrorPart(view, "response")
    if name == "request" and view.has_attribute("body"):
        return ErrorPart(view, "request")
    if name == "__cause__":
        return ErrorPart(view, "cause") if view.has_cause else None
    if name in _OF_ANY_ERROR:
        return Method(error, name)
    if name in _NOT_RECORDED:
        return Unknown(f"the error's {name} was not recorded", of_error=True)
    raise crash("AttributeError")


def _read_response(base: ErrorPart, name: str) -> Any:
    value = base.view.read_response(name)
    if value is not MISSING:
        return mark(value)
    if name in {"headers", "request"}:
        return ErrorPart(base.view, name)
    if name in {"json", "raise_for_status", "read", "iter_lines"}:
        return Method(base, name)
    return Unknown(f"the response's {name} was not recorded", of_error=True)


def _read_class(base: ErrorPart, name: str) -> Any:
    own, *bases = base.view.names
    if name in _NAMES:
        return ErrorText(own.rpartition(".")[2])
    if name == "__module__":
        return own.rpartition(".")[0]
    if name == "__mro__":
        return (base, *(CauseClass(each) for each in bases), CauseClass("builtins.object"))
    if name == "mro":
        return Method(base, name)
    return Unknown(f"the class's {name} was not recorded", of_error=True)


def _read_from_package(self: Resolver, dotted: str, name: str) -> Any:
    full = f"{dotted}.{name}"
    if self.sdk.may_lack(full) and self.recorded.classes.lacks(full):
        raise crash("AttributeError")
    return DottedName(full)


def _read_from_instance(self: Resolver, base: Instance, name: str) -> Any:
    if name in base.fields:
        return base.fields[name]
    if name == "__class__":
        return base.of
    if name == "args":
        return tuple(map(read_text, base.arguments))
    if is_exception_group(base) and name == "exceptions":
        return base.arguments[1]
    if name in _OF_ANY_ERROR or (is_exception_group(base) and name in {"split", "subgroup"}):
        return Method(base, name)
    if isinstance(base.of, DottedName) and base.of.name.endswith("ExitStack"):
        return Method(base, name)
    if isinstance(base.of, OwnClass):
        return _read_of_subclass(self, base, base.of, name)
    return Unknown(f"{name} of an object of {base.of.name} is not known", is_of_error(*base.arguments))


def _read_of_subclass(self: Resolver, base: Instance, own: OwnClass, name: str) -> Any:
    """Read an attribute of an object that may be of a subclass which has another one."""
    value = read_from_class(self, own, name, base)
    is_missing = isinstance(value, BoundFunction) and is_stub(value.function.node)
    if not is_missing and (base.arguments or base.fields):
        return value
    subclasses = self.calls.references.find_subclasses(own)
    others = [each for each in subclasses if name in self.inner_scope(each.node, each.scope).bindings]
    leading = [each for each in subclasses if not self.leading.isdisjoint(each.node.body)] if others else []
    is_empty = is_missing or self.truth_of(value) is not True
    if leading:
        find_bases = self.calls.references.find_bases
        others = [each for each in subclasses if each in leading or not set(leading).isdisjoint(find_bases(each))]
        value = read_from_class(self, others[0], name, base)
    elif is_empty and len(others) == 1:
        return read_from_class(self, others[0], name, base)
    if is_missing and not leading:
        return Unknown(f"the source does not show which {name} is called", of_error=True)
    values = [read_from_class(self, each, name, base) for each in others]
    return value if all(have_same_value(value, each) for each in values) else Unknown(f"subclasses have another {name}")


def read_from_class(self: Resolver, own: OwnClass, name: str, owner: Any) -> Any:
    """Read an attribute of a class or of an object of it, which may come from a base class."""
    if name in _NAMES:
        return own.node.name
    for each in _list_classes(self, own):
        scope = self.inner_scope(each.node, each.scope)
        bindings = [*scope.bindings.get(name, ()), *scope.fields.get(name, ())]
        if not bindings:
            continue
        if bindings[-1].kind is BindingKind.VALUE and is_enum(self, each) and len(bindings) == 1:
            return EnumMember(each, name, self.value_of(bindings[0], name))
        valued = [binding for binding in bindings if binding.kind is not BindingKind.PARAMETER]
        value = self.merge_bindings(valued or bindings, name)
        return _bind_function(self, value, owner if owner is not None else own, is_class=owner is None)
    if isinstance(owner, Instance) and _has_known_bases(self, own) and not name.startswith("__"):
        raise crash("AttributeError")
    return Unknown(f"self.{name} is not set in this file", of_error=True)


def _bind_function(self: Resolver, value: Any, owner: Any, *, is_class: bool) -> Any:
    """Bind a function of a class to the object, or call it if it is a property."""
    if not isinstance(value, OwnFunction) or not hasattr(value.node, "decorator_list"):
        return value
    if is_decorated(value.node, "staticmethod"):
        return value
    if is_decorated(value.node, "classmethod"):
        return BoundFunction(value, owner if is_class else getattr(owner, "of", owner))
    if is_class:
        return value
    bound = BoundFunction(value, owner)
    if is_decorated(value.node, "property", "cached_property"):
        return self.call(bound, (), {}, {})
    return bound


def _list_classes(self: Resolver, own: OwnClass) -> list[OwnClass]:
    """List a class and its base classes that are scanned."""
    classes: list[OwnClass] = []
    pending = [own]
    while pending and len(classes) < 20:
        each = pending.pop(0)
        classes.append(each)
        pending += [base for base in self.bases_of(each) if isinstance(base, OwnClass) and base not in classes]
    return classes


def _has_known_bases(self: Resolver, own: OwnClass) -> bool:
    """Return whether a class is an exception all of whose base classes are scanned or Python's own."""
    bases = [base for each in _list_classes(self, own) for base in self.bases_of(each)]
    names = [base.name for base in bases if isinstance(base, DottedName)]
    known = all(
        isinstance(base, OwnClass)
        or (isinstance(base, DottedName) and is_python_subclass(base.name, "builtins.BaseException"))
        for base in bases
    )
    return bool(names) and known and find_method(self, own, "__getattr__") is None


def find_method(self: Resolver, own: OwnClass, name: str) -> OwnFunction | None:
    """Find a method of a class or of its base classes; None if it has no such method."""
    for each in _list_classes(self, own):
        for binding in self.inner_scope(each.node, each.scope).bindings.get(name, ()):
            if binding.kind is BindingKind.FUNCTION and isinstance(value := self.value_of(binding, name), OwnFunction):
                return value
    return None


def is_enum(self: Resolver, own: OwnClass) -> bool:
    """Return whether a class is an enum."""
    return any(
        isinstance(base, DottedName) and base.name in _ENUMS
        for each in _list_classes(self, own)
        for base in self.bases_of(each)
    )


def list_fields(self: Resolver, own: OwnClass) -> list[tuple[str, Any]] | None:
    """List the fields of a data class or a named tuple with their defaults; None if it is neither."""
    bases = [base.name for base in self.bases_of(own) if isinstance(base, DottedName)]
    is_record = is_decorated(own.node, "dataclass", "define", "frozen", "attrs") or any(
        name.endswith((".NamedTuple", ".Struct", ".BaseModel", ".BaseSettings")) for name in bases
    )
    if not is_record and not any("dataclass" in unparse_short(each) for each in own.node.decorator_list):
        return None
    fields: list[tuple[str, Any]] = []
    scope = self.inner_scope(own.node, own.scope)
    for statement in own.node.body:
        target, value = getattr(statement, "target", None), getattr(statement, "value", None)
        if target is not None and hasattr(statement, "annotation") and hasattr(target, "id"):
            default = self.evaluate_safely(value, scope) if value is not None else Unknown(f"{target.id} is not given")
            fields.append((target.id, default))
    return fields


def is_known_key(key: Any) -> bool:
    """Return whether a key that `find_key` returns is known: a class of an error that no key equals is known too."""
    return is_key(key) or isinstance(key, ErrorPart)


def read_header(base: ErrorPart, name: str, default: Any) -> Any:
    """Read a header of the response."""
    if name.lower() in {"content-length", "transfer-encoding", "date", "connection"}:
        return Unknown(f"the header {name} was not recorded", of_error=True)
    return mark(base.view.headers.get(name.lower(), default))


def convert_to_text(self: Resolver, value: Any) -> Any:
    """Convert a value as `str()` does."""
    match value:
        case CaughtError() if self.is_quiet:
            return Unknown("a text of the error is passed on", of_error=True)
        case CaughtError(view):
            self.record.compares = True
            return UnreadText(view)
        case ErrorPart(view, "class"):
            return ErrorText(f"<class '{view.names[0]}'>")
        case Unknown() | UnreadText():
            return value
        case str() | int() | float() | None | dict() if not is_unknown(value):
            text = str(_plain(value))
            return ErrorText(text) if is_of_error(value) else text
        case Instance(of=OwnClass() as own, arguments=arguments) if find_method(self, own, "__str__") is None:
            argument = read_text(arguments[0]) if len(arguments) == 1 else None
            return str(argument) if isinstance(argument, str) else Unknown("a text")
        case tuple() if all(isinstance(item, str | int | None) for item in value):
            return str(value)
    return Unknown("a text can't be known", is_of_error(value))


def represent(self: Resolver, value: Any) -> Any:
    """Convert a value as `repr()` does."""
    if isinstance(value, CaughtError) and not self.is_quiet:
        self.record.compares = True
        name = value.view.names[0].rpartition(".")[2]
        return ErrorText(f"{name}({value.view.text!r})")
    return repr(_plain(value)) if isinstance(value, str | int | float | None) else convert_to_text(self, value)


def _plain(value: Any) -> Any:
    """Remove the marks of plain data."""
    if isinstance(value, ErrorText):
        return str.__str__(value)
    if isinstance(value, ErrorNumber):
        return int(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value
