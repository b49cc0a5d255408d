"""Resolves a user's names, and compares errors with classes. Pure.

Names are followed through assignments, imports, parameters and the other files of the scan. A name that can't be
followed has the value `Unknown` with the reason.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from matrix.scan.changed import forget_changed, read_changed
from matrix.scan.class_checks import is_instance, is_subclass
from matrix.scan.parameters import resolve_parameter
from matrix.scan.project import Project
from matrix.scan.recorded import Recorded
from matrix.scan.scopes import FUNCTIONS, Binding, BindingKind, Module, Scope, is_builtin
from matrix.scan.sdk import Sdk
from matrix.scan.star_imports import find_starred
from matrix.scan.unbound import find_name_error
from matrix.scan.values import (
    Client,
    DottedName,
    ErrorPart,
    Instance,
    OwnClass,
    OwnFunction,
    Task,
    Unknown,
    collect,
    flatten,
    have_same_value,
    is_unknown,
    read_text,
)
from matrix.scan.wording import unparse_short
from matrix.scan.work import Work

if TYPE_CHECKING:
    from matrix.scan.sdk_calls import SdkCalls

Env = dict[str, Any]
"""The values of the names of one run of a function."""

ATTEMPTS: Final = "#attempts"
"""The name of the number of failed calls in the values of names; no program can have it."""

VARIES: Final = "#varies"
"""The name in values of names that is true if ways with different numbers of failed calls met."""

EMPTY: Final = "#empty"
"""The name in values of names that is true after a stream that brought nothing."""

HANDLED: Final = "#handled"
"""The name of the exception that a clause handles."""

YIELD: Final = "#yield"
"""The name of the exception that `yield` raises in a context manager."""

PLAIN: Final = (str, int, float, bytes, bool, type(None))


class Thrown(Exception):
    """A user's expression raises an exception.

    Args:
        error: The exception: a `CaughtError`, an `Instance` or `Unknown`.
        by_mistake: Whether no statement raises it: an attribute or a key is missing.
    """

    def __init__(self, error: Any, *, by_mistake: bool = False) -> None:
        super().__init__()
        self.error = error
        self.by_mistake = by_mistake


def crash(name: str) -> Thrown:
    """Make the exception that a mistake of the code raises, by the name of a builtin class."""
    return Thrown(Instance(DottedName(f"builtins.{name}")), by_mistake=True)


@dataclass
class TrialRecord:
    """What a piece of code did with the errors on which it was tried.

    Attributes:
        classes: Every class that an error was compared with, in order.
        undecided: The reason why the decision of the current trial can't be known; empty if it can.
        functions: The functions that were called with the error.
        compares: Whether it compared a part of an error.
        passes_status: Whether it passed the status of an error to an answer of its own.
    """

    classes: dict[DottedName, None] = field(default_factory=dict)
    undecided: str = ""
    functions: set[ast.AST] = field(default_factory=set)
    compares: bool = False
    passes_status: bool = False

    def add(self, run: "TrialRecord") -> None:
        """Add what the code did in one run."""
        self.classes |= run.classes
        self.undecided = run.undecided or self.undecided
        self.functions |= run.functions
        self.compares |= run.compares
        self.passes_status |= run.passes_status


@dataclass
class Resolver(ABC):
    """A resolver of names and classes on one release; a subclass evaluates expressions.

    Attributes:
        project: The files that are scanned together.
        sdk: The SDK whose errors may be caught.
        recorded: The release.
        calls: The calls of the SDK in the file.
        record: What the code does with the errors.
        cache: The values of names of modules and classes, and the base classes of classes, which never change.
        depth: The depth of the current expression in others.
        steps: The number of expressions that were evaluated.
        entered: The functions that are being followed.
        frames: The values of the names of each function that runs or ran, by its node.
        failing: The nodes whose evaluation fails, each to the error.
        entry_calls: The calls that lead to a failing call, if nothing in them fails by itself.
        pending: The ends of own calls that raise in one of several ways; the statement that runs takes them.
        modules: The values of the names of each module that was run, by its node.
        taken: The clauses that took an error, each with its statement.
        work: The work of judging the file so far.
        leading: The functions that may lead to a failing node: others are not run before a call has failed.
        most_attempts: The largest number of failed calls on any way through the code.
        repeats: Whether a loop or a function ran again after a failed call.
        reached: How many calls had failed when an exception first reached each `try`.
        changed: The attributes of the error to which the code assigns.
        is_aside: Whether a function runs that does not lead there.
        task_reads: Those of the failing nodes that read a task.
        quiet_calls: The calls whose result is thrown away or raised, so that texts in their arguments are not compared.
        is_quiet: Whether the arguments of such a call are evaluated.
        resolving: The parameters whose values are looked up, each with its function.
    """

    project: Project
    sdk: Sdk
    recorded: Recorded
    calls: "SdkCalls"
    record: TrialRecord = field(default_factory=TrialRecord)
    cache: dict[Binding | ast.ClassDef, Any] = field(default_factory=dict)
    depth: int = 0
    steps: int = 0
    entered: list[ast.AST] = field(default_factory=list)
    frames: dict[ast.AST, Env] = field(default_factory=dict)
    failing: dict[ast.AST, Any] = field(default_factory=dict)
    entry_calls: dict[ast.AST, Any] = field(default_factory=dict)
    pending: list[Any] = field(default_factory=list)
    modules: dict[ast.AST, Env] = field(default_factory=dict)
    taken: list[tuple[ast.AST, ast.ExceptHandler]] = field(default_factory=list)
    work: Work = field(default_factory=Work)
    leading: frozenset[ast.AST | None] = frozenset()
    most_attempts: int = 0
    repeats: bool = False
    reached: dict[ast.AST, int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    is_aside: bool = False
    task_reads: frozenset[ast.AST] = frozenset()
    quiet_calls: set[ast.AST] = field(default_factory=set)
    is_quiet: bool = False
    resolving: list[tuple[ast.AST, str]] = field(default_factory=list)

    def count_attempt(self, env: Env) -> None:
        """Count one more failed call."""
        env[ATTEMPTS] = env.get(ATTEMPTS, 0) + 1
        self.most_attempts = max(self.most_attempts, env[ATTEMPTS])

    @abstractmethod
    def evaluate(self, node: ast.AST, scope: Scope, env: Env | None = None, *, reads: bool = True) -> Any:
        """Evaluate an expression; `env` has the values of local names. Without `reads`, it may be an `UnreadText`.

        Raises:
            Thrown: The expression raises an exception.
        """

    @abstractmethod
    def call(self, function: Any, arguments: Sequence[Any], named: dict[str, Any], env: Env) -> Any:
        """Call a function of the scanned files.

        Raises:
            Thrown: The function raises an exception for certain.
        """

    @abstractmethod
    def run_lazy(self, value: Any, env: Env) -> Any:
        """Run a coroutine or a generator of the scanned files; return anything else as it is.

        Raises:
            Thrown: It raises an exception for certain.
        """

    def evaluate_safely(self, node: ast.AST, scope: Scope) -> Any:
        """Evaluate an expression that is not run; it is unknown if it raises an exception."""
        try:
            return self.evaluate(node, scope)
        except Thrown:
            return Unknown(f"`{unparse_short(node)}` raises an exception")

    def truth_of(self, value: Any) -> bool | None:
        """Return whether a value counts as true; None if that can't be known."""
        value = read_text(value)
        if isinstance(value, Unknown):
            return value.truth
        if isinstance(value, (*PLAIN, tuple, frozenset, dict)):
            return bool(value)
        is_task = isinstance(value, Task) and value.work is value.failed is None  # or another object
        if is_task or (isinstance(value, ErrorPart) and value.name == "cause"):
            return None
        return bool(value != DottedName("typing.TYPE_CHECKING"))

    def note_taken(self, statement: ast.AST, handler: ast.ExceptHandler, attempts: int) -> None:
        """Note that a clause takes an exception after a call has failed: the call's, or one made of it."""
        if attempts:
            self.taken.append((statement, handler))

    @abstractmethod
    def fail(self, node: ast.AST, env: Env) -> Any:
        """Let the call of the SDK that a node stands for fail once more."""

    def doubt(self, value: Any) -> None:
        """Note that the decision of this trial depends on a value of the error that can't be known."""
        if isinstance(value, Unknown) and value.of_error and not self.record.undecided:
            self.record.undecided = value.why

    # Errors and classes.

    def is_instance(self, error: Any, classes: Any) -> "bool | Unknown":
        """Return whether an error is an instance of a class, or of one of several."""
        return is_instance(self, error, classes)

    def is_subclass(self, own: Any, class_: Any) -> "bool | Unknown":
        """Return whether the first class is the second or is derived from it."""
        return is_subclass(self, own, class_)

    def bases_of(self, own: OwnClass) -> list[Any]:
        """Return the values of the base classes of a class."""
        if own.node in self.entered or len(self.entered) > 30:
            return []
        if own.node not in self.cache:
            self.entered.append(own.node)
            try:
                bases = [self.evaluate_safely(base, own.scope) for base in own.node.bases]
            finally:
                self.entered.pop()
            if own.scope.parent is not None:  # they may depend on the values of a function that runs
                return bases
            self.cache[own.node] = bases
        bases = self.cache[own.node]
        self.work.spend(len(bases))
        return list(bases)

    # Names.

    def inner_scope(self, node: ast.AST, scope: Scope) -> Scope:
        """Return the scope that a function or class opens; the scope around it if it opens none."""
        return scope.children.get(node, scope)

    def value_of(self, binding: Binding, name: str) -> Any:
        """Return the value of one binding of a name."""
        if binding not in self.cache:
            self.cache[binding] = Unknown(f"{name} is defined by itself")  # until it is known
            try:
                self.cache[binding] = self._compute_binding(binding, name)
            except Thrown:
                self.cache[binding] = Unknown(f"{name} raises an exception")
        return self.cache[binding]

    def _compute_binding(self, binding: Binding, name: str) -> Any:
        match binding:
            case Binding(kind=BindingKind.IMPORT):
                return self.resolve_import(binding)
            case Binding(kind=BindingKind.VALUE | BindingKind.WITH | BindingKind.ADDED, node=ast.AST() as node):
                return forget_changed(self, self.evaluate(node, binding.scope), binding.scope)
            case Binding(kind=BindingKind.FUNCTION, node=ast.FunctionDef() | ast.AsyncFunctionDef() as function):
                return OwnFunction(function, binding.scope)
            case Binding(kind=BindingKind.CLASS, node=ast.ClassDef() as own):
                return OwnClass(own, binding.scope)
            case Binding(kind=BindingKind.PARAMETER, node=ast.AST() as annotation) if self.is_client(
                annotation, binding.scope
            ):
                return Client()
        return Unknown(f"the scan does not follow {name}")

    def resolve_import(self, binding: Binding) -> Any:
        """Return what an import means: a name of another scanned file, that file, or a dotted name."""
        origin, level, path = binding.origin, binding.level, binding.scope.path
        if level == 0 and origin.partition(".")[0] in self.sdk.known_packages:
            return DottedName(origin)
        if isinstance(binding.node, ast.ImportFrom):
            package, _, name = origin.rpartition(".")
            module = self.project.find_module(package, level, path) if package or level else None
            if module is not None and (value := self.look_up_member(module, name)) is not None:
                return value
        whole = self.project.find_module(origin, level, path)
        return whole if whole is not None else DottedName("." * level + origin)

    def is_client(self, annotation: ast.AST, scope: Scope) -> bool:
        """Return whether an annotation names a client: directly, as text, or in a union."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            names = annotation.value.replace("|", " ").replace("[", " ").replace("]", " ").split()
            return any(self._is_client_name(name, scope) for name in names)
        return any(
            isinstance(value, DottedName) and self.sdk.is_client(value.name)
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name | ast.Attribute)
            for value in [self.evaluate_safely(node, scope)]
        )

    def _is_client_name(self, dotted: str, scope: Scope) -> bool:
        try:
            node = ast.parse(dotted, mode="eval").body
        except (SyntaxError, ValueError):
            return False
        return isinstance(node, ast.Name | ast.Attribute) and self.is_client(node, scope)

    def look_up_member(self, module: Module, name: str) -> Any:
        """Look up a name at the top of another file of the scan; None if it has no such name."""
        bindings = module.top.bindings.get(name)
        if bindings:
            return self.merge_bindings(bindings, name)
        return self._look_up_starred(module.top, name)

    def look_up(self, name: str, scope: Scope, env: Env) -> Any:
        """Look up a name as it is seen from a scope, in the functions that run, or else by its bindings."""
        if name in env:
            return env[name]
        owner: Scope | None = scope
        while owner is not None:
            frame = self.frames.get(owner.node, {})
            if name in frame:
                return frame[name]
            if name in owner.bindings and (owner is scope or not isinstance(owner.node, ast.ClassDef)):
                if env.get(ATTEMPTS) and (error := find_name_error(self, name, owner, scope, env.get(EMPTY))):
                    raise crash(error)
                return self._look_up_static(owner, name)
            owner = owner.parent
        if (starred := self._look_up_starred(scope.top, name)) is not None:
            return starred
        return DottedName(f"builtins.{name}") if is_builtin(name) else Unknown(f"{name} is not defined in this file")

    def _look_up_static(self, owner: Scope, name: str) -> Any:
        bindings = owner.bindings[name]
        if all(each.kind is BindingKind.PARAMETER for each in bindings) and isinstance(owner.node, FUNCTIONS):
            value = self.value_of(bindings[0], name)
            around = owner.parent
            if name in {"self", "cls"} and around and isinstance(around.node, ast.ClassDef) and around.parent:
                own = OwnClass(around.node, around.parent)
                return own if name == "cls" else Instance(own)
            return value if isinstance(value, Client) else resolve_parameter(self, owner.node, name)
        return self.merge_bindings(bindings, name)

    def _look_up_starred(self, top: Scope, name: str) -> Any:
        """Look up a name that `import *` may bring: the SDK's if it has the name and no other module may bring it."""
        own, is_open = "", False
        sdk, public_name = self.sdk, f"{self.sdk.module}.{name}"
        for source in find_starred(top, name, self.project.find_module, self.work):
            if isinstance(source, Module):
                if not own:
                    return self.merge_bindings(source.top.bindings[name], name)
            elif source in {sdk.module, f"{sdk.module}._exceptions"}:
                own = own or (f"{source}.{name}" if public_name in sdk.errors or sdk.is_client(public_name) else "")
            else:
                is_open = True
        if own:
            return Unknown(f"{name} may come from more than one `import *`") if is_open else DottedName(own)
        return Unknown(f"{name} may come from an `import *`") if is_open and not is_builtin(name) else None

    def merge_bindings(self, bindings: list[Binding], name: str) -> Any:
        """Merge the values of a name's bindings: what an import falls back to counts only if the import fails."""
        self.work.spend(len(bindings))
        if (changed := read_changed(self, bindings, name)) is not None:
            return changed
        if len(bindings) > 1 and all(each.scope.parent is None for each in bindings):
            ran = self.run_module(bindings[0].scope)
            if name in ran:
                return ran[name]
        values = [self.value_of(binding, name) for binding in bindings if binding.kind is not BindingKind.ADDED]
        additions = [self.value_of(binding, name) for binding in bindings if binding.kind is BindingKind.ADDED]
        value = values[0] if values and all(have_same_value(values[0], each) for each in values) else None
        if value is None:
            given = [each for each in values if each not in (None, ())]
            is_one = bool(given) and all(not is_unknown(each) and have_same_value(given[0], each) for each in given)
            value = given[0] if is_one else Unknown(f"{name} has several values")
        for addition in additions:
            grows = isinstance(value, tuple) or isinstance(addition, tuple)
            value = collect((*flatten(value), *flatten(addition))) if grows else Unknown(f"{name} is changed")
        return value

    @abstractmethod
    def run_module(self, top: Scope) -> Env:
        """Run the statements of a module, and return the values of its names."""
