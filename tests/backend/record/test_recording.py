"""Scenarios of recorded exchanges."""

import gzip
import zlib

import pytest

from matrix.backend.limits import MOST_ATTEMPTS
from matrix.backend.record.recording import Exchange, ResponseEnd, scenarios, steps
from matrix.backend.record.redaction import Redactor
from matrix.backend.record.response import ResponseReader
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
    TAKEN,
    AnyStep,
    Body,
    Close,
    Event,
    Finish,
    Head,
    Hold,
    NoIdeal,
    Pause,
    Raw,
    Reset,
    Together,
)
from matrix.catalogue.wire import compile_steps

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def exchange(
    *chunks: bytes,
    head: bytes = HEAD,
    end: ResponseEnd = ResponseEnd.COMPLETE,
    dialect: Dialect = Dialect.MESSAGES,
    request: bytes = b"1",
    every: float = 0.0,
    last: bytes = b"0\r\n\r\n",
) -> Exchange:
    """Make an exchange whose answer came in chunks."""
    reader = ResponseReader()
    reader.feed(head + b"Transfer-Encoding: chunked\r\n\r\n", 10.0)
    for number, chunk in enumerate(chunks, 1):
        reader.feed(b"%x\r\n%b\r\n" % (len(chunk), chunk), 10.0 + number * every)
    reader.feed(last, 10.0 + len(chunks) * every)
    reader.end(10.0)
    return Exchange(request, dialect, 10.0, reader, end, 10.0 + len(chunks) * every)


def recorded(made: Exchange, *, keep_text: bool = True) -> tuple[AnyStep, ...]:
    """Make the steps of one exchange."""
    return steps(made, Redactor(keep_text=keep_text))


def test_a_chunk_of_whole_events_is_events() -> None:
    """A person can read and change them."""
    ping = Event("ping", '{"type": "ping"}')
    assert (Head(), ping, Together((ping, ping)), Finish()) == recorded(exchange(PING, PING + PING))


@pytest.mark.parametrize(
    "chunk",
    [
        PING[:-1],
        PING[3:],
        b": ping\n\n",
        b"data:x\n\n",
        b"data: a\ndata: b\n\n",
        b"data: \xff\n\n",
        b"data: a\rb\n\n",
        b"\n",
    ],
)
def test_any_other_chunk_is_its_bytes(chunk: bytes) -> None:
    """The framing may be the fault."""
    assert (Head(), Body(chunk), Finish()) == recorded(exchange(chunk))


def test_the_events_of_the_oldest_api_end_in_cr_lf() -> None:
    """The dialect decides how an event is written."""
    event = Event("", "{}")
    assert (Head(), event, Finish()) == recorded(exchange(b"data: {}\r\n\r\n", dialect=Dialect.LEGACY))
    assert (Head(), Body(b"data: {}\n\n"), Finish()) == recorded(exchange(b"data: {}\n\n", dialect=Dialect.LEGACY))


@pytest.mark.parametrize(
    ("end", "ending"),
    [
        (ResponseEnd.COMPLETE, (Finish(),)),
        (ResponseEnd.CLOSED, (Close(),)),
        (ResponseEnd.RESET, (*TAKEN, Reset())),
        (ResponseEnd.SILENT, (Hold(),)),
        (ResponseEnd.CUT_OFF, (Hold(),)),
    ],
)
def test_the_end_is_replayed(end: ResponseEnd, ending: tuple[AnyStep, ...]) -> None:
    """What is not known, since the recording ended before, is silence."""
    last = b"0\r\n\r\n" if end is ResponseEnd.COMPLETE else b""
    assert (Head(), Event("ping", '{"type": "ping"}'), *ending) == recorded(exchange(PING, end=end, last=last))


def test_pauses_are_rounded_and_short_ones_left_out() -> None:
    """A pause is written to a hundredth of a second."""
    ping = Event("ping", '{"type": "ping"}')
    assert (Head(), Pause(0.12), ping, Pause(0.12), ping, Finish()) == recorded(exchange(PING, PING, every=0.1234))
    assert (Head(), ping, ping, Finish()) == recorded(exchange(PING, PING, every=0.014))


def test_long_pauses_stay_below_the_limit_of_an_answer() -> None:
    """The backend would cut a longer answer off, and a file with it is refused."""
    pauses = [step.seconds for step in recorded(exchange(*[PING] * 9, every=100.0)) if isinstance(step, Pause)]
    assert [100.0, 100.0, 70.0] == pauses


def test_a_cut_chunk_keeps_its_size_and_loses_its_text() -> None:
    """Its size belongs to HTTP."""
    made = exchange(PING, end=ResponseEnd.CLOSED, last=b'40\r\nevent: ping\ndata: {"text": "Hel')
    assert Raw(b'40\r\nevent: ping\ndata: {"text": "xxx') == recorded(made, keep_text=False)[-2]


def test_a_text_in_two_chunks_is_replaced() -> None:
    """The body is redacted as a whole."""
    body = b'event: a\ndata: {"text": "Hello"}\n\n'
    parts = [step.data for step in recorded(exchange(body[:-7], body[-7:]), keep_text=False) if isinstance(step, Body)]
    assert [b'event: a\ndata: {"text": "xx', b'xxx"}\n\n'] == parts


def test_headers_that_decide_what_a_client_does_are_kept_and_no_others() -> None:
    """Others may name an organisation."""
    more = b"Retry-After: 2\r\nx-should-retry: true\r\nAnthropic-Organization-Id: mine\r\nSet-Cookie: a=b\r\n"
    [head, *_] = recorded(exchange(PING, head=b"HTTP/1.1 529 \r\nContent-Type: text/html\r\n" + more))
    expected = (("Retry-After", "2"), ("x-should-retry", "true"))
    assert Head(status=529, content_type="text/html", headers=expected) == head


def test_a_compressed_body_is_recorded_as_what_it_contains() -> None:
    """Its texts could not be replaced otherwise."""
    coder = zlib.compressobj(wbits=31)
    first = coder.compress(PING) + coder.flush(zlib.Z_SYNC_FLUSH)
    second = coder.compress(PING) + coder.flush()
    made = exchange(first, second, head=HEAD + b"Content-Encoding: gzip\r\n")
    ping = Event("ping", '{"type": "ping"}')
    assert (Head(), ping, ping, Finish()) == recorded(made)


@pytest.mark.parametrize("keep_text", [True, False])
def test_a_body_that_is_not_compressed_keeps_the_header_that_says_so(keep_text: bool) -> None:
    """The header is the fault, whatever the body says."""
    made = recorded(exchange(b"no gzip", head=HEAD + b"Content-Encoding: gzip\r\n"), keep_text=keep_text)
    assert (Head(encoding="gzip"), Body(b"no gzip" if keep_text else b"xx xxxx"), Finish()) == made


def test_a_bomb_is_not_recorded() -> None:
    """A small answer may contain gigabytes."""
    bomb = gzip.compress(b"\0" * 200_000_000, 1)
    made, problems = scenarios([exchange(bomb, head=HEAD + b"Content-Encoding: gzip\r\n")], "a", Redactor())
    assert ([], ["Request 1 was not recorded: the answer is too long."]) == (made, problems)


def test_frames_of_an_event_stream_need_their_texts() -> None:
    """Their checksums and their Base64 would have to be made again."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
    made = exchange(b"\0\1", head=head, dialect=Dialect.BEDROCK)
    assert "--keep-text" in scenarios([made], "a", Redactor())[1][0]
    assert (Head(), Body(b"\0\1"), Finish()) == recorded(made)


def test_the_same_request_again_is_another_attempt() -> None:
    """A client that retries makes one scenario with several attempts; a new request makes a new scenario."""
    failed = exchange(end=ResponseEnd.CLOSED, last=b"")
    other = exchange(request=b"2")
    made, problems = scenarios([failed, other, exchange(PING), failed], "mine", Redactor())
    assert [] == problems
    assert [("mine-1", 3), ("mine-2", 1)] == [(each.id, len(each.attempts)) for each in made]
    closed, complete = (Head(), Close()), (Head(), Event("ping", '{"type": "ping"}'), Finish())
    assert (closed, complete, closed) == made[0].attempts
    assert NoIdeal() == made[0].ideal
    assert made[0].title.startswith(
        "Recorded: HTTP 200, 0 chunks, then closed the connection; again: HTTP 200, 1 chunk"
    )


def test_what_a_file_does_not_take_is_reported() -> None:
    """Nothing is lost in silence."""
    made, problems = scenarios([exchange()] * (MOST_ATTEMPTS + 1), "a", Redactor())
    assert MOST_ATTEMPTS == len(made[0].attempts)
    assert ["Request 101 was not recorded: a file takes no more."] == problems


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_is_recorded(status: bytes) -> None:
    """Such as what a proxy answers for its cache."""
    reader = ResponseReader()
    reader.feed(b"HTTP/1.1 " + status + b"\r\n\r\n", 1.0)
    [head, end] = recorded(Exchange(b"", Dialect.MESSAGES, 1.0, reader, ResponseEnd.COMPLETE, 1.0))
    assert (int(status[:3]), Finish()) == (getattr(head, "status", None), end)


def test_an_answer_that_cannot_be_replayed_is_reported() -> None:
    """The file would be refused when it is read."""
    odd = exchange(PING, head=b"HTTP/1.1 200 OK\r\nRetry-After: \xff\r\n")
    assert "can't be replayed" in scenarios([odd], "a", Redactor())[1][0]


def test_no_answer_at_all_is_recorded() -> None:
    """A connection may be closed or reset before the head."""
    nothing = Exchange(b"", Dialect.MESSAGES, 1.0, ResponseReader(), ResponseEnd.RESET, 1.0)
    assert (*TAKEN, Reset()) == recorded(nothing)
    compile_steps(recorded(nothing), Dialect.MESSAGES)
