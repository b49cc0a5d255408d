"""Read `setup.py`: the literal requirements in its call of `setup`. Pure: the file is parsed and never executed.

A name that the module assigns once stands for its value. A value that the program computes can't be read, and is a
problem: it may require the target.
"""

import ast
import warnings
from dataclasses import dataclass
from typing import Final

from matrix.manifests.draft import Draft
from matrix.manifests.listed import entry_of
from matrix.manifests.specifiers import pythons

LARGEST: Final = 1_000_000
"""Characters of a file. A `setup.py` that generates nothing has a few thousand."""

_LISTS: Final = ("install_requires", "setup_requires", "tests_require")

_DEEPEST: Final = 20
"""Names and sums that are followed from one value."""

_MOST_VALUES: Final = 10_000
"""Values and requirements of one file that are read. A few names in several lists can stand for billions of values."""


class _Computed(Exception):
    """A value that is not a literal."""


class _TooMany(Exception):
    """The file has more values and requirements than `_MOST_VALUES`."""


@dataclass
class _Values:
    """The values of a module.

    Attributes:
        names: The value of each name that the module assigns once.
        count: The number of values and requirements that were read so far.
    """

    names: dict[str, ast.expr]
    count: int = 0

    def add(self) -> None:
        """Count a value or a requirement.

        Raises:
            _TooMany: The file has more than `_MOST_VALUES`.
        """
        self.count += 1
        if self.count > _MOST_VALUES:
            raise _TooMany

    def follow(self, value: ast.expr) -> ast.expr:
        """Return the value that a name stands for; any other expression as it is. Count it.

        Raises:
            _TooMany: The file has more than `_MOST_VALUES`.
        """
        self.add()
        for _ in range(_DEEPEST):
            if not (isinstance(value, ast.Name) and value.id in self.names):
                break
            value = self.names[value.id]
        return value


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target."""
    if len(source) > LARGEST:
        draft.report(f"The file was skipped: it has more than {LARGEST:,} characters.")
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = (error.lineno or 0) if isinstance(error, SyntaxError) else 0
        draft.report("The file can't be parsed as Python 3.", line=line)
        return
    values = _Values(_assigned(tree))
    try:
        for call in _calls(tree):
            for name, value in _arguments(call, values, draft):
                _add(name, value, values, draft)
    except _TooMany:
        draft.report(f"The rest of the file was skipped: it has more than {_MOST_VALUES:,} values and requirements.")


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the value of each name that the module assigns exactly once."""
    values: dict[str, list[ast.expr]] = {}
    grown: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            values.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            grown.add(node.target.id)
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.value, ast.Name):
            # `extras["x"] = [...]` and `requires.append(...)` change a value.
            is_store = isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
            is_method = isinstance(node, ast.Attribute) and node.attr in {"append", "extend", "insert", "update"}
            if is_store or is_method:
                grown.add(node.value.id)
    return {name: each[0] for name, each in values.items() if len(each) == 1 and name not in grown}


def _calls(tree: ast.Module) -> list[ast.Call]:
    """Return the calls of `setup` and of `setuptools.setup`."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "setup")
            or (isinstance(node.func, ast.Attribute) and node.func.attr == "setup")
        )
    ]


def _arguments(call: ast.Call, values: _Values, draft: Draft) -> list[tuple[str, ast.expr]]:
    """Return the named arguments of a call, with those of a table that is passed with `**`."""
    arguments: list[tuple[str, ast.expr]] = []
    for keyword in call.keywords:
        if keyword.arg is not None:
            arguments.append((keyword.arg, keyword.value))
            continue
        try:
            arguments += _table(keyword.value, values)
        except _Computed:
            _report("arguments of `setup`", keyword.value, draft)
    return arguments


def _add(name: str, value: ast.expr, values: _Values, draft: Draft) -> None:
    try:
        if name == "python_requires":
            draft.python = pythons(getattr(values.follow(value), "value", ""))
        elif name in _LISTS:
            _add_list(name, value, values, draft)
        elif name == "extras_require":
            for extra, items in _table(value, values):
                _add_list(f"{name}.{extra}", items, values, draft)
    except _Computed:
        _report(f"`{name}`", value, draft)


def _add_list(origin: str, value: ast.expr, values: _Values, draft: Draft) -> None:
    for text, line in _texts(value, values):
        for item in text.split("\n"):
            plain = item.partition(" #")[0].strip()
            if plain and not plain.startswith("#"):
                values.add()
                draft.entries += entry_of(plain, origin, line, draft)


def _table(value: ast.expr, values: _Values) -> list[tuple[str, ast.expr]]:
    """Return the items of a literal table.

    Raises:
        _Computed: The program computes the table.
    """
    table = values.follow(value)
    if not isinstance(table, ast.Dict):
        raise _Computed
    keys = [str(key.value) if isinstance(key, ast.Constant) else "*" for key in table.keys]
    return list(zip(keys, table.values, strict=True))


def _texts(value: ast.expr, values: _Values, depth: int = 0) -> list[tuple[str, int]]:
    """Return the texts of a literal list, of a sum of lists, or of one text with a requirement on each line.

    Raises:
        _Computed: The program computes the value.
    """
    value = values.follow(value)
    match value:
        case ast.Constant(value=str(text)):
            return [(text, value.lineno)]
        case ast.Constant(value=None):
            return []
        case ast.List(elts=items) | ast.Tuple(elts=items):
            texts: list[tuple[str, int]] = []
            for item in items:
                inner = item.value if isinstance(item, ast.Starred) else item
                if depth >= _DEEPEST:
                    raise _Computed
                texts += _texts(inner, values, depth + 1)
            return texts
        case ast.BinOp(left=left, op=ast.Add(), right=right) if depth < _DEEPEST:
            return [*_texts(left, values, depth + 1), *_texts(right, values, depth + 1)]
        case _:
            raise _Computed


def _report(what: str, value: ast.expr, draft: Draft) -> None:
    draft.report(
        f"The {what} can't be read, because the program computes the value; midstream runs no code.",
        "Check the environment in which it is installed: `matrix check --python PATH`.",
        line=value.lineno,
    )
