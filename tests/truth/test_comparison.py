"""Claims are compared with what happened."""

import pytest

from tests.truth.comparison import Agreement, Choice, Claim, Happened, compare

ONCE = Happened(attempts=1, returned="builtins.list")
TWICE = Happened(attempts=2, returned="builtins.list")
NEVER = Happened(attempts=0, escaped="builtins.ModuleNotFoundError")
ITSELF = Happened(attempts=1, escaped="anthropic.RateLimitError")
OTHER = Happened(attempts=1, escaped="helpers.Busy")
AGAIN = Happened(attempts=3, escaped="anthropic.RateLimitError")
EXITED = Happened(attempts=1, escaped="builtins.SystemExit")
CRASHED = Happened(attempts=1, escaped="builtins.AttributeError")

CLAIMS = {
    Claim(Choice.RETRY): (TWICE, AGAIN),
    Claim(Choice.FAIL, errors=("anthropic.RateLimitError",)): (ITSELF,),
    Claim(Choice.FAIL, errors=("anthropic.APIStatusError",)): (),
    Claim(Choice.FAIL, "raises Busy"): (OTHER,),
    Claim(Choice.FAIL, "raises helpers.Busy"): (OTHER,),
    Claim(Choice.FAIL, "raises the error or returns", ("anthropic.RateLimitError",)): (ITSELF, ONCE),
    Claim(Choice.FAIL, "raises an exception"): (ITSELF, OTHER, CRASHED, EXITED),
    Claim(Choice.FAIL, "raises Busy or returns None"): (OTHER, ONCE),
    Claim(Choice.FAIL, "raises SystemExit"): (EXITED,),
    Claim(Choice.FAIL, "returns None"): (ONCE,),
    Claim(Choice.FAIL, "goes on"): (ONCE,),
    Claim(Choice.ACCEPT): (ONCE,),
    Claim(Choice.CRASH, "AttributeError"): (CRASHED,),
    Claim(Choice.CRASH, "ModuleNotFoundError"): (NEVER,),
}
"""Each claim with everything that agrees with it."""

HAPPENED = (ONCE, TWICE, NEVER, ITSELF, OTHER, AGAIN, CRASHED, EXITED)


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_a_claim_agrees_only_with_what_it_says(claim: Claim) -> None:
    """Compare it with everything that may happen."""
    agreeing = [each for each in HAPPENED if compare(claim, each) is Agreement.AGREES]
    assert sorted(map(str, CLAIMS[claim])) == sorted(map(str, agreeing))


@pytest.mark.parametrize("happened", HAPPENED, ids=str)
def test_nothing_contradicts_a_claim_that_is_undecided(happened: Happened) -> None:
    """It is counted apart."""
    assert Agreement.UNDECIDED is compare(Claim(Choice.UNDECIDED, "a call"), happened)


def test_a_detail_that_is_not_known_is_an_error() -> None:
    """A new detail needs a rule first."""
    with pytest.raises(ValueError, match="'waits a day'"):
        compare(Claim(Choice.FAIL, "waits a day"), ONCE)
