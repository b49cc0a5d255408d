"""Releases that are held back: a single one stops no other, and many at once are the machine's fault."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from matrix.observation import Outcome, Result
from matrix.service.gate import Gate, judge_each_release
from matrix.service.gate_text import render_markdown, render_text
from matrix.service.holding import HeldRelease, held_back_issues, hold_back, name_held
from matrix.service.issues import ExistingIssue, select_unopened
from matrix.service.verdict_changes import CellSnapshot, Snapshot
from matrix.store import last_run
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature import drive
from tests.miniature.drive import Matrix
from tests.miniature.index import Index
from tests.service.test_gate import FEW, NAMED, OTHER_LOCK, keep, measured, snapshot
from tests.support.behaviours import CLEAN, CUT, FLAKY, MID, on
from tests.support.paths import DATA

PUBLISHED: Final = [f"1.{minor}.0" for minor in range(5)]
OLD: Final = snapshot(dict.fromkeys(PUBLISHED, measured()))
CRASHES: Final = measured(on(FLAKY, CLEAN) | on(FLAKY, MID) | on(FLAKY, CUT), pins=OTHER_LOCK)
LOST: Final = measured({}, outcome=Outcome.HARNESS_FAILED, reason="The interpreter wrote a second greeting.")


def new(**changed: CellSnapshot) -> Snapshot:
    """Return the published releases, some of which were measured again, and new ones; `v1_0_0` names 1.0.0."""
    cells = {version[1:].replace("_", "."): cell for version, cell in changed.items()}
    return snapshot(dict.fromkeys(PUBLISHED, measured()) | cells)


def held(new_data: Snapshot, **how: Any) -> dict[str, str]:
    """Return the releases that are held back, with their rules."""
    return {release.version: release.rule for release in hold_back(OLD, new_data, **how)[1]}


@pytest.mark.parametrize(
    ("new_data", "expected"),
    [
        pytest.param(new(), {}, id="nothing changed"),
        pytest.param(new(v2_0_0=measured(NAMED)), {}, id="a new release"),
        pytest.param(new(v2_0_0=measured({}, outcome=Outcome.CANNOT_IMPORT, reason="E")), {}, id="cannot be imported"),
        pytest.param(new(v1_0_0=measured(NAMED, pins=OTHER_LOCK)), {}, id="changed with another lock"),
        pytest.param(new(v2_0_0=CRASHES), {"2.0.0": "flaky"}, id="a new release crashes on every call"),
        pytest.param(new(v1_0_0=CRASHES), {"1.0.0": "flaky"}, id="a published release crashes on every call"),
        pytest.param(new(v2_0_0=LOST), {"2.0.0": "coverage"}, id="a new release was lost"),
        pytest.param(
            new(v2_0_0=measured({}, outcome=Outcome.TIMED_OUT)), {"2.0.0": "coverage"}, id="a release that never ends"
        ),
        pytest.param(new(v1_0_0=measured(NAMED)), {"1.0.0": "cause"}, id="changed without a cause"),
        pytest.param(
            new(v2_0_0=CRASHES, v2_1_0=LOST, v2_2_0=CRASHES),
            {"2.0.0": "flaky", "2.1.0": "coverage", "2.2.0": "flaky"},
            id="many new releases",
        ),
        pytest.param(new(v1_0_0=CRASHES, v1_1_0=CRASHES), {}, id="many published releases"),
    ],
)
def test_a_suspicious_release_is_held_back(new_data: Snapshot, expected: dict[str, str]) -> None:
    """New ones always, and published ones unless many are suspicious, since the machine is the cause then."""
    assert expected == held(new_data)


@pytest.mark.parametrize("crashes", ["v1_0_0", "v2_0_0"])
def test_the_rest_may_be_published(crashes: str) -> None:
    """The rules judge the data without the new results of the release, and with its published ones."""
    new_data = new(**{crashes: CRASHES}, v3_0_0=measured(NAMED))
    rest, _ = hold_back(OLD, new_data)
    assert {cell: OLD.cells[cell] for cell in OLD.cells} == {cell: rest.cells[cell] for cell in OLD.cells}
    assert len(OLD.cells) + 1 == len(rest.cells)
    gate = judge_each_release(ANTHROPIC, OLD, new_data)
    assert ((), 1) == (gate.refused, len(gate.held_back))


def test_a_release_whose_rule_a_person_accepted_is_not_held_back() -> None:
    """Only that rule counts."""
    new_data = new(v2_0_0=CRASHES, v2_1_0=LOST)
    assert {"2.1.0": "coverage"} == held(new_data, accept=["flaky", "moved"])


def test_a_result_that_is_published_is_not_held_back_again() -> None:
    """A person let it pass before."""
    new_data = new(v2_0_0=CRASHES)
    assert () == hold_back(new_data, new_data)[1]


def test_many_suspicious_releases_are_refused_as_a_whole() -> None:
    """As before."""
    gate = judge_each_release(ANTHROPIC, OLD, new(v1_0_0=CRASHES, v1_1_0=CRASHES))
    assert {"moved", "flaky"} <= {ruling.rule for ruling in gate.refused}
    assert () == gate.held_back


def test_a_release_is_named_until_it_has_results() -> None:
    """A run that did not measure it forgets nothing."""
    before = {"2.0.0": "lost", "2.1.0": "flaky"}
    assert {"2.0.0": "lost", "2.2.0": "cause"} == name_held(
        [HeldRelease("2.2.0", "cause", "cause")], before, {"2.1.0", "1.0.0"}
    )


# What is said.


def gate_that_holds_back() -> Gate:
    """Return the rulings on data with a hostile release."""
    return judge_each_release(ANTHROPIC, OLD, new(v2_0_0=measured({}, outcome=Outcome.TIMED_OUT)))


def test_every_report_names_what_is_held_back() -> None:
    """With the rule and the reason."""
    gate = gate_that_holds_back()
    reason = "today Python 3.11: its measurement ended as timed-out"
    assert f"    2.0.0 (coverage): {reason}\n" in render_text(gate)
    assert render_text(gate).endswith(" Held back: 2.0.0.\n")
    assert "### Held back" in render_markdown(ANTHROPIC, gate)


def test_a_held_release_has_one_issue() -> None:
    """It is opened once, however many runs hold the release back."""
    [issue] = held_back_issues(ANTHROPIC, {"2.0.0": "<b>it never ends</b>"})
    assert ("urn:midstream:held:2.0.0", "The results of anthropic 2.0.0 are held back") == (issue.id, issue.title)
    assert "<b>" not in issue.body
    assert () == select_unopened([issue], [ExistingIssue(body=issue.body)])
    assert () == held_back_issues(ANTHROPIC, {})


# The command.


@pytest.fixture
def matrix(shared: Path, tmp_path: Path) -> Matrix:
    """The command line on a copy of a few releases of the data of record."""
    few = drive.once(shared / "few-of-record", lambda folder: keep(Path(shutil.copytree(DATA, folder)), FEW))
    return Matrix(Path(shutil.copytree(few, tmp_path / "reports" / "data")), Index(tmp_path))


def test_a_held_release_is_withdrawn_and_named_on_the_site(matrix: Matrix, tmp_path: Path) -> None:
    """The results of a new release go, those that were published stay, and the page says so."""
    published = Path(shutil.copytree(matrix.data, tmp_path / "published"))
    store, version = Store(matrix.data, ANTHROPIC), "1.0.1"
    releases = store.releases()
    known = next(cell for cell in store.cells() if cell.version == "1.0.0")
    template = store.result(known)
    assert template is not None
    lost = Result(
        suite=ANTHROPIC.digest,
        outcome=Outcome.TIMED_OUT,
        provenance=template.provenance,
        lock=template.lock,
        reason="The calls did not end within 900 seconds.",
    )
    with store.writing():
        store.put_releases(releases | {version: msgspec.structs.replace(releases["1.0.0"], version=version)})
        store.put(msgspec.structs.replace(known, version=version), lost)
        store.put(known, lost)
        store.prune()
    done = matrix("gate", "--published", published, "--record")
    assert 0 == done.code, done.out
    outputs = ("--output", f"issues={tmp_path}/issues.json")
    assert 0 == matrix("announce", "--published", published, *outputs).code
    gated = Store(matrix.data, ANTHROPIC)
    assert [] == gated.verify()
    assert Store(published, ANTHROPIC).cells() == gated.cells()
    run = last_run.read(matrix.data)
    assert run is not None
    assert {"1.0.0", version} == run.held.keys()
    titles = {issue["title"] for issue in json.loads((tmp_path / "issues.json").read_text())}
    assert {f"The results of anthropic {name} are held back" for name in ("1.0.0", version)} <= titles
    assert 0 == matrix("report", "--site", tmp_path / "site").code
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert f"<strong>Held back</strong>: the new results of {version} are not published" in page
    release = (tmp_path / "site" / "releases" / "1.0.0" / "index.html").read_text(encoding="utf-8")
    assert "<strong>Held back</strong>: new results of this release are not published" in release


def test_a_good_run_without_held_releases_is_recorded_as_before(tmp_path: Path) -> None:
    """No field is added to the file."""
    last_run.record(tmp_path / "data", dt.date(2026, 1, 2), "s", 1, "1.0.0")
    assert "held" not in last_run.path(tmp_path / "data").read_text()
