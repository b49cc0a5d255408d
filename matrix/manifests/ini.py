"""Parse a user's INI file, such as `setup.cfg`, and find the lines that mention the target. Pure.

`configparser` parses it, without interpolation. Its pattern of an option takes quadratic time for a run of blanks, so
each run inside a line becomes one blank first.
"""

import configparser
import re
from typing import Final

from matrix.manifests.draft import Draft
from matrix.manifests.mentions import Document, parse

LARGEST: Final = 1_000_000
"""Characters of a file. The longest known `tox.ini` has 30,000."""

_BLANKS = re.compile(r"(?<=\S)\s{2,}")


def read(text: str, draft: Draft) -> Document:
    """Parse a text into section, option and the option's lines that are not empty; report why it can't be parsed."""
    if len(text) > LARGEST:
        draft.report(f"The file was skipped: it has more than {LARGEST:,} characters.")
        return Document({}, {})
    plain = "\n".join(_BLANKS.sub(" ", line) for line in text.replace("\r\n", "\n").split("\n"))
    try:
        return Document(*parse(plain, _load, draft.target.package))
    except _Invalid as error:
        draft.report("The file is not a valid INI file.", "Correct the line.", line=error.line)
    except (ValueError, RecursionError):
        draft.report("The file is not a valid INI file.", "Check that the file is of the kind that its name says.")
    return Document({}, {})


class _Invalid(ValueError):
    """A line that is neither a section nor an option."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _load(text: str) -> dict[str, dict[str, list[str]]]:
    parser = configparser.RawConfigParser(strict=False, interpolation=None, empty_lines_in_values=False)
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError as error:
        raise _Invalid(error.lineno) from error
    except configparser.ParsingError as error:
        raise _Invalid(error.errors[0][0] if error.errors else 0) from error
    except configparser.Error as error:
        raise ValueError("no INI file") from error
    return {
        section: {
            option: [line for line in value.split("\n") if line.strip() and not line.lstrip().startswith("#")]
            for option, value in parser.items(section)
        }
        for section in parser.sections()
    }
