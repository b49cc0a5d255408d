"""Conditions on a caught error, in the many ways in which people write them."""

import textwrap

import pytest

from matrix.scan import Exactness
from tests.scan.places import find_only_place, scan_text

PROGRAM = """\
import anthropic
client = anthropic.Anthropic()
def ask():
    while True:
        try:
            return client.messages.create(stream=True)
        except {kind} as e:
{body}
            raise
"""


def program(condition: str, kind: str = "anthropic.APIStatusError") -> str:
    """Write a loop that retries if a condition holds, after the statements before the condition."""
    *before, last = condition.split("; ")
    lines = [*before, f"if {last}: continue"]
    return PROGRAM.format(kind=kind, body=textwrap.indent("\n".join(lines), " " * 12))


@pytest.mark.parametrize(
    ("condition", "handler", "note"),
    [
        ("e.status_code == 529", "status-429-529", "it does not cover a rate limit outside a stream (429)"),
        ("e.status_code in (429, 529)", "status-429-529", ""),
        ("e.status_code in [429, 529]", "status-429-529", ""),
        ("e.status_code in frozenset({429, 529})", "status-429-529", ""),
        ("529 == e.status_code or 429 == e.status_code", "status-429-529", ""),
        ("(s := e.status_code) == 529 or s == 429", "status-429-529", ""),
        ("code = e.status_code; code in {429, 529}", "status-429-529", ""),
        ("e.status_code >= 500", "status-ge-500", ""),
        ("500 <= e.status_code < 600", "status-ge-500", ""),
        ("not e.status_code < 500", "status-ge-500", ""),
        ("e.status_code // 100 == 5", "status-ge-500", ""),
        (
            "e.status_code == 429 or e.status_code >= 500",
            "status-ge-500",
            "it also covers a rate limit outside a stream (429)",
        ),
        ("e.status_code >= 400", "status-ge-400", ""),
        ("e.status_code in {408, 409, 429, 500, 502, 503, 504, 529}", "status-set", ""),
        (
            "e.status_code in {429, 500, 502, 503, 504}",
            "status-set",
            "it does not cover an overloaded server outside a stream (529)",
        ),
        ("e.status_code in (200, 529)", "any-status-error", "it does not cover a rate limit outside a stream (429), "),
        ("e.response.status_code >= 500 or e.response.status_code == 429", "response-status", ""),
        ("e.response is not None and e.response.status_code in (429, 529)", "response-status", "it does not cover s"),
        ('e.type == "overloaded_error"', "type-attr", "it does not cover rate_limit_error inside a stream"),
        ('getattr(e, "type", None) in ("overloaded_error",)', "type-attr", "it does not cover rate_limit_error"),
        ('e.body["error"]["type"] == "overloaded_error"', "body-type", "it does not cover rate_limit_error inside"),
        (
            '(e.body or {}).get("error", {}).get("type") == "overloaded_error"',
            "body-type",
            "it does not cover rate_limit_error inside",
        ),
        (
            'isinstance(e.body, dict) and e.body["error"]["type"] == "overloaded_error"',
            "body-type",
            "it does not cover",
        ),
        ('"overloaded_error" in str(e.body)', "body-text", ""),
        ('"overloaded" in json.dumps(e.body).lower()', "body-text", ""),
        ('e.body["error"]["message"] == "Overloaded"', "body-text", ""),
        ('"overloaded_error" in str(e)', "str-text", ""),
        ('"overloaded_error" in e.message', "str-text", ""),
        ('"overloaded_error" in f"{e}"', "str-text", ""),
        ('"overloaded" in str(e).lower() or "rate limit" in str(e).lower()', "str-overloaded", ""),
        ('"529" in str(e)', "status-429-529", "it does not cover a rate limit outside a stream (429)"),
        ("isinstance(e, anthropic.RateLimitError)", "class-rate-limit", ""),
        ("isinstance(e, (anthropic.RateLimitError, anthropic.InternalServerError))", "class-5xx-429", ""),
        ("isinstance(e, anthropic.RateLimitError | anthropic.InternalServerError)", "class-5xx-429", ""),
        ("type(e) is anthropic.RateLimitError", "class-rate-limit", ""),
        ('type(e).__name__ == "OverloadedError"', "class-overloaded", ""),
        ('type(e).__name__ in {"RateLimitError"}', "class-rate-limit", ""),
        ("e.status_code not in (400, 401, 403)", "any-status-error", "it does not cover status 400"),
        ("e.status_code == 529 and attempts < 3", "status-429-529", "it does not cover a rate limit outside"),
        ("any(code == e.status_code for code in (429, 529))", "status-429-529", ""),
        ("e.status_code == http.HTTPStatus.TOO_MANY_REQUESTS", "status-429-529", "it does not cover an overloaded s"),
    ],
)
def test_a_condition_has_a_nearest_handler(condition: str, handler: str, note: str) -> None:
    """A condition without a note decides as the handler does."""
    catch = find_only_place("import http, json\n" + program(condition))
    assert (handler, bool(note)) == (catch.handler, catch.exactness is Exactness.NEAR)
    assert catch.note.startswith(note)


@pytest.mark.parametrize(
    ("condition", "handler"),
    [
        ('getattr(e, "status_code", None) in (408, 409, 429, 500, 502, 503, 504, 529)', "getattr-status"),
        ('hasattr(e, "status_code") and e.status_code in (429, 529)', "status-429-529"),
        ('"overloaded" in str(e).lower()', "str-overloaded"),
        ("isinstance(e, anthropic.APIStatusError) and e.status_code >= 500", "status-ge-500"),
        ("isinstance(e, anthropic.RateLimitError)", "class-rate-limit"),
        ("isinstance(e, (anthropic.APIConnectionError, anthropic.RateLimitError))", "class-all-transient"),
        ("True", "any-exception"),
    ],
)
def test_a_condition_on_any_exception_has_a_nearest_handler(condition: str, handler: str) -> None:
    """The clause is `except Exception`."""
    assert handler == find_only_place(program(condition, "Exception")).handler


def test_the_place_is_the_condition() -> None:
    """The column counts characters from 1, and the code is as it is written."""
    catch = find_only_place(
        """
        import anthropic
        def ask(client):
            try:
                return client.messages.create()
            except anthropic.APIStatusError as e:
                "ä"; again = e.status_code  ==  529
                if again: return ask(client)
                raise
        """
    )
    assert ("app.py:6:22", "e.status_code == 529", "ask") == (str(catch.place), catch.code, catch.function)


def test_the_place_of_a_condition_is_its_first_comparison() -> None:
    """A reader starts there, whichever comparison the code evaluates first."""
    catch = find_only_place(
        """
        import anthropic
        def ask(client):
            try:
                return client.messages.create()
            except anthropic.APIStatusError as e:
                overloaded = e.status_code == 529
                if overloaded or e.status_code == 429:
                    return ask(client)
                raise
        """
    )
    assert ("app.py:6:22", "e.status_code == 529") == (str(catch.place), catch.code)


def test_a_match_on_the_status_compares_the_status() -> None:
    """It is judged as `==` is."""
    catch = find_only_place(
        """
        import anthropic
        def ask(client):
            try:
                return client.messages.create()
            except anthropic.APIStatusError as e:
                match e.status_code:
                    case 429 | 529:
                        return ask(client)
                    case _:
                        raise
        """
    )
    assert ("status-429-529", 6, "e.status_code") == (catch.handler, catch.place.line, catch.code)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("e.status_code in CODES", "cannot judge: CODES comes from myapp.codes, which was not scanned"),
        ("is_transient(e)", "cannot judge: is_transient comes from myapp.codes, which was not scanned"),
        ("e.status_code in self_made", "cannot judge: self_made is not defined in this file"),
        ('re.search("overloaded", str(e))', "cannot judge: search comes from re, which was not scanned"),
    ],
)
def test_a_condition_that_can_not_be_known_has_a_reason(condition: str, why: str) -> None:
    """It has no handler, and the note gives the reason."""
    catch = find_only_place("import re\nfrom myapp.codes import CODES, is_transient\n" + program(condition))
    assert ("", Exactness.UNKNOWN, why) == (catch.handler, catch.exactness, catch.note)


@pytest.mark.parametrize("condition", ["e.status_code == 401", "e.status_code in (400, 403)"])
def test_a_condition_on_permanent_errors_is_no_place(condition: str) -> None:
    """No handler takes permanent errors alone."""
    assert () == scan_text(program(condition)).catches
