"""Scans one file's text for places that catch errors of the SDK, or should. Pure."""

import ast
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from matrix.findings.model import Place, Problem
from matrix.scan.catches import Catch, ScannedFile
from matrix.scan.error_handlers import find_error_handlers
from matrix.scan.evaluator import Evaluator
from matrix.scan.exports import STAR, ExportedNames, Source
from matrix.scan.predicates import find_predicates
from matrix.scan.project import Project
from matrix.scan.recorded import Recorded
from matrix.scan.referents import ClientObject
from matrix.scan.remedy_names import name_remedy_function
from matrix.scan.retries import find_retries
from matrix.scan.scopes import BindingKind, Module, collect_scopes
from matrix.scan.sdk import Sdk
from matrix.scan.sdk_calls import SdkCalls
from matrix.scan.source_file import SourceFile
from matrix.scan.suppressions import find_suppressions
from matrix.scan.task_errors import find_task_errors
from matrix.scan.try_statements import find_try_statements
from matrix.scan.uncaught_calls import find_client_retries, find_uncaught_streams
from matrix.scan.values import Client, DottedName, OwnClass, flatten
from matrix.scan.walks import walk_statements
from matrix.scan.work import MOST_WORK, TooMuchWork, Work

Search: TypeAlias = Callable[[SourceFile], Iterator[Catch]]

_TOO_DEEP: Final = "The file was skipped: it is nested too deeply."
_ENCODING: Final = "Declare its encoding in the first line, or save it as UTF-8."
_TOO_MUCH: Final = f"The file was judged in part: judging all of it takes more than {MOST_WORK:,} steps."
_TOO_LONG: Final = "The file was skipped: its f-strings are too long for Python 3.11."

MOST_FSTRINGS: Final = 2_000_000_000
"""The sum over all f-strings of their length times their expressions. Python 3.11 takes a second for it, or two."""

_FSTRINGS: Final = re.compile(
    rb"#[^\n]*+|([a-zA-Z]*+)"
    rb"(?:\'\'\'[^\\\']*+(?:(?:\\.|\'(?!\'\'))[^\\\']*+)*\'\'\'|\"\"\"[^\\\"]*+(?:(?:\\.|\"(?!\"\"))[^\\\"]*+)*\"\"\""
    rb"|\'(?:[^\\\'\n]|\\.)*+\'|\"(?:[^\\\"\n]|\\.)*+\")",
    re.DOTALL,
)
"""A comment or a string with its prefix. See `exports` for why groups that look ahead are repeated without `*+`."""


def scan(recorded: Recorded, text: str | bytes, path: str, project: Project | None = None) -> ScannedFile:
    """Find what catches errors of the SDK in a file, and judge it on a release.

    Args:
        recorded: The release.
        text: The source; bytes are decoded as Python decodes them.
        path: The path as it is shown.
        project: The files that are scanned with it, in which its imports are looked up.

    Returns:
        The places of the file. Never raises: text that can't be read is a problem.
    """
    scanned, _ = scan_with_exports(Sdk(recorded.target), text, path, project or Project(), [recorded])
    return scanned[0]


def scan_with_exports(
    sdk: Sdk, text: str | bytes, path: str, project: Project, records: Sequence[Recorded]
) -> tuple[list[ScannedFile], ExportedNames]:
    """Scan a file on some releases, and find its names that may be something of the SDK, which other files import."""
    parsed = project.get(path) or parse(text, path)
    try:
        if isinstance(parsed, Module):
            project.adopt(parsed)
            work = Work()
            calls = SdkCalls(sdk, parsed, project, work, uses_sdk=True)
            files = [SourceFile(sdk, recorded, parsed, project, calls, work) for recorded in records]
            scanned = [scan_module(file) for file in files]
            if any(each.problems for each in scanned):  # judging it took too long
                return scanned, {}
            _note_base_files(parsed, project, calls)
            return scanned, _list_exports(parsed, files[0])
    except (RecursionError, MemoryError):
        parsed = Problem(Place(path), _TOO_DEEP)
    except TooMuchWork:
        parsed = _report_too_much(path)
    return [ScannedFile(path=path, problems=(parsed,), uses_sdk=mentions_sdk(sdk, text)) for _ in records], {}


_IMPORT: Final = re.compile(rb"(?:^|[:;\r\xbf])[ \t\f]*+(?:import|from)\b", re.MULTILINE)
_COPY_OF_REMEDY: Final = re.compile(rb"^class StreamFailed\b", re.MULTILINE)


def mentions_sdk(sdk: Sdk, text: str | bytes) -> bool:
    """Return whether a source may import the SDK or contain our remedy; parsing it is a hundred times slower.

    An import has the name on its first line. Each byte is searched once, however many imports are on one line.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if not any(word in data for word in sdk.words):
        return False
    end = 0
    for mention in sdk.mention.finditer(data):
        line = max(end, data.rfind(b"\n", end, mention.start()) + 1)
        if _IMPORT.search(data, line, mention.start()):
            return True
        end = mention.end()
    return _COPY_OF_REMEDY.search(data) is not None


def parse(text: str | bytes, path: str) -> Module | Problem:
    """Parse a file and collect its scopes; return a problem if it can't be parsed."""
    if sys.version_info < (3, 12) and _has_long_fstrings(
        text.encode("utf-8", "replace") if isinstance(text, str) else text
    ):
        return Problem(Place(path), _TOO_LONG, "Run the scan on Python 3.12 or later, or leave the file out of it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's warnings about the user's code are not for our users
            tree = ast.parse(text)
        return collect_scopes(text if isinstance(text, str) else _decode(text), path, tree)
    except SyntaxError as error:
        line = error.lineno if error.lineno and error.lineno > 0 else 0
        hint = "Check that the file is Python, and written for the version of Python that runs this command."
        if "codec" in str(error.msg) or "encoding" in str(error.msg):
            hint = _ENCODING
        return Problem(Place(path, line), f"The file can't be parsed as Python: {error.msg}.", hint)
    except ValueError as error:  # null bytes, before Python 3.12, surrogates, and codecs such as `undefined`
        hint = _ENCODING if "codec" in str(error) and isinstance(text, bytes) else "Check that it is a text file."
        return Problem(Place(path), f"The file can't be parsed as Python: {error}.", hint)
    except (RecursionError, MemoryError):
        return Problem(Place(path), _TOO_DEEP)


def _has_long_fstrings(text: str | bytes) -> bool:
    """Whether Python before 3.12 takes minutes for the f-strings: it counts the lines before each expression."""
    source = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if source.count(b"{") * len(source) <= MOST_FSTRINGS:
        return False
    strings = (match[0] for match in _FSTRINGS.finditer(source) if match[1] and b"f" in match[1].lower())
    return sum(string.count(b"{") * len(string) for string in strings) > MOST_FSTRINGS


def _decode(text: bytes) -> str:
    """Decode a source as Python does."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(text).readline)
    return text.decode(encoding, "replace")


def scan_module(file: SourceFile) -> ScannedFile:
    """Find what catches errors of the SDK in a parsed file, or what leaves a stream unchecked."""
    if uses_sdk(file):
        searches = _SEARCHES
    elif file.module.path in file.project.deriving:
        file.is_base_only = True
        searches = _BASE_SEARCHES
    else:
        found = [*find_predicates(file)] if file.sdk.everywhere else []
        return ScannedFile(path=file.module.path, catches=tuple(sorted(found, key=_order)), uses_sdk=bool(found))
    catches: list[Catch] = []
    problems: tuple[Problem, ...] = ()
    try:
        for search in searches:
            catches.extend(search(file))
    except TooMuchWork:  # what was judged before is still true
        problems = (_report_too_much(file.module.path),)
    return ScannedFile(
        path=file.module.path, catches=tuple(sorted(catches, key=_order)), problems=problems, uses_sdk=True
    )


_SEARCHES: Final[tuple[Search, ...]] = (
    find_try_statements,
    find_suppressions,
    find_task_errors,
    find_retries,
    find_error_handlers,
    find_predicates,
    find_uncaught_streams,
    find_client_retries,
)
"""All searches. The order matters: each excludes the calls that an earlier one covers."""

_BASE_SEARCHES: Final[tuple[Search, ...]] = (find_try_statements, find_retries)
"""The searches of a file that calls the SDK only by the subclasses of its classes."""


def _report_too_much(path: str) -> Problem:
    return Problem(Place(path), _TOO_MUCH, "Split the file, or leave it out of the scan.")


def _order(catch: Catch) -> tuple[int, int, str]:
    return catch.place.line, catch.place.column, catch.role


def uses_sdk(file: SourceFile) -> bool:
    """Return whether a file imports the SDK, our remedy, or the SDK through another scanned file."""
    imported = file.module.imported
    if any(map(file.sdk.owns, imported)) or not imported.isdisjoint(file.sdk.frameworks):
        return True
    if _makes_client(file):
        return True
    evaluator, project, path = file.make_evaluator(), file.project, file.module.path
    if not any(_may_bring_sdk(project, each, path) for each in _list_imports(file.module.tree)):
        return False
    for scope in file.module.scopes.values():
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                if binding.kind is BindingKind.IMPORT and _may_bring_sdk(
                    project, (binding.origin, binding.level), path
                ):
                    data = evaluator.value_of(binding, name)
                    if any(_is_of_sdk(file.sdk, item) or _has_sdk(item, evaluator) for item in flatten(data)):
                        return True
        for origin, level in scope.stars:
            if _has_sdk(project.find_module(origin, level, path), evaluator):
                return True
    return False


def _makes_client(file: SourceFile) -> bool:
    """Return whether a file makes a client of the SDK by a function of another package."""
    references = file.calls.references
    index = references.index_of(file.module.top)
    names = {name.rpartition(".")[2] for name in file.sdk.target.calls.factories}
    made = (
        each
        for name in names
        for call in index.calls_by_name.get(name, ())
        for each in references.find(call, references.scope_of(call))
    )
    return any(isinstance(each, ClientObject) for each in made)


_Import = tuple[str, int]
"""The dotted name that an import brings, and the number of dots before it."""


def _list_imports(tree: ast.AST) -> Iterator[_Import]:
    """List the imports of a file, in the form of its bindings, and those of `import *`."""
    for node in walk_statements(tree, inside=True):
        if isinstance(node, ast.Import):
            yield from ((alias.name if alias.asname else alias.name.partition(".")[0], 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = f"{node.module}." if node.module else ""
            yield from ((f"{package}{alias.name}", node.level) for alias in node.names)


def _may_bring_sdk(project: Project, imported: _Import, path: str) -> bool:
    """Return whether an import may bring our remedy, or something of a file that is known to use the SDK."""
    origin, level = imported
    if project.carriers is None or "remedy" in origin.split("."):
        return True
    package = origin.rpartition(".")[0]
    return any(project.find_path(each, level, path) in project.carriers for each in {origin, package})


def _has_sdk(data: object, evaluator: Evaluator) -> bool:
    """Return whether a value is another scanned file that exports something of the SDK, also by `import *`."""
    pending, visited = [data], set()
    while pending:
        module = pending.pop()
        if isinstance(module, Module) and module.path not in visited:
            visited.add(module.path)
            if any(_exports_sdk(module, name, evaluator) for name in module.top.bindings):
                return True
            pending += [evaluator.project.find_module(*star, module.path) for star in module.top.stars]
    return False


def _list_exports(module: Module, file: SourceFile) -> ExportedNames:
    """List the names of a file that are something of the SDK, and those that it imports from other scanned files."""
    evaluator, project, path = file.make_evaluator(), file.project, module.path
    names: dict[str, tuple[Source, ...]] = {}
    for name, bindings in module.top.bindings.items():
        sources: list[Source] = []
        for each in bindings:
            package, _, last = each.origin.rpartition(".")
            if isinstance(each.node, ast.ImportFrom) and (package or each.level):
                found = project.find_path(package, each.level, path)
                sources += [(found, last)] if found is not None else []
        if len(sources) < len(bindings) and _exports_sdk(module, name, evaluator):
            names[name] = ()
        elif sources:
            names[name] = tuple(sources)
    stars = (project.find_path(origin, level, path) for origin, level in module.top.stars)
    return names | {STAR: tuple((each, STAR) for each in stars if each is not None)} if module.top.stars else names


def _note_base_files(module: Module, project: Project, calls: SdkCalls) -> None:
    """Note the other files that have base classes of the classes of a file that call the SDK."""
    references, index = calls.references, calls.references.index_of(module.top)
    around = {each.node for call in calls.all_calls if (each := references.scope_of(call.node).enclosing_class)}
    classes = [each for each in index.classes if each.node in around]
    bases = (base for each in classes for base in references.find_bases(each) if isinstance(base, OwnClass))
    if paths := {base.scope.path for base in bases} - {module.path}:
        functions = [index.find_function(call.node) for call in calls.all_calls]
        leading = index.find_leading(getattr(function, "name", "") for function in functions)
        for path in paths:
            project.deriving.setdefault(path, {})[module.path] = leading


def _exports_sdk(module: Module, name: str, evaluator: Evaluator) -> bool:
    data = evaluator.look_up(name, module.top, {})
    return any(_is_of_sdk(evaluator.sdk, item) for item in flatten(data))


def _is_of_sdk(sdk: Sdk, data: object) -> bool:
    if isinstance(data, DottedName) and sdk.owns(data.name):
        return True
    return isinstance(data, Client) or bool(name_remedy_function(data))
