"""Whether the controls hold, counted from what was seen in every cell, not from what a run once said. Pure."""

from collections.abc import Callable, Mapping, Sequence

from matrix.catalogue.steps import Completes, Family, IsUnsupported, RaisesStatus, Scenario
from matrix.model import Frozen, Lane
from matrix.site.epoch_views import Told
from matrix.targets.target import Target
from matrix.verdicts.verdict import VerdictKind, Yardstick


class Held(Frozen, frozen=True, kw_only=True):
    """One control over all cells.

    Attributes:
        what: What must hold.
        right: On how many observations it does.
        seen: Of how many.
        failing: Where it does not, as ranges of releases; empty if it holds.
    """

    what: str
    right: int
    seen: int
    failing: tuple[str, ...]


_CONTROLS: tuple[tuple[str, Callable[[Scenario], bool]], ...] = (
    ("a clean stream completes", lambda one: isinstance(one.ideal, Completes)),
    ("an error as a plain HTTP response has its documented code", lambda one: isinstance(one.ideal, RaisesStatus)),
    ("a scenario that there is not is reported as that", lambda one: isinstance(one.ideal, IsUnsupported)),
)


def controls_held(target: Target, told: Mapping[Lane, Sequence[Told]]) -> tuple[Held, ...]:
    """Every control that is played in every cell."""
    every = [one for lane in told.values() for one in lane]
    return tuple(_held(target, what, is_it, every) for what, is_it in _CONTROLS)


def _held(target: Target, what: str, is_it: Callable[[Scenario], bool], told: Sequence[Told]) -> Held:
    right = seen = 0
    failing: dict[str, None] = {}
    for one in told:
        kinds = [
            found.verdicts[Yardstick.DOCUMENTED].kind
            for call, found in one.seen.items()
            if target.catalogue[call.scenario].family is Family.CONTROL and is_it(target.catalogue[call.scenario])
        ]
        played = [kind for kind in kinds if kind is not VerdictKind.UNAVAILABLE]
        held = played.count(VerdictKind.RIGHT)
        right += held * len(one.epoch.versions)
        seen += len(played) * len(one.epoch.versions)
        if held < len(played):
            failing[f"{one.epoch} ({one.lane})"] = None
    return Held(what=what, right=right, seen=seen, failing=tuple(failing))
