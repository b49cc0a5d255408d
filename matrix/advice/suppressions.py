"""Leave out findings that a comment on their line suppresses: `# midstream: ignore[rule]`. Pure."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from matrix.advice.requirements import state_of, worst_first
from matrix.errors import did_you_mean
from matrix.findings.model import Finding, Level, Report, State, Subject
from matrix.findings.rules import RULES, UNKNOWN_SUPPRESSION

MARK: Final = b"midstream: ignore"
"""Bytes that every comment of this kind contains."""

_COMMENT: Final = re.compile(r"#[ \t]*midstream: ignore(?:\[(?P<rules>[^\[\]]*)\])?(?![\w\[])")


def suppress(report: Report, line_of: Callable[[Subject], str], otherwise: State) -> Report:
    """Leave out the findings that comments suppress, and note the comments that name a rule that does not exist.

    Args:
        report: The report.
        line_of: Returns the text of a subject's line; empty if it is not known.
        otherwise: The state of a subject without findings.
    """
    subjects = tuple(_suppress(subject, line_of(subject), otherwise) for subject in report.subjects)
    rules = {finding.rule for subject in subjects for finding in subject.findings}
    return msgspec.structs.replace(
        report, subjects=subjects, rules=tuple(rule for id_, rule in RULES.items() if id_ in rules)
    )


def _suppress(subject: Subject, line: str, otherwise: State) -> Subject:
    comment = _COMMENT.search(line)
    if comment is None:
        return subject
    named = [name.strip() for name in (comment["rules"] or "").split(",") if name.strip()]
    findings = [finding for finding in subject.findings if named and finding.rule not in named]
    findings += [_unknown_rule(name) for name in dict.fromkeys(named) if name not in RULES]
    before = subject.state
    without = otherwise if before in {State.FINDING, State.UNKNOWN} else before
    reported = tuple(worst_first(findings))
    return msgspec.structs.replace(subject, findings=reported, state=state_of(reported, without))


def _unknown_rule(name: str) -> Finding:
    return Finding(
        rule=UNKNOWN_SUPPRESSION,
        level=Level.NOTE,
        message=f"The comment suppresses nothing, since there is no rule `{name[:_LONGEST]}`.",
        instead=f"{did_you_mean(name[:_LONGEST], RULES)} `matrix list rules` shows them.".strip(),
    )


_LONGEST: Final = 60
"""Characters of a name in a message."""
