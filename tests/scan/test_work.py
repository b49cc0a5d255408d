"""No file takes minutes: judging it has a bound on its steps, and each step takes linear time."""

import ast
import sys
import textwrap
import tracemalloc
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.findings.model import Problem
from matrix.scan import scan
from matrix.scan.scanning import parse
from matrix.scan.scopes import Module
from matrix.scan.work import MOST_WORK
from tests.scan.places import open_release

CLIENT: Final = "import anthropic\nc = anthropic.Anthropic()\n"
CALL: Final = "c.messages.create()"
TRY: Final = f"try:\n    {CALL}\nexcept anthropic.APIError as e:\n    "


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(CLIENT + f"{TRY}pass\n" * 20_000, id="many try statements"),
        pytest.param(f"{CLIENT}{CALL}\n" * 2_000, id="a name with many values"),
        pytest.param(CLIENT + "from x import *\n" * 1_000 + "n.messages.create()\n" * 1_000, id="many imports of *"),
        pytest.param(
            CLIENT + "def h(e):\n" + "  if e.status_code == 529: x = 1\n" * 1_000 + f"{TRY}h(e)\n" * 500, id="calls"
        ),
        pytest.param(
            CLIENT + "while True:\n" + f"  try: {CALL}\n  except anthropic.APIError: pass\n" * 1_000, id="a long loop"
        ),
    ],
)
def test_judging_a_file_has_a_bound(source: str) -> None:
    """Beyond it, the file is a problem with a hint; each of these took from 24 seconds to hours."""
    (problem,) = scan(open_release(), source, "a.py").problems
    assert f"The file was judged in part: judging all of it takes more than {MOST_WORK:,} steps." == problem.message
    assert problem.hint


def test_a_large_file_of_a_real_program_is_judged() -> None:
    """It may have two thousand `try` statements about the SDK."""
    other = "try:\n    f()\nexcept KeyError:\n    pass\n"
    body = textwrap.indent(f"{TRY}raise\n{other}{TRY}pass\n", "    ")
    source = CLIENT + "".join(f"def ask_{number}():\n{body}" for number in range(1_000))
    file = scan(open_release(), source, "a.py")
    assert ((), 1_000) == (file.problems, len(file.catches))


CLAUSE: Final = f"{CLIENT}def ask():\n    try: return {CALL}\n    except Exception as e:\n        x = str(e)\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("x = x + x\n" * 60, id="texts that double"),
        pytest.param("x = f'{x}{x}'\n" * 60, id="f-strings that double"),
        pytest.param("x = x.replace('', x)\n" * 20, id="replaced texts"),
        pytest.param("x = x.join([x] * 100)\n" * 10, id="joined texts"),
        pytest.param("x = [x]\n" + "x = x + x\n" * 60, id="lists that double"),
        pytest.param("x = {1: x}\n" + "x = {1: x, 2: x}\n" * 30, id="dictionaries that double"),
        pytest.param("x = y = (x,)\n" + "x, y = (x, x), (y, y)\n" * 30 + "if x == y: raise\n", id="equal tuples"),
        pytest.param("x = (x,)\n" + "x = (x, x)\n" * 30 + "x = {x: 1}\n", id="a tuple with a hash"),
        pytest.param("x = x * 10**10\n", id="a repeated text"),
        pytest.param("x = [1] * 10**10\n", id="a repeated list"),
        pytest.param("x = 9**9**9\n", id="a power"),
        pytest.param("x = 1 << 10**10\n", id="a shift"),
        pytest.param("x = round(5, -10**9)\n", id="a rounded number"),
        pytest.param("x = int('9' * 100_000)\n", id="a number of many digits"),
        pytest.param("x = f'{1:>9999999999}'\n", id="a wide f-string"),
        pytest.param("x = '{:>9999999999}'.format(1)\n", id="a wide format"),
        pytest.param("x = '%9999999999d' % 1\n", id="a wide number"),
        pytest.param("x = x.zfill(10**10) + x.center(10**10) + 'a\\tb'.expandtabs(10**10)\n", id="filled texts"),
        pytest.param("x = sum(range(10**10))\n", id="a long sum"),
        pytest.param("x = any(n == m == -1 for n in range(10**5) for m in range(10**5))\n", id="a product of ranges"),
        pytest.param("import re\nx = re.search('(a+)+$', 'a' * 40 + 'b')\n", id="an expression that backtracks"),
        pytest.param("n = 0\nwhile n < 10**10:\n    n += 1\n", id="a loop that counts"),
        pytest.param("".join(f"if u{n}(e): x{n} = 1\nelse: y{n} = 1\n" for n in range(60)), id="many unknown branches"),
    ],
)
@pytest.mark.timeout(60)
def test_values_of_a_file_are_bounded(body: str) -> None:
    """Evaluating takes neither the memory nor the time that running would take."""
    tracemalloc.start()
    try:
        scan(open_release(), CLAUSE + textwrap.indent(body, " " * 8) + "        if x: raise\n", "a.py")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64_000_000


@pytest.mark.parametrize(
    "helpers",
    [
        "def h(e, n=50):\n    if n: return h(e, n - 1) or h(e, n - 2)\n    return False\n",
        "def h(e): return i(e)\ndef i(e): return h(e)\n",
        "def h(e): return [h(e), h(e)]\n",
        "".join(f"def h{n}(e): return h{n + 1}(e) or h{n + 1}(e)\n" for n in range(40))
        + "def h40(e): return u(e)\nh = h0\n",
        "class A:\n    def __getattr__(self, name): return A()\ndef h(e): return A().x.y.z(e)\n",
    ],
)
@pytest.mark.timeout(60)
def test_functions_that_call_themselves_end(helpers: str) -> None:
    """Following calls has a bound too."""
    source = f"{CLIENT}from q import u\n{helpers}def ask():\n    try: return {CALL}\n    except Exception as e:\n"
    assert len(scan(open_release(), f"{source}        if h(e): raise\n", "a.py").catches) <= 2


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 parses f-strings in linear time")
@pytest.mark.parametrize("quote", ["'", '"""'])
def test_long_fstrings_are_a_problem(quote: str) -> None:
    """Python 3.11 goes through the text before each expression of an f-string."""
    source = f"{CLIENT}x = f{quote}{'{x}' * 100_000}{quote}\n"
    (problem,) = scan(open_release(), source, "a.py").problems
    assert "The file was skipped: its f-strings are too long for Python 3.11." == problem.message
    assert problem.hint


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x = {" + "1: {}, " * 100_000 + "}\n", id="dicts"),
        pytest.param("# f'" + "{" * 100_000 + "\n", id="a comment"),
        pytest.param("x = '" + "{x}" * 100_000 + "'\n", id="a plain string"),
        pytest.param("f'{1}'\n" * 50_000, id="many short f-strings"),
    ],
)
def test_other_braces_are_no_problem(source: str) -> None:
    """Only the expressions of f-strings take time."""
    assert () == scan(open_release(), CLIENT + source, "a.py").problems


@given(text=st.text("aé€𝄞 ", max_size=20), index=st.integers(0, 20))
def test_columns_count_characters(text: str, index: int) -> None:
    """The parser counts bytes."""
    source = f"x = '{text}'; y = 1\n"
    module = parse(source, "a.py")
    assert isinstance(module, Module)
    first, second = module.tree.body
    assert (1, source.index("y") + 1) == (module.column_of(first), module.column_of(second))
    assert isinstance(second, ast.Assign)
    assert ("y = 1", "1") == (module.code_of(second), module.code_of(second.value))


def test_a_codec_that_is_no_encoding_is_a_problem() -> None:
    """Python's own parser refuses it."""
    for codec in ("undefined", "punycode", "idna", "nonsense"):
        problem = parse(f"# coding: {codec}\nimport anthropic\n".encode(), "a.py")
        assert isinstance(problem, Problem)
        assert "Declare its encoding in the first line, or save it as UTF-8." == problem.hint


def test_what_was_judged_before_the_bound_is_reported() -> None:
    """A file that takes too long is judged in part."""
    slow = "def h(e):\n" + "  if e.status_code == 529: x = 1\n" * 1_000 + f"{TRY}h(e)\n" * 500
    file = scan(open_release(), f"{CLIENT}{slow}", "a.py")
    assert 1 == len(file.problems)
    assert 0 < len(file.catches) < 500
