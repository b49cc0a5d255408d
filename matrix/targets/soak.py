"""What a target says about its soak: the calls, and what decides whether one hangs. Pure."""

import msgspec


class Soak(msgspec.Struct, frozen=True, kw_only=True):
    """A long run of asynchronous calls, each with a client that nobody closes.

    Attributes:
        scenarios: The scenarios that its calls play in turn, by id.
        carriers: The packages whose versions can matter: releases with the same versions share one result.
        cause: The one of them whose version decides, as far as is known.
        eras: The first releases of the eras of the package: in each it ends clients and streams in its own way.
        fix: What to write in a program, as a sentence.
    """

    scenarios: tuple[str, ...]
    carriers: tuple[str, ...]
    cause: str
    eras: tuple[str, ...]
    fix: str
