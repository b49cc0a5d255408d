"""Turn recorded exchanges into scenarios. Pure.

Exchanges with the same request are the attempts of one scenario, since a client that retries repeats its request. Any
other request begins a scenario of its own. Requests are compared by their digests, and written nowhere.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

import h11
import msgspec

from matrix.backend.headers import header
from matrix.backend.limits import MOST_ATTEMPTS, MOST_SCENARIOS, MOST_STEPS, Limits
from matrix.backend.record.redaction import Redactor
from matrix.backend.record.response import SIZE, Chunk, ResponseReader
from matrix.catalogue import frames
from matrix.catalogue.dialect import FRAMED, Dialect
from matrix.catalogue.steps import (
    TAKEN,
    AnyStep,
    Body,
    Close,
    Event,
    Family,
    Finish,
    Head,
    Hold,
    NoIdeal,
    Pause,
    Raw,
    Reset,
    Scenario,
    Text,
    Together,
)
from matrix.catalogue.wire import compile_steps, encode_event, stream_content_type
from matrix.system.text import counted

RETRY_HEADERS: Final = frozenset({"retry-after", "retry-after-ms", "x-should-retry"})
"""The headers of responses that decide whether and when a client retries; no other header is written."""

_ROUNDED: Final = 2
"""Decimals of the seconds of a pause."""

_SHORTEST: Final = 0.02
"""The shortest pause that is written, in seconds; a shorter one is how long the network or this program took."""

_COMPRESSED: Final = frozenset({"gzip", "deflate", "x-gzip"})


class ResponseEnd(StrEnum):
    """How a response ended."""

    COMPLETE = "then ended as HTTP requires"
    CLOSED = "then closed the connection"
    RESET = "then reset the connection"
    SILENT = "then sent nothing more until the client left"
    CUT_OFF = "then was still sending when the recording ended"


class Exchange(msgspec.Struct, eq=False):
    """One request and what the API answered.

    Attributes:
        request: A digest of the request, which equal requests share.
        dialect: The dialect that the request asked for.
        began: When the request had been sent, in seconds.
        response: What arrived.
        end: How it ended.
        ended: When it ended, in seconds.
    """

    request: bytes
    dialect: Dialect
    began: float
    response: ResponseReader
    end: ResponseEnd = ResponseEnd.CUT_OFF
    ended: float = 0.0


class Unrecordable(Exception):
    """An exchange that can't be written; the message says why."""


def scenarios(exchanges: Iterable[Exchange], prefix: str, redactor: Redactor) -> tuple[list[Scenario], list[str]]:
    """Make scenarios of exchanges in their order, and say which exchanges can't be written.

    Args:
        exchanges: The exchanges.
        prefix: What the ids begin with; a number follows.
        redactor: The rules for texts, ids and secrets.
    """
    attempts: dict[tuple[bytes, Dialect], list[tuple[tuple[AnyStep, ...], str]]] = {}
    problems: list[str] = []
    for number, exchange in enumerate(exchanges, 1):
        group = attempts.get((exchange.request, exchange.dialect), [])
        if len(group) >= MOST_ATTEMPTS or (not group and len(attempts) >= MOST_SCENARIOS):
            problems.append(f"Request {number} was not recorded: a file takes no more.")
            continue
        try:
            made = steps(exchange, redactor)
        except Unrecordable as reason:
            problems.append(f"Request {number} was not recorded: {reason}.")
            continue
        attempts[exchange.request, exchange.dialect] = [*group, (made, summary(exchange))]
    named = enumerate(attempts.items(), 1)
    return [_scenario(f"{prefix}-{number}", dialect, group) for number, ((_, dialect), group) in named], problems


def _scenario(id_: str, dialect: Dialect, attempts: list[tuple[tuple[AnyStep, ...], str]]) -> Scenario:
    first, *others = (made for made, _ in attempts)
    shown = [text for _, text in attempts[:4]]
    more = f"; and {counted(len(attempts) - 4, 'more answer')}" if len(attempts) > 4 else ""
    return Scenario(
        id=id_,
        family=Family.CUSTOM,
        title=f"Recorded: {'; again: '.join(shown)}{more}.",
        steps=first,
        then=others[0] if others else (),
        more=tuple(others[1:]),
        ideal=NoIdeal(),
        text=Text.NONE,
        retry=False,
        only=frozenset({dialect}),
    )


def summary(exchange: Exchange) -> str:
    """Say in words what the API answered."""
    head = exchange.response.head
    status = f"HTTP {head.status_code}" if head else "no response"
    return f"{status}, {counted(len(exchange.response.chunks), 'chunk')}, {exchange.end}"


def steps(exchange: Exchange, redactor: Redactor) -> tuple[AnyStep, ...]:
    """Make the steps that answer as the API did.

    Raises:
        Unrecordable: The answer can't be written without its texts, or is too long.
    """
    response = exchange.response
    chunks, encoding, length = _decompressed(response)
    if response.head is not None and _is_framed(response) and not redactor.keep_text:
        raise Unrecordable("the texts in frames of an AWS event stream can't be replaced; --keep-text keeps them")
    if response.head is None:
        chunks = [Chunk(chunk.at, redactor.redact_head(chunk.data), is_raw=True) for chunk in chunks]
    else:
        chunks = _redacted(chunks, redactor)
    made: list[AnyStep] = []
    now = exchange.began
    pauses = _Pauses()
    if response.head is not None:
        made += [*pauses.until(now, response.head_at), _head(exchange, encoding, length, redactor)]
        now = response.head_at
    for chunk in chunks:
        made += pauses.until(now, chunk.at)
        made.append(Raw(chunk.data) if chunk.is_raw else _sent(chunk.data, exchange.dialect))
        now = chunk.at
    if exchange.end is not ResponseEnd.SILENT and exchange.end is not ResponseEnd.CUT_OFF:
        made += pauses.until(now, exchange.ended)
    made += _ending(exchange.end)
    if len(made) > MOST_STEPS or sum(len(chunk.data) for chunk in chunks) > Limits().body:
        raise Unrecordable("the answer is too long")
    try:
        compile_steps(tuple(made), exchange.dialect)
    except (h11.LocalProtocolError, ValueError) as error:
        raise Unrecordable(f"it can't be replayed: {error}") from None
    return tuple(made)


class _Pauses:
    """The pauses of one answer, which together take less time than the backend gives an answer."""

    def __init__(self) -> None:
        self._left = Limits().answer * 0.9

    def until(self, before: float, after: float) -> list[AnyStep]:
        """Return the pause between two moments; none if it is too short, or no time is left."""
        seconds = min(round(after - before, _ROUNDED), self._left)
        if seconds < _SHORTEST:
            return []
        self._left -= seconds
        return [Pause(seconds)]


def _ending(end: ResponseEnd) -> tuple[AnyStep, ...]:
    match end:
        case ResponseEnd.COMPLETE:
            return (Finish(),)
        case ResponseEnd.CLOSED:
            return (Close(),)
        case ResponseEnd.RESET:
            return (*TAKEN, Reset())
        case ResponseEnd.SILENT | ResponseEnd.CUT_OFF:
            return (Hold(),)


def _head(exchange: Exchange, encoding: str, length: int | None, redactor: Redactor) -> Head:
    head = exchange.response.head
    if head is None or not 200 <= head.status_code <= 599:
        raise Unrecordable("its status is none of HTTP")
    headers = [
        (name.decode("latin-1"), redactor.remove_secrets(value).decode("latin-1"))
        for name, value in head.headers.raw_items()
        if name.decode("latin-1").lower() in RETRY_HEADERS
    ]
    usual = stream_content_type(exchange.dialect)
    content_type = redactor.remove_secrets(header(head, b"content-type").encode()).decode()
    return Head(length, encoding, head.status_code, "" if content_type == usual else content_type, tuple(headers))


def _is_framed(response: ResponseReader) -> bool:
    return response.head is not None and frames.CONTENT_TYPE in header(response.head, b"content-type")


def _decompressed(response: ResponseReader) -> tuple[list[Chunk], str, int | None]:
    """Return the chunks of the body without compression, the `Content-Encoding` that is left, and `Content-Length`.

    A body that is not what its header says keeps the header: that is the fault.
    """
    encoding = header(response.head, b"content-encoding").lower() if response.head else ""
    if encoding not in _COMPRESSED:
        return response.chunks, "" if encoding == "identity" else encoding, response.length
    made = []
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    most = Limits().body
    try:
        for chunk in response.chunks:
            data = chunk.data if chunk.is_raw else decoder.decompress(chunk.data, most)
            most -= len(data)
            if decoder.unconsumed_tail or most <= 0:
                raise Unrecordable("the answer is too long")
            if data:
                made.append(Chunk(chunk.at, data, chunk.is_raw))
    except zlib.error:
        return response.chunks, encoding, response.length
    if response.length is None:
        return made, "", None
    return made, "", sum(len(chunk.data) for chunk in made) + (not response.is_complete)


def _redacted(chunks: list[Chunk], redactor: Redactor) -> list[Chunk]:
    """Redact all chunks as one body, and divide it as it was. The size before a raw chunk belongs to HTTP."""
    sizes = [line[0] if chunk.is_raw and (line := SIZE.match(chunk.data)) else b"" for chunk in chunks]
    body = redactor.redact(b"".join(chunk.data[len(size) :] for chunk, size in zip(chunks, sizes, strict=True)))
    made, begin = [], 0
    for chunk, size in zip(chunks, sizes, strict=True):
        end = begin + len(chunk.data) - len(size)
        made.append(Chunk(chunk.at, size + body[begin:end], chunk.is_raw))
        begin = end
    return made


def _sent(data: bytes, dialect: Dialect) -> AnyStep:
    """Return the step that sends a chunk: its events if it consists of whole ones in the usual form, else its bytes."""
    if dialect in FRAMED or re.search(rb"\r(?!\n)", data):
        return Body(data)
    events = tuple(_events(data))
    if not events or b"".join(encode_event(event, dialect) for event in events) != data:
        return Body(data)
    return events[0] if len(events) == 1 else Together(events)


def _events(data: bytes) -> Iterator[Event]:
    """Yield what may be the events of a chunk; the caller compares them with its bytes."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    for event in text.replace("\r\n", "\n").removesuffix("\n\n").split("\n\n"):
        name, _, value = event.rpartition("\n")
        if not value.startswith("data: ") or "\n" in name:
            return
        yield Event(name.removeprefix("event: "), value.removeprefix("data: "))
