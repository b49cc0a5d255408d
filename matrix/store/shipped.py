"""The data shipped with the program, and the user's copy that extends it. I/O.

No command writes into an installation. A command that records first copies the shipped data into the user's data
folder, so that it measures only what the shipped data lacks. The copy names the root digest of the data that it was
made from. When a newer midstream ships other data, that data is read, and the next command that records starts from it
and keeps the results of the copy that it lacks.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from matrix.errors import UsageError
from matrix.model import Cell
from matrix.observation import Result
from matrix.store import last_run, root
from matrix.store.documents import RELEASES
from matrix.store.lock import locked
from matrix.store.store import Store
from matrix.system.files import write_atomically
from matrix.targets.target import Target


def user_folder(target: Target) -> Path:
    """Return the folder of a target's data in the user's data folder, by the XDG base directory specification.

    Raises:
        UsageError: The user has no home.
    """
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    if not base.is_absolute():
        try:
            base = Path.home() / ".local" / "share"
        except RuntimeError:
            raise UsageError("This user has no home folder.", "Set HOME, or name the data with --data.") from None
    return base / "midstream" / "data" / target.id


def is_extension(folder: Path, shipped: Path) -> bool:
    """Return whether a folder is a complete copy that was made from this shipped data."""
    try:
        return _origin(folder).read_bytes() == _identity(shipped)
    except OSError:
        return False


def extend(shipped: Store) -> Store:
    """Return the user's copy of the shipped data, in which results can be recorded.

    Raises:
        StoreBusy: Another process writes the copy.
    """
    import shutil  # every command imports this module, and few record in the shipped data

    folder = user_folder(shipped.target)
    store = Store(folder, shipped.target)
    if is_extension(folder, shipped.folder):
        return store
    # Folders get and lose these names in one step, so that a killed command leaves no part of one that looks complete.
    earlier, partial = folder.with_name(f"{folder.name}.before"), folder.with_name(f"{folder.name}.partial")
    with locked(folder):
        shutil.rmtree(partial, ignore_errors=True)  # from a killed command
        shutil.copytree(shipped.folder, partial, copy_function=shutil.copyfile)
        if not earlier.exists() and (folder / RELEASES).is_file():
            folder.rename(earlier)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        if (last := last_run.path(shipped.folder)).is_file():
            shutil.copyfile(last, last_run.path(folder))
    if earlier.exists():
        _keep_results(Store(earlier, shipped.target), store)
        earlier.rename(partial)
        shutil.rmtree(partial)
    write_atomically(_origin(folder), _identity(shipped.folder))
    return store


def _keep_results(earlier: Store, store: Store) -> None:
    """Add the releases and results of an earlier copy that the data lacks; those of another suite are dropped."""
    missing = [
        cell
        for cell, stored in earlier.cells().items()
        if cell not in store.cells() and stored.suite == store.target.digest
    ]
    with store.writing():
        store.put_releases(earlier.releases() | store.releases())
        store.put_all(_results(earlier, missing))
        behaviours = store.behaviours()
        kept = {digest: judgement for digest, judgement in earlier.judgements().items() if digest in behaviours}
        store.put_judgements(kept | store.judgements())
        for key, soaked in earlier.soaks().items():
            if key not in store.soaks():
                store.put_soak(soaked)


def _results(store: Store, cells: Iterable[Cell]) -> Iterable[tuple[Cell, Result]]:
    for cell in cells:
        if (result := store.result(cell)) is not None:
            yield cell, result


def _origin(folder: Path) -> Path:
    """Return the file that names the shipped data from which a copy was made."""
    return folder.with_name(f"{folder.name}.origin")


def _identity(folder: Path) -> bytes:
    """Return what tells one shipped data from another: its root digest, or its list of releases if it has none."""
    digest = folder / root.ROOT
    return digest.read_bytes() if digest.is_file() else (folder / RELEASES).read_bytes()
