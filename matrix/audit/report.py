"""The report of an audit: one subject for each failure, with its verdicts, its fixes and its evidence. Pure."""

from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import Final

from matrix.audit.evidence import collect_evidence
from matrix.audit.verdicts import AuditCase, AuditVerdict, judge
from matrix.findings.model import ORDER, Finding, Level, Place, Report, State, Subject
from matrix.findings.rules import CANNOT_TELL, RULES

_INTERPRETERS: Final = ("python", "node", "deno", "bun", "ruby", "uv", "npx", "npm", "env", "sh", "bash", "poetry")
"""The beginnings of the names of programs that run a script or another program."""


def name_program(arguments: Sequence[str], files: Collection[str]) -> str:
    """Return the file that a command runs, for the places of a report; else the name of its program.

    Args:
        arguments: The command.
        files: Those of its arguments that are names of files.
    """
    program = PurePath(arguments[0]).name
    if program.startswith(_INTERPRETERS):
        scripts = [each for each in arguments[1:] if each in files and not each.startswith("-")]
        if scripts:
            return PurePath(scripts[0]).as_posix()
    return program if arguments[0] not in files else PurePath(arguments[0]).as_posix()


def make_report(cases: Sequence[AuditCase], program: str, version: str, ignore: Collection[str] = ()) -> Report:
    """Judge the failures of an audit, and report them in their order.

    Args:
        cases: What was played.
        program: The program, which is the place of all subjects.
        version: The version of this program.
        ignore: The rules whose verdicts are left out.
    """
    return report_subjects([judge_subject(case, Place(program), ignore) for case in cases], version)


def report_subjects(subjects: Sequence[Subject], version: str) -> Report:
    """Report judged failures, with the rules that their findings name."""
    named = {finding.rule for subject in subjects for finding in subject.findings}
    rules = tuple(rule for id_, rule in RULES.items() if id_ in named)
    return Report(command="audit", version=version, measured=None, suite="", subjects=tuple(subjects), rules=rules)


def judge_subject(case: AuditCase, place: Place, ignore: Collection[str] = ()) -> Subject:
    """Judge one failure at the place of the code.

    Args:
        case: What was played.
        place: The place of the program, or of the test.
        ignore: The rules whose verdicts are left out.
    """
    verdicts = [verdict for verdict in judge(case) if verdict.rule not in ignore]
    findings = sorted(map(_finding, verdicts), key=lambda finding: ORDER[finding.level])
    return Subject(
        place=place,
        text=case.scenario.id,
        about=case.scenario.title,
        state=_state(verdicts),
        findings=tuple(findings),
        evidence=collect_evidence(case),
    )


def _state(verdicts: Sequence[AuditVerdict]) -> State:
    counted = [verdict for verdict in verdicts if verdict.level is not Level.NOTE]
    if not counted:
        return State.FINE
    return State.UNKNOWN if all(verdict.rule == CANNOT_TELL for verdict in counted) else State.FINDING


def _finding(verdict: AuditVerdict) -> Finding:
    """Make a finding of a verdict; the fix is the help of its rule without the first sentence, which says why."""
    _, _, fix = RULES[verdict.rule].help.partition(". ")
    return Finding(rule=verdict.rule, level=verdict.level, message=verdict.message, instead=fix)
