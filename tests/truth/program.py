"""Reads the programs: their entries, and what they say about their places. Pure, apart from reading the files.

A program may hold six constants: `PLACES` maps an entry to the function whose places are compared, or to several, the
innermost first, each with its module if that is another one (`toolkit.retrying:patient`); `NO_PLACE` names entries, and
other functions, for which the scan should find none; `SINCE` maps an entry to the first release that has what it calls;
`RELEASES` is the specifier of the releases that it is written for; `WITHOUT` names packages that its project does not
bring; and `PLAIN` names entries that ask without a stream, to which no API answers with one.
"""

import ast
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

import midstream
from matrix.model import Frozen
from tests.truth.subject import Subject


class Program(Frozen, frozen=True, kw_only=True):
    """One file of programs.

    Attributes:
        name: The name of its module.
        entries: Its functions to call, in order.
        loops: The functions that end with a loop, so that they may fall through to None.
        called: Each function to the functions of the file that it calls, by qualified name.
        places: Entry to the qualified names of the functions whose places are compared, where the program says so.
        no_place: The entries, and other functions, for which the scan should find no place.
        releases: The releases that it is written for, as a specifier.
        since: Entry to the first release that has what it calls, where the program says so.
        without: The packages that its project does not bring; the release may.
        plain: The entries that ask without a stream, so that what happens inside a stream means nothing to them.
    """

    name: str
    entries: tuple[str, ...]
    loops: tuple[str, ...]
    called: dict[str, tuple[str, ...]]
    places: dict[str, tuple[str, ...]]
    no_place: tuple[str, ...]
    releases: str
    since: dict[str, str]
    without: tuple[str, ...]
    plain: tuple[str, ...] = ()

    def entries_on(self, version: str) -> tuple[str, ...]:
        """Return the entries that a release can run."""
        release = Version(version)
        if release not in SpecifierSet(self.releases):
            return ()
        return tuple(entry for entry in self.entries if release >= Version(self.since.get(entry, "0")))


def read_programs(subject: Subject, names: Sequence[str] = ()) -> list[Program]:
    """Read all programs of a target, or those that are named.

    Raises:
        ValueError: A named program does not exist.
    """
    sources = {path.removesuffix(".py"): text for path, text in sorted(subject.sources.items()) if "/" not in path}
    if unknown := [name for name in names if name not in sources]:
        raise ValueError(f"There is no program {', '.join(unknown)}. The programs are {', '.join(sources)}.")
    programs = [parse_program(name, sources[name], subject.written_for) for name in names or sources]
    return [program for program in programs if program.entries]


def parse_program(name: str, source: str, releases: str = "") -> Program:
    """Parse the text of one program; `releases` is the specifier of a program that names none."""
    tree = ast.parse(source)
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    constants: dict[str, Any] = {"PLACES": {}, "NO_PLACE": (), "RELEASES": releases, "SINCE": {}, "WITHOUT": ()}
    constants["PLAIN"] = ()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(constant)], value=value) if constant in constants:
                constants[constant] = ast.literal_eval(value)
    return Program(
        name=name,
        entries=tuple(each for each in functions if each.startswith("ask")),
        loops=tuple(each for each, node in functions.items() if isinstance(node.body[-1], ast.For | ast.While)),
        called={each: _calls(node, functions) for each, node in functions.items()},
        places={entry: (each,) if isinstance(each, str) else each for entry, each in constants["PLACES"].items()},
        no_place=constants["NO_PLACE"],
        releases=constants["RELEASES"],
        since=constants["SINCE"],
        without=constants["WITHOUT"],
        plain=constants["PLAIN"],
    )


def _calls(node: ast.AST, functions: dict[str, Any]) -> tuple[str, ...]:
    """Return the functions of the file that some code names, in order."""
    names = [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id in functions]
    return tuple(dict.fromkeys(names))


def lay_out(subject: Subject, folder: Path) -> Path:
    """Write the programs of a target into a folder.

    A target that has a remedy has it there too, once as a package to import and once as a file that was copied.

    Returns:
        The folder of the programs.
    """
    programs = folder / "programs"
    for path, text in subject.sources.items():
        (programs / path).parent.mkdir(parents=True, exist_ok=True)
        (programs / path).write_text(text, encoding="utf-8")
    remedy = subject.target.remedy
    if remedy is None:
        return programs
    shutil.copy(remedy, programs / "remedy.py")
    package = programs / "midstream"
    package.mkdir()
    for name in ("__init__.py", "remedy.py"):
        shutil.copy(Path(midstream.__file__).parent / name, package / name)
    return programs
