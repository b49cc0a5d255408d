"""Steps to bytes: pure, no socket.

The theory. A response is a sequence of *actions* on one connection: send these bytes in one write, wait for
seconds, wait until the kernel has handed everything over, and, exactly once and last, end in one of the four ways
in which a connection can be left: kept alive for another request, closed (FIN), reset (RST) or held open in silence.
What HTTP allows is framed by h11, so that a legal response is legal by construction; the rest is ours.

The bytes depend on the scenario, the dialect of the request and its number in its call only, never on the request's
headers, the time or the port: equal scenarios are equal bytes, and the whole catalogue can be compiled once.
"""

from enum import StrEnum
from functools import cache
from typing import assert_never

import h11
import msgspec

from matrix.catalogue.sse import REST, Dialect, event, prelude
from matrix.catalogue.steps import (
    EVENT_STREAM,
    AnyStep,
    Barrier,
    Body,
    Close,
    Event,
    Finish,
    Head,
    Hold,
    Pause,
    Prelude,
    Raw,
    Reset,
    Respond,
    Rest,
    Scenario,
)

REQUEST_ID = "req_midstream"
"""The `request-id` header of every response."""


class WireAction(msgspec.Struct, frozen=True, tag=True):
    """What is done to one connection. The union of all of them is `AnyAction`."""


class Send(WireAction, frozen=True):
    """Hand these bytes to the kernel in one write."""

    data: bytes


class Wait(WireAction, frozen=True):
    """Do nothing for this many seconds."""

    seconds: float


class Drain(WireAction, frozen=True):
    """Wait until the peer's kernel has acknowledged all that was sent."""


class Ending(StrEnum):
    """How a connection is left."""

    KEEP_ALIVE = "keep-alive"
    FIN = "FIN"
    RESET = "RST"
    HOLD = "hold"
    """Kept open and silent until the peer leaves it."""


class End(WireAction, frozen=True):
    """Leave the connection."""

    how: Ending


AnyAction = Send | Wait | Drain | End


def compile_scenario(scenario: Scenario, dialect: Dialect, attempt: int = 0) -> tuple[AnyAction, ...]:
    """The actions that play `scenario` to a request in `dialect`; the last one is an `End`, and no other is.

    `attempt` counts the requests of one call, from 0.
    """
    return compile_steps(scenario.attempt(attempt), dialect)


@cache
def compile_steps(steps: tuple[AnyStep, ...], dialect: Dialect) -> tuple[AnyAction, ...]:
    """The actions for `steps`; steps that do not end the connection leave it with a FIN.

    Raises:
        h11.LocalProtocolError: The steps make no response that can be played, such as an event before a head, or
            anything after an ending.
    """
    connection = _connection_with_a_request()
    actions: list[AnyAction] = []
    broken = False
    for step in steps:
        if actions and isinstance(actions[-1], End):
            raise h11.LocalProtocolError(f"{step} after the connection was left")
        match step:
            case Respond(status, body, content_type, headers):
                whole = _response(connection, status, body.encode(), content_type, headers)
                actions += [Send(whole), End(Ending.KEEP_ALIVE)]
            case Head(length, encoding):
                actions.append(Send(_send(connection, _stream_head(length, encoding))))
            case Prelude(line_end, named):
                actions += [Send(_chunk(connection, data)) for data in prelude(dialect, line_end, named=named)]
            case Rest():
                actions += [Send(_chunk(connection, data)) for data in REST[dialect]]
            case Event(name, data):
                actions.append(Send(_chunk(connection, event(name, data))))
            case Body(data):
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
                    raise h11.LocalProtocolError("no request can follow what is framed by nothing")
                last = _send(connection, h11.EndOfMessage())  # nothing, where a length was promised
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
    """A whole HTTP response, for what is no scenario that is known."""
    return _response(_connection_with_a_request(), status, body, content_type, headers)


def _connection_with_a_request() -> h11.Connection:
    """h11's view of the server's end once a request has come in: only then may it answer."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: midstream\r\n\r\n")
    connection.next_event()
    connection.next_event()
    return connection


def _stream_head(length: int | None, encoding: str) -> h11.Response:
    headers = [("Content-Type", EVENT_STREAM), ("Cache-Control", "no-cache"), ("Request-Id", REQUEST_ID)]
    headers.append(("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length)))
    if encoding:
        headers.append(("Content-Encoding", encoding))
    return h11.Response(status_code=200, reason=b"OK", headers=headers)


def _response(
    connection: h11.Connection,
    status: int,
    body: bytes,
    content_type: str = "application/json",
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    own = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Request-Id", REQUEST_ID)]
    head = h11.Response(status_code=status, headers=[*own, *headers])
    return _send(connection, head) + _chunk(connection, body) + _send(connection, h11.EndOfMessage())


def _chunk(connection: h11.Connection, data: bytes) -> bytes:
    return _send(connection, h11.Data(data=data))


def _send(connection: h11.Connection, message: h11.Event) -> bytes:
    data = connection.send(message)
    if data is None:  # only for ConnectionClosed, which is never sent
        raise AssertionError(message)
    return data
