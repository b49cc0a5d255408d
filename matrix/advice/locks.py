"""Compare the dependencies that a file locks with those that were measured. Pure."""

from collections.abc import Sequence
from typing import Final

from matrix.advice.facts import unusable_reason
from matrix.advice.ranges import CARRIERS
from matrix.findings.model import Finding, Level
from matrix.findings.rules import LOCK
from matrix.manifests.entry import ManifestEntry
from matrix.model import Lane, Release
from matrix.store.knowledge import Knowledge
from matrix.targets.names import Client

DEPENDENCIES: Final = {
    Lane.TODAY: "today's dependencies",
    Lane.AS_RELEASED: "the dependencies of its upload day",
}
"""Lane to the dependencies that were installed in it."""


def compare_lock(
    knowledge: Knowledge, release: Release, lane: Lane, entry: ManifestEntry, clients: Sequence[Client]
) -> list[Finding]:
    """Report locked dependencies that differ from the measured ones; a warning if they decide whether a client works.

    Args:
        knowledge: The measured knowledge about releases.
        release: The release that the entry pins.
        lane: The lane that judges the entry.
        entry: The requirement, with the dependencies that its file locks.
        clients: The clients that are used.
    """
    measured, locked = knowledge.measurements[release.version, lane], entry.locked
    differs = ", ".join(
        f"{name} {measured.lock[name]} (locked here: {locked[name]})"
        for name in CARRIERS
        if name in measured.lock and name in locked and measured.lock[name] != locked[name]
    )
    if not differs:
        return []
    message = f"The measurement used {differs}."
    for client in clients:
        if unusable_reason(measured, client.id):
            continue
        for other in Lane:
            known = knowledge.measurements.get((release.version, other))
            if known is None or not known.lock or not (why := unusable_reason(known, client.id)):
                continue
            subject = f"{client.class_name} of {release.version}" if client.id else release.version
            return [
                Finding(
                    rule=LOCK,
                    level=Level.WARNING,
                    message=f"{message} With {DEPENDENCIES[other]}, {subject} can't be used: {why}.",
                    instead="Lock the measured versions, or measure your own environment: "
                    "`matrix probe --python PATH`.",
                )
            ]
    return [Finding(rule=LOCK, level=Level.NOTE, message=message)]
