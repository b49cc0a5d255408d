"""Steps to bytes, without a socket: exact where we own the bytes, legal where HTTP has a say."""

import json
from collections.abc import Sequence

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.backend.wire import (
    REQUEST_ID,
    AnyAction,
    Drain,
    End,
    Ending,
    Send,
    Wait,
    compile_scenario,
    compile_steps,
    plain_response,
)
from matrix.scenarios import CATALOGUE, PLAYABLE
from matrix.scenarios.sse import PRELUDE, REST, Dialect, event
from matrix.scenarios.steps import (
    AnyStep,
    Barrier,
    Event,
    Finish,
    Head,
    Pause,
    Prelude,
    Reset,
    Respond,
    Rest,
)

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""No example is held to a time: the machine may be busy with a sweep."""

HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\n"
    b"Request-Id: req_midstream\r\n"
    b"Transfer-Encoding: chunked\r\n"
    b"\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"

MESSAGE_START = (
    b'{"type": "message_start", "message": {"id": "msg_midstream", "type": "message", "role": "assistant", '
    b'"model": "midstream", "content": [], "stop_reason": null, "stop_sequence": null, '
    b'"usage": {"input_tokens": 1, "output_tokens": 1}}}'
)
BLOCK_START = b'{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}'
HELLO = b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}'
WORLD = b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}}'
BLOCK_STOP = b'{"type": "content_block_stop", "index": 0}'
MESSAGE_DELTA = (
    b'{"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, '
    b'"usage": {"output_tokens": 2}}'
)
MESSAGE_STOP = b'{"type": "message_stop"}'

MESSAGE_PRELUDE = [
    b"event: message_start\ndata: " + MESSAGE_START + b"\n\n",
    b"event: content_block_start\ndata: " + BLOCK_START + b"\n\n",
    b"event: content_block_delta\ndata: " + HELLO + b"\n\n",
]
MESSAGE_REST = [
    b"event: content_block_delta\ndata: " + WORLD + b"\n\n",
    b"event: content_block_stop\ndata: " + BLOCK_STOP + b"\n\n",
    b"event: message_delta\ndata: " + MESSAGE_DELTA + b"\n\n",
    b"event: message_stop\ndata: " + MESSAGE_STOP + b"\n\n",
]


def _completion(text: str, stop_reason: str) -> bytes:
    """A completion as both dialects of `/v1/complete` have it."""
    return (
        f'{{"type": "completion", "id": "compl_midstream", "completion": "{text}", "stop_reason": {stop_reason}, '
        '"stop": null, "log_id": "compl_midstream", "model": "midstream"}'
    ).encode()


COMPLETION_PRELUDE = [b"event: completion\ndata: " + _completion("Hello", "null") + b"\n\n"]
COMPLETION_REST = [
    b"event: completion\ndata: " + _completion(" world", "null") + b"\n\n",
    b"event: completion\ndata: " + _completion("", '"stop_sequence"') + b"\n\n",
]
LEGACY_PRELUDE = [b"data: " + _completion("Hello", "null") + b"\r\n\r\n"]
LEGACY_REST = [
    b"data: " + _completion("Hello world", '"stop_sequence"') + b"\r\n\r\n",
    b"data: [DONE]\r\n\r\n",
]

OVERLOADED = b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
OVERLOADED_EVENT = b"event: error\ndata: " + OVERLOADED + b"\n\n"

KEEP_ALIVE, FIN, RESET = End(Ending.KEEP_ALIVE), End(Ending.FIN), End(Ending.RESET)

STEPS: tuple[AnyStep, ...] = (
    Respond(500, "{}"),
    Head(),
    Prelude(),
    Rest(),
    Event("error", "{}"),
    Pause(0.5),
    Barrier(),
    Finish(),
    Reset(),
)
"""One of each kind."""

each_dialect = pytest.mark.parametrize("dialect", Dialect)
each_scenario = pytest.mark.parametrize("id_", CATALOGUE)


def chunk(data: bytes) -> bytes:
    """One chunk, as RFC 9112 section 7.1 frames it."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def chunks(*pieces: bytes) -> list[AnyAction]:
    """One write for each chunk."""
    return [Send(chunk(piece)) for piece in pieces]


def sent(actions: Sequence[AnyAction]) -> bytes:
    """All bytes that these actions send."""
    return b"".join(action.data for action in actions if isinstance(action, Send))


def parsed_back(data: bytes, *, closed: bool) -> tuple[h11.Response, bytes, bool]:
    """The response that an HTTP client reads from `data`: its head, its body, and whether it ends as HTTP wants."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "midstream")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    if closed:
        client.receive_data(b"")
    response = client.next_event()
    assert isinstance(response, h11.Response)
    body = b""
    while isinstance(found := client.next_event(), h11.Data):
        body += bytes(found.data)
    return response, body, isinstance(found, h11.EndOfMessage)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(
            (Respond(529, '{"é": 1}'),),
            [
                Send(
                    b"HTTP/1.1 529 \r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
                    b'Request-Id: req_midstream\r\n\r\n{"\xc3\xa9": 1}'
                ),
                KEEP_ALIVE,
            ],
            id="respond",
        ),
        pytest.param((Head(),), [Send(HEAD), FIN], id="head"),
        pytest.param((Head(), Prelude()), [Send(HEAD), *chunks(*MESSAGE_PRELUDE), FIN], id="prelude"),
        pytest.param((Head(), Rest()), [Send(HEAD), *chunks(*MESSAGE_REST), FIN], id="rest"),
        pytest.param(
            (Head(), Event("ping", "{}")), [Send(HEAD), *chunks(b"event: ping\ndata: {}\n\n"), FIN], id="event"
        ),
        pytest.param((Pause(0.25),), [Wait(0.25), FIN], id="pause"),
        pytest.param((Barrier(),), [Drain(), FIN], id="barrier"),
        pytest.param((Head(), Finish()), [Send(HEAD), Send(LAST_CHUNK), KEEP_ALIVE], id="finish"),
        pytest.param((Head(), Reset()), [Send(HEAD), RESET], id="reset"),
        pytest.param((Reset(),), [RESET], id="reset-at-once"),
        pytest.param((), [FIN], id="nothing"),
    ],
)
def test_a_step_compiles_to_exactly_these_actions(steps: tuple[AnyStep, ...], expected: list[AnyAction]) -> None:
    """Every kind of step, in the dialect of messages."""
    assert expected == list(compile_steps(steps, Dialect.MESSAGES))


@pytest.mark.parametrize(
    ("id_", "dialect", "expected"),
    [
        pytest.param(id_, dialect, expected, id=f"{id_} in {dialect}")
        for dialect, prelude, rest in (
            (Dialect.MESSAGES, MESSAGE_PRELUDE, MESSAGE_REST),
            (Dialect.COMPLETIONS, COMPLETION_PRELUDE, COMPLETION_REST),
            (Dialect.LEGACY, LEGACY_PRELUDE, LEGACY_REST),
        )
        for id_, expected in {
            "clean": [Send(HEAD), *chunks(*prelude, *rest), Send(LAST_CHUNK), KEEP_ALIVE],
            "mid-overloaded_error": [
                Send(HEAD),
                *chunks(*prelude, OVERLOADED_EVENT),
                Send(LAST_CHUNK),
                KEEP_ALIVE,
            ],
            "first-overloaded_error": [Send(HEAD), *chunks(OVERLOADED_EVENT), Send(LAST_CHUNK), KEEP_ALIVE],
            "http-overloaded_error": [
                Send(
                    b"HTTP/1.1 529 \r\nContent-Type: application/json\r\nContent-Length: 81\r\n"
                    b"Request-Id: req_midstream\r\n\r\n" + OVERLOADED
                ),
                KEEP_ALIVE,
            ],
            "eof-mid": [Send(HEAD), *chunks(*prelude), Send(LAST_CHUNK), KEEP_ALIVE],
            "reset": [Send(HEAD), *chunks(*prelude), Drain(), Wait(0.02), RESET],
        }.items()
    ],
)
def test_a_whole_scenario_compiles_to_exactly_these_actions(
    id_: str, dialect: Dialect, expected: list[AnyAction]
) -> None:
    """Written out by hand, so that a change of one byte is a change of a test."""
    assert expected == list(compile_scenario(CATALOGUE[id_], dialect))


@each_dialect
@each_scenario
def test_a_scenario_has_exactly_one_end_and_it_is_last(id_: str, dialect: Dialect) -> None:
    """A connection is left once."""
    actions = compile_scenario(CATALOGUE[id_], dialect)
    assert [len(actions) - 1] == [place for place, action in enumerate(actions) if isinstance(action, End)]


@each_dialect
@each_scenario
def test_a_scenario_gives_the_same_actions_twice(id_: str, dialect: Dialect) -> None:
    """Nothing but the scenario and the dialect is in the bytes; compiled afresh, past the cache."""
    scenario = CATALOGUE[id_]
    assert compile_scenario(scenario, dialect) == compile_steps(scenario.steps, dialect)


@each_dialect
@each_scenario
def test_no_action_sends_nothing(id_: str, dialect: Dialect) -> None:
    """An empty write would be no read at the other end, and an empty chunk would end the response."""
    assert not [action for action in compile_scenario(CATALOGUE[id_], dialect) if action == Send(b"")]


@each_dialect
@pytest.mark.parametrize("id_", [id_ for id_ in PLAYABLE if id_.startswith("http-")])
def test_a_plain_error_is_read_back_by_an_http_client(id_: str, dialect: Dialect) -> None:
    """The control is a legal response whose body is the error and whose connection may be used again."""
    step = PLAYABLE[id_].steps[0]
    assert isinstance(step, Respond)
    response, body, ended = parsed_back(sent(compile_scenario(PLAYABLE[id_], dialect)), closed=False)
    assert (step.status, step.body.encode(), True) == (response.status_code, body, ended)
    assert REQUEST_ID.encode() == dict(response.headers)[b"request-id"]


@each_dialect
@pytest.mark.parametrize("id_", [id_ for id_ in PLAYABLE if not id_.startswith("http-") and id_ != "reset"])
def test_a_stream_is_read_back_by_an_http_client_as_its_events(id_: str, dialect: Dialect) -> None:
    """What an error inside a stream breaks is the stream; the HTTP around it is legal to its end."""
    response, body, ended = parsed_back(sent(compile_scenario(PLAYABLE[id_], dialect)), closed=False)
    events: list[bytes] = []
    for step in PLAYABLE[id_].steps:
        match step:
            case Prelude():
                events += PRELUDE[dialect]
            case Rest():
                events += REST[dialect]
            case Event(name, data):
                events.append(event(name, data))
            case _:
                pass
    assert (200, b"".join(events), True) == (response.status_code, body, ended)


@each_dialect
def test_what_is_sent_before_a_reset_is_an_unfinished_response(dialect: Dialect) -> None:
    """An HTTP client that has read it all waits for more."""
    response, body, ended = parsed_back(sent(compile_scenario(PLAYABLE["reset"], dialect)), closed=False)
    assert (200, b"".join(PRELUDE[dialect]), False) == (response.status_code, body, ended)


def test_a_stream_that_is_closed_before_its_last_chunk_is_a_violation_of_http() -> None:
    """A FIN in the middle can be told from an end."""
    with pytest.raises(h11.RemoteProtocolError, match="incomplete chunked read"):
        parsed_back(sent(compile_steps((Head(), Prelude()), Dialect.MESSAGES)), closed=True)


@pytest.mark.parametrize("id_", [id_ for id_ in PLAYABLE if id_.startswith(("mid-", "first-"))])
def test_the_error_event_bears_its_type_on_one_line_of_json(id_: str) -> None:
    """A parser that reads line by line reads it whole."""
    found = [step for step in PLAYABLE[id_].steps if isinstance(step, Event)]
    assert [id_.partition("-")[2]] == [json.loads(step.data)["error"]["type"] for step in found]
    assert [1] == [len(step.data.splitlines()) for step in found]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((Event("error", "{}"),), id="event before head"),
        pytest.param((Prelude(),), id="prelude before head"),
        pytest.param((Rest(),), id="rest before head"),
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
        pytest.param((Respond(99, "{}"),), id="status that HTTP does not have"),
        pytest.param((Respond(204, "{}"),), id="body where HTTP has none"),
    ],
)
@each_dialect
def test_steps_in_an_illegal_order_are_refused(steps: tuple[AnyStep, ...], dialect: Dialect) -> None:
    """A scenario that makes no response is a mistake of ours, found before anything is served."""
    with pytest.raises(h11.LocalProtocolError):
        compile_steps(steps, dialect)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((Head(), Finish(), Reset()), id="reset after finish"),
        pytest.param((Head(), Finish(), Pause(1)), id="pause after finish"),
        pytest.param((Respond(500, "{}"), Barrier()), id="barrier after a response"),
        pytest.param((Head(), Reset(), Event("error", "{}")), id="event after reset"),
        pytest.param((Head(), Reset(), Finish()), id="finish after reset"),
        pytest.param((Reset(), Reset()), id="reset twice"),
    ],
)
def test_steps_after_an_ending_are_refused(steps: tuple[AnyStep, ...]) -> None:
    """The server returns at the first ending, so what stands after it would silently never be played."""
    with pytest.raises(h11.LocalProtocolError):
        compile_steps(steps, Dialect.MESSAGES)


@RELAXED
@given(steps=st.lists(st.sampled_from(STEPS), max_size=6).map(tuple), dialect=st.sampled_from(Dialect))
def test_any_steps_make_actions_that_end_or_are_refused(steps: tuple[AnyStep, ...], dialect: Dialect) -> None:
    """There is no order of steps that leaves a connection without an end, or fails otherwise."""
    try:
        actions = compile_steps(steps, dialect)
    except h11.LocalProtocolError:
        return
    assert isinstance(actions[-1], End)


@RELAXED
@given(
    name=st.text(st.characters(codec="utf-8"), min_size=1),
    data=st.text(st.characters(codec="utf-8"), max_size=300),
    dialect=st.sampled_from(Dialect),
)
def test_any_event_comes_through_chunked_framing_unchanged(name: str, data: str, dialect: Dialect) -> None:
    """Whatever an error payload holds, an HTTP client gets these bytes and no others."""
    actions = compile_steps((Head(), Event(name, data), Finish()), dialect)
    _, body, ended = parsed_back(sent(actions), closed=False)
    assert (f"event: {name}\ndata: {data}\n\n".encode(), True) == (body, ended)


@RELAXED
@given(pieces=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5))
def test_where_the_network_cuts_the_bytes_makes_no_difference(pieces: list[bytes]) -> None:
    """Chunk boundaries are not read boundaries: read byte by byte, the body is the same."""
    texts = [piece.hex() for piece in pieces]
    data = sent(compile_steps((Head(), *(Event("x", text) for text in texts), Finish()), Dialect.MESSAGES))
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "midstream")]))
    client.send(h11.EndOfMessage())
    body = b""
    for place in range(len(data)):
        client.receive_data(data[place : place + 1])
        while isinstance(found := client.next_event(), h11.Response | h11.Data):
            body += bytes(found.data) if isinstance(found, h11.Data) else b""
    assert b"".join(event("x", text) for text in texts) == body


@RELAXED
@given(status=st.integers(200, 599).filter(lambda status: status not in (204, 304)), body=st.text(max_size=200))
def test_any_plain_response_is_read_back_with_its_status_and_body(status: int, body: str) -> None:
    """`Content-Length` counts bytes, not characters."""
    response, read, ended = parsed_back(sent(compile_steps((Respond(status, body),), Dialect.MESSAGES)), closed=False)
    assert (status, body.encode(), True) == (response.status_code, read, ended)


def test_an_answer_that_is_no_scenario_is_a_whole_response_too() -> None:
    """What the backend says to what it does not know."""
    assert (
        b"HTTP/1.1 404 \r\nContent-Type: text/plain\r\nContent-Length: 2\r\nRequest-Id: req_midstream\r\n\r\nno"
        == plain_response(404, b"no", "text/plain")
    )
