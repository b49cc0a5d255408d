"""Code that ends an exception without a clause: `finally`, stacks of context managers, and those that decorate."""

from typing import Final

import pytest

from tests.scan.places import find_only_place, scan_text, summarise

HEAD: Final = "import anthropic, contextlib\nclient = anthropic.Anthropic()\n"
READ: Final = "list(client.messages.create(model='m', max_tokens=9, messages=[], stream=True))"
MID: Final = "mid-400 mid-429 mid-529"
EVERY: Final = f"400 429 529 {MID} reset"
OWN: Final = (
    "class Own(contextlib.ContextDecorator):\n    def __enter__(self): return self\n"
    "    def __exit__(self, kind, error, tb):\n        if isinstance(error, anthropic.RateLimitError):\n"
    "            raise ValueError from error\n"
)


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        (f"def ask():\n    try:\n        return {READ}\n    finally:\n        return None\n", "fail returns None"),
        (
            f"def ask():\n    while True:\n        try:\n            {READ}\n        finally:\n            break\n",
            "fail goes on",
        ),
        (
            f"def ask():\n    while 1:\n        try:\n            {READ}\n        finally:\n            continue\n",
            "retry",
        ),
    ],
)
def test_a_finally_that_leaves_ends_every_exception(text: str, decision: str) -> None:
    """It is a place, though it names no class."""
    assert EVERY == summarise(find_only_place(HEAD + text))[decision]


@pytest.mark.parametrize(
    "final",
    [
        "client.close()",
        "for _ in range(2):\n            break",
        "def later():\n            return None",
    ],
)
def test_a_finally_that_does_not_leave_is_no_place(final: str) -> None:
    """A `break` of its own loop and a `return` of its own function end nothing."""
    text = f"def ask():\n    try:\n        return client.messages.create(model='m')\n    finally:\n        {final}\n"
    assert [] == scan_text(HEAD + text)


@pytest.mark.parametrize(
    ("enter", "summary"),
    [
        ("stack.enter_context(contextlib.suppress(anthropic.RateLimitError))", "goes on"),
        ("stack.enter_context(Own())", "raises ValueError"),
        ("stack.push(Own())", "raises ValueError"),
        ("stack.push(lambda kind, error, tb: isinstance(error, anthropic.RateLimitError))", "goes on"),
        ("stack.callback(print)", "returns None"),
    ],
)
def test_a_stack_of_context_managers_comes_before_the_clause_around_it(enter: str, summary: str) -> None:
    """What it ends, or raises, the clause never gets."""
    catches = scan_text(
        f"{HEAD}{OWN}def ask():\n    try:\n        with contextlib.ExitStack() as stack:\n            {enter}\n"
        f"            return {READ}\n    except anthropic.APIError:\n        return None\n"
    )
    clause = next(summarise(each) for each in catches if each.code.startswith("except"))
    assert "429" in clause[f"fail {summary}"].split()
    assert {"400", "529"} <= {*clause["fail returns None"].split()}


def test_a_context_manager_that_decorates_is_around_the_function() -> None:
    """Its method is a place, and a clause around a call of the function gets what it raises."""
    catches = scan_text(
        f"{HEAD}{OWN}@Own()\ndef once():\n    return {READ}\n"
        "def ask():\n    try:\n        return once()\n    except anthropic.RateLimitError:\n        return None\n"
    )
    assert {"Own.__exit__": "429", "ask": "429"} == {
        each.function: summarise(each).get("fail raises ValueError") for each in catches
    }


def test_a_context_manager_is_judged_in_each_function_that_uses_it() -> None:
    """They may end differently."""
    catches = scan_text(
        f"{HEAD}{OWN}def once():\n    return {READ}\ndef first():\n    with Own():\n        return once()\n"
        "def second():\n    try:\n        with Own():\n            return once()\n    except ValueError:\n"
        "        return None\n"
    )
    summary = next(summarise(each) for each in catches if each.function == "Own.__exit__")
    assert {"fail raises ValueError or returns None": "429"}.items() <= summary.items()
