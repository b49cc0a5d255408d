"""Error handlers of web frameworks that no cell has, and which of several handlers gets an error."""

from typing import Final

import pytest

from tests.scan.places import scan_text, summarise

HEAD: Final = "import anthropic\nfrom framework import app, answer\n"
MID: Final = "mid-400 mid-429 mid-529"


def decide(text: str) -> dict[str, dict[str, str]]:
    """Summarise each place by its function, as the framework has it."""
    return {catch.function: summarise(catch) for catch in scan_text(HEAD + text)}


@pytest.mark.parametrize(
    "classes",
    [
        "anthropic.RateLimitError, anthropic.InternalServerError",
        "[anthropic.RateLimitError, anthropic.InternalServerError]",
    ],
)
def test_a_handler_of_sanic_has_several_classes(classes: str) -> None:
    """None of them is a function."""
    text = f"@app.exception({classes})\nasync def busy(request, error):\n    return answer('busy')\n"
    assert {"busy": {"fail": f"400 {MID} reset", "fail returns a value": "429 529"}} == decide(text)


@pytest.mark.parametrize(
    "handlers",
    [
        "app.make(exception_handlers=HANDLERS)",
        "app.make(exception_handlers={anthropic.APIError: other, anthropic.RateLimitError: busy})",
    ],
)
def test_the_handler_of_the_nearest_class_gets_an_error(handlers: str) -> None:
    """The order in which they are registered does not matter."""
    text = (
        "def busy(request, error):\n    return 'busy'\ndef other(request, error):\n    return 'other'\n"
        f"HANDLERS = {{anthropic.APIError: other, anthropic.RateLimitError: busy}}\n{handlers}\n"
    )
    assert {
        "busy": {"fail": f"400 529 {MID} reset", "fail returns 'busy'": "429"},
        "other": {"fail returns 'other'": f"400 529 {MID}", "fail": "429 reset"},
    } == decide(text)


def test_handlers_of_other_applications_do_not_matter() -> None:
    """Each application finds its own."""
    text = (
        "@app.errorhandler(anthropic.APIError)\ndef every(error):\n    return 'every'\n"
        "@answer.errorhandler(anthropic.RateLimitError)\ndef busy(error):\n    return 'busy'\n"
    )
    assert f"400 429 529 {MID}" == decide(text)["every"]["fail returns 'every'"]


@pytest.mark.parametrize(
    ("method", "summary"),
    [
        (
            (
                "def process_exception(self, request, exception):\n"
                "        if isinstance(exception, anthropic.APIError):\n            return answer(503)\n"
            ),
            {"fail returns a value": f"400 429 529 {MID}", "fail": "reset"},
        ),
        (
            (
                "def process_exception(self, request, exception):\n"
                "        if not isinstance(exception, anthropic.RateLimitError):\n            return None\n"
                "        return answer(503)\n"
            ),
            {"fail": f"400 529 {MID} reset", "fail returns a value": "429"},
        ),
        (
            (
                "def process_exception(self, request, exception, spider):\n"
                "        if isinstance(exception, anthropic.RateLimitError):\n            raise ValueError\n"
            ),
            {"fail": f"400 529 {MID} reset", "fail raises ValueError": "429"},
        ),
    ],
)
def test_a_middleware_lets_an_exception_pass_by_none(method: str, summary: dict[str, str]) -> None:
    """It is called with every exception of a view."""
    assert {"Middle.process_exception": summary} == decide(f"class Middle:\n    {method}")


@pytest.mark.parametrize(
    ("test", "count"), [("isinstance(error, anthropic.APIError)", 1), ("isinstance(error, ValueError)", 0)]
)
def test_a_handler_of_every_exception_counts_if_it_tells_those_of_the_sdk_apart(test: str, count: int) -> None:
    """Any other handler says nothing of them."""
    text = f"@app.errorhandler(Exception)\ndef every(error):\n    return ('a' if {test} else 'b'), 500\n"
    assert count == len(scan_text(HEAD + text))
