"""Steps compile to bytes, without a socket: exact bytes where we choose them, legal bytes where a standard decides."""

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Final, assert_never

import h11
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.catalogue.dialect import (
    FRAMED,
    JSON_LINES,
    OF_ANTHROPIC,
    OF_GEMINI,
    OF_MESSAGES,
    OF_OLLAMA,
    OF_OPENAI,
    REQUEST_ID,
    SERVER_SENT,
    Dialect,
)
from matrix.catalogue.scenarios import PLAYABLE
from matrix.catalogue.steps import (
    AnyStep,
    Barrier,
    Body,
    Close,
    Event,
    Finish,
    Frame,
    Head,
    Hold,
    Lines,
    Pause,
    Prelude,
    Raw,
    Reset,
    Respond,
    Rest,
    Together,
    dialects_of,
)
from matrix.catalogue.wire import (
    AnyAction,
    Drain,
    End,
    Send,
    Wait,
    compile_scenario,
    compile_steps,
    plain_response,
)
from tests.support import event_stream, frame_reader
from tests.support.frame_bytes import CHUNK_FRAME, EXCEPTION_FRAME, chunk_frame
from tests.support.wire_bytes import (
    DRAIN,
    ERRORS,
    EVENTS,
    FIN,
    FIRST_COMPLETION,
    HEAD,
    HEAD_GZIP,
    HEAD_LONG,
    HOLD,
    KEEP_ALIVE,
    LAST_CHUNK,
    LAST_COMPLETION,
    NEXT_COMPLETION,
    RST,
    SCRIPTED,
    THEN_CLOSED,
    THEN_OK,
    WHOLE_COMPLETION,
    Part,
    Piece,
    chunk,
    ending,
    response,
    script,
    sent_bytes,
)

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Hypothesis without a deadline: the machine may be busy with a sweep."""

STEPS: tuple[AnyStep, ...] = (
    Respond(500, "{}"),
    Head(),
    Head(length=4),
    Head(encoding="gzip"),
    Prelude(),
    Prelude(line_end="\r\n", named=False),
    Rest(),
    Event("error", "{}"),
    Together((Event("ping", "{}"), Event("error", "{}"))),
    Lines(b"data: "),
    Frame(((":event-type", "chunk"),), "{}"),
    Frame(((":event-type", "chunk"),), "{}", first=3, end=9, bad_prelude=True, bad_message=True),
    Body(b"four"),
    Raw(b"zz\r\n"),
    Pause(0.5),
    Barrier(),
    Finish(),
    Close(),
    Reset(),
    Hold(),
)
"""Each kind of step, and each shape of a kind that has several."""

STARTS: Final = {
    Dialect.MESSAGES: ["message_start", "content_block_start", "content_block_delta"],
    Dialect.COMPLETIONS: ["completion"],
    Dialect.LEGACY: ["message"],
}
"""The types of the events up to the first text; an event without a name is a message."""

RESTS: Final = {
    Dialect.MESSAGES: ["content_block_delta", "content_block_stop", "message_delta", "message_stop"],
    Dialect.COMPLETIONS: ["completion", "completion"],
    Dialect.LEGACY: ["message", "message"],
}

each_dialect = pytest.mark.parametrize("dialect", sorted(OF_ANTHROPIC))
each_server_sent_dialect = pytest.mark.parametrize("dialect", [each for each in Dialect if each in SERVER_SENT])


def ids_in(dialect: Dialect) -> list[str]:
    """List the scenarios that exist in a dialect."""
    return [id_ for id_, scenario in PLAYABLE.items() if dialect in scenario.dialects]


def pieces(actions: Sequence[AnyAction]) -> list[Piece]:
    """Write actions as the pieces of a script."""
    script_pieces: list[Piece] = []
    for action in actions:
        match action:
            case Send(data):
                script_pieces.append(data)
            case Wait(seconds):
                script_pieces.append(seconds)
            case Drain():
                script_pieces.append(action)
            case End(how):
                script_pieces.append(how)
            case _:
                assert_never(action)
    return script_pieces


def compiled(*steps: AnyStep, dialect: Dialect = Dialect.MESSAGES) -> list[Piece]:
    """Compile steps to the pieces of a script."""
    return pieces(compile_steps(steps, dialect))


def is_refused(*steps: AnyStep) -> bool:
    """Tell whether the compiler refuses these steps."""
    try:
        compile_steps(steps, Dialect.MESSAGES)
    except h11.LocalProtocolError:
        return True
    return False


def parsed_back(data: bytes, *, closed: bool) -> tuple[h11.Response, bytes, bool]:
    """Parse `data` as an HTTP client does: return the head, the body, and whether the response is complete."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "midstream")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    if closed:
        client.receive_data(b"")
    head = client.next_event()
    assert isinstance(head, h11.Response)
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += bytes(event.data)
    return head, body, isinstance(event, h11.EndOfMessage)


def events_of(id_: str, dialect: Dialect) -> list[tuple[str, object]]:
    """List the events of a scenario: the type and the data of each, decoded if the data is JSON."""
    _, body, _ = parsed_back(sent_bytes(pieces(compile_scenario(PLAYABLE[id_], dialect))), closed=False)
    return [(kind, decoded(data)) for kind, data in event_stream.read(body)]


def decoded(data: bytes | str) -> object:
    """Decode JSON, and return any other text unchanged."""
    try:
        return json.loads(data)
    except ValueError:
        return data if isinstance(data, str) else data.decode()


def start_of(dialect: Dialect, *, named: bool = True) -> list[tuple[str, object]]:
    """List the events up to the first text, with their data decoded."""
    payloads = {
        Dialect.MESSAGES: [
            {
                "type": "message_start",
                "message": {
                    "id": "msg_midstream",
                    "type": "message",
                    "role": "assistant",
                    "model": "midstream",
                    "content": [],
                    "stop_reason": None,
                    "stop_sequence": None,
                    "usage": {"input_tokens": 1, "output_tokens": 1},
                },
            },
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        ],
        Dialect.COMPLETIONS: [decoded(FIRST_COMPLETION)],
        Dialect.LEGACY: [decoded(FIRST_COMPLETION)],
    }[dialect]
    return list(zip(STARTS[dialect] if named else ["message"] * len(payloads), payloads, strict=True))


def rest_of(dialect: Dialect) -> list[tuple[str, object]]:
    """List the events that complete a stream, with their data decoded."""
    payloads = {
        Dialect.MESSAGES: [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}},
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": 2},
            },
            {"type": "message_stop"},
        ],
        Dialect.COMPLETIONS: [decoded(NEXT_COMPLETION), decoded(LAST_COMPLETION)],
        Dialect.LEGACY: [decoded(WHOLE_COMPLETION), "[DONE]"],
    }[dialect]
    return list(zip(RESTS[dialect], payloads, strict=True))


# Scripts of scenarios


def test_every_playable_scenario_has_a_script() -> None:
    """The bytes of a new scenario are also written by hand, in `tests/support/wire_bytes.py`."""
    assert set(SCRIPTED) == set(PLAYABLE)


@each_dialect
def test_every_scenario_compiles_to_exactly_its_script(dialect: Dialect) -> None:
    """A script has each write, wait and drain, and the end, so that a change of one byte fails here."""
    compiled_to = {id_: pieces(compile_scenario(PLAYABLE[id_], dialect)) for id_ in ids_in(dialect)}
    assert {id_: script(id_, dialect) for id_ in compiled_to} == compiled_to


@each_dialect
@pytest.mark.parametrize("id_", THEN_OK)
@pytest.mark.parametrize("attempt", range(4))
def test_every_second_attempt_of_a_retry_scenario_compiles_to_a_complete_stream(
    id_: str, dialect: Dialect, attempt: int
) -> None:
    """The third attempt is the first again."""
    expected = script("clean" if attempt in (1, 3) else id_, dialect)
    assert expected == pieces(compile_scenario(PLAYABLE[id_], dialect, attempt))


@each_dialect
def test_every_second_call_finds_its_connection_closed(dialect: Dialect) -> None:
    """No byte is sent, and the call after it is answered."""
    compiled = [pieces(compile_scenario(PLAYABLE[THEN_CLOSED], dialect, attempt)) for attempt in range(3)]
    assert [script("clean", dialect), [FIN], script("clean", dialect)] == compiled


def test_all_attempts_of_any_other_scenario_compile_to_the_same_bytes() -> None:
    """The number of the attempt changes nothing."""
    others = [
        (scenario, dialect)
        for dialect in Dialect
        for id_ in ids_in(dialect)
        if id_ not in (*THEN_OK, THEN_CLOSED)
        for scenario in [PLAYABLE[id_]]
    ]
    first, second, third = (
        {(scenario.id, dialect): compile_scenario(scenario, dialect, attempt) for scenario, dialect in others}
        for attempt in range(3)
    )
    assert first == second == third


# HTTP around scenarios

BROKEN: Final = {
    "no-last-chunk": "incomplete chunked read",
    "cut-chunk": "incomplete chunked read",
    "bad-chunk-size": "illegal chunk header",
    "short-content-length": r"received \d+ bytes, expected 100000",
    "slow-drip": "incomplete chunked read",
    "close-after-head": "incomplete chunked read",
}
"""The complaint of an HTTP client once the connection is closed, for each scenario that breaks HTTP."""

STATUSES: Final = {
    **{f"http-{kind}": status for kind, (status, _) in ERRORS.items()},
    "http-spend-cap": 429,
    **dict.fromkeys(("http-529-then-ok", "http-529-retry-after", "http-529-no-retry"), 529),
    "http-validation-exception": 400,
    "http-model-timeout-exception": 408,
    "http-model-stream-error-exception": 424,
    "http-throttling-exception": 429,
    "http-internal-server-exception": 500,
    "http-service-unavailable-exception": 503,
}
"""The status of every response that is no 200."""

UNFINISHED: Final = ("error-held", "reset", "reset-before-anything", "stall", "reset-then-ok")
"""The scenarios after whose last byte an HTTP client waits for more."""


@each_dialect
def test_the_http_response_is_legal_unless_the_scenario_breaks_http(dialect: Dialect) -> None:
    """An error inside a stream breaks the stream only: an HTTP client has nothing to complain about."""
    expected, read = {}, {}
    request_id = b"x-amzn-requestid" if dialect is Dialect.BEDROCK else b"request-id"
    for id_ in ids_in(dialect):
        data = sent_bytes(pieces(compile_scenario(PLAYABLE[id_], dialect)))
        if id_ in BROKEN:
            with pytest.raises(h11.RemoteProtocolError, match=BROKEN[id_]):
                parsed_back(data, closed=True)
        else:
            head, _, ended = parsed_back(data, closed=False)
            expected[id_] = (STATUSES.get(id_, 200), id_ not in UNFINISHED, REQUEST_ID.encode())
            read[id_] = (head.status_code, ended, dict(head.headers)[request_id])
    assert expected == read


@each_dialect
def test_a_connection_is_kept_alive_only_after_a_complete_response(dialect: Dialect) -> None:
    """A client may pool the connection of a failed stream; the next call must not fail because of it."""
    kept_alive = {
        id_ for id_ in ids_in(dialect) if ending(pieces(compile_scenario(PLAYABLE[id_], dialect))) is KEEP_ALIVE
    }
    assert {*ids_in(dialect)} - {*BROKEN, *UNFINISHED} == kept_alive


@pytest.mark.parametrize("id_", ["error-held", "stall", "slow-drip"])
def test_a_client_with_a_timeout_times_out_although_each_byte_is_in_time(id_: str) -> None:
    """Either no byte follows, or each byte is in time and all of them together are too late."""
    timeout = PLAYABLE[id_].timeout
    script_pieces = pieces(compile_scenario(PLAYABLE[id_], Dialect.MESSAGES))
    waits = [piece for piece in script_pieces if isinstance(piece, float)]
    assert timeout is not None
    if waits:
        assert max(waits) < timeout < sum(waits)
    else:
        assert ending(script_pieces) is HOLD


def test_the_body_of_bad_gzip_is_no_gzip() -> None:
    """A client that trusts the head fails on the body, before it can miss the last chunk."""
    head, body, _ = parsed_back(
        sent_bytes(pieces(compile_scenario(PLAYABLE["bad-gzip"], Dialect.MESSAGES))), closed=False
    )
    assert dict(head.headers)[b"content-encoding"] == b"gzip"
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(body)


# Events inside scenarios, by the standard of server-sent events


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10")], id="lines of data"),
        pytest.param(
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event",
            [("message", "first event"), ("message", "second event")],
            id="comment, ids, and an end that comes too early",
        ),
        pytest.param(b"data\n\ndata\ndata\n\ndata:", [("message", ""), ("message", "\n")], id="empty data"),
        pytest.param(b"data:test\n\ndata: test\n\n", [("message", "test")] * 2, id="one space after the colon or none"),
        pytest.param(
            b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
            [("add", "73857293"), ("remove", "2153")],
            id="names",
        ),
        pytest.param(
            b"\xef\xbb\xbfdata: a\r\rdata: b\r\n\r\ndata: c\n\n", [("message", c) for c in "abc"], id="line ends"
        ),
        pytest.param(b"event: dropped\n\ndata: x\n\n", [("message", "x")], id="a name without data"),
    ],
)
def test_the_event_reader_of_the_tests_reads_the_examples_of_the_standard(
    body: bytes, expected: list[tuple[str, str]]
) -> None:
    """The reader judges the catalogue, so it must be right itself."""
    assert expected == event_stream.read(body)


@pytest.mark.parametrize(
    ("id_", "kind", "message"),
    [
        ("data-only", "message", "Overloaded"),
        ("no-event-names", "message", "Overloaded"),
        ("multi-line", "error", "Overloaded"),
        ("crlf", "error", "Overloaded"),
        ("cr", "error", "Overloaded"),
        ("split-crlf", "error", "Overloaded"),
        ("bom", "error", "Overloaded"),
        ("retry-field", "error", "Overloaded"),
        ("id-field", "error", "Overloaded"),
        ("comment", "error", "Overloaded"),
        ("no-space", "error", "Overloaded"),
        ("byte-at-a-time", "error", "Overloaded"),
        ("split-utf8", "error", "Überlastet"),
        ("line-separator", "error", "Over\u2028loaded"),
    ],
)
@each_server_sent_dialect
def test_a_standard_reader_dispatches_the_error_in_every_legal_framing(
    id_: str, kind: str, message: str, dialect: Dialect
) -> None:
    """A client that misses the error is at fault; no event is lost or added."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": message}}
    named = id_ != "no-event-names"
    assert [*start_of(dialect, named=named), (kind, error)] == events_of(id_, dialect)


@each_server_sent_dialect
def test_a_standard_reader_drops_an_error_without_its_final_blank_line(dialect: Dialect) -> None:
    """This framing alone is not legal: only a client that does more than the standard asks reports the error."""
    assert start_of(dialect) == events_of("no-final-blank", dialect)


@pytest.mark.parametrize(
    ("id_", "inside", "after"),
    [
        pytest.param("clean", [], [], id="clean"),
        pytest.param("empty-named-event", [], [], id="empty-named-event"),
        pytest.param("unknown-event", [("something_new", {"type": "something_new"})], [], id="unknown-event"),
        pytest.param("ping", [("ping", {"type": "ping"})], [], id="ping"),
        pytest.param("done-data", [], [("message", "[DONE]")], id="done-data"),
        pytest.param("done-event", [], [("done", "[DONE]")], id="done-event"),
    ],
)
@each_server_sent_dialect
def test_a_stream_with_an_event_to_ignore_is_otherwise_complete(
    id_: str, inside: list[tuple[str, object]], after: list[tuple[str, object]], dialect: Dialect
) -> None:
    """A client that ignores unknown events reads the whole answer."""
    assert [*start_of(dialect), *inside, *rest_of(dialect), *after] == events_of(id_, dialect)


@pytest.mark.parametrize(
    "id_",
    ["text", "empty", "bad-json", "flat", "html", "extra-fields", "null-error", "no-type", "huge", "trailing-space"],
)
@each_server_sent_dialect
def test_a_payload_is_the_data_of_one_event_named_error(id_: str, dialect: Dialect) -> None:
    """No payload breaks the framing around it."""
    *start, (kind, _) = events_of(id_, dialect)
    assert (start_of(dialect), "error") == (start, kind)


# Steps


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(
            (Respond(529, '{"é": 1}'),),
            [
                (
                    b"HTTP/1.1 529 \r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
                    b'Request-Id: req_midstream\r\n\r\n{"\xc3\xa9": 1}'
                ),
                KEEP_ALIVE,
            ],
            id="respond",
        ),
        pytest.param(
            (Respond(200, "<p>", "text/html"),),
            [
                response(200, b"text/html", b"<p>"),
                KEEP_ALIVE,
            ],
            id="respond with a content type",
        ),
        pytest.param(
            (Respond(429, "", headers=(("Retry-After", "1"), ("X-Should-Retry", "true"))),),
            [
                response(429, b"application/json", b"", b"Retry-After: 1\r\nX-Should-Retry: true\r\n"),
                KEEP_ALIVE,
            ],
            id="respond with headers and no body",
        ),
        pytest.param((Head(),), [HEAD, FIN], id="head"),
        pytest.param((Head(length=100_000),), [HEAD_LONG, FIN], id="head with a length"),
        pytest.param((Head(encoding="gzip"),), [HEAD_GZIP, FIN], id="head with an encoding"),
        pytest.param(
            (Head(length=5, encoding="br"),),
            [HEAD_LONG.replace(b"100000\r\n", b"5\r\nContent-Encoding: br\r\n"), FIN],
            id="head with both",
        ),
        pytest.param(
            (Head(length=100_000), Body(b"abc"), Event("ping", "{}")),
            [HEAD_LONG, b"abc", b"event: ping\ndata: {}\n\n", FIN],
            id="no chunks where a length was promised",
        ),
        pytest.param((Head(), Event("ping", "{}")), [HEAD, b"16\r\nevent: ping\ndata: {}\n\n\r\n", FIN], id="event"),
        pytest.param((Head(), Event("", "{}")), [HEAD, b"a\r\ndata: {}\n\n\r\n", FIN], id="event without a name"),
        pytest.param(
            (Head(), Event("ping", "\udcff\udcfe")),
            [HEAD, b"16\r\nevent: ping\ndata: \xff\xfe\n\n\r\n", FIN],
            id="event with bytes that are no UTF-8",
        ),
        pytest.param(
            (Head(), Together((Event("ping", "{}"), Event("ping", "1")))),
            [HEAD, b"2b\r\nevent: ping\ndata: {}\n\nevent: ping\ndata: 1\n\n\r\n", FIN],
            id="events together",
        ),
        pytest.param((Head(), Lines(b"data: \xff")), [HEAD, b"7\r\ndata: \xff\r\n", FIN], id="lines"),
        pytest.param((Head(), Body(b"\xff\n")), [HEAD, b"2\r\n\xff\n\r\n", FIN], id="body"),
        pytest.param((Head(), Body(b"x" * 17)), [HEAD, b"11\r\n" + b"x" * 17 + b"\r\n", FIN], id="body of 17 bytes"),
        pytest.param((Head(), Raw(b"zz\r\n")), [HEAD, b"zz\r\n", FIN], id="raw in a stream"),
        pytest.param((Raw(b"SSH-2.0\r\n"),), [b"SSH-2.0\r\n", FIN], id="raw instead of a response"),
        pytest.param((Pause(0.25),), [0.25, FIN], id="pause"),
        pytest.param((Barrier(),), [DRAIN, FIN], id="barrier"),
        pytest.param((Head(), Finish()), [HEAD, LAST_CHUNK, KEEP_ALIVE], id="finish"),
        pytest.param((Head(), Close()), [HEAD, FIN], id="close"),
        pytest.param((Close(),), [FIN], id="close at once"),
        pytest.param((Head(), Reset()), [HEAD, RST], id="reset"),
        pytest.param((Reset(),), [RST], id="reset at once"),
        pytest.param((Head(), Hold()), [HEAD, HOLD], id="hold"),
        pytest.param((Hold(),), [HOLD], id="hold without a head"),
        pytest.param((), [FIN], id="no steps"),
    ],
)
def test_every_kind_of_step_compiles_to_exactly_its_pieces(steps: tuple[AnyStep, ...], expected: list[Piece]) -> None:
    """The dialect is that of messages."""
    assert expected == compiled(*steps)


FRAMED_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nCache-Control: no-cache\r\n"
    b"x-amzn-RequestId: req_midstream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
THROTTLED: Final = Frame(
    (
        (":exception-type", "throttlingException"),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ),
    '{"message": "Too many requests, please wait."}',
)
"""The frame that stands in `EXCEPTION_FRAME` as bytes."""

DELTA: Final = '{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}}'
"""The data of the event in `CHUNK_FRAME`."""


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        pytest.param(Event("content_block_delta", DELTA), CHUNK_FRAME, id="event"),
        pytest.param(Event("", "{}"), chunk_frame(b"{}"), id="event without a name"),
        pytest.param(Event("x", "\udcff\udcfe"), chunk_frame(b"\xff\xfe"), id="event with bytes that are no UTF-8"),
        pytest.param(
            Together((Event("x", "{}"), Event("content_block_delta", DELTA))),
            chunk_frame(b"{}") + CHUNK_FRAME,
            id="events together",
        ),
        pytest.param(THROTTLED, EXCEPTION_FRAME, id="frame"),
        pytest.param(msgspec.structs.replace(THROTTLED, end=20), EXCEPTION_FRAME[:20], id="beginning of a frame"),
        pytest.param(msgspec.structs.replace(THROTTLED, first=20), EXCEPTION_FRAME[20:], id="end of a frame"),
        pytest.param(msgspec.structs.replace(THROTTLED, first=3, end=5), EXCEPTION_FRAME[3:5], id="middle of a frame"),
        pytest.param(
            msgspec.structs.replace(THROTTLED, bad_message=True),
            EXCEPTION_FRAME[:-4] + b"\x8e\xa8\xb0\x50",
            id="frame with a wrong checksum",
        ),
        pytest.param(Body(b"no frame"), b"no frame", id="body"),
    ],
)
def test_a_step_of_a_bedrock_stream_compiles_to_one_chunk(step: AnyStep, expected: bytes) -> None:
    """An event is in a frame of its own, also where several come in one write."""
    assert [FRAMED_HEAD, chunk(expected), FIN] == compiled(Head(), step, dialect=Dialect.BEDROCK)


def test_a_plain_response_of_bedrock_names_its_request_as_aws_does() -> None:
    """The SDK reads the id of a request from this header."""
    expected = (
        b"HTTP/1.1 400 \r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        b"x-amzn-RequestId: req_midstream\r\nx-amzn-ErrorType: A\r\n\r\n{}"
    )
    step = Respond(400, "{}", headers=(("x-amzn-ErrorType", "A"),))
    assert [expected, KEEP_ALIVE] == compiled(step, dialect=Dialect.BEDROCK)


@pytest.mark.parametrize(
    ("steps", "dialects"),
    [
        pytest.param((), set(OF_ANTHROPIC), id="no steps"),
        pytest.param((Head(), Prelude(), Rest(), Finish()), set(OF_ANTHROPIC), id="ordinary events"),
        pytest.param((Respond(529, "{}"),), set(OF_ANTHROPIC), id="a plain response"),
        pytest.param((Head(), Body(b"x"), Raw(b"x"), Reset()), set(OF_ANTHROPIC), id="bytes of no dialect"),
        pytest.param((Event("error", "{}"),), set(OF_ANTHROPIC), id="an error"),
        pytest.param(
            (Event("ping", "{}"), Event("something_new", "{}")), set(OF_ANTHROPIC), id="events of every dialect"
        ),
        *(
            pytest.param((Event(name, "{}"),), {Dialect.MESSAGES, Dialect.BEDROCK}, id=name)
            for name in (
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message_stop",
            )
        ),
        pytest.param(
            (Together((Event("ping", "{}"), Event("message_stop", "{}"))),),
            {Dialect.MESSAGES, Dialect.BEDROCK},
            id="an event of a message among others",
        ),
        pytest.param((Lines(b"data: {}\n\n"),), {Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY}, id="lines"),
        pytest.param(
            (Prelude(line_end="\r"),), {Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY}, id="other line ends"
        ),
        pytest.param(
            (Prelude(named=False),), {Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY}, id="no event names"
        ),
        pytest.param((Event("message_stop", "{}"), Lines(b"\n")), {Dialect.MESSAGES}, id="lines in a message"),
        pytest.param((Prelude(), THROTTLED), {Dialect.BEDROCK}, id="a frame"),
        pytest.param((Event("message_stop", "{}"), THROTTLED), {Dialect.BEDROCK}, id="a frame in a message"),
        pytest.param((Lines(b"\n"), THROTTLED), set(), id="lines and a frame"),
    ],
)
def test_the_steps_decide_in_which_dialects_they_exist(steps: tuple[AnyStep, ...], dialects: set[Dialect]) -> None:
    """A framing of one dialect has no meaning in another."""
    assert dialects == dialects_of(steps)


def test_every_dialect_is_of_one_api_and_consists_of_events_frames_or_lines() -> None:
    """The groups of dialects cover all of them."""
    others = {Dialect.CONVERSATIONS, Dialect.COHERE}
    apis = (OF_ANTHROPIC, OF_OPENAI, OF_GEMINI, OF_OLLAMA, others)
    assert sorted(Dialect) == sorted(dialect for api in apis for dialect in api)
    assert OF_ANTHROPIC == SERVER_SENT | FRAMED
    assert set() == FRAMED & JSON_LINES
    assert set() == SERVER_SENT & FRAMED
    assert {Dialect.MESSAGES, Dialect.BEDROCK} == OF_MESSAGES


@pytest.mark.parametrize(
    ("step", "part"),
    [
        pytest.param(Prelude(), Part.START, id="prelude"),
        pytest.param(Prelude(line_end="\r\n"), Part.START_CRLF, id="prelude with CR LF"),
        pytest.param(Prelude(line_end="\r"), Part.START_CR, id="prelude with CR"),
        pytest.param(Prelude(named=False), Part.START_UNNAMED, id="prelude without names"),
        pytest.param(Rest(), Part.REST, id="rest"),
    ],
)
@each_dialect
def test_each_ordinary_event_of_the_dialect_is_a_chunk(step: AnyStep, part: Part, dialect: Dialect) -> None:
    """Each event is one write; other framings of a prelude exist in server-sent events alone."""
    assert (part in EVENTS[dialect]) == (dialect in dialects_of([step]))
    if part in EVENTS[dialect]:
        head = FRAMED_HEAD if dialect is Dialect.BEDROCK else HEAD
        assert [head, *map(chunk, EVENTS[dialect][part]), FIN] == compiled(Head(), step, dialect=dialect)


def test_a_prelude_may_have_other_line_ends_and_lack_names() -> None:
    """The oldest dialect has CR LF and no names, so its other line end is the line feed."""
    expected = chunk(b"data: " + FIRST_COMPLETION + b"\n\n")
    assert [HEAD, expected, FIN] == compiled(Head(), Prelude("\n", named=False), dialect=Dialect.LEGACY)
    assert [HEAD, expected, FIN] == compiled(Head(), Prelude("\n", named=False), dialect=Dialect.COMPLETIONS)


def test_ordinary_events_are_not_chunked_after_a_content_length() -> None:
    """Each event is still one write."""
    assert [HEAD_LONG, *EVENTS[Dialect.MESSAGES][Part.START], FIN] == compiled(Head(length=100_000), Prelude())


@pytest.mark.parametrize("count", [0, 2])
def test_a_stream_of_known_length_may_finish_after_its_last_byte(count: int) -> None:
    """The stream has no chunks, so no last chunk is sent."""
    script_pieces = compiled(Head(length=2 * count), *[Body(b"ab")] * count, Finish())
    assert (b"Content-Length: %d\r\n\r\n" % (2 * count) + b"ab" * count) == sent_bytes(script_pieces)[
        sent_bytes(script_pieces).index(b"Content-L") :
    ]
    assert b"" not in script_pieces  # the other end would not read an empty write
    assert ending(script_pieces) is KEEP_ALIVE


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((Event("error", "{}"),), id="event before head"),
        pytest.param((Prelude(),), id="prelude before head"),
        pytest.param((Rest(),), id="rest before head"),
        pytest.param((Body(b"x"),), id="body before head"),
        pytest.param((Together((Event("error", "{}"),)),), id="events before head"),
        pytest.param((Lines(b"x"),), id="lines before head"),
        pytest.param((THROTTLED,), id="frame before head"),
        pytest.param((Respond(500, "{}"), THROTTLED), id="frame after a response"),
        pytest.param((Head(), Finish(), Lines(b"x")), id="lines after finish"),
        pytest.param((Raw(b"x"), Body(b"x")), id="body after raw bytes alone"),
        pytest.param((Finish(),), id="finish before head"),
        pytest.param((Head(), Head()), id="head twice"),
        pytest.param((Head(), Respond(500, "{}")), id="response inside a stream"),
        pytest.param((Respond(500, "{}"), Respond(500, "{}")), id="response twice"),
        pytest.param((Respond(500, "{}"), Head()), id="stream after a response"),
        pytest.param((Respond(500, "{}"), Event("error", "{}")), id="event after a response"),
        pytest.param((Respond(500, "{}"), Finish()), id="finish after a response"),
        pytest.param((Head(), Finish(), Event("error", "{}")), id="event after finish"),
        pytest.param((Head(), Finish(), Finish()), id="finish twice"),
        pytest.param((Head(), Finish(), Head()), id="head after finish"),
        pytest.param((Head(length=3), Finish()), id="finish before the promised length"),
        pytest.param((Head(length=3), Body(b"ab"), Finish()), id="finish a byte before the promised length"),
        pytest.param((Head(length=3), Body(b"abcd")), id="a byte more than the promised length"),
        pytest.param((Head(length=3), Prelude()), id="more than the promised length"),
        pytest.param((Head(length=0), Body(b"x")), id="body where none was promised"),
        pytest.param((Head(length=-1),), id="a length that HTTP does not have"),
        pytest.param((Head(encoding="g\nzip"),), id="an encoding that no header can bear"),
        pytest.param((Respond(500, "{}", headers=(("a b", "c"),)),), id="a header name that HTTP does not have"),
        pytest.param((Respond(99, "{}"),), id="status that HTTP does not have"),
        pytest.param((Respond(204, "{}"),), id="body where HTTP has none"),
    ],
)
def test_steps_in_an_illegal_order_are_refused(steps: tuple[AnyStep, ...]) -> None:
    """A scenario that makes no response is our mistake; the compiler refuses it before the backend serves anything."""
    for dialect in Dialect:
        with pytest.raises(h11.LocalProtocolError):
            compile_steps(steps, dialect)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((Respond(500, "{}"),), id="a response"),
        pytest.param((Head(), Finish()), id="finish"),
        pytest.param((Head(), Close()), id="close"),
        pytest.param((Head(), Reset()), id="reset"),
        pytest.param((Head(), Hold()), id="hold"),
    ],
)
def test_any_step_after_an_ending_is_refused(before: tuple[AnyStep, ...]) -> None:
    """The server returns at the first ending, so a later step would never be played."""
    assert list(STEPS) == [step for step in STEPS if is_refused(*before, step)]


# Properties


@RELAXED
@given(steps=st.lists(st.sampled_from(STEPS), max_size=6).map(tuple), dialect=st.sampled_from(Dialect))
def test_any_steps_make_actions_that_end_or_are_refused(steps: tuple[AnyStep, ...], dialect: Dialect) -> None:
    """No order of steps leaves a connection without an end, or fails in another way."""
    try:
        actions = compile_steps(steps, dialect)
    except h11.LocalProtocolError:
        return
    assert [len(actions) - 1] == [place for place, action in enumerate(actions) if isinstance(action, End)]


@RELAXED
@given(
    name=st.text(st.characters(codec="utf-8"), min_size=1),
    data=st.text(st.characters(codec="utf-8"), max_size=300),
    dialect=st.sampled_from(sorted(SERVER_SENT)),
)
def test_chunked_framing_leaves_any_event_unchanged(name: str, data: str, dialect: Dialect) -> None:
    """An HTTP client receives exactly the bytes of the event."""
    _, body, ended = parsed_back(
        sent_bytes(compiled(Head(), Event(name, data), Finish(), dialect=dialect)), closed=False
    )
    assert (f"event: {name}\ndata: {data}\n\n".encode(), True) == (body, ended)


def bedrock_body(*steps: AnyStep) -> bytes:
    """Return the body that an HTTP client of Bedrock reads."""
    _, body, ended = parsed_back(sent_bytes(compiled(Head(), *steps, Finish(), dialect=Dialect.BEDROCK)), closed=False)
    assert ended
    return body


@RELAXED
@given(written=st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_a_reader_of_frames_reads_the_data_of_any_events(written: list[bytes]) -> None:
    """The data may be no UTF-8, and events that are sent together are separate frames."""
    events = [Event("x", data.decode(errors="surrogateescape")) for data in written]
    assert list(map(chunk_frame, written)) == [bedrock_body(event) for event in events]
    expected = [
        frame_reader.ReadFrame(
            ((":event-type", "chunk"), (":content-type", "application/json"), (":message-type", "event")),
            b'{"bytes": "' + base64.b64encode(data) + b'"}',
        )
        for data in written
    ]
    assert expected == frame_reader.read(bedrock_body(*events))
    assert expected == frame_reader.read(bedrock_body(Together(tuple(events))))


TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=60)
HEADERS: Final = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), TEXTS),
    max_size=4,
    unique_by=lambda header: header[0],
).map(tuple)


@RELAXED
@given(headers=HEADERS, payload=TEXTS, place=st.integers(0, 500))
def test_a_reader_of_frames_reads_any_frame_in_two_parts(
    headers: tuple[tuple[str, str], ...], payload: str, place: int
) -> None:
    """A length counts bytes, not characters; a first part alone is no frame."""
    frame = Frame(headers, payload)
    whole = bedrock_body(frame)
    assert [frame_reader.ReadFrame(headers, payload.encode())] == frame_reader.read(whole)
    place = 1 + place % (len(whole) - 1)
    first, second = (msgspec.structs.replace(frame, **part) for part in ({"end": place}, {"first": place}))
    assert whole == bedrock_body(first, second)
    assert ([], whole[:place]) == frame_reader.read_whole_frames(bedrock_body(first))


@RELAXED
@given(headers=HEADERS, payload=TEXTS, wrong=st.sampled_from(["bad_prelude", "bad_message"]))
def test_a_reader_of_frames_refuses_any_frame_with_a_wrong_checksum(
    headers: tuple[tuple[str, str], ...], payload: str, wrong: str
) -> None:
    """Only the checksum differs from that of the frame."""
    frame = Frame(headers, payload)
    damaged = bedrock_body(msgspec.structs.replace(frame, **{wrong: True}))
    place = 8 if wrong == "bad_prelude" else -4
    assert bedrock_body(frame)[:-4][:place] == damaged[:-4][:place]
    with pytest.raises(frame_reader.FrameError, match="checksum"):
        frame_reader.read(damaged)


@RELAXED
@given(written=st.lists(st.binary(min_size=1, max_size=300), max_size=5))
def test_each_body_step_is_one_chunk(written: list[bytes]) -> None:
    """Chunk boundaries are where the scenario puts them."""
    assert [HEAD, *map(chunk, written), LAST_CHUNK, KEEP_ALIVE] == compiled(Head(), *map(Body, written), Finish())


@RELAXED
@given(written=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5))
def test_raw_bytes_are_sent_without_framing(written: list[bytes]) -> None:
    """They may stand before a head, in a stream or instead of a response."""
    steps = [Raw(data) for data in written]
    assert [*written, HEAD, *written, FIN] == compiled(*steps, Head(), *steps, Close())


@RELAXED
@given(written=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5))
def test_a_client_that_reads_byte_by_byte_reads_the_same_body(written: list[bytes]) -> None:
    """Chunk boundaries are not read boundaries."""
    data = sent_bytes(compiled(Head(), *map(Body, written), Finish()))
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "midstream")]))
    client.send(h11.EndOfMessage())
    body = b""
    for place in range(len(data)):
        client.receive_data(data[place : place + 1])
        while isinstance(event := client.next_event(), h11.Response | h11.Data):
            body += bytes(event.data) if isinstance(event, h11.Data) else b""
    assert b"".join(written) == body


@RELAXED
@given(status=st.integers(200, 599).filter(lambda status: status not in (204, 304)), body=st.text(max_size=200))
def test_a_client_reads_the_status_and_the_body_of_any_plain_response(status: int, body: str) -> None:
    """`Content-Length` counts bytes, not characters."""
    head, read, ended = parsed_back(sent_bytes(compiled(Respond(status, body))), closed=False)
    assert (status, body.encode(), True) == (head.status_code, read, ended)


def test_the_answer_to_an_unknown_scenario_is_a_whole_response() -> None:
    """The backend answers unknown requests with it."""
    assert (
        b"HTTP/1.1 404 \r\nContent-Type: text/plain\r\nContent-Length: 2\r\nRequest-Id: req_midstream\r\n\r\nno"
        == plain_response(404, b"no", "text/plain")
    )
