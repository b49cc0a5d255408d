"""No content of a file makes the scan fail, and conditions are evaluated as Python evaluates them."""

import ast
import functools
import random
import warnings
from types import SimpleNamespace
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.observation import Outcome
from matrix.scan import scan
from matrix.scan.catches import Choice, Decision
from matrix.targets import ANTHROPIC
from tests.scan.places import find_only_place, open_release, scan_file
from tests.scan.rebuilt import RebuiltErrors
from tests.scan.test_applications import FOLDER
from tests.scan.test_cases import FOLDER as CASES

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
"""Settings without a deadline, because the machine may be busy."""

SOURCES = [
    path.read_text(encoding="utf-8")
    for folder in (FOLDER, CASES, ANTHROPIC.probe / "handlers")
    for path in sorted(folder.glob("*.py*"))
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
    scanned = scan(open_release(), prefix + text, "app.py")  # type: ignore[operator]  # both bytes, or both text
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
    scanned = scan_file(text)
    assert all(catch.place.line > 0 and catch.place.column > 0 for catch in scanned.catches)


@RELAXED
@given(st.sampled_from(SOURCES), st.data())
def test_any_part_of_a_program_is_scanned(source: str, data: st.DataObject) -> None:
    """The program is cut off anywhere."""
    scan_file("import anthropic\n" + source[: data.draw(st.integers(0, len(source)))])


# Conditions: what the scan makes of them is what Python makes of them on an exception rebuilt from the record.

CLASSES: Final = ("APIError", "APIStatusError", "APIConnectionError", "RateLimitError", "BadRequestError")
STATUSES: Final = st.sampled_from([200, 400, 401, 429, 499, 500, 529])
TYPES: Final = st.sampled_from(["overloaded_error", "rate_limit_error", "invalid_request_error", "api_error"])
COMPARISONS: Final = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
STATUS: Final = st.sampled_from(
    [
        "e.status_code",
        "getattr(e, 'status_code', 0)",
        "getattr(e, 'status_code', None)",
        "e.response.status_code",
        "(e.status_code or 0)",
        "int(e.status_code)",
    ]
)
TYPE: Final = st.sampled_from(
    [
        "e.type",
        "getattr(e, 'type', None)",
        "e.body['error']['type']",
        "(e.body or {}).get('error', {}).get('type')",
        "str(e)",
        "str(e.body)",
        "e.message",
        "type(e).__name__",
    ]
)
_KIND: Final = st.sampled_from([f"anthropic.{name}" for name in CLASSES] + ["OSError", "ValueError", "Exception"])
KINDS: Final = _KIND | st.lists(_KIND, max_size=3).map(lambda names: f"({''.join(f'{each}, ' for each in names)})")

ATOMS: Final = st.one_of(
    st.builds("{} {} {}".format, STATUS, COMPARISONS, STATUSES),
    st.builds("{} {} {}".format, STATUSES, COMPARISONS, STATUS),
    st.builds("{} in {}".format, STATUS, st.lists(STATUSES, max_size=3).map(tuple)),
    st.builds("{} not in {}".format, STATUS, st.frozensets(STATUSES, min_size=1, max_size=3).map(set)),
    st.builds("{} <= {} < {}".format, STATUSES, STATUS, STATUSES),
    st.builds("{} // 100 == {}".format, STATUS, st.sampled_from([2, 4, 5])),
    st.builds("{} == {!r}".format, TYPE, TYPES),
    st.builds("{!r} in {}".format, TYPES, TYPE),
    st.builds("{}.lower().startswith({!r})".format, TYPE, st.sampled_from(["error code: 5", "over", "{"])),
    st.builds("isinstance(e, {})".format, KINDS),
    st.builds("type(e) is {}".format, _KIND),
    st.builds("issubclass(type(e), {})".format, KINDS),
    st.builds("hasattr(e, {!r})".format, st.sampled_from(["status_code", "type", "body", "response", "code"])),
    st.sampled_from(["True", "False", "e.response.is_server_error", "e.body is None", "e.__cause__ is None"]),
)
CONDITIONS: Final = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("any([{}, {}])".format, inner, inner),
        st.builds("bool({})".format, inner),
    ),
    max_leaves=6,
)

PROGRAM: Final = """\
import anthropic
client = anthropic.Anthropic(max_retries=0)
def ask():
    while True:
        try:
            return list(client.messages.create(stream=True))
        except {kind} as e:
            if {condition}:
                continue
            raise
"""


@functools.cache
def rebuild_errors() -> tuple[SimpleNamespace, dict[str, Exception | None]]:
    """Rebuild the module of the SDK, and what a stream raises in each scenario; None if it raises nothing."""
    recorded = {
        call.scenario: observation.exception
        for call, observation in open_release().behaviour.items()
        if call.surface == "messages.create" and observation.outcome in {Outcome.RAISED, Outcome.COMPLETED}
    }
    errors = RebuiltErrors(filter(None, recorded.values()))
    rebuilt = {scenario: None if raised is None else errors.rebuild(raised) for scenario, raised in recorded.items()}
    return errors.module, rebuilt


def decide(error: Exception | None, kind: str, condition: str) -> Decision:
    """Let Python decide what the program does about an error."""
    if error is None:
        return Decision(Choice.ACCEPT)
    names = {"anthropic": rebuild_errors()[0], "e": error}
    if not isinstance(error, eval(kind, names)):  # noqa: S307 - an expression of this module
        return Decision(Choice.FAIL)
    try:
        return Decision(Choice.RETRY if eval(condition, names) else Choice.FAIL)  # noqa: S307 - made of parts that are in this module
    except Exception as crash:  # noqa: BLE001  # whatever Python raises is what happens
        return Decision(Choice.CRASH, type(crash).__name__)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(kind=st.sampled_from(["Exception", "anthropic.APIError", "anthropic.APIStatusError"]), condition=CONDITIONS)
def test_a_condition_is_evaluated_as_python_evaluates_it(kind: str, condition: str) -> None:
    """Compare the decision in every scenario with that of Python on the rebuilt error."""
    _, errors = rebuild_errors()
    expected = {scenario: decide(error, kind, condition) for scenario, error in errors.items()}
    catch = find_only_place(PROGRAM.format(kind=kind, condition=condition))
    assert expected == {scenario: catch.decisions.get(scenario) for scenario in expected}
