"""The cases of a client: what releases do in every scenario, in sentences and outcomes that stand once. Pure."""

from typing import Final

import msgspec

from matrix.model import Frozen
from matrix.observation import Call, Outcome
from matrix.site.ask.end_words import catching_names, say_end
from matrix.site.epoch_views import CallView, EpochView
from matrix.site.marks import Mark
from matrix.site.numbering import Once
from matrix.targets.target import Target

NOTHING: Final = -1
"""The number of what was not measured, and the rank of a release that can't be pinned."""


class AskEnd(Frozen, frozen=True, kw_only=True):
    """How a call ends.

    Attributes:
        says: The same as the end of a sentence about a release, with code between backquotes.
        mark: Both verdicts in one mark.
        caught: The numbers of the exception's class and of its bases, as `names` has them; None if nothing is raised.
    """

    says: str
    mark: Mark
    caught: tuple[int, ...] | None = None


class AskCase(Frozen, frozen=True, kw_only=True):
    """What releases do in every scenario.

    Attributes:
        unusable: Why no call can be made; empty if one can.
        ends: For each scenario the number of its end.
        outcomes: For each handler the number of its row of letters.
        crashes: Handler to the class of the exception that it raises itself.
    """

    unusable: str = ""
    ends: tuple[int, ...] = ()
    outcomes: tuple[int, ...] = ()
    crashes: dict[str, str] = msgspec.field(default_factory=dict)


class Cases:
    """The cases of one client, and what they name by numbers."""

    def __init__(self, target: Target, scenarios: list[str]) -> None:
        self._target = target
        self._scenarios = scenarios
        self._numbers: dict[int, int] = {}
        self._ends: dict[tuple[int, str], int] = {}
        self.cases: Once[AskCase] = Once()
        self.ends: Once[AskEnd] = Once()
        self.letters: Once[str] = Once()
        self.names: Once[str] = Once()

    def number(self, view: EpochView | None, why_not: str = "") -> int:
        """Return the number of the case of an epoch; without one, that of a reason why no call can be made.

        It is `NOTHING` if there is no such reason either.
        """
        if view is None:
            return self.cases.number(AskCase(unusable=why_not)) if why_not else NOTHING
        if id(view) not in self._numbers:
            self._numbers[id(view)] = self.cases.number(self._case(view))
        return self._numbers[id(view)]

    def _case(self, view: EpochView) -> AskCase:
        if view.unusable or view.judgement is None:
            return AskCase(unusable=view.unusable or f"its measurement ended as {view.epoch.outcome}")
        judged = view.judgement
        calls = ((id_, view.calls.get(Call(view.surface, id_))) for id_ in self._scenarios)
        letters = (judged.handlers.get(id_, "") for id_ in self._target.handlers)
        rows = (dict(zip(judged.scenarios, row, strict=False)) for row in letters)
        return AskCase(
            ends=tuple(NOTHING if call is None else self._end(id_, call) for id_, call in calls),
            outcomes=self.letters.numbers("".join(row.get(id_, " ") for id_ in self._scenarios) for row in rows),
            crashes=judged.crashes,
        )

    def _end(self, scenario: str, call: CallView) -> int:
        key = (id(call), scenario)
        if key not in self._ends:
            raised = call.observation.exception
            catchable = call.observation.outcome is Outcome.RAISED and raised is not None and not raised.escaped
            end = AskEnd(
                says=say_end(self._target, self._target.catalogue[scenario], call.observation, call.mark),
                mark=call.mark,
                caught=self.names.numbers(catching_names(raised)) if catchable and raised else None,
            )
            self._ends[key] = self.ends.number(end)
        return self._ends[key]
