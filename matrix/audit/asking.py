"""Ask a service: send it one request, and read its answer. I/O: connects to the service."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import h11
import msgspec

from matrix.audit.capture import Capture
from matrix.audit.record import ServiceAnswer
from matrix.audit.redirect import PORT
from matrix.backend.headers import header
from matrix.errors import UsageError

_READ: Final = 64 * 1024


class Address(msgspec.Struct, frozen=True):
    """Where a service listens, and the request that it is sent.

    Attributes:
        host: Its host.
        port: Its port.
        path: The path of the request, with the query.
        body: The body of the request; None to send a GET.
    """

    host: str
    port: int
    path: str
    body: bytes | None


class ServiceRequest(msgspec.Struct, frozen=True):
    """The request that a service is sent for each failure.

    Attributes:
        url: Its address, in which `{port}` stands for a free port.
        body: Its body; None to send a GET.
    """

    url: str
    body: bytes | None = None

    @property
    def has_own_port(self) -> bool:
        """Whether each service process has a port of its own, so that several can run at a time."""
        return PORT in self.url

    def at(self, port: int) -> Address:
        """Return the address with a free port.

        Raises:
            UsageError: It is no address of HTTP on this machine's network.
        """
        try:
            parts = urlsplit(self.url.replace(PORT, str(port)))
            number = parts.port or 80
        except ValueError:
            parts, number = urlsplit(""), 0
        if parts.scheme != "http" or not parts.hostname:
            raise UsageError(
                f"{self.url!r} is not the address of a service.",
                "Write it as http://127.0.0.1:8000/chat, or with {port} for a free port.",
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Address(parts.hostname, number, path, self.body)


async def ask(address: Address, clock: Callable[[], float]) -> ServiceAnswer:
    """Send the request to a service, and return its answer, whole or not."""
    connection = h11.Connection(h11.CLIENT)
    body = Capture()
    status, content_type, is_whole = 0, "", False
    try:
        reader, writer = await asyncio.open_connection(address.host, address.port)
    except OSError:
        return ServiceAnswer(at=clock())
    try:
        writer.write(_encode(connection, address))
        while not is_whole:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(_READ))
            elif isinstance(event, h11.Response):
                status = event.status_code
                content_type = header(event, b"content-type")
            elif isinstance(event, h11.Data):
                body.add(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                is_whole = True
            elif isinstance(event, h11.ConnectionClosed):
                break
    except (OSError, h11.RemoteProtocolError):
        pass  # the service broke its answer off
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return ServiceAnswer(status=status, content_type=content_type, body=body.output, is_whole=is_whole, at=clock())


def _encode(connection: h11.Connection, address: Address) -> bytes:
    headers = [("Host", f"{address.host}:{address.port}"), ("Accept", "*/*"), ("Connection", "close")]
    if address.body is not None:
        is_json = address.body.lstrip()[:1] in (b"{", b"[")
        headers += [
            ("Content-Type", "application/json" if is_json else "text/plain; charset=utf-8"),
            ("Content-Length", str(len(address.body))),
        ]
    events: list[h11.Event] = [
        h11.Request(method="GET" if address.body is None else "POST", target=address.path, headers=headers)
    ]
    if address.body:
        events.append(h11.Data(data=address.body))
    return b"".join(connection.send(event) or b"" for event in [*events, h11.EndOfMessage()])
