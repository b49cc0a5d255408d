"""`matrix diff`, `explain`, `history`, `verify --judge`: their output, exit codes and files."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import pytest

from matrix import errors
from matrix.compare.diff import Comparison
from matrix.compare.explanation import Explanation
from matrix.compare.history import History
from matrix.compare.release_diff import Difference
from matrix.harness.upkeep import update_judgements
from matrix.model import Cell, Lane, Release
from matrix.observation import Behaviour, Cause, Delivery, Outcome, Result
from matrix.store.documents import JUDGEMENTS
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.summary import summarise
from matrix.verdicts.verdict import VerdictKind
from matrix.verdicts.wording import SYMBOLS
from tests.miniature.drive import Done, Matrix, snapshot
from tests.miniature.index import Index
from tests.support.behaviours import (
    CLEAN,
    CUT,
    LACKS,
    MAIN,
    MID,
    NO_CLIENT,
    cell,
    completed,
    ended,
    error,
    fill,
    lock,
    not_played,
    on,
    raised,
    release,
    result,
)
from tests.support.paths import DATA

ASYNC, HELPER, AIOHTTP = f"{MAIN}-async", "messages.stream", "aiohttp.messages.create-async"

Document = TypeVar("Document", Difference, Explanation, History)

ATTRIBUTES: Final[dict[str, Any]] = {"status_code": 200}


def observe(handlers: dict[str, str], **attributes: str) -> Behaviour:
    """Observe an overload on two calls, a cut and a clean stream, and a call that the release lacks."""
    overload = raised(error(attributes=ATTRIBUTES | attributes), handlers=handlers)
    cut = completed("Hello", None, handlers=dict.fromkeys(handlers, "accept"))
    return on(completed(), CLEAN) | on(overload, MID, MAIN, ASYNC) | on(cut, CUT) | on(LACKS, MID, "completion_stream")


PLAIN: Final = observe({"any-exception": "retry", "type-attr": "crashed: AttributeError"})
TYPED: Final = observe({"any-exception": "retry", "type-attr": "retry"}, type="overloaded_error")
UNUSABLE: Final[Behaviour] = {
    call: observation if observation == LACKS else NO_CLIENT for call, observation in PLAIN.items()
}
WITH_EXTRA: Final = result(on(raised(), CUT, AIOHTTP), lock=lock(aiohttp="3.9", httpx="0.28.1"))

RELEASES: Final[dict[str, Release]] = {
    listed.version: listed
    for listed in (
        release("0.9.0", 1),
        release("1.0.0", 2, requires_python=">=3.8"),
        release("1.0.1", 3),
        release("1.1.0", 33, yanked="broken"),
        release("1.2.0", 34),
        release("2.0.0rc1", 35),
        release("2.0.0", 36),
    )
}
RESULTS: Final[dict[Cell, Result]] = {
    cell("0.9.0"): not_played(),
    cell("0.9.0", Lane.AS_RELEASED): result(PLAIN, lock=lock(httpx="0.27.0")),
    cell("1.0.0"): result(PLAIN, lock=lock(anyio="4.0", httpx="0.28.1")),
    cell("1.0.0", Lane.AS_RELEASED): result(PLAIN, lock=lock(anyio="4.0", httpx="0.27.0")),
    cell("1.0.1"): result(PLAIN),
    cell("1.1.0"): result(TYPED, lock=lock(httpx="0.28.1", truststore="1")),
    cell("2.0.0"): result(UNUSABLE),
}
"""The measured cells: 1.2.0 and the pre-release were not measured."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small store, once, to be read."""
    data_folder = tmp_path_factory.mktemp("history") / "data"
    fill(data_folder, RELEASES, RESULTS)
    return data_folder


@pytest.fixture
def matrix(folder: Path, tmp_path: Path) -> Matrix:
    """Return the command line on the small store."""
    return Matrix(folder, Index(tmp_path))


@pytest.fixture
def own(matrix: Matrix, tmp_path: Path) -> Callable[..., Store]:
    """Return a function that makes a store for one test, judged or not."""

    def make(*, judged: bool = True) -> Store:
        matrix.data = tmp_path / "data"
        return fill(matrix.data, RELEASES, RESULTS, judged=judged)

    return make


def printed_lines(done: Done) -> list[str]:
    """Return the output lines of a command that exits with 0."""
    assert (0, "") == (done.code, done.err)
    return done.out.splitlines()


def document(done: Done, kind: type[Document]) -> Document:
    """Read the JSON that a command printed, and check the name of its schema."""
    fields: dict[str, Any] = json.loads("\n".join(printed_lines(done)))
    assert f"midstream/{kind.__name__.lower()}/1" == fields.pop("schema")
    return msgspec.convert(fields, kind)


def failed(done: Done) -> tuple[int, str, str]:
    """Return the exit code, message and hint of a command that failed."""
    assert "" == done.out
    message, _, hint = done.err.strip().removeprefix("Error: ").partition("\nHint: ")
    return done.code, message, hint


# diff.


def test_diff_prints_one_example_of_each_change(matrix: Matrix) -> None:
    """Check everything from the verdict to the command that shows the evidence."""
    expected = """\
1.0.1 -> 1.1.0
Uploaded 2024-01-03 and 2024-02-02, next to each other. Python 3.11.
Dependencies as of today: truststore 1 is new.
4 calls were compared; 1 call is possible in neither. No change can break code that worked.

Effects on handlers
  better: 2 calls that crashed the handler are now handled correctly (mid-overloaded_error on messages.create(-async))
    type-attr
  `matrix list handlers ID` prints the code of a handler.

What a caller sees, worst first
  gained: error.type appears, on 2 calls (mid-overloaded_error on messages.create(-async))
    mid-overloaded_error on messages.create
      1.0.1  absent
      1.1.0  overloaded_error

Show the evidence: the bytes that the server sent, and the whole observation
  matrix explain 1.0.1:today mid-overloaded_error messages.create
  matrix explain 1.1.0:today mid-overloaded_error messages.create"""
    assert expected.splitlines() == printed_lines(matrix("diff", "1.0.1", "1.1.0"))


def test_diff_says_that_it_counts_the_changes_between_two_releases_alone(matrix: Matrix) -> None:
    """Check a move back: the site counts the changes of each step on the way, which are more."""
    sentence = printed_lines(matrix("diff", "1.1.0", "1.0.1"))[4].rpartition("neither. ")[2]
    assert "Between the two alone, 1 of 1 change can break code that worked." == sentence


def test_diff_prints_every_call_if_asked(matrix: Matrix) -> None:
    """Check `--all`, with and without handlers."""
    lines = printed_lines(matrix("diff", "1.0.1", "1.1.0", "--all"))
    for surface in (MAIN, ASYNC):
        assert 2 == lines.count(f"    {MID} on {surface}")
    assert ["crashed: AttributeError", "retry"] == [
        line.split(maxsplit=1)[1] for line in lines[lines.index(f"    {MID} on {ASYNC}") :][1:3]
    ]


def test_diff_of_a_release_with_itself_prints_no_change(matrix: Matrix) -> None:
    """Check that it shows no evidence."""
    lines = printed_lines(matrix("diff", "1.0.1", "1.0.1", "--exit-code"))
    expected = [
        "1.0.1 -> 1.0.1",
        "Dependencies as of today: the same.",
        "4 calls were compared; 1 call is possible in neither. Nothing changes for a caller.",
    ]
    assert expected == lines


@pytest.mark.parametrize(
    ("before", "after", "apart"),
    [
        ("1.0.0", "1.0.1", "next to each other"),
        pytest.param(
            "1.0.0",
            "1.1.0",
            "1 release between them",
        ),
        pytest.param(
            "1.1.0",
            "1.0.0",
            "1 release between them",
        ),
        ("1.0.0", "2.0.0", "4 releases between them"),
    ],
)
def test_diff_prints_the_distance_between_releases(matrix: Matrix, before: str, after: str, apart: str) -> None:
    """Check that it counts releases by version."""
    assert apart in printed_lines(matrix("diff", before, after))[1]


def test_diff_of_two_lanes_prints_the_effect_of_dependencies(matrix: Matrix) -> None:
    """Check that each side names its lane."""
    lines = printed_lines(matrix("diff", "1.0.0:as-released", "1.0.0:today"))
    assert ["1.0.0 as-released -> 1.0.0 today", "Dependencies: httpx 0.27.0 -> 0.28.1."] == lines[:2]


def test_diff_prints_why_a_release_could_not_be_played(matrix: Matrix) -> None:
    """Check that it names the lane in which it can be."""
    lines = printed_lines(matrix("diff", "0.9.0", "1.0.0"))
    assert "0.9.0 today: cannot-import: builtins.ImportError: no such name" in lines
    assert "matrix diff 0.9.0:as-released 1.0.0:as-released" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("1.0.1", "1.1.0"), 0, id="better"),
        pytest.param(("1.1.0", "1.0.1"), 1, id="worse"),
        pytest.param(("1.0.1", "2.0.0"), 1, id="no call can be made"),
        pytest.param(("1.0.1", "0.9.0"), 1, id="can't be played"),
        pytest.param(("0.9.0", "1.0.1"), 0, id="can be played now"),
        pytest.param(("1.1.0", "1.0.1", "--handler", "any-exception"), 0, id="not for this handler"),
        pytest.param(("1.1.0", "1.0.1", "--handler", "type-attr"), 1, id="for this handler"),
        pytest.param(
            ("1.0.1", "2.0.0", "--handler", "any-exception"),
            1,
            id="for one call",
        ),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_diff_exits_with_1_if_asked_and_code_can_break(
    matrix: Matrix, arguments: tuple[str, ...], code: int, form: str
) -> None:
    """Check `--exit-code`; without it diff exits with 0."""
    exit_codes = [matrix("diff", *arguments, "--format", form, *more).code for more in ([], ["--exit-code"])]
    assert [0, code] == exit_codes


def test_diff_for_a_handler_without_changes_shows_nothing_else(matrix: Matrix) -> None:
    """Check that it says so."""
    lines = printed_lines(matrix("diff", "1.0.1", "1.1.0", "--handler", "any-exception"))
    assert (
        "Only changes for any-exception. 4 calls were compared; 1 call is possible in neither."
        " Its outcome is the same on all of them." == lines[-1]
    )


def test_diff_for_a_handler_prints_that_no_call_can_be_made(matrix: Matrix) -> None:
    """Check a release without a client, which was not measured with the dependencies of its day."""
    out = "\n".join(printed_lines(matrix("diff", "1.0.1", "2.0.0", "--handler", "any-exception")))
    assert "gone: the call is no longer possible, on 4 calls" in out
    assert "the same on all" not in out


def test_diff_for_two_handlers_prints_each_call_once(matrix: Matrix) -> None:
    """Check that it names both handlers."""
    arguments = ("--handler", "type-attr", "--handler", "any-exception", "--handler", "type-attr")
    lines = printed_lines(matrix("diff", "1.0.1", "1.1.0", *arguments))
    assert "Only changes for type-attr, any-exception. 4 calls were compared; 1 call is possible in neither." in lines
    assert "      1.0.1  crashed: AttributeError" in lines


def test_diff_writes_json(matrix: Matrix) -> None:
    """Check that the document holds the content of the text, in one order."""
    done = matrix("diff", "1.0.1", "1.1.0", "--format", "json")
    difference = document(done, Difference)
    assert ("1.0.1", "1.1.0", {"truststore": ("", "1")}) == (
        difference.before.version,
        difference.after.version,
        difference.dependencies,
    )
    assert [["error.type appears"], ["type-attr"]] == [
        [change.what for change in difference.comparison.changes],
        [change.handler for change in difference.comparison.handled],
    ]
    assert done.out == matrix("diff", "1.0.1", "1.1.0", "--format", "json").out


@pytest.mark.parametrize("command", ["diff", "explain"])
@pytest.mark.parametrize(
    ("named", "message", "hint"),
    [
        ("1.0.2", "Release 1.0.2 is not recorded.", "Did you mean"),
        ("newest", "'newest' is not a version.", ""),
        (">=1", "'>=1' selects 5 releases.", "Name one release, such as 0.87.0."),
        ("1.0.0,1.0.1", "'1.0.0,1.0.1' selects 2 releases.", "Name one release, such as 0.87.0."),
        ("1.0.0:tomorrow", "There is no lane 'tomorrow'.", "Lanes are as-released and today, as in 1.0.0:as-released."),
        ("1.0.0:as-release", "There is no lane 'as-release'.", "Did you mean as-released?"),
        pytest.param(
            ":today",
            "The release is missing.",
            "Name one release, such as 0.87.0.",
        ),
        ("1.2.0", "1.2.0 today Python 3.11 has not been measured.", "Measure it: `matrix run --versions 1.2.0"),
        (
            "1.0.1:as-released",
            "1.0.1 as-released Python 3.11 has not been measured.",
            "Measure it: `matrix run --versions 1.0.1",
        ),
    ],
)
def test_unknown_names_are_refused_with_suggestions(
    matrix: Matrix, command: str, named: str, message: str, hint: str
) -> None:
    """Check each kind of name."""
    code, reported, why = failed(matrix(command, *(["1.0.0"] if command == "diff" else []), named))
    assert (errors.UsageError.exit_code, message) == (code, reported)
    assert hint in why


@pytest.mark.parametrize(
    ("named", "version"), [("latest", "2.0.0"), ("v1.0.1", "1.0.1"), ("1.0.1:", "1.0.1"), ("1.1", "1.1.0")]
)
def test_a_release_can_be_named_by_a_requirement(matrix: Matrix, named: str, version: str) -> None:
    """Check the same names as in other commands."""
    assert f"1.0.0 -> {version}" == printed_lines(matrix("diff", "1.0.0", named))[0]


def test_a_python_that_was_not_measured_is_refused(matrix: Matrix) -> None:
    """Check that the hint measures it."""
    code, message, hint = failed(matrix("diff", "1.0.0", "1.0.1", "--python", "3.12"))
    assert (errors.UsageError.exit_code, "1.0.0 today Python 3.12 has not been measured.") == (code, message)
    assert "--python 3.12" in hint


@pytest.mark.parametrize("command", [("diff", "1.0.0", "1.0.1"), ("history",)])
def test_unknown_handlers_are_refused_with_suggestions(matrix: Matrix, command: tuple[str, ...]) -> None:
    """Check what is near."""
    expected = "There is no handler 'any-exeption'."
    hint = "Did you mean any-exception? `matrix list handlers` shows them."
    assert (errors.UsageError.exit_code, expected, hint) == failed(matrix(*command, "--handler", "any-exeption"))


@pytest.mark.parametrize("command", [("diff", "1.0.0", "1.0.1"), ("explain", "1.0.0"), ("history",)])
def test_commands_without_data_say_how_to_get_it(matrix: Matrix, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Check each command."""
    matrix.data = tmp_path / "none"
    code, message, hint = failed(matrix(*command))
    assert (errors.UsageError.exit_code, f"There is no data in {matrix.data}.") == (code, message)
    assert "matrix refresh" in hint
    assert not matrix.data.exists()


# explain.


def test_explain_prints_a_few_scenarios_of_a_release(matrix: Matrix) -> None:
    """Check its place among releases, and its main call."""
    right, silent = (f"{SYMBOLS[kind]} {kind}" for kind in (VerdictKind.RIGHT, VerdictKind.SILENT))
    expected = f"""\
1.0.0 today, Python 3.11
Uploaded 2024-01-02, for Python >=3.8.
Epoch: 1.0.0 to 1.0.1, 2 releases with one behaviour. 0.9.0 and 1.1.0 behave differently.

{MID}  Server overloaded (overloaded_error) after some text.
  200 APIStatusError
  documented: ✗ wrong, maintainers: ✗ wrong
    {right}: any-exception
    # crashed: type-attr

{CUT}  The response ends legally after some text, without message_stop.
  completed, no exception
  documented: {silent}, maintainers: {silent}
    {silent}: 2 handlers

Show one call in full: matrix explain 1.0.0:today {MID} {MAIN}"""
    assert expected.splitlines() == printed_lines(matrix("explain", "1.0.0"))


def test_explain_names_both_neighbours_of_a_release(matrix: Matrix) -> None:
    """Check a release that behaves like neither."""
    lines = printed_lines(matrix("explain", "1.1.0"))
    assert "Epoch: this release alone. 1.0.1 and 2.0.0 behave differently." == lines[3]


def test_explain_prints_why_a_release_was_yanked(matrix: Matrix) -> None:
    """Check the reason."""
    assert "Yanked: broken." == printed_lines(matrix("explain", "1.1.0"))[2]


def test_explain_of_a_scenario_prints_every_call(matrix: Matrix) -> None:
    """Check that equal calls are together, handlers have names, and missing calls come last."""
    lines = printed_lines(matrix("explain", "1.0.0", MID))
    assert [f"  on {MAIN}, {ASYNC}", "  on completion_stream"] == [line for line in lines if line.startswith("  on ")]
    assert "    ✓ right (decides correctly): any-exception" in lines
    assert f"Show one call in full: matrix explain 1.0.0:today {MID} {MAIN}" == lines[-1]


def test_explain_of_a_call_prints_the_evidence(matrix: Matrix) -> None:
    """Check bytes, expectation, observation, verdicts, lock, and the command that plays it again."""
    lines = printed_lines(matrix("explain", "1.1.0", MID, MAIN))
    headings = [line for line in lines if re.fullmatch(r"[A-Z][a-z' ]+", line)]
    expected = ["On the wire", "Expected", "Observed", "Verdicts", "Handler outcomes"]
    assert [*expected, "Dependencies", "Play this call again"] == headings
    for line in (
        f"{MID} on {MAIN}",
        "  send  HTTP/1.1 200 OK\\r",
        "        event: error",
        "  class: anthropic.APIStatusError",
        "  error.type: 'overloaded_error'",
        "  delivered text: 'Hello'; delivered events: message_start",
        "  maintainers: ✓ right",
        "  httpx 0.28.1, truststore 1",
        f"  matrix run --versions 1.1.0 --lane today --scenario {MID} --surface {MAIN}",
    ):
        assert line in lines


def test_explain_of_a_call_with_an_extra_names_no_other_lock(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check that it stands with the other calls of its release."""
    store = own()
    with store.writing():
        store.put(cell("1.0.0", extra="aiohttp"), WITH_EXTRA)
    lines = printed_lines(matrix("explain", "1.0.0", CUT, AIOHTTP))
    assert f"{CUT} on {AIOHTTP}" in lines
    assert "Dependencies" not in lines
    assert "aiohttp" in next(line for line in lines if line.startswith("Dependencies"))


@pytest.mark.parametrize(
    ("newer", "last"),
    [
        (
            "1.0.0",
            "Compare them with the dependencies of their upload days: matrix diff 0.9.0:as-released 1.0.0:as-released",
        ),
        ("1.0.1", "Nothing can be compared."),
    ],
)
def test_diff_names_only_a_comparison_that_can_be_made(matrix: Matrix, newer: str, last: str) -> None:
    """Check a release that was measured with the dependencies of its upload day, and one that was not."""
    assert last == printed_lines(matrix("diff", "0.9.0", newer))[-1]


def test_explain_prints_why_a_release_can_not_be_played(matrix: Matrix) -> None:
    """Check that it names the lane in which it can be."""
    expected = [
        "cannot-import: builtins.ImportError: no such name",
        "Show it with the dependencies of its upload day: matrix explain 0.9.0:as-released",
    ]
    assert expected == printed_lines(matrix("explain", "0.9.0"))[-2:]


def test_explain_prints_once_that_no_client_can_be_made(matrix: Matrix) -> None:
    """Check a release without a client, which was not measured with the dependencies of its day."""
    lines = printed_lines(matrix("explain", "2.0.0"))
    reason = "cannot construct the client: TypeError: __init__() got an unexpected argument 'proxies'"
    assert [reason, "It was not measured with the dependencies of its upload day."] == lines[-2:]
    assert 5 == len(lines)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("mid-overloaded",), "There is no scenario 'mid-overloaded'.", f"Did you mean {MID}"),
        ((MID, "messages.creates"), "There is no surface 'messages.creates'.", f"Did you mean {MAIN}"),
        ((CUT, HELPER), f"{CUT} is not played on {HELPER}.", f"Surfaces that play it: {MAIN}."),
        (("stall",), "stall is not played.", "List the scenarios: `matrix list scenarios`."),
    ],
)
def test_explain_of_a_call_that_was_not_played_is_refused(
    matrix: Matrix, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    """Check that the hint lists what was played."""
    code, reported, why = failed(matrix("explain", "1.0.0", *arguments))
    assert (errors.UsageError.exit_code, message) == (code, reported)
    assert hint in why


@pytest.mark.parametrize("asked", [(), (MID,), (MID, MAIN)])
def test_explain_writes_json(matrix: Matrix, asked: tuple[str, ...]) -> None:
    """Check that the document holds the content of the text."""
    explanation = document(matrix("explain", "1.0.0", *asked, "--format", "json"), Explanation)
    assert ("1.0.0", ("1.0.0", "1.0.1"), "0.9.0", "1.1.0") == (
        explanation.version,
        explanation.epoch,
        explanation.before,
        explanation.after,
    )
    assert MID == explanation.told[0].scenario
    assert {"any-exception": "right", "type-attr": "crashed"} == explanation.told[0].worths


# history.


def test_history_prints_epochs_newest_first(matrix: Matrix) -> None:
    """Check that final releases that were not tested part them."""
    expected = """\
4 epochs of 5 releases, dependencies of today, Python 3.11
Not tested: 1.2.0, 2.0.0rc1

2.0.0  1 release, Feb 2024
  between 1.1.0 (tested) and 2.0.0 (tested); 1.2.0 in between, untested
    gone: the call is no longer possible (clean, mid-overloaded_error, eof-mid on messages.create(-async))

1.1.0  1 release, Feb 2024
  between 1.0.1 (tested) and 1.1.0 (tested)
    gained: error.type appears (mid-overloaded_error on messages.create(-async))

1.0.0-1.0.1  2 releases, Jan 2024
  between 0.9.0 (tested) and 1.0.0 (tested)
    cannot-import -> completed

0.9.0  1 release, Jan 2024, cannot-import"""
    assert expected.splitlines() == printed_lines(matrix("history"))


def test_history_of_a_lane_names_what_was_not_tested_in_it(matrix: Matrix) -> None:
    """Check the other lane."""
    lines = printed_lines(matrix("history", "--lane", "as-released"))
    expected = [
        "1 epoch of 2 releases, dependencies as released, Python 3.11",
        "Not tested: 1.0.1, 1.1.0, 1.2.0, 2.0.0rc1, 2.0.0",
        "",
        "0.9.0-1.0.0  2 releases, Jan 2024",
    ]
    assert expected == lines


def test_history_for_a_handler_prints_its_outcomes(matrix: Matrix) -> None:
    """Check that it still says that no call can be made."""
    lines = printed_lines(matrix("history", "--handler", "type-attr"))
    sentence = "better for type-attr: 2 calls that crashed the handler are now handled correctly"
    assert f"    {sentence} ({MID} on {MAIN}(-async))" in lines
    assert [] == [line for line in lines if "error.type appears" in line]
    assert [True] == ["is no longer possible" in line for line in lines if "gone" in line]


def test_history_writes_json(matrix: Matrix) -> None:
    """Check that the document holds the content of the text."""
    history = document(matrix("history", "--format", "json"), History)
    assert [("0.9.0",), ("1.0.0", "1.0.1"), ("1.1.0",), ("2.0.0",)] == [epoch.versions for epoch in history.epochs]
    assert ["cannot-import", "completed"] == [*history.transitions[0].outcomes]
    assert (Comparison(), ("1.2.0",)) == (history.transitions[0].comparison, history.transitions[-1].untested)


def test_history_of_data_without_results_is_empty(matrix: Matrix) -> None:
    """Check the message."""
    code, message, hint = failed(matrix("history", "--python", "3.99"))
    assert (errors.UsageError.exit_code, True) == (code, "3.99" in message)
    assert "--python 3.99" in hint


def test_history_prints_changes_of_handlers_alone(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check that an epoch has a reason even if no call changes."""
    store = own()
    with store.writing():
        store.put(
            cell("1.2.0"), result(observe({"any-exception": "fail", "type-attr": "retry"}, type="overloaded_error"))
        )
    lines = printed_lines(matrix("history"))
    start = lines.index("  between 1.1.0 (tested) and 1.2.0 (tested)")
    assert "" != lines[start + 1]
    out = "\n".join(printed_lines(matrix("diff", "1.1.0", "1.2.0")))
    assert "worse: 2 calls that were handled correctly are now reported as failures" in out
    assert "Nothing changes for a caller" not in out


def test_history_does_not_compare_the_calls_of_a_new_extra(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check that they are counted as not seen before."""
    store = own()
    with store.writing():
        store.put(cell("1.0.1", extra="aiohttp"), WITH_EXTRA)
    lines = printed_lines(matrix("history"))
    start = lines.index("  between 1.0.0 (tested) and 1.0.1 (tested)")
    assert "    1 call is missing or flaky in one of the two" == lines[start + 1]
    expected = "4 calls were compared; 1 call is possible in neither; 1 call is missing or flaky in one of the two."
    assert f"{expected} Nothing changes for a caller." == printed_lines(matrix("diff", "1.0.0", "1.0.1"))[-1]


def test_history_of_the_committed_data_says_when_errors_got_a_type(matrix: Matrix) -> None:
    """Check the release."""
    matrix.data = DATA
    blocks = "\n".join(printed_lines(matrix("history"))).split("\n\n")[1:]
    (typed,) = [block for block in blocks if block.startswith("0.87.0")]
    assert "between 0.86.0 (tested) and 0.87.0 (tested)\n    gained: error.type appears (" in typed


def test_every_epoch_of_the_committed_data_has_a_reason(matrix: Matrix) -> None:
    """Check every two neighbours."""
    matrix.data = DATA
    blocks = "\n".join(printed_lines(matrix("history"))).split("\n\n")[1:]
    *epochs, _oldest, _about_clients = blocks
    assert [] == [block for block in epochs if len(block.splitlines()) < 3]


# Texts of a release or of the index are shown, and not obeyed.

HOSTILE: Final = "\x1b]0;owned\x07\x1b[2J \u202e \x00 \x85 \u2028 end"
"""Sequences that a terminal would obey."""

SAYS: Final = raised(
    error(
        "anthropic.APIStatusError", attributes={"status_code": 200, "type": HOSTILE}, text=HOSTILE, message=HOSTILE,
        body={HOSTILE: HOSTILE}, causes=(Cause(how="context", name="builtins.OSError", text=HOSTILE),),
    ),
    delivered=Delivery(events=(HOSTILE,), text=HOSTILE),
)  # fmt: skip
REFUSES: Final = ended(Outcome.CANNOT_CONSTRUCT, exception=error("builtins.TypeError", text=HOSTILE))


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("diff", "1.0.0", "1.0.1", "--all"), id="values that differ"),
        pytest.param(("diff", "1.0.0", "1.1.0", "--all"), id="why no client can be made"),
        pytest.param(("diff", "1.0.0", "1.2.0"), id="why nothing can be compared"),
        pytest.param(("explain", "1.0.1"), id="a release"),
        pytest.param(("explain", "1.0.1", MID), id="a scenario"),
        pytest.param(("explain", "1.0.1", MID, MAIN), id="a call in full"),
        pytest.param(("explain", "1.1.0"), id="a release without a client"),
        pytest.param(("explain", "1.1.0", MID, MAIN), id="a call that can't be made"),
        pytest.param(("explain", "1.2.0"), id="a release that can't be imported, and was yanked"),
        pytest.param(("history",), id="the history"),
    ],
)
def test_control_sequences_are_escaped(matrix: Matrix, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Check texts of a release and of the index in each command."""
    kinds = {
        "1.0.0": result(on(completed(), CLEAN) | on(raised(), MID)),
        "1.0.1": result(on(completed(), CLEAN) | on(SAYS, MID)),
        "1.1.0": result(on(REFUSES, CLEAN) | on(REFUSES, MID)),
        "1.2.0": not_played(reason=f"builtins.ImportError: {HOSTILE}"),
    }
    matrix.data = tmp_path / "data"
    releases = {version: release(version, yanked=HOSTILE, requires_python=f">=3.8{HOSTILE}") for version in kinds}
    fill(matrix.data, releases, {cell(version): stored for version, stored in kinds.items()})
    done = matrix(*command)
    assert (0, "") == (done.code, done.err)
    assert [] == [line for line in done.out.split("\n") if not line.isprintable()]


# verify --judge.


def test_verify_names_judgements_that_differ_from_the_rules(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check that the hint writes missing and outdated ones."""
    own(judged=False)
    expected = f"{matrix.data}/{JUDGEMENTS} differs from this program's rules on 3 behaviours."
    assert (errors.StoreCorrupt.exit_code, expected, "Write the judgements again: `matrix verify --judge`.") == failed(
        matrix("verify")
    )


def test_judge_writes_one_file(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check that `verify` accepts it with the new root digest, and that a second time nothing is written."""
    store = own(judged=False)
    before = snapshot(matrix.data)
    assert [True] == ["every digest matches" in line for line in printed_lines(matrix("verify", "--judge"))]
    after = snapshot(matrix.data)
    assert {JUDGEMENTS.name} == after.keys() - before.keys()
    assert ["root.json"] == [name for name in before if before[name] != after[name]]
    assert {digest: summarise(ANTHROPIC, store.behaviour(digest)) for digest in store.behaviours()} == Store(
        matrix.data, ANTHROPIC
    ).judgements()
    written = (matrix.data / JUDGEMENTS).stat().st_mtime_ns
    for command in (("verify",), ("verify", "--judge")):
        assert 0 == matrix(*command).code
    assert written == (matrix.data / JUDGEMENTS).stat().st_mtime_ns


def test_judge_says_whether_it_wrote(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check that it takes no lock if there is nothing to write."""
    store = own(judged=False)
    assert update_judgements(store)
    with store.writing():
        assert not update_judgements(Store(matrix.data, ANTHROPIC))


def test_judge_counts_the_behaviours_that_it_judged_again(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check a judgement by other rules."""
    store = own()
    judgements = store.judgements()
    digest = min(judgements)
    wrong = msgspec.structs.replace(judgements[digest], documented=True)
    with store.writing():
        store.put_judgements(judgements | {digest: wrong})
    assert "differs from this program's rules on 1 behaviour" in matrix("verify").err
    assert 0 == matrix("verify", "--judge").code
    assert judgements == Store(matrix.data, ANTHROPIC).judgements()


def test_judge_refuses_corrupt_data(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check that it names the file, and writes nothing."""
    own(judged=False)
    victim = matrix.data / "observations" / f"{MID}.json"
    victim.write_bytes(victim.read_bytes().replace(b"Hello", b"Hallo"))
    before = snapshot(matrix.data)
    done = matrix("verify", "--judge")
    assert (errors.StoreCorrupt.exit_code, True) == (done.code, f"observations/{MID}.json" in done.err)
    assert before == snapshot(matrix.data)


def test_judge_is_refused_while_another_process_writes(matrix: Matrix, own: Callable[..., Store]) -> None:
    """Check the message."""
    store = own(judged=False)
    with store.writing():
        failure = failed(matrix("verify", "--judge"))
    assert (errors.StoreBusy.exit_code, f"Another process is writing {matrix.data}.") == failure[:2]


def test_the_small_store_passes_verify(matrix: Matrix) -> None:
    """Check that a run may have written this data."""
    assert 0 == matrix("verify").code
    assert {Outcome.COMPLETED, Outcome.CANNOT_IMPORT} == {stored.outcome for stored in RESULTS.values()}
    assert (
        json.loads((matrix.data / JUDGEMENTS).read_bytes())["entries"].keys()
        == Store(matrix.data, ANTHROPIC).behaviours()
    )


def test_diff_calls_a_downgrade_a_downgrade(matrix: Matrix) -> None:
    """Check the title and the sentence below it; a move to a newer release has neither."""
    lines = printed_lines(matrix("diff", "1.1.0", "1.0.1"))
    assert "1.1.0 -> 1.0.1 (downgrade)" == lines[0]
    assert "1.0.1 is the older release: this list says what a move back to it changes." in lines
    assert not any("downgrade" in line or "older" in line for line in printed_lines(matrix("diff", "1.0.1", "1.1.0")))
