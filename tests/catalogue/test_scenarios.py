"""The catalogue is pure data: published entries never change, and every row of the domain has its scenarios."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest

from matrix.catalogue.bedrock import EXCEPTIONS as DOCUMENTED_EXCEPTIONS
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.error_types import DOCUMENTED_STATUS, MESSAGES, RETRYABLE
from matrix.catalogue.gateway import CLOSED_BETWEEN_CALLS
from matrix.catalogue.scenarios import CATALOGUE, PLAYABLE
from matrix.catalogue.steps import (
    AnyIdeal,
    AnyStep,
    Body,
    Close,
    Completes,
    Event,
    Family,
    Finish,
    Frame,
    Head,
    IsUnsupported,
    Lines,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Raw,
    Recovers,
    Respond,
    Scenario,
    Text,
    Together,
    dialects_of,
    sort_by_family,
)

ERROR_TYPES: Final = {
    "invalid_request_error": (400, False),
    "authentication_error": (401, False),
    "billing_error": (402, False),
    "permission_error": (403, False),
    "not_found_error": (404, False),
    "conflict_error": (409, True),
    "request_too_large": (413, False),
    "rate_limit_error": (429, True),
    "api_error": (500, True),
    "timeout_error": (504, True),
    "overloaded_error": (529, True),
}
"""`error.type` to its documented status and whether a retry may help, copied from the API's error page."""


EVERYWHERE: Final = frozenset({Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY, Dialect.BEDROCK})
OF_A_MESSAGE: Final = frozenset({Dialect.MESSAGES, Dialect.BEDROCK})
IN_EVENTS: Final = frozenset({Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY})
IN_FRAMES: Final = frozenset({Dialect.BEDROCK})


class Row(NamedTuple):
    """The published fields of one scenario, without its steps."""

    family: Family
    ideal: AnyIdeal
    text: Text
    retry: bool
    dialects: frozenset[Dialect] = EVERYWHERE
    timeout: float | None = None
    control: str = ""


CONTROL, ERROR_EVENT, PAYLOAD, FRAMING = Family.CONTROL, Family.ERROR_EVENT, Family.ERROR_PAYLOAD, Family.FRAMING
TRUNCATION, TRANSPORT, PROTOCOL, RETRY = Family.TRUNCATION, Family.TRANSPORT, Family.PROTOCOL, Family.RETRY
GATEWAY, FRAMES = Family.GATEWAY, Family.EVENT_STREAM

OVERLOADED: Final = RaisesStatus("overloaded_error", 529)
THROTTLED: Final = RaisesStatus("throttlingException", 429)

EXCEPTIONS: Final = {
    "validation-exception": ("validationException", 400, False),
    "model-timeout-exception": ("modelTimeoutException", 408, True),
    "model-stream-error-exception": ("modelStreamErrorException", 424, True),
    "throttling-exception": ("throttlingException", 429, True),
    "internal-server-exception": ("internalServerException", 500, True),
    "service-unavailable-exception": ("serviceUnavailableException", 503, True),
}
"""Part of an id to a type, its documented status and whether a retry may help, copied from the AWS API reference."""

UNHEARD_OF: Final = RaisesStatus("unheardOfException", None)

EXCEPTION_ROWS: Final = {
    **{
        f"http-{id_}": Row(FRAMES, RaisesStatus(kind, status), Text.NONE, retry=retry, dialects=IN_FRAMES)
        for id_, (kind, status, retry) in EXCEPTIONS.items()
    },
    **{
        f"mid-{id_}": Row(
            FRAMES, RaisesStatus(kind, status), Text.SOME, retry=retry, dialects=IN_FRAMES, control=f"http-{id_}"
        )
        for id_, (kind, status, retry) in EXCEPTIONS.items()
    },
    "mid-unheard-of-exception": Row(FRAMES, UNHEARD_OF, Text.SOME, retry=False, dialects=IN_FRAMES),
    **{
        f"first-{id_}": Row(
            FRAMES, RaisesStatus(kind, status), Text.NONE, retry=retry, dialects=IN_FRAMES, control=f"http-{id_}"
        )
        for id_, (kind, status, retry) in EXCEPTIONS.items()
    },
    "first-unheard-of-exception": Row(FRAMES, UNHEARD_OF, Text.NONE, retry=False, dialects=IN_FRAMES),
}
"""The rows of the exceptions of Bedrock: as a plain response, after some text, and as the first frame."""

TABLE: Final = {
    "clean": Row(CONTROL, Completes(), Text.ALL, retry=False),
    "http-invalid_request_error": Row(CONTROL, RaisesStatus("invalid_request_error", 400), Text.NONE, retry=False),
    "http-authentication_error": Row(CONTROL, RaisesStatus("authentication_error", 401), Text.NONE, retry=False),
    "http-billing_error": Row(CONTROL, RaisesStatus("billing_error", 402), Text.NONE, retry=False),
    "http-permission_error": Row(CONTROL, RaisesStatus("permission_error", 403), Text.NONE, retry=False),
    "http-not_found_error": Row(CONTROL, RaisesStatus("not_found_error", 404), Text.NONE, retry=False),
    "http-conflict_error": Row(CONTROL, RaisesStatus("conflict_error", 409), Text.NONE, retry=True),
    "http-request_too_large": Row(CONTROL, RaisesStatus("request_too_large", 413), Text.NONE, retry=False),
    "http-rate_limit_error": Row(CONTROL, RaisesStatus("rate_limit_error", 429), Text.NONE, retry=True),
    "http-api_error": Row(CONTROL, RaisesStatus("api_error", 500), Text.NONE, retry=True),
    "http-timeout_error": Row(CONTROL, RaisesStatus("timeout_error", 504), Text.NONE, retry=True),
    "http-overloaded_error": Row(CONTROL, RaisesStatus("overloaded_error", 529), Text.NONE, retry=True),
    "http-spend-cap": Row(CONTROL, RaisesStatus("rate_limit_error", 429), Text.NONE, retry=False),
    "unknown": Row(CONTROL, IsUnsupported(), Text.NONE, retry=False),
    "mid-invalid_request_error": Row(ERROR_EVENT, RaisesStatus("invalid_request_error", 400), Text.SOME, retry=False),
    "mid-authentication_error": Row(ERROR_EVENT, RaisesStatus("authentication_error", 401), Text.SOME, retry=False),
    "mid-billing_error": Row(ERROR_EVENT, RaisesStatus("billing_error", 402), Text.SOME, retry=False),
    "mid-permission_error": Row(ERROR_EVENT, RaisesStatus("permission_error", 403), Text.SOME, retry=False),
    "mid-not_found_error": Row(ERROR_EVENT, RaisesStatus("not_found_error", 404), Text.SOME, retry=False),
    "mid-conflict_error": Row(ERROR_EVENT, RaisesStatus("conflict_error", 409), Text.SOME, retry=True),
    "mid-request_too_large": Row(ERROR_EVENT, RaisesStatus("request_too_large", 413), Text.SOME, retry=False),
    "mid-rate_limit_error": Row(ERROR_EVENT, RaisesStatus("rate_limit_error", 429), Text.SOME, retry=True),
    "mid-api_error": Row(ERROR_EVENT, RaisesStatus("api_error", 500), Text.SOME, retry=True),
    "mid-timeout_error": Row(ERROR_EVENT, RaisesStatus("timeout_error", 504), Text.SOME, retry=True),
    "mid-overloaded_error": Row(ERROR_EVENT, RaisesStatus("overloaded_error", 529), Text.SOME, retry=True),
    "mid-unheard_of_error": Row(ERROR_EVENT, RaisesStatus("unheard_of_error", None), Text.SOME, retry=False),
    "first-invalid_request_error": Row(ERROR_EVENT, RaisesStatus("invalid_request_error", 400), Text.NONE, retry=False),
    "first-authentication_error": Row(ERROR_EVENT, RaisesStatus("authentication_error", 401), Text.NONE, retry=False),
    "first-billing_error": Row(ERROR_EVENT, RaisesStatus("billing_error", 402), Text.NONE, retry=False),
    "first-permission_error": Row(ERROR_EVENT, RaisesStatus("permission_error", 403), Text.NONE, retry=False),
    "first-not_found_error": Row(ERROR_EVENT, RaisesStatus("not_found_error", 404), Text.NONE, retry=False),
    "first-conflict_error": Row(ERROR_EVENT, RaisesStatus("conflict_error", 409), Text.NONE, retry=True),
    "first-request_too_large": Row(ERROR_EVENT, RaisesStatus("request_too_large", 413), Text.NONE, retry=False),
    "first-rate_limit_error": Row(ERROR_EVENT, RaisesStatus("rate_limit_error", 429), Text.NONE, retry=True),
    "first-api_error": Row(ERROR_EVENT, RaisesStatus("api_error", 500), Text.NONE, retry=True),
    "first-timeout_error": Row(ERROR_EVENT, RaisesStatus("timeout_error", 504), Text.NONE, retry=True),
    "first-overloaded_error": Row(ERROR_EVENT, RaisesStatus("overloaded_error", 529), Text.NONE, retry=True),
    "first-unheard_of_error": Row(ERROR_EVENT, RaisesStatus("unheard_of_error", None), Text.NONE, retry=False),
    "tool-block": Row(ERROR_EVENT, OVERLOADED, Text.SOME, retry=True, dialects=OF_A_MESSAGE),
    "thinking-block": Row(ERROR_EVENT, OVERLOADED, Text.NONE, retry=True, dialects=OF_A_MESSAGE),
    "after-delta": Row(ERROR_EVENT, OVERLOADED, Text.ALL, retry=False, dialects=OF_A_MESSAGE),
    "after-stop": Row(ERROR_EVENT, OVERLOADED, Text.ALL, retry=False),
    "spend-cap": Row(
        ERROR_EVENT, RaisesStatus("rate_limit_error", 429), Text.SOME, retry=False, control="http-spend-cap"
    ),
    "details-null": Row(ERROR_EVENT, OVERLOADED, Text.SOME, retry=True),
    "trailing-space": Row(ERROR_EVENT, OVERLOADED, Text.SOME, retry=True),
    "request-id": Row(ERROR_EVENT, OVERLOADED, Text.SOME, retry=True),
    "error-held": Row(ERROR_EVENT, OVERLOADED, Text.SOME, retry=True, timeout=0.5),
    "text": Row(PAYLOAD, RaisesSdk("upstream connect error or disconnect/reset before headers"), Text.SOME, retry=True),
    "empty": Row(PAYLOAD, RaisesSdk(""), Text.SOME, retry=True),
    "bad-json": Row(PAYLOAD, RaisesSdk('{"type": "error", "error": {"type": "overloaded_er'), Text.SOME, retry=True),
    "flat": Row(PAYLOAD, OVERLOADED, Text.SOME, retry=True),
    "html": Row(
        PAYLOAD,
        RaisesSdk("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"),
        Text.SOME,
        retry=True,
    ),
    "extra-fields": Row(PAYLOAD, OVERLOADED, Text.SOME, retry=True),
    "null-error": Row(PAYLOAD, RaisesSdk('{"type": "error", "error": null}'), Text.SOME, retry=True),
    "no-type": Row(
        PAYLOAD,
        RaisesSdk('{"message": "Too many tokens, please wait before trying again."}'),
        Text.SOME,
        retry=True,
    ),
    "huge": Row(PAYLOAD, OVERLOADED, Text.SOME, retry=True),
    "data-only": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "no-event-names": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "multi-line": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "crlf": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "cr": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "split-crlf": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "bom": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "retry-field": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "id-field": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "comment": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "no-space": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "byte-at-a-time": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "split-utf8": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "line-separator": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "no-final-blank": Row(FRAMING, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "empty-named-event": Row(FRAMING, Completes(), Text.ALL, retry=False, dialects=IN_EVENTS),
    "unknown-event": Row(FRAMING, Completes(), Text.ALL, retry=False),
    "ping": Row(FRAMING, Completes(), Text.ALL, retry=False),
    "done-data": Row(FRAMING, Completes(), Text.ALL, retry=False, dialects=IN_EVENTS),
    "done-event": Row(FRAMING, Completes(), Text.ALL, retry=False, dialects=IN_EVENTS),
    "eof-mid": Row(TRUNCATION, RaisesAnything(), Text.SOME, retry=True),
    "eof-after-delta": Row(TRUNCATION, RaisesAnything(), Text.ALL, retry=False, dialects=OF_A_MESSAGE),
    "eof-before-anything": Row(TRUNCATION, RaisesAnything(), Text.NONE, retry=True),
    "eof-in-tool": Row(TRUNCATION, RaisesAnything(), Text.SOME, retry=True, dialects=OF_A_MESSAGE),
    "reset": Row(TRANSPORT, RaisesConnection(), Text.SOME, retry=True),
    "reset-before-anything": Row(TRANSPORT, RaisesConnection(), Text.NONE, retry=True),
    "no-last-chunk": Row(TRANSPORT, RaisesConnection(), Text.SOME, retry=True),
    "cut-chunk": Row(TRANSPORT, RaisesConnection(), Text.SOME, retry=True, dialects=IN_EVENTS),
    "bad-chunk-size": Row(TRANSPORT, RaisesConnection(), Text.SOME, retry=True),
    "short-content-length": Row(TRANSPORT, RaisesConnection(), Text.SOME, retry=True),
    "bad-gzip": Row(TRANSPORT, RaisesConnection(), Text.NONE, retry=True),
    "stall": Row(TRANSPORT, RaisesConnection(), Text.SOME, retry=True, timeout=0.5),
    "slow-drip": Row(TRANSPORT, RaisesConnection(), Text.SOME, retry=True, dialects=IN_EVENTS, timeout=0.5),
    "close-after-head": Row(TRANSPORT, RaisesConnection(), Text.NONE, retry=True),
    "closed-between-calls": Row(TRANSPORT, RaisesConnection(), Text.NONE, retry=True),
    "html-200": Row(PROTOCOL, RaisesSdk("<html><body><h1>Sign in</h1></body></html>"), Text.NONE, retry=True),
    "json-error-200": Row(PROTOCOL, OVERLOADED, Text.NONE, retry=True),
    "empty-200": Row(PROTOCOL, RaisesSdk(), Text.NONE, retry=True),
    "bad-utf8": Row(PROTOCOL, RaisesSdk(), Text.SOME, retry=True, dialects=OF_A_MESSAGE),
    "bad-json-delta": Row(PROTOCOL, RaisesSdk(), Text.SOME, retry=True, dialects=OF_A_MESSAGE),
    "bad-tool-json": Row(PROTOCOL, RaisesSdk(), Text.NONE, retry=True, dialects=OF_A_MESSAGE),
    "block-before-start": Row(PROTOCOL, RaisesSdk(), Text.NONE, retry=True, dialects=OF_A_MESSAGE),
    "duplicate-start": Row(PROTOCOL, RaisesSdk(), Text.SOME, retry=True, dialects=OF_A_MESSAGE),
    "delta-without-start": Row(PROTOCOL, RaisesSdk(), Text.NONE, retry=True, dialects=OF_A_MESSAGE),
    "index-out-of-range": Row(PROTOCOL, RaisesSdk(), Text.SOME, retry=True, dialects=OF_A_MESSAGE),
    "json-array-200": Row(
        PROTOCOL,
        RaisesSdk('[{"error": {"code": 503, "message": "The service is unavailable.", "status": "UNAVAILABLE"}}]'),
        Text.NONE,
        retry=True,
    ),
    "pings-only": Row(GATEWAY, RaisesConnection(), Text.NONE, retry=True, dialects=OF_A_MESSAGE, timeout=0.5),
    "null-usage": Row(GATEWAY, Completes(), Text.ALL, retry=False, dialects=OF_A_MESSAGE),
    "null-content": Row(GATEWAY, Completes(), Text.ALL, retry=False, dialects=OF_A_MESSAGE),
    "no-content": Row(GATEWAY, Completes(), Text.ALL, retry=False, dialects=OF_A_MESSAGE),
    "openai-error": Row(
        GATEWAY,
        RaisesSdk('{"error": {"message": "Stream error: connection closed", "type": "stream_error"}}'),
        Text.SOME,
        retry=True,
        dialects=IN_EVENTS,
    ),
    "error-then-done": Row(GATEWAY, OVERLOADED, Text.SOME, retry=True, dialects=IN_EVENTS),
    "error-after-pause-turn": Row(ERROR_EVENT, OVERLOADED, Text.ALL, retry=False, dialects=OF_A_MESSAGE),
    "http-529-then-ok": Row(RETRY, Recovers("overloaded_error", 529), Text.NONE, retry=True),
    "mid-then-ok": Row(RETRY, OVERLOADED, Text.SOME, retry=True),
    "reset-then-ok": Row(RETRY, RaisesConnection(), Text.SOME, retry=True),
    "http-529-retry-after": Row(RETRY, Recovers("overloaded_error", 529), Text.NONE, retry=True),
    "http-529-no-retry": Row(RETRY, OVERLOADED, Text.NONE, retry=False),
    **EXCEPTION_ROWS,
    "split-frame": Row(
        FRAMES, THROTTLED, Text.SOME, retry=True, dialects=IN_FRAMES, control="http-throttling-exception"
    ),
    "no-exception-message": Row(
        FRAMES, THROTTLED, Text.SOME, retry=True, dialects=IN_FRAMES, control="http-throttling-exception"
    ),
    "exception-after-stop": Row(
        FRAMES, THROTTLED, Text.ALL, retry=False, dialects=IN_FRAMES, control="http-throttling-exception"
    ),
    "error-frame": Row(
        FRAMES,
        RaisesStatus("InternalFailure", 500),
        Text.SOME,
        retry=True,
        dialects=IN_FRAMES,
        control="http-internal-server-exception",
    ),
    "unknown-frame": Row(FRAMES, Completes(), Text.ALL, retry=False, dialects=IN_FRAMES),
    "half-frame": Row(FRAMES, RaisesAnything(), Text.SOME, retry=True, dialects=IN_FRAMES),
    "bad-frame-checksum": Row(FRAMES, RaisesAnything(), Text.SOME, retry=True, dialects=IN_FRAMES),
    "bad-prelude-checksum": Row(FRAMES, RaisesAnything(), Text.SOME, retry=True, dialects=IN_FRAMES),
}
"""Every id that was ever published, in its order: an id may be added, none may change."""

DAMAGED_OR_SPLIT: Final = {
    *("split-frame", "no-exception-message", "exception-after-stop", "error-frame", "unknown-frame", "half-frame"),
    *("bad-frame-checksum", "bad-prelude-checksum"),
}
"""Scenarios of the AWS event stream that are not about the type of an exception."""

DOMAIN: Final = (
    (CONTROL, ("clean",)),
    (CONTROL, tuple(f"http-{error_type}" for error_type in ERROR_TYPES)),
    (CONTROL, ("unknown",)),
    (ERROR_EVENT, tuple(f"mid-{error_type}" for error_type in (*ERROR_TYPES, "unheard_of_error"))),
    (ERROR_EVENT, tuple(f"first-{error_type}" for error_type in (*ERROR_TYPES, "unheard_of_error"))),
    (ERROR_EVENT, ("tool-block", "thinking-block")),
    (ERROR_EVENT, ("after-delta", "after-stop", "error-after-pause-turn")),
    (ERROR_EVENT, ("spend-cap",)),
    (ERROR_EVENT, ("details-null", "trailing-space", "request-id")),
    (PAYLOAD, ("text", "empty", "bad-json", "flat", "html", "extra-fields", "null-error", "huge")),
    (FRAMING, ("data-only", "no-event-names", "multi-line", "crlf", "split-crlf", "bom", "retry-field", "comment")),
    (FRAMING, ("no-space", "byte-at-a-time", "split-utf8", "line-separator")),
    (FRAMING, ("no-final-blank", "empty-named-event", "unknown-event", "ping", "done-data", "done-event")),
    (TRUNCATION, ("eof-mid", "eof-after-delta", "eof-before-anything", "eof-in-tool")),
    (TRANSPORT, ("reset", "cut-chunk", "bad-chunk-size", "short-content-length", "bad-gzip", "stall", "slow-drip")),
    (TRANSPORT, ("close-after-head", "closed-between-calls")),
    (PROTOCOL, ("html-200", "json-error-200", "empty-200", "bad-utf8", "bad-json-delta", "bad-tool-json")),
    (PROTOCOL, ("block-before-start", "duplicate-start")),
    (PROTOCOL, ("delta-without-start", "index-out-of-range", "json-array-200")),
    (GATEWAY, ("pings-only", "null-usage", "null-content", "no-content", "openai-error", "error-then-done")),
    (RETRY, ("http-529-then-ok", "mid-then-ok", "reset-then-ok")),
    (RETRY, ("http-529-retry-after", "http-529-no-retry")),
    (FRAMES, tuple(f"http-{exception}" for exception in EXCEPTIONS)),
    (FRAMES, tuple(f"mid-{exception}" for exception in (*EXCEPTIONS, "unheard-of-exception"))),
    (FRAMES, tuple(f"first-{exception}" for exception in (*EXCEPTIONS, "unheard-of-exception"))),
    (FRAMES, tuple(sorted(DAMAGED_OR_SPLIT))),
)
"""The required minimum: rows of a family and its ids."""

EXTRA: Final = {"http-spend-cap", "no-type", "cr", "id-field", "error-held", "no-last-chunk", "reset-before-anything"}
"""The ids that the catalogue has beyond the required minimum."""

REQUIRED_SOURCES: Final = {
    "anthropics/anthropic-sdk-python#688",
    "anthropics/anthropic-sdk-python#1192",
    "anthropics/anthropic-sdk-python#1258",
    "anthropics/anthropic-sdk-python#1470",
    "anthropics/anthropic-sdk-python#1477",
    "anthropics/anthropic-sdk-python#1799",
    "anthropics/anthropic-sdk-python#1918",
    "anthropics/anthropic-sdk-python#1919",
    "BerriAI/litellm#4562",
    "BerriAI/litellm#41826",
    "langchain-ai/langchain#36964",
    "vercel/ai#2463",
    "Helicone/helicone#4678",
    "pydantic/pydantic-ai#4729",
    "Podden/openwebui_anthropic_api_manifold_pipe#19",
}
"""The threads, issues and pull requests, in which people showed the shapes of these faults."""

NOT_BEHIND_A_200: Final = {
    *(f"http-{error_type}" for error_type in ERROR_TYPES),
    *("http-spend-cap", "unknown", "http-529-then-ok", "http-529-retry-after", "http-529-no-retry"),
    "closed-between-calls",  # the second request gets no answer at all
    *(f"http-{exception}" for exception in EXCEPTIONS),
}

FOREIGN_STATUS: Final = {"html": {502}, "json-array-200": {503}}
"""The statuses of other services that scenarios hold in a text, by scenario."""

each_type = pytest.mark.parametrize("error_type", ERROR_TYPES)
each_position = pytest.mark.parametrize("position", ["mid", "first"])


def texts_of(steps: tuple[AnyStep, ...]) -> Iterator[str]:
    """Yield the text of each step that has a text, but for pieces of a byte or two."""
    for step in steps:
        match step:
            case Respond(_, body):
                yield body
            case Event(_, data):
                yield data
            case Together(events):
                yield from (event.data for event in events)
            case Frame(headers, payload):
                yield from (value for name, value in headers if name == ":error-message")
                yield payload
            case Body(data) | Raw(data) | Lines(data):
                yield data.decode(errors="replace")
            case _:
                pass


def test_the_ids_are_the_published_ids_in_their_order() -> None:
    """Addresses and data are named by these ids."""
    assert list(TABLE) == list(CATALOGUE)


def test_every_scenario_is_listed_under_its_own_id() -> None:
    """The key in the catalogue equals the scenario's id."""
    assert list(CATALOGUE) == [scenario.id for scenario in CATALOGUE.values()]


def test_there_are_142_scenarios() -> None:
    """The catalogue's dictionary would swallow a repeated id, and so would the table above."""
    assert 142 == len(TABLE) == len(CATALOGUE)


def test_every_id_can_stand_in_an_address_and_in_a_file_name() -> None:
    """An id is a segment of a base URL and the name of a document."""
    assert [] == [id_ for id_ in TABLE if not re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", id_)]


def test_every_scenario_has_the_published_fields() -> None:
    """The fields are the family, ideal, text that arrived, a retry's worth, dialects, timeout and control."""
    assert TABLE == {
        id_: Row(
            scenario.family,
            scenario.ideal,
            scenario.text,
            scenario.retry,
            scenario.dialects,
            scenario.timeout,
            scenario.control,
        )
        for id_, scenario in CATALOGUE.items()
    }


@pytest.mark.parametrize(("family", "ids"), DOMAIN, ids=lambda value: value[0] if isinstance(value, tuple) else value)
def test_every_row_of_the_domain_is_in_its_family(family: Family, ids: tuple[str, ...]) -> None:
    """The catalogue has the required minimum."""
    assert dict.fromkeys(ids, family) == {id_: CATALOGUE[id_].family for id_ in ids}


def test_every_scenario_beyond_the_domain_is_listed() -> None:
    """No scenario enters the catalogue without a decision."""
    assert set(CATALOGUE) - {id_ for _, ids in DOMAIN for id_ in ids} == EXTRA


def test_each_family_has_as_many_scenarios_as_its_rows_and_extras() -> None:
    """No scenario is in two families, and none in the wrong family."""
    expected = {
        CONTROL: 14,
        ERROR_EVENT: 34,
        PAYLOAD: 9,
        FRAMING: 20,
        TRUNCATION: 4,
        TRANSPORT: 11,
        PROTOCOL: 11,
        GATEWAY: 6,
        RETRY: 5,
        FRAMES: 28,
    }
    assert expected == Counter(scenario.family for scenario in CATALOGUE.values())


def test_families_stand_together_with_the_controls_first() -> None:
    """A sweep plays its controls first. One error event stands with the other scenarios of gateways."""
    families = [scenario.family for id_, scenario in CATALOGUE.items() if id_ != "error-after-pause-turn"]
    assert sorted(families, key=list(Family).index) == families


def test_a_listing_by_family_has_each_family_once() -> None:
    """Within a family, the order is that of the catalogue. The last family is that of users' files."""
    listed = sort_by_family(CATALOGUE.values())
    assert [*Family][:-1] == [family for family, _ in groupby(scenario.family for scenario in listed)]
    for family in [*Family][:-1]:
        expected = [scenario for scenario in CATALOGUE.values() if scenario.family is family]
        assert expected == [scenario for scenario in listed if scenario.family is family]


def test_the_backend_plays_every_scenario_but_unknown() -> None:
    """The probe asks for this control, and the backend deliberately does not know it."""
    assert [id_ for id_ in TABLE if id_ != "unknown"] == list(PLAYABLE)


def test_the_unknown_scenario_has_no_steps_and_should_be_unsupported() -> None:
    """The harness reports it as unsupported, however the SDK reads the answer."""
    assert ((), IsUnsupported()) == (CATALOGUE["unknown"].steps, CATALOGUE["unknown"].ideal)


def test_every_error_type_has_its_documented_status() -> None:
    """A status that is not on the error page would judge every release wrongly."""
    assert {kind: status for kind, (status, _) in ERROR_TYPES.items()} == DOCUMENTED_STATUS


def test_the_retryable_types_are_those_of_the_documentation() -> None:
    """Without one of these types, the verdict would approve of a needless failure."""
    assert {kind for kind, (_, retry) in ERROR_TYPES.items() if retry} == RETRYABLE


@each_type
def test_every_type_has_a_plain_http_control_with_its_documented_status(error_type: str) -> None:
    """The control is the same error as a plain HTTP response."""
    status, retry = ERROR_TYPES[error_type]
    body = f'{{"type": "error", "error": {{"type": "{error_type}", "message": "{MESSAGES[error_type]}"}}}}'
    scenario = CATALOGUE[f"http-{error_type}"]
    assert ((Respond(status, body),), RaisesStatus(error_type, status), retry) == (
        scenario.steps,
        scenario.ideal,
        scenario.retry,
    )


@each_position
@each_type
def test_every_type_inside_a_stream_should_have_its_documented_status(error_type: str, position: str) -> None:
    """The documented rule expects the status of the plain response, and a retry helps as it does there."""
    status, retry = ERROR_TYPES[error_type]
    scenario = CATALOGUE[f"{position}-{error_type}"]
    assert (RaisesStatus(error_type, status), retry) == (scenario.ideal, scenario.retry)


def test_a_control_is_the_same_error_as_a_plain_response() -> None:
    """The control shows the expected class, so its body is that of the event."""
    event, control = CATALOGUE["spend-cap"], CATALOGUE["http-spend-cap"]
    assert [Respond(429, step.data) for step in event.steps if isinstance(step, Event)] == list(control.steps)
    assert event.ideal == control.ideal


@each_position
@pytest.mark.parametrize("error_type", [*ERROR_TYPES, "unheard_of_error"])
def test_an_error_inside_a_stream_is_one_event_and_then_a_legal_end(error_type: str, position: str) -> None:
    """Only the error event shows that the stream failed."""
    body = f'{{"type": "error", "error": {{"type": "{error_type}", "message": "{MESSAGES[error_type]}"}}}}'
    assert (Event("error", body), Finish()) == CATALOGUE[f"{position}-{error_type}"].steps[-2:]


@each_position
def test_an_undocumented_type_has_no_documented_status(position: str) -> None:
    """New types may appear; a client should raise its plain status error for them, and not retry blindly."""
    scenario = CATALOGUE[f"{position}-unheard_of_error"]
    assert (RaisesStatus("unheard_of_error", None), False) == (scenario.ideal, scenario.retry)


def test_an_undocumented_type_has_no_control() -> None:
    """No documented status could answer it."""
    assert "http-unheard_of_error" not in CATALOGUE


def test_the_published_field_for_messages_alone_leaves_out_the_older_apis_only() -> None:
    """The JSON of the backend has this field; Bedrock carries the events of messages too."""
    assert {id_ for id_, row in TABLE.items() if row.dialects == OF_A_MESSAGE} == {
        id_ for id_, scenario in CATALOGUE.items() if scenario.messages_only
    }


def test_a_scenario_may_exist_in_fewer_dialects_than_its_steps() -> None:
    """Its steps alone would say that it exists everywhere."""
    clean = CATALOGUE["clean"]
    only = msgspec.structs.replace(clean, only=frozenset({Dialect.LEGACY}))
    assert (EVERYWHERE, frozenset({Dialect.LEGACY})) == (clean.dialects, only.dialects)
    then = msgspec.structs.replace(CATALOGUE["mid-then-ok"], then=CATALOGUE["crlf"].steps)
    assert IN_EVENTS == then.dialects


def test_no_scenario_names_a_dialect_that_cannot_carry_its_steps() -> None:
    """The backend would fail to play it, or send what is no frame and no event."""
    assert [] == [
        id_
        for id_, scenario in CATALOGUE.items()
        if not scenario.only <= dialects_of((*scenario.steps, *scenario.then))
    ]
    assert {id_ for id_, scenario in CATALOGUE.items() if scenario.only} == {
        *(id_ for id_, row in TABLE.items() if row.family is FRAMES),
        "cut-chunk",
    }


def test_every_exception_of_bedrock_has_its_documented_status() -> None:
    """A status that is not on the reference's page would judge every release wrongly."""
    assert EXCEPTIONS == {each.id: (each.type, each.status, each.retry) for each in DOCUMENTED_EXCEPTIONS}


@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_every_exception_of_bedrock_has_a_plain_http_control_that_names_it(exception: str) -> None:
    """The control has the payload of the frame, and the name in a header, where it begins with a capital."""
    kind, status, retry = EXCEPTIONS[exception]
    control = CATALOGUE[f"http-{exception}"]
    payloads = {step.payload for step in CATALOGUE[f"mid-{exception}"].steps if isinstance(step, Frame)}
    name = kind[0].upper() + kind[1:]
    assert {Respond(status, payload, headers=(("x-amzn-ErrorType", name),)) for payload in payloads} == {*control.steps}
    assert (RaisesStatus(kind, status), retry) == (control.ideal, control.retry)


@each_position
@pytest.mark.parametrize("exception", [*EXCEPTIONS, "unheard-of-exception"])
def test_an_exception_inside_a_stream_is_one_frame_and_then_a_legal_end(exception: str, position: str) -> None:
    """Only that frame shows that the stream failed."""
    frame, end = CATALOGUE[f"{position}-{exception}"].steps[-2:]
    assert isinstance(frame, Frame)
    assert {":exception-type", ":content-type", ":message-type"} == dict(frame.headers).keys()
    assert (0, None, False, False, Finish()) == (frame.first, frame.end, frame.bad_prelude, frame.bad_message, end)


def test_a_fault_behind_a_200_is_a_fault_in_a_stream() -> None:
    """Every other scenario shows its failure in the status."""
    assert set(CATALOGUE) - NOT_BEHIND_A_200 == {id_ for id_, scenario in CATALOGUE.items() if scenario.in_stream}


def test_the_second_request_is_answered_differently_in_the_retry_family_and_between_calls() -> None:
    """The second attempt is a complete stream, and the second call finds its connection closed."""
    retried = ("http-529-then-ok", "mid-then-ok", "reset-then-ok", "http-529-retry-after", "http-529-no-retry")
    assert {scenario.id: scenario.then for scenario in CATALOGUE.values() if scenario.then} == {
        **dict.fromkeys(retried, CATALOGUE["clean"].steps),
        "closed-between-calls": (Close(),),
    }


def test_the_first_of_two_calls_is_answered_like_a_clean_stream() -> None:
    """Only the connection between the calls fails."""
    assert CATALOGUE["clean"].steps == CATALOGUE[CLOSED_BETWEEN_CALLS].steps


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        pytest.param((Respond(200, "{}"),), [529, 200, 529, 200], id="every second attempt gets another answer"),
        pytest.param((), [529, 529, 529, 529], id="every attempt gets the same answer"),
    ],
)
def test_attempts_alternate_between_steps_and_then(then: tuple[AnyStep, ...], expected: list[int]) -> None:
    """The third request gets the answer of the first again."""
    scenario = Scenario(
        id="made-by-a-test",
        family=RETRY,
        title="Made by a test.",
        steps=(Respond(529, "{}"),),
        then=then,
        ideal=RaisesAnything(),
        text=Text.NONE,
        retry=True,
    )
    played = [scenario.attempt(number) for number in range(4)]
    assert expected == [step.status for steps in played for step in steps if isinstance(step, Respond)]


@pytest.mark.parametrize(
    "steps", [(), (Respond(529, ""),), (Raw(b"x"), Head())], ids=["no steps", "a plain response", "raw bytes first"]
)
def test_steps_that_do_not_begin_with_a_200_are_no_fault_in_a_stream(steps: tuple[AnyStep, ...]) -> None:
    """The property looks at the first step of the first attempt."""
    scenario = Scenario(
        id="made-by-a-test",
        family=PROTOCOL,
        title="Made by a test.",
        steps=steps,
        then=(Head(), Finish()),
        ideal=RaisesAnything(),
        text=Text.NONE,
        retry=True,
    )
    assert not scenario.in_stream


@pytest.mark.parametrize("error_type", [*ERROR_TYPES, "unheard_of_error"])
def test_no_message_contains_any_type_or_a_digit(error_type: str) -> None:
    """A handler that matches text can't be right by accident."""
    message = MESSAGES[error_type]
    hints = [kind for kind in MESSAGES if kind in message] + [character for character in message if character.isdigit()]
    assert not hints


def test_every_type_has_a_message_of_its_own() -> None:
    """A reader can distinguish two errors by their text too."""
    assert sorted([*ERROR_TYPES, "unheard_of_error"]) == sorted(MESSAGES)
    assert len(MESSAGES) == len(set(MESSAGES.values()))


def test_a_type_or_a_status_stands_only_in_a_type_field() -> None:
    """Two exceptions name a status of their own: the HTML page of a gateway, and the errors of Google's services."""
    slips = []
    for id_, scenario in CATALOGUE.items():
        for text in (*texts_of(scenario.steps), *texts_of(scenario.then)) if id_ not in FOREIGN_STATUS else ():
            rest = re.sub(r'"type": "\w+"', "", text)
            slips += [(id_, kind) for kind in (*ERROR_TYPES, "unheard_of_error") if kind in rest]
            slips += [(id_, status) for status in re.findall(r"(?<!\d)[45]\d\d(?!\d)", rest)]
    assert [] == slips


def test_the_error_of_another_service_names_no_status_of_the_api() -> None:
    """A handler that reads a status from it reads one that the API does not have."""
    texts = {id_: " ".join(texts_of(CATALOGUE[id_].steps)) for id_ in FOREIGN_STATUS}
    assert FOREIGN_STATUS == {id_: set(map(int, re.findall(r"\b\d+\b", text))) for id_, text in texts.items()}
    assert not set().union(*FOREIGN_STATUS.values()) & set(DOCUMENTED_STATUS.values())


def test_no_message_of_bedrock_contains_a_type_or_a_digit() -> None:
    """A handler that matches text can't be right by accident."""
    texts = [text for id_, row in TABLE.items() if row.family is FRAMES for text in texts_of(CATALOGUE[id_].steps)]
    hints = [kind.removesuffix("Exception").lower() for kind, _, _ in EXCEPTIONS.values()]
    messages = [json.loads(text).get("message", "") for text in texts if text.startswith('{"message"')]
    assert 23 == len(messages)
    assert [] == [
        message for message in messages if re.search(r"\d", message) or any(hint in message.lower() for hint in hints)
    ]


def test_every_title_is_one_sentence() -> None:
    """Pages show titles unchanged."""
    titles = [scenario.title for scenario in CATALOGUE.values()]
    assert [] == [title for title in titles if not re.fullmatch(r"\S.*[^.\s]\.", title) or ". " in title]


def test_no_two_scenarios_share_a_title() -> None:
    """A listing of titles alone is unambiguous."""
    assert [] == [
        title for title, count in Counter(scenario.title for scenario in CATALOGUE.values()).items() if count > 1
    ]


def test_every_fault_names_public_pages_that_describe_it() -> None:
    """Each fault happened to somebody, or a standard describes it."""
    public = {
        *("docs.aws.amazon.com", "docs.claude.com", "github.com", "html.spec.whatwg.org", "smithy.io"),
        "www.rfc-editor.org",
    }
    faults = [scenario for id_, scenario in CATALOGUE.items() if id_ not in ("clean", "unknown")]
    assert [] == [scenario.id for scenario in faults if not scenario.sources]
    assert [] == [scenario.id for scenario in faults if len(scenario.sources) != len(set(scenario.sources))]
    addresses = [urlsplit(source) for scenario in faults for source in scenario.sources]
    assert [] == [address for address in addresses if address.scheme != "https" or address.netloc not in public]


def test_every_thread_that_showed_a_shape_is_the_source_of_a_scenario() -> None:
    """The catalogue credits the authors of these threads."""
    sources = {source for scenario in CATALOGUE.values() for source in scenario.sources}
    threads = re.findall(r"https://github\.com/(\S+)/(?:issues|pull)/(\d+)", " ".join(sources))
    assert REQUIRED_SOURCES <= {f"{repository}#{number}" for repository, number in threads}
