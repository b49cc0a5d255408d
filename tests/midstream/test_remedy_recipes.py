"""The recipes of docs/remedy.md: those that need no other package run here, with the SDK in miniature.

tests/live runs all of them on real releases.
"""

import asyncio
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import pytest

from matrix.catalogue.error_types import DOCUMENTED_STATUS
from matrix.site.recipes import read_recipes
from matrix.targets import ANTHROPIC
from midstream import pytest_plugin, remedy
from midstream.pytest_plugin import Midstream
from midstream.remedy import StreamFailed
from tests.miniature import sdk
from tests.support.examples import read_examples
from tests.support.paths import ROOT

DOCUMENT: Final = (ROOT / "docs" / "remedy.md").read_text(encoding="utf-8")
RECIPES: Final = read_examples(DOCUMENT)

# Request it by name, not by `pytest_plugins`: pytest accepts a plugin once, and may have found it.
_midstream_backend = pytest_plugin._midstream_backend
midstream = pytest_plugin.midstream


class Client(sdk.Anthropic):
    """The client in miniature, whose helper has the message."""

    def helper(self, events: Any) -> sdk.MessageStream:
        """Return the context of `messages.stream()`."""
        return sdk.MessageStream(events)


class AsyncClient(sdk.AsyncAnthropic):
    """The asynchronous client in miniature, whose helper has the message."""

    def helper(self, events: Any) -> sdk.AsyncMessageStream:
        """Return the context of `messages.stream()`."""
        return sdk.AsyncMessageStream(events)


def load(name: str) -> ModuleType:
    """Make a module of a recipe."""
    module = ModuleType(name)
    exec(compile(RECIPES[f"{name}.py"], f"docs/remedy.md:{name}.py", "exec"), vars(module))  # noqa: S102 - our own
    return module


def ask_sync(settings: dict[str, Any]) -> str:
    """Run the synchronous recipe."""
    message: Any = load("ask_sync").ask(Client(**settings), "Hi", pause=0)
    return str(message.content[0].text)


def ask_async(settings: dict[str, Any]) -> str:
    """Run the asynchronous recipe."""
    message: Any = asyncio.run(load("ask_async").ask(AsyncClient(**settings), "Hi", pause=0))
    return str(message.content[0].text)


def show_text(settings: dict[str, Any]) -> str:
    """Run the recipe of the text alone."""
    return "".join(load("show_text").texts(Client(**settings), "Hi", pause=0))


Recipe = Callable[[dict[str, Any]], str]


def settings(midstream: Midstream, scenario: str) -> dict[str, Any]:
    """Return the arguments of a client for a scenario."""
    return {"api_key": "any", "base_url": midstream.url(scenario), "max_retries": 0, "timeout": 5.0}


@pytest.mark.parametrize("recipe", [ask_sync, ask_async, show_text])
@pytest.mark.parametrize(("scenario", "requests"), [("clean", 1), ("http-529-then-ok", 2)])
def test_a_recipe_returns_the_complete_answer(
    midstream: Midstream, recipe: Recipe, scenario: str, requests: int
) -> None:
    """Check a clean stream, and a plain HTTP error that passes."""
    assert "Hello world" == recipe(settings(midstream, scenario))
    assert requests == len(midstream.requests)


@pytest.mark.parametrize("recipe", [ask_sync, ask_async])
@pytest.mark.parametrize(
    ("scenario", "requests"),
    [("mid-overloaded_error", 3), ("mid-invalid_request_error", 1), ("eof-mid", 3), ("spend-cap", 1)],
)
def test_an_answer_that_nobody_saw_is_asked_for_again_if_that_may_help(
    midstream: Midstream, recipe: Recipe, scenario: str, requests: int
) -> None:
    """Check the number of attempts."""
    with pytest.raises(StreamFailed):
        recipe(settings(midstream, scenario))
    assert requests == len(midstream.requests)


@pytest.mark.parametrize("recipe", [ask_sync, ask_async])
def test_an_error_in_the_stream_passes(midstream: Midstream, recipe: Recipe) -> None:
    """Check an attempt after an error."""
    assert "Hello world" == recipe(settings(midstream, "mid-then-ok"))
    assert 2 == len(midstream.requests)


@pytest.mark.parametrize(
    ("scenario", "requests"), [("mid-overloaded_error", 1), ("first-overloaded_error", 3), ("eof-mid", 1)]
)
def test_text_that_was_shown_is_not_shown_again(midstream: Midstream, scenario: str, requests: int) -> None:
    """Check that only an attempt without text is repeated."""
    with pytest.raises(StreamFailed):
        show_text(settings(midstream, scenario))
    assert requests == len(midstream.requests)


def test_the_document_has_six_recipes() -> None:
    """Check that three are run here; tests/live runs all of them with real releases."""
    names = ["ask_sync", "ask_async", "show_text", "ask_tenacity", "app", "ask_bedrock"]
    assert [f"{name}.py" for name in names] == list(RECIPES)


def test_the_site_shows_the_recipes_of_the_document() -> None:
    """Check each program, their order, and that each says what it is for."""
    files = {path.name.partition("_")[2]: path for path in sorted((ANTHROPIC.folder / "recipes").iterdir())}
    assert RECIPES == {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    recipes = read_recipes(ANTHROPIC)
    assert list(RECIPES) == [recipe.name for recipe in recipes]
    for recipe in recipes:
        assert RECIPES[recipe.name].endswith(f'"""\n\n{recipe.source}')
        assert recipe.title
        assert recipe.note[0].isupper()


def test_the_document_has_the_table_of_bedrock() -> None:
    """Check each type, its status, and whether a retry may help."""
    rows = re.findall(r"^\| `(\w+(?:Exception|Failure))` \| (\d+) \| (yes|no) \|$", DOCUMENT, flags=re.MULTILINE)
    assert remedy.BEDROCK_STATUS == {kind: int(status) for kind, status, _ in rows}
    assert {kind: int(status) in remedy.RETRYABLE or int(status) >= 500 for kind, status, _ in rows} == {
        kind: again == "yes" for kind, _, again in rows
    }
    assert set() == remedy.BEDROCK_STATUS.keys() & DOCUMENTED_STATUS.keys()
