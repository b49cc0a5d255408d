"""Every handler of the target `together`, run on made-up errors of the SDK."""

from typing import Final

from matrix.targets import TOGETHER
from matrix.targets.together.errors import ERRORS
from tests.support.probe_modules import decide, read_table
from tests.targets.chat.sdk import chunk, make_sdk

SDK: Final = make_sdk(TOGETHER)


def body(name: str) -> dict[str, object]:
    """Make the object that reports an error."""
    error = ERRORS[name]
    return {"message": error.message, "type": error.type, "code": error.code}


SOME: Final = [chunk("Hello")]
CALLS: Final = {
    "http-503": ([], SDK.InternalServerError("Error code: 503", {"error": body("server_is_overloaded")}, 503)),
    "http-429": ([], SDK.RateLimitError("Error code: 429", {"error": body("dynamic_request_limited")}, 429)),
    "http-400": ([], SDK.BadRequestError("Error code: 400", {"error": body("invalid_request_error")}, 400)),
    "mid-503": (SOME, SDK.APIError(ERRORS["server_is_overloaded"].message, body("server_is_overloaded"))),
    "mid-429": (SOME, SDK.APIError(ERRORS["dynamic_request_limited"].message, body("dynamic_request_limited"))),
    "mid-400": (SOME, SDK.APIError(ERRORS["invalid_request_error"].message, body("invalid_request_error"))),
    "timeout": (SOME, SDK.APITimeoutError("Request timed out.")),
    "raw": (SOME, OSError("Connection reset by peer")),
    "clean": ([*SOME, chunk(finish_reason="stop")], None),
    "cut": (SOME, None),
    "error": ([*SOME, chunk(finish_reason="error")], None),
}
"""Calls by name: the events and the error of each."""

TABLE: Final = """
                 http-503 http-429 http-400 mid-503 mid-429 mid-400 timeout raw   clean  cut    error
any-exception    retry    retry    retry    retry   retry   retry   retry   retry accept accept accept
body-type        retry    retry    fail     retry   retry   fail    fail    fail  accept accept accept
class-5xx-429    retry    retry    fail     fail    fail    fail    retry   fail  accept accept accept
class-rate-limit fail     retry    fail     fail    fail    fail    fail    fail  accept accept accept
finish-reason    fail     fail     fail     fail    fail    fail    fail    fail  accept retry  retry
old-classes      crash    crash    crash    crash   crash   crash   crash   crash accept accept accept
sdk-retries      fail     fail     fail     fail    fail    fail    fail    fail  accept accept accept
status-ge-500    retry    retry    fail     fail    fail    fail    retry   fail  accept accept accept
str-text         retry    retry    fail     fail    retry   fail    fail    fail  accept accept accept
"""
"""Handler and call to decision; `crash` is an AttributeError."""


def test_a_handler_decides_as_the_table_says() -> None:
    """It is given the very exception, at the point at which the SDK raised it."""
    assert read_table(TABLE) == decide(TOGETHER, {TOGETHER.module: SDK}, CALLS)
