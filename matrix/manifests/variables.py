"""Variables in the requirements of requirements files, commands and tox: their defaults, and what they hide. Pure."""

import re
from typing import Final

from matrix.manifests.draft import Draft, describe

HINT: Final = "Write the version, or measure your own environment: `matrix probe --python PATH`."

_REFERENCE: Final = re.compile(r"\$(?:\{(?P<braced>\w+)(?P<test>:?[-=?+])?(?P<other>[^{}]*)\}|(?P<plain>\w+))")
"""A variable in a command: `$V`, `${V}`, and with a default `${V:-1.0}`."""

_OF_PIP: Final = re.compile(r"\$\{([A-Z0-9_]+)\}")
"""A variable that pip expands in a requirements file, by pip's documentation."""

_LONGEST: Final = 200
"""Characters of a value that is known. A value that doubles itself has many more."""


class Variables:
    """The variables that a script or a Dockerfile has set up to a line. One with several values has none that is known.

    Only what the file itself says counts: a default of a Dockerfile's `ARG` may be replaced by who builds the image.
    """

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._unknown: set[str] = set()

    def assign(self, name: str, text: str) -> None:
        """Set a variable."""
        value = self.expand(text)
        if unreadable(value) or len(value) > _LONGEST or self._values.setdefault(name, value) != value:
            self._unknown.add(name)

    def expand(self, text: str) -> str:
        """Replace each variable whose value is known."""
        return _REFERENCE.sub(self._value, text)

    def _value(self, reference: re.Match[str]) -> str:
        name = reference["braced"] or reference["plain"]
        test = reference["test"] or ""
        if name in self._unknown or test.endswith("+"):
            return reference[0]
        if name in self._values:
            return self._values[name]
        return reference["other"] if test.endswith(("-", "=")) else reference[0]


def unreadable(text: str) -> str:
    """Return what a text of a command depends on that its file does not say; empty if it depends on nothing."""
    if reference := _REFERENCE.search(text):
        return reference["braced"] or reference["plain"]
    return "the output of a command" if "$" in text or "`" in text else ""


def variable_of_pip(text: str) -> str:
    """Return the first environment variable that pip would expand in a line of a requirements file; empty for none."""
    variable = _OF_PIP.search(text)
    return variable[1] if variable else ""


def report_variable(text: str, name: str, draft: Draft, line: int, path: str = "") -> None:
    """Report a requirement that can't be read because of a variable."""
    message = f"{describe(text)} can't be read, because it depends on {name}."
    draft.report(message, HINT, line=line, path=path)
