"""Places are matched with entries, and a campaign is summed up."""

import pytest

from tests.truth.campaign import ClaimedPlace, Row, count, find_places, judge_entry, judge_others, merge_claims, passes
from tests.truth.comparison import Agreement, Choice, Claim, Happened
from tests.truth.program import Program, parse_program

PROGRAM = parse_program(
    "app",
    """
PLACES = {"ask_class": "Gateway.ask", "ask_nested": ("ask_nested.once", "ask_nested")}
NO_PLACE = ("ask_nothing", "other")
SINCE = {"ask_new": "0.45.0"}

def helper(): ...
def outer():
    return inner()
def inner(): ...
def ask_itself(): helper()
async def ask_helper(): return await helper()
def ask_class(): helper()
def ask_nested(): ...
def ask_nothing(): ...
def ask_new(): ...
def other(): ...
class Gateway:
    def ask(self): ...
""",
)
FAILS, RETRIES = Claim(Choice.FAIL), Claim(Choice.RETRY)


def place(function: str, line: int = 1, **claims: Claim) -> ClaimedPlace:
    """Make a place."""
    return ClaimedPlace(function=function, line=line, claims=claims or {"mid": FAILS})


def test_a_program_says_what_is_called_and_compared() -> None:
    """Parse one, and find the entries of an old release."""
    assert ("ask_itself", "ask_helper", "ask_class", "ask_nested", "ask_nothing", "ask_new") == PROGRAM.entries
    assert ("ask_itself", "ask_helper", "ask_class", "ask_nested", "ask_nothing") == PROGRAM.entries_on("0.28.1")
    assert PROGRAM.entries == PROGRAM.entries_on("0.45.2")


def test_a_program_is_written_for_some_releases() -> None:
    """It names them, or has those of its target."""
    own = parse_program("app", 'RELEASES = "<1"\ndef ask(): ...\n', releases=">=1")
    others = parse_program("app", "def ask(): ...\n", releases=">=1")
    assert [("ask",), ()] == [own.entries_on(version) for version in ("0.28.1", "1.0.0")]
    assert [(), ("ask",)] == [others.entries_on(version) for version in ("0.28.1", "1.0.0")]


@pytest.mark.parametrize(
    ("entry", "functions", "expected"),
    [
        ("ask_itself", ("ask_itself", "helper"), ["ask_itself"]),
        ("ask_helper", ("ask_itself", "helper"), ["helper"]),
        ("ask_class", ("helper", "Gateway.ask", "Gateway.other"), ["Gateway.ask"]),
        ("ask_class", ("helper", "ask_class"), []),
        ("ask_nested", ("ask_nested", "ask_nested.once"), ["ask_nested.once", "ask_nested"]),
        ("ask_nothing", ("helper",), []),
    ],
    ids=["its own", "of a helper", "named", "named but missing", "several", "none"],
)
def test_an_entry_has_the_places_of_one_function(entry: str, functions: tuple[str, ...], expected: list[str]) -> None:
    """Its own function comes first, then those that it calls, unless the program names another."""
    places = [place(function) for function in functions]
    assert expected == [each.function for each in find_places(PROGRAM, entry, places)]


def test_the_inner_place_of_a_function_comes_first() -> None:
    """A clause inside a decorated function has a higher line than the decorator."""
    places = [place("ask_itself", 3), place("ask_itself", 9), place("ask_itself", 5)]
    assert [9, 5, 3] == [each.line for each in find_places(PROGRAM, "ask_itself", places)]


RAISES, OTHERWISE = Claim(Choice.FAIL, "raises Busy"), Claim(Choice.FAIL, "raises Down")
RETURNS, ACCEPTS, UNDECIDED = Claim(Choice.FAIL, "returns None"), Claim(Choice.ACCEPT), Claim(Choice.UNDECIDED, "?")


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        (FAILS, RETRIES, RETRIES),
        (RETRIES, FAILS, RETRIES),
        (RETURNS, RETRIES, RETRIES),
        (RAISES, RETRIES, RETRIES),
        (RAISES, FAILS, RAISES),
        (RAISES, OTHERWISE, OTHERWISE),
        (FAILS, UNDECIDED, UNDECIDED),
        (UNDECIDED, RETRIES, UNDECIDED),
        (ACCEPTS, RETRIES, RETRIES),
        (ACCEPTS, FAILS, FAILS),
    ],
    ids=str,
)
def test_a_failure_passes_from_the_inner_place_to_the_outer(inner: Claim, outer: Claim, expected: Claim) -> None:
    """Merge what the two claim."""
    assert {"mid": expected} == merge_claims([place("ask", 9, mid=inner), place("ask", 1, mid=outer)])


def test_places_that_cover_different_scenarios_add_up() -> None:
    """Merge a place that opens a stream, and one that reads it."""
    assert {"http": RETRIES, "mid": FAILS} == merge_claims([place("ask", 9, mid=FAILS), place("ask", 1, http=RETRIES)])


def test_a_predicate_says_nothing_of_how_a_call_ends() -> None:
    """It is a place nevertheless, for functions that should have none."""
    predicate = ClaimedPlace(function="other", line=1, claims={"mid": RETRIES}, is_predicate=True)
    itself = ClaimedPlace(function="ask_itself", line=1, claims={"mid": RETRIES}, is_predicate=True)
    assert [] == find_places(PROGRAM, "ask_itself", [itself])
    unexpected = "contradict app.other: the scan finds a place, but none is expected"
    assert [unexpected] == [f"{row.agreement} {row}" for row in judge_others(PROGRAM, [predicate])]
    assert ["agree app.other: no place, as expected"] == [
        f"{row.agreement} {row}" for row in judge_others(PROGRAM, [itself])
    ]


def judge(program: Program, entry: str, *places: ClaimedPlace) -> list[str]:
    """Judge an entry that raised the recorded error, and list the rows."""
    happened = {"mid": Happened(attempts=1, escaped="anthropic.APIStatusError")}
    rows = judge_entry(program, entry, places, happened)
    return [f"{row.agreement} {row}" for row in rows]


def test_a_claim_is_printed_beside_what_happened() -> None:
    """Judge a wrong claim, and one about a scenario that was not played."""
    lines = judge(PROGRAM, "ask_itself", place("ask_itself", mid=RETRIES, http=RETRIES))
    expected = "claimed retry, but 1 attempt, anthropic.APIStatusError escaped"
    assert [f"contradict app.ask_itself in mid: {expected}"] == lines


def test_a_missing_place_contradicts() -> None:
    """So does a place that should not be there."""
    assert ["contradict app.ask_itself: the scan finds no place"] == judge(PROGRAM, "ask_itself", place("other"))
    unexpected = "the scan finds a place, but none is expected"
    assert [f"contradict app.ask_nothing: {unexpected}"] == judge(PROGRAM, "ask_nothing", place("ask_nothing"))
    assert ["agree app.ask_nothing: no place, as expected"] == judge(PROGRAM, "ask_nothing", place("other"))


def test_a_place_in_which_nothing_is_claimed_is_undecided() -> None:
    """It contradicts if the program called again, since the scan says that no failure reaches the place."""
    lines = judge(PROGRAM, "ask_itself", place("ask_itself", http=FAILS))
    assert ["undecided app.ask_itself: the scan claims nothing in any scenario"] == lines
    again = {"http": Happened(attempts=1, escaped="E"), "mid": Happened(attempts=2, returned="builtins.list")}
    rows = judge_entry(PROGRAM, "ask_itself", [place("ask_itself", http=Claim(Choice.FAIL, errors=("E",)))], again)
    expected = "app.ask_itself in mid: claimed nothing, but 2 attempts, builtins.list returned"
    assert ["app.ask_itself in http: claimed fail, but 1 attempt, E escaped", expected] == [str(row) for row in rows]
    assert [Agreement.AGREES, Agreement.CONTRADICTS] == [row.agreement for row in rows]


LOOP = parse_program("app", "def ask():\n    for _ in range(3): ...\n")


@pytest.mark.parametrize(
    ("returned", "claimed", "expected"),
    [
        ("builtins.NoneType", True, ["agree"]),
        ("builtins.NoneType", False, ["contradict"]),
        ("builtins.list", True, ["contradict"]),
        ("builtins.list", False, ["agree"]),
    ],
    ids=["both", "it does", "it does not", "neither"],
)
def test_a_loop_that_runs_out_returns_none(returned: str, claimed: bool, expected: list[str]) -> None:
    """Compare the claim with what was returned after the last attempt."""
    place = ClaimedPlace(function="ask", line=1, claims={"mid": RETRIES}, runs_out=claimed)
    rows = judge_entry(LOOP, "ask", [place], {"mid": Happened(attempts=3, returned=returned)})
    assert expected == [str(row.agreement) for row in rows if not row.scenario]


@pytest.mark.parametrize(
    ("agree", "undecided", "contradict", "expected"),
    [(9, 1, 0, True), (8, 1, 0, False), (9, 0, 1, False), (0, 0, 0, True)],
    ids=["a tenth is undecided", "more than a tenth is", "one contradicts", "nothing was claimed"],
)
def test_a_campaign_passes_if_nothing_contradicts(agree: int, undecided: int, contradict: int, expected: bool) -> None:
    """Sum up its rows."""
    numbers = {Agreement.AGREES: agree, Agreement.UNDECIDED: undecided, Agreement.CONTRADICTS: contradict}
    rows = [Row(program="p", entry="e", agreement=each) for each, number in numbers.items() for _ in range(number)]
    assert expected is passes(count(rows))
