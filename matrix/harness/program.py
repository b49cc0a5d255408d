"""Copies the program that runs in cells: the probe with its handlers, and the remedy that a handler imports. I/O.

The probe expects the remedy in its parent folder, but the remedy's source is elsewhere. So both are copied into the
temporary folder of a run; a sandbox shows no other files of this project.
"""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from matrix.targets.sources import REMEDY_NAME, is_shared

_IGNORED: Final = shutil.ignore_patterns("__pycache__")


def copy_program(probe: Path, remedy: Path | None, folder: Path, shared: Sequence[Path] = ()) -> Path:
    """Copy a probe and the remedy into `folder`, and return the path of the copied probe.

    Args:
        probe: The folder of the probe's own sources.
        remedy: The file of the remedy; None if the target has none.
        folder: An existing folder that has no file or folder of these names.
        shared: The folders of the sources that the probe shares with other targets. All are laid out in one folder,
            and a file of a later one replaces one of the same name, the probe's own that of any other. One may be the
            folder of another target's probe, whose handlers and patch stay there.
    """
    if remedy is not None:
        shutil.copy(remedy, folder / REMEDY_NAME)
    copied = folder / "probe"
    for sources in shared:
        shutil.copytree(sources, copied, ignore=partial(_unshared, sources), dirs_exist_ok=True)
    shutil.copytree(probe, copied, ignore=_IGNORED, dirs_exist_ok=True)
    return copied


def _unshared(sources: Path, folder: str, names: list[str]) -> set[str]:
    """List the entries of a folder in shared sources that are not copied."""
    is_top = Path(folder) == sources
    return _IGNORED(folder, names) | {name for name in names if is_top and not is_shared(sources, name)}
