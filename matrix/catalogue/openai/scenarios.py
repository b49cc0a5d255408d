"""The scenarios of the OpenAI API, in the order in which they are played: controls first. Pure data."""

from typing import Final

from matrix.catalogue.openai import endings, framing, responses
from matrix.catalogue.openai.control import CLEAN, HTTP_ERRORS, UNKNOWN
from matrix.catalogue.openai.error_event import FIRST, MID, PAYLOADS, SHAPES
from matrix.catalogue.openai.retry import THEN_OK
from matrix.catalogue.steps import Scenario

_ALL: Final = (
    *(CLEAN, *HTTP_ERRORS, UNKNOWN),
    *(*MID, *FIRST, *SHAPES, *responses.ERROR_EVENTS),
    *PAYLOADS,
    *(*framing.ERRORS, *framing.TOLERATED),
    *endings.TRUNCATED,
    *endings.FAILURES,
    *(*endings.NO_STREAM, responses.INCOMPLETE, endings.WITHOUT_DONE),
    *THEN_OK,
)

OPENAI_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""
