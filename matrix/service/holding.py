"""Holds back single releases whose new results are suspicious, so that the gate can publish the others. Pure.

A release that crashes or hangs on every call must not stop the publication of all others, and its results must not be
published as if they were facts. So its published results stay, if it has any, and it is named with the reason. If many
published releases are suspicious at once, the machine is, and nothing is held back: the gate then refuses the whole.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from matrix.findings.formats.markdown import escaped
from matrix.model import Frozen
from matrix.observation import Outcome
from matrix.service.issues import Issue, make_issue
from matrix.service.verdict_changes import CellSnapshot, Snapshot
from matrix.targets.target import Target

SUSPICIOUS_FROM: Final = 0.05
"""Share of the observations of a cell that are flaky or lost, from which on its release is held back. A release of
which fewer are is published if the data as a whole has few enough."""

HELD_AT_MOST: Final = 0.02
"""Share of the published releases that may be held back in one run; one may be in any case."""

SAYS_NOTHING: Final = frozenset({Outcome.FLAKY, Outcome.HARNESS_FAILED, Outcome.NOT_RUN})
"""Outcomes of calls that say nothing about a release."""

_MEASURED: Final = frozenset({Outcome.COMPLETED, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL})
"""Outcomes of cells that say something about a release."""


class HeldRelease(Frozen, frozen=True):
    """A release whose new results are not published.

    Attributes:
        version: Its version.
        rule: The rule of the gate that its results would break; a person who accepts the rule publishes them.
        reason: What is suspicious, with the first cell in which it is.
    """

    version: str
    rule: str
    reason: str


def hold_back(old: Snapshot, new: Snapshot, accept: Collection[str] = ()) -> tuple[Snapshot, tuple[HeldRelease, ...]]:
    """Return the new snapshot without the results of suspicious releases, and these releases.

    The published results of a suspicious release stay.

    Args:
        old: The published data.
        new: The data to publish.
        accept: Ids of the rules that a person accepted; results that only these forbid are not held back.
    """
    held: dict[str, HeldRelease] = {}
    for cell, measured in new.cells.items():
        known = old.cells.get(cell)
        is_new = known is None or _identity(measured) != _identity(known)  # what is published passed an earlier gate
        rule, reason = _find_suspicion(known, measured) if is_new else ("", "")
        if rule and rule not in accept:
            where = str(cell).partition(" ")[2]
            held.setdefault(cell.version, HeldRelease(cell.version, rule, f"{where}: {reason}"))
    published = {cell.version for cell in old.cells}
    if len(published & held.keys()) > max(1, int(HELD_AT_MOST * len(published))):
        return new, ()
    publishable = {cell: measured for cell, measured in new.cells.items() if cell.version not in held}
    restored = {cell: measured for cell, measured in old.cells.items() if cell.version in held}
    return msgspec.structs.replace(new, cells=publishable | restored), tuple(held.values())


def name_held(held: Sequence[HeldRelease], before: Mapping[str, str], measured: Collection[str]) -> dict[str, str]:
    """Return version to reason of the releases held back in this run, or in an earlier one and not measured since."""
    waiting = {version: reason for version, reason in before.items() if version not in measured}
    return waiting | {release.version: release.reason for release in held}


def held_back_issues(target: Target, reasons: Mapping[str, str]) -> tuple[Issue, ...]:
    """Make an issue for each release of a target that is held back, from version to reason."""
    return tuple(
        make_issue(
            [f"{target.urn}:held:{version}"],
            f"The results of {target.id} {version} are held back",
            f"{escaped(reason)}\n\nThe other releases are published. Each run measures a release without results "
            "again, and publishes it once they can be trusted. To publish these results all the same, start the "
            f"workflow by hand with `{target.id}` in its input `target`, and in its input `accept` the rule that "
            f"`{target.command} gate` names next to the release.\n",
            ["midstream", "held"],
        )
        for version, reason in reasons.items()
    )


def _identity(measured: CellSnapshot) -> tuple[object, ...]:
    """Return the fields by which results are compared; the digest stands for the behaviour, and is compared faster."""
    return measured.suite, measured.outcome, measured.reason, measured.digest, measured.pins


def _find_suspicion(known: CellSnapshot | None, measured: CellSnapshot) -> tuple[str, str]:
    """Return the rule that a result breaks, and how; empty texts if it breaks none."""
    if measured.outcome not in _MEASURED:
        return "coverage", f"its measurement ended as {measured.outcome}"
    useless = sum(seen.outcome in SAYS_NOTHING for seen in measured.behaviour.values())
    if measured.behaviour and useless / len(measured.behaviour) >= SUSPICIOUS_FROM:
        return "flaky", f"{useless:,} of {len(measured.behaviour):,} observations are flaky or lost"
    if known is not None and has_changed_without_cause(known, measured):
        return "cause", "same suite and same lock, but another behaviour"
    return "", ""


def has_changed_without_cause(known: CellSnapshot, measured: CellSnapshot) -> bool:
    """Return whether a cell behaves differently with the same suite and lock."""
    same = (known.suite, known.pins) == (measured.suite, measured.pins)
    return same and bool(known.pins) and (known.outcome, known.digest) != (measured.outcome, measured.digest)
