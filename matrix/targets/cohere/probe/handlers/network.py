"""Catch the transport errors of httpx. Ours: the SDK wraps them in no class of its own."""

import httpx


def ask(create):
    try:
        return list(create())
    except httpx.TransportError:
        return "retry"
