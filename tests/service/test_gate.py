"""The publish gate: what each rule stops, that it stops nothing else, and who may say yes to it."""

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
from matrix.observation import Behaviour, Outcome
from matrix.service.gate import NEVER, RULES, Ruling, judge_publication
from matrix.service.gate_text import refusal_issues, render_markdown, render_text
from matrix.service.issues import ExistingIssue, select_unopened
from matrix.service.verdict_changes import CellSnapshot, Snapshot
from matrix.store import last_run
from matrix.store.documents import RELEASES
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
HOLDS: Final = {"3.11": ""}


def measured(behaviour: Behaviour = PLAIN, **facets: Any) -> CellSnapshot:
    """A cell in which the suite was played."""
    plain: dict[str, Any] = {"suite": SUITE, "outcome": Outcome.COMPLETED, "pins": ("httpx==0.28.1",)}
    return CellSnapshot(behaviour=behaviour, digest=digest_of(behaviour) if behaviour else "", **plain | facets)


def side(cells: Mapping[str, CellSnapshot], *more: str, **facets: Any) -> Snapshot:
    """A folder of data with these releases in the `today` lane, and more that were not measured."""
    plain: dict[str, Any] = {"controls": HOLDS}
    known = {cell(version): one for version, one in cells.items()}
    return Snapshot(releases=catalogue(*cells, *more), cells=known, **plain | facets)


OLD: Final = side({"1.0.0": measured(), "1.1.0": measured()})
OTHER_LOCK: Final = ("httpx==0.29.0",)


def ruling(old: Snapshot, new: Snapshot, rule: str, **how: Any) -> Ruling:
    """What one rule says."""
    return next(one for one in judge_publication(ANTHROPIC, old, new, **how).rulings if one.rule == rule)


def refused(old: Snapshot, new: Snapshot, **how: Any) -> list[str]:
    """The rules that refuse."""
    return [one.rule for one in judge_publication(ANTHROPIC, old, new, **how).refused]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(OLD, [], id="nothing moved"),
        pytest.param(
            side({**dict.fromkeys(("1.0.0", "1.1.0"), measured()), "1.2.0": measured(NAMED)}), [], id="a new release"
        ),
        pytest.param(side(dict.fromkeys(("1.0.0", "1.1.0"), measured()), "1.2.0"), [], id="a release to be measured"),
        pytest.param(side({"1.0.0": measured()}), ["coverage", "vanished"], id="a release is gone"),
        pytest.param(side({"1.0.0": measured()}, "1.1.0"), ["coverage"], id="a cell is gone"),
        pytest.param(
            side({"1.0.0": measured(), "1.1.0": measured(on(completed(), CLEAN), pins=OTHER_LOCK)}),
            ["coverage", "moved", "evidence"],
            id="observations are gone",
        ),
        pytest.param(
            side({"1.0.0": measured(), "1.1.0": measured({}, outcome=Outcome.HARNESS_FAILED)}),
            ["coverage", "moved", "cause"],
            id="a cell was lost",
        ),
        pytest.param(
            side({"1.0.0": measured(), "1.1.0": measured(NAMED, pins=OTHER_LOCK)}), ["moved"], id="a sixth moved"
        ),
        pytest.param(
            side({"1.0.0": measured(), "1.1.0": measured(NAMED)}), ["moved", "cause"], id="moved without a cause"
        ),
        pytest.param(
            side(
                {"1.0.0": measured(), "1.1.0": measured({}, outcome=Outcome.CANNOT_IMPORT, reason="E", pins=OTHER_LOCK)}
            ),
            ["moved"],
            id="a release became unusable",
        ),
        pytest.param(
            side({"1.0.0": measured(), "1.1.0": measured(PLAIN | on(FLAKY, CUT), pins=OTHER_LOCK)}),
            ["moved", "flaky"],
            id="flaky",
        ),
        pytest.param(side(dict.fromkeys(("1.0.0", "1.1.0"), measured(suite="f" * 16))), ["suite"], id="another suite"),
        pytest.param(
            side({"1.0.0": measured(), "1.1.0": measured(suite="f" * 16)}), ["suite"], id="two suites in one folder"
        ),
        pytest.param(side(dict.fromkeys(("1.0.0", "1.1.0"), measured()), controls={}), ["controls"], id="no control"),
        pytest.param(
            side(dict.fromkeys(("1.0.0", "1.1.0"), measured()), controls={"3.11": "it came out wrong"}),
            ["controls"],
            id="a control fails",
        ),
        pytest.param(
            side(dict.fromkeys(("1.0.0", "1.1.0"), measured()), problems=("x.json: does not match its digest",)),
            ["store"],
            id="not what was written",
        ),
    ],
)
def test_each_rule_stops_what_it_is_for(new: Snapshot, expected: list[str]) -> None:
    """And nothing else."""
    assert expected == refused(OLD, new)


def test_data_that_is_unreadable_is_never_published() -> None:
    """What does not hold has no releases for us, and no rule takes that for nothing to do."""
    broken = Snapshot(releases={}, cells={}, problems=("p",))
    assert ["store", "controls", "suite", "coverage", "vanished"] == refused(OLD, broken)
    assert ["published", "evidence"] == refused(broken, OLD)


def test_the_share_that_may_move_is_the_one_that_was_stated() -> None:
    """One of six verdicts: refused just below a sixth, fine at a sixth."""
    new = side({"1.0.0": measured(), "1.1.0": measured(NAMED, pins=OTHER_LOCK)})
    assert ["moved"] == refused(OLD, new, moved_at_most=0.166)
    assert [] == refused(OLD, new, moved_at_most=1 / 6)
    assert "1 of 6 verdicts changed (16.67%); the limit is 2.00%." == ruling(OLD, new, "moved").found
    assert (
        "today: wrong/wrong -> wrong/right on 1 call of 1.1.0 (such as mid-overloaded_error on messages.create)",
    ) == ruling(OLD, new, "moved").details


def test_the_share_that_may_be_flaky_is_the_one_that_was_stated() -> None:
    """One of six observations: refused just below a sixth, fine at a sixth."""
    new = side({"1.0.0": measured(), "1.1.0": measured(PLAIN | on(FLAKY, CUT), pins=OTHER_LOCK)})
    assert ["flaky"] == refused(OLD, new, moved_at_most=1.0, flaky_at_most=0.166)
    assert [] == refused(OLD, new, moved_at_most=1.0, flaky_at_most=1 / 6)


def test_an_accepted_rule_refuses_nothing_and_is_told() -> None:
    """Only that one."""
    new = side({"1.0.0": measured()})
    found = judge_publication(ANTHROPIC, OLD, new, accept=["vanished"])
    assert ["coverage"] == [one.rule for one in found.refused]
    assert "Accepted by hand: coverage, vanished." in render_text(
        judge_publication(ANTHROPIC, OLD, new, accept=["vanished", "coverage"])
    )


def test_the_first_publication_is_a_human_s() -> None:
    """A folder that is empty by mistake would let everything pass."""
    nothing = Snapshot(releases={}, cells={})
    assert ["published"] == refused(nothing, OLD)
    assert [] == refused(nothing, OLD, accept=["published"])


def test_many_details_are_counted() -> None:
    """An issue is to be read."""
    versions = [f"1.{minor}.0" for minor in range(30)]
    found = ruling(side(dict.fromkeys(versions, measured())), side({"2.0.0": measured()}), "vanished")
    assert (9, "and 22 more") == (len(found.details), found.details[-1])


@given(st.dictionaries(st.sampled_from(["1.0.0", "1.1.0", "2.0.0"]), behaviours(), min_size=1))
@RELAXED
def test_what_is_published_may_be_published_again(seen: dict[str, Behaviour]) -> None:
    """Data is never refused for what was let pass before."""
    one = side({version: measured(behaviour) for version, behaviour in seen.items()})
    assert set(refused(one, one)) <= {"flaky", "evidence"}  # an empty behaviour is nothing to see


@given(behaviours(), behaviours())
@RELAXED
def test_what_differs_by_a_verdict_is_counted_in_both_directions(before: Behaviour, after: Behaviour) -> None:
    """As many move there as move back."""
    old, new = side({"1.0.0": measured(before)}), side({"1.0.0": measured(after)})
    assert ruling(old, new, "moved").found == ruling(new, old, "moved").found


# What is said.


def test_a_refusal_is_one_issue_that_is_opened_once() -> None:
    """Its mark says which rules refused."""
    found = judge_publication(ANTHROPIC, OLD, side({"1.0.0": measured()}))
    [issue] = refusal_issues(found, "https://example.org/run/1")
    assert "urn:midstream:refused:coverage+vanished" == issue.id
    assert "`accept`" in issue.body or "<code>accept</code>" in issue.body
    assert () == select_unopened([issue], [ExistingIssue(title="edited", body=f"> reply\r\n\r\n{issue.body}")])
    assert (issue,) == select_unopened(
        [issue], [ExistingIssue(body="<!-- midstream: urn:midstream:refused:coverage -->")]
    )
    assert () == refusal_issues(judge_publication(ANTHROPIC, OLD, OLD))


def test_what_nobody_can_accept_is_said() -> None:
    """So nobody tries."""
    [issue] = refusal_issues(
        judge_publication(ANTHROPIC, OLD, side({"1.0.0": measured(), "1.1.0": measured()}, controls={}))
    )
    assert "Nobody can accept this" in issue.body


def test_text_of_the_data_is_inert() -> None:
    """In the table and in the list."""
    hostile = "<img src=x>\n| @everyone [a](b) `c` ::error::"
    found = judge_publication(ANTHROPIC, OLD, side({"1.0.0": measured()}, problems=(hostile,)))
    said = render_markdown(found)
    assert "<img" not in said
    assert "@everyone" not in said
    assert "[a](b)" not in said
    assert "\n::error::" not in render_text(found)


# The command.


@pytest.fixture(scope="session")
def published(shared: Path) -> Path:
    """A few releases of the data of record, to be read."""
    return drive.once(shared / "few-of-record", lambda folder: keep(Path(shutil.copytree(DATA, folder)), FEW))


@pytest.fixture
def matrix(published: Path, tmp_path: Path) -> Matrix:
    """The command line on a copy of those."""
    return Matrix(Path(shutil.copytree(published, tmp_path / "reports" / "data")), Index(tmp_path))


FEW: Final = ("0.28.1", "0.45.2", "0.87.0", "1.0.0")


def keep(folder: Path, versions: Collection[str]) -> None:
    """Remove all but some releases from the catalogue, and their cells."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases({name: one for name, one in store.releases().items() if name in versions})
        for path in [RELEASES.parent / "cells" / one.name for one in (folder / "cells").iterdir()]:
            store._write(path, {name: one for name, one in store._entries(path).items() if name in versions})
        prune_and_judge(store)


@pytest.mark.slow
def test_the_data_of_record_may_be_published(matrix: Matrix, tmp_path: Path) -> None:
    """And the day is recorded beside it, not in it."""
    matrix.data = Path(shutil.copytree(DATA, tmp_path / "whole" / "data"))
    before = {path: path.read_bytes() for path in matrix.data.rglob("*") if path.is_file()}
    done = matrix("gate", "--published", DATA, "--record")
    assert 0 == done.code, done.out
    assert before == {path: path.read_bytes() for path in matrix.data.rglob("*") if path.is_file()}
    found = last_run.read(matrix.data)
    assert found is not None
    assert (ANTHROPIC.digest, 245) == (found.suite, found.releases)
    assert 0 == matrix("stale").code


def test_a_refusal_leaves_with_13_and_records_nothing(matrix: Matrix, published: Path, tmp_path: Path) -> None:
    """Its issue is written for the job that opens it, unless one is open."""
    keep(matrix.data, {*FEW} - {"0.87.0"})
    outputs = ("--output", f"issues={tmp_path}/i.json", "--output", f"markdown={tmp_path}/s.md")
    done = matrix("gate", "--published", published, "--record", *outputs)
    assert (13, None) == (done.code, last_run.read(matrix.data))
    assert "Hint: Read the report above. To publish anyway: --accept 'coverage vanished'." in done.err
    [issue] = json.loads((tmp_path / "i.json").read_text())
    assert (tmp_path / "s.md").read_text().startswith("## midstream: refused")
    (tmp_path / "opened.json").write_text(json.dumps([{"title": "t", "body": issue["body"]}]))
    again = matrix("gate", "--published", published, *outputs, "--opened", tmp_path / "opened.json")
    assert (13, []) == (again.code, json.loads((tmp_path / "i.json").read_text()))
    assert 0 == matrix("gate", "--published", published, "--accept", "coverage, vanished").code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--accept", "controls"), "'controls' can't be accepted."),
        (("--accept", "vanishd"), "Did you mean vanished?"),
        (("--output", "issue=x"), "'issue=x' is no output."),
        (("--moved-at-most", "2"), "2 is not in the range"),
    ],
)
def test_what_means_nothing_is_refused_before_anything_is_read(
    matrix: Matrix, published: Path, arguments: tuple[str, ...], said: str
) -> None:
    """With what there is."""
    done = matrix("gate", "--published", published, *arguments)
    assert (2, True) == (done.code, said in done.err.replace("2.0 is", "2 is"))


def test_a_folder_that_is_not_there_is_no_empty_one(matrix: Matrix, tmp_path: Path) -> None:
    """A mistyped folder is not a first publication."""
    done = matrix("gate", "--published", tmp_path / "nowhere")
    assert (2, True) == (done.code, "There is no folder" in done.err)


def test_damaged_data_is_refused_and_not_a_traceback(matrix: Matrix, published: Path) -> None:
    """Nor read any further."""
    (matrix.data / "traces" / "messages.create.json").write_bytes(b"{}")
    done: Done = matrix("gate", "--published", published, "--accept", "coverage vanished suite moved published")
    assert (13, True) == (done.code, "store, controls" in done.err)


def test_every_rule_that_can_be_accepted_is_named_in_the_help(matrix: Matrix) -> None:
    """And what can't be is one of the rules."""
    said = matrix("gate", "--help").out
    assert ", ".join(RULES) in " ".join(said.split())
    assert set(RULES) > NEVER


# The last good run.


@pytest.mark.parametrize(("age", "is_fine"), [(-2, False), (-1, True), (0, True), (3, True), (4, False)])
def test_a_run_is_good_for_as_long_as_is_stated(tmp_path: Path, age: int, is_fine: bool) -> None:
    """And one of the day after tomorrow is none."""
    today = dt.date(2026, 3, 10)
    found = last_run.LastRun(day=today - dt.timedelta(age), suite="s", releases=1, newest="1.0.0")
    last_run.path(tmp_path / "data").write_bytes(last_run.render(found))
    if is_fine:
        assert found == last_run.check(tmp_path / "data", today, 3)
    else:
        with pytest.raises(Stale):
            last_run.check(tmp_path / "data", today, 3)


def test_no_good_run_is_stale_and_a_broken_record_is_corrupt(matrix: Matrix) -> None:
    """Two exit codes."""
    assert 14 == matrix("stale").code
    last_run.path(matrix.data).write_text('{"day": 1}')
    assert 5 == matrix("stale").code
    last_run.path(matrix.data).write_text(
        '{"schema": "midstream/checked/9", "day": "2026-01-01", "suite": "", "releases": 0, "newest": ""}'
    )
    with pytest.raises(StoreCorrupt):
        last_run.read(matrix.data)


def test_the_committed_record_is_of_the_committed_data() -> None:
    """And canonical."""
    found = last_run.read(DATA)
    assert found is not None
    assert last_run.path(DATA).read_bytes() == last_run.render(found)
    assert ANTHROPIC.digest == found.suite
