"""Every handler of the target `openai`, run on made-up errors of releases before and after 1.0."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import pytest

from matrix.catalogue.openai.errors import error_object
from matrix.targets import OPENAI
from tests.support.probe_modules import replay
from tests.targets.openai import releases
from tests.targets.openai.releases import OLD, chunk

SOME: Final = [chunk("Hello")]
ALL: Final = [*SOME, chunk(" world"), chunk(finish_reason="stop")]
FLAT: Final = SimpleNamespace(type="error", code="server_error", message="Sorry")
FAILED: Final = SimpleNamespace(
    type="response.failed", response=SimpleNamespace(error=SimpleNamespace(code="server_error"))
)


def in_stream(name: str) -> releases.APIError:
    """Make the exception for an error inside a stream."""
    error = error_object(name)
    return releases.APIError(error["message"], error)


def plain(kind: type[releases.APIStatusError], status: int, name: str) -> releases.APIStatusError:
    """Make the exception for a plain HTTP error."""
    return kind(f"Error code: {status}", error_object(name), status)


CURRENT_CALLS: Final[dict[str, Callable[[], tuple[list[Any], BaseException | None]]]] = {
    "http-500": lambda: ([], plain(releases.InternalServerError, 500, "server_error")),
    "http-429": lambda: ([], plain(releases.RateLimitError, 429, "rate_limit_exceeded")),
    "quota": lambda: ([], plain(releases.RateLimitError, 429, "insufficient_quota")),
    "mid-500": lambda: (SOME, in_stream("server_error")),
    "mid-429": lambda: (SOME, in_stream("rate_limit_exceeded")),
    "mid-quota": lambda: (SOME, in_stream("insufficient_quota")),
    "timeout": lambda: (SOME, releases.APITimeoutError("Request timed out.")),
    "raw": lambda: (SOME, releases.HTTPError("peer closed connection")),
    "clean": lambda: (ALL, None),
    "cut": lambda: (SOME, None),
    "flat": lambda: ([FLAT], None),
    "failed": lambda: ([FAILED], None),
}
"""Calls of a release since 1.0, by name."""

CURRENT: Final = """
                         http-500 http-429 quota mid-500 mid-429 mid-quota timeout raw   clean  cut    flat   failed
any-api-error            retry    retry    retry retry   retry   retry     retry   fail  accept accept accept accept
any-exception            retry    retry    retry retry   retry   retry     retry   retry accept accept accept accept
any-status-error         retry    retry    retry fail    fail    fail      retry   fail  accept accept accept accept
body-type                retry    retry    fail  retry   retry   fail      fail    fail  accept accept accept accept
class-5xx-429            retry    retry    retry fail    fail    fail      retry   fail  accept accept accept accept
class-names              fail     retry    retry retry   retry   retry     retry   fail  accept accept accept accept
class-rate-limit         fail     retry    retry fail    fail    fail      fail    fail  accept accept accept accept
code-attr                fail     retry    fail  fail    retry   fail      fail    fail  accept accept accept accept
connection               fail     fail     fail  fail    fail    fail      retry   retry accept accept accept accept
failed-event             fail     fail     fail  fail    fail    fail      fail    fail  accept accept retry  retry
finish-reason            fail     fail     fail  fail    fail    fail      fail    fail  accept retry  retry  retry
getattr-status           retry    retry    retry fail    fail    fail      fail    fail  accept accept accept accept
not-quota                fail     retry    fail  fail    fail    fail      fail    fail  accept accept accept accept
sdk-retries              fail     fail     fail  fail    fail    fail      fail    fail  accept accept accept accept
status-attr              retry    retry    retry crash   crash   crash     crash   fail  accept accept accept accept
status-ge-500            retry    retry    retry fail    fail    fail      retry   fail  accept accept accept accept
status-set               retry    retry    retry fail    fail    fail      fail    fail  accept accept accept accept
str-text                 fail     fail     fail  retry   retry   fail      fail    fail  accept accept accept accept
"""
"""Handler and call to decision, on a release since 1.0; `crash` is an AttributeError."""

OLD_CALLS: Final[dict[str, Callable[[], tuple[list[Any], BaseException | None]]]] = {
    "http-429": lambda: ([], OLD["RateLimitError"]("Rate limit reached for requests", 429)),
    "http-502": lambda: ([], OLD["APIError"]("Bad gateway", 502)),
    "http-503": lambda: ([], OLD["ServiceUnavailableError"]("The server is overloaded", 503)),
    "mid": lambda: (SOME, OLD["APIError"]("The server had an error", 200)),
    "clean": lambda: (ALL, None),
}
"""Calls of a release before 1.0, by name."""

OLD_TABLE: Final = """
                         http-429 http-502 http-503 mid    clean
any-exception            retry    retry    retry    retry  accept
class-names              retry    fail     retry    fail   accept
class-rate-limit         crash    crash    crash    crash  accept
old-bad-gateway          retry    retry    fail     fail   accept
old-classes              retry    retry    retry    retry  accept
old-service-unavailable  fail     fail     retry    fail   accept
str-text                 retry    fail     retry    retry  accept
"""
"""Handler and call to decision, on a release before 1.0; `crash` is an AttributeError."""


def rows(table: str) -> dict[str, dict[str, str]]:
    """Read a table: handler, and call to decision as the probe writes it."""
    head, *lines = (line.split() for line in table.strip().splitlines())
    return {
        handler: {
            call: "crashed: AttributeError" if cell == "crash" else cell for call, cell in zip(head, cells, strict=True)
        }
        for handler, *cells in lines
    }


@pytest.mark.parametrize(
    ("is_old", "table", "calls"), [(False, CURRENT, CURRENT_CALLS), (True, OLD_TABLE, OLD_CALLS)], ids=["1.0", "old"]
)
def test_a_handler_decides_as_the_table_says(is_old: bool, table: str, calls: dict[str, Any]) -> None:
    """It is given the very exception, at the point at which the SDK raised it."""
    handlers = releases.load_handlers(is_old=is_old)
    decided = {}
    for handler, row in rows(table).items():
        made = {id_: calls[id_]() for id_ in row}
        decided[handler] = {
            id_: handlers[handler](replay(events, error, began=bool(events)), error)
            for id_, (events, error) in made.items()
        }
    assert rows(table) == decided


def test_a_handler_of_old_classes_crashes_since_then() -> None:
    """The classes are gone, so its clause raises when it is reached; an import of them fails at once."""
    handlers = releases.load_handlers(is_old=False)
    error = in_stream("server_error")
    decided = {id_: handlers[id_](replay(SOME, error), error) for id_ in handlers if id_.startswith("old-")}
    assert {
        "old-bad-gateway": "crashed: ModuleNotFoundError",
        "old-classes": "crashed: AttributeError",
        "old-service-unavailable": "crashed: AttributeError",
    } == decided


def test_every_handler_has_a_row_and_a_title() -> None:
    """At least twelve are other people's."""
    old = {"old-bad-gateway", "old-classes", "old-service-unavailable"}
    assert set(OPENAI.handlers) == rows(CURRENT).keys() | old
    assert old <= rows(OLD_TABLE).keys()
    assert all(handler.title.endswith(".") for handler in OPENAI.handlers.values())
    assert len([handler for handler in OPENAI.handlers.values() if handler.seen_in]) >= 12
