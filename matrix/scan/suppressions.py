"""`with contextlib.suppress(anthropic.APIError):`, which goes on as if nothing had happened. Pure."""

import ast
from collections.abc import Iterator

from matrix.scan.evaluate import Evaluator
from matrix.scan.found import Action, Catch
from matrix.scan.statements import FALLS, RERAISE, Ends
from matrix.scan.trial import File, Spot, attempt, names_sdk, verdict
from matrix.scan.values import Origin


def suppressions(file: File) -> Iterator[Catch]:
    """Every `suppress` that is given classes of the SDK, or stands around its calls."""
    for node in list(file.module.parents):
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                found = _judge(file, node, item.context_expr) if isinstance(item.context_expr, ast.Call) else None
                if found is not None:
                    yield found


def _judge(file: File, node: ast.With | ast.AsyncWith, call: ast.Call) -> Catch | None:
    scope = file.module.scope_of[node]
    if file.evaluator().of(call.func, scope).data != Origin("contextlib.suppress"):
        return None

    def run(evaluator: Evaluator) -> Ends:
        kinds = [evaluator.of(one, scope).data for one in call.args]
        return frozenset({FALLS if evaluator.is_a(tuple(kinds)) is True else RERAISE})

    ends, seen = attempt(file, run)
    calls = file.calls.within(node.body)
    if not (names_sdk(file, seen) or calls):
        return None
    file.covered.update(calls)
    return verdict(file, ends, seen, lambda _: Spot(call, file.code(call)), calls=calls, action=Action.ANSWERS)
