"""Controls: scenarios whose results must be right before any other result of a run is trusted."""

import json

from matrix.catalogue.error_titles import title_error
from matrix.catalogue.error_types import DOCUMENTED_STATUS, MESSAGES, RETRYABLE
from matrix.catalogue.sources import ERROR_PAGE
from matrix.catalogue.steps import (
    Completes,
    Family,
    Finish,
    Head,
    IsUnsupported,
    Prelude,
    RaisesStatus,
    Respond,
    Rest,
    Scenario,
    Text,
)


def error_body(error_type: str, **more: object) -> str:
    """Encode the API's error object for `error_type` as JSON on one line; `more` adds fields inside `error`."""
    return json.dumps({"type": "error", "error": {"type": error_type, "message": MESSAGES[error_type], **more}})


CLEAN = Scenario(
    id="clean",
    family=Family.CONTROL,
    title="A complete stream.",
    steps=(Head(), Prelude(), Rest(), Finish()),
    ideal=Completes(),
    text=Text.ALL,
    retry=False,
)

HTTP_ERRORS = tuple(
    Scenario(
        id=f"http-{error_type}",
        family=Family.CONTROL,
        title=f"{title_error(error_type, status)} as a plain HTTP {status} response, without a stream.",
        steps=(Respond(status, error_body(error_type)),),
        ideal=RaisesStatus(error_type, status),
        text=Text.NONE,
        retry=error_type in RETRYABLE,
        sources=(ERROR_PAGE,),
    )
    for error_type, status in DOCUMENTED_STATUS.items()
)

SPEND_CAP = error_body("rate_limit_error", details={"error_code": "enforced_spend_limit_reached"})
"""A rate limit that no retry can fix. Releases may have a class for the code in its details."""

HTTP_SPEND_CAP = Scenario(
    id="http-spend-cap",
    family=Family.CONTROL,
    title="A rate_limit_error for a reached spend limit as a plain HTTP 429 response, without a stream.",
    steps=(Respond(DOCUMENTED_STATUS["rate_limit_error"], SPEND_CAP),),
    ideal=RaisesStatus("rate_limit_error", DOCUMENTED_STATUS["rate_limit_error"]),
    text=Text.NONE,
    retry=False,
    sources=(ERROR_PAGE,),
)

UNKNOWN = Scenario(
    id="unknown",
    family=Family.CONTROL,
    title="A scenario that the backend does not know.",
    steps=(),
    ideal=IsUnsupported(),
    text=Text.NONE,
    retry=False,
)
"""The probe requests it like any other scenario, and the backend deliberately does not play it. The harness must
report it as unsupported, however the SDK handles the 404."""
