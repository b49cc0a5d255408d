"""`event: error` whose data is not the API's error object: what gateways and proxies send."""

import json
from typing import Final

from matrix.catalogue import sources
from matrix.catalogue.error_event import OVERLOADED, mid_overloaded
from matrix.catalogue.error_types import MESSAGES
from matrix.catalogue.steps import Event, Family, Finish, Head, Prelude, RaisesSdk, Scenario, Text

_HUGE: Final = 256 * 1024
"""Characters of a message that no reader of lines or chunks takes in one read."""

_FLAT = json.dumps({"type": OVERLOADED, "message": MESSAGES[OVERLOADED]})
_NULL = json.dumps({"type": "error", "error": None})


def _unreadable(id_: str, title: str, data: str, *found_in: str) -> Scenario:
    """Data that does not say which error it is. Only a server that is out of order sends it, so it is worth a retry."""
    return Scenario(
        id=id_,
        family=Family.ERROR_PAYLOAD,
        title=title,
        steps=(Head(), Prelude(), Event("error", data), Finish()),
        ideal=RaisesSdk(data),
        text=Text.SOME,
        retry=True,
        sources=found_in,
    )


PAYLOADS = (
    _unreadable(
        "text",
        "An error whose data is plain text, as proxies send it.",
        "upstream connect error or disconnect/reset before headers",
        sources.PLAIN_TEXT,
    ),
    _unreadable("empty", "An error whose data is empty.", "", sources.EMPTY_DATA),
    _unreadable(
        "bad-json",
        "An error whose JSON is cut off.",
        '{"type": "error", "error": {"type": "overloaded_er',
        sources.SSE_STANDARD,
    ),
    mid_overloaded(
        "flat",
        "An error object without the envelope around it.",
        Prelude(),
        Event("error", _FLAT),
        Finish(),
        family=Family.ERROR_PAYLOAD,
        found_in=(sources.ERROR_PAGE,),
    ),
    _unreadable(
        "html",
        "An error whose data is a page of HTML.",
        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
        sources.SSE_STANDARD,
    ),
    mid_overloaded(
        "extra-fields",
        "An error with fields that nobody knows yet.",
        Prelude(),
        Event(
            "error",
            json.dumps(
                {
                    "type": "error",
                    "error": {"type": OVERLOADED, "message": MESSAGES[OVERLOADED], "hint": {"wait": [1, 2.5, None]}},
                    "region": "somewhere",
                }
            ),
        ),
        Finish(),
        family=Family.ERROR_PAYLOAD,
    ),
    _unreadable("null-error", "An error object whose error is null.", _NULL, sources.ERROR_PAGE),
    _unreadable(
        "no-type",
        "An error object with a message and no type, as other clouds' gateways send it.",
        '{"message": "Too many tokens, please wait before trying again."}',
        sources.BEDROCK,
    ),
    mid_overloaded(
        "huge",
        "An error with a message of a quarter of a million characters.",
        Prelude(),
        Event("error", json.dumps({"type": "error", "error": {"type": OVERLOADED, "message": "x" * _HUGE}})),
        Finish(),
        family=Family.ERROR_PAYLOAD,
        found_in=(sources.SSE_STANDARD,),
    ),
)
