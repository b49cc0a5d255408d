"""A report as annotations in GitHub's log: one workflow command for each finding and each problem. Pure.

GitHub shows ten of each kind for a step, in the order in which they come. What is fine and has no note says nothing.
The escapes are those of GitHub's own toolkit (`command.ts` of actions/toolkit): `%` and line ends in a message, `:` and
`,` as well in a property.
"""

from typing import Final

from matrix.findings.formats.tally import advice, rules, told
from matrix.findings.model import Level, Place, Report
from matrix.system.text import cut, one_line, visible

COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
"""Level to the command that says it."""

TITLE: Final = 200
"""Characters of a title; a check's annotation may have 255."""

MESSAGE: Final = 4_000
"""Characters of a message; GitHub's runner cuts at 4,096."""


def render(report: Report) -> str:
    """A report as workflow commands; empty if there is nothing to say."""
    titles = {rule.id: rule.title for rule in rules(report).values()}
    said = [
        _command("error", problem.place, "This could not be read", [one_line(f"{problem.message} {problem.hint}")])
        for problem in report.problems
    ]
    for subject in report.subjects:
        for finding in told(subject):
            message = [f"{one_line(subject.text)}: {one_line(finding.message)}"]
            said.append(
                _command(
                    COMMANDS[finding.level],
                    subject.place,
                    f"{titles[finding.rule]} ({finding.rule})",
                    message + advice(finding),
                )
            )
    return "".join(said)


def _command(name: str, place: Place, title: str, message: list[str]) -> str:
    properties = {"file": visible(place.path), "title": f"midstream: {one_line(title, TITLE)}"}
    if place.line:
        properties["line"] = str(place.line)
    if place.line and place.column:
        properties["col"] = str(place.column)
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = "\n".join(message)
    return f"::{name} {shown}::{_data(cut(text, MESSAGE, len(text)))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
