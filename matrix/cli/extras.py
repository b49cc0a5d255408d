"""The extras of this distribution: the modules that each brings, and the hint if one is not installed."""

import importlib.util
import shlex
import sys
from typing import Final

from matrix.errors import ToolFailure

EXTRAS: Final = {
    "measure": {
        "filelock": "filelock",
        "platformdirs": "platformdirs",
        "pypi_simple": "pypi-simple",
        "requests": "pypi-simple",
        "rich": "rich",
        "uv": "uv",
    },
    "signed": {"sigstore": "sigstore"},
    "site": {"jinja2": "jinja2", "markupsafe": "jinja2", "watchfiles": "watchfiles"},
}
"""Extra to its modules that our code imports, each with the distribution that contains it."""


def explain(error: Exception) -> ToolFailure | None:
    """Explain an import error by the missing extra; return None if another module is missing.

    The hint names the distributions of the extra, so that it works however midstream was installed.
    """
    name = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    for extra, modules in EXTRAS.items():
        if name in modules:
            distributions = " ".join(dict.fromkeys(modules.values()))
            return ToolFailure(
                f"This command needs {modules[name]}, which is not installed: it is part of the extra `{extra}`.",
                f"Install the extra: `{_installer()} {distributions}`",
            )
    return None


def _installer() -> str:
    """Return the command that installs distributions for the running interpreter."""
    python = shlex.quote(sys.executable)
    if importlib.util.find_spec("pip") is not None:
        return f"{python} -m pip install"
    return f"uv pip install --python {python}"
