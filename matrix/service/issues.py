"""Issues that a service run wants opened, each once: a hidden mark in its body says which one it is. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from matrix.model import Frozen

MAX_BODY: Final = 60_000
"""Characters of a body: GitHub takes 65,536."""


class Issue(Frozen, frozen=True, kw_only=True):
    """An issue to open.

    Attributes:
        id: What it is about; the same thing has the same id.
        also: Further ids of the same thing: of the other lane, say.
        title: In one line.
        body: Markdown, with the marks of its ids.
        labels: Its labels.
    """

    id: str
    title: str
    body: str
    labels: tuple[str, ...]
    also: tuple[str, ...] = ()


class ExistingIssue(Frozen, frozen=True, kw_only=True):
    """An issue that exists, as `gh issue list --json title,body` has it."""

    title: str = ""
    body: str = ""


def format_mark(id_: str) -> str:
    """The line of a body that says which issue it is, and that no reader sees."""
    return f"<!-- midstream: {id_} -->"


def make_issue(ids: Sequence[str], title: str, body: str, labels: Sequence[str]) -> Issue:
    """An issue of these ids, the first of which is its own; a body that is too long is cut at a line."""
    marks = "\n".join(map(format_mark, ids))
    room = MAX_BODY - len(marks)
    if len(body) > room:
        body = f"{body[:room].rpartition(chr(10))[0]}\n\nThe rest did not fit here; the page has all of it.\n"
    return Issue(
        id=ids[0], title=title, body=f"{body.rstrip()}\n\n{marks}\n", labels=tuple(labels), also=tuple(ids[1:])
    )


def select_unopened(issues: Iterable[Issue], opened: Sequence[ExistingIssue]) -> tuple[Issue, ...]:
    """Those of which none that exists bears a mark."""
    marks = {line.strip() for one in opened for line in one.body.splitlines()}
    return tuple(one for one in issues if not {format_mark(id_) for id_ in (one.id, *one.also)} & marks)
