"""Uses of our remedy, imported or copied. Pure."""

import ast

from matrix.scan.catches import Catch, Exactness, Reaction
from matrix.scan.sdk_calls import reads_stream
from matrix.scan.source_file import SourceFile, find_function_name
from matrix.scan.values import DottedName


def find_remedy_use(file: SourceFile, node: ast.Try | ast.TryStar) -> Catch | None:
    """Find the use of the remedy in a `try`: `guard` in its body, or `explain` on the error that it caught."""
    used: dict[str, ast.Call] = {}
    for part in (*node.body, *node.handlers):
        for call in ast.walk(part):
            if isinstance(call, ast.Call):
                function = file.make_evaluator().evaluate(call.func, file.module.scope_of[call]).data
                name = name_remedy_function(function)
                if name:
                    used.setdefault(name, call)
    if not used:
        return None
    missing = {
        "guard": "guard is not used, so a stream that ends early goes unnoticed",
        "explain": "explain is not used",
    }
    note = "; ".join(text for name, text in missing.items() if name not in used)
    call = used.get("explain") or used["guard"]
    calls = file.calls.find_calls(node.body)
    return Catch(
        place=file.place_of(call),
        code=file.code_of(call),
        handler="remedy",
        exactness=Exactness.NEAR if note else Exactness.SAME,
        note=note,
        reaction=Reaction.DECIDES,
        function=find_function_name(file.module, node),
        streams=reads_stream(calls),
    )


def name_remedy_function(data: object) -> str:
    """Return `guard` or `explain` if a value is that function of our remedy or of a copy; otherwise an empty string."""
    if isinstance(data, DottedName):
        parts = data.name.lstrip(".").split(".")
        if len(parts) > 1 and parts[-2] == "remedy" and parts[-1] in {"guard", "explain"}:
            return parts[-1]
    node, scope = getattr(data, "node", None), getattr(data, "scope", None)
    name = getattr(node, "name", "")
    is_copy = scope is not None and {"guard", "explain", "StreamFailed"} <= set(scope.top.bindings)
    return name if is_copy and name in {"guard", "explain"} else ""
