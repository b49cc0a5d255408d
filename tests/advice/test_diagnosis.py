"""A diagnosis says what matters of one project: its release, its worst finding, what to pin and what to write."""

from typing import Any

import msgspec
import pytest

from matrix.advice.diagnosis import ProjectFacts, diagnose, find_worst, judged_by, recommend_for
from matrix.advice.pins import PinnedRelease
from matrix.findings.model import Diagnosis, Finding, Level, Place, State, Subject
from matrix.manifests.entry import Manifest, ManifestEntry
from matrix.model import Lane
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.paths import DATA

TODAY = Lane.TODAY
PINNED = PinnedRelease("0.45.2", TODAY, "requirements.txt:1", is_exact=True)
RANGE = PinnedRelease("0.125.0", TODAY, "pyproject.toml:4")


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """Read the committed data."""
    return queries.knowledge(Store(DATA, ANTHROPIC), "3.11")


def manifest(specifier: str = "", path: str = "pyproject.toml", **fields: Any) -> Manifest:
    """Make a manifest with one requirement; without a specifier, one that has none."""
    entry = ManifestEntry(place=Place(path, 4), specifier=specifier, **fields)
    return Manifest(path=path, kind="pyproject", entries=(entry,) if specifier else ())


def environment(version: str = "", path: str = ".venv") -> Manifest:
    """Make what an environment has."""
    entry = ManifestEntry(place=Place(path), specifier=f"=={version}", origin="installed")
    return Manifest(path=path, kind="environment", entries=(entry,) if version else (), python="==3.11.7")


def place(level: Level = Level.ERROR, rule: str = "handler-gives-up", path: str = "app.py", line: int = 1) -> Subject:
    """Make a place in code with one finding."""
    finding = Finding(rule=rule, level=level, message="it fails")
    return Subject(place=Place(path, line), text="except X", state=State.FINDING, findings=(finding,))


def diagnosis(known: Knowledge, pin: PinnedRelease = PINNED, **facts: Any) -> Diagnosis:
    """Diagnose a project with these facts."""
    return diagnosed(known, ProjectFacts(folder="app", pins=(pin,), **facts))


def diagnosed(known: Knowledge, facts: ProjectFacts) -> Diagnosis:
    """Diagnose a project, with the release that is recommended for it."""
    return diagnose(known, facts, recommend_for(known, facts), 1, is_stale=False)


UNKNOWN = Subject(place=Place("app.py", 1), text="except X", state=State.UNKNOWN)

# Which release judges.


@pytest.mark.parametrize(
    ("pins", "environments", "expected"),
    [
        ([PINNED], [], "0.45.2"),
        ([PINNED], [environment("0.52.2")], "0.45.2"),
        ([RANGE], [], "0.125.0"),
        ([RANGE], [environment("0.52.2")], "0.52.2"),
        ([RANGE], [environment(), environment("0.52.2", "venv")], "0.52.2"),
        ([RANGE], [environment()], "0.125.0"),
        ([PinnedRelease("2.14.0", TODAY)], [environment("99.0")], "99.0"),
    ],
)
def test_a_pin_wins_then_what_is_installed_then_a_range(
    known: Knowledge, pins: list[PinnedRelease], environments: list[Manifest], expected: str
) -> None:
    """An environment without the SDK says nothing."""
    assert [expected] == [pin.version for pin in judged_by(known, pins, environments)]


@pytest.mark.parametrize(
    ("pin", "environments", "expected"),
    [
        (PINNED, {}, "pinned in requirements.txt:1"),
        (RANGE, {}, "which pyproject.toml:4 would install today"),
        (RANGE, {".venv": environment("0.52.2")}, "installed in .venv; pyproject.toml:4 gives only a range"),
        (PinnedRelease("2.14.0", TODAY), {".venv": environment("0.52.2")}, "installed in .venv; no file pins one"),
        (PinnedRelease("2.14.0", TODAY), {}, "the newest release, since no file pins one"),
    ],
)
def test_the_choice_of_the_release_is_explained(
    known: Knowledge, pin: PinnedRelease, environments: dict[str, Manifest], expected: str
) -> None:
    """Each way of choosing has its own words."""
    assert expected == diagnosis(known, pin, environments=environments).chosen


@pytest.mark.parametrize(
    "name", ["requirements-dev.txt", "a/dev-requirements.txt", "test.in", "requirements/tests.txt"]
)
def test_several_pins_are_named(known: Knowledge, name: str) -> None:
    """What only the development needs does not judge."""
    other = PinnedRelease("0.40.0", TODAY, f"{name}:3", is_exact=True)
    found = diagnosed(known, ProjectFacts(folder="app", pins=(other, PINNED)))
    assert ("0.45.2", (f"0.40.0 ({name}:3)",)) == (found.release, found.others)


# What an overloaded stream looks like.


@pytest.mark.parametrize(
    ("version", "lane", "expected"),
    [
        ("0.45.2", TODAY, "an overloaded stream raises 200 APIStatusError; documented is 529."),
        ("2.12.0", TODAY, "an overloaded stream raises 200 APIStatusError, type overloaded_error; documented is 529."),
        ("99.0.0", TODAY, "not measured: nothing is known about 99.0.0. Unknown does not mean safe."),
        ("0.28.1", TODAY, "an overloaded stream raises 200 APIStatusError; documented is 529."),
    ],
)
def test_an_overloaded_stream_is_one_sentence(known: Knowledge, version: str, lane: Lane, expected: str) -> None:
    """It is measured in the lane of the pin, or in one that works."""
    assert expected == diagnosis(known, PinnedRelease(version, lane, "r.txt:1", is_exact=True)).overloaded


def test_every_known_release_has_such_a_sentence(known: Knowledge) -> None:
    """It ends with a period, and is one line."""
    advice = recommend_for(known, ProjectFacts(folder="app", pins=(PINNED,)))  # the sentence does not depend on it
    for release in known.releases:
        pin = PinnedRelease(release.version, TODAY, "r.txt:1", is_exact=True)
        said = diagnose(known, ProjectFacts(folder="app", pins=(pin,)), advice, 1, is_stale=False).overloaded
        assert (True, 1) == (said.endswith("."), len(said.splitlines()))


def test_a_client_that_was_not_measured_takes_no_answer_of_another(known: Knowledge) -> None:
    """With a measured client beside it, the sentence is about that one."""
    bedrock = frozenset({"AnthropicBedrock"})
    alone = diagnosis(known, clients=bedrock, unmeasured=bedrock)
    assert "not measured for AnthropicBedrock. Unknown does not mean safe." == alone.overloaded
    assert "no advice was measured for AnthropicBedrock" in alone.write
    both = diagnosis(known, clients=bedrock | {"Anthropic"}, unmeasured=bedrock)
    assert both.overloaded.endswith("documented is 529 (not measured for AnthropicBedrock).")


# The worst finding.


def test_the_worst_finding_is_that_of_the_code(known: Knowledge) -> None:
    """The level decides first, then the group, then the rule, then the place."""
    code = [place(Level.WARNING), place(line=9), place(line=7), place(rule="handler-crashes", line=8)]
    pins = [place(rule="cannot-be-used", path="requirements.txt")]
    worst = find_worst([code, pins])
    assert worst is not None
    assert ("handler-crashes", Place("app.py", 8), 5) == (worst.finding.rule, worst.place, worst.of)
    manifest_first = find_worst([[place(Level.WARNING)], pins])
    assert manifest_first is not None
    assert "requirements.txt" == manifest_first.place.path
    assert find_worst([[], []]) is None


# What to pin, and what to write.


def test_a_release_is_recommended_in_the_range_of_the_project(known: Knowledge) -> None:
    """A script's block and a command give no range, and extras are kept."""
    ranged = manifest(">=0.40,<1", extras=("aiohttp",))
    command = manifest("<0.30", "Dockerfile", origin="command")
    script = msgspec.structs.replace(manifest("<0.30", "x.py"), kind="script")
    found = diagnosis(known, RANGE, manifests=(ranged, command, script))
    assert found.pin.startswith("anthropic[aiohttp]==0.")
    assert "no measured release in >=0.40,<1 does less harm" in found.pin


@pytest.mark.parametrize(("is_exact", "verb"), [(True, "keep "), (False, "")])
def test_the_best_release_is_kept(known: Knowledge, is_exact: bool, verb: str) -> None:
    """It is pinned if only a range or an environment names it."""
    best = PinnedRelease("2.14.0", TODAY, "requirements.txt:1", is_exact)
    assert f"{verb}anthropic==2.14.0: no measured release does less harm." == diagnosis(known, best).pin


def test_what_brings_the_sdk_decides_which_release_is_possible(known: Knowledge) -> None:
    """A lock that names one settles it."""
    newest = PinnedRelease("2.14.0", TODAY)
    advice = "add a lock file: langchain-anthropic alone decides which release is installed, and not every one fits it."
    assert advice == diagnosis(known, newest, carriers=("langchain-anthropic", "langchain-anthropic")).pin
    installed = {".venv": environment("2.14.0")}
    assert advice == diagnosis(known, newest, carriers=("langchain-anthropic",), environments=installed).pin
    assert diagnosis(known, newest, environments=installed).pin.startswith("anthropic==2.14.0: ")
    assert diagnosis(known, PINNED, carriers=("langchain-anthropic",)).pin.startswith("anthropic==")


def test_ranges_that_contradict_each_other_have_no_recommendation(known: Knowledge) -> None:
    """The sentence names them."""
    found = diagnosis(known, manifests=(manifest(">=1"), manifest("<1", "requirements.txt")))
    assert "no release in >=1,<1 can be recommended for Python 3.11." == found.pin


def test_what_to_write_depends_on_the_code(known: Knowledge) -> None:
    """Correct code stays; a place that can't be judged, or is wrong, gets the remedy."""
    fine = Subject(place=Place("app.py", 1), text="except X", state=State.FINE)
    assert "nothing new" in diagnosis(known, places=(fine,)).write
    for places in [(), (place(),), (fine, place()), (msgspec.structs.replace(fine, state=State.UNJUDGED),)]:
        assert "`explain(error).retryable`" in diagnosis(known, places=places).write


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("runs-out", "raise the last error after the loop"), ("passes-status-on", "answer your own client with")],
)
def test_what_the_remedy_does_not_change_has_advice_of_its_own(known: Knowledge, rule: str, expected: str) -> None:
    """Unless the same code also fails to recognise an error."""
    other = place(Level.WARNING, rule)
    assert diagnosis(known, places=(other,)).write.startswith(expected)
    assert "`guard`" in diagnosis(known, places=(other, place())).write


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ([place(), place()], [place()], "; your code has 1 error there, and 2 errors now."),
        ([place()], [place(), place(Level.WARNING)], "; your code has 1 error and 1 warning there, and 1 error now."),
        ([place(Level.WARNING)], [], "; your code has no finding there, and 1 warning now."),
        ([place()], [place()], "; your code has 1 error there, as now."),
        ([place(Level.NOTE)], [], " does less harm."),
        ([UNKNOWN], [place()], "; your code has 1 error there."),
        ([UNKNOWN], [UNKNOWN], " does less harm."),
    ],
)
def test_the_code_is_compared_on_the_recommended_release(
    known: Knowledge, here: list[Subject], there: list[Subject], expected: str
) -> None:
    """A release that was not measured is not compared, nor is a client that was not."""
    said = diagnosis(known, places=tuple(here), places_there=tuple(there)).pin
    assert said.startswith("anthropic==2.14.0: no measured release does less harm")
    assert said.endswith(expected)


# The commands.


def test_a_release_of_its_upload_day_is_compared_as_such(known: Knowledge) -> None:
    """The lane is part of the command."""
    pin = PinnedRelease("0.28.1", Lane.AS_RELEASED, "requirements.txt:1", is_exact=True)
    assert "matrix diff 0.28.1:as-released 2.14.0" == diagnosis(known, pin).commands[2]


def test_the_best_release_is_compared_with_another(known: Knowledge) -> None:
    """The older one comes first, and a release that was not measured is compared with none."""
    best = diagnosis(known, PinnedRelease("2.14.0", TODAY, "requirements.txt:1", is_exact=True))
    assert best.commands[2].endswith(" 2.14.0")
    assert "matrix history" == diagnosis(known, PinnedRelease("99", TODAY, "r.txt:1", is_exact=True)).commands[2]


def test_a_command_names_another_target_and_quotes_names(known: Knowledge) -> None:
    """So that it can be pasted."""
    facts = ProjectFacts(folder="my app", pins=(PINNED,), requirements=(place(),), places=(place(),))
    other = msgspec.structs.replace(known, target=msgspec.structs.replace(ANTHROPIC, id="other", is_default=False))
    assert (
        "matrix --target other check 'my app' requirements.txt",
        "matrix --target other scan 'my app'",
    ) == diagnosed(other, facts).commands[:2]
