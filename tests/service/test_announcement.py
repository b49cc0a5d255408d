"""Announcements: news under the ids of the feed, once; nothing when nothing changed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from matrix.compare.history import build_history
from matrix.compare.platforms import compare_platforms
from matrix.model import DEFAULT_PYTHON, Cell, Lane, Release
from matrix.observation import Behaviour, Outcome, Result
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
    """Make results that are equal in both lanes, and releases that were not measured."""
    known = {
        version: outcome if isinstance(outcome, Result) else result(outcome) for version, outcome in results.items()
    }
    cells = {cell(version, lane): outcome for version, outcome in known.items() for lane in Lane}
    listed: dict[str, Release] = catalogue(*known, *more) | {
        version: release(version, yanked="bad") for version in yanked
    }
    return ResultSet(target=ANTHROPIC, releases=listed, results=cells, suite=suite)


def find_news(old: ResultSet, new: ResultSet) -> Announcement:
    """Compare two sets of results."""
    return announce(old, new, DEFAULT_PYTHON)


OLD: Final = data({"1.0.0": PLAIN, "1.1.0": PLAIN})


def test_equal_data_has_no_announcement() -> None:
    """Check that there is no heading, and no issue."""
    news = find_news(OLD, OLD)
    assert (True, "", (), "nothing changed") == (
        news.is_empty,
        render_markdown(ANTHROPIC, news),
        announcement_issues(ANTHROPIC, news),
        summarise(news),
    )


@given(st.dictionaries(st.sampled_from(["1.0.0", "1.1.0", "2.0.0"]), behaviours(), min_size=1))
@RELAXED
def test_data_is_no_news_to_itself(behaviours: dict[str, Behaviour]) -> None:
    """Check any data."""
    data_set = data(dict(behaviours))
    assert find_news(data_set, data_set).is_empty


def test_a_new_release_that_behaves_as_its_neighbour_opens_no_issue() -> None:
    """Check its sentence for each lane."""
    news = find_news(OLD, data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": PLAIN}))
    assert [("1.2.0", True, ("today: behaves like 1.1.0", "as-released: behaves like 1.1.0"))] == [
        (release.version, release.listed, release.does) for release in news.releases
    ]
    assert () == announcement_issues(ANTHROPIC, news)
    assert "1 new release (1.2.0)" == summarise(news)


def test_a_new_behaviour_opens_one_issue_for_both_lanes() -> None:
    """Check the ids of the feed as marks, the change, and the commands that show it."""
    new = data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": TYPED})
    [issue] = announcement_issues(ANTHROPIC, find_news(OLD, new), BASE)
    histories = {
        lane: build_history(ANTHROPIC, new.releases.values(), new.results, lane, DEFAULT_PYTHON) for lane in Lane
    }
    in_the_feed = set(
        re.findall("<id>(urn:midstream:transition:[^<]+)</id>", atom(new.target, histories, new.releases, "").decode())
    )
    assert in_the_feed == {issue.id, *issue.also}
    assert "anthropic 1.2.0: gained: error.type appears" == issue.title
    assert f"[Show the change on the site]({BASE}changes/today/1.2.0/)" in issue.body
    assert "matrix diff 1.1.0&#58;today 1.2.0&#58;today" in issue.body
    assert "matrix explain 1.2.0&#58;today mid-overloaded&#95;error messages.create" in issue.body
    assert () == select_unopened([issue], [ExistingIssue(body=issue.body)])
    assert () == select_unopened([issue], [ExistingIssue(body=f"closed long ago\n{format_mark(issue.also[0])}\n")])
    assert (issue,) == select_unopened([issue], [ExistingIssue(title=issue.title, body="another")])


def test_lanes_that_change_otherwise_open_two_issues() -> None:
    """Check their titles."""
    new = data({"1.0.0": PLAIN, "1.1.0": PLAIN})
    cells = dict(new.results) | {cell("1.2.0"): result(TYPED), cell("1.2.0", Lane.AS_RELEASED): result(SILENT)}
    news = find_news(
        OLD,
        ResultSet(target=ANTHROPIC, releases=catalogue("1.0.0", "1.1.0", "1.2.0"), results=cells, suite="s"),
    )
    assert [
        "anthropic 1.2.0: gained: error.type appears",
        "anthropic 1.2.0: silenced: a failure now ends without an exception",
    ] == [issue.title for issue in announcement_issues(ANTHROPIC, news)]


def test_a_release_that_became_unusable_opens_an_issue() -> None:
    """Check that equally affected releases are one, with the changes of their locks."""
    gone = result(on(NO_CLIENT, CLEAN) | on(NO_CLIENT, MID), lock=lock(httpx="0.29.0"))
    news = find_news(OLD, data({"1.0.0": gone, "1.1.0": gone}))
    assert {("1.0.0", "1.1.0")} == {change.versions for change in news.drift}
    assert {Lane.TODAY, Lane.AS_RELEASED} == {change.lane for change in news.drift}
    assert [{"httpx": ("0.28.1", "0.29.0")}] * 2 == [change.dependencies for change in news.drift]
    opened = announcement_issues(ANTHROPIC, news)
    assert [f"urn:midstream:unusable:{lane}:3.11:1.0.0:1.1.0" for lane in (Lane.AS_RELEASED, Lane.TODAY)] == [
        change.id for change in opened
    ]
    assert "Changed dependencies: httpx 0.28.1 → 0.29.0" in opened[0].body


def test_other_drift_opens_no_issue() -> None:
    """Check that it is not announced as a release."""
    news = find_news(OLD, data({"1.0.0": TYPED, "1.1.0": TYPED}))
    assert ["gained: error.type appears"] * 2 == [change.says for change in news.drift]
    assert ((), ()) == (news.releases, announcement_issues(ANTHROPIC, news))


def test_a_boundary_made_by_drift_is_announced_apart() -> None:
    """Check its heading."""
    news = find_news(OLD, data({"1.0.0": PLAIN, "1.1.0": TYPED}))
    assert [False] == [change.by_release for change in news.changes]
    assert "Releases where behaviour now changes, because of drift" in render_markdown(ANTHROPIC, news)
    assert () == announcement_issues(ANTHROPIC, news)


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
def test_every_change_is_in_the_title(new: ResultSet, expected: str) -> None:
    """Check the title of a pull request."""
    assert expected == summarise(find_news(OLD, new))


def test_a_listed_release_that_is_measured_now_is_announced() -> None:
    """Check that it is not called new in the catalogue."""
    news = find_news(data({"1.0.0": PLAIN}, "1.1.0"), data({"1.0.0": PLAIN, "1.1.0": PLAIN}))
    assert [("1.1.0", False)] == [(release.version, release.listed) for release in news.releases]


def test_text_of_the_data_is_inert() -> None:
    """Check that text of an exception becomes no tag, mention or link."""
    hostile = "<script>x</script> @octocat [x](http://evil) `y` \n# z\n\u202e"
    bad = PLAIN | on(raised(error("evil.Error", text=hostile, message=hostile, body=hostile)), MID)
    [issue] = announcement_issues(ANTHROPIC, find_news(OLD, data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": bad})))
    rendered = MarkdownIt().render(issue.body)
    assert "<script" not in rendered
    assert "href" not in rendered
    assert not re.search(r"@octocat", issue.body)
    assert "\u202e" not in issue.body


def test_a_long_body_is_cut_and_keeps_its_marks() -> None:
    """Check GitHub's limit; without its marks an issue would be opened each day."""
    made = make_issue(["urn:a", "urn:b"], "t", "line\n" * 40_000, [])
    assert len(made.body) < MAX_BODY + 200
    assert made.body.endswith(f"{format_mark('urn:a')}\n{format_mark('urn:b')}\n")
    assert () == select_unopened([made], [ExistingIssue(body=made.body.replace("\n", "\r\n"))])


# The commands.


@pytest.fixture
def matrix(tmp_path: Path) -> Matrix:
    """Return the command line on data with a new release, and published data without it."""
    new = data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": TYPED})
    fill(tmp_path / "published", OLD.releases, OLD.results)
    fill(tmp_path / "data", new.releases, new.results)
    return Matrix(tmp_path / "data", Index(tmp_path))


def test_announce_prints_news_and_issues_to_open(matrix: Matrix, tmp_path: Path) -> None:
    """Check that an open issue is not repeated."""
    published = tmp_path / "published"
    done = matrix("announce", "--published", published, "--output", f"issues={tmp_path}/i.json")
    assert (0, "1 new release (1.2.0), 1 new behaviour\n") == (done.code, done.out)
    [wanted_issue] = json.loads((tmp_path / "i.json").read_text())
    (tmp_path / "o.json").write_text(json.dumps([{"title": "", "body": wanted_issue["body"]}]))
    matrix(
        "announce", "--published", published, "--opened", tmp_path / "o.json", "--output", f"issues={tmp_path}/i.json"
    )
    assert [] == json.loads((tmp_path / "i.json").read_text())
    assert (0, "") == (lambda same: (same.code, same.out))(matrix("announce", "--published", matrix.data))
    assert "midstream/announcement/1" == json.loads(
        matrix("announce", "--published", published, "--format", "json").out
    )["schema"]  # fmt: skip


def test_a_file_that_is_no_list_of_issues_is_refused(matrix: Matrix, tmp_path: Path) -> None:
    """Check that no issue is opened again."""
    (tmp_path / "o.json").write_text("[{}]")
    done = matrix("announce", "--published", tmp_path / "published", "--opened", tmp_path / "o.json")
    assert (2, True) == (done.code, "is not a list of issues" in done.err)


def test_results_of_another_platform_are_compared_with_the_record(matrix: Matrix, tmp_path: Path) -> None:
    """Check the same Python, and another."""
    summary_file = tmp_path / "summary.md"
    summary_file.write_text("before\n")
    done = matrix("elsewhere", "1.1.0,1.2.0", "--published", tmp_path / "published", "--output", summary_file)
    assert 0 == done.code
    assert "3 observations" not in done.out
    assert "A caller sees the same as in the data of record." in done.out
    assert "Nothing to compare&#58; the record has no result for this cell." in done.out.replace(": the", "&#58; the")
    assert summary_file.read_text().startswith("before\n## midstream on ")


def test_another_python_is_compared_with_that_of_the_record() -> None:
    """Check the differences that a caller sees."""
    record = {cell("1.0.0"): result(PLAIN)}
    results = {Cell("1.0.0", Lane.TODAY, "3.13"): result(SILENT, lock=lock(httpx="0.29.0"))}
    [platform_change] = compare_platforms(ANTHROPIC, record, results, DEFAULT_PYTHON)
    assert (cell("1.0.0"), "", {"httpx": ("0.28.1", "0.29.0")}) == (
        platform_change.recorded,
        platform_change.says,
        platform_change.dependencies,
    )
    text = render_platforms(ANTHROPIC, [platform_change], "Windows AMD64")
    assert "**silenced**" in text
    assert "Dependencies that differ: httpx 0.28.1 → 0.29.0." in text
    assert "Nothing was measured here" in render_platforms(ANTHROPIC, [], "Windows")


@pytest.mark.slow
def test_the_committed_data_is_no_news_to_itself() -> None:
    """Check the command of the service."""
    assert (0, "") == (lambda done: (done.code, done.out))(Matrix(DATA, Index(DATA))("announce", "--published", DATA))


def test_the_news_of_another_target_names_it_and_its_pages() -> None:
    """Check titles, ids, commands and links: the issues of two targets never stop each other."""
    new = data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": TYPED})
    other_target = msgspec.structs.replace(ANTHROPIC, id="acme", is_default=False)
    other = msgspec.structs.replace(new, target=other_target)
    news = announce(msgspec.structs.replace(OLD, target=other_target), other, DEFAULT_PYTHON)
    [issue] = announcement_issues(other_target, news, BASE)
    assert "acme 1.2.0: gained: error.type appears" == issue.title
    assert f"[1.2.0]({BASE}targets/acme/releases/1.2.0/)" in issue.body
    assert f"]({BASE}targets/acme/changes/today/1.2.0/)" in issue.body
    assert "matrix --target acme diff 1.1.0" in issue.body
    assert () == select_unopened([issue], [ExistingIssue(body=issue.body)])
    [of_default] = announcement_issues(ANTHROPIC, find_news(OLD, new), BASE)
    assert (issue,) == select_unopened([issue], [ExistingIssue(body=of_default.body)])
    assert render_markdown(other_target, news, BASE).startswith("## acme: 1 new release")
