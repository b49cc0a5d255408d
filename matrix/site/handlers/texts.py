"""The texts that mean a handler, and the line by which a list names it. Pure.

A pasted text is a handler only if it is that handler's code in another layout: with other spaces, quotes or comments,
or with another name for the exception. The script of the question bar normalises texts in the same way.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from matrix.site.handlers.code import read_code
from matrix.targets.handler import Handler

_COMMENT: Final = re.compile(r"(^|\s)#[^\"'\n]*$", re.MULTILINE)
_BOUND: Final = re.compile(r"\bas ([A-Za-z_]\w*)\s*:")
_PLAIN_CALL: Final = "return list(create())"
"""What a handler does inside `try` if its clauses are all that makes it the handler it is."""


def normal(code: str) -> str:
    """Return code in one layout: one line, double quotes, no comments, and `e` for each bound exception."""
    text = " ".join(_COMMENT.sub(r"\1", code).replace("'", '"').split())
    for name in dict.fromkeys(_BOUND.findall(text)):
        text = re.sub(rf"\b{name}\b", "e", text)
    return text


def code_lines(handlers: Iterable[Handler]) -> dict[str, str]:
    """Return the line of each handler, by id; handlers with the same line get their ids behind it."""
    lines = {handler.id: read_code(handler).line or handler.title.rstrip(".") for handler in handlers}
    number = Counter(lines.values())
    return {id_: line if number[line] == 1 else f"{line} ({id_})" for id_, line in lines.items()}


def equal_texts(handlers: Iterable[Handler]) -> dict[str, tuple[str, ...]]:
    """Return the normal texts that are each handler, by id: its whole code, and its clauses if they are all of it."""
    texts = {handler.id: [normal(handler.source), *_clauses(handler)] for handler in handlers}
    number = Counter(text for each in texts.values() for text in set(each))
    return {id_: tuple(dict.fromkeys(text for text in each if number[text] == 1)) for id_, each in texts.items()}


def _clauses(handler: Handler) -> list[str]:
    """Return the `except` clauses of a handler whose code has nothing else that decides; else nothing."""
    try:
        module = ast.parse(handler.source)
    except SyntaxError:
        return []  # JavaScript
    *before, function = module.body
    if not isinstance(function, ast.FunctionDef) or not all(isinstance(each, ast.Import) for each in before):
        return []
    match function.body:
        case [ast.Try(body=[call], handlers=clauses, orelse=[], finalbody=[])] if ast.unparse(call) == _PLAIN_CALL:
            lines = handler.source.splitlines()
            return [normal("\n".join(lines[clauses[0].lineno - 1 : clauses[-1].end_lineno]))]
    return []
