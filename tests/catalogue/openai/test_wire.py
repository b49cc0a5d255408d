"""The dialects of the OpenAI API over a real socket. The expected bytes are written by hand."""

import json
from collections.abc import Iterator
from typing import Final

import pytest

from matrix.catalogue.dialect import OF_OPENAI, Dialect
from matrix.catalogue.openai.scenarios import OPENAI_CATALOGUE
from matrix.targets import OPENAI
from tests.support.chat_bytes import CHAT_REST, CHAT_TEXT, HEAD, answer, chunked, data_of
from tests.support.raw_client import Listening, listening

TEXT: Final = (
    '{"id": "cmpl-midstream", "object": "text_completion", "created": 1700000000, "model": "midstream", '
    '"choices": [{"text": "%s", "index": 0, "logprobs": null, "finish_reason": %s}]}'
)
PROMPT_TEXT: Final = TEXT % ("Hello", "null")
ERROR: Final = (
    '{"message": "The server had an error while processing your request", "type": "server_error", "param": null, '
    '"code": null}'
)


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    """Run one backend of the target for all tests of this module."""
    with listening(target=OPENAI) as backend_server:
        yield backend_server


@pytest.mark.parametrize(
    ("id_", "dialect", "pieces"),
    [
        ("clean", Dialect.CHAT, data_of(*CHAT_TEXT, *CHAT_REST)),
        ("clean", Dialect.PROMPTS, data_of(PROMPT_TEXT, TEXT % (" world", "null"), TEXT % ("", '"stop"'), "[DONE]")),
        ("mid-server_error", Dialect.CHAT, data_of(*CHAT_TEXT, f'{{"error": {ERROR}}}')),
        ("mid-server_error", Dialect.PROMPTS, data_of(PROMPT_TEXT, f'{{"error": {ERROR}}}')),
        ("first-server_error", Dialect.CHAT, data_of(f'{{"error": {ERROR}}}')),
        ("error-then-done", Dialect.CHAT, data_of(*CHAT_TEXT, f'{{"error": {ERROR}}}', "[DONE]")),
        ("named-error", Dialect.CHAT, [*data_of(*CHAT_TEXT), f'event: error\ndata: {{"error": {ERROR}}}\n\n']),
        ("error-field", Dialect.CHAT, [*data_of(*CHAT_TEXT), f"error: {ERROR}\n\n", *data_of("[DONE]")]),
        ("done-without-finish", Dialect.CHAT, data_of(*CHAT_TEXT, "[DONE]")),
        ("no-done", Dialect.CHAT, data_of(*CHAT_TEXT, *CHAT_REST[:2])),
        ("control-only", Dialect.CHAT, [*data_of(*CHAT_TEXT), "retry: 3000\n\n", *data_of(*CHAT_REST)]),
        ("eof-before-anything", Dialect.RESPONSES, []),
    ],
)  # fmt: skip
def test_a_stream_of_chunks_has_exactly_these_bytes(
    server: Listening, id_: str, dialect: Dialect, pieces: list[str]
) -> None:
    """Events have no name and lines end in LF; each event is one chunk."""
    assert chunked(*pieces) == answer(server, id_, dialect)


def events_of(data: bytes) -> list[tuple[str, dict[str, object]]]:
    """Read the name and the data of each event of a response, of which no chunk ends inside an event."""
    body = b"".join(data.removeprefix(HEAD).split(b"\r\n")[1::2]).decode()
    events = [event.split("\n") for event in body.removesuffix("\n\n").split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(line.removeprefix("data: "))) for name, line in events]


TEXT_EVENTS: Final = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
]


@pytest.mark.parametrize(
    ("id_", "after"),
    [
        (
            "clean",
            [
                "response.output_text.delta",
                "response.output_text.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.completed",
            ],
        ),
        ("response-mid-server_error", ["error", "response.failed"]),
        ("response-flat-server_error", ["error"]),
        ("response-failed-server_error", ["response.failed"]),
    ],
)
def test_an_event_of_a_response_is_named_by_its_type(server: Listening, id_: str, after: list[str]) -> None:
    """The sequence numbers count the events."""
    events = events_of(answer(server, id_, Dialect.RESPONSES))
    assert [*TEXT_EVENTS, *after] == [name for name, _ in events]
    assert [name for name, _ in events] == [data["type"] for _, data in events]
    assert list(range(len(events))) == [data["sequence_number"] for _, data in events]


def test_an_error_of_a_response_has_three_shapes(server: Listening) -> None:
    """Nested, flat, and in the response that failed; each has the code, or the type if there is no code."""
    message = "Rate limit reached for requests"
    nested, failed = (
        data for _, data in events_of(answer(server, "response-mid-rate_limit_exceeded", Dialect.RESPONSES))[-2:]
    )
    flat = events_of(answer(server, "response-flat-rate_limit_exceeded", Dialect.RESPONSES))[-1][1]
    assert {"message": message, "type": "requests", "param": None, "code": "rate_limit_exceeded"} == nested["error"]
    assert {
        "type": "error", "code": "rate_limit_exceeded", "message": message, "param": None, "sequence_number": 5
    } == flat  # fmt: skip
    response = failed["response"]
    assert isinstance(response, dict)
    assert ("failed", {"code": "rate_limit_exceeded", "message": message}) == (response["status"], response["error"])


@pytest.mark.parametrize("dialect", sorted(OF_OPENAI))
def test_a_scenario_that_a_dialect_lacks_is_answered_with_404(server: Listening, dialect: Dialect) -> None:
    """An error of a stream of chunks has no meaning in the Responses API."""
    lacking = [id_ for id_, scenario in OPENAI_CATALOGUE.items() if dialect not in scenario.dialects]
    assert lacking
    for id_ in lacking:
        path = f"absent-{dialect}/{id_}"
        assert answer(server, path, dialect).startswith(b"HTTP/1.1 404 "), id_
        assert [False] == [attempt.known for attempt in server.backend.journal.take(f"/{path}")]


def test_a_request_names_its_dialect_by_its_path(server: Listening) -> None:
    """The path of a chat ends like that of a completion, but the two are different endpoints."""
    for dialect in sorted(OF_OPENAI):
        answer(server, "named/clean", dialect)
    assert sorted(OF_OPENAI) == [attempt.dialect for attempt in server.backend.journal.take("/named/clean")]
