"""What a program changes after it has made it."""

import textwrap

import pytest

from matrix.scan.catches import Choice
from matrix.scan.changed import find_changes
from matrix.scan.scanning import parse
from matrix.scan.scopes import Module
from tests.scan.places import find_only_place, list_chosen
from tests.scan.test_conditions import write

STATUSES = "400 429 529 mid-400 mid-429 mid-529"


@pytest.mark.parametrize(
    ("before", "condition", "retried"),
    [
        ("CODES = set()\nCODES.add(529)\nCODES.update({429})\n", "e.status_code in CODES", "429 529"),
        ("CODES = []\nfor c in (429, 529): CODES.append(c)\n", "e.status_code in CODES", "429 529"),
        ("CODES = {}\nCODES[529] = True\n", "CODES.get(e.status_code)", "529"),
        ("CODES = {400: 1}\nCODES.update({529: True})\n", "e.status_code in CODES", "400 529"),
        ("CODES = {529}\n", "e.status_code in CODES", "529"),
        ("CODES = ()\n", "e.status_code in CODES", ""),
    ],
)
def test_the_statements_of_a_module_fill_a_collection(before: str, condition: str, retried: str) -> None:
    """What it holds then is known."""
    catch = find_only_place(before + write(condition))
    assert (retried, "") == (list_chosen(catch, Choice.RETRY), list_chosen(catch, Choice.UNDECIDED))


@pytest.mark.parametrize(
    ("before", "condition"),
    [
        ("CODES = set()\ndef register(code): CODES.add(code)\nregister(529)\n", "e.status_code in CODES"),
        ("CODES = [500]\ndef register(code): CODES.append(code)\nregister(529)\n", "e.status_code in CODES"),
        ("CODES = {}\ndef register(code): CODES[code] = True\n", "CODES.get(e.status_code)"),
        ("CODES = (500,)\ndef register(code):\n    global CODES\n    CODES += (code,)\n", "e.status_code in CODES"),
        ("CODES = set()\nadd = CODES.add\nadd(529)\n", "e.status_code in CODES"),
        ("import other\nCODES = set()\nother.fill(CODES)\n", "e.status_code in CODES"),
        ("from collections import defaultdict\nCODES = defaultdict(int)\n", "CODES[e.status_code]"),
        ("class A:\n    codes = [500]\nA.codes.append(529)\n", "e.status_code in A.codes"),
        ("class A:\n    codes = set()\n", "e.status_code in A.codes"),
        ("class A:\n    codes = (500,)\nA.codes = (529,)\n", "e.status_code in A.codes"),
        ("class A:\n    codes = (500,)\nsetattr(A, 'codes', (529,))\n", "e.status_code in A.codes"),
        ("CODES = (500,)\ndef set_up():\n    global CODES\n    CODES = (529,)\n", "e.status_code in CODES"),
        ("RULES = []\ndef rule(f):\n    RULES.append(f)\n    return f\n", "any(each(e) for each in RULES)"),
        ("RULES = []\ndef rule(f): RULES.append(f)\n", "[each for each in RULES if each(e)]"),
    ],
)
def test_what_fills_a_collection_is_not_followed(before: str, condition: str) -> None:
    """A function does, or another file: nothing says when."""
    catch = find_only_place(before + write(condition))
    assert ("", STATUSES) == (list_chosen(catch, Choice.RETRY), list_chosen(catch, Choice.UNDECIDED))


@pytest.mark.parametrize(
    ("base", "derived", "undecided"),
    [
        ("codes = (529,)", "codes = (500,)", True),
        ("codes = (529,)", "codes = (529,)", False),
        ("codes = (529,)", "others = (500,)", False),
        ("codes = (529,)", "@property\n    def codes(self): return (500,)", True),
    ],
)
def test_an_object_may_be_of_a_subclass(base: str, derived: str, undecided: bool) -> None:
    """What it has of its own decides."""
    head, _, function = write("e.status_code in self.codes").partition("def ask()")
    method = textwrap.indent(f"def ask(self){function}", "    ")
    catch = find_only_place(f"{head}class A:\n    {base}\n{method}class B(A):\n    {derived}\n")
    assert (STATUSES if undecided else "") == list_chosen(catch, Choice.UNDECIDED)


def test_what_a_function_fills_of_its_own_is_no_change_of_the_module() -> None:
    """Nor is reading a collection."""
    module = parse("a = []\ndef f():\n    a = []\n    a.append(1)\n    return a[0], self.b\nself.b[1] = 2\n", "a.py")
    assert isinstance(module, Module)
    assert ((), (), ("b",), ()) == tuple(map(tuple, find_changes(module)))


def test_calls_side_by_side_do_not_repeat_each_other() -> None:
    """Two calls of `asyncio.gather` fail once each."""
    catch = find_only_place(
        "import anthropic, asyncio\nclient = anthropic.AsyncAnthropic()\nasync def once():\n"
        "    return [e async for e in await client.messages.create(stream=True)]\nasync def ask():\n"
        "    return await asyncio.gather(once(), *[once() for _ in range(3)], return_exceptions=True)\n"
    )
    assert "" == list_chosen(catch, Choice.RETRY)
