"""Catch the network errors of httpx, which the SDK used before httpx2. Seen in several apps."""

import httpx


def ask(create):
    try:
        return list(create())
    except httpx.RequestError:
        return "retry"
