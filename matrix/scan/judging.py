"""Tries a piece of a user's code on every failure, and judges by which handler it is nearest to. Pure."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from matrix.scan.block import RETRY, Ends
from matrix.scan.catches import Catch, Exactness, Reaction
from matrix.scan.evaluator import Evaluator
from matrix.scan.nearest_handler import find_nearest_handler, find_taken
from matrix.scan.resolver import TrialRecord
from matrix.scan.sdk_calls import reads_stream
from matrix.scan.source_file import SourceFile, find_function_name


@dataclass
class CodeSpot:
    """A node that may be reported, and its code as it is shown."""

    node: ast.stmt | ast.expr | ast.excepthandler
    code: str


@dataclass
class Trial:
    """The result of trying code on every failure.

    Attributes:
        file: The file of the code.
        ends: The possible ends by the failure's id.
        record: What the code compared the errors with.
    """

    file: SourceFile
    ends: dict[str, Ends]
    record: TrialRecord

    @property
    def names_sdk(self) -> bool:
        """Whether the code compares the error with a class of the SDK."""
        return any(self.file.sdk.is_error(name.name) for name in self.record.classes)

    @property
    def names_overload(self) -> bool:
        """Whether the code compares the error with what only an overloaded server of the API says."""
        return any(map(self.file.sdk.says_overload, self.record.constants))


def try_failures(file: SourceFile, run: Callable[[Evaluator], Ends]) -> Trial:
    """Run code on every failure."""
    record, failures = TrialRecord(), file.sdk.failures
    ends = {id_: run(file.make_evaluator(failure, record)) for id_, failure in failures.by_id.items()}
    run(file.make_evaluator(failures.before_types, record))  # only for the comparisons that it makes
    record.undecided.pop(failures.before_types.id, None)
    file.called_functions |= record.functions
    return Trial(file, ends, record)


def judge_code(
    trial: Trial,
    find_spot: Callable[[frozenset[str]], CodeSpot],
    *,
    calls: list[ast.Call],
    reaction: Reaction | None = None,
    function: str | None = None,
    explain_stream: Callable[[frozenset[str]], str] = lambda _: "",
) -> Catch | None:
    """Judge the code of a trial; None if it says nothing about transient failures.

    Args:
        trial: The trial of the code.
        find_spot: Returns the place to report unless a condition decides, given the failures that are taken.
        calls: The calls of the SDK that the code is about.
        reaction: What the code does with an error; None if its ends show it.
        function: The function that the code is about; None for the function around it.
        explain_stream: Returns a further note, given the failures that are taken.
    """
    file, record = trial.file, trial.record
    taken = find_taken(file.sdk.failures, trial.ends)
    reaction = reaction or find_reaction(trial.ends, taken)
    function = find_function_name(file.module, find_spot(taken).node) if function is None else function
    undecided = {id_: why for id_, why in record.undecided.items() if id_.startswith(("http-", "stream-"))}
    if undecided:
        spot = find_spot(frozenset(undecided))
        return Catch(
            place=file.place_of(spot.node),
            code=spot.code,
            handler="",
            exactness=Exactness.UNKNOWN,
            note=f"cannot judge: {next(iter(undecided.values()))}",
            reaction=reaction,
            function=function,
            streams=reads_stream(calls),
        )
    nearest = find_nearest_handler(file.sdk, taken, record.aspects, record.classes)
    if nearest is None:
        return None
    spot = _find_condition(trial, nearest.aspects) or find_spot(taken)
    return Catch(
        place=file.place_of(spot.node),
        code=spot.code,
        handler=nearest.handler,
        exactness=nearest.exactness,
        note="; ".join(filter(None, (nearest.note, explain_stream(taken)))),
        reaction=reaction,
        function=function,
        streams=reads_stream(calls),
        names=nearest.names,
    )


def _find_condition(trial: Trial, aspects: frozenset[str]) -> CodeSpot | None:
    """Find the first comparison with an aspect that decides, if it is in the file itself."""
    file = trial.file
    comparisons = [
        node
        for node, (path, compared) in trial.record.comparisons.items()
        if path == file.module.path and compared & aspects and isinstance(node, ast.expr)
    ]
    first = min(comparisons, key=lambda node: (node.lineno, node.col_offset), default=None)
    return CodeSpot(first, file.code_of(first)) if first is not None else None


def find_reaction(ends: dict[str, Ends], taken: frozenset[str]) -> Reaction:
    """Return what the code does with the errors that it takes."""
    possible = frozenset().union(*(ends[id_] for id_ in taken))
    if RETRY in possible:
        return Reaction.RETRIES
    if any(end[0] == "raise" for end in possible):
        return Reaction.RAISES
    return Reaction.ANSWERS
