"""Render a report as annotations in GitHub's log: one workflow command for each finding and each problem. Pure.

GitHub shows the first ten of each kind for a step. A subject without findings has no command. The escapes are those of
GitHub's own toolkit (`command.ts` of actions/toolkit): `%` and line ends in a message, and also `:` and `,` in a
property.
"""

from typing import Final

from matrix.findings.formats.tally import advice_lines, reported_findings, reported_rules
from matrix.findings.model import Level, Place, Report
from matrix.system.text import cut, one_line, visible

COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
"""Level to the workflow command of its annotation."""

TITLE: Final = 200
"""Characters of a title. GitHub allows 255."""

MESSAGE: Final = 4_000
"""Characters of a message. GitHub's runner cuts at 4,096."""


def render(report: Report) -> str:
    """Render a report as workflow commands; empty without findings and problems."""
    titles = {rule.id: rule.title for rule in reported_rules(report).values()}
    commands = [
        _command(
            "error", problem.place, "This input could not be read", [one_line(f"{problem.message} {problem.hint}")]
        )
        for problem in report.problems
    ]
    for subject in report.subjects:
        for finding in reported_findings(subject):
            message = [f"{one_line(subject.text)}: {one_line(finding.message)}"]
            commands.append(
                _command(
                    COMMANDS[finding.level],
                    subject.place,
                    f"{titles[finding.rule]} ({finding.rule})",
                    message + advice_lines(finding),
                )
            )
    return "".join(commands)


def _command(name: str, place: Place, title: str, message: list[str]) -> str:
    properties = {"file": visible(place.path), "title": f"midstream: {one_line(title, TITLE)}"}
    if place.line:
        properties["line"] = str(place.line)
    if place.line and place.column:
        properties["col"] = str(place.column)
    encoded = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = "\n".join(message)
    if place.in_cell:  # an annotation shows the line of the file only
        text = f"{place.in_cell}: {text}"
    return f"::{name} {encoded}::{_data(cut(text, MESSAGE, len(text)))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
