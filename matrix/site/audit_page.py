"""The page of the audit: its command, and each verdict with an example that was run. I/O: reads the examples.

It lies in the site of the default target. The examples are those of `audit_examples.json`, which
`tests/audit/examples.py` writes.
"""

from pathlib import Path
from typing import Final

import msgspec

from matrix.findings.model import Rule
from matrix.findings.rules import PROGRAM_RULES, RULES
from matrix.model import Frozen

PATH: Final = "audit/"
"""Where the page lies in the site of the default target."""

_EXAMPLES: Final = Path(__file__).parent / "audit_examples.json"


class AuditExample(Frozen, frozen=True, kw_only=True):
    """What one program did in one failure.

    Attributes:
        rule: The id of the rule that it breaks.
        level: The level of the verdict.
        program: What the program does, in a sentence.
        scenario: The id of the failure.
        message: The verdict.
        evidence: What happened, in lines.
    """

    rule: str
    level: str
    program: str
    scenario: str
    message: str
    evidence: tuple[str, ...]


class AuditRule(Frozen, frozen=True):
    """One verdict, ready for the page.

    Attributes:
        rule: Its rule.
        reason: Why it matters.
        fix: What to do.
        example: A program to which it applies.
    """

    rule: Rule
    reason: str
    fix: str
    example: AuditExample


def read_examples() -> dict[str, AuditExample]:
    """Return the examples by rule. I/O."""
    return {each.rule: each for each in msgspec.json.decode(_EXAMPLES.read_bytes(), type=list[AuditExample])}


def audit_rules() -> tuple[AuditRule, ...]:
    """Return every verdict of the audit, the worst first."""
    examples = read_examples()
    return tuple(_rule(RULES[id_], examples[id_]) for id_ in PROGRAM_RULES)


def _rule(rule: Rule, example: AuditExample) -> AuditRule:
    reason, _, fix = rule.help.partition(". ")
    return AuditRule(rule, f"{reason}.", fix, example)
