"""The program that runs in a cell: the probe with its handlers, and the remedy that one of them imports. I/O.

The remedy is kept where people import it from, and the probe expects it in the folder above its own. So both are copied
into the temporary folder of a run, which is also all that a sandbox has to show of this project.
"""

import shutil
from pathlib import Path

from matrix.targets.target import REMEDY_NAME


def copy_program(probe: Path, remedy: Path | None, folder: Path) -> Path:
    """Copy a probe and the remedy into `folder`, and return the path of the copied probe.

    Args:
        probe: The folder of the probe's sources.
        remedy: The file of the remedy; None if the target has none.
        folder: An existing folder; nothing of these names may be in it.
    """
    if remedy is not None:
        shutil.copy(remedy, folder / REMEDY_NAME)
    return Path(shutil.copytree(probe, folder / "probe", ignore=shutil.ignore_patterns("__pycache__")))
