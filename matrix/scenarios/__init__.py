"""The catalogue: every scenario, by fault family, and its digest.

The catalogue is what the backend plays and what the probe asks for by name. It is pure data.
"""

from typing import Final

from matrix.scenarios.broken import EOF_MID, RESET
from matrix.scenarios.control import CLEAN, HTTP_ERRORS, UNKNOWN
from matrix.scenarios.error_event import FIRST, MID
from matrix.scenarios.steps import Scenario

CATALOGUE: Final[dict[str, Scenario]] = {
    scenario.id: scenario for scenario in (CLEAN, *HTTP_ERRORS, UNKNOWN, *MID, *FIRST, EOF_MID, RESET)
}
"""Every scenario that is asked for, by id, in the order in which they are played: controls first."""

PLAYABLE: Final[dict[str, Scenario]] = {id_: scenario for id_, scenario in CATALOGUE.items() if scenario is not UNKNOWN}
"""What the backend knows."""
