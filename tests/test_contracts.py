"""Rules that import-linter, whose contracts stand in pyproject.toml, can't check: programs that are never imported."""

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from matrix.targets import TARGETS
from tests.support.paths import ROOT

MODULES: Final = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("matrix", "midstream")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not {"probe", "python_probe", "soak"} & {*path.relative_to(ROOT).parts}
}
"""Dotted name to file, of every module but those of the probes and soaks, which run in cells."""

SHARED_PROBE: Final = ROOT / "matrix" / "targets" / "python_probe"

KIND_PROBES: Final = {target.kind_probe for target in TARGETS.values() if target.kind_probe}
"""The folders of the parts that the probes of one kind share."""

PROBES: Final = sorted(path for path in (ROOT / "matrix" / "targets").glob("*/probe") if any(path.glob("*.py")))
"""The folders of the probes that are written in Python."""

NODE_PROBES: Final = {target.probe: target for target in TARGETS.values() if not target.launcher.is_python}
"""The folder of each probe that Node runs, to its target."""

CONTRACTS: Final[list[dict[str, Any]]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]

FILE_METHODS: Final = frozenset(
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "iterdir", "glob", "rglob"}
)
"""Methods by which a path reads or writes files; pure modules use paths as names only."""


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Parse a module; each one is asked about several times."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a file imports, wherever in the file."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def roots(paths: list[Path]) -> set[str]:
    """List the top-level packages outside the standard library that some files import."""
    return {name.partition(".")[0] for path in paths for name in imports(path)} - sys.stdlib_module_names


def within(name: str, package: str) -> bool:
    """Tell whether a dotted name is a package, or in it."""
    return name == package or name.startswith(package + ".")


def says(word: str, path: Path) -> bool:
    """Tell whether the first paragraph of a module's docstring has a word."""
    documentation = ast.get_docstring(parsed(path)) or ""
    return re.search(rf"\b{word}\b", documentation.partition("\n\n")[0]) is not None


def methods_called(path: Path) -> set[str]:
    """List the names of the methods that a file calls."""
    nodes = ast.walk(parsed(path))
    return {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}


def test_the_contract_covers_every_module_that_calls_itself_pure() -> None:
    """The contract names whole rooms and, one by one, the modules in them that do I/O."""
    pure = next(contract for contract in CONTRACTS if "is pure" in contract["name"])
    excused = {line.partition(" -> ")[0] for line in pure["ignore_imports"] if line.endswith(" -> **")}
    wrong = [
        module
        for module, path in MODULES.items()
        if says("Pure", path)
        and (module in excused or not any(within(module, room) for room in pure["source_modules"]))
    ]
    assert [] == [module for module in wrong if not within(module, "matrix.cli") and module != "midstream.remedy"]
    assert set() == excused - MODULES.keys()


def test_a_module_that_calls_itself_pure_uses_paths_as_names_only() -> None:
    """Pure modules import `pathlib` for the names of files, so import-linter can't detect reading."""
    called = {module: FILE_METHODS & methods_called(path) for module, path in MODULES.items() if says("Pure", path)}
    assert {} == {module: methods for module, methods in called.items() if methods}


def test_only_the_command_line_parses_options_and_prints() -> None:
    """Every other room returns values and raises failures."""
    users = {module for module, path in MODULES.items() if {"click", "rich"} & roots([path])}
    assert set() == {module for module in users if not within(module, "matrix.cli")}


def test_one_module_prints() -> None:
    """Whatever commands print passes its functions, which escape what a terminal or a CI service would obey."""
    prints = re.compile(
        r"print|.*\.(print|print_exc|echo|secho|echo_via_pager)|click\.style|error\.show|sys\.std(out|err)\..*write.*"
    )
    calls = {
        (module, ast.unparse(node.func))
        for module, path in MODULES.items()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
    }
    assert {
        ("matrix.cli.terminal", "click.echo"),
        ("matrix.cli.terminal", "click.style"),
        ("matrix.cli", "error.show"),  # into a text that `say_block` prints
        ("matrix.cli.progress", "self._console.print"),  # of a `printable` line
        ("matrix.harness.sandbox.compile", "sys.stdout.buffer.write"),  # a program that the harness runs and reads
        ("matrix.__main__", "print"),  # of a sentence of its own, where nothing is imported yet
        ("midstream.__main__", "print"),  # where `matrix` can't be imported
    } == {(module, function) for module, function in calls if prints.fullmatch(function)}


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.parent.name)
def test_a_probe_imports_the_standard_library_and_its_target_only(probe: Path) -> None:
    """Any other import would change the measurement. Before 1.0, the OpenAI SDK takes a session of requests.

    A framework is given the client of the SDK below it. Instructor is given a model of Pydantic, as its users do.
    """
    own = {path.stem for folder in (probe, SHARED_PROBE, *KIND_PROBES) for path in folder.glob("*.py")}
    imported = {
        "agno": {"agno", "anthropic"},
        "anthropic": {"anthropic"},
        "cohere": {"cohere"},
        "instructor": {"anthropic", "instructor", "pydantic"},
        "litellm": {"litellm"},
        "mistralai": {"mistralai"},
        "google_genai": {"google"},
        "ollama": set(),
        "openai": {"requests"},
        "pydantic_ai": {"anthropic"},
    }
    assert imported.get(probe.parent.name, set()) == roots([*probe.glob("*.py")]) - own


def test_the_shared_probe_imports_the_standard_library_and_what_a_target_adds() -> None:
    """It gets the name of the SDK from the plan."""
    own = {path.stem for path in SHARED_PROBE.glob("*.py")}
    assert {"probe_surfaces"} == roots([*SHARED_PROBE.glob("*.py")]) - own


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.parent.name)
def test_no_module_imports_a_probe(probe: Path) -> None:
    """The interpreter of a cell runs the probe."""
    own = {path.stem for path in (*probe.glob("*.py"), *SHARED_PROBE.glob("*.py"))} - {"__main__"}
    imports_of_probe = [
        (module, name) for module, path in MODULES.items() for name in imports(path) if name.split(".")[0] in own
    ]
    assert [] == imports_of_probe


@pytest.mark.parametrize("probe", NODE_PROBES, ids=lambda probe: probe.parent.name)
def test_a_probe_in_javascript_imports_the_standard_library_and_its_target_only(probe: Path) -> None:
    """Any other import would change the measurement, and a handler is code that people write."""
    for path in sorted(probe.rglob("*.mjs")):
        modules = set(
            re.findall(r'^(?:import|\} from)\b.*?"([^"]+)";$', path.read_text(encoding="utf-8"), re.MULTILINE)
        )
        shared = NODE_PROBES[probe].shared_probe
        own = {f"./{other.name}" for folder in filter(None, (probe, shared)) for other in folder.glob("*.mjs")}
        allowed = {NODE_PROBES[probe].package} if path.parent.name == "handlers" else own
        assert set() == {name for name in modules - allowed if not name.startswith("node:")}, path.name


def test_a_handler_imports_only_the_sdk_an_http_library_and_the_remedy() -> None:
    """A handler is code that people write, so the only file of this project in it is the one that they can copy."""
    used = {probe: roots([*(probe / "handlers").glob("*.py")]) for probe in {*PROBES} - KIND_PROBES}
    more = {
        "agno": {"agno", "anthropic"},
        "anthropic": {"anthropic", "httpx", "httpx2", "remedy"},
        "cohere": {"cohere", "httpx"},
        "instructor": {"anthropic", "instructor"},
        "langchain_anthropic": {"anthropic"},
        "litellm": {"litellm", "openai"},
        "mistralai": {"mistralai", "httpx", "httpx2"},
        "google_genai": {"google", "httpx"},
        "ollama": {"ollama", "httpx"},
        "openai": {"openai", "httpx"},
        "pydantic_ai": {"anthropic", "pydantic_ai"},
    }
    modules = {target.probe: {target.module} for target in TARGETS.values()}
    assert {probe: more.get(probe.parent.name, modules[probe]) for probe in used} == used


def test_the_remedy_imports_the_standard_library_only() -> None:
    """People copy the remedy as one file."""
    assert set() == roots([ROOT / "midstream" / "remedy.py"])


def test_no_module_imports_the_remedy() -> None:
    """The probe loads the remedy by its path, and users by its name; no verdict depends on it."""
    users = [module for module, path in MODULES.items() for name in imports(path) if name == "midstream.remedy"]
    assert [] == users


def test_no_module_has_more_than_400_lines() -> None:
    """A longer one has a second subject."""
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in ("matrix", "midstream")
        for path in (ROOT / package).rglob("*.py")
    }
    assert [] == [path for path, lines in sizes.items() if lines > 400]


def test_the_package_has_at_most_24_direct_entries() -> None:
    """A short listing shows the architecture."""
    entries = [entry.name for entry in (ROOT / "matrix").iterdir() if entry.name != "__pycache__"]
    assert len(entries) <= 24, sorted(entries)
