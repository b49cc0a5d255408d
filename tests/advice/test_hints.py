"""A finding says what to write, also for a package without a remedy."""

import pytest

from matrix.advice.hints import add_hint
from matrix.findings.model import Finding, Level
from matrix.findings.rules import CRASHES, MISSES, NEEDLESS, RUNS_OUT, SILENT, UNCHECKED
from matrix.targets import AGNO, COHERE, GROQ, LITELLM, OPENAI
from matrix.targets.target import Target

END = "Check that the stream brought its end: data: [DONE] after a finish reason, or with response.completed."
NAMES = (
    "Read `error.code` or `error.type`, not the status: `matrix --target openai list handlers` has ways to, and what"
)


@pytest.mark.parametrize(
    ("rule", "level", "target", "hint"),
    [
        (SILENT, Level.ERROR, OPENAI, END),
        (UNCHECKED, Level.WARNING, OPENAI, END),
        (MISSES, Level.ERROR, OPENAI, f"{NAMES} they miss."),
        (MISSES, Level.NOTE, OPENAI, ""),
        (
            MISSES,
            Level.ERROR,
            COHERE,
            "Catch them otherwise: `matrix --target cohere list handlers` has ways to, and what they miss.",
        ),
        (SILENT, Level.ERROR, LITELLM, "Check that the stream brought its end: `finish_reason`."),
        (
            SILENT,
            Level.ERROR,
            AGNO,
            "Look for the event that reports a failure: `RunError`. None says that an answer is whole.",
        ),
        (NEEDLESS, Level.WARNING, OPENAI, ""),
        (CRASHES, Level.ERROR, OPENAI, ""),
        (RUNS_OUT, Level.WARNING, OPENAI, ""),
        (SILENT, Level.ERROR, GROQ, "Check that the stream brought its end: data: [DONE] after a finish reason."),
    ],
)
def test_a_hint_names_what_the_package_has(rule: str, level: Level, target: Target, hint: str) -> None:
    """Its attributes, its last event and its command."""
    assert hint == add_hint(target, Finding(rule=rule, level=level, message="It fails.")).instead
