"""Check that `import matrix` finds the package that is installed with this one. Standard library only.

`matrix` is a name that other projects use too. A project that has a `matrix.py` or a package `matrix` of its own keeps
it: nothing here replaces what the project imports.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Final

_OURS: Final = Path(__file__).resolve().parent.parent / "matrix" / "__init__.py"
"""The file of the package that is installed with this one."""


def describe_shadow(user: str) -> str:
    """Say which file hides midstream's package `matrix`; empty if `import matrix` finds that package.

    Args:
        user: What needs the package, as the subject of a sentence.
    """
    file = _file_of_matrix()
    if file is None:
        return f"{user} needs the package `matrix` of midstream ({_OURS.parent}), but `import matrix` finds no file."
    if file.resolve() == _OURS:
        return ""
    return (
        f"{user} needs the package `matrix` of midstream ({_OURS.parent}), but `import matrix` finds {file}. "
        "Rename that one, or run the command `midstream backend` beside your program: it needs no import."
    )


def _file_of_matrix() -> Path | None:
    """Return the file that `import matrix` runs, or has run; None if there is no such file."""
    imported = sys.modules.get("matrix")
    if imported is not None:
        file = getattr(imported, "__file__", None)
    else:
        spec = importlib.util.find_spec("matrix")
        file = spec.origin if spec is not None else None
    return Path(file) if file else None
