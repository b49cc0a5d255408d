"""Read the commands `pip install` of a Dockerfile or a shell script that name the target. Pure.

Nothing but such commands is read, and nothing is executed. What a command installs is known only when it runs, so its
findings are notes.
"""

import re
from typing import Final

import msgspec

from matrix.manifests.draft import Draft
from matrix.manifests.entry import COMMAND
from matrix.manifests.listed import entry_of
from matrix.manifests.names import spellings
from matrix.manifests.requirement_lines import split_words

LARGEST: Final = 1_000_000
"""Characters of a script that is read."""

_LONGEST: Final = 20_000
"""Characters of a command with the lines that it is joined to."""

_INSTALL = re.compile(r"\bpip[0-9.]*\s+install\s(?P<rest>.*)")
_END = re.compile(r"&&|\|\||[;|\n]")


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target in a command that installs it."""
    mention = re.compile(rf"(?<![\w/.-]){spellings(draft.target.package)}(?![\w/.-])", re.IGNORECASE)
    if len(source) > LARGEST or mention.search(source) is None:
        return
    lines = source.replace("\r\n", "\n").split("\n")
    number = 0
    while number < len(lines):
        first, command = number + 1, lines[number]
        while command.endswith("\\") and number + 1 < len(lines) and len(command) < _LONGEST:
            number += 1
            command = f"{command[:-1]} {lines[number]}"
        number += 1
        install = _INSTALL.search(command) if len(command) < _LONGEST and mention.search(command) else None
        if install and not command.lstrip().startswith("#"):
            _add(_END.split(install["rest"])[0], mention, first, draft)


def _add(arguments: str, mention: re.Pattern[str], line: int, draft: Draft) -> None:
    try:
        words = split_words(arguments)
    except ValueError:
        words = arguments.split()
    for word in words:
        if mention.match(word):
            for entry in entry_of(word, "pip install", line, draft):
                draft.entries.append(msgspec.structs.replace(entry, origin=COMMAND))
