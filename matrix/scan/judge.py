"""Which of our handlers a piece of code is nearest to. Pure: what it does with each failure in, the handler out.

The rule: what takes an error inside a stream whatever it says is one of the `any-` handlers. What takes an overloaded
stream and lets an invalid request go reads the type, the body or the text. Everything else goes by the status or by the
class, and does not see an error inside a stream at all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from matrix.model import Frozen
from matrix.scan.failures import FAILURES, TRANSIENT_STATUSES, is_sdk_class, public
from matrix.scan.found import Exactness
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


_STREAM: Final = frozenset({"stream-overloaded_error", "stream-rate_limit_error", "stream-api_error"})
_INVALID: Final = "stream-invalid_request_error"
_BROKEN: Final = frozenset({"connection", "timeout"})
_HTTP: Final = frozenset(name for name in FAILURES if name.startswith("http-"))
_FROM_500: Final = frozenset({"http-500", "http-502", "http-503", "http-504", "http-529", "http-599"})
_SET: Final = frozenset(f"http-{status}" for status in TRANSIENT_STATUSES)
_ALL_STREAM: Final = _STREAM | {_INVALID}
_TYPED: Final = _STREAM | _FROM_500 | {"http-408", "http-429"}
_NAMED: Final = frozenset({"stream-overloaded_error", "http-529"})

IDIOMS: Final[Mapping[str, frozenset[str]]] = {
    "any-api-error": _HTTP | _ALL_STREAM | _BROKEN,
    "any-exception": frozenset(FAILURES),
    "any-status-error": _HTTP | _ALL_STREAM,
    "body-text": _NAMED,
    "body-type": _TYPED,
    "class-5xx-429": _FROM_500 | {"http-429"},
    "class-all-transient": _FROM_500 | {"http-429"} | _BROKEN,
    "class-overloaded": frozenset({"http-529"}),
    "class-private": frozenset({"http-529"}),
    "class-rate-limit": frozenset({"http-429"}),
    "connection": frozenset({f"http-{status}" for status in (429, 500, 502, 503, 529)}) | _BROKEN | {"httpx"},
    "getattr-status": _SET,
    "response-status": _FROM_500 | {"http-429"},
    "status-429-529": frozenset({"http-429", "http-529"}),
    "status-ge-400": _HTTP,
    "status-ge-500": _FROM_500,
    "status-set": _SET,
    "str-overloaded": _NAMED | {"stream-rate_limit_error", "http-429"},
    "str-text": _NAMED,
    "type-attr": _TYPED,
    "type-or-body": _TYPED | {"http-409"},
}
"""What each handler takes of the failures here, on the newest release; a test scans the handlers and finds the same."""

_TOLD: Final = (
    "stream-overloaded_error",
    "stream-rate_limit_error",
    "http-529",
    "http-429",
    "http-500",
    "connection",
    "httpx",
    "other",
    "http-400",
)
"""What is told of a difference, the most important first."""


def taken(ends: Mapping[str, Ends]) -> frozenset[str]:
    """The failures that the code takes: retries, calls retryable, or treats as something else than a bad request."""
    if any(RETRY in found for found in ends.values()):
        return frozenset(name for name, found in ends.items() if RETRY in found)
    if _is_predicate(ends):
        return frozenset(name for name, found in ends.items() if ("return", "True") in found)
    default = ends["http-400"]
    told_apart = {name for name in _SET if ends[name] not in (default, _NOTHING)}
    told_apart |= {name for name in _STREAM if ends[name] not in (default, _NOTHING) and ends["http-529"] == _NOTHING}
    if not told_apart and ends["stream-overloaded_error"] != ends["http-529"] != _NOTHING:
        told_apart = {"http-529"}  # only what is in a stream goes another way
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


def judge(takes: frozenset[str], facets: frozenset[Facet], classes: Iterable[Origin]) -> Verdict | None:
    """The nearest handler; None if what is taken has nothing to do with what passes.

    Args:
        takes: The failures that the code takes, by id.
        facets: The parts of the error that it compared with something.
        classes: The classes that it held the error against.
    """
    handler, deciding = _nearest(takes, facets, {one.name for one in classes})
    if not handler:
        return None
    classes = list(classes)
    names = tuple(dict.fromkeys(filter(None, map(_named, classes))))
    note = _difference(handler, takes, classes, names)
    return Verdict(
        handler=handler,
        exactness=Exactness.NEAR if note else Exactness.SAME,
        note=note,
        facets=frozenset(deciding),
        takes=takes,
        names=names,
    )


def _named(one: Origin) -> str:
    """The handler that names this class, if it is one that not every release has and no fallback stands in for it."""
    if public(one.name) != "anthropic.OverloadedError" or one.fallback:
        return ""
    return "class-private" if "._" in one.name else "class-overloaded"


def _nearest(takes: frozenset[str], facets: frozenset[Facet], classes: set[str]) -> tuple[str, set[Facet]]:
    if "stream-overloaded_error" in takes and _INVALID in takes:
        if "other" in takes:
            return "any-exception", set()
        return ("any-api-error" if takes & _BROKEN else "any-status-error"), set()
    content = _by_content(facets)
    if "stream-overloaded_error" in takes and content:
        return content
    if takes & _SET and facets & {Facet.STATUS, Facet.RESPONSE}:
        return _by_status(takes, facets, classes)
    if takes & (_SET | _STREAM) and content and not takes >= _FROM_500:  # words that are not in an overloaded stream's
        return "status-429-529", content[1]
    return _by_class(takes, classes), set()


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


def _by_status(takes: frozenset[str], facets: frozenset[Facet], classes: set[str]) -> tuple[str, set[Facet]]:
    if takes & _BROKEN and "other" not in takes:
        return "connection", {Facet.STATUS, Facet.RESPONSE}
    if Facet.RESPONSE in facets and Facet.STATUS not in facets:
        return "response-status", {Facet.RESPONSE}
    if Facet.GETATTR in facets and not any(is_sdk_class(name) for name in classes):
        return "getattr-status", {Facet.STATUS}
    statuses = takes & _HTTP
    if "http-400" in statuses:
        return "status-ge-400", {Facet.STATUS}
    if statuses <= {"http-429", "http-529"}:
        return "status-429-529", {Facet.STATUS}
    if "http-599" in statuses and not statuses & {"http-408"}:
        return "status-ge-500", {Facet.STATUS}
    return "status-set", {Facet.STATUS}


def _by_class(takes: frozenset[str], classes: set[str]) -> str:
    rate, server, overloaded = ("http-429" in takes, "http-500" in takes, "http-529" in takes)
    if takes & _BROKEN and (rate or server or overloaded):
        return "class-all-transient"
    if overloaded and not server:
        is_private = any("._" in name for name in classes if public(name) == "anthropic.OverloadedError")
        return "class-private" if is_private else "class-overloaded"
    if server:
        return "class-5xx-429"
    if rate:
        return "class-rate-limit"
    return "connection" if takes & (_BROKEN | {"httpx"}) else ""


def _difference(handler: str, takes: frozenset[str], classes: list[Origin], names: Collection[str]) -> str:
    """In what the code differs from the handler, in words; empty if in nothing."""
    said = []
    if set(names) - {handler}:
        said.append("OverloadedError is not in every release, and naming it fails where it is missing")
    if any(one.fallback and is_sdk_class(one.name) for one in classes):
        said.append("a release that lacks the class does no harm")
    idiom = IDIOMS[handler]
    lacks = [name for name in _TOLD if name in idiom - takes]
    more = [name for name in _TOLD if name in takes - idiom]
    if lacks:
        said.append(f"it does not take {_listed(lacks)}")
    if more:
        said.append(f"it also takes {_listed(more)}")
    if not lacks and not more and idiom != takes:
        lesser = sorted(FAILURES[name].words for name in idiom ^ takes)
        said.append(
            f"it decides otherwise on {lesser[0]}" + (f" and {len(lesser) - 1} more" if len(lesser) > 1 else "")
        )
    return "; ".join(said)


def _listed(names: Sequence[str]) -> str:
    words = [FAILURES[name].words for name in names[:3]]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
