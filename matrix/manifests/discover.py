"""Which files of a folder are manifests. I/O: lists one folder, and `requirements/` in it.

The order is fixed, so that two runs say the same: what a project asks for, then what it has locked.
"""

from pathlib import Path

_PATTERNS = (
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "pylock.toml",
    "pylock.*.toml",
    "requirements*.txt",
    "requirements*.in",
    "*requirements.txt",
    "*requirements.in",
    "requirements/*.txt",
)


def discover(folder: Path) -> list[Path]:
    """The manifests directly in a folder, and the `*.txt` in its folder `requirements`, in a fixed order.

    A requirements file and what was compiled from it are both in here: each is a subject of its own. What can't be
    listed has none. A file whose name is right and which can't be read is in here, so that `read` says so.
    """
    found: dict[Path, None] = {}
    for pattern in _PATTERNS:
        for path in sorted(folder.glob(pattern)):
            if not path.is_dir():
                found[path] = None
    return list(found)
