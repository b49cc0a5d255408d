"""Text from other people's files is safe to print."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matrix.system.text import cut, lines, one_line, shorten_versions, visible, with_article
from tests.findings.examples import HOSTILE, texts

RELAXED = settings(deadline=None, max_examples=50)
"""No example has a deadline, since the machine may be busy."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("app/my  file.py", "app/my  file.py", id="spaces stay"),
        pytest.param("größe/日本.py", "größe/日本.py", id="letters of any script stay"),
        pytest.param("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m", id="an escape sequence"),
        pytest.param("\x9b2J", r"\x9b2J", id="an escape sequence of one character"),
        pytest.param("a\nb\r\nc\td", r"a\nb\r\nc\td", id="line ends and tabs"),
        pytest.param("\u202egnp.exe", r"\u202egnp.exe", id="a bidirectional override"),
        pytest.param("a\u200bb\u2066\ufeff", r"a\u200bb\u2066\ufeff", id="what has no width"),
        pytest.param("a\u2028b\u2029", r"a\u2028b\u2029", id="line ends of Unicode"),
        pytest.param("a\xa0b", r"a\xa0b", id="a space that isn't one"),
        pytest.param("\udcff", r"\udcff", id="a byte that is no UTF-8"),
        pytest.param("\x00\x07\x7f", r"\x00\x07\x7f", id="other controls"),
        pytest.param("\ufffe\U0010ffff", r"\ufffe\U0010ffff", id="what is no character"),
        pytest.param("::error::no", r"\x3a:error::no", id="a command of GitHub"),
        pytest.param("say ::error::no", r"say \x3a:error::no", id="a command that wrapping could bring to the front"),
        pytest.param("a::b and C::D", "a::b and C::D", id="no command"),
        pytest.param("x ##[error]no", r"x \x23#[error]no", id="an old command of GitHub"),
        pytest.param("##vso[task.complete]", r"\x23#vso[task.complete]", id="a command of Azure"),
        pytest.param("## a heading", "## a heading", id="a heading"),
    ],
)
def test_characters_that_are_not_printable_are_escaped(text: str, expected: str) -> None:
    """Printable text stays as it is."""
    assert expected == visible(text)


@given(texts)
@RELAXED
def test_text_is_printable_and_no_command(text: str) -> None:
    """No text becomes a command to a log."""
    for shown in (visible(text), one_line(text), *lines(text)):
        assert shown.isprintable()
        assert None is re.search(r"(?:^|\s)::|##[a-z.]*\[", shown, flags=re.IGNORECASE)


@given(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126, exclude_characters=":#"), max_size=50))
@RELAXED
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Only what must be escaped is escaped."""
    assert text == visible(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", "one"),
        ("  except (\n    A,\n    B,\n):\n", "except ( A, B, ):"),
        ("a\r\nb\x0bc\u2028d", "a b c d"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_a_run_of_spaces_becomes_one_space(text: str, expected: str) -> None:
    """Code of several lines is shown in one."""
    assert expected == one_line(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", ["one"]),
        ("try:\n    ask()\n\nexcept E:\n\tpass\n", ["try:", "    ask()", "", "except E:", "    pass"]),
        ("a\r\nb\rc\u2028d", ["a", "b", "c", "d"]),
        ("a\x1b[0m\nb", [r"a\x1b[0m", "b"]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_code_keeps_its_lines_and_its_indentation(text: str, expected: list[str]) -> None:
    """It is there to be copied."""
    assert expected == lines(text)


def test_long_text_is_cut_and_has_its_length() -> None:
    """The result is no longer than the limit."""
    assert "aaaaa... (1,000,000 characters)" == one_line("a" * 1_000_000, 31)
    assert "short" == cut("short", 5, 5)
    assert 1_000 == len(one_line("\x1b" * 999))
    assert 2_000 == len("\n".join(lines("ab\n" * 5_000)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("APIError", "an APIError"),
        ("ApiError", "an ApiError"),
        ("InstructorRetryException", "an InstructorRetryException"),
        ("SDKError", "an SDKError"),
        ("HTTPError", "an HTTPError"),
        ("MistralError", "a MistralError"),
        ("RequestError", "a RequestError"),
        ("UserError", "a UserError"),
        ("TTSError", "a TTSError"),
    ],
)
def test_a_name_has_the_article_that_people_say(name: str, expected: str) -> None:
    """The letters of an abbreviation are said one by one."""
    assert expected == with_article(name)


def test_hostile_examples_are_hostile() -> None:
    """Otherwise the tests of the formats would test nothing."""
    assert {"\x1b", "\u202e", "\n", "\udcff", "\x00", "|", "<", "`", "["} <= set("".join(HOSTILE))


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (["1.0"], "1.0"),
        (["1.0", "1.1"], "1.0, 1.1"),
        ([f"1.{number}" for number in range(13)], "1.0 to 1.12 (13 releases)"),
    ],
)
def test_many_versions_are_named_by_the_first_and_the_last(versions: list[str], expected: str) -> None:
    """A sampled target can have hundreds of untested releases between two tested ones."""
    assert expected == shorten_versions(versions)
