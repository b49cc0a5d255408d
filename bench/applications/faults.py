"""The faults of each application, known from reading its source: rule to the failures that show it.

Of the profile `headline`, with the Anthropic SDK 2.14.0. A failure that is not named here is handled well.
"""

from collections.abc import Mapping
from typing import Any, Final

from matrix.findings.model import Level

_BEFORE_TEXT: Final = ("first-overloaded_error", "http-overloaded_error", "http-529-retry-after")

FAULTS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "naive": {
        "partial-answer-accepted": ("eof-mid", "eof-before-anything"),
        "no-read-timeout": ("stall", "pings-only"),
        "transient-not-retried": (*_BEFORE_TEXT, "reset-before-anything"),
    },
    "sdk_retries": {
        "partial-answer-accepted": ("eof-mid", "eof-before-anything"),
        "no-read-timeout": ("pings-only",),
        "transient-not-retried": ("first-overloaded_error", "reset-before-anything"),
        "permanent-retried": ("http-spend-cap",),
    },
    "by_class": {
        "partial-answer-accepted": ("eof-mid",),
        "no-read-timeout": ("pings-only",),
        "transient-not-retried": ("first-overloaded_error", "eof-before-anything", "reset-before-anything"),
        "permanent-retried": ("http-spend-cap",),
        "retry-after-ignored": ("http-529-retry-after",),
    },
    "by_status": {
        "program-crashes": ("stall", "eof-mid", "eof-before-anything", "reset", "reset-before-anything"),
        "no-read-timeout": ("pings-only",),
        "transient-not-retried": ("first-overloaded_error", "eof-before-anything", "reset-before-anything"),
        "permanent-retried": ("http-spend-cap",),
        "retry-after-ignored": ("http-529-retry-after",),
    },
    "by_type": {
        "text-repeated": ("error-held", "mid-overloaded_error", "mid-then-ok"),
        "no-read-timeout": ("pings-only",),
        "transient-not-retried": ("eof-before-anything", "reset-before-anything"),
        "permanent-retried": ("http-spend-cap",),
        "retry-after-ignored": ("http-529-retry-after",),
    },
    "accepts_cut": {
        "partial-answer-accepted": (
            *("stall", "error-held", "mid-overloaded_error", "first-overloaded_error", "mid-invalid_request_error"),
            *("mid-then-ok", "http-overloaded_error", "http-invalid_request_error", "http-authentication_error"),
            *("http-spend-cap", "eof-mid", "eof-before-anything", "reset", "reset-before-anything"),
        ),
        "no-read-timeout": ("pings-only",),
        "permanent-retried": ("http-spend-cap",),
    },
    "storms": {
        "retry-storm": (
            *("error-held", "mid-overloaded_error", "first-overloaded_error", "mid-invalid_request_error"),
            *("http-overloaded_error", "http-invalid_request_error", "http-authentication_error", "http-spend-cap"),
            *("eof-mid", "eof-before-anything", "reset", "reset-before-anything"),
        ),
        "no-backoff": (
            *("stall", "error-held", "mid-overloaded_error", "first-overloaded_error", "mid-invalid_request_error"),
            *("http-overloaded_error", "http-invalid_request_error", "http-authentication_error", "http-spend-cap"),
            *("eof-mid", "eof-before-anything", "reset", "reset-before-anything"),
        ),
        "no-read-timeout": ("pings-only",),
        "permanent-retried": (
            *("mid-invalid_request_error", "http-invalid_request_error", "http-authentication_error", "http-spend-cap"),
        ),
        "retry-after-ignored": ("http-529-retry-after",),
    },
    "uses_remedy": {},
}
"""Application to its faults."""


def read_verdicts(report: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the rules that a report in JSON says are broken, notes apart, and the failures that show it."""
    verdicts: dict[str, set[str]] = {}
    for subject in report["subjects"]:
        for finding in subject["findings"]:
            if finding["level"] != Level.NOTE:
                verdicts.setdefault(finding["rule"], set()).add(subject["text"])
    return verdicts
