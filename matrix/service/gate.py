"""The publish gate: decides whether new data may replace the published data. Pure.

Takes two snapshots and gives a ruling for each rule: what must hold, what was found, and what to do. One broken rule
stops the publication and the published data stays; a person may accept that rule by its id. A single release whose
results are suspicious is held back first, and the rules judge the rest. This program judges both snapshots with its own
verdict rules, so that a changed verdict rule alone changes no verdict here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Final

import msgspec

from matrix.model import Cell, Frozen, runtime_title
from matrix.observation import Call, Outcome, not_played
from matrix.service.holding import SAYS_NOTHING, HeldRelease, has_changed_without_cause, hold_back
from matrix.service.verdict_changes import Snapshot, VerdictChange, compare_verdicts, describe_changes
from matrix.system.text import counted
from matrix.targets.target import Target

MOVED_AT_MOST: Final = 0.02
"""Share of the verdicts that may change in one run. New releases do not count, only cells that both snapshots have."""

FLAKY_AT_MOST: Final = 0.001
"""Share of the observations that may be flaky, or lost by the harness."""

_NAMED: Final = 8
"""Number of details that a ruling lists; the others are only counted."""

_LOST: Final = frozenset({Outcome.HARNESS_FAILED, Outcome.NOT_RUN})


class Ruling(Frozen, frozen=True, kw_only=True):
    """The answer of one rule.

    Attributes:
        rule: Its id, which never changes: `--accept` takes it.
        title: What must hold.
        holds: Whether the rule holds.
        found: What the rule found, in a sentence.
        details: The first findings, one line each.
        todo: What to do; empty if the rule holds.
        accepted: Whether a person accepted the broken rule.
    """

    rule: str
    title: str
    holds: bool
    found: str
    details: tuple[str, ...] = ()
    todo: str = ""
    accepted: bool = False


class Gate(Frozen, frozen=True, kw_only=True):
    """The answers of all rules.

    Attributes:
        suite: The digest of this program's suite.
        releases: The number of releases in the new data.
        cells: The number of cells in the new data.
        rulings: One for each rule, in the order of `RULES`.
        held_back: The releases whose new results are not published, while the others are.
    """

    suite: str
    releases: int
    cells: int
    rulings: tuple[Ruling, ...]
    held_back: tuple[HeldRelease, ...] = ()

    @property
    def refused(self) -> tuple[Ruling, ...]:
        """The rules that stop the publication."""
        return tuple(ruling for ruling in self.rulings if not ruling.holds and not ruling.accepted)


class _SnapshotPair(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    target: Target
    old: Snapshot
    new: Snapshot
    moved_at_most: float
    flaky_at_most: float

    @property
    def shared(self) -> list[Cell]:
        """The cells that both snapshots have."""
        return [cell for cell in self.new.cells if cell in self.old.cells]

    @cached_property
    def verdict_changes(self) -> tuple[list[VerdictChange], int]:
        """The result of `compare_verdicts`, cached: two rules need it, and judging takes seconds."""
        return compare_verdicts(self.target, self.old, self.new)


_RuleResult = tuple[bool, str, Sequence[str]]
"""Whether a rule holds, what it found, and all details."""


def judge_each_release(
    target: Target, old: Snapshot, new: Snapshot, *, accept: Collection[str] = (), **limits: float
) -> Gate:
    """Hold back suspicious releases, and judge the rest; `limits` are those of `judge_publication`."""
    rest, held = hold_back(old, new, accept)
    return msgspec.structs.replace(judge_publication(target, old, rest, accept=accept, **limits), held_back=held)


def judge_publication(
    target: Target,
    old: Snapshot,
    new: Snapshot,
    *,
    moved_at_most: float = MOVED_AT_MOST,
    flaky_at_most: float = FLAKY_AT_MOST,
    accept: Collection[str] = (),
) -> Gate:
    """Judge new data by every rule.

    Args:
        target: The target of both snapshots.
        old: The published data.
        new: The data to publish.
        moved_at_most: Share of the verdicts that may change.
        flaky_at_most: Share of the observations that may be flaky or lost.
        accept: Ids of the rules that a person accepted.
    """
    both = _SnapshotPair(target=target, old=old, new=new, moved_at_most=moved_at_most, flaky_at_most=flaky_at_most)
    rulings = []
    for rule, (title, todo, judge) in RULES.items():
        holds, summary, details = judge(both)
        named = [*details[:_NAMED], *([f"and {len(details) - _NAMED:,} more"] if len(details) > _NAMED else [])]
        rulings.append(
            Ruling(
                rule=rule,
                title=title,
                holds=holds,
                found=summary,
                details=tuple(named),
                todo="" if holds else todo,
                accepted=not holds and rule in accept,
            )
        )
    return Gate(suite=target.digest, releases=len(new.releases), cells=len(new.cells), rulings=tuple(rulings))


def _published(both: _SnapshotPair) -> _RuleResult:
    if not both.old.releases:
        return False, "There is no published data to compare with.", ()
    return True, f"{counted(len(both.old.cells), 'cell')} of {counted(len(both.old.releases), 'release')}.", ()


def _store(both: _SnapshotPair) -> _RuleResult:
    problems = both.new.problems
    return (
        not problems,
        f"{counted(len(problems), 'problem')} in the new data." if problems else "Every digest and judgement is right.",
        problems,
    )


def _controls(both: _SnapshotPair) -> _RuleResult:
    wrong = []
    for python in sorted({cell.python for cell in both.new.cells}):
        if python not in both.new.controls:
            wrong.append(f"{runtime_title(python)}: no control of this suite was recorded")
        elif failure := both.new.controls[python]:
            wrong.append(f"{runtime_title(python)}: {failure}")
    if not both.new.cells:
        wrong.append("nothing was measured")
    return (
        not wrong,
        "A control failed." if wrong else "Every control holds, judged again from its recorded observations.",
        wrong,
    )


def _suite(both: _SnapshotPair) -> _RuleResult:
    old = Counter(cell.suite for cell in both.old.cells.values())
    new = Counter(cell.suite for cell in both.new.cells.values())
    if set(new) <= {both.target.digest} and (not old or set(old) == set(new)):
        return True, f"Suite {both.target.digest} measured both.", ()
    details = [
        f"{snapshot}: {suite} in {counted(count, 'cell')}"
        for snapshot, suites in (("published", old), ("new", new))
        for suite, count in sorted(suites.items())
    ]
    return False, f"This program plays suite {both.target.digest}, and another suite measured some cells.", details


def _coverage(both: _SnapshotPair) -> _RuleResult:
    losses = []
    gone = [cell for cell in both.old.cells if cell not in both.new.cells]
    by_lane: defaultdict[tuple[str, str, str], list[Cell]] = defaultdict(list)
    for cell in gone:
        by_lane[cell.lane, cell.python, cell.extra].append(cell)
    for cells in by_lane.values():
        named = ", ".join(cell.version for cell in cells[:_NAMED])
        where = str(cells[0]).partition(" ")[2]
        losses.append(f"{where}: {counted(len(cells), 'cell')} published and not in the new data: {named}")
    for cell in both.shared:
        was, now = both.old.cells[cell], both.new.cells[cell]
        if now.outcome in _LOST and was.outcome not in _LOST:
            losses.append(f"{cell}: {not_played(now.outcome, now.reason)}")
        elif was.behaviour and now.behaviour and (lost := len(was.behaviour.keys() - now.behaviour.keys())):
            losses.append(f"{cell}: {counted(lost, 'observation')} of {len(was.behaviour):,} are missing")
    return (
        not losses,
        "Some of what is published was not measured." if losses else "Everything that is published was measured again.",
        losses,
    )


def _vanished(both: _SnapshotPair) -> _RuleResult:
    gone = [version for version in both.old.releases if version not in both.new.releases]
    summary = f"{counted(len(gone), 'published release')} missing." if gone else "Every published release is listed."
    return not gone, summary, gone


def _moved(both: _SnapshotPair) -> _RuleResult:
    changes, total = both.verdict_changes
    share = len(changes) / total if total else 0.0
    summary = (
        f"{len(changes):,} of {counted(total, 'verdict')} changed ({share:.2%}); the limit is {both.moved_at_most:.2%}."
        if total
        else "No cell is in both the published and the new data."
    )
    return share <= both.moved_at_most, summary, describe_changes(changes)


def _evidence(both: _SnapshotPair) -> _RuleResult:
    missing = [f"published: {problem}" for problem in both.old.problems]
    changes, _ = both.verdict_changes
    for cell, call, _, _ in changes:
        for name, snapshot in (("published", both.old), ("new", both.new)):
            measured = snapshot.cells[cell]
            if measured.behaviour and call not in measured.behaviour:
                missing.append(f"{name}: {cell}: no observation of {call}")
            elif not measured.behaviour and measured.outcome is Outcome.COMPLETED:
                missing.append(f"{name}: {cell}: the suite was played, but no observation is stored")
    missing = list(dict.fromkeys(missing))
    evidence = f"{counted(len(changes), 'changed verdict')}, with the evidence for each."
    return not missing, "A changed verdict has no evidence." if missing else evidence, missing


def _cause(both: _SnapshotPair) -> _RuleResult:
    """Find cells whose behaviour changed with the same suite and lock: a machine, or chance, is in the data."""
    changed = []
    for cell in both.shared:
        was, now = both.old.cells[cell], both.new.cells[cell]
        if has_changed_without_cause(was, now):
            changed.append(f"{cell}: same suite and same lock, but another behaviour")
    return not changed, "A behaviour changed without a cause." if changed else "Every change has a cause.", changed


def _flaky(both: _SnapshotPair) -> _RuleResult:
    total = useless = 0
    worst: Counter[Call] = Counter()
    by_digest: dict[str, Counter[Call]] = {}
    for cell in both.new.cells.values():
        total += len(cell.behaviour)
        if cell.digest not in by_digest:
            by_digest[cell.digest] = Counter(
                call for call, observation in cell.behaviour.items() if observation.outcome in SAYS_NOTHING
            )
        useless += by_digest[cell.digest].total()
        worst += by_digest[cell.digest]
    share = useless / total if total else 0.0
    summary = (
        f"{useless:,} of {counted(total, 'observation')} flaky or lost ({share:.3%}); "
        f"the limit is {both.flaky_at_most:.3%}."
    )
    return share <= both.flaky_at_most, summary, [f"{call}: {count:,}" for call, count in worst.most_common()]


RULES: Final[dict[str, tuple[str, str, Callable[[_SnapshotPair], _RuleResult]]]] = {
    "published": (
        "there is published data to compare with",
        "Check the folder that --published names. Accept this rule only for the very first publication.",
        _published,
    ),
    "store": (
        "the new data matches its own digests",
        "Measure again. If the problem stays, report it as a fault of midstream.",
        _store,
    ),
    "controls": (
        "every Python has controls of this suite, and they hold",
        "Measure again. A machine that does not recognise a right answer proves nothing.",
        _controls,
    ),
    "suite": (
        "this program's suite measured the published and the new data",
        "Run `matrix run` to measure the cells of other suites. If the suite changed on purpose, accept this rule.",
        _suite,
    ),
    "coverage": (
        "everything that is published was measured again",
        "Check which shards failed, and measure again. Accept this rule if you dropped these cells on purpose.",
        _coverage,
    ),
    "vanished": (
        "every published release is still in the catalogue",
        "Check whether the index deleted the release. `matrix refresh --accept-missing` keeps its results.",
        _vanished,
    ),
    "moved": (
        "few verdicts changed at once",
        "Find the cause: a dependency, or a fault of the harness, can change all. Accept this rule if it is real.",
        _moved,
    ),
    "evidence": (
        "every changed verdict has its observations in the published and in the new data",
        "Restore the published data from git, or measure the release again: `matrix run --versions VERSION --force`.",
        _evidence,
    ),
    "cause": (
        "every changed behaviour has another lock or another suite",
        "Run `matrix reproduce VERSION` on two machines. If both agree with the new data, accept this rule.",
        _cause,
    ),
    "flaky": (
        "few observations are flaky or lost",
        "Measure again on a quieter machine. If the same calls are flaky again, look for a fault in the probe.",
        _flaky,
    ),
}
"""Id of each rule to what must hold, what to do if it does not, and the function that checks it."""


NEVER: Final = frozenset({"store", "controls"})
"""Rules that nobody can accept, since the data that they stop cannot be trusted."""
