"""Helpers that parse short sources into files under the scan."""

import ast
import textwrap
from collections.abc import Mapping

from matrix.scan.project import Project
from matrix.scan.recorded import Recorded
from matrix.scan.scanning import parse
from matrix.scan.scopes import Module
from matrix.scan.sdk import Sdk
from matrix.scan.sdk_calls import SdkCalls
from matrix.scan.source_file import SourceFile
from matrix.scan.work import Work
from matrix.targets import ANTHROPIC

SDK = Sdk(ANTHROPIC)


def parse_source(text: str, path: str = "app.py") -> Module:
    """Parse an indented source."""
    module = parse(textwrap.dedent(text), path)
    assert isinstance(module, Module)
    return module


def open_source(text: str, others: Mapping[str, str] | None = None) -> SourceFile:
    """Open a source that uses the SDK, in a project with other files, by path."""
    files = {path: parse_source(source, path) for path, source in (others or {}).items()}
    module, project, work = parse_source(text), Project(files, files.get), Work()
    calls = SdkCalls(SDK, module, project, work, uses_sdk=True)
    return SourceFile(SDK, Recorded(ANTHROPIC, "", {}, ()), module, project, calls, work)


def find_block(file: SourceFile) -> list[ast.stmt]:
    """Find the body of the first `try` in a file."""
    return next(node.body for node in file.module.parents if isinstance(node, ast.Try))
