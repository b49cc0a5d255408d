"""The suite of the OpenAI Python SDK. Pure."""

from typing import Final

from matrix.catalogue.openai.control import UNKNOWN
from matrix.catalogue.openai.error_event import FIRST, MID
from matrix.catalogue.openai.responses import ERROR_EVENTS
from matrix.catalogue.openai.scenarios import OPENAI_CATALOGUE
from matrix.catalogue.suite import Suite
from matrix.targets.openai.surfaces import CONFINED, DIFFERING, MAIN, RETRIED, SURFACES, TELLING

SUITE: Final = Suite(
    catalogue=OPENAI_CATALOGUE,
    unknown=UNKNOWN,
    surfaces=SURFACES,
    main=MAIN,
    differing=DIFFERING,
    retried=RETRIED,
    errors=frozenset(scenario.id for scenario in (*MID, *FIRST, *ERROR_EVENTS)),
    headline=TELLING[0],
    cut="eof-mid",
    telling=TELLING,
    confined=CONFINED,
)
