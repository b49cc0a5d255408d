"""The publish gate: each rule refuses its own fault and no other, and a person may accept some of them."""

import datetime as dt
import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.errors import Stale, StoreCorrupt
from matrix.harness.upkeep import prune_and_judge
from matrix.observation import Behaviour, Call, Outcome
from matrix.service.gate import NEVER, RULES, Ruling, judge_publication
from matrix.service.gate_text import refusal_issues, render_markdown, render_text
from matrix.service.issues import ExistingIssue, select_unopened
from matrix.service.verdict_changes import CellSnapshot, Snapshot, compare_verdicts
from matrix.store import last_run
from matrix.store.documents import RELEASES, control_name
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature import drive
from tests.miniature.drive import Done, Matrix
from tests.miniature.index import Index
from tests.support.behaviours import (
    CLEAN,
    CUT,
    FLAKY,
    MID,
    RELAXED,
    behaviours,
    catalogue,
    cell,
    completed,
    digest_of,
    error,
    on,
    raised,
)
from tests.support.paths import DATA

SUITE: Final = ANTHROPIC.digest
OVERLOADED: Final = raised(error(attributes={"status_code": 200}))
TYPED: Final = raised(error(attributes={"status_code": 200, "type": "overloaded_error"}))
PLAIN: Final[Behaviour] = on(completed(), CLEAN) | on(OVERLOADED, MID) | on(completed("Hello", None), CUT)
NAMED: Final[Behaviour] = PLAIN | on(TYPED, MID)
HOLDS: Final = {control_name("3.11"): ""}


def measured(behaviour: Behaviour = PLAIN, **facets: Any) -> CellSnapshot:
    """Make a played cell."""
    plain: dict[str, Any] = {"suite": SUITE, "outcome": Outcome.COMPLETED, "pins": ("httpx==0.28.1",)}
    return CellSnapshot(behaviour=behaviour, digest=digest_of(behaviour) if behaviour else "", **plain | facets)


def snapshot(cells: Mapping[str, CellSnapshot], *more: str, **facets: Any) -> Snapshot:
    """Make data of these releases in the `today` lane, and of others that were not measured."""
    plain: dict[str, Any] = {"controls": HOLDS}
    known = {cell(version): outcome for version, outcome in cells.items()}
    return Snapshot(releases=catalogue(*cells, *more), cells=known, **plain | facets)


OLD: Final = snapshot({"1.0.0": measured(), "1.1.0": measured()})
OTHER_LOCK: Final = ("httpx==0.29.0",)


def ruling(old: Snapshot, new: Snapshot, rule: str, **how: Any) -> Ruling:
    """Return the ruling of one rule."""
    return next(ruled for ruled in judge_publication(ANTHROPIC, old, new, **how).rulings if ruled.rule == rule)


def refused(old: Snapshot, new: Snapshot, **how: Any) -> list[str]:
    """List the rules that refuse."""
    return [ruled.rule for ruled in judge_publication(ANTHROPIC, old, new, **how).refused]


def test_verdicts_of_every_client_are_compared() -> None:
    """Check a release of which only the calls of another client, in the same cell, behave otherwise."""
    vertex = Call("vertex.messages.create", MID)
    old = snapshot({"1.0.0": measured(PLAIN | on(OVERLOADED, MID, vertex.surface))})
    new = snapshot({"1.0.0": measured(PLAIN | on(TYPED, MID, vertex.surface), pins=OTHER_LOCK)})
    changes, compared = compare_verdicts(ANTHROPIC, old, new)
    assert ([vertex], len(PLAIN) + 1) == ([call for _, call, *_ in changes], compared)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(OLD, [], id="no change"),
        pytest.param(
            snapshot({**dict.fromkeys(("1.0.0", "1.1.0"), measured()), "1.2.0": measured(NAMED)}),
            [],
            id="a new release",
        ),
        pytest.param(
            snapshot(dict.fromkeys(("1.0.0", "1.1.0"), measured()), "1.2.0"), [], id="a release that was not measured"
        ),
        pytest.param(snapshot({"1.0.0": measured()}), ["coverage", "vanished"], id="a release is missing"),
        pytest.param(snapshot({"1.0.0": measured()}, "1.1.0"), ["coverage"], id="a cell is missing"),
        pytest.param(
            snapshot({"1.0.0": measured(), "1.1.0": measured(on(completed(), CLEAN), pins=OTHER_LOCK)}),
            ["coverage", "moved", "evidence"],
            id="observations are missing",
        ),
        pytest.param(
            snapshot({"1.0.0": measured(), "1.1.0": measured({}, outcome=Outcome.HARNESS_FAILED)}),
            ["coverage", "moved", "cause"],
            id="a cell failed",
        ),
        pytest.param(
            snapshot({"1.0.0": measured(), "1.1.0": measured(NAMED, pins=OTHER_LOCK)}),
            ["moved"],
            id="a sixth of the verdicts changed",
        ),
        pytest.param(
            snapshot({"1.0.0": measured(), "1.1.0": measured(NAMED)}), ["moved", "cause"], id="changed without a cause"
        ),
        pytest.param(
            snapshot(
                {"1.0.0": measured(), "1.1.0": measured({}, outcome=Outcome.CANNOT_IMPORT, reason="E", pins=OTHER_LOCK)}
            ),
            ["moved"],
            id="a release became unusable",
        ),
        pytest.param(
            snapshot({"1.0.0": measured(), "1.1.0": measured(PLAIN | on(FLAKY, CUT), pins=OTHER_LOCK)}),
            ["moved", "flaky"],
            id="flaky observations",
        ),
        pytest.param(
            snapshot(dict.fromkeys(("1.0.0", "1.1.0"), measured(suite="f" * 16))), ["suite"], id="another suite"
        ),
        pytest.param(
            snapshot({"1.0.0": measured(), "1.1.0": measured(suite="f" * 16)}), ["suite"], id="two suites in one folder"
        ),
        pytest.param(
            snapshot(dict.fromkeys(("1.0.0", "1.1.0"), measured()), controls={}), ["controls"], id="no control"
        ),
        pytest.param(
            snapshot(
                dict.fromkeys(("1.0.0", "1.1.0"), measured()), controls={control_name("3.11"): "it came out wrong"}
            ),
            ["controls"],
            id="a control fails",
        ),
        pytest.param(
            snapshot(dict.fromkeys(("1.0.0", "1.1.0"), measured()), problems=("x.json: does not match its digest",)),
            ["store"],
            id="data that is not canonical",
        ),
    ],
)
def test_each_rule_refuses_its_own_fault(new: Snapshot, expected: list[str]) -> None:
    """Check that no other rule refuses."""
    assert expected == refused(OLD, new)


def test_unreadable_data_is_never_published() -> None:
    """Check that data without releases is not taken for an absence of changes."""
    broken = Snapshot(releases={}, cells={}, problems=("p",))
    assert ["store", "controls", "suite", "coverage", "vanished"] == refused(OLD, broken)
    assert ["published", "evidence"] == refused(broken, OLD)


def test_the_limit_of_changed_verdicts_is_exact() -> None:
    """Check one of six verdicts: refused just below a sixth, accepted at a sixth."""
    new = snapshot({"1.0.0": measured(), "1.1.0": measured(NAMED, pins=OTHER_LOCK)})
    assert ["moved"] == refused(OLD, new, moved_at_most=0.166)
    assert [] == refused(OLD, new, moved_at_most=1 / 6)
    assert "1 of 6 verdicts changed (16.67%); the limit is 2.00%." == ruling(OLD, new, "moved").found
    assert (
        "today: wrong/wrong -> wrong/right on 1 call of 1.1.0 (such as mid-overloaded_error on messages.create)",
    ) == ruling(OLD, new, "moved").details


def test_the_limit_of_flaky_observations_is_exact() -> None:
    """Check one of six: refused just below a sixth, accepted at a sixth."""
    new = snapshot({"1.0.0": measured(), "1.1.0": measured(PLAIN | on(FLAKY, CUT), pins=OTHER_LOCK)})
    assert ["flaky"] == refused(OLD, new, moved_at_most=1.0, flaky_at_most=0.166)
    assert [] == refused(OLD, new, moved_at_most=1.0, flaky_at_most=1 / 6)


def test_an_accepted_rule_refuses_nothing() -> None:
    """Check that it is named, and that other rules still refuse."""
    new = snapshot({"1.0.0": measured()})
    decision = judge_publication(ANTHROPIC, OLD, new, accept=["vanished"])
    assert ["coverage"] == [ruled.rule for ruled in decision.refused]
    assert "Accepted by hand: coverage, vanished." in render_text(
        judge_publication(ANTHROPIC, OLD, new, accept=["vanished", "coverage"])
    )


def test_a_person_makes_the_first_publication() -> None:
    """Check an empty folder, which could be a mistake."""
    nothing = Snapshot(releases={}, cells={})
    assert ["published"] == refused(nothing, OLD)
    assert [] == refused(nothing, OLD, accept=["published"])


def test_many_details_are_counted() -> None:
    """Check that an issue stays short."""
    versions = [f"1.{minor}.0" for minor in range(30)]
    vanished = ruling(snapshot(dict.fromkeys(versions, measured())), snapshot({"2.0.0": measured()}), "vanished")
    assert (9, "and 22 more") == (len(vanished.details), vanished.details[-1])


@given(st.dictionaries(st.sampled_from(["1.0.0", "1.1.0", "2.0.0"]), behaviours(), min_size=1))
@RELAXED
def test_published_data_may_be_published_again(behaviours: dict[str, Behaviour]) -> None:
    """Check that accepted data is not refused later."""
    published = snapshot({version: measured(behaviour) for version, behaviour in behaviours.items()})
    assert set(refused(published, published)) <= {"flaky", "evidence"}  # an empty behaviour has no evidence


@given(behaviours(), behaviours())
@RELAXED
def test_changed_verdicts_are_counted_in_both_directions(before: Behaviour, after: Behaviour) -> None:
    """Check that the count is equal."""
    old, new = snapshot({"1.0.0": measured(before)}), snapshot({"1.0.0": measured(after)})
    assert ruling(old, new, "moved").found == ruling(new, old, "moved").found


# Texts.


def test_a_refusal_opens_one_issue() -> None:
    """Check that its mark names the rules."""
    decision = judge_publication(ANTHROPIC, OLD, snapshot({"1.0.0": measured()}))
    [issue] = refusal_issues(ANTHROPIC, decision, "https://example.org/run/1")
    assert "urn:midstream:refused:coverage+vanished" == issue.id
    assert "`accept`" in issue.body or "<code>accept</code>" in issue.body
    assert () == select_unopened([issue], [ExistingIssue(title="edited", body=f"> reply\r\n\r\n{issue.body}")])
    assert (issue,) == select_unopened(
        [issue], [ExistingIssue(body="<!-- midstream: urn:midstream:refused:coverage -->")]
    )
    assert () == refusal_issues(ANTHROPIC, judge_publication(ANTHROPIC, OLD, OLD))


def test_rules_that_can_not_be_accepted_are_named() -> None:
    """Check the text."""
    [issue] = refusal_issues(
        ANTHROPIC, judge_publication(ANTHROPIC, OLD, snapshot({"1.0.0": measured(), "1.1.0": measured()}, controls={}))
    )
    assert "Nobody can accept this" in issue.body


def test_text_of_the_data_is_inert() -> None:
    """Check the table and the list."""
    hostile = "<img src=x>\n| @everyone [a](b) `c` ::error::"
    decision = judge_publication(ANTHROPIC, OLD, snapshot({"1.0.0": measured()}, problems=(hostile,)))
    markdown = render_markdown(ANTHROPIC, decision)
    assert "<img" not in markdown
    assert "@everyone" not in markdown
    assert "[a](b)" not in markdown
    assert "\n::error::" not in render_text(decision)


# The command.


@pytest.fixture(scope="session")
def published(shared: Path) -> Path:
    """Copy a few releases of the committed data, to be read."""
    return drive.once(shared / "few-of-record", lambda folder: keep(Path(shutil.copytree(DATA, folder)), FEW))


@pytest.fixture
def matrix(published: Path, tmp_path: Path) -> Matrix:
    """Return the command line on a copy of these releases."""
    return Matrix(Path(shutil.copytree(published, tmp_path / "reports" / "data")), Index(tmp_path))


FEW: Final = ("0.28.1", "0.45.2", "0.87.0", "1.0.0")


def keep(folder: Path, versions: Collection[str]) -> None:
    """Remove all but some releases and their cells."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases({name: cell_file for name, cell_file in store.releases().items() if name in versions})
        for path in [RELEASES.parent / "cells" / cell_file.name for cell_file in (folder / "cells").iterdir()]:
            store._write(
                path, {name: cell_file for name, cell_file in store._entries(path).items() if name in versions}
            )
        prune_and_judge(store)


@pytest.mark.slow
def test_the_committed_data_may_be_published(matrix: Matrix, tmp_path: Path) -> None:
    """Check that the day is recorded next to the data."""
    matrix.data = Path(shutil.copytree(DATA, tmp_path / "whole" / "data"))
    before = {path: path.read_bytes() for path in matrix.data.rglob("*") if path.is_file()}
    done = matrix("gate", "--published", DATA, "--record")
    assert 0 == done.code, done.out
    assert before == {path: path.read_bytes() for path in matrix.data.rglob("*") if path.is_file()}
    run = last_run.read(matrix.data)
    assert run is not None
    assert (ANTHROPIC.digest, 245) == (run.suite, run.releases)
    assert 0 == matrix("stale").code


def test_a_refusal_exits_with_13_and_records_nothing(matrix: Matrix, published: Path, tmp_path: Path) -> None:
    """Check that its issue is written, unless one is open."""
    keep(matrix.data, {*FEW} - {"0.87.0"})
    outputs = ("--output", f"issues={tmp_path}/i.json", "--output", f"markdown={tmp_path}/s.md")
    done = matrix("gate", "--published", published, "--record", *outputs)
    assert (13, None) == (done.code, last_run.read(matrix.data))
    assert "To publish the new data anyway, repeat the command with --accept 'coverage vanished'." in done.err
    [issue] = json.loads((tmp_path / "i.json").read_text())
    assert (tmp_path / "s.md").read_text().startswith("## anthropic: refused")
    (tmp_path / "opened.json").write_text(json.dumps([{"title": "t", "body": issue["body"]}]))
    again = matrix("gate", "--published", published, *outputs, "--opened", tmp_path / "opened.json")
    assert (13, []) == (again.code, json.loads((tmp_path / "i.json").read_text()))
    assert 0 == matrix("gate", "--published", published, "--accept", "coverage, vanished").code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--accept", "controls"), "'controls' can't be accepted."),
        (("--accept", "vanishd"), "Did you mean vanished?"),
        (("--output", "issue=x"), "'issue=x' is not a format and a file."),
        (("--moved-at-most", "2"), "2 is not in the range"),
    ],
)
def test_invalid_options_are_refused(matrix: Matrix, published: Path, arguments: tuple[str, ...], message: str) -> None:
    """Check that no data is read, and what the message names."""
    done = matrix("gate", "--published", published, *arguments)
    assert (2, True) == (done.code, message in done.err.replace("2.0 is", "2 is"))


def test_a_missing_folder_is_not_an_empty_one(matrix: Matrix, tmp_path: Path) -> None:
    """Check that a mistyped folder is no first publication."""
    done = matrix("gate", "--published", tmp_path / "nowhere")
    assert (2, True) == (done.code, "There is no folder" in done.err)


def test_corrupt_data_is_refused_without_a_traceback(matrix: Matrix, published: Path) -> None:
    """Check that no other rule is applied."""
    (matrix.data / "traces" / "messages.create.json").write_bytes(b"{}")
    done: Done = matrix("gate", "--published", published, "--accept", "coverage vanished suite moved published")
    assert (13, True) == (done.code, "store, controls" in done.err)


def test_the_help_names_every_rule_that_can_be_accepted(matrix: Matrix) -> None:
    """Check that the others are rules, too."""
    help_text = matrix("gate", "--help").out
    assert ", ".join(RULES) in " ".join(help_text.split())
    assert set(RULES) > NEVER


# The last good run.


@pytest.mark.parametrize(("age", "is_fine"), [(-2, False), (-1, True), (0, True), (3, True), (4, False)])
def test_a_run_is_good_for_the_stated_days(tmp_path: Path, age: int, is_fine: bool) -> None:
    """Check that a run of the future is not good."""
    today = dt.date(2026, 3, 10)
    run = last_run.LastRun(day=today - dt.timedelta(age), suite="s", releases=1, newest="1.0.0")
    last_run.path(tmp_path / "data").write_bytes(last_run.render(run))
    if is_fine:
        assert run == last_run.check(tmp_path / "data", today, 3)
    else:
        with pytest.raises(Stale):
            last_run.check(tmp_path / "data", today, 3)


def test_a_missing_run_is_stale_and_a_broken_record_is_corrupt(matrix: Matrix) -> None:
    """Check both exit codes."""
    assert 14 == matrix("stale").code
    last_run.path(matrix.data).write_text('{"day": 1}')
    assert 5 == matrix("stale").code
    last_run.path(matrix.data).write_text(
        '{"schema": "midstream/checked/9", "day": "2026-01-01", "suite": "", "releases": 0, "newest": ""}'
    )
    with pytest.raises(StoreCorrupt):
        last_run.read(matrix.data)


def test_the_committed_record_is_of_the_committed_data() -> None:
    """Check that it is canonical."""
    run = last_run.read(DATA)
    assert run is not None
    assert last_run.path(DATA).read_bytes() == last_run.render(run)
    assert ANTHROPIC.digest == run.suite
