"""The suite of the Anthropic TypeScript SDK. Pure."""

from typing import Final

from matrix.catalogue.control import UNKNOWN
from matrix.catalogue.dialect import SERVER_SENT
from matrix.catalogue.error_event import FIRST, MID
from matrix.catalogue.scenarios import CATALOGUE, HEADLINES_PLAYED
from matrix.catalogue.suite import Suite
from matrix.targets.anthropic.surfaces import RETRIED, TELLING
from matrix.targets.anthropic_typescript.surfaces import CONFINED, DIFFERING, MAIN, SURFACES

SUITE: Final = Suite(
    # The client for Amazon Bedrock is a package of its own, so no call asks for its frames.
    catalogue={id_: scenario for id_, scenario in CATALOGUE.items() if SERVER_SENT & scenario.dialects},
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
    headlines=HEADLINES_PLAYED,
)
