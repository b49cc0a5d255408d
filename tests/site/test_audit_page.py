"""The page of the audit: every verdict, each with an example that was run, and the links to the page."""

import re
import sys

import pytest

from matrix.audit import verdicts
from matrix.findings import rules
from matrix.findings.rules import PROGRAM_RULES
from matrix.site import render
from matrix.site.audit_page import PATH, AuditExample, audit_rules, read_examples
from tests.audit.examples import PROGRAMS, example
from tests.site.test_report import behaviour, in_both_lanes, links, result, source
from tests.support.paths import ROOT

TABLE = dict(
    re.findall(r"^\| `([\w-]+)` \| (\w+) \|", (ROOT / "docs" / "auditing.md").read_text(encoding="utf-8"), re.MULTILINE)
)
"""Rule to level, in the table of verdicts of docs/auditing.md."""


def test_the_rules_of_the_audit_are_those_that_its_verdicts_name() -> None:
    """No rule of the group is unused, and no verdict has a rule of another command."""
    source_ = (ROOT / verdicts.__file__).read_text(encoding="utf-8")
    assert set(PROGRAM_RULES) == {getattr(rules, name) for name in re.findall(r"\brules\.([A-Z_]+)", source_)}


def test_the_reference_and_the_page_have_every_verdict_with_its_level() -> None:
    """The levels are those of verdicts that were given."""
    assert {*PROGRAM_RULES} == set(TABLE) == set(PROGRAMS)
    assert {rule: each.level for rule, each in read_examples().items()} == TABLE
    assert [*PROGRAM_RULES] == [each.rule.id for each in audit_rules()]


def test_the_page_shows_the_evidence_and_the_fix_of_every_verdict() -> None:
    """It links the page of each failure, and the first page and the footer link it."""
    site = dict(render.site(source(in_both_lanes("0.4.0", result(behaviour(typed=True)))))[1])
    text = site[f"{PATH}index.html"].decode()
    for each in audit_rules():
        assert f'id="{each.rule.id}"' in text
        assert f"../scenarios/{each.example.scenario}/" in links(text).targets
        assert f"scenarios/{each.example.scenario}/index.html" in site
        assert all(line.replace("&", "&amp;").replace("<", "&lt;") in text for line in each.example.evidence)
    assert 2 == links(site["index.html"].decode()).targets.count(PATH)  # in the text and in the footer
    assert f"../../{PATH}" in links(site["releases/0.4.0/index.html"].decode()).targets


def test_an_example_names_no_file_of_the_machine() -> None:
    """Evidence quotes tracebacks, which name the folder of the program."""
    assert [] == [line for each in read_examples().values() for line in each.evidence if re.search(r'"/', line)]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no subreaper")
def test_the_examples_are_what_the_programs_do() -> None:
    """`python -m tests.audit.examples > matrix/site/audit_examples.json` writes them; times and counts may differ."""
    assert [_without_times(example(rule)) for rule in PROGRAMS] == [*map(_without_times, read_examples().values())]


def _without_times(each: AuditExample) -> tuple[str, ...]:
    return each.rule, each.level, each.program, each.scenario, re.sub(r"\d+\.\d\d s|\d+(?= requests)", "", each.message)
