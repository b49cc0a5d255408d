"""The signs and the spoken verdicts in the style sheet: they are those of the marks and of the handler outcomes."""

import re
from typing import Final
from unicodedata import name

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


def test_no_two_marks_have_one_shape() -> None:
    """Check that no sign is the mirror image of another, or differs by which half is filled: these look alike."""
    names = [re.sub(r"\b(LEFT|RIGHT|UPPER|LOWER|BLACK|WHITE)\b", "", name(text.sign)) for text in MARKS.values()]
    assert len(MARKS) == len(set(names))


def test_the_style_draws_the_sign_of_each_outcome_of_a_handler() -> None:
    """Check that it says nothing: the words of such a chip name the outcome."""
    assert {str(outcome): (sign, "") for outcome, (sign, _) in HANDLER_OUTCOMES.items()} == signs("w")


def test_a_browser_without_alternative_text_draws_each_sign() -> None:
    """Check that each sign with a text for screen readers also stands without one: Safari before 17.4 ignores the rule.

    A value with a variable is ignored too late to fall back to an earlier one, so it needs a condition.
    """
    everywhere = re.sub(r"^@supports \(content: .*$", "", STYLE, flags=re.MULTILINE)
    told = re.findall(r"^.*content: [^;]+ / .*$", everywhere, re.MULTILINE)
    assert told
    assert [] == [rule for rule in told if not re.search(r'content: ("."); content: \1 / "";', rule)]
    drawn = re.findall(r"^(.*::before) { content: var\(--sign\); }$", STYLE, re.MULTILINE)
    assert drawn == re.findall(
        r"^@supports .*? { (.*::before) { content: var\(--sign\) / var\(--says\); } }", STYLE, re.MULTILINE
    )
    assert drawn
