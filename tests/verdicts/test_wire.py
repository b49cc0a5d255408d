"""What the server sends is shown as text where it is text, and as bytes with decoded frames where it is frames."""

import re

import pytest

from matrix.catalogue.dialect import FRAMED, OF_ANTHROPIC, Dialect
from matrix.catalogue.events import PRELUDE
from matrix.catalogue.scenarios import CATALOGUE
from matrix.verdicts.wording import describe_wire

FRAMED_SCENARIOS = [id_ for id_, scenario in CATALOGUE.items() if FRAMED & scenario.dialects]


@pytest.mark.parametrize("dialect", sorted(OF_ANTHROPIC))
def test_every_scenario_is_shown_without_control_characters(dialect: Dialect) -> None:
    """A frame is bytes, and a terminal would obey some of them."""
    for scenario in CATALOGUE.values():
        if dialect in scenario.dialects:
            shown = describe_wire(scenario, dialect)
            assert "end" == shown[-1][0]
            assert not any(re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text) for _, text in shown)
            assert dialect in FRAMED or not any(verb == "frame" for verb, _ in shown)


def test_each_event_of_a_framed_stream_is_shown_decoded() -> None:
    """Each frame follows the write that completes it."""
    shown = describe_wire(CATALOGUE["mid-overloaded_error"], Dialect.BEDROCK)
    assert ["send", "send", "frame", "send", "frame", "send", "frame", "send", "frame", "send", "end"] == [
        verb for verb, _ in shown
    ]
    events = [text.partition("event in it: ")[2] for verb, text in shown if verb == "frame"]
    error = '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
    assert [*(event.data for event in PRELUDE[Dialect.BEDROCK]), error] == events


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("mid-throttling-exception", ":exception-type: throttlingException"),
        ("error-frame", "no payload"),
        ("half-frame", "cut: 172 bytes of 232 were not sent, so there is no frame to read"),
        ("bad-frame-checksum", "the checksum of the message is wrong"),
        ("bad-prelude-checksum", "the checksum of the prelude is wrong"),
        ("unknown-frame", ":event-type: somethingNew"),
    ],
)
def test_a_frame_says_what_is_special_about_it(scenario: str, expected: str) -> None:
    """Its headers, its payload, its checksums, and how much of it is missing."""
    frames = [text for verb, text in describe_wire(CATALOGUE[scenario], Dialect.BEDROCK) if verb == "frame"]
    assert 1 == sum(expected in frame.splitlines() for frame in frames)


def test_a_frame_in_two_reads_is_shown_once() -> None:
    """After the second write."""
    verbs = [verb for verb, _ in describe_wire(CATALOGUE["split-frame"], Dialect.BEDROCK)]
    assert ["send", "wait", "wait", "send", "frame"] == verbs[-7:-2]


def test_a_long_write_says_how_many_bytes_it_has() -> None:
    """Only the beginning of its bytes is shown."""
    long = [
        text
        for id_ in FRAMED_SCENARIOS
        for verb, text in describe_wire(CATALOGUE[id_], Dialect.BEDROCK)
        if verb == "send" and len(text.splitlines()) > 30
    ]
    assert long
    assert all(re.search(r"\n\.\.\. \([\d,]+ bytes\)\Z", text) for text in long if text.startswith("0000  "))
