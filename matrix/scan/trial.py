"""Tries a piece of a user's code on every failure, and says which handler it is nearest to. Pure."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from matrix.findings.model import Place
from matrix.scan.evaluate import Evaluator
from matrix.scan.failures import OTHER, Failure
from matrix.scan.found import Action, Catch, Exactness
from matrix.scan.judge import judge, taken
from matrix.scan.names import Binding, Module
from matrix.scan.project import Project
from matrix.scan.resolve import Seen
from matrix.scan.sdk import Sdk
from matrix.scan.sdk_calls import Calls, streams
from matrix.scan.statements import RETRY, Ends
from matrix.scan.values import Value

LONGEST = 100
"""Characters of code that are shown of a place."""


@dataclass
class File:
    """A file that is scanned, and what is known of it.

    Attributes:
        sdk: The SDK whose errors it may catch.
        module: It, parsed.
        project: The files that it is scanned with.
        uses_sdk: Whether it has to do with the SDK.
        cache: What names come to.
        covered: The calls of the SDK around which something catches.
        functions: The functions that something calls with the error it caught.
    """

    sdk: Sdk
    module: Module
    project: Project
    uses_sdk: bool
    cache: dict[Binding, Value] = field(default_factory=dict)
    covered: set[ast.Call] = field(default_factory=set)
    functions: set[ast.AST] = field(default_factory=set)

    def evaluator(self, failure: Failure = OTHER, seen: Seen | None = None) -> Evaluator:
        """What works out expressions for one failure."""
        return Evaluator(self.project, self.sdk, failure, seen or Seen(), self.cache)

    @property
    def calls(self) -> Calls:
        """What knows the calls of the SDK."""
        return Calls(self.sdk, self.module, self.evaluator(), uses_sdk=self.uses_sdk)

    def place(self, node: ast.stmt | ast.expr | ast.excepthandler | ast.keyword) -> Place:
        """Where a node stands."""
        return Place(self.module.path, node.lineno, self.module.column(node))

    def code(self, node: ast.stmt | ast.expr) -> str:
        """What stands there, shortened."""
        return shortened(self.module.code(node))


def shortened(code: str) -> str:
    """Code on one line, not too long."""
    return code if len(code) <= LONGEST else code[: LONGEST - 3] + "..."


@dataclass
class Spot:
    """A place that may be shown: what stands there, and what is written of it."""

    node: ast.stmt | ast.expr | ast.excepthandler
    code: str


def attempt(file: File, run: Callable[[Evaluator], Ends]) -> tuple[dict[str, Ends], Seen]:
    """Run something on every failure: the ends of each, and what it looked at."""
    seen, failures = Seen(), file.sdk.failures
    ends = {name: run(file.evaluator(failure, seen)) for name, failure in failures.by_id.items()}
    run(file.evaluator(failures.before_types, seen))  # only for what it looks at
    seen.blind.pop(failures.before_types.id, None)
    file.functions |= seen.functions
    return ends, seen


def verdict(
    file: File,
    ends: dict[str, Ends],
    seen: Seen,
    spot: Callable[[frozenset[str]], Spot],
    *,
    calls: list[ast.Call],
    action: Action | None = None,
    function: str | None = None,
    beyond: Callable[[frozenset[str]], str] = lambda _: "",
) -> Catch | None:
    """What a piece of code comes to; None if it has nothing to say of failures that pass.

    Args:
        file: Where it stands.
        ends: Its ends, by failure.
        seen: What it looked at.
        spot: The place to show, if that is no condition; given the failures that are taken.
        calls: The calls of the SDK that it is about.
        action: What it does with an error; None if its ends tell.
        function: The function it is about; None for the one it stands in.
        beyond: What more is to be said, given the failures that are taken.
    """
    takes = taken(file.sdk.failures, ends)
    action = action or action_of(ends, takes)
    where = scope_name(file.module, spot(takes).node) if function is None else function
    blind = {name: why for name, why in seen.blind.items() if name.startswith(("http-", "stream-"))}
    if blind:
        shown = spot(frozenset(blind))
        return Catch(
            place=file.place(shown.node),
            code=shown.code,
            handler="",
            exactness=Exactness.UNKNOWN,
            note=f"cannot judge: {next(iter(blind.values()))}",
            action=action,
            function=where,
            streams=streams(calls),
        )
    found = judge(file.sdk, takes, seen.facets, seen.classes)
    if found is None:
        return None
    shown = _condition(file, seen, found.facets) or spot(found.takes)
    return Catch(
        place=file.place(shown.node),
        code=shown.code,
        handler=found.handler,
        exactness=found.exactness,
        note="; ".join(filter(None, (found.note, beyond(found.takes)))),
        action=action,
        function=where,
        streams=streams(calls),
        names=found.names,
    )


def _condition(file: File, seen: Seen, facets: frozenset[str]) -> Spot | None:
    """The first comparison with a part of the error that decides, if it is in this file."""
    found = [
        node
        for node, (path, parts) in seen.tests.items()
        if path == file.module.path and parts & facets and isinstance(node, ast.expr)
    ]
    first = min(found, key=lambda node: (node.lineno, node.col_offset), default=None)
    return Spot(first, file.code(first)) if first is not None else None


def action_of(ends: dict[str, Ends], takes: frozenset[str]) -> Action:
    """What is done with the errors that are taken."""
    every = frozenset().union(*(ends[name] for name in takes))
    if RETRY in every:
        return Action.RETRIES
    if any(end[0] == "raise" for end in every):
        return Action.RAISES
    return Action.ANSWERS


def scope_name(module: Module, node: ast.AST) -> str:
    """The function in which a node stands."""
    scope = module.scope_of.get(node)
    if scope is None:
        scope = next((module.scope_of[one] for one in module.ancestors(node) if one in module.scope_of), module.top)
    return scope.qualified_name


def names_sdk(file: File, seen: Seen) -> bool:
    """Whether the error was compared with a class of the SDK."""
    return any(file.sdk.is_error(origin.name) for origin in seen.classes)


def speaks_of_the_api(file: File, seen: Seen) -> bool:
    """Whether the error was compared with what only an overloaded server of the API says."""
    return any(map(file.sdk.says_overload, seen.constants))
