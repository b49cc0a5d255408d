"""One file's text in, what catches errors of the SDK in it out. Pure."""

import ast
import io
import re
import tokenize
import warnings
from typing import Final

from matrix.findings.model import Place, Problem
from matrix.scan.evaluate import Evaluator
from matrix.scan.found import Catch, Source
from matrix.scan.names import Kind, Module, read
from matrix.scan.predicates import predicates
from matrix.scan.project import Project
from matrix.scan.reliance import max_retries, stop_reasons
from matrix.scan.remedies import ours
from matrix.scan.retries import retries
from matrix.scan.sdk import Sdk
from matrix.scan.suppressions import suppressions
from matrix.scan.trial import File
from matrix.scan.tries import tries
from matrix.scan.values import Client, Origin, flat
from matrix.targets.target import Target

_DEEP: Final = "It is nested too deeply to be read."


def scan(target: Target, text: str | bytes, path: str, project: Project | None = None) -> Source:
    """Find what catches errors of the SDK in a file.

    Args:
        target: The target whose SDK is meant.
        text: Its source; of bytes, the encoding is found as Python finds it.
        path: As it is to be shown.
        project: The files that it is scanned with, in which its imports are looked up.

    Returns:
        What was found. Never raises: what can't be read is a problem.
    """
    found, _ = scan_with_exports(Sdk(target), text, path, project or Project())
    return found


def scan_with_exports(sdk: Sdk, text: str | bytes, path: str, project: Project) -> tuple[Source, set[str]]:
    """What `scan` says, and the names of the file that come to something of the SDK, for others to import."""
    parsed = parse(text, path)
    try:
        if isinstance(parsed, Module):
            found = look(sdk, parsed, project)
            evaluator = File(sdk, parsed, project, uses_sdk=True).evaluator()
            return found, {
                name
                for name in parsed.top.bindings
                if any(_is_sdk(sdk, value) for value in _given(parsed, name, evaluator))
            }
    except (RecursionError, MemoryError):
        parsed = Problem(Place(path), _DEEP)
    return Source(path=path, problems=(parsed,), uses_sdk=mentions(sdk, text)), set()


_IMPORT: Final = re.compile(rb"(?:^|[:;\r\xbf])[ \t\f]*+(?:import|from)\b", re.MULTILINE)
_COPY: Final = re.compile(rb"^class StreamFailed\b", re.MULTILINE)


def mentions(sdk: Sdk, text: str | bytes) -> bool:
    """Whether a source may import the SDK or have our remedy in it: to parse it costs a hundred times as much.

    An import has the name on its first line. Each byte is looked at once, however many imports stand on one line.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    done = 0
    for name in sdk.mention.finditer(data):
        line = max(done, data.rfind(b"\n", done, name.start()) + 1)
        if _IMPORT.search(data, line, name.start()):
            return True
        done = name.end()
    return _COPY.search(data) is not None


def parse(text: str | bytes, path: str) -> Module | Problem:
    """A file with its names, or why it can't be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python has to say of a user's escapes and the like is not our matter
            tree = ast.parse(text)
        shown = text if isinstance(text, str) else _decoded(text)
        return read(shown, path, tree)
    except SyntaxError as error:
        line = error.lineno if error.lineno and error.lineno > 0 else 0
        hint = "Is it written for another version of Python, or no Python at all?"
        if "codec" in str(error.msg) or "encoding" in str(error.msg):
            hint = "Say its encoding in the first line, or save it as UTF-8."
        return Problem(Place(path, line), f"It is no Python that can be read: {error.msg}.", hint)
    except ValueError as error:  # null bytes, before Python 3.12, and surrogates
        return Problem(Place(path), f"It is no Python that can be read: {error}.", "Is it a text file?")
    except (RecursionError, MemoryError):
        return Problem(Place(path), _DEEP)


def _decoded(text: bytes) -> str:
    """Source as Python decodes it."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(text).readline)
    return text.decode(encoding, "replace")


def look(sdk: Sdk, module: Module, project: Project) -> Source:
    """What catches errors of the SDK in a file that was parsed."""
    file = File(sdk, module, project, uses_sdk=False)
    if not uses_sdk(file):
        return Source(path=module.path)
    file.uses_sdk = True
    found: list[Catch] = [*tries(file), *suppressions(file), *retries(file)]
    found += predicates(file)
    found += stop_reasons(file)
    found += max_retries(file)
    return Source(path=module.path, catches=tuple(sorted(found, key=_order)), uses_sdk=True)


def _order(catch: Catch) -> tuple[int, int, str]:
    return catch.place.line, catch.place.column, catch.handler


def uses_sdk(file: File) -> bool:
    """Whether a file imports the SDK, our remedy, or something of the SDK from a file that is scanned with it."""
    if file.sdk.module in file.module.imported_roots:
        return True
    evaluator, project = file.evaluator(), file.project
    for scope in list(file.module.scopes.values()):
        for name, found in scope.bindings.items():
            for one in found:
                if one.kind is Kind.IMPORT:
                    data = evaluator.bound(one, name).data
                    if any(_is_sdk(file.sdk, part) or _has_sdk(part, evaluator) for part in flat(data)):
                        return True
        for origin, level in scope.stars:
            if _has_sdk(project.module(origin, level, file.module.path), evaluator):
                return True
    return False


def _has_sdk(part: object, evaluator: Evaluator) -> bool:
    """Whether something is another file of the user's that has something of the SDK to give."""
    return isinstance(part, Module) and any(
        _is_sdk(evaluator.sdk, one) for name in part.top.bindings for one in _given(part, name, evaluator)
    )


def _given(module: Module, name: str, evaluator: Evaluator) -> list[object]:
    return flat(evaluator.named(name, module.top).data)


def _is_sdk(sdk: Sdk, part: object) -> bool:
    if isinstance(part, Origin) and part.name.startswith(f"{sdk.module}."):
        return True
    return isinstance(part, Client) or part == Origin(sdk.module) or bool(ours(part))
