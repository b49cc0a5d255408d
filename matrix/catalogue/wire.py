"""Compile the steps of a scenario to bytes. Pure: no socket.

A response is a sequence of *actions* on one connection: send bytes in one write, wait for some seconds, or wait until
the peer's kernel has all bytes. Exactly one action ends the response, and it is the last one: the connection is kept
alive for another request, closed (FIN), reset (RST) or kept open in silence. h11 frames legal responses, so they are
legal by construction; illegal bytes bypass it.

The bytes depend only on the scenario, the dialect of the request and the number of the request in its call, and never
on headers, the time or the port. So each scenario is compiled once, and equal scenarios have equal bytes.
"""

from enum import StrEnum
from functools import cache
from typing import assert_never

import h11
import msgspec

from matrix.catalogue import frames, ndjson, sse
from matrix.catalogue.dialect import FRAMED, JSON_LINES, Dialect, request_id_headers
from matrix.catalogue.events import PRELUDE, REST
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
    Scenario,
    Together,
)


class WireAction(msgspec.Struct, frozen=True, tag=True):
    """One action on a connection. `AnyAction` is the union of all actions."""


class Send(WireAction, frozen=True):
    """Pass these bytes to the kernel in one write."""

    data: bytes


class Wait(WireAction, frozen=True):
    """Do nothing for this many seconds."""

    seconds: float


class Drain(WireAction, frozen=True):
    """Wait until the peer's kernel has acknowledged all bytes that were sent."""


class Ending(StrEnum):
    """What happens to a connection after a response."""

    KEEP_ALIVE = "keep-alive"
    FIN = "FIN"
    RESET = "RST"
    HOLD = "hold"
    """The connection stays open and silent until the peer closes it."""


class End(WireAction, frozen=True):
    """End the response: keep, close, reset or hold the connection."""

    how: Ending


AnyAction = Send | Wait | Drain | End


def compile_scenario(scenario: Scenario, dialect: Dialect, attempt: int = 0) -> tuple[AnyAction, ...]:
    """Compile a scenario to the actions that answer a request; only the last action is an `End`.

    Args:
        scenario: The scenario.
        dialect: The dialect of the request.
        attempt: The number of the request in its call, from 0.
    """
    return compile_steps(scenario.attempt(attempt), dialect)


@cache
def compile_steps(steps: tuple[AnyStep, ...], dialect: Dialect) -> tuple[AnyAction, ...]:
    """Compile steps to actions; steps that do not end the response close the connection with FIN.

    Raises:
        h11.LocalProtocolError: The steps cannot be played, such as an event before the head, or a step after the end.
    """
    connection = _connection_with_a_request()
    actions: list[AnyAction] = []
    broken = False
    for step in steps:
        if actions and isinstance(actions[-1], End):
            raise h11.LocalProtocolError(f"{step} follows the end of the response")
        match step:
            case Respond(status, body, content_type, headers):
                whole = _response(connection, status, body.encode(), content_type, headers, dialect)
                actions += [Send(whole), End(Ending.KEEP_ALIVE)]
            case Head():
                actions.append(Send(_send(connection, _stream_head(dialect, step))))
            case Prelude(line_end, named):
                encoded = [encode_event(event, dialect) for event in PRELUDE[dialect]]
                if line_end or not named:
                    encoded = [sse.reframe(event, line_end, named=named) for event in encoded]
                actions += [Send(_chunk(connection, data)) for data in encoded]
            case Rest():
                actions += [Send(_chunk(connection, encode_event(event, dialect))) for event in REST[dialect]]
            case Event():
                actions.append(Send(_chunk(connection, encode_event(step, dialect))))
            case Together(events):
                whole = b"".join(encode_event(event, dialect) for event in events)
                actions.append(Send(_chunk(connection, whole)))
            case Frame():
                actions.append(Send(_chunk(connection, frames.encode_frame(step))))
            case Lines(data) | Body(data):
                actions.append(Send(_chunk(connection, data)))
            case Raw(data):
                actions.append(Send(data))
                broken = True
            case Pause(seconds):
                actions.append(Wait(seconds))
            case Barrier():
                actions.append(Drain())
            case Finish():
                if broken:
                    raise h11.LocalProtocolError("Finish follows Raw: the connection cannot be kept alive")
                last = _send(connection, h11.EndOfMessage())  # empty where Content-Length gives the length
                actions += [*([Send(last)] if last else []), End(Ending.KEEP_ALIVE)]
            case Close():
                actions.append(End(Ending.FIN))
            case Reset():
                actions.append(End(Ending.RESET))
            case Hold():
                actions.append(End(Ending.HOLD))
            case _:
                assert_never(step)
    if not actions or not isinstance(actions[-1], End):
        actions.append(End(Ending.FIN))
    return tuple(actions)


def plain_response(
    status: int, body: bytes, content_type: str = "application/json", headers: tuple[tuple[str, str], ...] = ()
) -> bytes:
    """Encode a complete HTTP response that is not part of a scenario."""
    return _response(_connection_with_a_request(), status, body, content_type, headers)


def encode_event(event: Event, dialect: Dialect) -> bytes:
    """Encode an event in the form of a dialect. Lines end in CR LF in Gemini, and in the unnamed events of legacy."""
    if dialect in FRAMED:
        return frames.encode_event(event)
    if dialect in JSON_LINES:
        return ndjson.encode_event(event)
    ends_in_crlf = dialect is Dialect.GEMINI or (dialect is Dialect.LEGACY and not event.name)
    return sse.encode_event(event, "\r\n" if ends_in_crlf else "\n")


def _connection_with_a_request() -> h11.Connection:
    """Return an h11 server connection that has received a request; before that, h11 refuses to respond."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: midstream\r\n\r\n")
    connection.next_event()
    connection.next_event()
    return connection


def _stream_head(dialect: Dialect, head: Head) -> h11.Response:
    content_type = head.content_type or stream_content_type(dialect)
    headers = [("Content-Type", content_type), ("Cache-Control", "no-cache"), *request_id_headers(dialect)]
    length = head.length
    headers.append(("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length)))
    if head.encoding:
        headers.append(("Content-Encoding", head.encoding))
    reason = b"OK" if head.status == 200 else b""
    return h11.Response(status_code=head.status, reason=reason, headers=[*headers, *head.headers])


def stream_content_type(dialect: Dialect) -> str:
    """Return the content type of a stream in a dialect."""
    if dialect in FRAMED:
        return frames.CONTENT_TYPE
    return ndjson.CONTENT_TYPE if dialect in JSON_LINES else sse.CONTENT_TYPE


def _response(
    connection: h11.Connection,
    status: int,
    body: bytes,
    content_type: str,
    headers: tuple[tuple[str, str], ...],
    dialect: Dialect = Dialect.MESSAGES,
) -> bytes:
    own = [("Content-Type", content_type), ("Content-Length", str(len(body))), *request_id_headers(dialect)]
    head = h11.Response(status_code=status, headers=[*own, *headers])
    return _send(connection, head) + _chunk(connection, body) + _send(connection, h11.EndOfMessage())


def _chunk(connection: h11.Connection, data: bytes) -> bytes:
    return _send(connection, h11.Data(data=data))


def _send(connection: h11.Connection, message: h11.Event) -> bytes:
    data = connection.send(message)
    if data is None:  # h11 returns None only for ConnectionClosed, which is never sent here
        raise AssertionError(message)
    return data
