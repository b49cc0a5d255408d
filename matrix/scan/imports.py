"""Imports that fail on a release: of a class that it lacks, or of a package that its environment lacks. Pure."""

import ast

from matrix.scan.project import Project
from matrix.scan.recorded import Recorded
from matrix.scan.scopes import Scope
from matrix.scan.sdk import Sdk


def find_missing(
    sdk: Sdk, recorded: Recorded, project: Project, statement: ast.Import | ast.ImportFrom, scope: Scope
) -> str:
    """Return the name of the exception that an import raises on a release; empty if it raises none."""
    match statement:
        case ast.Import(names=names):
            lacking = any(_lacks(recorded, project, alias.name, scope) for alias in names)
            return "ModuleNotFoundError" if lacking else ""
        case ast.ImportFrom(module=str(origin), names=names, level=0):
            if _lacks(recorded, project, origin, scope):
                return "ModuleNotFoundError"
            if origin.partition(".")[0] == sdk.module:
                classes = [f"{origin}.{alias.name}" for alias in names]
                if any(sdk.is_error(name) and recorded.lacks_class(name) for name in classes):
                    return "ImportError"
    return ""


def _lacks(recorded: Recorded, project: Project, origin: str, scope: Scope) -> bool:
    package = origin.partition(".")[0]
    return recorded.lacks_package(package) and project.find_module(package, 0, scope.path) is None
