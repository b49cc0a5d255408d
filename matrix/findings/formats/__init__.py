"""A report in the form that its reader wants: one module for each, imported when it is asked for. Pure.

A person reads text, a job's page Markdown and GitHub's annotations, a code scanner SARIF, a test dashboard JUnit's XML,
and a program JSON. Whatever stands in a user's files is data in all of them: it never becomes a control character, a
link, a tag or a command.
"""

import importlib
from typing import Final

from matrix.errors import UsageError, did_you_mean
from matrix.findings.model import Report

FORMATS: Final[dict[str, str]] = {
    "text": "matrix.findings.formats.text",
    "json": "matrix.findings.formats.json_",
    "markdown": "matrix.findings.formats.markdown",
    "github": "matrix.findings.formats.github",
    "sarif": "matrix.findings.formats.sarif",
    "junit": "matrix.findings.formats.junit",
}
"""Format to the module that has its `render(report)`; a quick command imports none but its own."""


def render(name: str, report: Report) -> str:
    """A report in a format: lines that all end in a newline, or nothing if there is nothing to say.

    Raises:
        UsageError: There is no such format.
    """
    if name not in FORMATS:
        raise UsageError(
            f"There is no format {name!r}.", did_you_mean(name, FORMATS) or f"There are: {', '.join(FORMATS)}."
        )
    rendered: str = importlib.import_module(FORMATS[name]).render(report)
    return rendered
