"""The scan of programs of LiteLLM: functions of its module, the models that were measured, and its own retries."""

import textwrap

import pytest

from matrix.scan.catches import Catch
from matrix.scan.scanning import scan
from tests.scan.places import describe, open_release

NEWEST = "1.110.2"
BEFORE_MID_STREAM = "1.80.10"
"""A release that raises the class of a plain HTTP error inside a stream."""


def scan_one(text: str, version: str = NEWEST) -> Catch:
    """Scan a source, and return the only place in it."""
    scanned = scan(open_release(version, of="litellm"), textwrap.dedent(text), "app.py")
    assert () == scanned.problems
    (catch,) = scanned.catches
    return catch


def list_decisions(text: str, version: str = NEWEST) -> dict[str, str]:
    """List what the only place in a source does, by scenario."""
    return {scenario: describe(decision) for scenario, decision in scan_one(text, version).decisions.items()}


RETRIES = """
    {head}
    def ask():
        for _ in range(3):
            try:
                return list({call})
            except {caught}:
                continue
"""
CALL = 'completion(model="anthropic/claude-3", messages=[], stream=True)'


@pytest.mark.parametrize(
    ("head", "call"),
    [
        ("import litellm", f"litellm.{CALL}"),
        ("import litellm as llm", f"llm.{CALL}"),
        ("import litellm\n    from litellm import completion", CALL),
        ("import litellm\n    from litellm import completion as complete", CALL.replace("completion", "complete")),
    ],
)
def test_a_function_of_the_module_is_a_call(head: str, call: str) -> None:
    """Retry by the class of a plain HTTP error, which is that of an error in a stream on an older release."""
    caught = "llm.InternalServerError" if " as llm" in head else "litellm.InternalServerError"
    source = RETRIES.format(head=head, call=call, caught=caught)
    assert "retry" == list_decisions(source, BEFORE_MID_STREAM)["mid-overloaded_error"]
    assert "fail" == list_decisions(source)["mid-overloaded_error"]
    assert "retry" == list_decisions(source)["http-overloaded_error"]


@pytest.mark.parametrize(
    ("caught", "expected"),
    [
        ("openai.InternalServerError", "fail"),
        ("openai.APIStatusError", "retry"),
        ("openai.APIError", "retry"),
        ("litellm.APIError", "fail"),
        ("litellm.ServiceUnavailableError", "retry"),
        ("litellm.exceptions.MidStreamFallbackError", "retry"),
        ("litellm.MidStreamFallbackError", "crash AttributeError"),
        ("litellm.APIStatusError", "crash AttributeError"),
    ],
)
def test_a_clause_may_name_the_classes_from_which_those_of_litellm_are_derived(caught: str, expected: str) -> None:
    """Catch what is raised inside a stream by its own class, and by those of the OpenAI SDK."""
    source = RETRIES.format(head="import litellm, openai", call=f"litellm.{CALL}", caught=caught)
    assert expected == list_decisions(source)["mid-overloaded_error"]


UNMEASURED = {
    "completion(model='gpt-4o', messages=[], stream=True)": "completion of gpt-4o",
    "completion('gemini/gemini-3', [], stream=True)": "completion of gemini/gemini-3",
    "completion(model=MODEL, messages=[], stream=True)": "completion of bedrock/claude",
    "completion(model=f'azure/{name}', messages=[], stream=True)": "completion of azure/",
    f"{CALL[:-1]}, num_retries=2)": "completion(num_retries=...)",
    f"{CALL[:-1]}, fallbacks=['gpt-4o'])": "completion(fallbacks=...)",
    f"{CALL[:-1]}, **OPTIONS)": "completion(max_retries=...)",
    "embedding(model='anthropic/any', input='Hi')": "embedding",
    "responses(model='anthropic/any', input='Hi', stream=True)": "responses",
}
"""Each call of which nothing was measured, with what it is called."""


@pytest.mark.parametrize("call", UNMEASURED)
def test_what_was_not_measured_is_not_judged(call: str) -> None:
    """Name another provider, have LiteLLM retry, or call another API."""
    head = "import litellm\n    MODEL = 'bedrock/claude'\n    OPTIONS = {'max_retries': 2}"
    catch = scan_one(RETRIES.format(head=head, call=f"litellm.{call}", caught="litellm.APIError"))
    assert (UNMEASURED[call], {}) == (catch.unmeasured, catch.decisions)


def test_a_router_is_not_measured() -> None:
    """It chooses the model, and retries."""
    head = "import litellm\n    router = litellm.Router(model_list=[])"
    catch = scan_one(RETRIES.format(head=head, call=f"router.{CALL}", caught="litellm.APIError"))
    assert "Router" == catch.unmeasured


def test_retries_may_be_a_setting_of_the_module() -> None:
    """Set it at the top of the file."""
    source = RETRIES.format(
        head="import litellm\n    litellm.num_retries = 3", call=f"litellm.{CALL}", caught="litellm.APIError"
    )
    assert "completion(num_retries=...)" == scan_one(source).unmeasured


@pytest.mark.parametrize("model", ["os.environ['MODEL']", "'claude-3'", "model", "'gpt-4o' if cheap else 'claude-3'"])
def test_a_call_that_may_be_of_a_measured_model_is_judged(model: str) -> None:
    """Take the model from elsewhere, or choose it."""
    call = f"litellm.completion(model={model}, messages=[], max_retries=0, num_retries=None, stream=True)"
    source = RETRIES.format(head="import litellm, os", call=call, caught="litellm.RateLimitError")
    assert "retry" == list_decisions(source)["http-rate_limit_error"]


def test_a_stream_without_text_is_followed_though_it_says_that_it_is_whole() -> None:
    """Return at the first text, and ask again if there was none."""
    decisions = list_decisions(
        f"""
        import litellm
        def ask():
            for _ in range(2):
                try:
                    for chunk in litellm.{CALL}:
                        if chunk.choices[0].delta.content:
                            return chunk.choices[0].delta.content
                except litellm.RateLimitError:
                    pass
        """
    )
    assert ("retry", "accept") == (decisions["eof-before-anything"], decisions["clean"])


def test_the_response_that_litellm_makes_is_not_known() -> None:
    """Read a header of it, which may be missing."""
    source = """
        import litellm
        def ask():
            try:
                return list(litellm.{call})
            except litellm.RateLimitError as error:
                return int(error.response.headers{read})
    """
    taken = [list_decisions(source.format(call=CALL, read=read)) for read in ("['retry-after']", ".get('x', 1)")]
    expected = ["undecided", "fail returns a value"]
    assert expected == [each["http-rate_limit_error"] for each in taken]
