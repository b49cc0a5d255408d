"""Where a program uses our remedy, imported or copied. Pure."""

import ast

from matrix.scan.found import Action, Catch, Exactness
from matrix.scan.sdk_calls import streams
from matrix.scan.trial import File, scope_name
from matrix.scan.values import Origin


def remedied(file: File, node: ast.Try | ast.TryStar) -> Catch | None:
    """Our own way, if what is tried is guarded or what was caught is explained."""
    used: dict[str, ast.Call] = {}
    for part in (*node.body, *node.handlers):
        for call in ast.walk(part):
            if isinstance(call, ast.Call):
                origin = file.evaluator().of(call.func, file.module.scope_of[call]).data
                name = ours(origin)
                if name:
                    used.setdefault(name, call)
    if not used:
        return None
    lacks = {"guard": "guard is not used, so an end that comes too early is not seen", "explain": "explain is not used"}
    note = "; ".join(text for name, text in lacks.items() if name not in used)
    call = used.get("explain") or used["guard"]
    calls = file.calls.within(node.body)
    return Catch(
        place=file.place(call),
        code=file.code(call),
        handler="remedy",
        exactness=Exactness.NEAR if note else Exactness.SAME,
        note=note,
        action=Action.DECIDES,
        function=scope_name(file.module, node),
        streams=streams(calls),
    )


def ours(data: object) -> str:
    """`guard` or `explain`, if something is that of our remedy or of a copy of it; otherwise nothing."""
    if isinstance(data, Origin):
        parts = data.name.lstrip(".").split(".")
        if len(parts) > 1 and parts[-2] == "remedy" and parts[-1] in {"guard", "explain"}:
            return parts[-1]
    node, scope = getattr(data, "node", None), getattr(data, "scope", None)
    name = getattr(node, "name", "")
    is_copy = scope is not None and {"guard", "explain", "StreamFailed"} <= set(scope.top.bindings)
    return name if is_copy and name in {"guard", "explain"} else ""
