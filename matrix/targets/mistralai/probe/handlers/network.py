"""Catch the network errors of httpx2. Ours: the README of the SDK names their base class."""

import httpx2


def ask(create):
    try:
        return list(create())
    except httpx2.RequestError:
        return "retry"
