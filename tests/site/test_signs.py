"""The signs and the spoken verdicts in the style sheet: they are those of the marks and of the handler outcomes."""

import re
from typing import Final

from matrix.site.marks import MARKS
from matrix.verdicts.wording import HANDLER_OUTCOMES
from tests.support.paths import ROOT

STYLE: Final = (ROOT / "matrix" / "site" / "static" / "site.css").read_text(encoding="utf-8")


def signs(prefix: str) -> dict[str, tuple[str, str]]:
    """Return what the style draws and says for each class with a prefix."""
    found = re.findall(rf'^\.{prefix}-(\w+) {{ --sign: "(.)"; --says: "(.*)"; }}$', STYLE, re.MULTILINE)
    return {name: (sign, says) for name, sign, says in found}


def test_the_style_draws_the_sign_of_each_mark_and_says_its_title() -> None:
    """Check that no mark is missing: a chip does not write its verdict."""
    assert {str(mark): (text.sign, f"{text.title}: ") for mark, text in MARKS.items()} == signs("m")


def test_the_style_draws_the_sign_of_each_outcome_of_a_handler() -> None:
    """Check that it says nothing: the words of such a chip name the outcome."""
    assert {str(outcome): (sign, "") for outcome, (sign, _) in HANDLER_OUTCOMES.items()} == signs("w")
