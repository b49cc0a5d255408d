"""Issues for a service run to open. A hidden mark in the body identifies each, so that none is opened twice. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from matrix.model import Frozen

MAX_BODY: Final = 60_000
"""Limit for a body, in characters; GitHub takes at most 65,536."""


class Issue(Frozen, frozen=True, kw_only=True):
    """An issue to open.

    Attributes:
        id: The id of its subject; the same subject always has the same id.
        also: Further ids of the same subject, such as that of the other lane.
        title: One line.
        body: Markdown, with the marks of its ids.
        labels: Its labels.
    """

    id: str
    title: str
    body: str
    labels: tuple[str, ...]
    also: tuple[str, ...] = ()


class ExistingIssue(Frozen, frozen=True, kw_only=True):
    """An existing issue, as `gh issue list --json title,body` prints it."""

    title: str = ""
    body: str = ""


def format_mark(id_: str) -> str:
    """Format the hidden line of a body that identifies the issue."""
    return f"<!-- midstream: {id_} -->"


def make_issue(ids: Sequence[str], title: str, body: str, labels: Sequence[str]) -> Issue:
    """Make an issue whose id is the first of `ids`, and cut a body that is too long at the end of a line."""
    marks = "\n".join(map(format_mark, ids))
    room = MAX_BODY - len(marks)
    if len(body) > room:
        body = (
            f"{body[:room].rpartition(chr(10))[0]}\n\nThe rest did not fit into this issue; the site has all of it.\n"
        )
    return Issue(
        id=ids[0], title=title, body=f"{body.rstrip()}\n\n{marks}\n", labels=tuple(labels), also=tuple(ids[1:])
    )


def select_unopened(issues: Iterable[Issue], opened: Sequence[ExistingIssue]) -> tuple[Issue, ...]:
    """Select the issues whose marks no existing issue bears."""
    marks = {line.strip() for existing in opened for line in existing.body.splitlines()}
    return tuple(wanted for wanted in issues if not {format_mark(id_) for id_ in (wanted.id, *wanted.also)} & marks)
