"""Scenarios in which the data of `event: error` is not the API's error object, as gateways and proxies send it."""

import json
from typing import Final

from matrix.catalogue import sources
from matrix.catalogue.error_event import OVERLOADED, mid_overloaded
from matrix.catalogue.error_types import MESSAGES
from matrix.catalogue.steps import Event, Family, Finish, Head, Prelude, RaisesSdk, Scenario, Text

_HUGE: Final = 256 * 1024
"""The length of a message in characters, which exceeds what readers of lines or chunks take in one read."""

_FLAT = json.dumps({"type": OVERLOADED, "message": MESSAGES[OVERLOADED]})
_NULL = json.dumps({"type": "error", "error": None})


def _unreadable(id_: str, title: str, data: str, *found_in: str) -> Scenario:
    """Make a scenario whose data does not name the error. Only a broken server sends it, so a retry may help."""
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
        "An error whose JSON is cut short.",
        '{"type": "error", "error": {"type": "overloaded_er',
        sources.SSE_STANDARD,
    ),
    mid_overloaded(
        "flat",
        "An error object without its envelope.",
        Prelude(),
        Event("error", _FLAT),
        Finish(),
        family=Family.ERROR_PAYLOAD,
        found_in=(sources.ERROR_PAGE,),
    ),
    _unreadable(
        "html",
        "An error whose data is an HTML page.",
        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
        sources.SSE_STANDARD,
    ),
    mid_overloaded(
        "extra-fields",
        "An error with fields that no release knows.",
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
        "An error object with a message but no type, as gateways of other clouds send it.",
        '{"message": "Too many tokens, please wait before trying again."}',
        sources.BEDROCK,
    ),
    mid_overloaded(
        "huge",
        "An error with a message of 262,144 characters.",
        Prelude(),
        Event("error", json.dumps({"type": "error", "error": {"type": OVERLOADED, "message": "x" * _HUGE}})),
        Finish(),
        family=Family.ERROR_PAYLOAD,
        found_in=(sources.SSE_STANDARD,),
    ),
)
