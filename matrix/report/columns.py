"""The columns of the matrix: each headline scenario, what it ought to give, and the bytes that were sent. Pure."""

from matrix.model import Frozen
from matrix.scenarios.sse import Dialect
from matrix.scenarios.steps import Scenario
from matrix.wording import ideal, wire


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
        wires=tuple(Wire(dialect=dialect, actions=wire(scenario, dialect)) for dialect in Dialect),
    )
