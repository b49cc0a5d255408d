"""The columns of the matrix: each headline scenario, what it ought to give, and the bytes that were sent. Pure."""

from typing import assert_never

from matrix.backend.wire import Drain, End, Send, Wait, compile_scenario
from matrix.model import Frozen
from matrix.scenarios.sse import Dialect
from matrix.scenarios.steps import (
    Completes,
    IsUnsupported,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Scenario,
)
from matrix.verdict import STREAM_STATUS, control_for


class Wire(Frozen, frozen=True, kw_only=True):
    """The bytes of one scenario in one dialect, and how they are handed over."""

    dialect: str
    actions: tuple[tuple[str, str], ...]


class Column(Frozen, frozen=True, kw_only=True):
    """One headline scenario."""

    scenario: Scenario
    ideal: str
    wires: tuple[Wire, ...]


def column(scenario: Scenario) -> Column:
    """One scenario as a column, with its bytes in every dialect."""
    return Column(
        scenario=scenario,
        ideal=ideal(scenario),
        wires=tuple(_wire(scenario, dialect) for dialect in Dialect),
    )


def ideal(scenario: Scenario) -> str:
    """What a caller ought to see, in words."""
    match scenario.ideal:
        case RaisesStatus(error_type, status) if control_for(scenario):
            return (
                f"Documented: code {status}, and the class that a plain HTTP {status} raises. "
                f"Maintainers': code {STREAM_STATUS}, and type {error_type}."
            )
        case RaisesStatus(error_type, status):
            return f"Code {status}, type {error_type}."
        case Completes():
            return "The whole text, and no exception."
        case RaisesSdk():
            return "An exception of the SDK, which keeps what was sent."
        case Recovers(_, status):
            return f"Code {status}; a client that may retry completes."
        case RaisesAnything():
            return "Any exception: a silent end looks like success."
        case RaisesConnection():
            return "An APIConnectionError, which callers retry."
        case IsUnsupported():
            return "The harness itself says that there is no such scenario."
        case _:
            assert_never(scenario.ideal)


def _wire(scenario: Scenario, dialect: Dialect) -> Wire:
    actions: list[tuple[str, str]] = []
    for action in compile_scenario(scenario, dialect):
        match action:
            case Send(data):
                actions.append(("send", data.decode("utf-8", "backslashreplace").replace("\r", "\\r")))
            case Wait(seconds):
                actions.append(("wait", f"{seconds:g} s"))
            case Drain():
                actions.append(("wait", "until the peer has it all"))
            case End(how):
                actions.append(("end", how))
    return Wire(dialect=dialect, actions=tuple(actions))
