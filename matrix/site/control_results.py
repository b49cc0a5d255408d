"""The results of the controls, counted from the observations of every cell and of the patched ones. Pure."""

from collections.abc import Callable, Mapping, Sequence

from matrix.catalogue.steps import Completes, Family, IsUnsupported, RaisesStatus, Scenario
from matrix.model import Cell, Frozen, Lane
from matrix.observation import Result
from matrix.site.epoch_views import EpochView
from matrix.targets.target import Target
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_all


class ControlResult(Frozen, frozen=True, kw_only=True):
    """The result of one control in all cells.

    Attributes:
        control: What the control requires.
        right: The number of observations that pass.
        played: The number of observations.
        failing: The epochs in which it fails; empty if it passes everywhere.
    """

    control: str
    right: int
    played: int
    failing: tuple[str, ...]


_CONTROLS: tuple[tuple[str, Callable[[Scenario], bool]], ...] = (
    ("a clean stream completes", lambda scenario: isinstance(scenario.ideal, Completes)),
    (
        "an error as a plain HTTP response has its documented code",
        lambda scenario: isinstance(scenario.ideal, RaisesStatus),
    ),
    ("an unknown scenario is reported as unsupported", lambda scenario: isinstance(scenario.ideal, IsUnsupported)),
)


def patched_results(target: Target, controls: Mapping[str, tuple[Cell, Result]]) -> tuple[ControlResult, ...]:
    """Count the results of the patched control of each extra."""
    results = []
    for extra, (cell, result) in controls.items():
        kinds = [verdict.kind for verdict in judge_all(target, result.behaviour, Yardstick.DOCUMENTED).values()]
        known = [kind for kind in kinds if kind is not VerdictKind.UNAVAILABLE]
        right = known.count(VerdictKind.RIGHT)
        results.append(
            ControlResult(
                control=f"a patched SDK with the extra {extra} is judged right ({cell.version})",
                right=right,
                played=len(known),
                failing=(str(cell),) if right < len(known) else (),
            )
        )
    return tuple(results)


def control_results(target: Target, views: Mapping[Lane, Sequence[EpochView]]) -> tuple[ControlResult, ...]:
    """Count the results of every control that is played in every cell."""
    every = [view for lane in views.values() for view in lane]
    return tuple(_control_result(target, control, is_it, every) for control, is_it in _CONTROLS)


def _control_result(
    target: Target, control: str, is_it: Callable[[Scenario], bool], views: Sequence[EpochView]
) -> ControlResult:
    controls = {id_ for id_, each in target.catalogue.items() if each.family is Family.CONTROL and is_it(each)}
    right = played = 0
    failing: dict[str, None] = {}
    for view in views:
        kinds = [
            shown.verdicts[Yardstick.DOCUMENTED].kind for call, shown in view.calls.items() if call.scenario in controls
        ]
        known = [kind for kind in kinds if kind is not VerdictKind.UNAVAILABLE]
        passed = known.count(VerdictKind.RIGHT)
        right += passed * len(view.epoch.versions)
        played += len(known) * len(view.epoch.versions)
        if passed < len(known):
            failing[f"{view.epoch} ({view.lane})"] = None
    return ControlResult(control=control, right=right, played=played, failing=tuple(failing))
