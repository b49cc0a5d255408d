"""Read the commands `pip install` of a Dockerfile or a shell script that name the target. Pure.

Nothing but such commands is read, and the variables that the file sets before them; nothing is executed. What a command
installs is known only when it runs, so its findings are notes.
"""

import re
from typing import Final

import msgspec

from matrix.manifests.draft import Draft
from matrix.manifests.entry import COMMAND
from matrix.manifests.listed import entry_of
from matrix.manifests.names import spellings
from matrix.manifests.requirement_lines import split_words
from matrix.manifests.variables import Variables, report_variable, unreadable

LARGEST: Final = 1_000_000
"""Characters of a script that is read."""

_LONGEST: Final = 20_000
"""Characters of a command with the lines that it is joined to."""

_INSTALL: Final = re.compile(r"\bpip[0-9.]*\s+install\s(?P<rest>.*)", re.DOTALL)
_END: Final = re.compile(r"&&|\|\||[;|\n]")

_SETS: Final = re.compile(
    r"\s*(?:(?:RUN|then|do|else|export|readonly|local|declare|ARG)\s+)*(?P<words>\w+=.*)"
    r"|\s*ENV\s+(?:(?P<pairs>\w+=.*)|(?P<name>\w+)\s+(?P<value>.*))",
    re.DOTALL | re.IGNORECASE,
)
"""A command that sets variables: `V=1`, `export V=1`, and in a Dockerfile `ARG V=1`, `ENV V=1 W=2`, `ENV V 1`."""


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target in a command that installs it."""
    package = spellings(draft.target.package)
    mention = re.compile(rf"(?<![\w/.-]){package}(?![\w/.-])", re.IGNORECASE)
    if len(source) > LARGEST or mention.search(source) is None:
        return
    lines = source.replace("\r\n", "\n").split("\n")
    variables = Variables()
    number = 0
    while number < len(lines):
        first, command = number + 1, lines[number]
        while command.endswith("\\") and number + 1 < len(lines) and len(command) < _LONGEST:
            number += 1
            command = f"{command[:-1]} {lines[number]}"
        number += 1
        if len(command) < _LONGEST and not command.lstrip().startswith("#"):
            for part in _END.split(command):
                if install := _INSTALL.search(part):
                    _add(variables.expand(install["rest"]), mention, first, draft)
                elif assignment := _SETS.fullmatch(part):
                    _assign(assignment, variables)


def _assign(assignment: re.Match[str], variables: Variables) -> None:
    if assignment["name"]:
        variables.assign(assignment["name"], assignment["value"].strip().strip("\"'"))
        return
    for word in _words(assignment["words"] or assignment["pairs"]):
        name, sign, value = word.partition("=")
        if sign and name.isidentifier():
            variables.assign(name, value)


def _add(arguments: str, mention: re.Pattern[str], line: int, draft: Draft) -> None:
    if len(arguments) > _LONGEST:
        return
    for word in _words(arguments):
        if not mention.match(word):
            continue
        if name := unreadable(word):
            report_variable(word, name, draft, line)
            continue
        for entry in entry_of(word, "pip install", line, draft):
            draft.entries.append(msgspec.structs.replace(entry, origin=COMMAND))


def _words(text: str) -> list[str]:
    try:
        return split_words(text)
    except ValueError:
        return text.split()
