"""The scan of programs of SDKs that Stainless did not make: Ollama, Cohere, Mistral and Google Gen AI."""

import textwrap

import pytest

from matrix.scan.catches import Catch
from matrix.scan.scanning import scan
from tests.scan.places import describe, open_release

NEWEST = {"ollama": "0.6.3", "cohere": "7.3.1", "mistralai": "3.7.0", "google-genai": "3.6.1"}

HEADS = {
    "ollama": "import ollama\nfrom ollama import ResponseError as Failed\nclient = ollama.Client()\n",
    "cohere": "import cohere\nfrom cohere.core.api_error import ApiError as Failed\nclient = cohere.ClientV2()\n",
    "mistralai": (
        "from mistralai.client import Mistral\n"
        "from mistralai.client.errors import MistralError as Failed\n"
        "client = Mistral()\n"
    ),
    "google-genai": (
        "from google import genai\nfrom google.genai.errors import APIError as Failed\nclient = genai.Client()\n"
    ),
}

STREAMS = {
    "ollama": "client.chat(model='m', messages=[], stream=True)",
    "cohere": "client.chat_stream(model='m', messages=[])",
    "mistralai": "client.chat.stream(model='m', messages=[])",
    "google-genai": "client.models.generate_content_stream(model='m', contents='Hi')",
}

OVERLOADED = {
    "ollama": "http-overloaded",
    "cohere": "http-service_unavailable",
    "mistralai": "http-service_tier_capacity_exceeded",
    "google-genai": "http-unavailable",
}


def find_catches(id_: str, text: str, version: str = "") -> list[Catch]:
    """Find the places of a source, in which STREAM is the call that opens a stream."""
    source = HEADS[id_] + textwrap.dedent(text).replace("STREAM", STREAMS[id_])
    scanned = scan(open_release(version or NEWEST[id_], of=id_), source, "app.py")
    assert () == scanned.problems
    return list(scanned.catches)


def list_decisions(id_: str, text: str, version: str = "") -> dict[str, str]:
    """List what the only place of a source does, by scenario."""
    (catch,) = find_catches(id_, text, version)
    return {scenario: describe(decision) for scenario, decision in catch.decisions.items()}


@pytest.mark.parametrize(
    ("id_", "call"),
    [
        ("ollama", "client.chat(model='m', messages=[])"),
        ("cohere", "client.chat(model='m', messages=[], request_options={'max_retries': 0})"),
        ("mistralai", "client.chat.complete(model='m', messages=[])"),
        ("google-genai", "client.models.generate_content(model='m', contents='Hi')"),
    ],
)
def test_a_whole_answer_fails_as_plain_http_does(id_: str, call: str) -> None:
    """Streams of some of them report errors by an event too, which says nothing of it."""
    code = f"for _ in range(2):\n    try:\n        print({call})\n    except Failed:\n        continue\n"
    decisions = list_decisions(id_, code)
    assert decisions[OVERLOADED[id_]] == "retry"
    assert not any(id_.startswith("mid-") for id_ in decisions)


@pytest.mark.parametrize("id_", NEWEST)
def test_the_clause_around_a_loop_takes_all_errors_of_the_sdk(id_: str) -> None:
    """Retry the base class, of a plain HTTP error."""
    decisions = list_decisions(
        id_,
        """
        for _ in range(3):
            try:
                parts = list(STREAM)
                break
            except Failed:
                continue
        """,
    )
    assert "retry" == decisions[OVERLOADED[id_]]
    assert "fail" == decisions["reset"]


@pytest.mark.parametrize(
    ("id_", "expected"),
    [("ollama", "fail"), ("cohere", "fail"), ("google-genai", "fail"), ("mistralai", "fail raises ValueError")],
)
def test_where_a_request_is_sent_decides_which_clause_sees_it_fail(id_: str, expected: str) -> None:
    """Have a clause around the call alone: it takes an error of those that send their request at once."""
    decisions = list_decisions(
        id_,
        """
        def ask():
            try:
                stream = STREAM
            except Failed:
                raise ValueError
            return list(stream)
        """,
    )
    assert expected == decisions[OVERLOADED[id_]]


def test_awaiting_a_lazy_stream_sends_nothing() -> None:
    """Await it inside of the `try`, and read it outside."""
    decisions = list_decisions(
        "ollama",
        """
        aclient = ollama.AsyncClient()
        async def ask():
            try:
                stream = await aclient.chat(model="m", messages=[], stream=True)
            except Failed:
                return None
            return [part async for part in stream]
        """,
    )
    assert {"fail"} == {each for id_, each in decisions.items() if id_.startswith(("http", "mid"))}


def test_functions_of_the_module_are_calls() -> None:
    """Import one of them, and call one as an attribute."""
    found = find_catches(
        "ollama",
        """
        from ollama import chat
        def ask():
            try:
                return list(chat(model="m", messages=[], stream=True))
            except Failed:
                return None
        def complete():
            try:
                return ollama.generate(model="m", prompt="Hi")
            except Failed:
                return None
        """,
    )
    assert [True, False] == ["mid-overloaded" in each.decisions for each in found]
    assert all("http-overloaded" in each.decisions for each in found)


def test_a_method_of_an_unknown_client_is_known_by_the_name_of_its_owner() -> None:
    """Name one object a client, and another one a room."""
    text = """
        def ask({name}):
            try:
                return list({name}.chat(model="m", messages=[], stream=True))
            except {class_}:
                return None
    """
    assert 1 == len(find_catches("ollama", text.format(name="llm_client", class_="Failed")))
    assert [] == find_catches("ollama", text.format(name="room", class_="ValueError"))


@pytest.mark.parametrize(
    ("id_", "attribute", "expected"),
    [
        ("google-genai", "code", "fail returns 503"),
        ("google-genai", "status_code", "crash AttributeError"),
        ("google-genai", "status", "fail returns 'UNAVAILABLE'"),
        ("ollama", "status_code", "fail returns 503"),
        ("ollama", "response", "crash AttributeError"),
        ("cohere", "response", "crash AttributeError"),
        ("mistralai", "raw_response.status_code", "fail returns 503"),
        ("mistralai", "response", "crash AttributeError"),
    ],
)
def test_errors_have_the_attributes_of_their_sdk(id_: str, attribute: str, expected: str) -> None:
    """Return an attribute of an overloaded server's error."""
    text = f"""
        def ask():
            try:
                return list(STREAM)
            except Failed as error:
                return error.{attribute}
    """
    assert expected == list_decisions(id_, text)[OVERLOADED[id_]]


def test_an_error_in_a_stream_has_no_status_of_its_response() -> None:
    """Tell the status of the event, which the exception has, from that of the response."""
    decisions = list_decisions(
        "google-genai",
        """
        for _ in range(3):
            try:
                parts = list(STREAM)
            except Failed as error:
                if error.response.status_code != 503:
                    raise
        """,
    )
    assert "retry" == decisions["http-unavailable"]
    assert decisions["mid-unavailable"].startswith("undecided")


@pytest.mark.parametrize(("name", "expected"), [("ServerError", "undecided"), ("ServiceUnavailable", "fail")])
def test_a_namespace_has_classes_of_other_packages(name: str, expected: str) -> None:
    """Catch a class of another package of the namespace, which is not the one that has the same name."""
    decisions = list_decisions(
        "google-genai",
        f"""
        from google.api_core.exceptions import {name}
        from google.genai import errors
        for _ in range(3):
            try:
                parts = list(STREAM)
                break
            except {name}:
                continue
            except errors.ClientError:
                break
        """,
    )
    assert expected == decisions["http-unavailable"]


@pytest.mark.parametrize(
    ("id_", "client", "call"),
    [
        ("google-genai", "genai.Client(vertexai=True)", "models.generate_content_stream(model='m', contents='Hi')"),
        ("cohere", "cohere.Client()", "chat_stream(message='Hi')"),
        ("cohere", "cohere.BedrockClientV2()", "chat_stream(model='m', messages=[])"),
        ("mistralai", "Mistral()", "fim.stream(model='m', prompt='Hi')"),
        ("ollama", "ollama.Client()", "pull('m', stream=True)"),
    ],
)
def test_what_was_not_measured_is_not_judged(id_: str, client: str, call: str) -> None:
    """Ask another service, another version of the API, or a method that no surface plays."""
    text = f"""
        other = {client}
        def ask():
            try:
                return list(other.{call})
            except Failed:
                return None
    """
    (catch,) = find_catches(id_, text)
    assert catch.unmeasured
    assert {} == catch.decisions


def test_a_client_of_the_same_service_is_judged() -> None:
    """Say that it is not another one."""
    text = """
        def ask():
            try:
                return list(genai.Client(vertexai=False).models.generate_content_stream(model="m", contents="Hi"))
            except Failed:
                return None
    """
    assert "fail returns None" == list_decisions("google-genai", text)["http-unavailable"]


@pytest.mark.parametrize(
    ("test", "scenario", "expected"),
    [
        ("finish is None", "eof-mid", "fail raises ValueError"),
        ("finish is None", "mid-internal_server_error", "fail returns 'ERROR'"),
        ("finish != 'COMPLETE'", "mid-internal_server_error", "fail raises ValueError"),
        ("finish in (None, 'ERROR')", "mid-gateway_timeout", "fail returns 'TIMEOUT'"),
    ],
)
def test_a_check_of_the_end_is_run_on_the_event_that_says_it(test: str, scenario: str, expected: str) -> None:
    """Check the reason in the event that ends the message, which an error may have ended."""
    text = f"""
        def ask():
            finish = None
            for event in STREAM:
                if event.type == "message-end":
                    finish = event.delta.finish_reason
            if {test}:
                raise ValueError
            return finish
    """
    assert expected == list_decisions("cohere", text)[scenario]


@pytest.mark.parametrize("version", ["0.3.3", "0.6.3"])
def test_parts_are_read_by_items(version: str) -> None:
    """Read dicts, and objects that have items too."""
    text = """
        def ask():
            done, text = False, ""
            for part in STREAM:
                text += part["message"]["content"]
                done = part["done"]
            if not done:
                raise ValueError
            return text
    """
    decisions = list_decisions("ollama", text, version)
    assert "fail raises ValueError" == decisions["eof-mid"]


def test_the_first_event_alone_says_nothing_of_the_rest() -> None:
    """Ask for one event, before which the stream may fail, and after which nobody reads it."""
    text = """
        def ask():
            for _ in range(2):
                try:
                    return next(iter(STREAM))
                except Failed:
                    continue
            raise ValueError
    """
    decisions = list_decisions("ollama", text)
    assert "retry" == decisions["first-overloaded"]
    assert decisions["mid-overloaded"].startswith("undecided")


@pytest.mark.parametrize(
    ("id_", "line", "expected"),
    [
        ("cohere", "from cohere import ApiError", "ImportError"),
        ("cohere", "from cohere.core import ApiError", ""),
        ("cohere", "from cohere import InternalServerError", ""),
        ("mistralai", "from mistralai import Mistral", "ImportError"),
        ("mistralai", "from mistralai import SDKError", "ImportError"),
        ("mistralai", "from mistralai.models import SDKError", "ModuleNotFoundError"),
        ("mistralai", "from mistralai.client.errors import SDKError", ""),
        ("google-genai", "from google.genai import APIError", "ImportError"),
        ("google-genai", "from google.genai import Client", ""),
        ("google-genai", "from google.genai.errors import ServerError", ""),
    ],
)
def test_an_import_fails_where_the_release_has_no_such_name(id_: str, line: str, expected: str) -> None:
    """Import classes from where they are, and from where they are not."""
    decisions = list_decisions(
        id_,
        f"""
        {line}
        def ask():
            try:
                return list(STREAM)
            except Failed:
                return None
        """,
    )
    crashed = {each for each in decisions.values() if each.startswith("crash")}
    assert ({f"crash {expected}"} if expected else set()) == crashed


def test_what_pydantic_raises_has_two_names() -> None:
    """Catch the class by the name that programs import, on a release that does not wrap it."""
    decisions = list_decisions(
        "mistralai",
        """
        import pydantic
        for _ in range(3):
            try:
                parts = list(STREAM)
                break
            except pydantic.ValidationError:
                continue
        """,
        "2.4.5",
    )
    assert "retry" == decisions["mid-rate_limited"]
