"""What an outcome is in the chart: a mark, a few words, and a kind for sums. Pure."""

from typing import Final

from matrix.catalogue.steps import RaisesStatus
from matrix.model import Frozen
from matrix.observation import UNDEFINED, Outcome, Raised
from matrix.site.epoch_views import CallView, EpochView
from matrix.site.marks import MARK_OF_OUTCOME, MARKS, Mark, why_absent
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome


class Shown(Frozen, frozen=True, kw_only=True):
    """An outcome as the chart shows it.

    Attributes:
        mark: The mark whose colour and sign it has.
        text: The outcome in a few words: `200, no type`.
        brief: The beginning of that, for segments without room: `200`.
        named: The attribute that names the error, and without which the outcome would be wrong; empty if there is none.
        decided: The outcome of a handler that it stands for; None on a chart of the package itself.
    """

    mark: Mark
    text: str
    brief: str
    named: str = ""
    decided: HandlerOutcome | None = None

    @property
    def kind(self) -> str:
        """The kind of outcome, for sums."""
        return self.decided or self.mark


KINDS: Final[dict[str, str]] = {mark: text.title for mark, text in MARKS.items()}
"""Mark to its words in a sum such as `wrong error: 2`, the worst first."""

DECIDED_KINDS: Final[dict[str, str]] = {
    **{outcome: str(outcome) for outcome in reversed(HandlerOutcome)},
    Mark.UNAVAILABLE: "not run",
}
"""Outcome of a handler to its words in such a sum, the worst first."""


def show_absence(view: EpochView, scenario: str) -> tuple[Shown, str]:
    """Say why an epoch has no call in a scenario."""
    is_played = view.epoch.outcome is Outcome.COMPLETED
    text = "not played" if is_played else str(view.epoch.outcome).replace("-", " ")
    reason = view.unusable or why_absent(view.target.suite, scenario, view.surface)
    return Shown(mark=Mark.UNAVAILABLE, text=text, brief=text), reason


def describe_outcome(target: Target, scenario: str, call: CallView) -> Shown:
    """Describe an outcome in a few words: the status or the class, and whether the error is named."""
    raised, ideal = call.observation.exception, target.catalogue[scenario].ideal
    if call.observation.outcome is not Outcome.RAISED or raised is None:
        return Shown(mark=call.mark, text=call.word, brief=call.word)
    brief, text, named = raised.status_text or raised.short_name, "", ""
    if isinstance(ideal, RaisesStatus) and not target.maps_stream_errors:
        if call.mark is Mark.TYPED:
            named = next(name for name in target.error_names if ideal.error_type in raised.find_names(name))
            text = f"{brief} + {target.spell(named)}"
        elif call.mark is Mark.WRONG and raised.status_text and not _names_error(target, raised):
            text = f"{brief}, no {target.spell(target.error_names[0])}"
    return Shown(mark=call.mark, text=text or brief, brief=brief, named=named)


def _names_error(target: Target, raised: Raised) -> bool:
    values = (value for name in target.error_names for value in raised.find_names(name))
    return any(value is not None and value != UNDEFINED for value in values)


def show_decision(view: EpochView, handler: str, decided: HandlerOutcome | None) -> tuple[Shown, str]:
    """Show the outcome of a handler on the main call of an epoch; None if it was not run."""
    if decided is None:
        return Shown(mark=Mark.UNAVAILABLE, text="not run", brief="not run"), view.unusable or "the handler was not run"
    crash = view.judgement.crashes.get(handler, "") if view.judgement and decided is HandlerOutcome.CRASHED else ""
    shown = Shown(mark=MARK_OF_OUTCOME[decided], text=decided, brief=decided, decided=decided)
    return shown, f"{decided}: {crash}" if crash else str(decided)
