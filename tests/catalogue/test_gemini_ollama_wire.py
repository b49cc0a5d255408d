"""The dialects of the Gemini and the Ollama API over a real socket. The expected bytes are written by hand."""

from typing import Final

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.wire import Ending
from matrix.targets import GOOGLE_GENAI, OLLAMA, Target
from tests.support.raw_client import Client, listening

GEMINI_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
OLLAMA_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
HEADS: Final = {
    Dialect.GEMINI: GEMINI_HEAD, Dialect.OLLAMA_CHAT: OLLAMA_HEAD, Dialect.OLLAMA_GENERATE: OLLAMA_HEAD,
}  # fmt: skip

CHUNK: Final = (
    '{"candidates": [{"content": {"parts": [{"text": "%s"}], "role": "model"}, "index": 0%s}], "usageMetadata": '
    '{"promptTokenCount": 1, "candidatesTokenCount": %d, "totalTokenCount": %d}, "modelVersion": "midstream", '
    '"responseId": "midstream"}'
)
HELLO: Final = CHUNK % ("Hello", "", 1, 2)
WORLD: Final = CHUNK % (" world", ', "finishReason": "STOP"', 2, 3)
UNAVAILABLE: Final = (
    '{"error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}}'
)
IN_LINES: Final = """{
  "error": {
    "code": 503,
    "message": "The model is overloaded. Please try again later.",
    "status": "UNAVAILABLE"
  }
}
"""


def event(data: str) -> str:
    """Write an event as Gemini does: without a name, in lines that end in CR LF."""
    return f"data: {data}\r\n\r\n"


LINE: Final = '{"model":"midstream","created_at":"2025-10-26T17:15:24.097767Z",%s}\n'
MESSAGE: Final = '"message":{"role":"assistant","content":"%s"},'
DONE: Final = (
    '"done":true,"done_reason":"stop","total_duration":3000000,"load_duration":1000000,"prompt_eval_count":1,'
    '"prompt_eval_duration":1000000,"eval_count":2,"eval_duration":1000000'
)
CHAT: Final = tuple(
    LINE % (MESSAGE % text + end) for text, end in (("Hello", '"done":false'), (" world", '"done":false'), ("", DONE))
)
COMPLETION: Final = tuple(
    LINE % (f'"response":"{text}",' + end)
    for text, end in (("Hello", '"done":false'), (" world", '"done":false'), ("", DONE))
)
OVERLOADED: Final = '{"error":"model is overloaded"}'


def answer(target: Target, id_: str, dialect: Dialect) -> bytes:
    """Request a scenario, and return everything that the backend sends until the connection ends."""
    with listening(target=target) as server, Client(server.backend.port) as client:
        client.send_request(f"/{id_}", dialect)
        client.close_sending_half()
        data, ending = client.read_to_end()
        assert [attempt.dialect for attempt in server.backend.journal.take(f"/{id_}")] == [dialect]
    assert Ending.FIN is ending
    return data


@pytest.mark.parametrize(
    ("target", "id_", "dialect", "pieces"),
    [
        (GOOGLE_GENAI, "clean", Dialect.GEMINI, [event(HELLO), event(WORLD)]),
        (GOOGLE_GENAI, "mid-unavailable", Dialect.GEMINI, [event(HELLO), event(UNAVAILABLE)]),
        (GOOGLE_GENAI, "first-unavailable", Dialect.GEMINI, [event(UNAVAILABLE)]),
        (GOOGLE_GENAI, "line-by-line", Dialect.GEMINI, [event(HELLO), IN_LINES]),
        (GOOGLE_GENAI, "lf", Dialect.GEMINI, [f"data: {HELLO}\n\n", f"data: {UNAVAILABLE}\n\n"]),
        (GOOGLE_GENAI, "no-space", Dialect.GEMINI, [f"data:{HELLO}\n\n", f"data:{WORLD}\n\n"]),
        (GOOGLE_GENAI, "comment", Dialect.GEMINI, [event(HELLO), ": keep-alive\n\n", event(WORLD)]),
        (GOOGLE_GENAI, "bad-json", Dialect.GEMINI, [event(HELLO), event(HELLO[:60]), event(WORLD)]),
        (OLLAMA, "clean", Dialect.OLLAMA_CHAT, [*CHAT]),
        (OLLAMA, "clean", Dialect.OLLAMA_GENERATE, [*COMPLETION]),
        (OLLAMA, "mid-overloaded", Dialect.OLLAMA_CHAT, [CHAT[0], f"{OVERLOADED}\n"]),
        (OLLAMA, "mid-overloaded", Dialect.OLLAMA_GENERATE, [COMPLETION[0], f"{OVERLOADED}\n"]),
        (OLLAMA, "first-overloaded", Dialect.OLLAMA_CHAT, [f"{OVERLOADED}\n"]),
        (OLLAMA, "no-final-newline", Dialect.OLLAMA_CHAT, [CHAT[0], OVERLOADED]),
        (OLLAMA, "empty-line", Dialect.OLLAMA_CHAT, [CHAT[0], "\n", *CHAT[1:]]),
        (OLLAMA, "bad-json", Dialect.OLLAMA_CHAT, [CHAT[0], CHAT[0][:60] + "\n", *CHAT[1:]]),
        (OLLAMA, "eof-before-anything", Dialect.OLLAMA_CHAT, []),
    ],
)
def test_a_stream_has_exactly_these_bytes(target: Target, id_: str, dialect: Dialect, pieces: list[str]) -> None:
    """Each event or line is one chunk, and no header has the id of the request."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece.encode()) for piece in pieces)
    assert HEADS[dialect] + chunks + b"0\r\n\r\n" == answer(target, id_, dialect)


@pytest.mark.parametrize(
    ("target", "id_", "dialect", "status", "body"),
    [
        (GOOGLE_GENAI, "http-unavailable", Dialect.GEMINI, b"503", IN_LINES.rstrip()),
        (OLLAMA, "http-overloaded", Dialect.OLLAMA_CHAT, b"503", OVERLOADED),
        (OLLAMA, "http-rate-limited", Dialect.OLLAMA_GENERATE, b"429", '{"error":"rate limit exceeded"}'),
    ],
)
def test_a_plain_error_has_exactly_these_bytes(
    target: Target, id_: str, dialect: Dialect, status: bytes, body: str
) -> None:
    """Its body is the object of the error."""
    head = b"HTTP/1.1 %s \r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    assert head + body.encode() == answer(target, id_, dialect)
