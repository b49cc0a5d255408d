"""The streams of the Mistral and the Cohere API over a real socket. The expected bytes are written by hand."""

from collections.abc import Iterator
from typing import Final

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.targets import COHERE, MISTRALAI, Target
from tests.support.chat_bytes import CHAT_REST, CHAT_TEXT, CHUNK, answer, data_of
from tests.support.raw_client import Listening, listening

DONE: Final = "data: [DONE]\n\n"
OVERLOADED: Final = (
    'data: {"error": {"object": "error", "message": "Service tier capacity exceeded for this model.", '
    '"type": "service_tier_capacity_exceeded", "param": null, "code": "3505"}}\n\n'
)
AT: Final = '"created_at": "2026-01-01T00:00:00Z"'
SAID: Final = (
    'event: message.output.delta\ndata: {"type": "message.output.delta", %s, "output_index": 0, "id": "msg_midstream", '
    '"content_index": 0, "model": "midstream", "role": "assistant", "content": "%s"}\n\n'
)
STARTED: Final = (
    f'event: conversation.response.started\ndata: {{"type": "conversation.response.started", {AT}, '
    '"conversation_id": "conv_midstream"}\n\n'
)
ENDED: Final = (
    f'event: conversation.response.done\ndata: {{"type": "conversation.response.done", {AT}, '
    '"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}\n\n'
)
FAILED: Final = (
    f'event: conversation.response.error\ndata: {{"type": "conversation.response.error", {AT}, '
    '"message": "Internal server error", "code": 3000}\n\n'
)

MESSAGE: Final = (
    'event: message-start\ndata: {"type": "message-start", "id": "midstream", "delta": {"message": {"role": '
    '"assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}}\n\n'
)
CONTENT: Final = (
    'event: content-start\ndata: {"type": "content-start", "index": 0, '
    '"delta": {"message": {"content": {"type": "text", "text": ""}}}}\n\n'
)
DELTA: Final = (
    'event: content-delta\ndata: {"type": "content-delta", "index": 0, '
    '"delta": {"message": {"content": {"text": "%s"}}}}\n\n'
)
CONTENT_END: Final = 'event: content-end\ndata: {"type": "content-end", "index": 0}\n\n'
END: Final = (
    'event: message-end\ndata: {"type": "message-end", "delta": {"finish_reason": "%s", "usage": {"billed_units": '
    '{"input_tokens": 1, "output_tokens": 2}, "tokens": {"input_tokens": 1, "output_tokens": 2}}%s}}\n\n'
)
SORRY: Final = ', "error": "internal server error, this has been reported to our developers"'
PRELUDE: Final = (MESSAGE, CONTENT, DELTA % "Hello")


@pytest.fixture(scope="module", params=[MISTRALAI, COHERE], ids=lambda target: target.id)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Target, Listening]]:
    """Run one backend of a target for all tests of this module."""
    with listening(target=request.param) as backend_server:
        yield request.param, backend_server


def chunked(header: str, *pieces: str) -> bytes:
    """Write a whole response whose body comes in these chunks."""
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
        f"{header}: req_midstream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return (head + "".join(f"{len(piece):x}\r\n{piece}\r\n" for piece in pieces) + "0\r\n\r\n").encode()


STREAMS: Final[dict[str, dict[tuple[str, Dialect], list[str]]]] = {
    "mistralai": {
        ("clean/v1", Dialect.CHAT): data_of(*CHAT_TEXT, *CHAT_REST),
        ("mid-service_tier_capacity_exceeded/v1", Dialect.CHAT): [*data_of(*CHAT_TEXT), OVERLOADED],
        ("first-service_tier_capacity_exceeded/v1", Dialect.CHAT): [OVERLOADED],
        ("finish-error/v1", Dialect.CHAT): data_of(*CHAT_TEXT, CHUNK % ('{"content": ""}', '"error"'), "[DONE]"),
        ("done-without-finish/v1", Dialect.CHAT): data_of(*CHAT_TEXT, "[DONE]"),
        ("clean", Dialect.CONVERSATIONS): [STARTED, SAID % (AT, "Hello"), SAID % (AT, " world"), ENDED],
        ("conversation-error", Dialect.CONVERSATIONS): [STARTED, SAID % (AT, "Hello"), FAILED],
    },
    "cohere": {
        ("clean", Dialect.COHERE): [*PRELUDE, DELTA % " world", CONTENT_END, END % ("COMPLETE", ""), DONE],
        ("mid-internal_server_error", Dialect.COHERE): [*PRELUDE, END % ("ERROR", SORRY), DONE],
        ("first-internal_server_error", Dialect.COHERE): [MESSAGE, END % ("ERROR", SORRY), DONE],
        ("error-without-message", Dialect.COHERE): [*PRELUDE, END % ("ERROR", ""), DONE],
        ("mid-gateway_timeout", Dialect.COHERE): [*PRELUDE, END % ("TIMEOUT", ', "error": "gateway timeout"'), DONE],
        ("no-done", Dialect.COHERE): [*PRELUDE, DELTA % " world", CONTENT_END, END % ("COMPLETE", "")],
    },
}
"""Target, base path and dialect to the events that the backend sends."""

HEADERS: Final = {"mistralai": "x-request-id", "cohere": "x-debug-trace-id"}


def test_a_stream_has_exactly_these_bytes(server: tuple[Target, Listening]) -> None:
    """Each event is one chunk, and the base path names the scenario."""
    target, listening_server = server
    for (base_path, dialect), pieces in STREAMS[target.id].items():
        assert chunked(HEADERS[target.id], *pieces) == answer(listening_server, base_path, dialect), base_path


def test_a_scenario_that_a_dialect_lacks_is_answered_with_404(server: tuple[Target, Listening]) -> None:
    """An error of a chat has no meaning in a conversation."""
    target, listening_server = server
    lacking = [id_ for id_, scenario in target.catalogue.items() if Dialect.CONVERSATIONS not in scenario.dialects]
    dialect = Dialect.CONVERSATIONS if target is MISTRALAI else Dialect.COHERE
    absent = lacking if target is MISTRALAI else ["mid-service_unavailable"]
    for id_ in absent:
        assert answer(listening_server, id_, dialect).startswith(b"HTTP/1.1 404 "), id_
