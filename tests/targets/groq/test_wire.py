"""What only the Groq API sends, over a real socket. The expected bytes are written by hand."""

from collections.abc import Iterator
from typing import Final

import pytest

from matrix.targets import GROQ
from tests.support.chat_bytes import CHAT_REST, CHAT_TEXT, CHUNK, answer, chunked, data_of
from tests.support.raw_client import Listening, listening

OVER: Final = '"The model is currently over capacity. Please try again and back off exponentially."'
OVER_ERROR: Final = f'{{"error": {{"message": {OVER}, "type": "internal_server_error", "status_code": 503}}}}'
RATE_LIMIT: Final = (
    '{"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded", "status_code": 429}}'
)
STOPPED: Final = CHUNK % ("{}", "null")


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    """Run one backend of the target for all tests of this module."""
    with listening(target=GROQ) as backend_server:
        yield backend_server


@pytest.mark.parametrize(
    ("id_", "pieces"),
    [
        ("clean", data_of(*CHAT_TEXT, *CHAT_REST)),
        ("mid-over_capacity", [*data_of(*CHAT_TEXT), f"event: error\ndata: {OVER_ERROR}\n\n"]),
        ("first-rate_limit_exceeded", [f"event: error\ndata: {RATE_LIMIT}\n\n"]),
        ("unnamed-error", data_of(*CHAT_TEXT, OVER_ERROR)),
        ("text-error", [*data_of(*CHAT_TEXT), 'event: error\ndata: {"error": "over capacity"}\n\n']),
        (
            "x-groq-error",
            data_of(
                *CHAT_TEXT, f'{STOPPED[:-1]}, "x_groq": {{"id": "req_midstream", "error": "over_capacity"}}}}', "[DONE]"
            ),
        ),
        ("bad-json", data_of(*CHAT_TEXT, CHAT_REST[0][:60], *CHAT_REST)),
    ],
)
def test_a_stream_has_exactly_these_bytes(server: Listening, id_: str, pieces: list[str]) -> None:
    """An error is an event named error, whose object has its status; each event is one chunk."""
    assert chunked(*pieces) == answer(server, f"{id_}/openai/v1")


@pytest.mark.parametrize(
    ("id_", "status", "error"),
    [
        ("http-over_capacity", b"503", f'{{"message": {OVER}, "type": "internal_server_error"}}'),
        ("http-498-then-ok", b"498", '{"message": "Flex tier capacity exceeded", "type": "capacity_exceeded"}'),
    ],
)
def test_a_plain_error_has_no_status_in_its_object(server: Listening, id_: str, status: bytes, error: str) -> None:
    """Its object has a code only if the API gives it one."""
    head, _, body = answer(server, f"{id_}/openai/v1").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert f'{{"error": {error}}}'.encode() == body
