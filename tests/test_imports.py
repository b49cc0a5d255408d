"""Data flows one way, and imports show it: read from the source of every module, without importing any.

The order is that of design.md: words and scenarios, then what is pure, then what does I/O, then what puts it
together, then the command line. What stands lower knows nothing of what stands higher.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import matrix

ROOT = Path(matrix.__file__).parent

PURE = (
    "matrix.model",
    "matrix.errors",
    "matrix.plan",
    "matrix.costs",
    "matrix.shards",
    "matrix.verdict",
    "matrix.decisions",
    "matrix.wording",
    "matrix.judgement",
    "matrix.moves",
    "matrix.changes",
    "matrix.history",
    "matrix.difference",
    "matrix.explanation",
    "matrix.gate",
    "matrix.announcement",
    "matrix.elsewhere",
    "matrix.issues",
    "matrix.documents",
    "matrix.findings",
    "matrix.rules",
    "matrix.formats",
    "matrix.scenarios",
    "matrix.backend.wire",
    "matrix.backend.journal",
    "matrix.suite",
    "matrix.remedy",
)
"""Functions of plain values, tested without mocks; `suite` and `decisions` read the probe's source and nothing else."""

DOES_IO = (
    "matrix.index",
    "matrix.index_client",
    "matrix.index_files",
    "matrix.requirements",
    "matrix.drift",
    "matrix.planner",
    "matrix.sealed",
    "matrix.artifact",
    "matrix.inspection",
    "matrix.merge",
    "matrix.environment",
    "matrix.process",
    "matrix.runner",
    "matrix.player",
    "matrix.sweep",
    "matrix.files",
    "matrix.store",
    "matrix.controls",
    "matrix.backend.reading",
    "matrix.backend.playing",
    "matrix.backend.server",
    "matrix.workspace",
    "matrix.evidence",
    "matrix.checked",
    "matrix.sides",
    "matrix.manifests.source",
    "matrix.manifests.discover",
    "matrix.manifests.kinds",
    "matrix.manifests.requirements",
    "matrix.manifests.environment",
    "matrix.catching.reading",
    "matrix.cli",
    "matrix.report.pages",
    "matrix.report.render",
    "matrix.report.site_folder",
    "matrix.preview",
    "matrix.pytest_plugin",
)
"""What reads or writes files, sockets or processes, or is made of what does."""

IO_OF_THE_LIBRARY = (
    "asyncio",
    "http",
    "os",
    "requests",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "urllib",
    "filelock",
    "pypi_simple",
    "uv",
    "click",
    "rich",
    "jinja2",
)
"""Modules that pure ones have no use for."""

VALUES_OF_THE_LIBRARY = ("http.HTTPStatus", "urllib.parse.unquote")
"""What pure ones have a use for in those."""

FILE_METHODS = frozenset(
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "iterdir", "glob", "rglob"}
)
"""What `pathlib`, which pure modules have for the names of files, does with the files themselves."""

FORBIDDEN = {
    "matrix.model": ("matrix",),
    "matrix.errors": ("matrix",),
    "matrix.scenarios": (
        "matrix.model",
        "matrix.errors",
        "matrix.plan",
        "matrix.verdict",
        "matrix.suite",
        "matrix.backend",
        "matrix.report",
        *DOES_IO,
    ),
    "matrix.plan": ("matrix.scenarios", "matrix.backend", "matrix.verdict", "matrix.suite", "matrix.report", *DOES_IO),
    "matrix.verdict": ("matrix.backend", "matrix.plan", "matrix.decisions", "matrix.report", *DOES_IO),
    "matrix.decisions": ("matrix.backend", "matrix.plan", "matrix.report", *DOES_IO),
    "matrix.suite": ("matrix.plan", "matrix.verdict", "matrix.decisions", "matrix.report", *DOES_IO),
    "matrix.remedy": ("matrix",),
    "matrix.backend": (
        "matrix.model",
        "matrix.plan",
        "matrix.verdict",
        "matrix.suite",
        "matrix.index",
        "matrix.environment",
        "matrix.process",
        "matrix.runner",
        "matrix.player",
        "matrix.sweep",
        "matrix.store",
        "matrix.controls",
        "matrix.workspace",
        "matrix.report",
    ),
    "matrix.backend.wire": ("matrix.backend.server", "matrix.backend.journal"),
    "matrix.backend.journal": ("matrix.backend.server", "matrix.backend.wire"),
    "matrix.index": ("matrix.environment", "matrix.store", "matrix.runner", "matrix.player", "matrix.sweep"),
    "matrix.environment": ("matrix.index", "matrix.store", "matrix.runner", "matrix.player", "matrix.sweep"),
    "matrix.process": ("matrix",),
    "matrix.workspace": ("matrix",),
    "matrix.files": ("matrix.documents", "matrix.store"),
    "matrix.documents": ("matrix.store", "matrix.index", "matrix.scenarios", "matrix.suite", "matrix.verdict"),
    "matrix.store": (
        "matrix.index",
        "matrix.plan",
        "matrix.verdict",
        "matrix.scenarios",
        "matrix.suite",
        "matrix.backend",
        "matrix.environment",
        "matrix.process",
        "matrix.runner",
        "matrix.player",
        "matrix.sweep",
        "matrix.controls",
        "matrix.report",
    ),
    "matrix.player": (
        "matrix.index",
        "matrix.plan",
        "matrix.verdict",
        "matrix.controls",
        "matrix.environment",
        "matrix.runner",
        "matrix.sweep",
        "matrix.store",
        "matrix.report",
    ),
    "matrix.runner": ("matrix.index", "matrix.plan", "matrix.verdict", "matrix.sweep", "matrix.store", "matrix.report"),
    "matrix.controls": (
        "matrix.index",
        "matrix.plan",
        "matrix.runner",
        "matrix.sweep",
        "matrix.store",
        "matrix.report",
    ),
    "matrix.sweep": ("matrix.index", "matrix.planner", "matrix.artifact", "matrix.merge", "matrix.report"),
    "matrix.shards": ("matrix.suite", "matrix.scenarios", "matrix.backend", "matrix.verdict", "matrix.report"),
    "matrix.requirements": ("matrix.store", "matrix.runner", "matrix.sweep", "matrix.planner"),
    "matrix.drift": ("matrix.index", "matrix.store", "matrix.planner", "matrix.report"),
    "matrix.artifact": ("matrix.index", "matrix.drift", "matrix.planner", "matrix.inspection", "matrix.merge"),
    "matrix.inspection": ("matrix.index", "matrix.drift", "matrix.planner", "matrix.merge", "matrix.report"),
    "matrix.planner": ("matrix.artifact", "matrix.inspection", "matrix.merge", "matrix.report"),
    "matrix.merge": ("matrix.runner", "matrix.environment", "matrix.report"),
    "matrix.pytest_plugin": (
        "matrix.model",
        "matrix.suite",
        "matrix.runner",
        "matrix.player",
        "matrix.sweep",
        "matrix.store",
        "matrix.report",
        "matrix.cli",
    ),
    "matrix.report": (
        "matrix.index",
        "matrix.environment",
        "matrix.process",
        "matrix.runner",
        "matrix.player",
        "matrix.sweep",
        "matrix.workspace",
        "matrix.backend.server",
    ),
}
"""Module or package to what it must not know."""


def name_of(path: Path) -> str:
    """The dotted name of a module of ours."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    name_of(path): path for path in sorted(ROOT.rglob("*.py")) if "probe" not in path.relative_to(ROOT).parts[:1]
}
"""Every module, by dotted name; the probe is run, never imported."""


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Everything that a module imports, wherever it does: modules, and names that may be modules."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    """Whether a dotted name is a package, or in it."""
    return name == package or name.startswith(package + ".")


def crossings(inside: str, forbidden: tuple[str, ...]) -> list[str]:
    """What the modules in `inside` import of what is forbidden to them, but for what is in `inside` itself."""
    return [
        f"{module} imports {found}"
        for module, path in MODULES.items()
        if within(module, inside)
        for found in imports(path)
        if any(within(found, package) for package in forbidden) and not within(found, inside)
    ]


def test_every_module_is_found() -> None:
    """So what is asserted of all of them is asserted of something."""
    assert {"matrix", "matrix.model", "matrix.scenarios", "matrix.backend.wire", "matrix.cli.measure"} <= set(MODULES)


def test_every_name_in_the_tables_is_a_module() -> None:
    """A module that was renamed must not slip through."""
    named = {*PURE, *DOES_IO, *FORBIDDEN, *(found for forbidden in FORBIDDEN.values() for found in forbidden)}
    assert set() == named - set(MODULES)


@pytest.mark.parametrize("inside", PURE)
def test_what_is_pure_knows_nothing_that_does_io(inside: str) -> None:
    """Neither ours nor the library's; annotations of values are not looked at."""
    assert [] == crossings(inside, DOES_IO)
    assert [] == crossings(inside, IO_OF_THE_LIBRARY)


def says_pure(module: str) -> bool:
    """Whether the first paragraph of a module says that it is pure, without an exception."""
    documentation = ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8"))) or ""
    return re.search(r"\bPure[.:]", documentation.partition("\n\n")[0]) is not None


SAYS_PURE = tuple(module for module in MODULES if says_pure(module))


@pytest.mark.parametrize("module", SAYS_PURE)
def test_what_says_that_it_is_pure_is(module: str) -> None:
    """It imports nothing that does I/O, and asks no path for its file."""
    used = [name for name in imports(MODULES[module]) if name not in VALUES_OF_THE_LIBRARY]
    assert [] == [name for name in used if any(within(name, one) for one in (*DOES_IO, *IO_OF_THE_LIBRARY))]
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert set() == FILE_METHODS & {call.attr for call in calls if isinstance(call, ast.Attribute)}


def test_most_of_what_reads_what_users_wrote_says_that_it_is_pure() -> None:
    """So what is asserted of all that do is asserted of something."""
    assert {"matrix.advice", "matrix.recommend", "matrix.catching.judge", "matrix.manifests.toml"} <= set(SAYS_PURE)


def test_a_page_is_made_of_values() -> None:
    """All of the report is pure, but what lays it out and what writes it."""
    made_of = [module for module in MODULES if module.startswith("matrix.report.") and module not in DOES_IO]
    assert len(made_of) > 1
    assert [] == [crossing for module in made_of for crossing in crossings(module, (*DOES_IO, *IO_OF_THE_LIBRARY))]


@pytest.mark.parametrize("inside", FORBIDDEN)
def test_what_stands_lower_knows_nothing_of_what_stands_higher(inside: str) -> None:
    """Index, plan, environment, probe and backend, observation, store, report: one way."""
    assert [] == crossings(inside, FORBIDDEN[inside])


def test_nothing_imports_the_probe() -> None:
    """It is run by the interpreter of a cell."""
    probe = ("matrix.probe", *(path.stem for path in (ROOT / "probe").glob("*.py") if path.stem != "__main__"))
    assert "probe_facets" in probe
    assert [] == crossings("matrix", ("matrix.probe",)) + [
        f"{module} imports {found}"
        for module, path in MODULES.items()
        for found in imports(path)
        if any(within(found, name) for name in probe)
    ]


def test_only_the_command_line_imports_the_command_line() -> None:
    """`python -m matrix` is the one door to it."""
    users = {module for module, path in MODULES.items() for found in imports(path) if within(found, "matrix.cli")}
    assert {"matrix.__main__"} == {module for module in users if not within(module, "matrix.cli")}


def test_only_the_command_line_parses_options_and_prints() -> None:
    """What stands lower returns values and raises failures."""
    users = {
        module
        for module, path in MODULES.items()
        for found in imports(path)
        if within(found, "click") or within(found, "rich")
    }
    assert set() == {module for module in users if not within(module, "matrix.cli")}


def test_the_probe_uses_the_standard_library_and_the_sdk_only() -> None:
    """Whatever else it imported would change what is measured."""
    own = {path.stem for path in (ROOT / "probe").glob("*.py")}
    found = {
        name.partition(".")[0]
        for path in (ROOT / "probe").glob("*.py")
        for name in imports(path)
        if name != "anthropic"
    }
    assert set() == found - own - sys.stdlib_module_names


def test_a_handler_uses_the_sdk_what_the_sdk_needs_and_the_remedy_only() -> None:
    """It is what people write beside the SDK, and nothing of ours."""
    handlers = [*(ROOT / "probe" / "handlers").glob("*.py")]
    found = {name.partition(".")[0] for path in handlers for name in imports(path)}
    assert {"anthropic", "httpx", "remedy"} == found - sys.stdlib_module_names


def test_the_remedy_uses_the_standard_library_only() -> None:
    """It is one file, to be copied."""
    found = {name.partition(".")[0] for name in imports(ROOT / "remedy.py")}
    assert set() == found - sys.stdlib_module_names


def test_nothing_of_ours_needs_the_remedy() -> None:
    """The probe loads it by its path, and users by its name; no verdict depends on what it says."""
    assert [] == crossings("matrix", ("matrix.remedy",))


def test_imports_make_no_circle() -> None:
    """Each module can be understood after those that it imports."""
    graph = {
        module: {
            target
            for found in imports(path)
            for target in (found, found.rpartition(".")[0])
            if target in MODULES and target != module and not within(module, target)
        }
        for module, path in MODULES.items()
    }
    done: set[str] = set()
    while ready := {module for module, needed in graph.items() if module not in done and needed <= done}:
        done |= ready
    assert set() == set(graph) - done
