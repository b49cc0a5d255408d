"""The catalogue: every scenario, in the order of the fault families. Pure data.

The backend plays these scenarios, and the probe requests them by id.
"""

from typing import Final

from matrix.catalogue import framing, gateway, protocol
from matrix.catalogue.bedrock import BEDROCK
from matrix.catalogue.control import CLEAN, HTTP_ERRORS, HTTP_SPEND_CAP, UNKNOWN
from matrix.catalogue.error_event import FIRST, IN_BLOCK, LATE, MID, SHAPES
from matrix.catalogue.headlines import BROKEN_STREAMS
from matrix.catalogue.payload import PAYLOADS
from matrix.catalogue.retry import THEN_OK
from matrix.catalogue.steps import Scenario
from matrix.catalogue.transport import FAILURES
from matrix.catalogue.truncation import TRUNCATED

_ALL: Final = (
    *(CLEAN, *HTTP_ERRORS, HTTP_SPEND_CAP, UNKNOWN),
    *(*MID, *FIRST, *IN_BLOCK, *LATE, *SHAPES),
    *PAYLOADS,
    *(*framing.ERRORS, *framing.TOLERATED),
    *TRUNCATED,
    *(*FAILURES, *gateway.CLOSED),
    *(*protocol.NO_STREAM, *protocol.BROKEN_STREAMS, *gateway.BROKEN),
    *gateway.GATEWAY,
    *(*THEN_OK, *gateway.ADVISED),
    *BEDROCK,
)

CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario that the probe requests, by id, in the order in which they are played: controls first."""

PLAYABLE: Final[dict[str, Scenario]] = {id_: scenario for id_, scenario in CATALOGUE.items() if scenario is not UNKNOWN}
"""Every scenario that the backend can play, by id."""

HEADLINES_PLAYED: Final = {
    "overloaded-mid": "mid-overloaded_error",
    "overloaded-first": "first-overloaded_error",
    "rate-limited-mid": "mid-rate_limit_error",
    "server-error-mid": "mid-api_error",
    "invalid-request-mid": "mid-invalid_request_error",
    "overloaded-http": "http-overloaded_error",
    "rate-limited-http": "http-rate_limit_error",
    **BROKEN_STREAMS,
    "damaged": "bad-json-delta",
}
"""The scenario that plays each headline over the Anthropic API, by their ids."""
