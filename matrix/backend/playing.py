"""Play compiled actions on a socket: send bytes, wait, and end the response. I/O.

`matrix.catalogue.wire` decides which actions are played and explains them.
"""

import asyncio
import contextlib
import socket
import struct
import sys
from asyncio import sleep  # imported by name: tests of retry code replace `asyncio.sleep` in this process
from collections.abc import Callable
from typing import assert_never

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Scenario
from matrix.catalogue.wire import Drain, End, Ending, Send, Wait, compile_scenario

_DRAIN_POLL = 0.0005
"""Seconds between two checks of the send queue; loopback empties it in well under a millisecond."""


async def play(
    scenario: Scenario, number: int, dialect: Dialect, writer: asyncio.StreamWriter, on_sent: Callable[[bytes], None]
) -> Ending:
    """Play a scenario for request `number` of one call, from 0, and return how the response ended.

    `on_sent` is called with the bytes of each write, once the kernel has them.
    """
    for action in compile_scenario(scenario, dialect, number):
        match action:
            case Send(data):
                writer.write(data)
                await writer.drain()
                on_sent(data)
            case Wait(seconds):
                await sleep(seconds)
            case Drain():
                await drain_kernel(writer)
            case End(how):
                return await end_response(writer, how)
            case _:
                assert_never(action)
    raise AssertionError(scenario)  # compiled actions end with an End


async def end_response(writer: asyncio.StreamWriter, how: Ending) -> Ending:
    """End a response: keep the connection, close it, reset it, or leave it open."""
    match how:
        case Ending.KEEP_ALIVE | Ending.HOLD:
            pass
        case Ending.FIN:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        case Ending.RESET:
            # With a linger time of zero, close() sends RST. Otherwise close and abort send FIN.
            _socket(writer).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        case _:
            assert_never(how)
    return how


async def drain_kernel(writer: asyncio.StreamWriter) -> None:
    """Wait until the peer's kernel has acknowledged all bytes that were sent.

    A reset discards the send queue, so a scenario must wait here between its last bytes and a reset.
    """
    if sys.platform != "linux":
        return  # the length of the queue is not available; the scenario's pause must suffice
    import fcntl
    import termios

    while True:
        if writer.transport.is_closing():  # its file descriptor may belong to another connection by now
            raise ConnectionResetError
        if not struct.unpack("i", fcntl.ioctl(_socket(writer), termios.TIOCOUTQ, b"\0" * 4))[0]:
            return
        await sleep(_DRAIN_POLL)  # the kernel has no event for an empty queue


def _socket(writer: asyncio.StreamWriter) -> socket.socket:
    connection: socket.socket = writer.get_extra_info("socket")
    return connection
