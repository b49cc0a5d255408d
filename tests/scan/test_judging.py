"""Decisions that depend on more than the error: second calls, flags, objects, and files that can't be imported."""

import ast
from typing import Any, Final

import pytest

from matrix.scan import try_statements
from matrix.scan.ends import End
from matrix.scan.evaluator import Evaluator
from matrix.scan.judging import run_function
from matrix.scan.reaches import Failure
from matrix.scan.source_file import SourceFile
from tests.scan.places import find_only_place, scan_text, summarise

CALL: Final = "client.messages.create(stream=False)"
CLIENT: Final = "import anthropic\nclient = anthropic.Anthropic()\n"
TRY: Final = f"    try:\n        return {CALL}\n    except anthropic.APIStatusError as error:\n"


def judge(code: str) -> list[dict[str, str]]:
    """Scan a source, and summarise each of its places."""
    return [summarise(catch) for catch in scan_text(f"\n{CLIENT}{code}")]


@pytest.mark.parametrize(
    ("clause", "decisions"),
    [
        (
            f"if error.status_code == 529:\n            return {CALL}\n        raise",
            {"fail": "400 429", "retry": "529"},
        ),
        (
            f"if error.status_code == 529 and flag:\n            return {CALL}\n        raise",
            {"fail": "400 429", "undecided": "529"},
        ),
        (f"if flag:\n            return {CALL}\n        raise", {"undecided": "400 429 529"}),
        (f"if flag:\n            print({CALL})\n        return None", {"undecided": "400 429 529"}),
    ],
)
def test_a_second_call_counts_if_the_error_leads_to_it(clause: str, decisions: dict[str, str]) -> None:
    """A repair that hangs on something else is no policy of retries."""
    assert [decisions] == judge(f"def ask(flag):\n{TRY}        {clause}\n")


def test_an_unknown_number_of_attempts_is_still_a_policy_of_retries() -> None:
    """An attempt may be the last one or not."""
    loop = f"    for attempt in range(most):\n        try:\n            return {CALL}\n"
    clause = "        except anthropic.RateLimitError:\n            if attempt == most:\n                raise\n"
    assert [{"fail": "400 529", "retry": "429"}] == judge(f"def ask(most):\n{loop}{clause}")


def test_a_clause_inside_another_counts_the_calls_after_its_own_error() -> None:
    """The first call is that of the clause around it."""
    inner = f"        try:\n            return {CALL}\n        except anthropic.APIStatusError as second:\n"
    outer, nested = judge(f"def ask():\n{TRY}{inner}            raise OSError('twice') from second\n")
    assert {"retry": "400 429 529"} == outer
    assert {"fail raises OSError": "400 429 529"} == nested


def test_a_function_is_run_once_for_each_error_however_many_statements_catch_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The decision about an error is that of the whole function, for each `try` in it."""
    runs: list[object] = []

    def run(file: SourceFile, node: ast.AST, evaluator: Evaluator, failure: Failure, error: Any) -> list[End]:
        runs.append((failure.nodes, failure.ending.key))
        return run_function(file, node, evaluator, failure, error)

    monkeypatch.setattr(try_statements, "run_function", run)
    inner = (
        f"        try:\n            return {CALL}\n        except anthropic.OverloadedError:\n            return None\n"
    )
    places = judge(f"def ask():\n    try:\n{inner}    except anthropic.RateLimitError:\n        return 1\n")
    assert [{"fail": "400", "fail returns 1": "429", "fail returns None": "529"}] * 2 == places
    assert len(runs) == len(set(runs)) > 1


@pytest.mark.parametrize(
    "used",
    [
        "class Busy(anthropic.OverloadedError): ...",
        "class Policy:\n    retried = (anthropic.OverloadedError,)",
        "TRANSIENT = (anthropic.RateLimitError, anthropic.OverloadedError)",
        "def is_busy(error, kind=anthropic.OverloadedError): ...",
        "ANSWERS: dict = {anthropic.OverloadedError: 503}",
        "from anthropic import OverloadedError",
    ],
)
def test_a_file_that_cannot_be_imported_crashes_in_every_scenario(used: str) -> None:
    """The release lacks a class that is used at the top of the file."""
    source = f"\n{CLIENT}{used}\ndef ask():\n{TRY}        raise OSError from error\n"
    (choice,) = summarise(find_only_place(source, "0.45.2"))
    assert choice.startswith("crash")
    assert {"fail raises OSError": "400 429 529"} == summarise(find_only_place(source))


@pytest.mark.parametrize(
    "unused",
    [
        "def is_busy(error):\n    return isinstance(error, anthropic.OverloadedError)",
        "Busy = anthropic.OverloadedError if hasattr(anthropic, 'OverloadedError') else None",
        "try:\n    Busy = anthropic.OverloadedError\nexcept AttributeError:\n    Busy = None",
        "if hasattr(anthropic, 'OverloadedError'):\n    class Busy(anthropic.OverloadedError): ...",
        "is_busy = lambda error: isinstance(error, anthropic.OverloadedError)",
    ],
)
def test_what_may_not_run_at_import_does_not_fail_there(unused: str) -> None:
    """The class may be missing without harm."""
    source = f"\n{CLIENT}{unused}\ndef ask():\n{TRY}        raise OSError from error\n"
    assert {"fail raises OSError": "400 429 529"} == summarise(find_only_place(source, "0.45.2"))


@pytest.mark.parametrize("default", ["True", "None", "typer.Option('x')"])
def test_a_default_is_one_value_among_others_if_no_caller_is_known(default: str) -> None:
    """A flag may be passed by code that is not scanned."""
    clause = "        if flag:\n            raise\n        return None\n"
    places = scan_text(f"\nimport typer\n{CLIENT}def ask(flag={default}):\n{TRY}{clause}")
    assert [{"fail raises the error or returns None": "400 429 529"}] == [summarise(each) for each in places]


def test_a_default_that_no_known_caller_replaces_is_the_value() -> None:
    """So it is for a helper of the file."""
    code = (
        f"def ask(flag=True):\n{TRY}        if flag:\n            raise\n        return None\ndef main():\n    ask()\n"
    )
    assert [{"fail": "400 429 529"}] == judge(code)


OBJECT: Final = """\
class Answer:
    def __init__(self, {field}):
        self.{field} = {field}
{more}
def should_retry(error):
    if isinstance(error, anthropic.APIStatusError) and error.status_code in (429, 529):
        return Answer(True)
    return Answer(False)
"""


@pytest.mark.parametrize(
    ("field", "more", "is_place"),
    [
        ("retry", "", True),
        ("yes", "    def __bool__(self): return self.yes\n", True),
        ("yes", "", False),
    ],
)
def test_a_predicate_may_answer_with_an_object(field: str, more: str, *, is_place: bool) -> None:
    """It answers by its truth, or by its only flag about retries."""
    places = scan_text(f"\n{CLIENT}{OBJECT.format(field=field, more=more)}")
    assert ["429 529"] * is_place == [summarise(each)["retry"] for each in places]


def test_an_attribute_of_the_error_that_a_function_changes_is_not_known() -> None:
    """The function changes the error itself, which others read."""
    helper = "def mend(e):\n    if e.status_code == 200:\n        e.status_code = 529\n    return e\n"
    clause = (
        "        error = mend(error)\n        if error.status_code == 529:\n            return None\n        raise\n"
    )
    read = TRY.replace(CALL, "list(client.messages.create(stream=True))")
    (place,) = judge(f"{helper}def ask():\n{read}{clause}")
    assert "mid-400 mid-429 mid-529" == place["undecided"]
