"""What `matrix scan` claims of programs agrees with what happens when they run on real releases: a sample."""

import pytest

from tests.truth.__main__ import play
from tests.truth.campaign import count, passes
from tests.truth.comparison import Agreement
from tests.truth.subject import SUBJECTS

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAMS = (
    "across_files",
    "bodies",
    "callbacks_mixed",
    "classes",
    "clients",
    "contexts",
    "deciding",
    "dispatch",
    "libraries",
    "loops",
    "own_decorators",
    "remedy_imported",
    "stop_reasons",
    "surfaces",
    "transport_lazy",
    "web",
)
"""The programs of the sample: `nox -s scan-truth` runs all of them, on five releases."""


@pytest.mark.parametrize(
    ("target", "version", "programs"),
    [
        ("anthropic", "0.45.2", PROGRAMS),
        ("anthropic", "1.0.0", PROGRAMS),
        ("openai", "0.28.1", ("before_1", "new_names_only")),
        ("openai", "2.2.0", ("ends", "responses")),
        ("groq", "1.7.0", ("stopped",)),
        ("together", "3.1.1", ("stopped",)),
        ("ollama", "0.6.3", ("ends", "attributes")),
        ("cohere", "7.3.1", ("ends",)),
        ("mistralai", "3.7.0", ("ends", "old_client")),
        ("google-genai", "3.6.1", ("ends", "exports")),
        ("litellm", "1.80.10", ("in_stream",)),
        ("pydantic-ai", "2.28.0", ("events", "imported_new")),
        ("agno", "3.1.10", ("streams_async", "unraised")),
        ("langchain-anthropic", "1.0.3", ("classes", "whole_answers")),
        ("instructor", "1.14.5", ("partial_answers", "whole_answers")),
    ],
)
def test_no_claim_contradicts_what_happened(target: str, version: str, programs: tuple[str, ...]) -> None:
    """Run the programs on a release, and check that few claims are undecided."""
    rows = play(SUBJECTS[target], version, programs)
    assert [] == [str(row) for row in rows if row.agreement is Agreement.CONTRADICTS]
    assert passes(count(rows)), [str(row) for row in rows if row.agreement is Agreement.UNDECIDED]
