"""The suite: which calls a cell is asked to make, and the digest by which results of one suite are told apart.

Pure, but for reading the probe's own source: the probe is part of what was measured with, so a changed probe is
another suite, and results of different suites never mix.
"""

import hashlib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from matrix.backend.wire import compile_scenario
from matrix.model import Call
from matrix.scenarios import CATALOGUE
from matrix.scenarios.sse import Dialect

PROBE: Final = Path(__file__).parent / "probe"

SURFACES: Final[dict[str, str]] = {
    f"{surface}{suffix}": title + kind
    for surface, title in {
        "messages.create": "messages.create(stream=True)",
        "messages.stream": "messages.stream()",
        "beta.messages.create": "beta.messages.create(stream=True)",
        "beta.messages.stream": "beta.messages.stream()",
        "completions.create": "completions.create(stream=True)",
        "completion_stream": "Client.completion_stream() of releases before 0.3",
    }.items()
    for suffix, kind in (("", ", sync"), ("-async", ", async"))
}
"""Surface id to title. The probe knows how to call each of them."""


def calls(scenarios: Collection[str] = (), surfaces: Collection[str] = ()) -> tuple[Call, ...]:
    """The calls of the suite, in the order in which they are made; empty selects all."""
    return tuple(
        Call(surface, scenario)
        for surface in SURFACES
        if not surfaces or surface in surfaces
        for scenario in CATALOGUE
        if not scenarios or scenario in scenarios
    )


@cache
def digest() -> str:
    """What names this suite: sixteen hexadecimal digits of a SHA-256.

    Over every scenario's ideal-free wire (its compiled actions in each dialect), the surfaces, and the source of the
    probe with line ends made equal.
    """
    wire = {
        id_: {dialect: compile_scenario(scenario, dialect) for dialect in Dialect}
        for id_, scenario in CATALOGUE.items()
    }
    total = hashlib.sha256(msgspec.json.encode([list(SURFACES), wire], order="deterministic"))
    for source in sorted(PROBE.glob("*.py")):
        total.update(source.name.encode() + b"\0" + source.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()[:16]
