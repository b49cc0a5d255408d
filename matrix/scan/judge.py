"""Which of our handlers a piece of code is nearest to. Pure: what it does with each failure in, the handler out.

The rule: what takes an error inside a stream whatever it says is one of the `any-` handlers. What takes an overloaded
stream and lets an invalid request go reads the type, the body or the text. Everything else goes by the status or by the
class, and does not see an error inside a stream at all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from matrix.model import Frozen
from matrix.scan.failures import LAST_STATUS, Failures
from matrix.scan.found import Exactness
from matrix.scan.sdk import Sdk
from matrix.scan.statements import RERAISE, RETRY, Ends
from matrix.scan.values import Facet, Origin


class Verdict(Frozen, frozen=True, kw_only=True):
    """The nearest handler.

    Attributes:
        handler: Its id.
        exactness: How near it is.
        note: In what the code differs from it.
        facets: The parts of the error that decide; empty if its class does.
        takes: The failures that are taken, by id.
        names: Handlers whose class it names: where a release has no such class, it crashes as they do.
    """

    handler: str
    exactness: Exactness
    note: str = ""
    facets: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()


_STREAM: Final = frozenset({"stream-overloaded", "stream-rate-limit", "stream-server"})
_INVALID: Final = "stream-invalid"
_BROKEN: Final = frozenset({"connection", "timeout"})
_RATE: Final = "http-429"
_LAST: Final = f"http-{LAST_STATUS}"


def idioms(failures: Failures) -> dict[str, frozenset[str]]:
    """Return what each handler takes of a target's failures, by the handler's id.

    A test scans the handlers and finds the same.
    """
    http, from_500 = failures.http, failures.from_500
    status_error = http | _STREAM | {_INVALID}
    transient_type = _STREAM | from_500 | {"http-408", _RATE}
    overloaded = frozenset({failures.overloaded})
    named = overloaded | {"stream-overloaded"}
    takes = {
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
    return {handler: taken & failures.by_id.keys() for handler, taken in takes.items()}


def _notable(failures: Failures) -> tuple[str, ...]:
    """Return the failures that a note names if a handler and the code differ on them, the most important first."""
    first = ("stream-overloaded", "stream-rate-limit", failures.overloaded, _RATE)
    return (*first, "http-500", "connection", "transport", "other", "http-400")


def taken(failures: Failures, ends: Mapping[str, Ends]) -> frozenset[str]:
    """The failures that the code takes: retries, calls retryable, or treats as something else than a bad request."""
    if any(RETRY in found for found in ends.values()):
        return frozenset(name for name, found in ends.items() if RETRY in found)
    if _is_predicate(ends):
        return frozenset(name for name, found in ends.items() if ("return", "True") in found)
    default = ends["http-400"]
    overloaded = ends[failures.overloaded]
    told_apart = {name for name in failures.transient if ends[name] not in (default, _NOTHING)}
    told_apart |= {name for name in _STREAM if ends[name] not in (default, _NOTHING) and overloaded == _NOTHING}
    if not told_apart and ends["stream-overloaded"] != overloaded != _NOTHING:
        told_apart = {failures.overloaded}  # only what is in a stream goes another way
    if told_apart:  # and what ends as these do; a lost connection that has an end of its own tells nothing of them
        like = {ends[name] for name in told_apart}
        return frozenset(name for name, found in ends.items() if found in like)
    return frozenset(name for name, found in ends.items() if found != _NOTHING)


_NOTHING: Final = frozenset({RERAISE})


def _is_predicate(ends: Mapping[str, Ends]) -> bool:
    every = frozenset().union(*ends.values())
    return ("return", "True") in every and every <= {
        ("return", "True"),
        ("return", "False"),
        ("return", "None"),
        RERAISE,
    }


def judge(sdk: Sdk, takes: frozenset[str], facets: frozenset[Facet], classes: Iterable[Origin]) -> Verdict | None:
    """The nearest handler; None if what is taken has nothing to do with what passes.

    Args:
        sdk: The SDK that the code may catch errors of.
        takes: The failures that the code takes, by id.
        facets: The parts of the error that it compared with something.
        classes: The classes that it held the error against.
    """
    handler, deciding = _nearest(sdk, takes, facets, {one.name for one in classes})
    if not handler:
        return None
    classes = list(classes)
    names = tuple(dict.fromkeys(filter(None, (_named(sdk, one) for one in classes))))
    note = _difference(sdk, handler, takes, classes, names)
    return Verdict(
        handler=handler,
        exactness=Exactness.NEAR if note else Exactness.SAME,
        note=note,
        facets=frozenset(deciding),
        takes=takes,
        names=names,
    )


def _named(sdk: Sdk, one: Origin) -> str:
    """The handler that names this class, if it is one that not every release has and no fallback stands in for it."""
    if not sdk.is_overloaded(one.name) or one.fallback:
        return ""
    return "class-private" if "._" in one.name else "class-overloaded"


def _nearest(sdk: Sdk, takes: frozenset[str], facets: frozenset[Facet], classes: set[str]) -> tuple[str, set[Facet]]:
    transient = sdk.failures.transient
    if "stream-overloaded" in takes and _INVALID in takes:
        if "other" in takes:
            return "any-exception", set()
        return ("any-api-error" if takes & _BROKEN else "any-status-error"), set()
    content = _by_content(facets)
    if "stream-overloaded" in takes and content:
        return content
    if takes & transient and facets & {Facet.STATUS, Facet.RESPONSE}:
        return _by_status(sdk, takes, facets, classes)
    if (
        takes & (transient | _STREAM) and content and not takes >= sdk.failures.from_500
    ):  # words that are not in an overloaded stream's
        return "status-429-529", content[1]
    return _by_class(sdk, takes, classes), set()


def _by_content(facets: frozenset[Facet]) -> tuple[str, set[Facet]] | None:
    if Facet.TYPE in facets:
        other = Facet.BODY in facets
        return ("type-or-body" if other else "type-attr"), {Facet.TYPE}
    if Facet.BODY in facets:
        return "body-type", {Facet.BODY}
    if Facet.BODY_TEXT in facets:
        return "body-text", {Facet.BODY_TEXT}
    if Facet.TEXT in facets:
        return ("str-overloaded" if Facet.LOWER in facets else "str-text"), {Facet.TEXT}
    return None


def _by_status(sdk: Sdk, takes: frozenset[str], facets: frozenset[Facet], classes: set[str]) -> tuple[str, set[Facet]]:
    if takes & _BROKEN and "other" not in takes:
        return "connection", {Facet.STATUS, Facet.RESPONSE}
    if Facet.RESPONSE in facets and Facet.STATUS not in facets:
        return "response-status", {Facet.RESPONSE}
    if Facet.GETATTR in facets and not any(map(sdk.is_error, classes)):
        return "getattr-status", {Facet.STATUS}
    statuses = takes & sdk.failures.http
    if "http-400" in statuses:
        return "status-ge-400", {Facet.STATUS}
    if statuses <= {_RATE, sdk.failures.overloaded}:
        return "status-429-529", {Facet.STATUS}
    if _LAST in statuses and not statuses & {"http-408"}:
        return "status-ge-500", {Facet.STATUS}
    return "status-set", {Facet.STATUS}


def _by_class(sdk: Sdk, takes: frozenset[str], classes: set[str]) -> str:
    rate, server, overloaded = (_RATE in takes, "http-500" in takes, sdk.failures.overloaded in takes)
    if takes & _BROKEN and (rate or server or overloaded):
        return "class-all-transient"
    if overloaded and not server:
        is_private = any("._" in name for name in classes if sdk.is_overloaded(name))
        return "class-private" if is_private else "class-overloaded"
    if server:
        return "class-5xx-429"
    if rate:
        return "class-rate-limit"
    return "connection" if takes & (_BROKEN | {"transport"}) else ""


def _difference(sdk: Sdk, handler: str, takes: frozenset[str], classes: list[Origin], names: Collection[str]) -> str:
    """In what the code differs from the handler, in words; empty if in nothing."""
    said = []
    if set(names) - {handler}:
        said.append(f"{sdk.target.classes.overloaded} is not in every release, and naming it fails where it is missing")
    if any(one.fallback and sdk.is_error(one.name) for one in classes):
        said.append("a release that lacks the class does no harm")
    failures = sdk.failures
    idiom = idioms(failures)[handler]
    lacks = [name for name in _notable(failures) if name in idiom - takes]
    more = [name for name in _notable(failures) if name in takes - idiom]
    if lacks:
        said.append(f"it does not take {_listed(failures, lacks)}")
    if more:
        said.append(f"it also takes {_listed(failures, more)}")
    if not lacks and not more and idiom != takes:
        lesser = sorted(failures.by_id[name].words for name in idiom ^ takes)
        said.append(
            f"it decides otherwise on {lesser[0]}" + (f" and {len(lesser) - 1} more" if len(lesser) > 1 else "")
        )
    return "; ".join(said)


def _listed(failures: Failures, names: Sequence[str]) -> str:
    words = [failures.by_id[name].words for name in names[:3]]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
