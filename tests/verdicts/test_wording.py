"""The wire of a scenario in words: its bytes can be read, and stand on a page or in a terminal without harm."""

import re

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.scenarios import CATALOGUE, PLAYABLE
from matrix.verdicts.wording import describe_wire


def text_of(id_: str, dialect: Dialect) -> str:
    """Join what a scenario sends, in words."""
    return "".join(text for kind, text in describe_wire(CATALOGUE[id_], dialect) if kind == "send")


@pytest.mark.parametrize("dialect", Dialect)
def test_no_wire_contains_a_character_that_a_page_may_not_contain(dialect: Dialect) -> None:
    """A frame begins with zeros, which no HTML may contain and which a terminal may obey."""
    assert {} == {
        id_: characters
        for id_, scenario in PLAYABLE.items()
        if dialect in scenario.dialects
        if (characters := re.findall(r"[^\n -~\xa0-\ud7ff\ufeff]", text_of(id_, dialect)))
    }


def test_each_byte_of_a_frame_that_is_no_character_is_escaped() -> None:
    """Two bytes of a checksum are no letter, even if they would be one in UTF-8."""
    assert r"\x00\x00\x00\x9f\x00\x00\x00a\x0c\xc1>f\x0f:exception-type\x07\x00\x13throttlingException" in text_of(
        "first-throttling-exception", Dialect.BEDROCK
    )
    assert text_of("first-throttling-exception", Dialect.BEDROCK).isascii()


def test_server_sent_events_are_shown_as_text() -> None:
    """Only bytes that are no UTF-8, and carriage returns, are escaped."""
    assert '"message": "Over\u2028loaded"' in text_of("line-separator", Dialect.MESSAGES)
    assert r'"text": "\xff\xfe"' in text_of("bad-utf8", Dialect.MESSAGES)
    assert "event: error\\r\ndata: " in text_of("crlf", Dialect.MESSAGES)
