"""Conditions on a caught error, in the many ways in which people write them.

The answers come from running the conditions against the backend.
"""

import textwrap
from typing import Final

import pytest

from matrix.scan.catches import Catch, Choice
from tests.scan.places import VERSION, find_only_place, list_chosen, summarise

PROGRAM: Final = """\
import http, json, re
import anthropic
client = anthropic.Anthropic()
AGAIN = {{429: True, 529: True}}
def ask():
    attempts = 0
    while attempts < 2:
        attempts += 1
        try:
            return list(client.messages.create(stream=True))
        except {kind} as e:
{body}
            raise
"""


def write(condition: str, kind: str = "anthropic.APIStatusError") -> str:
    """Write a loop that retries if a condition holds, after the statements before the condition."""
    *before, last = condition.split("; ")
    lines = [*before, f"if {last}: continue"]
    return PROGRAM.format(kind=kind, body=textwrap.indent("\n".join(lines), " " * 12))


def find_place(condition: str, kind: str = "anthropic.APIStatusError", version: str = VERSION) -> Catch:
    """Find the only place of the program with a condition."""
    return find_only_place(write(condition, kind), version)


@pytest.mark.parametrize(
    ("condition", "retried"),
    [
        ("e.status_code == 529", "529"),
        ("e.status_code in (429, 529)", "429 529"),
        ("e.status_code in [429, 529]", "429 529"),
        ("e.status_code in frozenset({429, 529})", "429 529"),
        ("529 == e.status_code or 429 == e.status_code", "429 529"),
        ("(s := e.status_code) == 529 or s == 429", "429 529"),
        ("code = e.status_code; code in {429, 529}", "429 529"),
        ("e.status_code >= 500", "529"),
        ("500 <= e.status_code < 600", "529"),
        ("not e.status_code < 500", "529"),
        ("e.status_code // 100 == 5", "529"),
        ("str(e.status_code).startswith('5')", "529"),
        ("e.status_code in range(500, 600)", "529"),
        ("e.status_code == 429 or e.status_code >= 500", "429 529"),
        ("e.status_code >= 400", "400 429 529"),
        ("e.status_code > 200", "400 429 529"),
        ("e.status_code in {408, 409, 429, 500, 502, 503, 504, 529}", "429 529"),
        ("e.status_code in (200, 529)", "529 mid-400 mid-429 mid-529"),
        ("e.status_code not in (400, 401, 403)", "429 529 mid-400 mid-429 mid-529"),
        ("e.status_code == http.HTTPStatus.TOO_MANY_REQUESTS", "429"),
        ("any(code == e.status_code for code in (429, 529))", "429 529"),
        ("e.status_code == 529 and attempts < 3", "529"),
        ("e.response.status_code >= 500 or e.response.status_code == 429", "429 529"),
        ("e.response is not None and e.response.status_code in (429, 529)", "429 529"),
        ("e.response.is_server_error", "529"),
        ("e.response.is_success", "mid-400 mid-429 mid-529"),
        ("not e.response.is_error", "mid-400 mid-429 mid-529"),
        ("e.response.headers.get('retry-after')", ""),
        ("'retry-after' in e.response.headers", ""),
        ("e.response.headers.get('x-should-retry') != 'false'", "400 429 529 mid-400 mid-429 mid-529"),
        ("e.response.headers.get('content-type', '').startswith('text/event-stream')", "mid-400 mid-429 mid-529"),
        ('e.type == "overloaded_error"', "529 mid-529"),
        ('getattr(e, "type", None) in ("overloaded_error",)', "529 mid-529"),
        ('hasattr(e, "type") and e.type.endswith("_error")', "400 429 529 mid-400 mid-429 mid-529"),
        ('e.body["error"]["type"] == "overloaded_error"', "529 mid-529"),
        ('(e.body or {}).get("error", {}).get("type") == "overloaded_error"', "529 mid-529"),
        ('isinstance(e.body, dict) and e.body["error"]["type"] == "overloaded_error"', "529 mid-529"),
        ('e.body.get("type") == "error"', "400 429 529 mid-400 mid-429 mid-529"),
        ('"overloaded_error" in str(e.body)', "529 mid-529"),
        ('"overloaded" in json.dumps(e.body).lower()', "529 mid-529"),
        ('e.body["error"]["message"] == "Overloaded"', "529 mid-529"),
        ('"overloaded_error" in str(e)', "529 mid-529"),
        ('"overloaded_error" in e.message', "529 mid-529"),
        ('"overloaded_error" in f"{e}"', "529 mid-529"),
        ('"overloaded" in str(e).lower() or "rate limit" in str(e).lower()', "429 529 mid-429 mid-529"),
        ('"529" in str(e)', "529"),
        ('str(e).startswith("Error code: 5")', "529"),
        ('re.search(r"overloaded|rate.?limit", str(e), re.IGNORECASE)', "429 529 mid-429 mid-529"),
        ('re.match("Error code: (429|5..)", str(e)) is not None', "429 529"),
        ('any(word in str(e) for word in ("Overloaded", "429"))', "429 529 mid-529"),
        ('e.args and "verload" in e.args[0]', "529 mid-529"),
        ('"verload" in "".join(map(str, e.args))', "529 mid-529"),
        ('"verload" in repr(e)', "529 mid-529"),
        ("isinstance(e, anthropic.RateLimitError)", "429"),
        ("isinstance(e, (anthropic.RateLimitError, anthropic.InternalServerError))", "429 529"),
        ("isinstance(e, anthropic.RateLimitError | anthropic.InternalServerError)", "429 529"),
        ("type(e) is anthropic.RateLimitError", "429"),
        ("type(e) in (anthropic.RateLimitError, anthropic.InternalServerError)", "429"),
        ("issubclass(type(e), anthropic.InternalServerError)", "529"),
        ("isinstance(e, getattr(anthropic, 'OverloadedError', ()))", "529"),
        ('type(e).__name__ == "OverloadedError"', "529"),
        ('type(e).__name__ in {"RateLimitError"}', "429"),
        ('e.__class__.__name__.startswith("Over")', "529"),
        ('"InternalServerError" in {c.__name__ for c in type(e).__mro__}', "529"),
        ('any(c.__module__ == "httpx2" for c in type(e).__mro__)', ""),
        ('type(e).__module__.startswith("anthropic")', "400 429 529 mid-400 mid-429 mid-529"),
        ("e.request_id is not None", "400 429 529 mid-400 mid-429 mid-529"),
        ("getattr(e, 'status_code', 500) >= 500", "529"),
        ("{429: True, 529: True}.get(e.status_code, False)", "429 529"),
        ("e.status_code in AGAIN and AGAIN[e.status_code]", "429 529"),
        ("min(e.status_code, 500) == 500", "529"),
        ("e.__cause__ is not None", ""),
        ("isinstance(e.__cause__, Exception)", ""),
        ("len(str(e)) > 40", "400 429 529 mid-400 mid-429 mid-529"),
    ],
)
def test_a_condition_retries(condition: str, retried: str) -> None:
    """Every other failure escapes, and a stream that ends early is no failure to it."""
    catch = find_place(condition)
    assert (retried, "", "") == tuple(
        list_chosen(catch, choice) for choice in (Choice.RETRY, Choice.CRASH, Choice.UNDECIDED)
    )
    assert "cut html json" == list_chosen(catch, Choice.ACCEPT)


@pytest.mark.parametrize(
    ("condition", "retried"),
    [
        ('getattr(e, "status_code", None) in (408, 409, 429, 500, 502, 503, 504, 529)', "429 529"),
        ('hasattr(e, "status_code") and e.status_code in (429, 529)', "429 529"),
        ('"overloaded" in str(e).lower()', "529 mid-529"),
        ("isinstance(e, anthropic.APIStatusError) and e.status_code >= 500", "529"),
        ("isinstance(e, anthropic.RateLimitError)", "429"),
        ("isinstance(e, (anthropic.APIConnectionError, anthropic.RateLimitError))", "429"),
        ("isinstance(e, anthropic.AnthropicError)", "400 429 529 mid-400 mid-429 mid-529"),
        ("not isinstance(e, anthropic.APIError)", "reset"),
        ("isinstance(e, OSError)", ""),
        ("isinstance(e, (ConnectionError, TimeoutError))", ""),
        ("type(e).__name__ == 'ReadError'", "reset"),
        ("'reset' in str(e).lower()", "reset"),
        ("True", "400 429 529 mid-400 mid-429 mid-529 reset"),
        ("False", ""),
        ("isinstance(e, anthropic.APIStatusError) is False", "reset"),
        ("type(e).__module__.partition('.')[0] in ('httpx', 'httpx2')", "reset"),
    ],
)
def test_a_condition_on_any_exception_retries(condition: str, retried: str) -> None:
    """The clause is `except Exception`, so that a lost connection comes to it too."""
    catch = find_place(condition, "Exception")
    assert (retried, "", "") == tuple(
        list_chosen(catch, choice) for choice in (Choice.RETRY, Choice.CRASH, Choice.UNDECIDED)
    )


@pytest.mark.parametrize(
    ("kind", "condition", "retried", "class_", "crashes"),
    [
        (
            "anthropic.APIStatusError",
            "int(e.response.headers['retry-after']) < 60",
            "",
            "KeyError",
            "400 429 529 mid-400 mid-429 mid-529",
        ),
        ("anthropic.APIStatusError", "AGAIN[e.status_code]", "429 529", "KeyError", "400 mid-400 mid-429 mid-529"),
        ("anthropic.APIStatusError", "e.code == 529", "", "AttributeError", "400 429 529 mid-400 mid-429 mid-529"),
        ("Exception", "e.status_code == 529", "529", "AttributeError", "reset"),
    ],
)
def test_a_condition_crashes(kind: str, condition: str, retried: str, class_: str, crashes: str) -> None:
    """It reads what the error does not have."""
    catch = find_place(condition, kind)
    assert retried == list_chosen(catch, Choice.RETRY)
    assert crashes == summarise(catch)[f"crash {class_}"]


@pytest.mark.parametrize(
    ("condition", "version", "retried", "crashes"),
    [
        ('e.type == "overloaded_error"', "0.45.2", "", {"crash AttributeError": "400 429 529 mid-400 mid-429 mid-529"}),
        ('getattr(e, "type", None) in ("overloaded_error",)', "0.45.2", "", {}),
        ('hasattr(e, "type") and e.type.endswith("_error")', "0.45.2", "", {}),
        ("isinstance(e, (anthropic.RateLimitError, anthropic.InternalServerError))", "0.87.0", "429", {}),
        ("isinstance(e, anthropic.RateLimitError | anthropic.InternalServerError)", "0.87.0", "429", {}),
        ("type(e) in (anthropic.RateLimitError, anthropic.InternalServerError)", "0.45.2", "429 529", {}),
        ("issubclass(type(e), anthropic.InternalServerError)", "0.87.0", "", {}),
        ("isinstance(e, getattr(anthropic, 'OverloadedError', ()))", "0.87.0", "", {}),
        ("isinstance(e, getattr(anthropic, 'OverloadedError', ()))", "0.45.2", "", {}),
        ('type(e).__name__ == "OverloadedError"', "0.45.2", "", {}),
        ('e.__class__.__name__.startswith("Over")', "0.45.2", "", {}),
        ('"InternalServerError" in {c.__name__ for c in type(e).__mro__}', "0.87.0", "", {}),
    ],
)
def test_a_condition_is_evaluated_on_the_errors_of_the_release(
    condition: str, version: str, retried: str, crashes: dict[str, str]
) -> None:
    """Older releases raise other classes, and their errors have no `type`."""
    catch = find_place(condition, version=version)
    assert retried == list_chosen(catch, Choice.RETRY)
    summary = summarise(catch)
    assert crashes == {each: names for each, names in summary.items() if each.startswith("crash")}


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("e.status_code in CODES", "CODES comes from myapp.codes, which was not scanned"),
        ("is_transient(e)", "is_transient comes from myapp.codes, which was not scanned"),
        ("e.status_code in self_made", "self_made is not defined in this file"),
    ],
)
def test_a_condition_that_can_not_be_known_has_a_reason(condition: str, why: str) -> None:
    """Each failure that comes to it is undecided; all others are decided."""
    catch = find_only_place("from myapp.codes import CODES, is_transient\n" + write(condition))
    assert "400 429 529 mid-400 mid-429 mid-529" == list_chosen(catch, Choice.UNDECIDED)
    assert {why} == {each.detail for each in catch.decisions.values() if each.choice is Choice.UNDECIDED}
    assert "reset" == list_chosen(catch, Choice.FAIL)


@pytest.mark.parametrize(
    ("condition", "retried"),
    [
        ("e.status_code in CODES or e.status_code == 529", "529"),
        ("e.status_code == 529 or e.status_code in CODES", "529"),
        ("is_transient(e) or isinstance(e, anthropic.RateLimitError)", "429"),
    ],
)
def test_what_is_known_of_a_condition_decides(condition: str, retried: str) -> None:
    """The unknown part matters only where the known part says nothing."""
    catch = find_only_place("from myapp.codes import CODES, is_transient\n" + write(condition))
    assert retried == list_chosen(catch, Choice.RETRY)


@pytest.mark.parametrize(
    ("condition", "retried"),
    [
        ("sys.exc_info()[1].status_code == 529", "529"),
        ("kind, value, _ = sys.exc_info(); issubclass(kind, anthropic.RateLimitError) or value is None", "429"),
        ("sys.exception().status_code == 529", "529"),
        ("isinstance(sys.exception(), anthropic.RateLimitError)", "429"),
        ("handled() == 529", "529"),
    ],
)
def test_the_system_has_the_exception_that_is_handled(condition: str, retried: str) -> None:
    """The clause, or a function that it calls, needs no name for it."""
    helper = "import sys\ndef handled():\n    return sys.exc_info()[1].status_code\n"
    catch = find_only_place(helper + write(condition))
    assert (retried, "", "") == tuple(
        list_chosen(catch, choice) for choice in (Choice.RETRY, Choice.CRASH, Choice.UNDECIDED)
    )


@pytest.mark.parametrize(
    ("classes", "crashes"),
    [
        ("(anthropic.RateLimitError, anthropic.APIStatusError)", False),
        ("tuple([anthropic.APIStatusError])", False),
        ("[anthropic.APIStatusError]", True),
        ("{anthropic.APIStatusError}", True),
        ("(anthropic.RateLimitError, [anthropic.APIStatusError])", True),
        ("(anthropic.RateLimitError, (anthropic.APIStatusError,))", True),
        ("anthropic.RateLimitError | anthropic.APIStatusError", True),
        ("list((anthropic.APIStatusError,))", True),
    ],
)
def test_a_clause_takes_a_class_or_a_tuple_of_classes(classes: str, crashes: bool) -> None:
    """Anything else crashes when an error arrives."""
    catch = find_place("True", classes)
    assert crashes is bool(list_chosen(catch, Choice.CRASH)) is not bool(list_chosen(catch, Choice.RETRY))


@pytest.mark.parametrize(
    ("classes", "crashes"),
    [
        ("anthropic.RateLimitError | anthropic.APIStatusError", False),
        ("(anthropic.RateLimitError, (anthropic.APIStatusError,))", False),
        ("[anthropic.APIStatusError]", True),
        ("(anthropic.RateLimitError, {anthropic.APIStatusError})", True),
    ],
)
def test_isinstance_takes_unions_and_nested_tuples(classes: str, crashes: bool) -> None:
    """It takes no list."""
    catch = find_place(f"isinstance(e, {classes})")
    assert crashes is bool(list_chosen(catch, Choice.CRASH)) is not bool(list_chosen(catch, Choice.RETRY))


def test_a_traceback_is_not_known() -> None:
    """It has lines of the source too."""
    catch = find_only_place("import traceback\n" + write("'overloaded_error' in traceback.format_exc()"))
    assert "400 429 529 mid-400 mid-429 mid-529" == list_chosen(catch, Choice.UNDECIDED)


def test_the_place_of_a_condition_names_its_clause() -> None:
    """The column counts characters from 1, and the code is as it is written."""
    catch = find_only_place(
        """
        import anthropic
        def ask(client: anthropic.Anthropic):
            try:
                return client.messages.create()
            except anthropic.APIStatusError as e:
                "ä"; again = e.status_code  ==  529
                if again: return ask(client)
                raise
        """
    )
    assert ("ask", "429") == (catch.function, list_chosen(catch, Choice.FAIL).split()[1])
    assert catch.place.line in {5, 6}


def test_a_match_on_the_status_compares_the_status() -> None:
    """It is judged as `==` is."""
    catch = find_only_place(
        """
        import anthropic
        def ask(client: anthropic.Anthropic):
            try:
                return list(client.messages.create(stream=True))
            except anthropic.APIStatusError as e:
                match e.status_code:
                    case 429 | 529:
                        return ask(client)
                    case _:
                        raise
        """
    )
    assert "429 529" == list_chosen(catch, Choice.RETRY)


@pytest.mark.parametrize(
    ("case", "retried"),
    [
        ('{"error": {"type": str(kind)}} if kind.startswith("overloaded")', "529 mid-529"),
        ('{"type": "error", **rest} if rest', "400 429 529 mid-400 mid-429 mid-529"),
        ('{"type": _, "error": _, "request_id": _, **rest} if rest', ""),
        ('{"error": {"type": int()}}', ""),
    ],
)
def test_a_match_on_the_body_compares_its_parts(case: str, retried: str) -> None:
    """A text of the error is a text to a pattern, and the rest of a mapping has a value."""
    catch = find_only_place(
        f"""
        import anthropic
        def ask(client: anthropic.Anthropic):
            try:
                return list(client.messages.create(stream=True))
            except anthropic.APIStatusError as e:
                match e.body:
                    case {case}:
                        return ask(client)
                raise
        """
    )
    assert retried == list_chosen(catch, Choice.RETRY)


@pytest.mark.parametrize(
    "expression",
    [
        "client.messages.create() if fast else None",
        "client.messages.create() if fast else client.beta.messages.create()",
        "None if fast else client.messages.create()",
        "fast and client.messages.create()",
        "fast or client.messages.create()",
        "[client.messages.create() for each in fast]",
        "{each: client.messages.create() for each in fast if each}",
    ],
)
def test_a_call_that_may_be_skipped_may_fail(expression: str) -> None:
    """Where it is skipped, there is no failure."""
    catch = find_only_place(
        f"""
        import anthropic
        client = anthropic.Anthropic()
        def ask(fast):
            try: return {expression}
            except anthropic.RateLimitError: raise ValueError
        """
    )
    assert {"fail": "400 529", "fail raises ValueError": "429"} == summarise(catch)
