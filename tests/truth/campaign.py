"""Matches the places that the scan finds with the entries of programs, and sums up a release. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from matrix.model import Frozen
from tests.truth.comparison import Agreement, Choice, Claim, Effect, Happened, compare
from tests.truth.program import Program

MOST_UNDECIDED: Final = 0.1
"""The largest share of undecided claims with which a campaign passes."""


class ClaimedPlace(Frozen, frozen=True, kw_only=True):
    """A place of a program, as the scan found it.

    Attributes:
        function: The qualified name of the function around it.
        line: Its line.
        claims: Scenario to what it does there.
        runs_out: Whether its function returns None after the last attempt.
        is_predicate: Whether it only classifies an error for a caller, so that it says nothing of how a call ends.
    """

    function: str
    line: int
    claims: dict[str, Claim]
    runs_out: bool = False
    is_predicate: bool = False


class Row(Frozen, frozen=True, kw_only=True):
    """One claim beside what happened.

    Attributes:
        program: The name of the program.
        entry: The name of the entry.
        scenario: The id of the scenario; empty if the claim is about the whole entry.
        claim: What the scan claimed.
        happened: What happened; empty if no scenario is meant.
        agreement: Whether the two agree.
    """

    program: str
    entry: str
    scenario: str = ""
    claim: str = ""
    happened: str = ""
    agreement: Agreement

    def __str__(self) -> str:
        if not self.scenario:
            return f"{self.program}.{self.entry}: {self.claim}"
        return f"{self.program}.{self.entry} in {self.scenario}: claimed {self.claim}, but {self.happened}"


def judge_entry(
    program: Program,
    entry: str,
    places: Sequence[ClaimedPlace],
    happened: Mapping[str, Happened],
    main_only: Collection[str] = (),
) -> list[Row]:
    """Compare the claims about one entry with what happened.

    Args:
        program: The program.
        entry: The name of the entry.
        places: The places that the scan found in the program.
        happened: Scenario to what happened when the entry ran.
        main_only: The scenarios about which the scan may know nothing.
    """
    own = find_places(program, entry, places)
    if not own or entry in program.no_place:
        claim, agreement = _judge_missing(expected=entry in program.no_place, found=bool(own))
        return [Row(program=program.name, entry=entry, claim=claim, agreement=agreement)]
    claims = merge_claims(own)
    rows = [
        Row(
            program=program.name,
            entry=entry,
            scenario=scenario,
            claim=str(claim),
            happened=str(happened[scenario]),
            agreement=compare(claim, happened[scenario]),
        )
        for scenario, claim in claims.items()
        if scenario in happened
    ]
    rows += _judge_unclaimed(
        program, entry, claims, {id_: each for id_, each in happened.items() if id_ not in main_only}
    )
    retried = [happened[id_] for id_, claim in claims.items() if claim.choice is Choice.RETRY and id_ in happened]
    claimed = any(place.runs_out and place.function == entry for place in own)  # a caller may turn None into an error
    if retried and (claimed or entry in program.loops):
        runs_out = all(each.returned == "builtins.NoneType" for each in retried)
        agreement = Agreement.AGREES if claimed is runs_out else Agreement.CONTRADICTS
        claim = f"the scan says that the last attempt {'ends' if claimed else 'does not end'} in None"
        rows.append(Row(program=program.name, entry=entry, claim=claim, agreement=agreement))
    return rows


def judge_others(program: Program, places: Sequence[ClaimedPlace]) -> list[Row]:
    """Judge the functions that are no entries and for which the scan should find no place."""
    found = {place.function for place in places}
    others = [name for name in program.no_place if name not in program.entries]
    judged = {name: _judge_missing(expected=True, found=name in found) for name in others}
    return [
        Row(program=program.name, entry=name, claim=claim, agreement=agreement)
        for name, (claim, agreement) in judged.items()
    ]


def _judge_unclaimed(
    program: Program, entry: str, claims: Mapping[str, Claim], happened: Mapping[str, Happened]
) -> Iterator[Row]:
    """Judge that the scan claims nothing in some scenarios, or in none: no failure reaches the places there."""
    for scenario, each in happened.items():
        if scenario not in claims and each.attempts > 1:
            yield Row(
                program=program.name,
                entry=entry,
                scenario=scenario,
                claim="nothing",
                happened=str(each),
                agreement=Agreement.CONTRADICTS,
            )
    if not claims.keys() & happened.keys():
        claim = "the scan claims nothing in any scenario"
        yield Row(program=program.name, entry=entry, claim=claim, agreement=Agreement.UNDECIDED)


def _judge_missing(*, expected: bool, found: bool) -> tuple[str, Agreement]:
    """Judge an entry for which no place was found, or for which none should be."""
    if expected and found:
        return "the scan finds a place, but none is expected", Agreement.CONTRADICTS
    if expected:
        return "no place, as expected", Agreement.AGREES
    return "the scan finds no place", Agreement.CONTRADICTS


def find_places(program: Program, entry: str, places: Sequence[ClaimedPlace]) -> list[ClaimedPlace]:
    """Return the places that a failure of an entry passes through, innermost first.

    They are those of the functions that the program names; else those of the entry itself, or of the first function
    that it calls and that has any. In one function, an inner place comes after an outer one, or beside it.
    """
    by_function: dict[str, list[ClaimedPlace]] = {}
    for place in sorted(places, key=lambda place: -place.line):
        if place.is_predicate:
            continue
        by_function.setdefault(place.function, []).append(place)
    if entry in program.places:
        return [place for function in program.places[entry] for place in by_function.get(function, ())]
    candidates = (by_function.get(function, []) for function in (entry, *program.called[entry]))
    return next(filter(None, candidates), [])


def merge_claims(places: Sequence[ClaimedPlace]) -> dict[str, Claim]:
    """Merge the claims of the places that one failure passes through, innermost first.

    The innermost place that does something with the failure decides. If places only raise, the outermost that raises
    another exception decides. A place that lets the error escape, or that notices nothing, leaves it to the others. If
    an inner place fails and a place around it calls again, the outer one decides: its claim includes what the inner
    place does with the second error.
    """
    merged: dict[str, Claim] = {}
    for place in places:
        for scenario, claim in place.claims.items():
            before = merged.get(scenario)
            is_outer = before is not None and claim.effect is before.effect is Effect.RAISES
            is_again = before is not None and before.choice is Choice.FAIL and claim.choice is Choice.RETRY
            if before is None or claim.effect > before.effect or is_outer or is_again:
                merged[scenario] = claim
    return merged


def count(rows: Iterable[Row]) -> Counter[Agreement]:
    """Count the rows by how they agree."""
    return Counter(row.agreement for row in rows)


def passes(counts: Mapping[Agreement, int]) -> bool:
    """Return whether nothing contradicts and few claims are undecided."""
    undecided, total = counts.get(Agreement.UNDECIDED, 0), sum(counts.values())
    return not counts.get(Agreement.CONTRADICTS) and undecided <= MOST_UNDECIDED * total
