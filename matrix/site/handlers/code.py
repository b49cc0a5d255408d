"""The code by which readers know a handler, and the smallest change that mends it. Pure.

In: the sources of handlers, which the probe runs, and of the handler that a target recommends. Out: the lines that
decide whether to retry, what they go by, and a diff. A source in Python is parsed; one in JavaScript is read by lines,
as its formatter lays them out.
"""

import ast
import difflib
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache
from typing import Final

from matrix.model import Frozen
from matrix.targets.handler import Handler

REMEDY: Final = "remedy"
"""The handler that runs the remedy, by id."""

_RETRY: Final = "retry"
"""What a handler returns to ask for another attempt."""

_LONGEST: Final = 120
"""The characters of a constant that is written out where it is used."""

_LONG: Final = re.compile(r"([{\[])[^}\]]{30,}([}\]])")
"""A set or a list that is too long for a sentence."""


class Basis(StrEnum):
    """What a handler goes by when it decides whether to retry."""

    REMEDY = "remedy"
    TYPE = "type"
    TEXT = "text"
    STATUS = "status"
    CLASS = "class"
    HEADER = "header"
    STREAM = "stream"
    """What the stream delivered: its last event, or an event that reports an error."""
    RETRIES = "retries"
    """Nothing: the SDK or another library retries on its own."""


BASES: Final[dict[Basis, str]] = {
    Basis.REMEDY: "By the remedy",
    Basis.TYPE: "By the type of the error",
    Basis.TEXT: "By the text of the error",
    Basis.STATUS: "By the status",
    Basis.CLASS: "By the class of the exception",
    Basis.HEADER: "By a header of the response",
    Basis.STREAM: "By how the stream ends",
    Basis.RETRIES: "By the retries of the SDK alone",
}
"""Basis to the title of the handlers with it."""


class HandlerCode(Frozen, frozen=True, kw_only=True):
    """The code by which readers know a handler.

    Attributes:
        lines: The lines that decide whether to retry, with constants written out; empty if no line does.
        basis: What they go by.
        is_catch_all: Whether it retries every exception.
    """

    lines: tuple[str, ...]
    basis: Basis
    is_catch_all: bool

    @property
    def name(self) -> str:
        """The line that tells the handler from others, for a sentence: the first condition, else the first clause."""
        return _short(next((line for line in self.lines[:2] if line.startswith(" ")), (*self.lines, "")[0]))

    @property
    def line(self) -> str:
        """The first clause and its condition on one line, for a list."""
        return _short(" ".join(line.strip() for line in self.lines[:2]))


def _short(line: str) -> str:
    """Leave out what a long set or list contains, and what opens a block."""
    return _LONG.sub(r"\1…\2", line.strip().rstrip(":{ "))


class HandlerFix(Frozen, frozen=True, kw_only=True):
    """The smallest change that mends a handler.

    Attributes:
        source: The code after the change.
        diff: The lines of a unified diff, each with its first character.
        adopted: The handler whose code it takes over, by id.
    """

    source: str
    diff: tuple[tuple[str, str], ...]
    adopted: str


@cache
def read_code(handler: Handler) -> HandlerCode:
    """Read how a handler decides."""
    read = _read_python if handler.is_python else _read_javascript
    lines, scope, in_stream = read(handler.source)
    return HandlerCode(
        lines=tuple(lines),
        basis=_find_basis(scope, has_lines=bool(lines), in_stream=in_stream),
        is_catch_all=lines in (["except Exception:"], ["catch {"]),
    )


def _find_basis(scope: str, *, has_lines: bool, in_stream: bool) -> Basis:
    """Find what the code goes by; of several things, the one that only few handlers go by."""
    if re.search(r"\bremedy\b", scope):
        return Basis.REMEDY
    if not has_lines:
        return Basis.RETRIES
    if in_stream:
        return Basis.STREAM
    for basis, pattern in _PATTERNS:
        if re.search(pattern, scope):
            return basis
    return Basis.CLASS


_PATTERNS: Final = (
    (Basis.HEADER, r"\.headers\b"),
    (Basis.TEXT, r"\bstr\(|\bString\(|\.message\b"),
    (Basis.TYPE, r"""\.type\b|["']type["']|\.body\b"""),
    (Basis.STATUS, r"status|\bcode\b.*\b[45]\d\d\b"),
    (Basis.TYPE, r"\.code\b"),
)
"""What code has that goes by something other than a class; the first that matches decides."""


# Python


def _read_python(source: str) -> tuple[list[str], str, bool]:
    """Return the deciding lines, all code that they depend on, and whether one is outside every `except`."""
    code = _PythonCode(source)
    return code.lines(), code.scope(), code.decides_in_stream()


class _PythonCode:
    """The source of a handler in Python, parsed."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tree = ast.parse(source)
        self._parents = {child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)}
        self._own_classes = {node.name for node in ast.walk(self._tree) if isinstance(node, ast.ClassDef)}
        self._constants = {
            target.id: self._text(node.value)
            for node in self._tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self._conditions = {
            node.name: (node.args.args[0].arg, self._text(node.body[0].value))
            for node in self._tree.body
            if isinstance(node, ast.FunctionDef) and len(node.args.args) == len(node.body) == 1
            if isinstance(node.body[0], ast.Return) and node.body[0].value
        }

    def lines(self) -> list[str]:
        """List the clauses and conditions on the way to each decision to retry."""
        lines: list[str] = []
        for node in self._decisions():
            depth = 0
            for step in self._way(node):
                line = "    " * depth + self._head(step)
                depth += isinstance(step, ast.ExceptHandler)
                if line not in lines:
                    lines.append(line)
        return lines

    def scope(self) -> str:
        """Return the text of all conditions, with the functions and assignments whose names they use."""
        definitions = {
            name: self._text(node)
            for node in ast.walk(self._tree)
            if isinstance(node, ast.FunctionDef | ast.Assign)
            for name in ([node.name] if isinstance(node, ast.FunctionDef) else map(ast.unparse, node.targets))
        }
        parts = [line for line in self.lines() if not line.startswith("except ")]
        parts += [self._text(node) for node in self._tree.body if isinstance(node, ast.ImportFrom)]
        for part in parts:  # grows while it is read
            names = set(re.findall(r"\w+", part))
            parts += [text for name, text in definitions.items() if name in names and text not in parts]
        return "\n".join(part for part in parts if f"def {_ENTRY}(" not in part)

    def decides_in_stream(self) -> bool:
        """Return whether a decision to retry is made where no exception was caught."""
        return any(not any(isinstance(step, ast.ExceptHandler) for step in self._way(each)) for each in self._retries())

    def _decisions(self) -> Iterator[ast.stmt]:
        """Yield each statement that decides to retry, also by an exception of its own that a clause retries."""
        retries = list(self._retries())
        caught = {
            node.type.id
            for each in retries
            for node in self._way(each)
            if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name)
        }
        for node in ast.walk(self._tree):
            match node:
                case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if name in caught & self._own_classes:
                    yield node
        yield from retries

    def _retries(self) -> Iterator[ast.Return]:
        """Yield each statement that returns the decision to retry."""
        returns = (node for node in ast.walk(self._tree) if isinstance(node, ast.Return))
        for node in returns:
            if any(isinstance(each, ast.Constant) and each.value == _RETRY for each in ast.walk(node)):
                yield node

    def _way(self, node: ast.stmt) -> list[ast.AST]:
        """Return the clauses and conditions around a statement, and those before it that raise; outermost first."""
        way: list[ast.AST] = [] if not isinstance(node, ast.Return) or isinstance(node.value, ast.Constant) else [node]
        child: ast.AST = node
        while (parent := self._parents.get(child)) is not None:
            siblings = getattr(parent, "body", [])
            if isinstance(siblings, list) and child in siblings and isinstance(parent, ast.ExceptHandler):
                before = siblings[: siblings.index(child)]
                way[:0] = [each for each in before if isinstance(each, ast.If) and isinstance(each.body[-1], ast.Raise)]
            if isinstance(parent, ast.ExceptHandler) or (isinstance(parent, ast.If) and child in parent.body):
                way.insert(0, parent)
            child = parent
        return way

    def _head(self, node: ast.AST) -> str:
        """Write the first line of a clause or a condition, and what a condition raises."""
        match node:
            case ast.ExceptHandler():
                caught = f" {self._written(node.type)}" if node.type else ""
                return f"except{caught}{f' as {node.name}' if node.name else ''}:"
            case ast.If():
                raises = " raise" if isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None else ""
                return f"if {self._written(node.test)}:{raises}"
        return self._written(node)

    def _written(self, node: ast.AST) -> str:
        """Write code on one line, with short constants and conditions in place of their names."""
        text = self._text(node)
        for name, (parameter, condition) in self._conditions.items():
            call = re.search(rf"\b{name}\(([\w.]+)\)", text)
            if call:
                text = text.replace(call[0], re.sub(rf"\b{parameter}\b", call[1], condition))
        return _write_out(text, self._constants)

    def _text(self, node: ast.AST) -> str:
        return _on_one_line(ast.get_source_segment(self._source, node) or "")


_ENTRY: Final = "ask"
"""The function that a handler defines."""


def _on_one_line(text: str) -> str:
    """Write code on one line, as a formatter would if lines had no end."""
    return re.sub(r",? ([)\]}])", r"\1", re.sub(r"([(\[{]) ", r"\1", " ".join(text.split())))


def _write_out(text: str, constants: dict[str, str]) -> str:
    """Replace the names of short constants by their values."""
    for name, value in constants.items():
        if len(value) <= _LONGEST:
            text = re.sub(rf"(?<![\w.]){name}\b", value.replace("\\", r"\\"), text)
    return text


# JavaScript


def _read_javascript(source: str) -> tuple[list[str], str, bool]:
    """Return the same of a source in JavaScript, whose statements stand on lines of their own."""
    constants = dict(re.findall(r"^const (\w+) = (.+);$", source, flags=re.MULTILINE))
    lines: list[str] = []
    caught, in_stream = "", False
    for text in source.splitlines():
        depth = len(text) - len(text.lstrip())
        if "} catch" in text:
            caught = text.strip("} ")
        elif f'return "{_RETRY}"' in text:
            in_clause = bool(caught) and depth > 2  # the body of a function is indented by two
            in_stream = in_stream or not caught
            condition = text.strip().removesuffix(f'return "{_RETRY}";').strip()
            for line in (caught if in_clause else "", f"{'  ' * in_clause}{condition}" if condition else ""):
                if line and line not in lines:
                    lines.append(_write_out(line, constants))
    scope = "\n".join(text for text in source.splitlines() if not text.startswith("import "))
    return lines, scope, in_stream


# The change that mends a handler


def fix_handler(handler: Handler, adopted: Handler | None) -> HandlerFix | None:
    """Return the smallest change that mends a handler; None if there is none.

    With a remedy, the change uses it, and keeps the handler's own exceptions where it raises some. Without one, it is
    the way to the code of another handler, which was measured.

    Args:
        handler: The handler.
        adopted: The handler to take over; None if no other handler does better.
    """
    if adopted is None or handler.id == adopted.id:
        return None
    after = handler.fixed or (_use_remedy(handler, adopted) if adopted.id == REMEDY else adopted.source)
    return HandlerFix(source=after, diff=tuple(_diff(handler, after)), adopted=adopted.id)


def _use_remedy(handler: Handler, remedy: Handler) -> str:
    """Return the code that uses the remedy, with the handler's own name for the exception."""
    named = re.findall(r"^    except .+ as (\w+):$", handler.source, flags=re.MULTILINE)
    return re.sub(r"\berror\b", named[-1] if named else "error", install_import(remedy.source))


def install_import(code: str) -> str:
    """Import the remedy from the installed package instead of the file next to the program."""
    return re.sub(r"^from remedy import ", "from midstream.remedy import ", code, flags=re.MULTILINE)


def _diff(handler: Handler, after: str) -> Sequence[tuple[str, str]]:
    """Return the lines of a unified diff with its head, each with its first character."""
    name = f"{handler.id}{handler.suffix}"
    lines = difflib.unified_diff(
        handler.source.splitlines(), after.splitlines(), fromfile=f"a/{name}", tofile=f"b/{name}", lineterm=""
    )
    return [("" if line.startswith(("---", "+++", "@@")) else line[:1], line) for line in lines]
