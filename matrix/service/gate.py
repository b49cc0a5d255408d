"""The publish gate: whether new data may take the place of what is published. Pure.

Each rule says what it found and what to do. A rule that does not hold stops the publication: the last good page stays,
and a human may say yes to that one rule, by its id. What is compared are verdicts by the rules of this program on both
sides, so a new rule of judging moves nothing here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec

from matrix.model import Cell, Frozen, Release
from matrix.observation import Behaviour, Call, Outcome, not_played
from matrix.system.text import counted
from matrix.targets.target import Target
from matrix.verdicts.summary import main_surfaces
from matrix.verdicts.verdict import Kind, Yardstick, judge_call

MOVED_AT_MOST: Final = 0.02
"""Share of the verdicts that may move in one run. A new release moves none: only what was measured before counts."""

FLAKY_AT_MOST: Final = 0.001
"""Share of the observations that may say nothing: flaky, or lost by the harness."""

_NAMED: Final = 8
"""Things that a rule names; more are counted."""

_SAYS_NOTHING: Final = frozenset({Outcome.FLAKY, Outcome.HARNESS_FAILED, Outcome.NOT_RUN})
_LOST: Final = frozenset({Outcome.HARNESS_FAILED, Outcome.NOT_RUN})
_NO_PLAY: Final = "not played"

VerdictChange = tuple[Cell, Call, str, str]
"""A cell, a call, and what it came to before and comes to now, by both yardsticks."""


class CellSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one cell.

    Attributes:
        suite: The digest of the suite that was played.
        outcome: COMPLETED if it was played.
        reason: Why it was not.
        digest: Of the behaviour; the same on both sides if the behaviour is.
        behaviour: Every observation.
        pins: The lock.
    """

    suite: str
    outcome: Outcome
    reason: str = ""
    digest: str = ""
    behaviour: Behaviour = {}
    pins: tuple[str, ...] = ()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two folders of data.

    Attributes:
        releases: The catalogue.
        cells: Every cell, with an extra or without.
        problems: What its store says against itself: a wrong digest, a reference to nothing.
        controls: Python to what does not hold of its controls; empty text if all do. One without a control is not here.
    """

    releases: Mapping[str, Release]
    cells: Mapping[Cell, CellSnapshot]
    problems: tuple[str, ...] = ()
    controls: Mapping[str, str] = {}


class Ruling(Frozen, frozen=True, kw_only=True):
    """What one rule found.

    Attributes:
        rule: Its id, which never changes: `--accept` takes it.
        title: What must hold.
        holds: Whether it does.
        found: What was found, in a sentence.
        details: The first of it, one line each.
        todo: What to do; empty if it holds.
        accepted: Whether somebody said yes to it although it does not hold.
    """

    rule: str
    title: str
    holds: bool
    found: str
    details: tuple[str, ...] = ()
    todo: str = ""
    accepted: bool = False


class Gate(Frozen, frozen=True, kw_only=True):
    """What all rules found.

    Attributes:
        suite: The digest of this program's suite.
        releases: How many releases the new data lists.
        cells: How many cells it has.
        rulings: In the order of the rules.
    """

    suite: str
    releases: int
    cells: int
    rulings: tuple[Ruling, ...]

    @property
    def refused(self) -> tuple[Ruling, ...]:
        """The rules that stop the publication."""
        return tuple(one for one in self.rulings if not one.holds and not one.accepted)


class _SnapshotPair(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    target: Target
    old: Snapshot
    new: Snapshot
    moved_at_most: float
    flaky_at_most: float

    @property
    def shared(self) -> list[Cell]:
        """The cells that both sides have."""
        return [cell for cell in self.new.cells if cell in self.old.cells]

    @cached_property
    def moves(self) -> "tuple[list[VerdictChange], int]":
        """As `moves` has it: two rules ask, and judging takes a while."""
        return moves(self.target, self.old, self.new)


_RuleResult = tuple[bool, str, Sequence[str]]
"""Whether a rule holds, what it found, and the first of it."""


def judge_publication(
    target: Target,
    old: Snapshot,
    new: Snapshot,
    *,
    moved_at_most: float = MOVED_AT_MOST,
    flaky_at_most: float = FLAKY_AT_MOST,
    accept: Collection[str] = (),
) -> Gate:
    """What every rule says of new data.

    Args:
        target: What both are about.
        old: What is published.
        new: What is to be.
        moved_at_most: Share of the verdicts that may move.
        flaky_at_most: Share of the observations that may say nothing.
        accept: Rules, by id, to which somebody said yes.
    """
    both = _SnapshotPair(target=target, old=old, new=new, moved_at_most=moved_at_most, flaky_at_most=flaky_at_most)
    rulings = []
    for rule, (title, todo, judge) in RULES.items():
        holds, found, details = judge(both)
        named = [*details[:_NAMED], *([f"and {len(details) - _NAMED:,} more"] if len(details) > _NAMED else [])]
        rulings.append(
            Ruling(
                rule=rule,
                title=title,
                holds=holds,
                found=found,
                details=tuple(named),
                todo="" if holds else todo,
                accepted=not holds and rule in accept,
            )
        )
    return Gate(suite=target.digest, releases=len(new.releases), cells=len(new.cells), rulings=tuple(rulings))


def _published(both: _SnapshotPair) -> _RuleResult:
    if not both.old.releases:
        return False, "There is nothing published to compare with.", ()
    return True, f"{counted(len(both.old.cells), 'cell')} of {counted(len(both.old.releases), 'release')}.", ()


def _store(both: _SnapshotPair) -> _RuleResult:
    problems = both.new.problems
    return not problems, f"{counted(len(problems), 'problem')} in the new data." if problems else "It holds.", problems


def _controls(both: _SnapshotPair) -> _RuleResult:
    wrong = []
    for python in sorted({cell.python for cell in both.new.cells}):
        if python not in both.new.controls:
            wrong.append(f"Python {python}: no control of this suite is recorded")
        elif said := both.new.controls[python]:
            wrong.append(f"Python {python}: {said}")
    if not both.new.cells:
        wrong.append("nothing was measured")
    return not wrong, "A control does not hold." if wrong else "Judged again from what was recorded: they hold.", wrong


def _suite(both: _SnapshotPair) -> _RuleResult:
    old = Counter(one.suite for one in both.old.cells.values())
    new = Counter(one.suite for one in both.new.cells.values())
    if set(new) <= {both.target.digest} and (not old or set(old) == set(new)):
        return True, f"{both.target.digest}, as published.", ()
    details = [
        f"{where}: {one} in {counted(count, 'cell')}"
        for where, found in (("published", old), ("new", new))
        for one, count in sorted(found.items())
    ]
    return False, f"This program's suite is {both.target.digest}: another one measures everything anew.", details


def _coverage(both: _SnapshotPair) -> _RuleResult:
    fallen = []
    gone = [cell for cell in both.old.cells if cell not in both.new.cells]
    by_lane: defaultdict[tuple[str, str, str], list[Cell]] = defaultdict(list)
    for cell in gone:
        by_lane[cell.lane, cell.python, cell.extra].append(cell)
    for cells in by_lane.values():
        named = ", ".join(cell.version for cell in cells[:_NAMED])
        where = str(cells[0]).partition(" ")[2]
        fallen.append(f"{where}: {counted(len(cells), 'cell')} measured before and not now: {named}")
    for cell in both.shared:
        was, now = both.old.cells[cell], both.new.cells[cell]
        if now.outcome in _LOST and was.outcome not in _LOST:
            fallen.append(f"{cell}: {not_played(now.outcome, now.reason)}")
        elif was.behaviour and now.behaviour and (lost := len(was.behaviour.keys() - now.behaviour.keys())):
            fallen.append(f"{cell}: {counted(lost, 'observation')} of {len(was.behaviour):,} not made any more")
    return not fallen, "Less is measured than before." if fallen else "Nothing is measured less.", fallen


def _vanished(both: _SnapshotPair) -> _RuleResult:
    gone = [version for version in both.old.releases if version not in both.new.releases]
    found = f"{counted(len(gone), 'release')} no longer listed." if gone else "None."
    return not gone, found, gone


def _moved(both: _SnapshotPair) -> _RuleResult:
    moved, total = both.moves
    share = len(moved) / total if total else 0.0
    said = (
        f"{len(moved):,} of {counted(total, 'verdict')} moved ({share:.2%}); at most {both.moved_at_most:.2%} may."
        if total
        else "No release was measured on both sides."
    )
    return share <= both.moved_at_most, said, _told(moved)


def _evidence(both: _SnapshotPair) -> _RuleResult:
    missing = [f"published: {problem}" for problem in both.old.problems]
    moved, _ = both.moves
    for cell, call, _, _ in moved:
        for where, side in (("published", both.old), ("new", both.new)):
            one = side.cells[cell]
            if one.behaviour and call not in one.behaviour:
                missing.append(f"{where}: {cell}: nothing was seen of {call}")
            elif not one.behaviour and one.outcome is Outcome.COMPLETED:
                missing.append(f"{where}: {cell}: it was played, and nothing is there")
    missing = list(dict.fromkeys(missing))
    found = "A change has no evidence." if missing else f"{counted(len(moved), 'change')}, all with evidence."
    return not missing, found, missing


def _cause(both: _SnapshotPair) -> _RuleResult:
    """The same suite with the same lock gave something else: a machine, or chance, is in the data."""
    changed = []
    for cell in both.shared:
        was, now = both.old.cells[cell], both.new.cells[cell]
        same = (was.suite, was.pins) == (now.suite, now.pins)
        if same and was.pins and (was.outcome, was.digest) != (now.outcome, now.digest):
            changed.append(f"{cell}: same suite, same lock, another behaviour")
    return not changed, "A behaviour changed without a cause." if changed else "Each has one.", changed


def _flaky(both: _SnapshotPair) -> _RuleResult:
    total = nothing = 0
    worst: Counter[Call] = Counter()
    known: dict[str, Counter[Call]] = {}
    for one in both.new.cells.values():
        total += len(one.behaviour)
        if one.digest not in known:
            known[one.digest] = Counter(c for c, seen in one.behaviour.items() if seen.outcome in _SAYS_NOTHING)
        nothing += known[one.digest].total()
        worst += known[one.digest]
    share = nothing / total if total else 0.0
    said = f"{nothing:,} of {counted(total, 'observation')} ({share:.3%}); at most {both.flaky_at_most:.3%} may."
    return share <= both.flaky_at_most, said, [f"{call}: {count:,}" for call, count in worst.most_common()]


RULES: Final[dict[str, tuple[str, str, Callable[[_SnapshotPair], _RuleResult]]]] = {
    "published": (
        "there is something published to compare with",
        "Name the right folder; the first time ever, accept it.",
        _published,
    ),
    "store": ("the new data is what was written", "Do not accept it: run again, and report it if it stays.", _store),
    "controls": (
        "the controls hold, and are of this suite",
        "Do not accept it: a machine that can't see a right answer says nothing. Run again.",
        _controls,
    ),
    "suite": (
        "old and new were measured with one suite, that of this program",
        "If the suite was changed on purpose and everything measured anew, accept it; else run what is missing.",
        _suite,
    ),
    "coverage": (
        "what was measured before is measured now",
        "Look at the shards that failed, and run again. Accept it if something was given up on purpose.",
        _coverage,
    ),
    "vanished": (
        "no release went from the catalogue",
        "Look whether the index really deleted it; what is known of it can stay (`matrix refresh --accept-missing`).",
        _vanished,
    ),
    "moved": (
        "not too many verdicts moved at once",
        "Look at what moved: a dependency may have done it to all releases, or this harness. Accept it if it is true.",
        _moved,
    ),
    "evidence": (
        "every change has its evidence on both sides",
        "Restore the published data, or measure the release again.",
        _evidence,
    ),
    "cause": (
        "what changed has another lock or another suite",
        "Find out why before believing it: `matrix reproduce VERSION` here and elsewhere. Accept what stays.",
        _cause,
    ),
    "flaky": (
        "few observations are flaky or lost",
        "Run again on a quieter machine; what is flaky each time wants a look at the probe.",
        _flaky,
    ),
}
"""Id to what must hold, what to do if it does not, and the rule itself."""


NEVER: Final = frozenset({"store", "controls"})
"""Rules to which nobody may say yes: what they stop is not to be believed, whatever a human thinks of it."""


def moves(target: Target, old: Snapshot, new: Snapshot) -> tuple[list[VerdictChange], int]:
    """The verdicts of main calls that moved, of cells that both sides measured, and how many were compared.

    A call that one side has no word on is counted as moved: a release that can't be imported any more moved in all.
    """
    judged: dict[str, dict[Call, str]] = {}
    moved: list[VerdictChange] = []
    total = 0
    for cell in [cell for cell in new.cells if cell in old.cells]:
        was, now = (_verdicts(target, side.cells[cell], judged) for side in (old, new))
        calls = was.keys() | now.keys()
        total += len(calls)
        if was is not now:
            moved += [
                (cell, call, before, after)
                for call in sorted(calls)
                if (before := was.get(call, _NO_PLAY)) != (after := now.get(call, _NO_PLAY))
            ]
    return moved, total


def _verdicts(target: Target, measured: CellSnapshot, judged: dict[str, dict[Call, str]]) -> dict[Call, str]:
    """What each main call comes to; judged once for each behaviour."""
    if not measured.behaviour:
        return {}
    if measured.digest not in judged:
        surfaces = main_surfaces(target, measured.behaviour)
        judged[measured.digest] = {
            call: _word(target, measured.behaviour, call)
            for call in measured.behaviour
            if call.surface in surfaces and call.scenario in target.catalogue
        }
    return judged[measured.digest]


def _word(target: Target, behaviour: Behaviour, call: Call) -> str:
    kinds: Iterator[Kind] = (judge_call(target, behaviour, call, yardstick).kind for yardstick in Yardstick)
    return "/".join(kinds)


def _told(moved: Iterable[VerdictChange]) -> list[str]:
    """Moves that are the same, told once with the releases that made them, most frequent first."""
    alike: defaultdict[tuple[str, str, str], list[tuple[Cell, Call]]] = defaultdict(list)
    for cell, call, before, after in moved:
        alike[cell.lane, before, after].append((cell, call))
    said = []
    for (lane, before, after), where in sorted(alike.items(), key=lambda item: (-len(item[1]), item[0])):
        versions = list(dict.fromkeys(cell.version for cell, _ in where))
        named = ", ".join(versions[:3]) + (f" and {len(versions) - 3} more" if len(versions) > 3 else "")
        said.append(f"{lane}: {before} -> {after} on {counted(len(where), 'call')} of {named} (such as {where[0][1]})")
    return said
