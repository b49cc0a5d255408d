"""What the Together API sends, over a real socket. The expected bytes are written by hand."""

from collections.abc import Iterator
from typing import Final

import pytest

from matrix.targets import TOGETHER
from tests.support.chat_bytes import CHAT_REST, CHAT_TEXT, CHUNK, answer, chunked, data_of
from tests.support.raw_client import Listening, listening

OVERLOADED: Final = (
    '{"message": "The engine is currently overloaded, please try again later", "type": "service_unavailable_error", '
    '"param": null, "code": "server_is_overloaded"}'
)
LIMITED: Final = '{"message": "Request rate limited", "type": "dynamic_request_limited", "param": null, "code": null}'


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    """Run one backend of the target for all tests of this module."""
    with listening(target=TOGETHER) as backend_server:
        yield backend_server


@pytest.mark.parametrize("base", ["", "/v1"])
@pytest.mark.parametrize(
    ("id_", "pieces"),
    [
        ("clean", data_of(*CHAT_TEXT, *CHAT_REST)),
        ("mid-server_is_overloaded", data_of(*CHAT_TEXT, f'{{"error": {OVERLOADED}}}')),
        ("first-dynamic_request_limited", data_of(f'{{"error": {LIMITED}}}')),
        ("finish-error", data_of(*CHAT_TEXT, CHUNK % ("{}", '"error"'), "[DONE]")),
    ],
)
def test_a_stream_has_exactly_these_bytes(server: Listening, id_: str, pieces: list[str], base: str) -> None:
    """An error is an event without a name; before 3.0 the version of the API is a part of the base URL."""
    assert chunked(*pieces) == answer(server, f"{id_}{base}")


def test_a_plain_error_has_the_id_of_its_request(server: Listening) -> None:
    """The object in it is that of an error in a stream."""
    head, _, body = answer(server, "http-server_is_overloaded").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert f'{{"id": "midstream", "error": {OVERLOADED}}}'.encode() == body
