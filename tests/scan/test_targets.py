"""The scan of a target, and of a made-up target with other names and other statuses."""

import re

import msgspec
import pytest

from matrix.scan import Catch, scan
from matrix.scan.failures import failures_of
from matrix.scan.sdk import Sdk
from matrix.targets import ANTHROPIC
from matrix.targets.target import Target
from tests.scan.test_applications import EXPECTED, FOLDER
from tests.scan.test_handlers import write_as_a_user

ERROR = ("anthropic.APIError", "anthropic.AnthropicError", "builtins.Exception", "builtins.BaseException")
STATUS = ("anthropic.APIStatusError", *ERROR)
SERVER = ("anthropic.InternalServerError", *STATUS)

RENAMED = {
    "anthropic": "acme",
    "Anthropic": "Acme",
    "APIConnectionError": "LinkError",
    "APIError": "Fault",
    "APIStatusError": "HttpFault",
    "APITimeoutError": "SlowLinkError",
    "DeadlineExceededError": "LateError",
    "InternalServerError": "BrokenError",
    "OverloadedError": "BusyError",
    "RateLimitError": "QuotaError",
    "overloaded_error": "overloaded_fault",
    "rate_limit_error": "rate_limit_fault",
    "api_error": "server_fault",
    "invalid_request_error": "request_fault",
    "timeout_error": "late_fault",
    "529": "530",
}
"""A word of the SDK to the word of a made-up one; the longer words are replaced first."""

WORD = re.compile("|".join(sorted(RENAMED, key=len, reverse=True)))


def rename(text: str) -> str:
    """Rewrite a text about the SDK for the made-up one."""
    return WORD.sub(lambda word: RENAMED[word[0]], text)


def make_target() -> Target:
    """Make a target with other classes and error types, another status of an overloaded server, and fewer statuses."""
    by_status = {
        int(rename(str(status))): tuple(rename(name) for name in names)
        for status, names in ANTHROPIC.classes.by_status.items()
        if status not in {402, 413, 422}
    }
    names = {
        field: rename(getattr(ANTHROPIC.classes, field))
        for field in ("base", "root", "status", "connection", "timeout", "overloaded")
    }
    return msgspec.structs.replace(
        ANTHROPIC,
        id="acme",
        package="acme",
        module="acme",
        client_prefix="Acme",
        classes=msgspec.structs.replace(ANTHROPIC.classes, **names, by_status=by_status),
        statuses={rename(name): int(rename(str(status))) for name, status in ANTHROPIC.statuses.items()},
    )


def rename_catches(catches: tuple[Catch, ...]) -> list[Catch]:
    """Rewrite findings for the made-up target, without columns, because its names are shorter."""
    return [
        msgspec.structs.replace(
            catch,
            place=msgspec.structs.replace(catch.place, column=0),
            code=rename(catch.code),
            note=rename(catch.note),
            function=rename(catch.function),
        )
        for catch in catches
    ]


PROGRAMS = {name: (FOLDER / f"{name}.py.txt").read_text(encoding="utf-8") for name in EXPECTED} | {
    f"handler {name}": write_as_a_user(name) for name in ANTHROPIC.handlers
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_for_another_sdk_has_the_same_findings(name: str) -> None:
    """Only the names differ."""
    expected = scan(ANTHROPIC, PROGRAMS[name], "app.py")
    actual = scan(make_target(), rename(PROGRAMS[name]), "app.py")
    assert expected.catches
    assert rename_catches(expected.catches) == rename_catches(actual.catches)


def test_a_program_for_another_sdk_is_not_one_for_this() -> None:
    """Each target sees its own programs alone."""
    text = "import {0}\ntry: {0}.{1}().messages.create()\nexcept {0}.{2}: pass\n"
    sdk, other = text.format("anthropic", "Anthropic", "APIError"), text.format("acme", "Acme", "Fault")
    uses = [
        [scan(target, source, "app.py").uses_sdk for source in (sdk, other)] for target in (ANTHROPIC, make_target())
    ]
    assert [[True, False], [False, True]] == uses


def test_a_status_that_others_use_says_nothing_of_this_api() -> None:
    """503 may come from any server; 529 comes from this one."""
    busy = msgspec.structs.replace(
        ANTHROPIC.classes, overloaded="BusyError", by_status={500: ("ServerError",), 503: ("BusyError", "ServerError")}
    )
    assert {"overload", "529"} == Sdk(ANTHROPIC).overload_words
    assert {"overload"} == Sdk(msgspec.structs.replace(ANTHROPIC, classes=busy)).overload_words


def test_the_failures_follow_from_the_target() -> None:
    """The types and classes are those that the newest release raises."""
    expected = {
        "stream-overloaded": (200, "overloaded_error", STATUS),
        "stream-rate-limit": (200, "rate_limit_error", STATUS),
        "stream-server": (200, "api_error", STATUS),
        "stream-invalid": (200, "invalid_request_error", STATUS),
        "http-400": (400, "invalid_request_error", ("anthropic.BadRequestError", *STATUS)),
        "http-401": (401, "authentication_error", ("anthropic.AuthenticationError", *STATUS)),
        "http-403": (403, "permission_error", ("anthropic.PermissionDeniedError", *STATUS)),
        "http-404": (404, "not_found_error", ("anthropic.NotFoundError", *STATUS)),
        "http-408": (408, "timeout_error", ("anthropic.RequestTimeoutError", *STATUS)),
        "http-409": (409, "conflict_error", ("anthropic.ConflictError", *STATUS)),
        "http-413": (
            413, "request_too_large", ("anthropic.RequestTooLargeError", "anthropic.ContentTooLargeError", *STATUS)
        ),
        "http-422": (422, "invalid_request_error", ("anthropic.UnprocessableEntityError", *STATUS)),
        "http-429": (429, "rate_limit_error", ("anthropic.RateLimitError", *STATUS)),
        "http-500": (500, "api_error", SERVER),
        "http-502": (502, "api_error", SERVER),
        "http-503": (503, "api_error", ("anthropic.ServiceUnavailableError", *SERVER)),
        "http-504": (
            504, "timeout_error", ("anthropic.DeadlineExceededError", "anthropic.GatewayTimeoutError", *SERVER)
        ),
        "http-529": (529, "overloaded_error", ("anthropic.OverloadedError", *SERVER)),
        "http-599": (599, "api_error", SERVER),
        "connection": (None, None, ("anthropic.APIConnectionError", *ERROR)),
        "timeout": (None, None, ("anthropic.APITimeoutError", "anthropic.APIConnectionError", *ERROR)),
    }  # fmt: skip
    failures = failures_of(ANTHROPIC)
    actual = {id_: (failure.status, failure.type, failure.classes) for id_, failure in failures.by_id.items()}
    assert expected | {id_: actual[id_] for id_ in ("transport", "other")} == actual
    assert list(expected) == list(actual)[:-2]
    assert {f"http-{status}" for status in (408, 409, 429, 500, 502, 503, 504, 529)} == failures.transient
