"""Methods of text, and regular expressions, on the text of errors and on other text. Pure."""

import re
from typing import Any, Final

from matrix.scan.values import DottedName, ErrorText, Unknown, flatten, is_of_error, is_unknown, mark, why_unknown

PATTERNS: Final = frozenset({"re.search", "re.match", "re.fullmatch", "re.findall", "re.compile"})
"""The functions for regular expressions that are evaluated."""

_LONGEST: Final = 300
"""The most characters of a regular expression that is evaluated."""

_SLOW: Final = re.compile(r"[*+}]\)*[*+{]|[*+}|][^()]*\)[*+{]|[*+{](?:.*[*+{]){3}", re.DOTALL)
"""An expression whose search may take very long: a repeated repetition or choice, or more than three repetitions."""

_FLAGS: Final = {
    "I": re.IGNORECASE,
    "IGNORECASE": re.IGNORECASE,
    "M": re.MULTILINE,
    "S": re.DOTALL,
    "X": re.VERBOSE,
    "DOTALL": re.DOTALL,
    "MULTILINE": re.MULTILINE,
}

SAME_WORDS: Final = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "title", "capitalize", "swapcase"}
)
"""The methods that change nothing but the case of a text, or the space around it."""

_TESTS: Final = frozenset({"isdigit", "isnumeric", "isdecimal", "isalpha", "isupper", "islower", "isspace"})

_EVALUATED: Final = (
    SAME_WORDS
    | _TESTS
    | {"startswith", "endswith", "count", "find", "index", "split", "rsplit"}
    | {"partition", "rpartition", "splitlines", "removeprefix", "removesuffix"}
)
"""The methods that are called as they are."""


def call_text_method(text: str, name: str, arguments: list[Any]) -> Any:
    """Call a method of text with some arguments; what it returns of an error's text is marked as that."""
    result = _call(text, name, arguments)
    return mark(result) if isinstance(text, ErrorText) else result


def _call(text: str, name: str, arguments: list[Any]) -> Any:
    if is_unknown(tuple(arguments)):
        return Unknown(why_unknown(tuple(arguments)), is_of_error(text, *arguments))
    words: list[Any] = [tuple(flatten(each)) if isinstance(each, tuple) else each for each in arguments]
    try:
        if name in _EVALUATED:
            result = getattr(text, name)(*words)
            return tuple(result) if isinstance(result, list) else result
        if name == "__contains__" and words:
            return words[0] in text
        if (
            name == "replace"
            and len(text) < 10_000
            and all(isinstance(each, str) and len(each) < 100 for each in words)
        ):
            return text.replace(*words[:2])
        if name == "join" and len(words) == 1 and isinstance(words[0], tuple):
            return text.join(str(each) for each in words[0])
        if name == "format" and ":" not in text:
            return text.format(*words)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return Unknown(f"`{name}` of a text can't be evaluated", is_of_error(text, *arguments))
    return Unknown(f"`{name}` of a text can't be evaluated", is_of_error(text, *arguments))


class Pattern:
    """A compiled regular expression of the user.

    Args:
        expression: The expression.
        flags: Its flags.
    """

    def __init__(self, expression: str, flags: int) -> None:
        self.compiled = re.compile(expression, flags)

    def find(self, name: str, text: str) -> Any:
        """Search a text; return true or None, as the result is only tested."""
        if name == "findall":
            return tuple(str(each) for each in self.compiled.findall(text))
        match = {"search": self.compiled.search, "match": self.compiled.match, "fullmatch": self.compiled.fullmatch}[
            name
        ](text)
        return PatternMatch(match) if match is not None else None


class PatternMatch:
    """What a regular expression found in a text.

    Args:
        match: The match.
    """

    def __init__(self, match: re.Match[str]) -> None:
        self._match = match

    def group(self, *numbers: Any) -> Any:
        """Return a group of the match."""
        try:
            return self._match.group(*numbers)
        except (IndexError, TypeError):
            return Unknown("a group can't be known", of_error=True)


def search(name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    """Evaluate a function for regular expressions."""
    last = name.rpartition(".")[2]
    count = 1 if last == "compile" else 2
    flags = _read_flags([*arguments[count:], *([named["flags"]] if "flags" in named else [])])
    if is_unknown(tuple(arguments)) or flags is None:
        return Unknown(why_unknown(tuple(arguments)) or "the flags are not known", is_of_error(*arguments))
    pattern = arguments[0] if arguments else None
    if isinstance(pattern, str):
        if len(pattern) > _LONGEST or _SLOW.search(pattern):
            return Unknown("the regular expression is not evaluated", is_of_error(*arguments))
        try:
            pattern = Pattern(pattern, flags)
        except (re.error, RecursionError, OverflowError):
            return Unknown("the regular expression can't be read", is_of_error(*arguments))
    if not isinstance(pattern, Pattern):
        return Unknown("the regular expression is not known", is_of_error(*arguments))
    if last == "compile":
        return pattern
    text = arguments[1] if len(arguments) > 1 else named.get("string")
    return search_text(pattern, last, text)


def search_text(pattern: Pattern, name: str, text: Any) -> Any:
    """Search a text with a compiled expression."""
    if isinstance(text, str) and name in {"search", "match", "fullmatch", "findall"} and len(text) < 5_000:
        return pattern.find(name, text)
    return Unknown("a text can't be searched", is_of_error(text))


def _read_flags(values: list[Any]) -> int | None:
    """Return the flags of a regular expression; None if they are not known."""
    flags = 0
    for value in flatten(tuple(values)):
        name = value.name.rpartition(".")[2] if isinstance(value, DottedName) else ""
        if name not in _FLAGS:
            return None
        flags |= _FLAGS[name]
    return flags
