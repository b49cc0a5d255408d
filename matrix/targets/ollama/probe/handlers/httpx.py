"""Catch the errors of httpx, which the SDK passes on while it streams. Seen in several apps."""

import httpx


def ask(create):
    try:
        return list(create())
    except (httpx.TimeoutException, httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError):
        return "retry"
