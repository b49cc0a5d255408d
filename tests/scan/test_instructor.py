"""The scan of programs of Instructor: how clients are made, where a stream is read, and which classes are raised."""

import pytest

from matrix.scan.catches import Catch, PlaceRole
from matrix.scan.scanning import scan
from tests.scan.places import describe, open_release

NEWEST = "1.17.0"
"""A release that reads a stream of the sync client before it returns, and wraps all errors of it."""

LATER = "1.7.9"
"""A release that reads a stream where it is iterated, and passes errors inside it on."""

WRAPPED = "instructor.exceptions.InstructorRetryException"


def scan_one(text: str, version: str = NEWEST) -> Catch:
    """Scan a source, and return the only place in it."""
    scanned = scan(open_release(version, of="instructor"), text, "app.py")
    assert () == scanned.problems
    (catch,) = scanned.catches
    return catch


def list_decisions(text: str, version: str = NEWEST) -> dict[str, str]:
    """List what the only place in a source does, by scenario."""
    return {scenario: describe(decision) for scenario, decision in scan_one(text, version).decisions.items()}


MAKE = "instructor.from_anthropic(anthropic.Anthropic())"
CALL = "list(c.create_partial(response_model=A, messages=[]))"
RETRIES = """
import anthropic, instructor, tenacity, models
from models import A
c = {make}
def ask():
    for _ in range(3):
        try:
            return {call}
        except {caught}:
            continue
"""


def retry(make: str = MAKE, call: str = CALL, caught: str = WRAPPED) -> str:
    """Write a function that retries a call."""
    return RETRIES.format(make=make, call=call, caught=caught)


@pytest.mark.parametrize(
    "make",
    [
        MAKE,
        "instructor.from_anthropic(client=anthropic.Anthropic())",
        "instructor.from_anthropic(models.client)",
        "instructor.from_anthropic(anthropic.Anthropic(), mode=instructor.Mode.ANTHROPIC_TOOLS)",
        "instructor.from_provider('anthropic/claude-3-5-haiku')",
    ],
)
@pytest.mark.parametrize("path", ["c", "c.messages", "c.chat.completions"])
def test_a_client_is_made_in_several_ways(make: str, path: str) -> None:
    """Retry the exception that wraps all errors."""
    decisions = list_decisions(retry(make, CALL.replace("c.create", f"{path}.create")))
    assert ["retry", "retry"] == [decisions[each] for each in ("http-overloaded_error", "mid-overloaded_error")]


UNMEASURED = {
    "instructor.from_openai(openai.OpenAI())": "from_openai",
    "instructor.from_provider('openai/gpt-4o')": "from_provider of openai/gpt-4o",
    "instructor.from_provider(models.NAME)": "from_provider",
    "instructor.from_anthropic(anthropic.AnthropicBedrock())": "from_anthropic(AnthropicBedrock)",
    "instructor.from_anthropic(anthropic.Anthropic(), mode=instructor.Mode.ANTHROPIC_JSON)": "from_anthropic(mode=...)",
    "instructor.from_anthropic(anthropic.Anthropic(), beta=True)": "from_anthropic(beta=True)",
    "instructor.Instructor(client=None, create=models.create)": "Instructor(...)",
}
"""Each client of which nothing was measured, with what it is called."""


@pytest.mark.parametrize("make", UNMEASURED)
def test_other_clients_are_not_judged(make: str) -> None:
    """Make one for another provider, service or way to ask."""
    catch = scan_one(retry(make))
    assert (UNMEASURED[make], {}) == (catch.unmeasured, catch.decisions)


@pytest.mark.parametrize(
    ("call", "unmeasured"),
    [
        ("list(c.create_iterable(response_model=A, messages=[]))", "create_iterable"),
        ("list(c.create(response_model=list[A], messages=[], stream=True))", "create(stream=...)"),
        ("list(c.create(response_model=models.PartialA, messages=[], stream=True))", "create(stream=...)"),
        (
            "list(c.create_partial(response_model=A, max_retries=tenacity.Retrying()))",
            "create_partial(max_retries=...)",
        ),
        ("list(c.create(response_model=instructor.Partial[A], messages=[], stream=True))", ""),
        ("list(c.create_partial(response_model=A, messages=[], max_retries=5))", ""),
        ("c.create(response_model=A, messages=[])", ""),
    ],
)
def test_other_calls_are_not_judged(call: str, unmeasured: str) -> None:
    """Ask for several answers, or let tenacity decide about retries."""
    assert unmeasured == scan_one(retry(call=call)).unmeasured


def test_a_whole_answer_fails_as_plain_http_does() -> None:
    """Nothing is claimed of errors inside a stream."""
    decisions = list_decisions(retry(call="c.create_with_completion(response_model=A, messages=[])"))
    assert ("retry", False) == (decisions["http-rate_limit_error"], "mid-overloaded_error" in decisions)


MADE_INSIDE = f"""
import anthropic, instructor
c = {MAKE}
def ask():
    try:
        stream = c.create_partial(response_model=A, messages=[])
    except Exception:
        return None
    return list(stream)
"""
MADE_BEFORE = f"""
import anthropic, instructor
c = {MAKE}
def ask():
    stream = c.create_partial(response_model=A, messages=[])
    try:
        return list(stream)
    except Exception:
        return None
"""
ASYNC_MADE_INSIDE = (
    MADE_INSIDE.replace("anthropic.Anthropic()", "anthropic.AsyncAnthropic()")
    .replace("def ask", "async def ask")
    .replace("list(stream)", "[each async for each in stream]")
)


@pytest.mark.parametrize(
    ("source", "version", "http", "inside"),
    [
        (MADE_INSIDE, NEWEST, "fail returns None", "fail returns None"),
        (MADE_INSIDE, LATER, "fail returns None", "fail"),
        (MADE_BEFORE, LATER, "fail", "fail returns None"),
    ],
)
def test_the_release_decides_where_a_stream_is_read(source: str, version: str, http: str, inside: str) -> None:
    """Put the clause around the call, or around what is done with its result."""
    decisions = list_decisions(source, version)
    assert [http, inside] == [decisions[each] for each in ("http-overloaded_error", "mid-overloaded_error")]


@pytest.mark.parametrize("source", [MADE_BEFORE, ASYNC_MADE_INSIDE])
def test_a_clause_that_sees_no_failure_is_no_place(source: str) -> None:
    """The stream was read before the clause, or sends its request after it."""
    catch = scan_one(source)
    assert (PlaceRole.STREAM, "fail") == (catch.role, describe(catch.decisions["http-overloaded_error"]))


@pytest.mark.parametrize(
    ("caught", "newest", "later"),
    [
        (WRAPPED, "retry", "fail"),
        ("instructor.core.InstructorRetryException", "retry", "fail"),
        ("instructor.InstructorRetryException", "crash AttributeError", "crash AttributeError"),
        ("instructor.exceptions.ValidationError", "fail", "fail"),
        ("anthropic.APIStatusError", "fail", "retry"),
        ("anthropic.OverloadedError", "crash AttributeError", "crash AttributeError"),
    ],
)
def test_a_clause_names_classes_of_instructor_or_of_the_sdk(caught: str, newest: str, later: str) -> None:
    """The class of an overloaded server is private in the SDKs of both releases, as the causes show."""
    decisions = [list_decisions(retry(caught=caught), version)["mid-overloaded_error"] for version in (NEWEST, LATER)]
    assert [newest, later] == decisions


def test_what_is_raised_has_no_status() -> None:
    """Read it."""
    source = retry(caught=f"{WRAPPED} as error").replace("continue", "return error.status_code")
    assert "crash AttributeError" == list_decisions(source)["http-overloaded_error"]
