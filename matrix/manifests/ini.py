"""Parse a user's INI file, such as `setup.cfg`, and find the lines that mention the target. Pure.

`configparser` parses it, without interpolation. Its pattern of an option takes quadratic time for a run of blanks, so
each run inside a line becomes one blank first. It collects every invalid line, in quadratic time too, so the first one
ends the parse.
"""

import configparser
import io
import re
from collections.abc import Iterator
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


class _OptionPattern:
    """The pattern of an option for one parse: a line that does not match raises `_Invalid` with its number."""

    def __init__(self) -> None:
        self._line = 0

    def count(self, text: str) -> Iterator[str]:
        """Yield the lines of a text while the parser asks for them, and count them."""
        for self._line, line in enumerate(io.StringIO(text), start=1):
            yield line

    def match(self, line: str) -> re.Match[str]:
        """Match a line without its comment."""
        matched = configparser.RawConfigParser.OPTCRE.match(line)
        if matched is None or not matched["option"]:
            raise _Invalid(self._line)
        return matched


def _load(text: str) -> dict[str, dict[str, list[str]]]:
    pattern = _OptionPattern()
    parser_class = type("_Parser", (configparser.RawConfigParser,), {"OPTCRE": pattern})
    parser = parser_class(strict=False, interpolation=None, empty_lines_in_values=False)
    try:
        parser.read_file(pattern.count(text))
    except configparser.MissingSectionHeaderError as error:
        raise _Invalid(error.lineno) from error
    except configparser.Error as error:
        raise ValueError("no INI file") from error
    return {
        section: {
            option: [line for line in value.split("\n") if line.strip() and not line.lstrip().startswith("#")]
            for option, value in parser.items(section)
        }
        for section in parser.sections()
    }
