"""A file under the scan, and what the scan has learnt of it so far. Pure."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from matrix.findings.model import Place
from matrix.scan.evaluator import Evaluator
from matrix.scan.file_index import name_of_called, walk_code
from matrix.scan.imports import find_failure
from matrix.scan.project import Project
from matrix.scan.recorded import Recorded
from matrix.scan.resolver import Env, TrialRecord
from matrix.scan.scopes import Binding, Module
from matrix.scan.sdk import Sdk
from matrix.scan.sdk_calls import SdkCalls
from matrix.scan.work import Work

LONGEST: Final = 100
"""The most characters of code that are shown of a place."""


@dataclass
class SourceFile:
    """A file under the scan.

    Attributes:
        sdk: The SDK whose errors it may catch.
        recorded: The release that it is judged on.
        module: Its parsed source.
        project: The files that are scanned with it.
        calls: The calls of the SDK in it.
        cache: The values of the names that were looked up, and the base classes of classes.
        modules: The values of the names of modules that were run.
        covered: The calls of the SDK inside something that catches.
        called_functions: The functions that a place calls with the error.
        work: The work of judging it so far.
        is_base_only: Whether it calls the SDK only by the subclasses of its classes.
    """

    sdk: Sdk
    recorded: Recorded
    module: Module
    project: Project
    calls: SdkCalls
    work: Work
    cache: dict[Binding | ast.ClassDef, Any] = field(default_factory=dict)
    modules: dict[ast.AST, Env] = field(default_factory=dict)
    covered: set[ast.Call] = field(default_factory=set)
    called_functions: set[ast.AST] = field(default_factory=set)
    is_base_only: bool = False

    def make_evaluator(self, record: TrialRecord | None = None) -> Evaluator:
        """Make an evaluator of expressions on the release."""
        return Evaluator(
            self.project,
            self.sdk,
            self.recorded,
            self.calls,
            record or TrialRecord(),
            self.cache,
            modules=self.modules,
            work=self.work,
        )

    @cached_property
    def missing_import(self) -> str:
        """The exception that importing the file raises on the release, by its class; empty if it raises none."""
        return find_failure(self.make_evaluator(), self.module)

    @cached_property
    def _leading_methods(self) -> frozenset[str]:
        """The names of the functions that lead to methods of subclasses that call the SDK."""
        names = frozenset().union(*self.project.deriving[self.module.path].values())
        return self.calls.references.index_of(self.module.top).find_leading(names)

    def may_call_sdk(self, nodes: Iterable[ast.AST]) -> bool:
        """Return whether some code may call the SDK: where only subclasses do, it has to call a method of theirs."""
        return not self.is_base_only or any(
            isinstance(node, ast.Call) and name_of_called(node) in self._leading_methods for node in walk_code(nodes)
        )

    def place_of(self, node: ast.stmt | ast.expr | ast.excepthandler | ast.keyword) -> Place:
        """Return the position of a node."""
        return Place(self.module.path, node.lineno, self.module.column_of(node))

    def code_of(self, node: ast.stmt | ast.expr) -> str:
        """Return the source of a node, shortened."""
        return shorten(self.module.code_of(node))

    def says_overload(self, nodes: Iterable[ast.AST]) -> bool:
        """Return whether code has a text or a number that only an overloaded server of this API says."""
        return any(
            isinstance(each, ast.Constant) and isinstance(each.value, str | int) and self.sdk.says_overload(each.value)
            for node in nodes
            for each in ast.walk(node)
        )


def shorten(code: str) -> str:
    """Cut code to the length that is shown."""
    return code if len(code) <= LONGEST else code[: LONGEST - 3] + "..."


def find_function_name(module: Module, node: ast.AST) -> str:
    """Return the qualified name of the function around a node; empty if there is none."""
    scope = module.scope_of.get(node)
    if scope is None:
        ancestors = module.find_ancestors(node)
        scope = next((module.scope_of[each] for each in ancestors if each in module.scope_of), module.top)
    return scope.qualified_name
