"""The scan of programs of the OpenAI SDK: its calls, its errors by code, its streams that fail without an exception."""

import textwrap
from typing import Final

import pytest

from matrix.scan.catches import Catch, Choice, PlaceRole
from matrix.scan.scanning import scan
from matrix.targets import OPENAI
from tests.scan.places import describe, open_release

NEWEST: Final = "3.57.0"
BEFORE_1: Final = "0.28.1"

TELLING: Final = {
    "400": "http-invalid_request_error",
    "429": "http-rate_limit_exceeded",
    "quota": "http-insufficient_quota",
    "503": "http-server_is_overloaded",
    "mid-429": "mid-rate_limit_exceeded",
    "mid-quota": "mid-insufficient_quota",
    "mid-500": "mid-server_error",
    "mid-503": "mid-server_is_overloaded",
    "error": "response-mid-server_error",
    "flat": "response-flat-server_error",
    "failed": "response-failed-server_error",
    "short": "response-incomplete",
    "cut": "eof-mid",
    "reset": "reset",
}
"""The scenarios that tell one way to catch errors from another: short name to id."""

MID: Final = "mid-429 mid-quota mid-500 mid-503"


def scan_text(text: str, version: str = NEWEST) -> list[Catch]:
    """Scan a source, and list its places without clients that retry by themselves."""
    head = "import openai\nclient = openai.OpenAI()\naclient = openai.AsyncOpenAI()\n"
    scanned = scan(open_release(version, of=OPENAI.id), head + textwrap.dedent(text), "app.py")
    assert () == scanned.problems
    return [catch for catch in scanned.catches if catch.role is not PlaceRole.CLIENT]


def find_only_place(text: str, version: str = NEWEST) -> Catch:
    """Find the only place in a source."""
    (catch,) = scan_text(text, version)
    return catch


def list_chosen(catch: Catch, choice: Choice) -> str:
    """List the short names of the scenarios in which a place chooses so."""
    chosen = {id_ for id_, each in catch.decisions.items() if each.choice is choice}
    return " ".join(name for name, scenario in TELLING.items() if scenario in chosen)


def summarise(catch: Catch) -> dict[str, str]:
    """Summarise the decisions of a place: each to the short names of the scenarios with it, in their order."""
    summary: dict[str, str] = {}
    for name, scenario in TELLING.items():
        if (decision := catch.decisions.get(scenario)) is not None:
            summary[describe(decision)] = f"{summary.get(describe(decision), '')} {name}".lstrip()
    return summary


LOOP: Final = """\
def ask():
    for _ in range(3):
        try:
            return {read}
        {clause}
    raise RuntimeError
"""
CHAT: Final = "list(client.chat.completions.create(model='m', messages=[], stream=True))"


@pytest.mark.parametrize(
    ("clause", "version", "retried"),
    [
        ("except openai.RateLimitError: pass", NEWEST, "429 quota"),
        ("except openai.InternalServerError: pass", NEWEST, "503"),
        ("except openai.APIStatusError: pass", NEWEST, "400 429 quota 503"),
        ("except openai.APIConnectionError: pass", NEWEST, "reset"),
        ("except openai.APIConnectionError: pass", "2.2.0", ""),
        ("except openai.APIError: pass", NEWEST, f"400 429 quota 503 {MID} reset"),
        ("except openai.APIError: pass", "2.2.0", f"400 429 quota 503 {MID}"),
        ("except openai.OpenAIError: pass", NEWEST, f"400 429 quota 503 {MID} reset"),
        (
            (
                "except openai.APIError as e:\n"
                "            if e.code not in ('rate_limit_exceeded', 'server_is_overloaded'): raise"
            ),
            NEWEST,
            "429 503 mid-429 mid-503",
        ),
        (
            (
                "except openai.APIError as e:\n"
                "            if getattr(e, 'status_code', None) not in (429, 500, 503): raise"
            ),
            NEWEST,
            "429 quota 503",
        ),
        (
            (
                "except openai.APIStatusError as e:\n"
                "            if e.response.json()['error']['code'] == 'insufficient_quota': raise"
            ),
            NEWEST,
            "400 429 503",
        ),
        (("except Exception as e:\n            if 'overloaded' not in str(e): raise"), NEWEST, "503 mid-503"),
    ],
)
def test_a_clause_retries_the_errors_that_it_takes(clause: str, version: str, retried: str) -> None:
    """Evaluate it on the errors of chat completions."""
    place = find_only_place(LOOP.format(read=CHAT, clause=clause), version)
    assert retried == list_chosen(place, Choice.RETRY)


def test_a_status_that_an_error_in_a_stream_lacks_crashes_the_clause() -> None:
    """An APIError has none; the connection error has none either."""
    clause = "except openai.APIError as e:\n            if e.status_code < 500: raise"
    place = find_only_place(LOOP.format(read=CHAT, clause=clause))
    expected = {"fail": "400 429 quota", "retry": "503", "crash AttributeError": f"{MID} reset", "accept": "cut"}
    assert expected == summarise(place)


@pytest.mark.parametrize(
    ("read", "version", "retried"),
    [
        ("list(client.responses.create(stream=True))", NEWEST, "400 429 quota 503 error reset"),
        ("client.chat.completions.create().choices[0].message.content", NEWEST, "400 429 quota 503"),
        ("client.responses.create().output_text", NEWEST, "400 429 quota 503"),
        ("client.embeddings.create().data", NEWEST, "400 429 quota 503"),
        ("openai.embeddings.create().data", NEWEST, "400 429 quota 503"),
        ("list(openai.chat.completions.create(stream=True))", NEWEST, f"400 429 quota 503 {MID} reset"),
        ("list(client.with_options(max_retries=0).chat.completions.create(stream=True))", NEWEST, ""),
        ("list(client.chat.completions.with_raw_response.create(stream=True).parse())", NEWEST, ""),
        ("list(client.completions.create(stream=True))", NEWEST, "400 429 quota 503 mid-503 reset"),
        ("list(openai.ChatCompletion.create(stream=True))", BEFORE_1, f"400 429 quota 503 {MID} reset"),
    ],
)
def test_a_call_fails_as_its_surface_was_recorded(read: str, version: str, retried: str) -> None:
    """Retry every exception; a call without a stream fails only before one."""
    text = LOOP.format(read=read, clause="except Exception: pass")
    text = text if version is NEWEST else text.replace("client =", "")
    place = find_only_place(text, version)
    assert (retried or f"400 429 quota 503 {MID} reset") == list_chosen(place, Choice.RETRY)


@pytest.mark.parametrize(
    ("read", "version", "unmeasured"),
    [
        ("list(openai.AzureOpenAI().chat.completions.create(stream=True))", NEWEST, "AzureOpenAI"),
        ("openai.BedrockOpenAI().responses.create()", NEWEST, "BedrockOpenAI"),
        (
            "list(client.responses.with_raw_response.create(stream=True).parse())",
            NEWEST,
            "responses.with_raw_response.create",
        ),
        ("list(client.beta.threads.runs.stream(thread_id='t'))", NEWEST, "beta.threads.runs.stream"),
        ("list(client.responses.create(stream=True))", "1.21.2", "responses.create"),
        ("list(openai.ChatCompletion.create(stream=True))", NEWEST, "ChatCompletion.create"),
    ],
)
def test_a_call_that_was_not_recorded_is_not_measured(read: str, version: str, unmeasured: str) -> None:
    """It is never judged by another one."""
    place = find_only_place(LOOP.format(read=read, clause="except openai.APIError: pass"), version)
    assert (unmeasured, {}) == (place.unmeasured, place.decisions)


@pytest.mark.parametrize(
    ("names", "version", "crashes"),
    [
        ("openai.RateLimitError", BEFORE_1, True),
        ("openai.APIError", BEFORE_1, False),
        ("openai.error.RateLimitError", BEFORE_1, False),
        ("openai.error.Timeout", BEFORE_1, False),
        ("openai.error.RateLimitError", NEWEST, True),
        ("openai.InvalidRequestError", NEWEST, True),
        ("openai.APIStatusError", BEFORE_1, True),
    ],
)
def test_a_class_is_looked_for_where_the_release_has_it(names: str, version: str, crashes: bool) -> None:
    """Before 1.0, the classes are in `openai.error`."""
    read = CHAT if version is NEWEST else "list(openai.ChatCompletion.create(stream=True))"
    place = find_only_place(LOOP.format(read=read, clause=f"except {names}: pass"), version)
    assert crashes is ("503" in list_chosen(place, Choice.CRASH))


EVENTS: Final = """\
def ask():
    for _ in range(2):
        done = False
        try:
            for event in client.responses.create(stream=True):
                {body}
            {after}
        except (ValueError, openai.APIError):
            continue
        return done
    raise RuntimeError
"""


@pytest.mark.parametrize(
    ("body", "after", "accepted"),
    [
        ("print(event)", "pass", "flat failed short cut"),
        ("if event.type == 'response.failed': raise ValueError", "pass", "flat short cut"),
        ("if event.type in ('error', 'response.failed'): raise ValueError", "pass", "short cut"),
        ("done = done or event.type == 'response.completed'", "if not done: raise ValueError", ""),
    ],
)
def test_code_may_notice_a_stream_that_raises_nothing(body: str, after: str, accepted: str) -> None:
    """It is run on the events that the stream delivered."""
    place = find_only_place(EVENTS.format(body=body, after=after))
    assert accepted == list_chosen(place, Choice.ACCEPT)
    noticed = {"flat", "failed", "short", "cut"}.difference(accepted.split())
    assert noticed <= {*list_chosen(place, Choice.RETRY).split()}


def test_a_flag_that_is_returned_is_for_the_caller_to_check() -> None:
    """Whether the caller does can't be decided."""
    body = "done = done or event.type == 'response.completed'"
    place = find_only_place(EVENTS.format(body=body, after="print(done)"))
    assert "flat failed short cut" == list_chosen(place, Choice.UNDECIDED)


CHUNKS: Final = """\
def ask():
    for _ in range(2):
        finish, text = None, ""
        try:
            for chunk in client.chat.completions.create(stream=True):
                {body}
        except openai.APIError:
            {clause}
        {after}
        return text
    raise RuntimeError
"""


@pytest.mark.parametrize(
    ("body", "clause", "after", "expected"),
    [
        ("text += chunk.choices[0].delta.content or ''", "continue", "pass", "cut"),
        ("finish = chunk.choices[0].finish_reason or finish", "continue", "if finish is None: continue", ""),
        ("if chunk.choices[0].delta.content: return text", "continue", "pass", "cut"),
    ],
)
def test_code_may_notice_a_missing_finish_reason(body: str, clause: str, after: str, expected: str) -> None:
    """A chunk of a stream that was cut has none."""
    place = find_only_place(CHUNKS.format(body=body, clause=clause, after=after))
    assert expected == list_chosen(place, Choice.ACCEPT)


def test_text_that_came_before_an_error_is_known() -> None:
    """The first chunk has none, so that a clause that returns what came does so in a stream alone."""
    body = "text += chunk.choices[0].delta.content or ''"
    place = find_only_place(CHUNKS.format(body=body, clause="if text: return text", after="continue"))
    assert ("400 429 quota 503", f"{MID} reset") == (
        list_chosen(place, Choice.RETRY).removesuffix(" cut"),
        list_chosen(place, Choice.FAIL),
    )


def test_a_stream_that_nothing_checks_is_reported_with_the_failures_that_it_hides() -> None:
    """Its check of failed events counts."""
    text = """
    def ask():
        for event in client.responses.create(stream=True):
            if event.type == "response.failed":
                raise ValueError
    """
    place = find_only_place(text)
    assert (PlaceRole.STREAM, "flat short cut") == (place.role, list_chosen(place, Choice.ACCEPT))


def test_the_helper_raises_where_it_has_no_whole_response() -> None:
    """`get_final_response()` raises an error of Python's own."""
    text = """
    def ask():
        try:
            with client.responses.stream() as stream:
                return stream.get_final_response()
        except openai.APIError:
            return None
    """
    summary = summarise(find_only_place(text))
    assert {"fail": "flat failed short cut", "fail returns None": "400 429 quota 503 error reset"} == summary


def test_what_a_collection_gets_in_a_stream_is_known_to_the_clause() -> None:
    """It decides by whether the list has something."""
    text = """
    def ask():
        parts = []
        for _ in range(2):
            try:
                for chunk in client.chat.completions.create(stream=True):
                    parts.append(chunk.id)
                return parts
            except openai.APIError:
                if parts:
                    raise
        raise RuntimeError
    """
    place = find_only_place(text)
    assert ("400 429 quota 503", f"{MID} reset") == (
        list_chosen(place, Choice.RETRY),
        list_chosen(place, Choice.FAIL),
    )


def test_the_lines_of_a_raw_response_raise_nothing_for_an_event() -> None:
    """What is raised before the stream is known; what reading the lines does is not."""
    text = """
    def ask():
        try:
            with client.chat.completions.with_streaming_response.create(stream=True) as response:
                return list(response.iter_lines())
        except openai.APIError:
            return None
    """
    place = find_only_place(text)
    assert ("400 429 quota 503", f"{MID} cut reset") == (
        list_chosen(place, Choice.FAIL),
        list_chosen(place, Choice.UNDECIDED),
    )


def test_a_decorator_sees_what_a_function_raises_of_an_event() -> None:
    """The function looks at the events."""
    text = """
    from tenacity import retry, retry_if_exception_type, stop_after_attempt
    @retry(retry=retry_if_exception_type(ValueError), stop=stop_after_attempt(2))
    def ask():
        for event in client.responses.create(stream=True):
            if event.type in ("error", "response.failed"):
                raise ValueError
    """
    place = find_only_place(text)
    assert ("flat failed", "short cut") == (list_chosen(place, Choice.RETRY), list_chosen(place, Choice.ACCEPT))
