"""The facts of a call that its evidence shows, in words. Pure."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from matrix.model import Frozen
from matrix.observation import UNDEFINED, Observation, Raised
from matrix.site.epoch_views import CallView
from matrix.targets.target import Target
from matrix.verdicts.verdict import NOTHING, Verdict, Yardstick

_LONGEST: Final = 400
"""The number of characters that are shown of one value."""


class EvidenceFact(Frozen, frozen=True, kw_only=True):
    """One line of evidence: a term, and a mark, code or text about it."""

    term: str
    mark: str = ""
    code: str = ""
    text: str = ""


def received_facts(observation: Observation) -> Iterator[EvidenceFact]:
    """Yield what a call delivered except its events."""
    delivered = observation.delivered
    if delivered is None:
        return
    for name, value in sorted(delivered.reported.items()):
        yield EvidenceFact(term=f"reported {name}", code=_written(value))
    if delivered.text:
        yield EvidenceFact(term="text so far", code=_written(cut(delivered.text, 120)))


def end_facts(target: Target, shown: CallView) -> Iterator[EvidenceFact]:
    """Yield the verdicts, and what was observed of the end of a call."""
    observation = shown.observation
    for yardstick, verdict in shown.verdicts.items():
        yield _verdict(target, yardstick, verdict)
    if observation.exception is not None:
        yield from _raised(target, observation.exception)
    yield EvidenceFact(
        term="attempts", text=f"{observation.requests} request{'' if observation.requests == 1 else 's'}"
    )
    if (final := observation.final) is not None:
        call = f"{target.spell('get_final_message')}() raises" if final.raised else ""
        yield EvidenceFact(
            term="final message",
            text=call,
            code=cut(final.raised) if final.raised else _written(cut(final.text, 120)),
        )
    if observation.connection:
        yield EvidenceFact(term="connection", text=observation.connection)
    if (remedy := observation.remedy) is not None:
        retry = "retryable" if remedy.retryable else "not retryable"
        said = f": {remedy.error_type or 'no type'}, {retry}, text {remedy.text or 'unknown'}"
        yield EvidenceFact(term="the remedy", text=remedy.outcome + (said if remedy.outcome == "failed" else ""))


def _verdict(target: Target, yardstick: Yardstick, verdict: Verdict) -> EvidenceFact:
    wrong = [
        f"{target.spell(check.facet)} is {check.observed}, not {check.expected}"
        for check in verdict.checks
        if not check.right
    ]
    term = "maintainers’" if yardstick is Yardstick.MAINTAINERS else str(yardstick)
    return EvidenceFact(term=term, mark=verdict.kind, text=cut(", ".join(wrong)))


def _raised(target: Target, raised: Raised) -> Iterator[EvidenceFact]:
    """Yield what an exception is and has."""
    yield EvidenceFact(term="class", code=cut(raised.name))
    if not raised.exported:
        yield EvidenceFact(term="exported", text=f"no: it is not an attribute of {target.module}")
    yield EvidenceFact(term="caught by", code=cut(", ".join(raised.bases)))
    for name, value in raised.attributes.items():
        yield EvidenceFact(term=f"error.{target.spell(name)}", code=cut(_written(value)))
    if raised.body is not msgspec.UNSET:
        yield EvidenceFact(term=f"error.{target.spell('body')}", code=cut(_written(raised.body)))
    yield EvidenceFact(term=f"{target.spell('str')}(error)", code=cut(raised.text))
    for cause in raised.causes:
        how = "raised from" if cause.how == "cause" else "raised during"
        yield EvidenceFact(term=how, code=cut(f"{cause.name}: {cause.text}", 300))
    if raised.pickles:
        yield EvidenceFact(term="pickling, copying", text=f"{raised.pickles}, {raised.copies}")
    if raised.escaped:
        yield EvidenceFact(term="escapes", text="no code of the caller can catch it, and it ends the program")


def _written(value: Any) -> str:
    """Write a value of an exception as JSON."""
    if value == UNDEFINED:
        return NOTHING
    return msgspec.json.encode(value, order="deterministic").decode()


def cut(text: str, longest: int = _LONGEST) -> str:
    """Shorten a text that may be as long as a response."""
    return text if len(text) <= longest else f"{text[:longest]}…"
