"""Find how often calls of a release hang if nobody closes their clients, as the soak measured it. Pure."""

from collections.abc import Mapping

from matrix.advice.facts import Fact
from matrix.findings.model import Level
from matrix.findings.rules import DROPPED
from matrix.model import Lane, Release
from matrix.store.knowledge import Knowledge
from matrix.store.soaks import count_by_cause, find_era, first_without_hangs


def find_hang_fact(knowledge: Knowledge, release: Release, locked: Mapping[str, str]) -> Fact | None:
    """Find how often an asynchronous call of a release hangs if nobody closes its clients; None if that is not known.

    All releases of the same era that were measured with the same version of the deciding package count. A file that
    does not lock that package gets today's version.

    Args:
        knowledge: The measured knowledge about releases.
        release: The release.
        locked: The packages that a file locks, each name to its version; it may be empty.
    """
    soak = knowledge.target.soak
    today = knowledge.measurements.get((release.version, Lane.TODAY))
    if soak is None:
        return None
    version = locked.get(soak.cause) or (today.lock.get(soak.cause, "") if today else "")
    return find_hang_facts(knowledge).get((find_era(knowledge.target, release.version), version))


def find_hang_facts(knowledge: Knowledge) -> dict[tuple[str, str], Fact]:
    """Find the facts about dropped clients where calls hung, by era and by version of the package that decides."""
    soak = knowledge.target.soak
    if soak is None:
        return {}
    counts = count_by_cause(knowledge.target, knowledge.soaks)
    since = first_without_hangs(counts)
    require = f" Or require `{soak.cause}>={since}`, with which no call hung." if since else ""
    return {
        (era, version): Fact(
            rule=DROPPED,
            level=Level.NOTE,
            message=(
                f"one async call in {count.rate} hangs if clients are dropped without `close()`: {count.hangs} of "
                f"{count.calls:,} with {soak.cause} {version}"
            ),
            instead=f"{soak.fix}{require}",
        )
        for (era, version), count in counts.items()
        if count.hangs
    }
