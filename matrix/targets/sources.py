"""The sources of a probe as a cell has them: shared ones, the target's own, and the remedy. I/O: lists folders."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

REMEDY_NAME: Final = "remedy.py"
"""The name of the remedy's file. A probe expects it in the parent of its own folder."""

SUFFIXES: Final = frozenset({".py", ".js", ".mjs", ".cjs"})
"""The suffixes of the sources of probes."""

HANDLERS: Final = "handlers"
"""The folder of the handlers in the folder of a probe."""

PYTHON_PROBE: Final = Path(__file__).parent / "python_probe"
"""The folder of the parts that the probes of Python packages share."""


def is_shared(folder: Path, name: str) -> bool:
    """Return whether an entry of a folder of shared sources is shared.

    The folder of another target's probe has that target's handlers, and the patch of its control: these are not.
    """
    is_probe = (folder / HANDLERS).is_dir()
    return not (is_probe and (name == HANDLERS or name.startswith("midstream_patch.")))


def find_sources(shared: Sequence[Path], probe: Path, remedy: Path | None) -> dict[str, Path]:
    """Map each source, by its path in the folder of the probe of a cell, to its file.

    Args:
        shared: The folders of shared sources; a file of a later one replaces one of the same name.
        probe: The folder of the target's own sources, which replace shared ones.
        remedy: The file of the remedy; None if there is none.
    """
    sources = {
        path.relative_to(folder).as_posix(): path
        for folder in (*shared, probe)
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES and (folder == probe or is_shared(folder, path.relative_to(folder).parts[0]))
    }
    return sources if remedy is None else sources | {f"../{REMEDY_NAME}": remedy}
