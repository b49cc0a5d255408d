"""The folder of a target's data, if the user names none. I/O: reads the beginning of a document."""

from pathlib import Path

from matrix.store.documents import RELEASES
from matrix.targets.target import Target


def default_data(target: Target, *, writes: bool) -> Path:
    """Return the default data folder: `reports/data/TARGET` in this folder, or else the data shipped with this program.

    Args:
        target: The package under test.
        writes: Whether the command creates the data if it does not exist; then the folder is always in this folder.
    """
    local, package = Path("reports", "data", target.id), Path(__file__).parent.parent
    candidates = (package / "data" / target.id, package.parent / local)
    shipped = next((folder for folder in candidates if (folder / RELEASES).is_file()), local)
    return local if writes or _is_our_data(local) else shipped


def _is_our_data(folder: Path) -> bool:
    """Return whether midstream wrote the folder: another project may have a `reports/data` too."""
    try:
        with (folder / RELEASES).open("rb") as file:
            return b"midstream/" in file.read(100)
    except OSError:
        return False
