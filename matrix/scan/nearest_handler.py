"""Finds which of our handlers a piece of code is nearest to: the failures that it takes in, the handler out. Pure.

Code that takes every error inside a stream is one of the `any-` handlers. Code that takes an overloaded stream and not
an invalid request reads the type, the body or the text. Any other code goes by the status or by the class, and misses
every error inside a stream.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from matrix.model import Frozen
from matrix.scan.block import RERAISE, RETRY, Ends
from matrix.scan.catches import Exactness
from matrix.scan.failures import LAST_STATUS, Failures
from matrix.scan.sdk import Sdk
from matrix.scan.values import Aspect, DottedName


class NearestHandler(Frozen, frozen=True, kw_only=True):
    """The handler that a piece of code is nearest to.

    Attributes:
        handler: Its id.
        exactness: How closely the code matches it.
        note: How the code differs from it; empty if it is the same.
        aspects: The aspects of the error that decide; empty if its class does.
        names: Handlers whose class the code names: where a release has no such class, it crashes as they do.
    """

    handler: str
    exactness: Exactness
    note: str = ""
    aspects: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()


_STREAM: Final = frozenset({"stream-overloaded", "stream-rate-limit", "stream-server"})
_INVALID: Final = "stream-invalid"
_BROKEN: Final = frozenset({"connection", "timeout"})
_RATE: Final = "http-429"
_LAST: Final = f"http-{LAST_STATUS}"


def list_taken_by_handlers(failures: Failures) -> dict[str, frozenset[str]]:
    """List the failures of a target that each handler takes, by the handler's id.

    A test scans the handlers' sources and compares.
    """
    http, from_500 = failures.http, failures.from_500
    status_error = http | _STREAM | {_INVALID}
    transient_type = _STREAM | from_500 | {"http-408", _RATE}
    overloaded = frozenset({failures.overloaded})
    named = overloaded | {"stream-overloaded"}
    taken_by = {
        "any-api-error": status_error | _BROKEN,
        "any-exception": frozenset(failures.by_id),
        "any-status-error": status_error,
        "body-text": named,
        "body-type": transient_type,
        "class-5xx-429": from_500 | {_RATE},
        "class-all-transient": from_500 | {_RATE} | _BROKEN,
        "class-overloaded": overloaded,
        "class-private": overloaded,
        "class-rate-limit": frozenset({_RATE}),
        "connection": overloaded | {_RATE, "http-500", "http-502", "http-503", "transport"} | _BROKEN,
        "getattr-status": failures.transient,
        "response-status": from_500 | {_RATE},
        "status-429-529": overloaded | {_RATE},
        "status-ge-400": http,
        "status-ge-500": from_500,
        "status-set": failures.transient,
        "str-overloaded": named | {"stream-rate-limit", _RATE},
        "str-text": named,
        "type-attr": transient_type,
        "type-or-body": transient_type | {"http-409"},
    }
    return {handler: taken & failures.by_id.keys() for handler, taken in taken_by.items()}


def _list_notable(failures: Failures) -> tuple[str, ...]:
    """List the failures that a note names if a handler and the code differ on them, the most important first."""
    first = ("stream-overloaded", "stream-rate-limit", failures.overloaded, _RATE)
    return (*first, "http-500", "connection", "transport", "other", "http-400")


def find_taken(failures: Failures, ends: Mapping[str, Ends]) -> frozenset[str]:
    """Find the failures that code takes: it retries them, calls them retryable, or treats a bad request otherwise."""
    if any(RETRY in possible for possible in ends.values()):
        return frozenset(id_ for id_, possible in ends.items() if RETRY in possible)
    if _is_predicate(ends):
        return frozenset(id_ for id_, possible in ends.items() if ("return", "True") in possible)
    default = ends["http-400"]
    overloaded = ends[failures.overloaded]
    distinguished = {id_ for id_ in failures.transient if ends[id_] not in (default, _NOTHING)}
    distinguished |= {id_ for id_ in _STREAM if ends[id_] not in (default, _NOTHING) and overloaded == _NOTHING}
    if not distinguished and ends["stream-overloaded"] != overloaded != _NOTHING:
        distinguished = {failures.overloaded}  # only an error inside a stream has another end
    if distinguished:  # with all that end alike; a lost connection with an end of its own says nothing of the others
        alike = {ends[id_] for id_ in distinguished}
        return frozenset(id_ for id_, possible in ends.items() if possible in alike)
    return frozenset(id_ for id_, possible in ends.items() if possible != _NOTHING)


_NOTHING: Final = frozenset({RERAISE})


def _is_predicate(ends: Mapping[str, Ends]) -> bool:
    answers = {("return", "True"), ("return", "False"), ("return", "None"), RERAISE}
    possible = frozenset().union(*ends.values())
    return ("return", "True") in possible and possible <= answers


def find_nearest_handler(
    sdk: Sdk, taken: frozenset[str], aspects: frozenset[Aspect], classes: Iterable[DottedName]
) -> NearestHandler | None:
    """Find the nearest handler; None if the code takes no failure that any handler takes.

    Args:
        sdk: The SDK whose errors the code may catch.
        taken: The failures that the code takes, by id.
        aspects: The aspects of the error that the code compares with something.
        classes: The classes that the code compares the error with.
    """
    classes = list(classes)
    handler, deciding = _find_by_taken(sdk, taken, aspects, {each.name for each in classes})
    if not handler:
        return None
    names = tuple(dict.fromkeys(filter(None, (_find_class_handler(sdk, each) for each in classes))))
    note = _describe_difference(sdk, handler, taken, classes, names)
    return NearestHandler(
        handler=handler,
        exactness=Exactness.NEAR if note else Exactness.SAME,
        note=note,
        aspects=frozenset(deciding),
        names=names,
    )


def _find_class_handler(sdk: Sdk, class_: DottedName) -> str:
    """Return the handler that names a class; empty if every release has the class or the code has a fallback for it."""
    if not sdk.is_overloaded(class_.name) or class_.fallback:
        return ""
    return "class-private" if "._" in class_.name else "class-overloaded"


def _find_by_taken(
    sdk: Sdk, taken: frozenset[str], aspects: frozenset[Aspect], classes: set[str]
) -> tuple[str, set[Aspect]]:
    transient = sdk.failures.transient
    if "stream-overloaded" in taken and _INVALID in taken:
        if "other" in taken:
            return "any-exception", set()
        return ("any-api-error" if taken & _BROKEN else "any-status-error"), set()
    content = _find_by_content(aspects)
    if "stream-overloaded" in taken and content:
        return content
    if taken & transient and aspects & {Aspect.STATUS, Aspect.RESPONSE}:
        return _find_by_status(sdk, taken, aspects, classes)
    if content and taken & (transient | _STREAM) and not taken >= sdk.failures.from_500:
        return "status-429-529", content[1]  # it looks for words that an overloaded stream does not have
    return _find_by_class(sdk, taken, classes), set()


def _find_by_content(aspects: frozenset[Aspect]) -> tuple[str, set[Aspect]] | None:
    if Aspect.TYPE in aspects:
        return ("type-or-body" if Aspect.BODY in aspects else "type-attr"), {Aspect.TYPE}
    if Aspect.BODY in aspects:
        return "body-type", {Aspect.BODY}
    if Aspect.BODY_TEXT in aspects:
        return "body-text", {Aspect.BODY_TEXT}
    if Aspect.TEXT in aspects:
        return ("str-overloaded" if Aspect.LOWER in aspects else "str-text"), {Aspect.TEXT}
    return None


def _find_by_status(
    sdk: Sdk, taken: frozenset[str], aspects: frozenset[Aspect], classes: set[str]
) -> tuple[str, set[Aspect]]:
    if taken & _BROKEN and "other" not in taken:
        return "connection", {Aspect.STATUS, Aspect.RESPONSE}
    if Aspect.RESPONSE in aspects and Aspect.STATUS not in aspects:
        return "response-status", {Aspect.RESPONSE}
    if Aspect.GETATTR in aspects and not any(map(sdk.is_error, classes)):
        return "getattr-status", {Aspect.STATUS}
    statuses = taken & sdk.failures.http
    if "http-400" in statuses:
        return "status-ge-400", {Aspect.STATUS}
    if statuses <= {_RATE, sdk.failures.overloaded}:
        return "status-429-529", {Aspect.STATUS}
    if _LAST in statuses and "http-408" not in statuses:
        return "status-ge-500", {Aspect.STATUS}
    return "status-set", {Aspect.STATUS}


def _find_by_class(sdk: Sdk, taken: frozenset[str], classes: set[str]) -> str:
    rate, server, overloaded = (_RATE in taken, "http-500" in taken, sdk.failures.overloaded in taken)
    if taken & _BROKEN and (rate or server or overloaded):
        return "class-all-transient"
    if overloaded and not server:
        is_private = any("._" in name for name in classes if sdk.is_overloaded(name))
        return "class-private" if is_private else "class-overloaded"
    if server:
        return "class-5xx-429"
    if rate:
        return "class-rate-limit"
    return "connection" if taken & (_BROKEN | {"transport"}) else ""


def _describe_difference(
    sdk: Sdk, handler: str, taken: frozenset[str], classes: list[DottedName], names: Collection[str]
) -> str:
    """Describe how the code differs from the handler; empty if it is the same."""
    clauses = []
    if set(names) - {handler}:
        clauses.append(f"some releases lack {sdk.target.classes.overloaded}, and code that names it crashes there")
    if any(each.fallback and sdk.is_error(each.name) for each in classes):
        clauses.append("it works on releases that lack the class")
    failures = sdk.failures
    by_handler = list_taken_by_handlers(failures)[handler]
    missing = [id_ for id_ in _list_notable(failures) if id_ in by_handler - taken]
    extra = [id_ for id_ in _list_notable(failures) if id_ in taken - by_handler]
    if missing:
        clauses.append(f"it does not cover {_enumerate(failures, missing)}")
    if extra:
        clauses.append(f"it also covers {_enumerate(failures, extra)}")
    if not missing and not extra and by_handler != taken:
        first, *others = sorted(failures.by_id[id_].words for id_ in by_handler ^ taken)
        clauses.append(f"it decides differently on {first}" + (f" and {len(others)} more" if others else ""))
    return "; ".join(clauses)


def _enumerate(failures: Failures, ids: Sequence[str]) -> str:
    words = [failures.by_id[id_].words for id_ in ids[:3]]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
