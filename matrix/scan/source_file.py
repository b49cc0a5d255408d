"""A file under the scan, and what the scan has learnt of it so far. Pure."""

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from matrix.findings.model import Place
from matrix.scan.evaluator import Evaluator
from matrix.scan.failures import OTHER, Failure
from matrix.scan.project import Project
from matrix.scan.resolver import TrialRecord
from matrix.scan.scopes import Binding, Module
from matrix.scan.sdk import Sdk
from matrix.scan.sdk_calls import SdkCalls
from matrix.scan.values import Value
from matrix.scan.work import Work

LONGEST: Final = 100
"""The most characters of code that are shown of a place."""


@dataclass
class SourceFile:
    """A file under the scan.

    Attributes:
        sdk: The SDK whose errors it may catch.
        module: Its parsed source.
        project: The files that are scanned with it.
        uses_sdk: Whether it uses the SDK.
        cache: The values of the names that were looked up.
        covered: The calls of the SDK inside something that catches.
        called_functions: The functions that a handler in it calls with the error.
        work: The work of judging it so far.
    """

    sdk: Sdk
    module: Module
    project: Project
    uses_sdk: bool
    cache: dict[Binding, Value] = field(default_factory=dict)
    covered: set[ast.Call] = field(default_factory=set)
    called_functions: set[ast.AST] = field(default_factory=set)
    work: Work = field(default_factory=Work)

    def make_evaluator(self, failure: Failure = OTHER, record: TrialRecord | None = None) -> Evaluator:
        """Make an evaluator of expressions for one failure."""
        return Evaluator(self.project, self.sdk, failure, record or TrialRecord(), self.cache, work=self.work)

    @cached_property
    def calls(self) -> SdkCalls:
        """The calls of the SDK in it."""
        return SdkCalls(self.sdk, self.module, self.project, self.work, uses_sdk=self.uses_sdk)

    def place_of(self, node: ast.stmt | ast.expr | ast.excepthandler | ast.keyword) -> Place:
        """Return the position of a node."""
        return Place(self.module.path, node.lineno, self.module.column_of(node))

    def code_of(self, node: ast.stmt | ast.expr) -> str:
        """Return the source of a node, shortened."""
        return shorten(self.module.code_of(node))


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
