"""Our remedy in a user's source, imported or copied, and what it says of an error. Pure."""

from typing import Any, Final

from matrix.observation import RemedyResult
from matrix.scan.resolver import Resolver
from matrix.scan.scopes import BindingKind
from matrix.scan.values import CaughtError, DottedName, Instance, OwnClass, Unknown

_NAMES: Final = frozenset({"guard", "explain", "StreamFailed"})


def name_remedy_function(data: object) -> str:
    """Return `guard`, `explain` or `StreamFailed` if a value is that of our remedy or of a copy; otherwise nothing."""
    if isinstance(data, DottedName):
        parts = data.name.lstrip(".").split(".")
        return parts[-1] if len(parts) > 1 and parts[-2] == "remedy" and parts[-1] in _NAMES else ""
    node, scope = getattr(data, "node", None), getattr(data, "scope", None)
    name = getattr(node, "name", "")
    is_copy = name in _NAMES and scope is not None and scope.top.bindings.keys() >= _NAMES
    return str(name) if is_copy else ""


def make_stream_failed(self: Resolver, guard: Any, remedy: RemedyResult) -> Instance:
    """Make the exception that a guarded stream raises, of the class that belongs to this `guard`."""
    of: OwnClass | DottedName
    if isinstance(guard, DottedName):
        of = DottedName(f"{guard.name.rpartition('.')[0]}.StreamFailed")
    else:
        binding = guard.scope.top.bindings["StreamFailed"][0]
        value = self.value_of(binding, "StreamFailed") if binding.kind is BindingKind.CLASS else None
        of = value if isinstance(value, OwnClass) else DottedName("remedy.StreamFailed")
    return Instance(of, (), {"failure": _make_failure(remedy)})


def _make_failure(remedy: RemedyResult) -> Instance:
    fields = {
        "status": remedy.status,
        "error_type": remedy.error_type,
        "retryable": remedy.retryable,
        "request_id": remedy.request_id,
        "text": remedy.text,
    }
    return Instance(DottedName("midstream.remedy.Failure"), (), fields)


def call_remedy(self: Resolver, function: Any, error: Any) -> Any:
    """Evaluate `explain(error)`."""
    self.record.compares = True
    self.record.classes.setdefault(DottedName(f"{self.sdk.module}.{self.sdk.target.classes.root}"))
    if isinstance(error, CaughtError):
        remedy = error.view.explained
        return _make_failure(remedy) if remedy is not None else Unknown("the remedy is not known", of_error=True)
    if isinstance(error, Instance) and "failure" in error.fields:
        return error.fields["failure"]
    return Unknown("what the remedy says of another error is not known", of_error=True)
