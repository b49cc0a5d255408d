"""Compares caught errors and other exceptions with the classes that a user names. Pure."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from matrix.scan.values import CaughtError, DottedName, ErrorPart, Instance, NoTuple, OwnClass, Union, Unknown, flatten

if TYPE_CHECKING:
    from matrix.scan.resolver import Resolver


def are_classes(value: Any, *, in_clause: bool) -> bool:
    """Return whether a clause, or else `isinstance`, takes a value for classes, as far as it is known.

    Neither takes lists and sets. A clause takes no union, and no tuple in a tuple.
    """
    if isinstance(value, NoTuple | str | int | dict):
        return False
    if isinstance(value, Union):
        return not in_clause
    if isinstance(value, tuple):
        is_nested = in_clause and any(isinstance(each, tuple) for each in value)
        return not is_nested and all(are_classes(each, in_clause=in_clause) for each in value)
    return True


def is_instance(self: "Resolver", error: Any, classes: Any) -> "bool | Unknown":
    """Return whether an error is an instance of a class, or of one of several."""
    doubt: Unknown | None = None
    for each in flatten(classes):
        answer = _is_instance(self, error, each)
        if answer is True:
            return True
        self.record.compares |= isinstance(answer, Unknown) and isinstance(error, CaughtError)
        doubt = answer if isinstance(answer, Unknown) else doubt
    return doubt or False


def _is_instance(self: "Resolver", error: Any, class_: Any) -> "bool | Unknown":
    if isinstance(error, Unknown):
        return error
    if isinstance(class_, Unknown):
        return Unknown(class_.why, of_error=isinstance(error, CaughtError) or class_.of_error)
    if isinstance(error, CaughtError):
        return _is_caught_a(self, error, class_)
    if isinstance(error, Instance):
        return is_subclass(self, error.of, class_)
    return False


def _is_caught_a(self: "Resolver", error: CaughtError, class_: Any) -> "bool | Unknown":
    if isinstance(class_, ErrorPart):
        return error.view.is_a(class_.view.names[0])
    if not isinstance(class_, DottedName):
        return False
    self.record.classes[class_] = None
    if error.view.is_a(class_.name):
        return True
    return _is_foreign(self, class_)


def _is_foreign(self: "Resolver", class_: DottedName) -> "bool | Unknown":
    """Return False of a class that is not the error's, or unknown if a name may well mean a class of the SDK."""
    root, last = class_.name.lstrip(".").partition(".")[0], class_.name.rpartition(".")[2]
    sdk = self.sdk
    if sdk.owns(class_.name) and not sdk.is_error(class_.name) and last.endswith("Error"):
        if self.recorded.classes.lacks(class_.name) is False:  # the release raises it elsewhere
            return False
        return Unknown(f"no measured release raises {class_.name}", of_error=True)
    if sdk.owns(class_.name) or root in {"builtins"} | sdk.http_libraries:
        return False
    is_camel = last.lstrip("_")[:1].isupper() and not last.isupper()
    if is_camel and (f"{sdk.module}.{last}" not in sdk.errors or root in sdk.other_packages):
        return False
    return Unknown(f"{last} comes from {class_.name.rpartition('.')[0] or class_.name}, which was not scanned", True)


def is_subclass(self: "Resolver", own: Any, class_: Any) -> "bool | Unknown":
    """Return whether the first class is the second or is derived from it."""
    if own == class_:
        return True
    if isinstance(own, OwnClass):
        answers = [is_subclass(self, base, class_) for base in self.bases_of(own)]
        if True in answers:
            return True
        return next((each for each in answers if isinstance(each, Unknown)), False)
    if isinstance(class_, Unknown):
        return class_
    if isinstance(own, Unknown):
        return own
    if not (isinstance(own, DottedName) and isinstance(class_, DottedName)):
        return False
    if isinstance(class_, DottedName) and class_.name in {"builtins.Exception", "builtins.BaseException"}:
        return _find_class(own.name) is None or is_python_subclass(own.name, class_.name)
    if _is_sdk_subclass(self, own.name, class_.name) or is_python_subclass(own.name, class_.name):
        return True
    return _is_library_subclass(self, own.name, class_.name)


def _is_library_subclass(self: "Resolver", name: str, other: str) -> "bool | Unknown":
    """Return False of a class that is not derived from another one, or unknown if it is of a package that is not known.

    Of such a package, nothing is known but the classes of the exceptions that the release raised.
    """
    package, of_other = name.partition(".")[0], other.partition(".")[0]
    if _find_class(name) is not None or self.sdk.owns(name) or of_other not in {package, "builtins"}:
        return False
    for observation in self.recorded.behaviour.values() if package in self.sdk.http_libraries else ():
        if (raised := observation.exception) is not None and name in (chain := (raised.name, *raised.bases)):
            return other in chain[chain.index(name) :]
    return Unknown(f"{name.rpartition('.')[2]} comes from {package}, which was not scanned", of_error=True)


def _is_sdk_subclass(self: "Resolver", name: str, other: str) -> bool:
    public, wanted = self.sdk.public(name), self.sdk.public(other)
    if public == wanted:
        return True
    if self.sdk.owns(name) and self.sdk.owns(other) and name.rpartition(".")[2] == other.rpartition(".")[2]:
        return True  # one class, under two modules that have it
    for observation in self.recorded.behaviour.values() if public.startswith(f"{self.sdk.module}.") else ():
        chain = (observation.exception.name, *observation.exception.bases) if observation.exception else ()
        names = [self.sdk.public(each) for each in chain]
        if public in names:
            return wanted in names[names.index(public) :]
    return False


_MODULES: Final = frozenset(
    {"builtins", "asyncio", "asyncio.exceptions", "concurrent.futures", "http.client", "json", "json.decoder", "queue"}
    | {"socket", "ssl", "subprocess", "urllib.error"}
)
"""The modules of Python whose exceptions programs raise and catch."""


def is_python_subclass(name: str, other: str) -> bool:
    """Return whether a class of Python's library is derived from another one."""
    first, second = _find_class(name), _find_class(other)
    return first is not None and second is not None and issubclass(first, second)


def _find_class(name: str) -> type | None:
    """Find a class of Python's library by its dotted name."""
    module, _, last = name.rpartition(".")
    found = getattr(import_module(module), last, None) if module in _MODULES else None
    return found if isinstance(found, type) else None
