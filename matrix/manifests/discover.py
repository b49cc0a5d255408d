"""Find the manifests of a folder. I/O: lists the folder, and `requirements/` in it.

The order is fixed, so that two runs give the same report: what a project declares, then what it has locked.
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
    """List the manifests directly in a folder, and the `*.txt` in its folder `requirements`, in a fixed order.

    The list has a requirements file and also the file that was compiled from it: each is judged on its own. A folder
    that can't be listed has no manifests. A file that can't be read is in the list, so that `read` reports it.
    """
    paths: dict[Path, None] = {}
    for pattern in _PATTERNS:
        for path in sorted(folder.glob(pattern)):
            if not path.is_dir():
                paths[path] = None
    return list(paths)
