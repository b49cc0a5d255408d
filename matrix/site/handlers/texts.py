"""The texts that mean a handler, and the line by which a list names it. Pure.

A pasted text is a handler only if it is that handler's code in another layout: with other spaces, quotes or comments,
or with another name for the exception. The script of the question bar normalises texts in the same way.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from matrix.site.handlers.code import Basis, read_code
from matrix.targets.handler import Handler

_COMMENT: Final = re.compile(r"(^|\s)#[^\"'\n]*$", re.MULTILINE)
_BOUND: Final = re.compile(r"\bas ([A-Za-z_]\w*)\s*:")
_LEFT_OUT: Final = "…"
"""Stands for code that a line leaves out."""
_LONGEST: Final = 160
"""Characters of a line."""
_PLAIN_CALL: Final = "return list(create())"
"""What a handler does inside `try` if its clauses are all that makes it the handler it is."""


def normal(code: str) -> str:
    """Return code in one layout: one line, double quotes, no comments, and `e` for each bound exception."""
    text = " ".join(_COMMENT.sub(r"\1", code).replace("'", '"').split())
    for name in dict.fromkeys(_BOUND.findall(text)):
        text = re.sub(rf"\b{name}\b", "e", text)
    return text


def code_lines(handlers: Iterable[Handler]) -> dict[str, str]:
    """Return the line by which a list names each handler, by id: its clauses if they are all of it and short.

    Else it is the first clause with its condition, which is not all of the code. Only the id behind it, or what it
    leaves out, keeps it apart from code that visitors write.
    """
    known = {handler.id: handler for handler in handlers}
    texts = equal_texts(known.values())
    lines = {id_: _line(handler, texts[id_]) for id_, handler in known.items()}
    number = Counter(lines.values())
    is_known = {id_: number[line] == 1 and (line in texts[id_] or _LEFT_OUT in line) for id_, line in lines.items()}
    return {
        id_: line if is_known[id_] or not read_code(known[id_]).lines else f"{line} ({id_})"
        for id_, line in lines.items()
    }


def _line(handler: Handler, texts: tuple[str, ...]) -> str:
    code = read_code(handler)
    if code.basis is Basis.REMEDY:
        return f"guard({_LEFT_OUT}) {code.line}"  # which acts where no clause does
    whole = (text for text in texts if code.line and text.startswith(f"{code.line}:") and len(text) <= _LONGEST)
    return next(whole, code.line or handler.title.rstrip("."))


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
    if not isinstance(function, ast.FunctionDef) or not all(_keeps_names(each) for each in before):
        return []
    match function.body:
        case [ast.Try(body=[call], handlers=clauses, orelse=[], finalbody=[])] if ast.unparse(call) == _PLAIN_CALL:
            lines = handler.source.splitlines()
            return [normal("\n".join(lines[clauses[0].lineno - 1 : clauses[-1].end_lineno]))]
    return []


def _keeps_names(statement: ast.stmt) -> bool:
    """Return whether a statement imports names as they are commonly known: a package, or what it exports."""
    if isinstance(statement, ast.ImportFrom):
        return "." not in (statement.module or ".") and not any(each.asname for each in statement.names)
    return isinstance(statement, ast.Import)
