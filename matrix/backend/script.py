"""Scripts: what one base path plays, request by request. Pure."""

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Scenario


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What a base path plays: failures one after the other, and then the whole answer.

    Attributes:
        failures: The scenarios, in their order.
        times: How many requests each of them fails before the next one is played, or the whole answer after the last;
            0 to play the only scenario each time.
        clean: The scenario of the whole answer.
        delay: Seconds before the answer of a failure begins.
        since: The number of requests that the base path had before the script.
    """

    failures: tuple[Scenario, ...]
    times: int
    clean: Scenario
    delay: float = 0.0
    since: int = 0

    @property
    def dialects(self) -> frozenset[Dialect]:
        """The dialects in which all of it exists."""
        return frozenset.intersection(*(scenario.dialects for scenario in self.failures))

    def answer(self, before: int) -> tuple[Scenario, int]:
        """Return the scenario that answers a request, and the number of the request in it.

        Args:
            before: The number of earlier requests with the same base path.
        """
        number = before - self.since
        if not self.times:
            return self.failures[0], number
        part = number // self.times
        return (self.failures[part] if part < len(self.failures) else self.clean), 0

    def is_failure(self, before: int) -> bool:
        """Return whether a request, by the number of earlier ones, gets another answer than the whole one."""
        scenario, number = self.answer(before)
        return scenario.attempt(number) != self.clean.steps
