"""Playing compiled actions: bytes to a socket, waits, and our own hand on the socket for what is illegal.

I/O. It decides nothing: `matrix.catalogue.wire` has, and the theory is there.
"""

import asyncio
import contextlib
import socket
import struct
import sys
from asyncio import sleep  # by a name of our own: tests of retry code replace `asyncio.sleep`, and share our process
from typing import assert_never

from matrix.catalogue.sse import Dialect
from matrix.catalogue.steps import Scenario
from matrix.catalogue.wire import Drain, End, Ending, Send, Wait, compile_scenario

_DRAIN_POLL = 0.0005
"""Seconds between two looks at the send queue; loopback empties it in well under a millisecond."""


async def play(scenario: Scenario, dialect: Dialect, number: int, writer: asyncio.StreamWriter) -> Ending:
    """Play a scenario to attempt `number` of one call, from 0, and leave the connection as it says."""
    for action in compile_scenario(scenario, dialect, number):
        match action:
            case Send(data):
                writer.write(data)
                await writer.drain()
            case Wait(seconds):
                await sleep(seconds)
            case Drain():
                await _drain_kernel(writer)
            case End(how):
                return await _end(writer, how)
            case _:
                assert_never(action)
    raise AssertionError(scenario)  # compiled actions end with an End


async def _end(writer: asyncio.StreamWriter, how: Ending) -> Ending:
    match how:
        case Ending.KEEP_ALIVE | Ending.HOLD:
            pass
        case Ending.FIN:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        case Ending.RESET:
            # Linger on, for zero seconds: close() then sends RST. A plain close or abort would send FIN.
            _socket(writer).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        case _:
            assert_never(how)
    return how


async def _drain_kernel(writer: asyncio.StreamWriter) -> None:
    """Wait until the peer's kernel has acknowledged all that was sent.

    A reset throws away what is still in the send queue, so a scenario that delivers bytes and then resets needs
    this in between.
    """
    if sys.platform != "linux":
        return  # no queue length to ask for; the scenario's pause has to do
    import fcntl
    import termios

    while True:
        if writer.transport.is_closing():  # the number of its file may be another connection's by now
            raise ConnectionResetError
        if not struct.unpack("i", fcntl.ioctl(_socket(writer), termios.TIOCOUTQ, b"\0" * 4))[0]:
            return
        await sleep(_DRAIN_POLL)  # the kernel offers no event for this


def _socket(writer: asyncio.StreamWriter) -> socket.socket:
    found: socket.socket = writer.get_extra_info("socket")
    return found
