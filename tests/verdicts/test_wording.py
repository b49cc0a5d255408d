"""The wire of a scenario in words: its bytes can be read, and stand on a page or in a terminal without harm."""

import re

import pytest

from matrix.catalogue.dialect import OF_ANTHROPIC, Dialect
from matrix.catalogue.scenarios import CATALOGUE, PLAYABLE
from matrix.verdicts.wording import describe_wire


def text_of(id_: str, dialect: Dialect) -> str:
    """Join what a scenario sends, in words."""
    return "".join(text for kind, text in describe_wire(CATALOGUE[id_], dialect) if kind == "send")


def frames_of(id_: str) -> list[str]:
    """List the frames of a scenario of Bedrock, in words."""
    return [text for kind, text in describe_wire(CATALOGUE[id_], Dialect.BEDROCK) if kind == "frame"]


@pytest.mark.parametrize("dialect", sorted(OF_ANTHROPIC))
def test_no_wire_contains_a_character_that_a_page_may_not_contain(dialect: Dialect) -> None:
    """A frame begins with zeros, which no HTML may contain and which a terminal may obey."""
    assert {} == {
        id_: characters
        for id_, scenario in PLAYABLE.items()
        if dialect in scenario.dialects
        for text in ["".join(text for _, text in describe_wire(scenario, dialect))]
        if (characters := re.findall(r"[^\n -~\xa0-\ud7ff\ufeff]", text))
    }


def test_the_bytes_of_a_frame_are_a_dump_and_the_frame_follows_the_write_that_completes_it() -> None:
    """The dump shows the chunk around the frame too."""
    *_, sent, frame, last, end = describe_wire(CATALOGUE["first-throttling-exception"], Dialect.BEDROCK)
    dump = "0000  39 66 0d 0a 00 00 00 9f 00 00 00 61 0c c1 3e 66  9f.........a..>f"
    assert ("send", dump) == (sent[0], sent[1].split("\n")[0])
    lines = (
        "159 bytes",
        ":exception-type: throttlingException",
        ":content-type: application/json",
        ":message-type: exception",
        'payload: {"message": "Too many requests, please wait."}',
    )
    assert ("frame", "\n".join(lines)) == frame
    assert [("send", "0\\r\n\\r\n"), ("end", "keep-alive")] == [last, end]
    assert ["frame", "send", "wait", "wait", "send", "frame"] == [
        kind for kind, _ in describe_wire(CATALOGUE["split-frame"], Dialect.BEDROCK)
    ][-8:-2]


def test_a_chunk_frame_shows_the_event_in_it() -> None:
    """Its payload is base64, which nobody reads."""
    assert [
        *('"type": "message_start"', '"type": "content_block_start"', '"text": "Hello"', '"text": " world"'),
        *('"type": "content_block_stop"', '"type": "message_delta"', '"type": "message_stop"'),
    ] == [
        part
        for frame in frames_of("clean")
        for part in re.findall(r'"text": "[^"]+"|(?<=event in it: {)"type": "(?!content_block_delta)\w+"', frame)
    ]


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("half-frame", "cut: 172 bytes of 232 were not sent, so there is no frame to read"),
        ("bad-gzip", "no frame: the checksum of its lengths is wrong"),
        ("bad-chunk-size", "no frame: its first 12 bytes, which hold its length, are incomplete"),
    ],
)
def test_the_last_bytes_that_are_no_frame_are_named(id_: str, expected: str) -> None:
    """A reader must not look for a frame in them."""
    assert expected == frames_of(id_)[-1]


@pytest.mark.parametrize(
    ("id_", "expected"), [("bad-frame-checksum", ["message"]), ("bad-prelude-checksum", ["prelude"]), ("clean", [])]
)
def test_a_wrong_checksum_is_named(id_: str, expected: list[str]) -> None:
    """The other checksum of the frame is right."""
    assert expected == re.findall(r"the checksum of the (\w+) is wrong", "\n".join(frames_of(id_)))


def test_server_sent_events_are_shown_as_text() -> None:
    """Only bytes that are no UTF-8, and carriage returns, are escaped."""
    assert '"message": "Over\u2028loaded"' in text_of("line-separator", Dialect.MESSAGES)
    assert r'"text": "\xff\xfe"' in text_of("bad-utf8", Dialect.MESSAGES)
    assert "event: error\\r\ndata: " in text_of("crlf", Dialect.MESSAGES)
