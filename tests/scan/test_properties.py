"""No content of a file makes the scan fail."""

import ast
import random
import warnings

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.scan import scan
from matrix.targets import ANTHROPIC
from tests.scan.test_applications import FOLDER

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
"""Settings without a deadline, because the machine may be busy."""

SOURCES = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())] + [
    path.read_text(encoding="utf-8") for path in sorted((ANTHROPIC.probe / "handlers").glob("*.py"))
]

WORDS = st.sampled_from(
    [
        "anthropic",
        "e",
        "except",
        "import",
        "RateLimitError",
        ".",
        "(",
        ")",
        ":",
        "\n",
        " ",
        "=",
        "in",
        "529",
        "lambda",
        "*",
    ]
)


@RELAXED
@given(st.text() | st.binary() | st.lists(WORDS, max_size=60).map(" ".join))
def test_any_text_is_scanned(text: str | bytes) -> None:
    """Text that is not Python is a problem."""
    prefix = b"import anthropic\n" if isinstance(text, bytes) else "import anthropic\n"
    scanned = scan(ANTHROPIC, prefix + text, "app.py")  # type: ignore[operator]  # both are bytes, or both are text
    assert scanned.problems or scanned.uses_sdk


@RELAXED
@given(st.sampled_from(SOURCES), st.randoms(use_true_random=False))
def test_any_mutated_program_is_scanned(source: str, chance: random.Random) -> None:
    """Parts of real programs are moved to places where nobody would write them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse("import anthropic\n" + source)
        expressions = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
        for node in chance.sample(list(ast.walk(tree)), 8):
            for name, value in ast.iter_fields(node):
                if isinstance(value, ast.expr):
                    setattr(node, name, chance.choice(expressions))
                elif isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                    chance.shuffle(value)
        try:
            text = ast.unparse(tree)
        except (ValueError, RecursionError, AttributeError):
            return
    scanned = scan(ANTHROPIC, text, "app.py")
    assert all(catch.place.line > 0 and catch.place.column > 0 for catch in scanned.catches)


@RELAXED
@given(st.sampled_from(SOURCES), st.data())
def test_any_part_of_a_program_is_scanned(source: str, data: st.DataObject) -> None:
    """The program is cut off anywhere."""
    scan(ANTHROPIC, "import anthropic\n" + source[: data.draw(st.integers(0, len(source)))], "app.py")
