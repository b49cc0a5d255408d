"""Rebuild a recorded exception as an object, so that our remedy can read it. I/O: imports the remedy from its file."""

from collections.abc import Mapping
from functools import cache
from types import FunctionType
from typing import Any

from matrix.observation import Raised


@cache
def load_remedy(path: str) -> Any:
    """Return the module of the remedy in a file, which is imported once."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("matrix_scan_remedy", path)
    if spec is None or spec.loader is None:
        raise AssertionError
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rebuild_error(raised: Raised, module: str, values: Mapping[str, Any]) -> BaseException:
    """Rebuild an exception as a function of the SDK raised it: names, attributes, and a traceback.

    Args:
        raised: The exception that was recorded.
        module: The module of the SDK.
        values: Its attributes.
    """
    kind: type[BaseException] = Exception
    for name in (*reversed(raised.bases), raised.name):
        if name not in {"builtins.Exception", "builtins.BaseException"}:
            package, _, short = name.rpartition(".")
            kind = type(short, (kind,), {"__module__": package})
    # Only text of a real ValueError is read: it is what AnthropicBedrock raises.
    error = (ValueError if raised.name == "builtins.ValueError" else kind)(raised.text)
    try:
        FunctionType(_fail.__code__, {"__name__": module})(error)  # the remedy asks which package raised it
    except type(error):
        pass
    for name, value in values.items():
        setattr(error, name, value)
    return error


def _fail(error: BaseException) -> None:
    raise error
