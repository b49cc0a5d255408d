"""What is announced: what is new, under the ids of the feed, once; and nothing when nothing moved."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from matrix.compare.history import build_history
from matrix.compare.platforms import compare_platforms
from matrix.model import Cell, Lane, Release
from matrix.observation import Behaviour, Outcome, Result
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.service.announcement import Announcement, ResultSet, announce, summarise
from matrix.service.issues import MAX_BODY, ExistingIssue, format_mark, make_issue, select_unopened
from matrix.service.news import announcement_issues, render_markdown, render_platforms
from matrix.site.feed import atom
from matrix.targets import ANTHROPIC
from tests.miniature.drive import Matrix
from tests.miniature.index import Index
from tests.support.behaviours import (
    CLEAN,
    MID,
    NO_CLIENT,
    RELAXED,
    behaviours,
    catalogue,
    cell,
    completed,
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

BASE: Final = "https://example.org/m/"
PLAIN: Final[Behaviour] = on(completed(), CLEAN) | on(raised(error(attributes={"status_code": 200})), MID)
TYPED: Final[Behaviour] = PLAIN | on(raised(error(attributes={"status_code": 200, "type": "overloaded_error"})), MID)
SILENT: Final[Behaviour] = PLAIN | on(completed("Hello", None), MID)


def data(
    results: Mapping[str, Result | Behaviour], *more: str, suite: str = "s", yanked: tuple[str, ...] = ()
) -> ResultSet:
    """Releases that do the same in both lanes, and more that were not measured."""
    known = {version: one if isinstance(one, Result) else result(one) for version, one in results.items()}
    cells = {cell(version, lane): one for version, one in known.items() for lane in Lane}
    listed: dict[str, Release] = catalogue(*known, *more) | {
        version: release(version, yanked="bad") for version in yanked
    }
    return ResultSet(target=ANTHROPIC, releases=listed, results=cells, suite=suite)


def told(old: ResultSet, new: ResultSet) -> Announcement:
    """What is new."""
    return announce(old, new, DEFAULT_PYTHON)


OLD: Final = data({"1.0.0": PLAIN, "1.1.0": PLAIN})


def test_nothing_is_announced_when_nothing_moved() -> None:
    """Not a heading, not an issue."""
    found = told(OLD, OLD)
    assert (True, "", (), "nothing changed") == (
        found.is_empty,
        render_markdown(ANTHROPIC, found),
        announcement_issues(ANTHROPIC, found),
        summarise(found),
    )


@given(st.dictionaries(st.sampled_from(["1.0.0", "1.1.0", "2.0.0"]), behaviours(), min_size=1))
@RELAXED
def test_data_beside_itself_is_no_news(seen: dict[str, Behaviour]) -> None:
    """Whatever is in it."""
    one = data(dict(seen))
    assert told(one, one).is_empty


def test_a_release_that_behaves_as_its_neighbour_is_told_and_opens_nothing() -> None:
    """In a sentence for each lane."""
    found = told(OLD, data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": PLAIN}))
    assert [("1.2.0", True, ("today: behaves like 1.1.0", "as-released: behaves like 1.1.0"))] == [
        (one.version, one.listed, one.does) for one in found.releases
    ]
    assert () == announcement_issues(ANTHROPIC, found)
    assert "1 new release (1.2.0)" == summarise(found)


def test_a_new_behaviour_of_a_new_release_opens_one_issue_for_both_lanes() -> None:
    """With the ids of its entries in the feed as marks, the change, and the commands that show it."""
    new = data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": TYPED})
    [one] = announcement_issues(ANTHROPIC, told(OLD, new), BASE)
    histories = {
        lane: build_history(ANTHROPIC, new.releases.values(), new.results, lane, DEFAULT_PYTHON) for lane in Lane
    }
    in_the_feed = set(
        re.findall("<id>(urn:midstream:transition:[^<]+)</id>", atom(new.target, histories, new.releases, "").decode())
    )
    assert in_the_feed == {one.id, *one.also}
    assert "1.2.0: gained: error.type appears" == one.title
    assert f"[Show the change on the site]({BASE}changes/#today-1.1.0-1.2.0)" in one.body
    assert "matrix diff 1.1.0&#58;today 1.2.0&#58;today" in one.body
    assert "matrix explain 1.2.0&#58;today mid-overloaded&#95;error messages.create" in one.body
    assert () == select_unopened([one], [ExistingIssue(body=one.body)])
    assert () == select_unopened([one], [ExistingIssue(body=f"closed long ago\n{format_mark(one.also[0])}\n")])
    assert (one,) == select_unopened([one], [ExistingIssue(title=one.title, body="another")])


def test_lanes_that_change_otherwise_are_two_issues() -> None:
    """For they are two things."""
    new = data({"1.0.0": PLAIN, "1.1.0": PLAIN})
    cells = dict(new.results) | {cell("1.2.0"): result(TYPED), cell("1.2.0", Lane.AS_RELEASED): result(SILENT)}
    found = told(
        OLD,
        ResultSet(target=ANTHROPIC, releases=catalogue("1.0.0", "1.1.0", "1.2.0"), results=cells, suite="s"),
    )
    assert ["1.2.0: gained: error.type appears", "1.2.0: silenced: a failure now ends without an exception"] == [
        one.title for one in announcement_issues(ANTHROPIC, found)
    ]


def test_a_release_that_became_unusable_is_drift_and_opens_an_issue() -> None:
    """Releases to which the same happened are one, with what moved in their locks."""
    gone = result(on(NO_CLIENT, CLEAN) | on(NO_CLIENT, MID), lock=lock(httpx="0.29.0"))
    found = told(OLD, data({"1.0.0": gone, "1.1.0": gone}))
    assert {("1.0.0", "1.1.0")} == {one.versions for one in found.drift}
    assert {Lane.TODAY, Lane.AS_RELEASED} == {one.lane for one in found.drift}
    assert [{"httpx": ("0.28.1", "0.29.0")}] * 2 == [one.dependencies for one in found.drift]
    opened = announcement_issues(ANTHROPIC, found)
    assert [f"urn:midstream:unusable:{lane}:3.11:1.0.0:1.1.0" for lane in (Lane.AS_RELEASED, Lane.TODAY)] == [
        one.id for one in opened
    ]
    assert "Changed dependencies: httpx 0.28.1 → 0.29.0" in opened[0].body


def test_drift_that_is_no_end_is_told_and_opens_nothing() -> None:
    """Nor is it news of a release."""
    found = told(OLD, data({"1.0.0": TYPED, "1.1.0": TYPED}))
    assert ["gained: error.type appears"] * 2 == [one.says for one in found.drift]
    assert ((), ()) == (found.releases, announcement_issues(ANTHROPIC, found))


def test_a_boundary_that_drift_made_is_no_new_behaviour_of_a_release() -> None:
    """It is told under its own heading."""
    found = told(OLD, data({"1.0.0": PLAIN, "1.1.0": TYPED}))
    assert [False] == [one.by_release for one in found.changes]
    assert "Releases where behaviour now changes, because of drift" in render_markdown(ANTHROPIC, found)
    assert () == announcement_issues(ANTHROPIC, found)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (data({"1.0.0": PLAIN, "1.1.0": PLAIN}, "1.2.0"), "1 new release (1.2.0)"),
        (data({"1.0.0": PLAIN}), "1 gone, 0 yanked"),
        (data({"1.0.0": PLAIN, "1.1.0": PLAIN}, suite="t"), "another suite"),
        (data({"1.0.0": PLAIN, "1.1.0": not_played(Outcome.CANNOT_INSTALL)}), "drift in 2 cells"),
        (data({"1.0.0": PLAIN, "1.1.0": PLAIN}, yanked=("1.1.0",)), "0 gone, 1 yanked"),
    ],
)
def test_whatever_moved_is_told(new: ResultSet, expected: str) -> None:
    """In the title of a pull request."""
    assert expected == summarise(told(OLD, new))


def test_a_release_that_was_known_and_is_measured_at_last_is_told_as_that() -> None:
    """It is not new in the catalogue."""
    found = told(data({"1.0.0": PLAIN}, "1.1.0"), data({"1.0.0": PLAIN, "1.1.0": PLAIN}))
    assert [("1.1.0", False)] == [(one.version, one.listed) for one in found.releases]


def test_text_of_the_data_is_inert() -> None:
    """What an SDK says in an exception becomes neither a tag nor a mention nor a link."""
    hostile = "<script>x</script> @octocat [x](http://evil) `y` \n# z\n\u202e"
    bad = PLAIN | on(raised(error("evil.Error", text=hostile, message=hostile, body=hostile)), MID)
    [one] = announcement_issues(ANTHROPIC, told(OLD, data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": bad})))
    rendered = MarkdownIt().render(one.body)
    assert "<script" not in rendered
    assert "href" not in rendered
    assert not re.search(r"@octocat", one.body)
    assert "\u202e" not in one.body


def test_a_body_is_no_longer_than_github_takes_and_keeps_its_marks() -> None:
    """Or it would not be opened, or every day."""
    made = make_issue(["urn:a", "urn:b"], "t", "line\n" * 40_000, [])
    assert len(made.body) < MAX_BODY + 200
    assert made.body.endswith(f"{format_mark('urn:a')}\n{format_mark('urn:b')}\n")
    assert () == select_unopened([made], [ExistingIssue(body=made.body.replace("\n", "\r\n"))])


# The commands.


@pytest.fixture
def matrix(tmp_path: Path) -> Matrix:
    """The command line on data with a release that is new, and published data without it."""
    new = data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": TYPED})
    fill(tmp_path / "published", OLD.releases, OLD.results)
    fill(tmp_path / "data", new.releases, new.results)
    return Matrix(tmp_path / "data", Index(tmp_path))


def test_announce_says_what_is_new_and_what_is_to_be_opened(matrix: Matrix, tmp_path: Path) -> None:
    """Once."""
    published = tmp_path / "published"
    done = matrix("announce", "--published", published, "--output", f"issues={tmp_path}/i.json")
    assert (0, "1 new release (1.2.0), 1 new behaviour\n") == (done.code, done.out)
    [one] = json.loads((tmp_path / "i.json").read_text())
    (tmp_path / "o.json").write_text(json.dumps([{"title": "", "body": one["body"]}]))
    matrix(
        "announce", "--published", published, "--opened", tmp_path / "o.json", "--output", f"issues={tmp_path}/i.json"
    )
    assert [] == json.loads((tmp_path / "i.json").read_text())
    assert (0, "") == (lambda same: (same.code, same.out))(matrix("announce", "--published", matrix.data))
    assert "midstream/announcement/1" == json.loads(
        matrix("announce", "--published", published, "--format", "json").out
    )["schema"]  # fmt: skip


def test_a_file_that_is_no_list_of_issues_is_refused(matrix: Matrix, tmp_path: Path) -> None:
    """Else everything would be opened again."""
    (tmp_path / "o.json").write_text("[{}]")
    done = matrix("announce", "--published", tmp_path / "published", "--opened", tmp_path / "o.json")
    assert (2, True) == (done.code, "is no list of issues" in done.err)


def test_what_was_measured_elsewhere_is_told_beside_the_record(matrix: Matrix, tmp_path: Path) -> None:
    """On the same Python, or on another."""
    summary_file = tmp_path / "summary.md"
    summary_file.write_text("before\n")
    done = matrix("elsewhere", "1.1.0,1.2.0", "--published", tmp_path / "published", "--output", summary_file)
    assert 0 == done.code
    assert "3 observations" not in done.out
    assert "A caller sees the same as in the data of record." in done.out
    assert "Nothing to compare&#58; the record has no result for this cell." in done.out.replace(": the", "&#58; the")
    assert summary_file.read_text().startswith("before\n## midstream on ")


def test_another_python_stands_beside_the_record_s() -> None:
    """With what a caller sees otherwise."""
    record = {cell("1.0.0"): result(PLAIN)}
    seen = {Cell("1.0.0", Lane.TODAY, "3.13"): result(SILENT, lock=lock(httpx="0.29.0"))}
    [one] = compare_platforms(ANTHROPIC, record, seen, DEFAULT_PYTHON)
    assert (cell("1.0.0"), "", {"httpx": ("0.28.1", "0.29.0")}) == (one.recorded, one.says, one.dependencies)
    said = render_platforms(ANTHROPIC, [one], "Windows AMD64")
    assert "**silenced**" in said
    assert "Dependencies that differ: httpx 0.28.1 → 0.29.0." in said
    assert "Nothing was measured here" in render_platforms(ANTHROPIC, [], "Windows")


@pytest.mark.slow
def test_the_data_of_record_holds_no_news_of_itself() -> None:
    """The command on it, as the service calls it."""
    assert (0, "") == (lambda done: (done.code, done.out))(Matrix(DATA, Index(DATA))("announce", "--published", DATA))
