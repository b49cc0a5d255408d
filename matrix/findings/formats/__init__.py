"""Output formats: one module renders a report in each format, and is imported when the format is used. Pure.

`text` is for a terminal, `markdown` and `github` are for a job on GitHub, `sarif` is for a code scanner, `junit` for a
test dashboard, and `json` for a program. The content of a user's files is data in all of them: it never becomes a
control character, a link, a tag or a command.
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
"""Format to the module with its `render(report)`. A command imports only the module of its format."""


def render(name: str, report: Report) -> str:
    """Render a report in a format: lines that end with a newline, or no text if the report is empty.

    Raises:
        UsageError: The format does not exist.
    """
    if name not in FORMATS:
        raise UsageError(
            f"There is no format {name!r}.", did_you_mean(name, FORMATS) or f"There are: {', '.join(FORMATS)}."
        )
    rendered: str = importlib.import_module(FORMATS[name]).render(report)
    return rendered
