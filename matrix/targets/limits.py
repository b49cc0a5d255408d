"""Limits of a remedy: the cases in which it cannot be right, each with its reason. Pure."""

import msgspec

from matrix.catalogue.steps import Completes, Scenario
from matrix.catalogue.surfaces import ReturnedContent, Surface


class Limit(msgspec.Struct, frozen=True):
    """A case in which the remedy cannot be right. A case applies where all its conditions hold.

    Attributes:
        reason: Why the remedy cannot be right, in one or two sentences.
        scenarios: The scenarios to which it applies, by id; empty for all.
        client: The client to which it applies, by id; empty for all.
        unwatched: Whether it applies only to calls that return no events to their caller.
        legal: Whether it applies only to legal and complete streams, on which the release itself fails.
    """

    reason: str
    scenarios: tuple[str, ...] = ()
    client: str = ""
    unwatched: bool = False
    legal: bool = False

    def covers(self, scenario: Scenario, surface: Surface) -> bool:
        """Return whether the case applies to a call."""
        return (
            (not self.scenarios or scenario.id in self.scenarios)
            and self.client in ("", surface.client)
            and (not self.unwatched or surface.shows is not ReturnedContent.EVENTS)
            and (not self.legal or isinstance(scenario.ideal, Completes))
        )
