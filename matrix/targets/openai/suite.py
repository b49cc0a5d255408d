"""The suite of the OpenAI Python SDK. Pure."""

from typing import Final

from matrix.catalogue.headlines import BROKEN_STREAMS
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
    headlines={
        # Its suite plays no overloaded server before the first chunk.
        "overloaded-mid": TELLING[0],
        "rate-limited-mid": "mid-rate_limit_exceeded",
        "server-error-mid": "mid-server_error",
        "invalid-request-mid": "mid-invalid_request_error",
        "overloaded-http": "http-server_is_overloaded",
        "rate-limited-http": "http-rate_limit_exceeded",
        **BROKEN_STREAMS,
    },
)
