"""Snapshots of measured data, and the verdicts that changed between two of them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from matrix.model import Cell, Release
from matrix.observation import Behaviour, Call, Outcome
from matrix.system.text import counted
from matrix.targets.target import Target
from matrix.verdicts.summary import main_surfaces
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_call

_NO_PLAY: Final = "not played"


VerdictChange = tuple[Cell, Call, str, str]
"""A cell, a call, and its verdicts by both yardsticks: the published ones, then the new ones."""


class CellSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The measured data of one cell in one snapshot.

    Attributes:
        suite: The digest of the suite that was played.
        outcome: COMPLETED if the suite was played.
        reason: Why the suite was not played; empty if it was.
        digest: The digest of the behaviour; equal behaviours have equal digests.
        behaviour: Every observation.
        pins: The pins of the lock.
    """

    suite: str
    outcome: Outcome
    reason: str = ""
    digest: str = ""
    behaviour: Behaviour = {}
    pins: tuple[str, ...] = ()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The content of one of the two data folders: the published one or the new one.

    Attributes:
        releases: The catalogue, by version.
        cells: Every cell, with an extra or without.
        problems: Damage in the store, such as a wrong digest or a reference to a missing document.
        controls: The name of each control of this suite to its failure; empty text if it holds.
    """

    releases: Mapping[str, Release]
    cells: Mapping[Cell, CellSnapshot]
    problems: tuple[str, ...] = ()
    controls: Mapping[str, str] = {}


def compare_verdicts(target: Target, old: Snapshot, new: Snapshot) -> tuple[list[VerdictChange], int]:
    """Compare the verdicts on the main calls of every client in the cells that both snapshots have.

    Returns:
        The verdicts that changed, and the number of verdicts compared. A call that only one snapshot observed counts as
        changed: a release that can no longer be imported changes in all of its calls.
    """
    judged: dict[str, dict[Call, str]] = {}
    moved: list[VerdictChange] = []
    total = 0
    for cell in [cell for cell in new.cells if cell in old.cells]:
        was, now = (_judge_cell(target, snapshot.cells[cell], judged) for snapshot in (old, new))
        calls = was.keys() | now.keys()
        total += len(calls)
        if was is not now:
            moved += [
                (cell, call, before, after)
                for call in sorted(calls)
                if (before := was.get(call, _NO_PLAY)) != (after := now.get(call, _NO_PLAY))
            ]
    return moved, total


def _judge_cell(target: Target, measured: CellSnapshot, judged: dict[str, dict[Call, str]]) -> dict[Call, str]:
    """Judge the main calls of each client of a cell, once for each behaviour.

    Args:
        target: The package under test.
        measured: The cell.
        judged: The verdicts of each judged behaviour, by digest; this adds those of the cell.
    """
    if not measured.behaviour:
        return {}
    if measured.digest not in judged:
        surfaces = {
            surface
            for client, behaviour in target.suite.split_by_client(measured.behaviour).items()
            for surface in main_surfaces(target, behaviour, client)
        }
        judged[measured.digest] = {
            call: _name_verdicts(target, measured.behaviour, call)
            for call in measured.behaviour
            if call.surface in surfaces and call.scenario in target.catalogue
        }
    return judged[measured.digest]


def _name_verdicts(target: Target, behaviour: Behaviour, call: Call) -> str:
    kinds: Iterator[VerdictKind] = (judge_call(target, behaviour, call, yardstick).kind for yardstick in Yardstick)
    return "/".join(kinds)


def describe_changes(changes: Iterable[VerdictChange]) -> list[str]:
    """Describe equal changes together with their releases, the most frequent change first."""
    alike: defaultdict[tuple[str, str, str], list[tuple[Cell, Call]]] = defaultdict(list)
    for cell, call, before, after in changes:
        alike[cell.lane, before, after].append((cell, call))
    lines = []
    for (lane, before, after), calls in sorted(alike.items(), key=lambda item: (-len(item[1]), item[0])):
        versions = list(dict.fromkeys(cell.version for cell, _ in calls))
        named = ", ".join(versions[:3]) + (f" and {len(versions) - 3} more" if len(versions) > 3 else "")
        lines.append(f"{lane}: {before} -> {after} on {counted(len(calls), 'call')} of {named} (such as {calls[0][1]})")
    return lines
