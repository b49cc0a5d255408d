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
    assert ((), (), ("b",), (), ()) == tuple(map(tuple, find_changes(module)))


def test_calls_side_by_side_do_not_repeat_each_other() -> None:
    """Two calls of `asyncio.gather` fail once each."""
    catch = find_only_place(
        "import anthropic, asyncio\nclient = anthropic.AsyncAnthropic()\nasync def once():\n"
        "    return [e async for e in await client.messages.create(stream=True)]\nasync def ask():\n"
        "    return await asyncio.gather(once(), *[once() for _ in range(3)], return_exceptions=True)\n"
    )
    assert "" == list_chosen(catch, Choice.RETRY)


KINDS = """\
class Kinds:
    def __init__(self): self.kinds, self.codes = [], {400, 429}
    def add(self, kind): self.kinds.append(kind)
    def drop(self, code):
        self.codes.discard(code)
    def replace(self, kind):
        self.kinds = [kind]
"""
CLAUSE = """\
def ask():
    {local}
    for _ in range(2):
        try: return list(client.messages.create(stream=True))
        except Exception as error:
            if not ({condition}): raise
"""


@pytest.mark.parametrize(
    ("local", "condition", "retried"),
    [
        ("k = Kinds(); k.add(anthropic.RateLimitError)", "isinstance(error, tuple(k.kinds))", "429"),
        ("k = Kinds(); k.replace(anthropic.BadRequestError)", "isinstance(error, tuple(k.kinds))", "400"),
        ("k = Kinds(); k.drop(400)", "getattr(error, 'status_code', 0) in k.codes", "429"),
        ("codes = {400, 529}; codes.remove(400)", "getattr(error, 'status_code', 0) in codes", "529"),
        ("codes = [400]; codes.extend((429,))", "getattr(error, 'status_code', 0) in codes", "400 429"),
        ("codes = [400]; codes.clear(); codes.append(429)", "getattr(error, 'status_code', 0) in codes", "429"),
        ("codes = {400: 1}; codes[429] = 2", "getattr(error, 'status_code', 0) in codes", "400 429"),
    ],
)
def test_a_function_knows_what_it_fills(local: str, condition: str, retried: str) -> None:
    """It is run from its beginning."""
    code = f"import anthropic\nclient = anthropic.Anthropic()\n{KINDS}"
    catch = find_only_place(code + CLAUSE.format(local=local, condition=condition))
    assert (retried, "") == (list_chosen(catch, Choice.RETRY), list_chosen(catch, Choice.UNDECIDED))


@pytest.mark.parametrize(
    ("before", "local", "condition"),
    [
        ("k = Kinds()\nk.add(anthropic.RateLimitError)\n", "", "isinstance(error, tuple(k.kinds))"),
        ("class Holder: k = Kinds()\n", "Holder.k.drop(400)", "getattr(error, 'status_code', 0) in Holder.k.codes"),
        ("", "codes = [400, 429]; codes.pop()", "getattr(error, 'status_code', 0) in codes"),
        ("", "codes = {400: 1}; del codes[400]", "getattr(error, 'status_code', 0) in codes"),
        ("", "codes = [400]; codes.insert(0, 429)", "getattr(error, 'status_code', 0) in codes"),
    ],
)
def test_what_methods_change_of_shared_objects_is_not_followed(before: str, local: str, condition: str) -> None:
    """Nor are methods that the scan does not run on a collection."""
    code = f"import anthropic\nclient = anthropic.Anthropic()\n{KINDS}{before}"
    catch = find_only_place(code + CLAUSE.format(local=local or "pass", condition=condition))
    assert not list_chosen(catch, Choice.RETRY)
    assert STATUSES in list_chosen(catch, Choice.UNDECIDED)
