"""The documents: their links resolve, their indexes are complete, and they keep to their size and form."""

import re
from pathlib import Path

import pytest

from matrix.catalogue.steps import Family
from matrix.model import Lane
from matrix.observation import Outcome
from tests.support.paths import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
"""A relative link: its file, its anchor."""


def read(*parts: str) -> str:
    """Read a document."""
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_resolves(document: Path) -> None:
    """A link leads to a file, and to a heading in it."""
    for target, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        file = document.parent / target if target else document
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


def test_readme_and_contributing_are_short() -> None:
    """Details are in docs/."""
    assert len(read("README.md").splitlines()) <= 200
    assert len(read("CONTRIBUTING.md").splitlines()) <= 100


def test_every_document_can_be_reached_from_the_readme() -> None:
    """The way is by links between documents."""
    reached, unread = set(), [ROOT / "README.md"]
    while unread:
        document = unread.pop()
        reached.add(document)
        text = document.read_text(encoding="utf-8")
        linked = {(document.parent / target).resolve() for target, _ in LINK.findall(text) if target.endswith(".md")}
        unread += linked - reached
    assert set() == set(DOCUMENTS) - reached


def test_every_decision_is_in_the_index() -> None:
    """The index has its number, title and date."""
    heads = [
        re.match(r"# (\d+)\. (.+)\n\n(\d{4}-\d\d-\d\d)\. ", path.read_text(encoding="utf-8")) for path in DECISIONS
    ]
    assert None not in heads
    rows = [
        f"| {head[1]} | [{head[2]}]({path.name}) | {head[3]} |"
        for head, path in zip(heads, DECISIONS, strict=True)
        if head
    ]
    assert rows == re.findall(r"^\| \d+ \|.*", read("docs", "adr", "README.md"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_context_decision_and_consequences(path: Path) -> None:
    """The sections have this order, and the number is that of the file."""
    text = path.read_text(encoding="utf-8")
    assert ["Context", "Decision", "Consequences"] == re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert text.startswith(f"# {int(path.name[:4])}. ")


def test_the_changelog_has_the_form_of_keep_a_changelog() -> None:
    """Versions have days, newest first, and each has kinds of changes with entries."""
    text = read("CHANGELOG.md")
    versions = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert "[Unreleased]" == versions[0]
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\S*\] - \d{4}-\d\d-\d\d", version) for version in versions[1:])
    kinds = re.findall(r"^### (.+)$", text, flags=re.MULTILINE)
    assert set() == set(kinds) - {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_glossary_names_every_lane_outcome_and_family() -> None:
    """The words are those of the data and of the command line."""
    glossary = read("docs", "glossary.md")
    assert [] == [word for word in (*Lane, *Outcome, *Family) if not re.search(rf"\b{word}\b", glossary)]


def test_no_word_is_twice_in_the_glossary() -> None:
    """Each word has one meaning, in one sentence."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", read("docs", "glossary.md"), flags=re.MULTILINE)
    words = [word for word, _ in rows if word not in {"word", "---"}]
    assert len(set(words)) == len(words) > 60
