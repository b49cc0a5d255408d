"""Ports the programs of one target to another that calls the same things under other names. Pure, apart from reading.

Of a program, the functions and classes that use what only the first target has are left out.
"""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """The programs of another target that call what a target has too, under other names.

    Attributes:
        folder: The folder of the programs.
        names: Each name of the other target, or other code, to what stands for it; replaced in this order.
        without: The files that call what only the other target has, by their paths in the folder.
        lacking: Code, with the names of this target, that it does not have. Functions and classes with such code are
            left out, and those that need them.
    """

    folder: Path
    names: Mapping[str, str]
    without: frozenset[str]
    lacking: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, str]:
        """The text of each file with the names of this target, by its path in the folder."""
        return {
            path: self._rename(text) for path, text in read_sources(self.folder).items() if path not in self.without
        }

    def _rename(self, source: str) -> str:
        for name, own in self.names.items():
            source = source.replace(name, own)
        return leave_out(source, self.lacking) if self.lacking else source


def read_sources(folder: Path) -> dict[str, str]:
    """Read the Python files below a folder, by their paths in it."""
    files = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def leave_out(source: str, lacking: Sequence[str]) -> str:
    """Leave out of a source the functions and classes that have some code, and those that need them."""
    tree = ast.parse(source)
    kept = list(tree.body)
    gone: set[str] = set()
    while dropped := [node for node in kept if _needs(node, lacking, gone)]:
        gone |= {node.name for node in dropped if isinstance(node, _DEFINITIONS)}
        kept = [node for node in kept if node not in dropped]
    for node in kept:
        match node:
            case ast.Assign(targets=[ast.Name("PLACES" | "NO_PLACE" | "SINCE" | "PLAIN")], value=value):
                _leave_out_entries(value, gone)
    return ast.unparse(ast.Module(kept, []))


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _needs(node: ast.stmt, lacking: Sequence[str], gone: set[str]) -> bool:
    """Return whether a definition has some code, or names a definition that is left out."""
    if not isinstance(node, _DEFINITIONS):
        return False
    code = ast.unparse(node)
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return any(each in code for each in lacking) or not gone.isdisjoint(names)


def _leave_out_entries(value: ast.expr, gone: set[str]) -> None:
    """Leave definitions out of a constant that names them; a name may have that of a method after it."""

    def is_kept(node: ast.expr | None) -> bool:
        return not (isinstance(node, ast.Constant) and str(node.value).partition(".")[0] in gone)

    if isinstance(value, ast.Tuple):
        value.elts = [each for each in value.elts if is_kept(each)]
    elif isinstance(value, ast.Dict):
        items = [each for each in zip(value.keys, value.values, strict=True) if is_kept(each[0])]
        value.keys, value.values = [key for key, _ in items], [item for _, item in items]
