"""Frameworks that call the SDK and raise exceptions of their own, which were not measured. Pure."""

import ast
from collections.abc import Iterable
from typing import Any

from matrix.scan.file_index import name_of_called, walk_code
from matrix.scan.source_file import SourceFile
from matrix.scan.values import DottedName, Instance


def name_framework(file: SourceFile, values: Iterable[Any]) -> str:
    """Name the framework of the first value that is its class, its function or an object of it; empty if none is."""
    names = (each.of if isinstance(each, Instance) else each for each in values)
    roots = (each.name.lstrip(".").partition(".")[0] for each in names if isinstance(each, DottedName))
    return next((root for root in roots if root in file.sdk.frameworks), "")


def find_asked_framework(file: SourceFile, nodes: Iterable[ast.AST]) -> str:
    """Find the framework that some code asks for an answer of a model; empty if it asks none."""
    frameworks = file.sdk.frameworks
    if file.module.imported.isdisjoint(frameworks):
        return ""
    asking = frozenset().union(*frameworks.values())
    for call in walk_code(nodes):
        if isinstance(call, ast.Call) and name_of_called(call) in asking:
            evaluator, scope = file.make_evaluator(), file.module.scope_of[call]
            owner = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            names = (each for each in ast.walk(call.func) if isinstance(each, ast.Name))  # of what an owner is made
            values = [evaluator.evaluate_safely(each, scope) for each in (call.func, *owner, *names)]
            if framework := name_framework(file, values):
                return framework
    return ""
