"""Check that `import matrix` finds the package that is installed with this one. Standard library only.

Other projects use the name `matrix` too. A project with its own `matrix.py` or package `matrix` keeps it: this module
never replaces what the project imports.
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
        user: The part of midstream that needs the package, as the subject of a sentence.
    """
    file = _file_of_matrix()
    if file is None:
        return f"{user} needs the package `matrix` of midstream ({_OURS.parent}), but `import matrix` finds no file."
    if file.resolve() == _OURS:
        return ""
    return (
        f"{user} needs the package `matrix` of midstream ({_OURS.parent}), but `import matrix` finds {file}. "
        "Rename your module, or run `midstream backend` as a separate process, which needs no import."
    )


def _file_of_matrix() -> Path | None:
    """Return the file of the module `matrix`, imported or not; None if it has none."""
    imported = sys.modules.get("matrix")
    if imported is not None:
        file = getattr(imported, "__file__", None)
    else:
        spec = importlib.util.find_spec("matrix")
        file = spec.origin if spec is not None else None
    return Path(file) if file else None
