"""What a name of a user's means, and whether the caught failure is of a class. Pure.

Names are followed through assignments, imports and the other files that are scanned; where that can't be done, the
value is `Unknown` and says why. What the failure was held against is kept in `Seen`: that tells the idioms apart.
"""

import ast
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final

from matrix.scan.failures import OTHER, Failure
from matrix.scan.names import Binding, Kind, Module, Scope, is_builtin
from matrix.scan.project import Project
from matrix.scan.sdk import Sdk
from matrix.scan.values import (
    NONE,
    Client,
    Facet,
    Origin,
    OwnClass,
    OwnFunction,
    Unknown,
    Value,
    collected,
    flat,
    unknown,
)

Env = dict[str, Value]

PLAIN: Final = (str, int, float, bytes, bool, type(None))

_RETRY_LIBRARIES: Final = frozenset({"tenacity", "backoff"})
"""Packages whose names are never looked up in the files that are scanned."""


@dataclass
class Seen:
    """What was looked at while a piece of code was tried, over all failures.

    Attributes:
        tests: Every comparison with a part of the error: where, in which file, with which part.
        classes: Every class that the error was held against.
        blind: By failure, why what is done with it can't be known.
        functions: The functions that were called with it.
        constants: The numbers and texts that a part of it was compared with.
    """

    tests: dict[ast.AST, tuple[str, frozenset[Facet]]] = field(default_factory=dict)
    classes: dict[Origin, None] = field(default_factory=dict)
    blind: dict[str, str] = field(default_factory=dict)
    functions: set[ast.AST] = field(default_factory=set)
    constants: set[object] = field(default_factory=set)

    @property
    def facets(self) -> frozenset[Facet]:
        """Every part of the error that was compared with something."""
        return NONE.union(*(facets for _, facets in self.tests.values()))


@dataclass
class Resolver(ABC):
    """Works out names and classes for one failure; expressions are worked out by what derives from it.

    Attributes:
        project: The files that are scanned together.
        sdk: The SDK whose errors may be caught.
        failure: The one that was caught.
        seen: What is looked at.
        cache: What names of modules and classes come to, which is the same whatever was caught.
        depth: How deep the expression that is worked out stands in others.
        steps: How many were worked out.
        entered: The functions that are being followed.
    """

    project: Project
    sdk: Sdk
    failure: Failure = OTHER
    seen: Seen = field(default_factory=Seen)
    cache: dict[Binding, Value] = field(default_factory=dict)
    depth: int = 0
    steps: int = 0
    entered: list[ast.AST] = field(default_factory=list)

    @abstractmethod
    def of(self, node: ast.AST, scope: Scope, env: Env | None = None) -> Value:
        """What an expression comes to; `env` is what the names of the code under trial are known to be."""

    def truth(self, value: Value) -> bool | None:
        """Whether a value counts as true; None if that can't be known."""
        if isinstance(value.data, Unknown):
            return None
        return bool(value.data) if isinstance(value.data, (*PLAIN, tuple, frozenset, dict)) else True

    def note(self, node: ast.AST, scope: Scope, facets: frozenset[Facet]) -> None:
        """Keep that a part of the error was compared with something here."""
        parts = facets - {Facet.ERROR}
        if parts:
            self.seen.tests[node] = (scope.path, parts | self.seen.tests.get(node, ("", NONE))[1])

    # What the error is, held against classes.

    def is_a(self, data: object) -> bool | Unknown:
        """Whether the failure is of a class, or of one of several."""
        doubt: Unknown | None = None
        for one in flat(data):
            answer = self._is_one(one)
            if answer is True:
                return True
            doubt = answer if isinstance(answer, Unknown) else doubt
        return doubt or False

    def _is_one(self, one: object) -> bool | Unknown:
        if isinstance(one, Unknown):
            return one
        if not isinstance(one, Origin):
            return False
        self.seen.classes[one] = None
        sdk = self.sdk
        name = sdk.public(one.name)
        if name in self.failure.classes:
            return True
        root, last = name.partition(".")[0], name.rpartition(".")[2]
        if root == sdk.module and name not in sdk.errors and last[:1].isupper() and last.endswith("Error"):
            return Unknown(f"no release that was measured raises {name}")
        if root in {sdk.module, sdk.target.transport.module, "builtins"}:
            return False
        is_camel = last.lstrip("_")[:1].isupper() and not last.isupper()
        others = sdk.target.classes.lookalikes | sys.stdlib_module_names
        if is_camel and (f"{sdk.module}.{last}" not in sdk.errors or root in others):
            return False
        return Unknown(f"{last} comes from {one.name.rpartition('.')[0] or one.name}, which was not scanned")

    # Names.

    def inner_scope(self, node: ast.AST, scope: Scope) -> Scope:
        """The scope that a function or class opens; the one it stands in if it opens none."""
        return scope.children.get(node, scope)

    def bound(self, binding: Binding, name: str) -> Value:
        """What one binding of a name comes to."""
        if binding not in self.cache:
            self.cache[binding] = unknown(f"{name} is defined by itself")  # until it is known
            self.cache[binding] = self._bound(binding, name)
        return self.cache[binding]

    def _bound(self, binding: Binding, name: str) -> Value:
        match binding:
            case Binding(kind=Kind.IMPORT):
                return self._imported(binding)
            case Binding(kind=Kind.VALUE | Kind.WITH | Kind.ADDED, node=ast.AST() as node):
                return self.of(node, binding.scope)
            case Binding(kind=Kind.FUNCTION, node=ast.FunctionDef() | ast.AsyncFunctionDef() as function):
                return Value(OwnFunction(function, binding.scope))
            case Binding(kind=Kind.CLASS, node=ast.ClassDef() as own):
                return Value(OwnClass(own, binding.scope))
            case Binding(kind=Kind.PARAMETER, node=ast.AST() as annotation) if self.is_client(
                annotation, binding.scope
            ):
                return Value(Client())
            case Binding(kind=Kind.PARAMETER):
                return unknown(f"{name} is what the caller gives")
        return unknown(f"what {name} is can't be seen")

    def _imported(self, binding: Binding) -> Value:
        origin, level, path = binding.origin, binding.level, binding.scope.path
        known = {self.sdk.module, self.sdk.target.transport.module, *_RETRY_LIBRARIES}
        if level == 0 and origin.partition(".")[0] in known:
            return Value(Origin(origin))
        if isinstance(binding.node, ast.ImportFrom):
            package, _, name = origin.rpartition(".")
            module = self.project.module(package, level, path) if package or level else None
            if module is not None and (found := self.member(module, name)) is not None:
                return found
        whole = self.project.module(origin, level, path)
        return Value(whole if whole is not None else Origin("." * level + origin))

    def is_client(self, annotation: ast.AST, scope: Scope) -> bool:
        """Whether an annotation names a client: itself, as text, or in a union."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            names = annotation.value.replace("|", " ").replace("[", " ").replace("]", " ").split()
            return any(self._is_client_name(name, scope) for name in names)
        return any(
            isinstance(value.data, Origin) and self.sdk.is_client(value.data.name)
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name | ast.Attribute)
            for value in [self.of(node, scope)]
        )

    def _is_client_name(self, dotted: str, scope: Scope) -> bool:
        try:
            node = ast.parse(dotted, mode="eval").body
        except (SyntaxError, ValueError):
            return False
        return isinstance(node, ast.Name | ast.Attribute) and self.is_client(node, scope)

    def member(self, module: Module, name: str) -> Value | None:
        """A name at the top of another file that was scanned; None if it has none."""
        found = module.top.bindings.get(name)
        if found:
            return self.either(found, name)
        return self._starred(module.top, name)

    def named(self, name: str, scope: Scope) -> Value:
        """What a name comes to where it stands."""
        found = scope.find(name)
        if found:
            return self.either(found, name)
        if (starred := self._starred(scope.top, name)) is not None:
            return starred
        if is_builtin(name):
            return Value(Origin(f"builtins.{name}"))
        return unknown(f"{name} is not defined in this file")

    def _starred(self, top: Scope, name: str) -> Value | None:
        """A name that came with `import *`: of the SDK if it has such a class, and nothing else can have brought it."""
        others = []
        sdk, public_name = self.sdk, f"{self.sdk.module}.{name}"
        for origin, level in top.stars:
            if level == 0 and origin in {sdk.module, f"{sdk.module}._exceptions"}:
                others.append(f"{origin}.{name}" if public_name in sdk.errors or sdk.is_client(public_name) else "")
            elif (module := self.project.module(origin, level, top.path)) is not None and module.top is not top:
                if name in module.top.bindings:
                    return self.member(module, name)
            else:
                others.append("?")
        if any(one.startswith(sdk.module) for one in others):
            if "?" in others:
                return unknown(f"{name} may come from more than one `import *`")
            return Value(Origin(next(one for one in others if one.startswith(sdk.module))))
        return unknown(f"{name} may come from an `import *`") if "?" in others and not is_builtin(name) else None

    def either(self, found: list[Binding], name: str) -> Value:
        """What a name with several bindings comes to: what is added is added, an import's fallback is passed over."""
        values = [self.bound(one, name) for one in found if one.kind is not Kind.ADDED]
        added = [self.bound(one, name) for one in found if one.kind is Kind.ADDED]
        value = values[0] if len(values) == 1 else _choose(self.sdk, values, name)
        for one in added:
            value = collected((*flat(value.data), *flat(one.data)), value.facets | one.facets)
        return value


def _choose(sdk: Sdk, values: list[Value], name: str) -> Value:
    """The one of several values that is meant; of the SDK before what stands in for it where that is missing."""
    ours = [value for value in values if any(isinstance(one, Client) or _of_sdk(sdk, one) for one in flat(value.data))]
    if ours:
        private = [value for value in ours if isinstance(value.data, Origin) and "._" in value.data.name]
        names = {sdk.public(value.data.name) if isinstance(value.data, Origin) else repr(value.data) for value in ours}
        if len(names) == 1:
            return (private or ours)[0]
        rest = [value for value in ours if isinstance(value.data, Origin) and "Error" in value.data.name]
        if len(ours) == len(rest) == len(values):  # a class, or where the release lacks it another one
            return Value(Origin(rest[0].data.name, fallback=True))
        return unknown(f"{name} is bound more than once")
    known = [value for value in values if value.known and value.data not in (None, ())]
    return known[0] if len(known) == 1 and len(known) == len(values) else unknown(f"{name} is bound more than once")


def _of_sdk(sdk: Sdk, one: object) -> bool:
    return isinstance(one, Origin) and one.name.partition(".")[0] == sdk.module


def short(node: ast.AST, limit: int = 60) -> str:
    """An expression on one line, for a note."""
    try:
        text = ast.unparse(node)
    except (ValueError, RecursionError, AttributeError):
        return "this"
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
