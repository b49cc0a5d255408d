"""The bytes of a stream of chat completions, written by hand, and a backend's answer to read."""

from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.wire import Ending
from tests.support.raw_client import Client, Listening

HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    b"x-request-id: req_midstream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
CHUNK: Final = (
    '{"id": "chatcmpl-midstream", "object": "chat.completion.chunk", "created": 1700000000, "model": "midstream", '
    '"choices": [{"index": 0, "delta": %s, "logprobs": null, "finish_reason": %s}]}'
)
CHAT_TEXT: Final = (CHUNK % ('{"role": "assistant", "content": ""}', "null"), CHUNK % ('{"content": "Hello"}', "null"))
CHAT_REST: Final = (CHUNK % ('{"content": " world"}', "null"), CHUNK % ("{}", '"stop"'), "[DONE]")


def chunked(*pieces: str) -> bytes:
    """Write a whole response whose body comes in these chunks."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece.encode()) for piece in pieces)
    return HEAD + chunks + b"0\r\n\r\n"


def data_of(*events: str) -> list[str]:
    """Write events that have no name."""
    return [f"data: {event}\n\n" for event in events]


def answer(server: Listening, id_: str, dialect: Dialect = Dialect.CHAT) -> bytes:
    """Request a scenario, and return everything that the backend sends until the connection ends."""
    with Client(server.backend.port) as client:
        client.send_request(f"/{id_}", dialect)
        client.close_sending_half()
        data, ending = client.read_to_end()
    assert Ending.FIN is ending
    return data
