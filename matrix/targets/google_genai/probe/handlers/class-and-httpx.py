"""Catch the class of 5xx, and the errors of httpx for a lost connection. Seen in several apps."""

import httpx
from google.genai import errors


def ask(create):
    try:
        return list(create())
    except (errors.ServerError, httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError, ConnectionError):
        return "retry"
