"""Copies the program that runs in cells: the probe with its handlers, and the remedy that a handler imports. I/O.

The probe expects the remedy in its parent folder, but the remedy's source is elsewhere. So both are copied into the
temporary folder of a run; a sandbox shows no other files of this project.
"""

import shutil
from pathlib import Path
from typing import Final

from matrix.targets.target import REMEDY_NAME, is_own

_IGNORED: Final = shutil.ignore_patterns("__pycache__")


def copy_program(probe: Path, remedy: Path | None, folder: Path, shared: Path | None = None) -> Path:
    """Copy a probe and the remedy into `folder`, and return the path of the copied probe.

    Args:
        probe: The folder of the probe's own sources.
        remedy: The file of the remedy; None if the target has none.
        folder: An existing folder that has no file or folder of these names.
        shared: The folder of the sources that the probe shares with other targets; None if it shares none. Both are
            laid out in one folder, and the probe's own file replaces a shared one of the same name. It may be the
            folder of another target's probe, whose handlers and patch stay there.
    """
    if remedy is not None:
        shutil.copy(remedy, folder / REMEDY_NAME)
    copied = folder / "probe"
    if shared is not None:
        shutil.copytree(shared, copied, ignore=lambda folder, names: _unshared(shared, Path(folder), names))
    shutil.copytree(probe, copied, ignore=_IGNORED, dirs_exist_ok=True)
    return copied


def _unshared(shared: Path, folder: Path, names: list[str]) -> set[str]:
    """List the entries in a folder of shared sources that are not copied."""
    return _IGNORED(str(folder), names) | (set(filter(is_own, names)) if folder == shared else set())
