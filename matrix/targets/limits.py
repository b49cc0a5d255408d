"""Limits of a remedy: the cases in which it can't be right, each with the reason. Pure."""

import msgspec

from matrix.catalogue.steps import Completes, Scenario
from matrix.catalogue.surfaces import Shows, Surface
from matrix.observation import Observation


class Limit(msgspec.Struct, frozen=True):
    """A case in which the remedy can't be right, and the reason.

    Attributes:
        reason: Why, in a sentence or two.
        scenarios: The scenarios of which it is true; empty for all.
        unwatched: Whether it is true only of calls that give their caller no events.
        legal: Whether it is true only of streams that are legal and complete, on which the release itself fails.
        bodiless: Whether it is true only of exceptions of the SDK that have no body.
    """

    reason: str
    scenarios: tuple[str, ...] = ()
    unwatched: bool = False
    legal: bool = False
    bodiless: bool = False

    def covers(self, scenario: Scenario, surface: Surface, observation: Observation) -> bool:
        """Whether this is why the remedy is not right about a call."""
        raised = observation.exception
        return (
            (not self.scenarios or scenario.id in self.scenarios)
            and (not self.unwatched or surface.shows is not Shows.EVENTS)
            and (not self.legal or isinstance(scenario.ideal, Completes))
            and (not self.bodiless or (raised is not None and raised.is_bodiless))
        )
