"""The scan of a target, and of a made-up target with other names and other statuses."""

import functools
import re
from typing import Final

import msgspec
import pytest

from matrix.observation import Observation
from matrix.scan import Catch, scan
from matrix.scan.catches import Decision
from matrix.scan.recorded import Recorded
from matrix.targets import ANTHROPIC
from matrix.targets.target import Target
from tests.scan.places import VERSION, open_release
from tests.scan.test_applications import EXPECTED, LIBRARIES, read_application
from tests.scan.test_cases import CASES, read_case
from tests.scan.test_handlers import write_as_a_user

RENAMED: Final = {
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

WORD: Final = re.compile("|".join(sorted(RENAMED, key=len, reverse=True)))


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
        clients=tuple(msgspec.structs.replace(each, class_name=rename(each.class_name)) for each in ANTHROPIC.clients),
        classes=msgspec.structs.replace(ANTHROPIC.classes, **names, by_status=by_status),
        statuses={rename(name): int(rename(str(status))) for name, status in ANTHROPIC.statuses.items()},
        overloaded_type=rename(ANTHROPIC.overloaded_type),
    )


@functools.cache
def open_other_release() -> Recorded:
    """Open a release of the made-up target, whose observations differ by the names alone."""
    release = open_release(VERSION, *LIBRARIES)
    behaviour = {
        call: msgspec.json.decode(rename(msgspec.json.encode(observation).decode()), type=Observation)
        for call, observation in release.behaviour.items()
    }
    return Recorded(make_target(), VERSION, behaviour, {*release.installed, "acme"}, locked=True)


def rename_decision(decision: Decision) -> Decision:
    """Rewrite a decision for the made-up target."""
    return msgspec.structs.replace(decision, detail=rename(decision.detail))


def rename_catches(catches: tuple[Catch, ...]) -> list[Catch]:
    """Rewrite places for the made-up target, without columns and code, which is cut elsewhere."""
    return [
        msgspec.structs.replace(
            catch,
            place=msgspec.structs.replace(catch.place, column=0),
            code="",
            same_as=rename(catch.same_as),
            note=rename(catch.note),
            function=rename(catch.function),
            unmeasured=rename(catch.unmeasured),
            decisions={scenario: rename_decision(each) for scenario, each in catch.decisions.items()},
        )
        for catch in catches
    ]


PROGRAMS: Final = (
    {name: read_application(name) for name in EXPECTED}
    | {f"case {name}": read_case(name) for name in CASES if not name.startswith(("uses_", "failure_"))}
    | {f"handler {name}": write_as_a_user(name) for name in ANTHROPIC.handlers if name != "sdk-retries"}
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_for_another_sdk_has_the_same_places(name: str) -> None:
    """Only the names differ."""
    expected = scan(open_release(VERSION, *LIBRARIES), PROGRAMS[name], "app.py")
    actual = scan(open_other_release(), rename(PROGRAMS[name]), "app.py")
    assert expected.catches
    assert rename_catches(expected.catches) == rename_catches(actual.catches)


def test_a_program_for_another_sdk_is_not_one_for_this() -> None:
    """Each target sees its own programs alone."""
    text = "import {0}\ntry: {0}.{1}().messages.create()\nexcept {0}.{2}: pass\n"
    sdk, other = text.format("anthropic", "Anthropic", "APIError"), text.format("acme", "Acme", "Fault")
    uses = [
        [scan(release, source, "app.py").uses_sdk for source in (sdk, other)]
        for release in (open_release(), open_other_release())
    ]
    assert [[True, False], [False, True]] == uses
