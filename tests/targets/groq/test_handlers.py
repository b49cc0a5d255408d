"""Every handler of the target `groq`, run on made-up errors of the SDK."""

from types import SimpleNamespace
from typing import Final

from matrix.targets import GROQ
from matrix.targets.groq.errors import ERRORS
from tests.support.probe_modules import decide, read_table
from tests.targets.chat.sdk import chunk, make_sdk

SDK: Final = make_sdk(GROQ)


def body(name: str) -> dict[str, object]:
    """Make the object that reports an error."""
    error = ERRORS[name]
    return {"message": error.message, "type": error.type, "code": error.code}


SOME: Final = [chunk("Hello", x_groq=None)]
ALL: Final = [*SOME, chunk(finish_reason="stop", x_groq=SimpleNamespace(error=None))]
CALLS: Final = {
    "http-503": ([], SDK.InternalServerError("Error code: 503", {"error": body("over_capacity")}, 503)),
    "http-429": ([], SDK.RateLimitError("Error code: 429", {"error": body("rate_limit_exceeded")}, 429)),
    "http-400": ([], SDK.BadRequestError("Error code: 400", {"error": body("tool_use_failed")}, 400)),
    "mid-503": (SOME, SDK.APIError(ERRORS["over_capacity"].message, body("over_capacity"))),
    "mid-429": (SOME, SDK.APIError(ERRORS["rate_limit_exceeded"].message, body("rate_limit_exceeded"))),
    "mid-400": (SOME, SDK.APIError(ERRORS["tool_use_failed"].message, body("tool_use_failed"))),
    "text": (SOME, SDK.APIError("An error occurred during streaming", "over capacity")),
    "timeout": (SOME, SDK.APITimeoutError("Request timed out.")),
    "raw": (SOME, OSError("Connection reset by peer")),
    "clean": (ALL, None),
    "cut": (SOME, None),
    "x-groq": ([*SOME, chunk(x_groq=SimpleNamespace(error="over_capacity"))], None),
}
"""Calls by name: the events and the error of each."""

TABLE: Final = """
                 http-503 http-429 http-400 mid-503 mid-429 mid-400 text  timeout raw   clean  cut    x-groq
any-api-error    retry    retry    retry    retry   retry   retry   retry retry   fail  accept accept accept
any-exception    retry    retry    retry    retry   retry   retry   retry retry   retry accept accept accept
body-names       retry    retry    fail     retry   retry   fail    fail  fail    fail  accept accept accept
class-5xx-429    retry    retry    fail     fail    fail    fail    fail  retry   fail  accept accept accept
class-rate-limit fail     retry    fail     fail    fail    fail    fail  fail    fail  accept accept accept
finish-reason    fail     fail     fail     fail    fail    fail    fail  fail    fail  accept retry  retry
response-status  retry    retry    fail     crash   crash   crash   crash crash   crash accept accept accept
sdk-retries      fail     fail     fail     fail    fail    fail    fail  fail    fail  accept accept accept
status-set       retry    retry    fail     fail    fail    fail    fail  fail    fail  accept accept accept
str-text         retry    fail     fail     retry   retry   fail    fail  fail    fail  accept accept accept
x-groq-error     fail     fail     fail     fail    fail    fail    fail  fail    fail  accept accept retry
"""
"""Handler and call to decision; `crash` is an AttributeError."""


def test_a_handler_decides_as_the_table_says() -> None:
    """It is given the very exception, at the point at which the SDK raised it."""
    assert read_table(TABLE) == decide(GROQ, {GROQ.module: SDK}, CALLS)
