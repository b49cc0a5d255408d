"""The suite of the Anthropic Python SDK. Pure."""

from typing import Final

from matrix.catalogue.control import UNKNOWN
from matrix.catalogue.error_event import FIRST, MID
from matrix.catalogue.scenarios import CATALOGUE, HEADLINES_PLAYED
from matrix.catalogue.suite import Suite
from matrix.targets.anthropic.surfaces import CONFINED, DIFFERING, MAIN, RETRIED, SURFACES, TELLING

SUITE: Final = Suite(
    catalogue=CATALOGUE,
    unknown=UNKNOWN,
    surfaces=SURFACES,
    main=MAIN,
    differing=DIFFERING,
    retried=RETRIED,
    errors=frozenset(scenario.id for scenario in (*MID, *FIRST)),
    headline=TELLING[0],
    cut="eof-mid",
    telling=TELLING,
    confined=CONFINED,
    throttled="mid-throttling-exception",
    headlines=HEADLINES_PLAYED,
)
