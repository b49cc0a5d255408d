"""The bytes that every scenario should put on the wire, written by hand: each write, wait and drain, and the end.

Nothing here comes from the catalogue or from its builders, so that a change of one byte there is a change here.
A part of a script that differs between dialects is a `Part`; `script` replaces it by the bytes of the dialect. A script
is written as server-sent events; for Bedrock, `script` puts the data of each event into a frame.
"""

import re
from enum import Enum, auto
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.wire import Drain, Ending
from tests.support.frame_bytes import (
    CHUNK_FRAME,
    CHUNK_FRAME_WITH_A_WRONG_CHECKSUM,
    CHUNK_FRAME_WITH_WRONG_LENGTHS,
    ERROR_FRAME,
    EXCEPTION_FRAME,
    chunk_frame,
    event_frame,
    exception_frame,
)


class Part(Enum):
    """A part of a stream that each dialect writes in its own way."""

    START = auto()
    """The events up to the first text, each event a chunk."""
    START_CRLF = auto()
    START_CR = auto()
    START_UNNAMED = auto()
    START_UNCHUNKED = auto()
    REST = auto()
    """The events that complete the stream."""


Piece = bytes | float | Drain | Ending
"""One write, a wait in seconds, a wait for the peer's kernel, or the end."""

DRAIN: Final = Drain()
KEEP_ALIVE, FIN, RST, HOLD = Ending.KEEP_ALIVE, Ending.FIN, Ending.RESET, Ending.HOLD
START, REST = Part.START, Part.REST

HEAD: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\n"
    b"Request-Id: req_midstream\r\n"
    b"Transfer-Encoding: chunked\r\n"
    b"\r\n"
)
HEAD_LONG: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\n"
    b"Request-Id: req_midstream\r\n"
    b"Content-Length: 100000\r\n"
    b"\r\n"
)
HEAD_GZIP: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\n"
    b"Request-Id: req_midstream\r\n"
    b"Content-Encoding: gzip\r\n"
    b"Transfer-Encoding: chunked\r\n"
    b"\r\n"
)
LAST_CHUNK: Final = b"0\r\n\r\n"

MESSAGE_START: Final = (
    b'{"type": "message_start", "message": {"id": "msg_midstream", "type": "message", "role": "assistant", '
    b'"model": "midstream", "content": [], "stop_reason": null, "stop_sequence": null, '
    b'"usage": {"input_tokens": 1, "output_tokens": 1}}}'
)
BLOCK_START: Final = b'{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}'
HELLO: Final = b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}'
WORLD: Final = b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}}'
BLOCK_STOP: Final = b'{"type": "content_block_stop", "index": 0}'
MESSAGE_DELTA: Final = (
    b'{"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, '
    b'"usage": {"output_tokens": 2}}'
)
MESSAGE_STOP: Final = b'{"type": "message_stop"}'

START_OF_NULL_USAGE: Final = (
    b'{"type": "message_start", "message": {"id": "msg_midstream", "type": "message", "role": "assistant", '
    b'"model": "midstream", "content": [], "stop_reason": null, "stop_sequence": null, "usage": null}}'
)
DELTA_OF_NULL_USAGE: Final = (
    b'{"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": null}'
)
START_OF_NULL_CONTENT: Final = (
    b'{"type": "message_start", "message": {"id": "msg_midstream", "type": "message", "role": "assistant", '
    b'"model": "midstream", "content": null, "stop_reason": null, "stop_sequence": null, '
    b'"usage": {"input_tokens": 1, "output_tokens": 1}}}'
)
START_OF_NO_CONTENT: Final = (
    b'{"type": "message_start", "message": {"id": "msg_midstream", "type": "message", "role": "assistant", '
    b'"model": "midstream", "stop_reason": null, "stop_sequence": null, '
    b'"usage": {"input_tokens": 1, "output_tokens": 1}}}'
)

FIRST_COMPLETION: Final = (
    b'{"type": "completion", "id": "compl_midstream", "completion": "Hello", "stop_reason": null, '
    b'"stop": null, "log_id": "compl_midstream", "model": "midstream"}'
)
NEXT_COMPLETION: Final = (
    b'{"type": "completion", "id": "compl_midstream", "completion": " world", "stop_reason": null, '
    b'"stop": null, "log_id": "compl_midstream", "model": "midstream"}'
)
LAST_COMPLETION: Final = (
    b'{"type": "completion", "id": "compl_midstream", "completion": "", "stop_reason": "stop_sequence", '
    b'"stop": null, "log_id": "compl_midstream", "model": "midstream"}'
)
WHOLE_COMPLETION: Final = (
    b'{"type": "completion", "id": "compl_midstream", "completion": "Hello world", "stop_reason": "stop_sequence", '
    b'"stop": null, "log_id": "compl_midstream", "model": "midstream"}'
)

TEXT_AND_REASON: Final = (
    b"event: content_block_delta\ndata: " + WORLD + b"\n\n"
    b"event: content_block_stop\ndata: " + BLOCK_STOP + b"\n\n"
    b"event: message_delta\ndata: " + MESSAGE_DELTA + b"\n\n"
)
"""After the first text of a message: the rest of it and why it ended, without `message_stop`."""

PAUSED: Final = (
    b"event: content_block_delta\ndata: " + WORLD + b"\n\n"
    b"event: content_block_stop\ndata: " + BLOCK_STOP + b"\n\n"
    b"event: message_delta\n"
    b'data: {"type": "message_delta", "delta": {"stop_reason": "pause_turn", "stop_sequence": null}, '
    b'"usage": {"output_tokens": 2}}\n'
    b"\n"
)
"""After the first text of a message: the rest of it, and a request to continue the turn."""

EVENTS: Final[dict[Dialect, dict[Part, tuple[bytes, ...]]]] = {
    Dialect.MESSAGES: {
        Part.START: (
            b"event: message_start\ndata: " + MESSAGE_START + b"\n\n",
            b"event: content_block_start\ndata: " + BLOCK_START + b"\n\n",
            b"event: content_block_delta\ndata: " + HELLO + b"\n\n",
        ),
        Part.START_CRLF: (
            b"event: message_start\r\ndata: " + MESSAGE_START + b"\r\n\r\n",
            b"event: content_block_start\r\ndata: " + BLOCK_START + b"\r\n\r\n",
            b"event: content_block_delta\r\ndata: " + HELLO + b"\r\n\r\n",
        ),
        Part.START_CR: (
            b"event: message_start\rdata: " + MESSAGE_START + b"\r\r",
            b"event: content_block_start\rdata: " + BLOCK_START + b"\r\r",
            b"event: content_block_delta\rdata: " + HELLO + b"\r\r",
        ),
        Part.START_UNNAMED: (
            b"data: " + MESSAGE_START + b"\n\n",
            b"data: " + BLOCK_START + b"\n\n",
            b"data: " + HELLO + b"\n\n",
        ),
        Part.REST: (
            b"event: content_block_delta\ndata: " + WORLD + b"\n\n",
            b"event: content_block_stop\ndata: " + BLOCK_STOP + b"\n\n",
            b"event: message_delta\ndata: " + MESSAGE_DELTA + b"\n\n",
            b"event: message_stop\ndata: " + MESSAGE_STOP + b"\n\n",
        ),
    },
    Dialect.COMPLETIONS: {
        Part.START: (b"event: completion\ndata: " + FIRST_COMPLETION + b"\n\n",),
        Part.START_CRLF: (b"event: completion\r\ndata: " + FIRST_COMPLETION + b"\r\n\r\n",),
        Part.START_CR: (b"event: completion\rdata: " + FIRST_COMPLETION + b"\r\r",),
        Part.START_UNNAMED: (b"data: " + FIRST_COMPLETION + b"\n\n",),
        Part.REST: (
            b"event: completion\ndata: " + NEXT_COMPLETION + b"\n\n",
            b"event: completion\ndata: " + LAST_COMPLETION + b"\n\n",
        ),
    },
    Dialect.LEGACY: {
        Part.START: (b"data: " + FIRST_COMPLETION + b"\r\n\r\n",),
        Part.START_CRLF: (b"data: " + FIRST_COMPLETION + b"\r\n\r\n",),
        Part.START_CR: (b"data: " + FIRST_COMPLETION + b"\r\r",),
        Part.START_UNNAMED: (b"data: " + FIRST_COMPLETION + b"\r\n\r\n",),
        Part.REST: (b"data: " + WHOLE_COMPLETION + b"\r\n\r\n", b"data: [DONE]\r\n\r\n"),
    },
    Dialect.BEDROCK: {
        Part.START: (chunk_frame(MESSAGE_START), chunk_frame(BLOCK_START), chunk_frame(HELLO)),
        Part.REST: (CHUNK_FRAME, chunk_frame(BLOCK_STOP), chunk_frame(MESSAGE_DELTA), chunk_frame(MESSAGE_STOP)),
    },
}
"""The events of each part, before any framing."""

ERRORS: Final = {
    "invalid_request_error": (
        400,
        b'{"type": "error", "error": {"type": "invalid_request_error", "message": "Invalid request"}}',
    ),
    "authentication_error": (
        401,
        b'{"type": "error", "error": {"type": "authentication_error", "message": "Invalid API key"}}',
    ),
    "billing_error": (402, b'{"type": "error", "error": {"type": "billing_error", "message": "Billing problem"}}'),
    "permission_error": (
        403,
        b'{"type": "error", "error": {"type": "permission_error", "message": "Permission denied"}}',
    ),
    "not_found_error": (404, b'{"type": "error", "error": {"type": "not_found_error", "message": "Not found"}}'),
    "conflict_error": (409, b'{"type": "error", "error": {"type": "conflict_error", "message": "Conflict"}}'),
    "request_too_large": (
        413,
        b'{"type": "error", "error": {"type": "request_too_large", "message": "Request too large"}}',
    ),
    "rate_limit_error": (429, b'{"type": "error", "error": {"type": "rate_limit_error", "message": "Rate limited"}}'),
    "api_error": (500, b'{"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}'),
    "timeout_error": (504, b'{"type": "error", "error": {"type": "timeout_error", "message": "Request timed out"}}'),
    "overloaded_error": (529, b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'),
}
"""Each documented type, its status, and the API's error object for it."""

NEW: Final = b'{"type": "error", "error": {"type": "unheard_of_error", "message": "Something new"}}'
"""The error object of an undocumented type."""

OVERLOADED: Final = b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
OVERLOADED_EVENT: Final = b"event: error\ndata: " + OVERLOADED + b"\n\n"

SPEND_CAP: Final = (
    b'{"type": "error", "error": {"type": "rate_limit_error", "message": "Rate limited", '
    b'"details": {"error_code": "enforced_spend_limit_reached"}}}'
)

OPEN_TOOL: Final = (
    b"event: content_block_stop\n"
    b'data: {"type": "content_block_stop", "index": 0}\n'
    b"\n"
    b"event: content_block_start\n"
    b'data: {"type": "content_block_start", "index": 1, "content_block": '
    b'{"type": "tool_use", "id": "toolu_midstream", "name": "get_weather", "input": {}}}\n'
    b"\n"
    b"event: content_block_delta\n"
    b'data: {"type": "content_block_delta", "index": 1, "delta": '
    b'{"type": "input_json_delta", "partial_json": "{\\"city\\": \\"Par"}}\n'
    b"\n"
)
OPEN_THINKING: Final = (
    b"event: message_start\ndata: " + MESSAGE_START + b"\n\n"
    b"event: content_block_start\n"
    b'data: {"type": "content_block_start", "index": 0, "content_block": '
    b'{"type": "thinking", "thinking": "", "signature": ""}}\n'
    b"\n"
    b"event: content_block_delta\n"
    b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}}\n'
    b"\n"
)
TOOL_OF_NO_JSON: Final = (
    b"event: message_start\ndata: " + MESSAGE_START + b"\n\n"
    b"event: content_block_start\n"
    b'data: {"type": "content_block_start", "index": 0, "content_block": '
    b'{"type": "tool_use", "id": "toolu_midstream", "name": "get_weather", "input": {}}}\n'
    b"\n"
    b"event: content_block_delta\n"
    b'data: {"type": "content_block_delta", "index": 0, "delta": '
    b'{"type": "input_json_delta", "partial_json": "{\\"city\\": Paris]"}}\n'
    b"\n"
    b"event: content_block_stop\n"
    b'data: {"type": "content_block_stop", "index": 0}\n'
    b"\n"
)
TOOL_REASON: Final = (
    b"event: message_delta\n"
    b'data: {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, '
    b'"usage": {"output_tokens": 2}}\n'
    b"\n"
    b"event: message_stop\n"
    b'data: {"type": "message_stop"}\n'
    b"\n"
)


def chunk(data: bytes) -> bytes:
    """Frame one chunk as section 7.1 of RFC 9112 does."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def response(status: int, content_type: bytes, body: bytes, more: bytes = b"") -> bytes:
    """Write a whole plain response; `more` are header lines."""
    head = b"HTTP/1.1 %d \r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (status, content_type, len(body))
    return head + b"Request-Id: req_midstream\r\n" + more + b"\r\n" + body


def _error_event(data: bytes) -> tuple[Piece | Part, ...]:
    """Write a stream of some text and one event named error."""
    return (HEAD, START, chunk(b"event: error\ndata: " + data + b"\n\n"), LAST_CHUNK, KEEP_ALIVE)


def _complete_stream(start: bytes, delta: bytes) -> tuple[Piece | Part, ...]:
    """Write a whole stream with another beginning and another end, in three chunks."""
    return (
        HEAD,
        chunk(b"event: message_start\ndata: " + start + b"\n\n"),
        chunk(
            b"event: content_block_start\ndata: " + BLOCK_START + b"\n\n"
            b"event: content_block_delta\ndata: " + HELLO + b"\n\n"
            b"event: content_block_delta\ndata: " + WORLD + b"\n\n"
            b"event: content_block_stop\ndata: " + BLOCK_STOP + b"\n\n"
        ),
        chunk(b"event: message_delta\ndata: " + delta + b"\n\nevent: message_stop\ndata: " + MESSAGE_STOP + b"\n\n"),
        LAST_CHUNK,
        KEEP_ALIVE,
    )


_TYPES = {**{kind: body for kind, (_, body) in ERRORS.items()}, "unheard_of_error": NEW}

_SCRIPTS: Final[dict[str, tuple[Piece | Part, ...]]] = {
    # control
    "clean": (HEAD, START, REST, LAST_CHUNK, KEEP_ALIVE),
    **{
        f"http-{kind}": (response(status, b"application/json", body), KEEP_ALIVE)
        for kind, (status, body) in ERRORS.items()
    },
    "http-spend-cap": (response(429, b"application/json", SPEND_CAP), KEEP_ALIVE),
    # error event
    **{f"mid-{kind}": _error_event(body) for kind, body in _TYPES.items()},
    **{
        f"first-{kind}": (HEAD, chunk(b"event: error\ndata: " + body + b"\n\n"), LAST_CHUNK, KEEP_ALIVE)
        for kind, body in _TYPES.items()
    },
    "tool-block": (HEAD, START, chunk(OPEN_TOOL), chunk(OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    "thinking-block": (HEAD, chunk(OPEN_THINKING), chunk(OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    "after-delta": (HEAD, START, chunk(TEXT_AND_REASON), chunk(OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    "after-stop": (HEAD, START, REST, chunk(OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    "spend-cap": _error_event(SPEND_CAP),
    "details-null": _error_event(
        b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded", "details": null}}'
    ),
    "trailing-space": _error_event(
        b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}              '
    ),
    "request-id": _error_event(
        b'{"type": "error", "error": {"details": null, "type": "overloaded_error", "message": "Overloaded"}, '
        b'"request_id": "req_of_the_event"}'
    ),
    "error-held": (HEAD, START, chunk(OVERLOADED_EVENT), HOLD),
    # error payload
    "text": _error_event(b"upstream connect error or disconnect/reset before headers"),
    "empty": _error_event(b""),
    "bad-json": _error_event(b'{"type": "error", "error": {"type": "overloaded_er'),
    "flat": _error_event(b'{"type": "overloaded_error", "message": "Overloaded"}'),
    "html": _error_event(
        b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    ),
    "extra-fields": _error_event(
        b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded", '
        b'"hint": {"wait": [1, 2.5, null]}}, "region": "somewhere"}'
    ),
    "null-error": _error_event(b'{"type": "error", "error": null}'),
    "no-type": _error_event(b'{"message": "Too many tokens, please wait before trying again."}'),
    "huge": _error_event(
        b'{"type": "error", "error": {"type": "overloaded_error", "message": "' + b"x" * 262_144 + b'"}}'
    ),
    # framing
    "data-only": (HEAD, START, chunk(b"data: " + OVERLOADED + b"\n\n"), LAST_CHUNK, KEEP_ALIVE),
    "no-event-names": (HEAD, Part.START_UNNAMED, chunk(b"data: " + OVERLOADED + b"\n\n"), LAST_CHUNK, KEEP_ALIVE),
    "multi-line": (
        HEAD,
        START,
        chunk(
            b"event: error\n"
            b'data: {"type": "error",\n'
            b'data: "error": {"type": "overloaded_error", "message": "Overloaded"}}\n'
            b"\n"
        ),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "crlf": (
        HEAD,
        Part.START_CRLF,
        chunk(b"event: error\r\ndata: " + OVERLOADED + b"\r\n\r\n"),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "cr": (HEAD, Part.START_CR, chunk(b"event: error\rdata: " + OVERLOADED + b"\r\r"), LAST_CHUNK, KEEP_ALIVE),
    "split-crlf": (
        HEAD,
        Part.START_CRLF,
        chunk(b"event: error\r"),
        DRAIN,
        0.02,
        chunk(b"\ndata: " + OVERLOADED + b"\r\n\r"),
        DRAIN,
        0.02,
        chunk(b"\n"),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "bom": (HEAD, chunk(b"\xef\xbb\xbf"), START, chunk(OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    "retry-field": (
        HEAD,
        START,
        chunk(b"event: error\nretry: 3000\ndata: " + OVERLOADED + b"\n\n"),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "id-field": (HEAD, START, chunk(b"event: error\nid: 7\ndata: " + OVERLOADED + b"\n\n"), LAST_CHUNK, KEEP_ALIVE),
    "comment": (
        HEAD,
        START,
        chunk(b": keep-alive\n\nevent: error\n: PROCESSING\ndata: " + OVERLOADED + b"\n\n"),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "no-space": (HEAD, START, chunk(b"event:error\ndata:" + OVERLOADED + b"\n\n"), LAST_CHUNK, KEEP_ALIVE),
    "byte-at-a-time": (HEAD, START, *(b"1\r\n%c\r\n" % byte for byte in OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    "split-utf8": (
        HEAD,
        START,
        chunk(b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "\xc3'),
        DRAIN,
        0.02,
        chunk(b'\x9cberlastet"}}\n\n'),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "line-separator": _error_event(
        b'{"type": "error", "error": {"type": "overloaded_error", "message": "Over\xe2\x80\xa8loaded"}}'
    ),
    "no-final-blank": (HEAD, START, chunk(b"event: error\ndata: " + OVERLOADED + b"\n"), LAST_CHUNK, KEEP_ALIVE),
    "empty-named-event": (HEAD, START, chunk(b"event: content_block_delta\n\n"), REST, LAST_CHUNK, KEEP_ALIVE),
    "unknown-event": (
        HEAD,
        START,
        chunk(b'event: something_new\ndata: {"type": "something_new"}\n\n'),
        REST,
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "ping": (HEAD, START, chunk(b'event: ping\ndata: {"type": "ping"}\n\n'), REST, LAST_CHUNK, KEEP_ALIVE),
    "done-data": (HEAD, START, REST, chunk(b"data: [DONE]\n\n"), LAST_CHUNK, KEEP_ALIVE),
    "done-event": (HEAD, START, REST, chunk(b"event: done\ndata: [DONE]\n\n"), LAST_CHUNK, KEEP_ALIVE),
    # truncation
    "eof-mid": (HEAD, START, LAST_CHUNK, KEEP_ALIVE),
    "eof-after-delta": (HEAD, START, chunk(TEXT_AND_REASON), LAST_CHUNK, KEEP_ALIVE),
    "eof-before-anything": (HEAD, LAST_CHUNK, KEEP_ALIVE),
    "eof-in-tool": (HEAD, START, chunk(OPEN_TOOL), LAST_CHUNK, KEEP_ALIVE),
    # transport
    "reset": (HEAD, START, DRAIN, 0.02, RST),
    "reset-before-anything": (HEAD, DRAIN, 0.02, RST),
    "no-last-chunk": (HEAD, START, FIN),
    "cut-chunk": (HEAD, START, DRAIN, 0.02, b"40\r\nevent: content_block_delta\n", FIN),
    "bad-chunk-size": (HEAD, START, DRAIN, 0.02, b"zz\r\n", FIN),
    "short-content-length": (HEAD_LONG, Part.START_UNCHUNKED, FIN),
    "bad-gzip": (HEAD_GZIP, b"10\r\nthis is no gzip\n\r\n", LAST_CHUNK, KEEP_ALIVE),
    "stall": (HEAD, START, HOLD),
    "slow-drip": (
        HEAD,
        START,
        b"1\r\n:\r\n",
        0.1,
        b"1\r\n \r\n",
        0.1,
        b"1\r\nd\r\n",
        0.1,
        b"1\r\nr\r\n",
        0.1,
        b"1\r\ni\r\n",
        0.1,
        b"1\r\np\r\n",
        0.1,
        b"1\r\n.\r\n",
        0.1,
        FIN,
    ),
    "close-after-head": (HEAD, FIN),
    "closed-between-calls": (HEAD, START, REST, LAST_CHUNK, KEEP_ALIVE),
    # protocol
    "html-200": (
        response(200, b"text/html; charset=utf-8", b"<html><body><h1>Sign in</h1></body></html>"),
        KEEP_ALIVE,
    ),
    "json-error-200": (response(200, b"application/json", OVERLOADED), KEEP_ALIVE),
    "empty-200": (response(200, b"text/event-stream", b""), KEEP_ALIVE),
    "bad-utf8": (
        HEAD,
        START,
        chunk(
            b"event: content_block_delta\n"
            b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "\xff\xfe"}}\n'
            b"\n"
        ),
        REST,
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "bad-json-delta": (
        HEAD,
        START,
        chunk(b'event: content_block_delta\ndata: {"type": "content_block_delta", "ind\n\n'),
        REST,
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "bad-tool-json": (HEAD, chunk(TOOL_OF_NO_JSON), chunk(TOOL_REASON), LAST_CHUNK, KEEP_ALIVE),
    "block-before-start": (
        HEAD,
        chunk(
            b"event: content_block_start\ndata: " + BLOCK_START + b"\n\n"
            b"event: content_block_delta\ndata: " + HELLO + b"\n\n"
            b"event: message_start\ndata: " + MESSAGE_START + b"\n\n"
        ),
        chunk(TEXT_AND_REASON),
        chunk(b"event: message_stop\ndata: " + MESSAGE_STOP + b"\n\n"),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "duplicate-start": (
        HEAD,
        START,
        chunk(b"event: message_start\ndata: " + MESSAGE_START + b"\n\n"),
        REST,
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "delta-without-start": (
        HEAD,
        chunk(b"event: message_start\ndata: " + MESSAGE_START + b"\n\n"),
        chunk(b"event: content_block_delta\ndata: " + HELLO + b"\n\n"),
        REST,
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "index-out-of-range": (
        HEAD,
        START,
        chunk(
            b"event: content_block_stop\n"
            b'data: {"type": "content_block_stop", "index": 0}\n'
            b"\n"
            b"event: content_block_start\n"
            b'data: {"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": ""}}\n'
            b"\n"
            b"event: content_block_delta\n"
            b'data: {"type": "content_block_delta", "index": 2, "delta": {"type": "text_delta", "text": " world"}}\n'
            b"\n"
            b"event: content_block_stop\n"
            b'data: {"type": "content_block_stop", "index": 2}\n'
            b"\n"
        ),
        chunk(
            b"event: message_delta\ndata: " + MESSAGE_DELTA + b"\n\n"
            b"event: message_stop\ndata: " + MESSAGE_STOP + b"\n\n"
        ),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "json-array-200": (
        response(
            200,
            b"application/json",
            b'[{"error": {"code": 503, "message": "The service is unavailable.", "status": "UNAVAILABLE"}}]',
        ),
        KEEP_ALIVE,
    ),
    # gateway
    "pings-only": (
        HEAD,
        chunk(b"event: message_start\ndata: " + MESSAGE_START + b"\n\n"),
        *(0.1, chunk(b'event: ping\ndata: {"type": "ping"}\n\n')) * 8,
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "null-usage": _complete_stream(START_OF_NULL_USAGE, DELTA_OF_NULL_USAGE),
    "null-content": _complete_stream(START_OF_NULL_CONTENT, MESSAGE_DELTA),
    "no-content": _complete_stream(START_OF_NO_CONTENT, MESSAGE_DELTA),
    "openai-error": (
        HEAD,
        START,
        chunk(b'data: {"error": {"message": "Stream error: connection closed", "type": "stream_error"}}\n\n'),
        LAST_CHUNK,
        KEEP_ALIVE,
    ),
    "error-then-done": (HEAD, START, chunk(OVERLOADED_EVENT), chunk(b"data: [DONE]\n\n"), LAST_CHUNK, KEEP_ALIVE),
    "error-after-pause-turn": (HEAD, START, chunk(PAUSED), chunk(OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    # retry
    "http-529-then-ok": (
        response(529, b"application/json", OVERLOADED, b"Retry-After-Ms: 10\r\n"),
        KEEP_ALIVE,
    ),
    "mid-then-ok": (HEAD, START, chunk(OVERLOADED_EVENT), LAST_CHUNK, KEEP_ALIVE),
    "reset-then-ok": (HEAD, START, DRAIN, 0.02, RST),
    "http-529-retry-after": (response(529, b"application/json", OVERLOADED, b"Retry-After: 1\r\n"), KEEP_ALIVE),
    "http-529-no-retry": (response(529, b"application/json", OVERLOADED, b"X-Should-Retry: false\r\n"), KEEP_ALIVE),
}

_EXCEPTIONS: Final = {
    "validation-exception": (b"validationException", b'{"message": "Malformed input"}'),
    "model-timeout-exception": (b"modelTimeoutException", b'{"message": "Took too long"}'),
    "model-stream-error-exception": (b"modelStreamErrorException", b'{"message": "The model broke off"}'),
    "throttling-exception": (b"throttlingException", b'{"message": "Too many requests, please wait."}'),
    "internal-server-exception": (b"internalServerException", b'{"message": "Something went wrong"}'),
    "service-unavailable-exception": (b"serviceUnavailableException", b'{"message": "Not available"}'),
    "unheard-of-exception": (b"unheardOfException", b'{"message": "Something new"}'),
}
"""The exceptions of Bedrock: part of an id, type, and payload."""


def _http_exception(status: int, name: bytes, id_: str) -> tuple[Piece | Part, ...]:
    """Write an exception of Bedrock as a plain response."""
    more = b"x-amzn-ErrorType: " + name + b"\r\n"
    return (response(status, b"application/json", _EXCEPTIONS[id_][1], more), KEEP_ALIVE)


def _after_text(*pieces: Piece | Part) -> tuple[Piece | Part, ...]:
    """Write a stream of some text, then these pieces, and a legal end."""
    return (HEAD, START, *pieces, LAST_CHUNK, KEEP_ALIVE)


_FRAMED_SCRIPTS: Final[dict[str, tuple[Piece | Part, ...]]] = {
    "http-validation-exception": _http_exception(400, b"ValidationException", "validation-exception"),
    "http-model-timeout-exception": _http_exception(408, b"ModelTimeoutException", "model-timeout-exception"),
    "http-model-stream-error-exception": _http_exception(
        424, b"ModelStreamErrorException", "model-stream-error-exception"
    ),
    "http-throttling-exception": _http_exception(429, b"ThrottlingException", "throttling-exception"),
    "http-internal-server-exception": _http_exception(500, b"InternalServerException", "internal-server-exception"),
    "http-service-unavailable-exception": _http_exception(
        503, b"ServiceUnavailableException", "service-unavailable-exception"
    ),
    **{f"mid-{id_}": _after_text(chunk(exception_frame(*exception))) for id_, exception in _EXCEPTIONS.items()},
    **{
        f"first-{id_}": (HEAD, chunk(exception_frame(*exception)), LAST_CHUNK, KEEP_ALIVE)
        for id_, exception in _EXCEPTIONS.items()
    },
    "split-frame": _after_text(chunk(EXCEPTION_FRAME[:20]), DRAIN, 0.02, chunk(EXCEPTION_FRAME[20:])),
    "no-exception-message": _after_text(chunk(exception_frame(b"throttlingException", b"{}"))),
    "exception-after-stop": _after_text(REST, chunk(EXCEPTION_FRAME)),
    "error-frame": _after_text(chunk(ERROR_FRAME)),
    "unknown-frame": _after_text(chunk(event_frame(b"somethingNew", b"{}")), REST),
    "half-frame": _after_text(chunk(CHUNK_FRAME[:60])),
    "bad-frame-checksum": _after_text(chunk(CHUNK_FRAME_WITH_A_WRONG_CHECKSUM), REST),
    "bad-prelude-checksum": _after_text(chunk(CHUNK_FRAME_WITH_WRONG_LENGTHS), REST),
}
"""The scenarios that exist in the AWS event stream of Bedrock alone."""

SCRIPTED: Final = (*_SCRIPTS, *_FRAMED_SCRIPTS)
"""The ids of all scripts."""

FRAMED: Final = tuple(_FRAMED_SCRIPTS)
"""The ids of the scripts that exist in the AWS event stream of Bedrock alone."""

THEN_OK: Final = ("http-529-then-ok", "mid-then-ok", "reset-then-ok", "http-529-retry-after", "http-529-no-retry")
"""The scenarios that answer every second request of a call as `clean` does."""

THEN_CLOSED: Final = "closed-between-calls"
"""The scenario that answers every first request as `clean` does, and closes the connection of every second one."""


def script(id_: str, dialect: Dialect = Dialect.MESSAGES, attempt: int = 0) -> list[Piece]:
    """List what happens on the connection when a scenario is played, piece by piece; the last piece is the end.

    `attempt` counts the requests of one call, from 0.
    """
    if id_ in THEN_OK and attempt % 2:
        return script("clean", dialect)
    if id_ == THEN_CLOSED and attempt % 2:
        return [FIN]
    is_framed = dialect is Dialect.BEDROCK
    pieces: list[Piece] = []
    for piece in (_SCRIPTS | _FRAMED_SCRIPTS if is_framed else _SCRIPTS)[id_]:
        if not isinstance(piece, Part):
            pieces.append(framed(piece) if is_framed and isinstance(piece, bytes) else piece)
        elif piece is Part.START_UNCHUNKED:
            pieces += EVENTS[dialect][Part.START]
        else:
            pieces += [chunk(event) for event in EVENTS[dialect][piece]]
    return pieces


_EVENT: Final = rb"event: [^\n]+\ndata: ([^\n]*)\n\n"


def framed(piece: bytes) -> bytes:
    """Write a piece of a script as Bedrock sends it: other headers, and a frame for each event."""
    if piece.startswith(b"HTTP/1.1 "):
        head, _, body = piece.partition(b"\r\n\r\n")
        head = head.replace(b"text/event-stream; charset=utf-8", b"application/vnd.amazon.eventstream")
        return head.replace(b"\r\nRequest-Id: ", b"\r\nx-amzn-RequestId: ") + b"\r\n\r\n" + body
    if re.fullmatch(rb"[0-9a-f]+\r\n(?:" + _EVENT + rb")+\r\n", piece):
        return chunk(b"".join(map(chunk_frame, re.findall(_EVENT, piece))))
    return piece


def sent_bytes(pieces: list[Piece]) -> bytes:
    """Join all bytes of a script."""
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


def ending(pieces: list[Piece]) -> Ending:
    """Return the end of a script."""
    last = pieces[-1]
    assert isinstance(last, Ending)
    return last
