"""Resolves a user's names, and compares the caught failure with classes. Pure.

Names are followed through assignments, imports and the other files of the scan. A name that can't be followed has the
value `Unknown` with the reason. A `TrialRecord` keeps what the failure was compared with, by which handlers differ.
"""

import ast
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final

from matrix.scan.failures import OTHER, Failure
from matrix.scan.project import Project
from matrix.scan.scopes import Binding, BindingKind, Module, Scope, is_builtin
from matrix.scan.sdk import Sdk
from matrix.scan.values import (
    NONE,
    Aspect,
    Client,
    DottedName,
    OwnClass,
    OwnFunction,
    Unknown,
    Value,
    collect,
    flatten,
    make_unknown,
)
from matrix.scan.work import Work

Env = dict[str, Value]

PLAIN: Final = (str, int, float, bytes, bool, type(None))


@dataclass
class TrialRecord:
    """What a piece of code did with the caught error while it was tried on all failures.

    Attributes:
        comparisons: Every comparison with an aspect of the error: its file and the aspects, by node.
        classes: Every class that the error was compared with, in order.
        undecided: The reason why the code's decision can't be known, by the failure's id.
        functions: The functions that were called with the error.
        constants: The numbers and texts that an aspect of the error was compared with.
    """

    comparisons: dict[ast.AST, tuple[str, frozenset[Aspect]]] = field(default_factory=dict)
    classes: dict[DottedName, None] = field(default_factory=dict)
    undecided: dict[str, str] = field(default_factory=dict)
    functions: set[ast.AST] = field(default_factory=set)
    constants: set[object] = field(default_factory=set)

    @property
    def aspects(self) -> frozenset[Aspect]:
        """Every aspect of the error that was compared with something."""
        return NONE.union(*(aspects for _, aspects in self.comparisons.values()))


@dataclass
class Resolver(ABC):
    """A resolver of names and classes for one failure; a subclass evaluates expressions.

    Attributes:
        project: The files that are scanned together.
        sdk: The SDK whose errors may be caught.
        failure: The caught failure.
        record: What the code does with the failure.
        cache: The values of names of modules and classes, which are the same for every failure.
        depth: The depth of the current expression in others.
        steps: The number of expressions that were evaluated.
        entered: The functions that are being followed.
        work: The work of judging the file so far.
    """

    project: Project
    sdk: Sdk
    failure: Failure = OTHER
    record: TrialRecord = field(default_factory=TrialRecord)
    cache: dict[Binding, Value] = field(default_factory=dict)
    depth: int = 0
    steps: int = 0
    entered: list[ast.AST] = field(default_factory=list)
    work: Work = field(default_factory=Work)

    @abstractmethod
    def evaluate(self, node: ast.AST, scope: Scope, env: Env | None = None) -> Value:
        """Evaluate an expression; `env` has the values of local names."""

    def truth_of(self, value: Value) -> bool | None:
        """Return whether a value counts as true; None if that can't be known."""
        if isinstance(value.data, Unknown):
            return None
        return bool(value.data) if isinstance(value.data, (*PLAIN, tuple, frozenset, dict)) else True

    def record_comparison(self, node: ast.AST, scope: Scope, aspects: frozenset[Aspect]) -> None:
        """Record that a node compares aspects of the error with something."""
        compared = aspects - {Aspect.ERROR}
        if compared:
            earlier = self.record.comparisons.get(node, ("", NONE))[1]
            self.record.comparisons[node] = (scope.path, compared | earlier)

    # The error and classes.

    def is_a(self, classes: object) -> bool | Unknown:
        """Return whether the failure is an instance of a class, or of one of several."""
        doubt: Unknown | None = None
        for each in flatten(classes):
            answer = self._is_instance(each)
            if answer is True:
                return True
            doubt = answer if isinstance(answer, Unknown) else doubt
        return doubt or False

    def _is_instance(self, class_: object) -> bool | Unknown:
        if isinstance(class_, Unknown):
            return class_
        if not isinstance(class_, DottedName):
            return False
        self.record.classes[class_] = None
        sdk = self.sdk
        name = sdk.public(class_.name)
        if name in self.failure.classes:
            return True
        root, last = name.partition(".")[0], name.rpartition(".")[2]
        if root == sdk.module and name not in sdk.errors and last[:1].isupper() and last.endswith("Error"):
            return Unknown(f"no measured release raises {name}")
        if root in {sdk.module, sdk.target.transport.module, "builtins"}:
            return False
        is_camel = last.lstrip("_")[:1].isupper() and not last.isupper()
        if is_camel and (f"{sdk.module}.{last}" not in sdk.errors or root in sdk.other_packages):
            return False
        return Unknown(f"{last} comes from {class_.name.rpartition('.')[0] or class_.name}, which was not scanned")

    # Names.

    def inner_scope(self, node: ast.AST, scope: Scope) -> Scope:
        """Return the scope that a function or class opens; the scope around it if it opens none."""
        return scope.children.get(node, scope)

    def value_of(self, binding: Binding, name: str) -> Value:
        """Return the value of one binding of a name."""
        if binding not in self.cache:
            self.cache[binding] = make_unknown(f"{name} is defined by itself")  # until it is known
            self.cache[binding] = self._compute_binding(binding, name)
        return self.cache[binding]

    def _compute_binding(self, binding: Binding, name: str) -> Value:
        match binding:
            case Binding(kind=BindingKind.IMPORT):
                return self._resolve_import(binding)
            case Binding(kind=BindingKind.VALUE | BindingKind.WITH | BindingKind.ADDED, node=ast.AST() as node):
                return self.evaluate(node, binding.scope)
            case Binding(kind=BindingKind.FUNCTION, node=ast.FunctionDef() | ast.AsyncFunctionDef() as function):
                return Value(OwnFunction(function, binding.scope))
            case Binding(kind=BindingKind.CLASS, node=ast.ClassDef() as own):
                return Value(OwnClass(own, binding.scope))
            case Binding(kind=BindingKind.PARAMETER, node=ast.AST() as annotation) if self.is_client(
                annotation, binding.scope
            ):
                return Value(Client())
            case Binding(kind=BindingKind.PARAMETER):
                return make_unknown(f"the caller passes {name}")
        return make_unknown(f"the source does not show what {name} is")

    def _resolve_import(self, binding: Binding) -> Value:
        origin, level, path = binding.origin, binding.level, binding.scope.path
        if level == 0 and origin.partition(".")[0] in self.sdk.known_packages:
            return Value(DottedName(origin))
        if isinstance(binding.node, ast.ImportFrom):
            package, _, name = origin.rpartition(".")
            module = self.project.find_module(package, level, path) if package or level else None
            if module is not None and (value := self.look_up_member(module, name)) is not None:
                return value
        whole = self.project.find_module(origin, level, path)
        return Value(whole if whole is not None else DottedName("." * level + origin))

    def is_client(self, annotation: ast.AST, scope: Scope) -> bool:
        """Return whether an annotation names a client: directly, as text, or in a union."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            names = annotation.value.replace("|", " ").replace("[", " ").replace("]", " ").split()
            return any(self._is_client_name(name, scope) for name in names)
        return any(
            isinstance(value.data, DottedName) and self.sdk.is_client(value.data.name)
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name | ast.Attribute)
            for value in [self.evaluate(node, scope)]
        )

    def _is_client_name(self, dotted: str, scope: Scope) -> bool:
        try:
            node = ast.parse(dotted, mode="eval").body
        except (SyntaxError, ValueError):
            return False
        return isinstance(node, ast.Name | ast.Attribute) and self.is_client(node, scope)

    def look_up_member(self, module: Module, name: str) -> Value | None:
        """Look up a name at the top of another file of the scan; None if it has no such name."""
        bindings = module.top.bindings.get(name)
        if bindings:
            return self.merge_bindings(bindings, name)
        return self._look_up_starred(module.top, name)

    def look_up(self, name: str, scope: Scope) -> Value:
        """Look up a name as it is seen from a scope."""
        bindings = scope.find_bindings(name)
        if bindings:
            return self.merge_bindings(bindings, name)
        if (starred := self._look_up_starred(scope.top, name)) is not None:
            return starred
        if is_builtin(name):
            return Value(DottedName(f"builtins.{name}"))
        return make_unknown(f"{name} is not defined in this file")

    def _look_up_starred(self, top: Scope, name: str) -> Value | None:
        """Look up a name that `import *` may bring: the SDK's if it has the name and no other module may bring it."""
        sources = []
        sdk, public_name = self.sdk, f"{self.sdk.module}.{name}"
        self.work.spend(len(top.stars))
        for origin, level in top.stars:
            if level == 0 and origin in {sdk.module, f"{sdk.module}._exceptions"}:
                sources.append(f"{origin}.{name}" if public_name in sdk.errors or sdk.is_client(public_name) else "")
            elif (module := self.project.find_module(origin, level, top.path)) is not None and module.top is not top:
                if name in module.top.bindings:
                    return self.look_up_member(module, name)
            else:
                sources.append("?")
        if any(source.startswith(sdk.module) for source in sources):
            if "?" in sources:
                return make_unknown(f"{name} may come from more than one `import *`")
            return Value(DottedName(next(source for source in sources if source.startswith(sdk.module))))
        return make_unknown(f"{name} may come from an `import *`") if "?" in sources and not is_builtin(name) else None

    def merge_bindings(self, bindings: list[Binding], name: str) -> Value:
        """Merge the values of a name's bindings: `+=` adds to the value, and a fallback of an import is ignored."""
        self.work.spend(len(bindings))
        values = [self.value_of(binding, name) for binding in bindings if binding.kind is not BindingKind.ADDED]
        additions = [self.value_of(binding, name) for binding in bindings if binding.kind is BindingKind.ADDED]
        value = values[0] if len(values) == 1 else _choose(self.sdk, values, name)
        for addition in additions:
            value = collect((*flatten(value.data), *flatten(addition.data)), value.aspects | addition.aspects)
        return value


def _choose(sdk: Sdk, values: list[Value], name: str) -> Value:
    """Choose the value that a name with several bindings has: the SDK's before its fallback."""
    of_sdk = [value for value in values if any(_is_of_sdk(sdk, item) for item in flatten(value.data))]
    if of_sdk:
        private = [value for value in of_sdk if isinstance(value.data, DottedName) and "._" in value.data.name]
        names = {
            sdk.public(value.data.name) if isinstance(value.data, DottedName) else repr(value.data) for value in of_sdk
        }
        if len(names) == 1:
            return (private or of_sdk)[0]
        errors = [value for value in of_sdk if isinstance(value.data, DottedName) and "Error" in value.data.name]
        if len(of_sdk) == len(errors) == len(values):  # a class, or another class on a release that lacks it
            return Value(DottedName(errors[0].data.name, fallback=True))
        return make_unknown(f"{name} has several values")
    known = [value for value in values if value.known and value.data not in (None, ())]
    return known[0] if len(known) == 1 and len(known) == len(values) else make_unknown(f"{name} has several values")


def _is_of_sdk(sdk: Sdk, item: object) -> bool:
    is_name = isinstance(item, DottedName) and item.name.partition(".")[0] == sdk.module
    return is_name or isinstance(item, Client)


def unparse_short(node: ast.AST, limit: int = 60) -> str:
    """Return the source of an expression on one line, shortened for a note."""
    try:
        text = ast.unparse(node)
    except (ValueError, RecursionError, AttributeError):
        return "this"
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
