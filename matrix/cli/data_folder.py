"""The folder of a target's data, if the user names none. I/O: reads the beginning of a document, and prints."""

import contextlib
from pathlib import Path

import click

from matrix.cli.terminal import say
from matrix.errors import UsageError
from matrix.store import shipped
from matrix.store.documents import RELEASES
from matrix.store.store import Store
from matrix.targets.target import Target


def default_data(target: Target) -> Path:
    """Return the default data folder.

    It is `reports/data/TARGET` in this folder if midstream wrote it, or else the data shipped with this program, or the
    user's copy that extends it. A program without data uses `reports/data/TARGET` too.
    """
    local = Path("reports", "data", target.id)
    if _is_our_data(local):
        return local
    bundled = shipped_data(target)
    if bundled is None:
        return local
    with contextlib.suppress(UsageError):  # a user without a home has no copy
        copy = shipped.user_folder(target)
        if shipped.is_extension(copy, bundled):
            return copy
    return bundled


def shipped_data(target: Target) -> Path | None:
    """Return the folder of the data shipped with this program; None if there is none."""
    package = Path(__file__).parent.parent
    candidates = (package / "data" / target.id, package.parent / "reports" / "data" / target.id)
    return next((folder for folder in candidates if (folder / RELEASES).is_file()), None)


def recording(context: click.Context) -> Store:
    """Return the store in which a command records: the user's copy instead of the shipped data.

    A folder that the user named is used as it is, unless it is in the installation.
    """
    store: Store = context.obj
    bundled = shipped_data(store.target)
    if bundled is None or store.folder.resolve() != bundled.resolve():
        return store
    if not _is_installed(bundled) and (context.find_root().params["data"] or not store.folder.is_absolute()):
        return store
    extension = shipped.extend(Store(bundled, store.target))
    say(f"Recording in {extension.folder}, which extends the data shipped with midstream.", err=True)
    return extension


def refuse_shipped(store: Store, command: str) -> None:
    """Refuse to change data in an installation.

    Raises:
        UsageError: The store is there.
    """
    if _is_installed(store.folder):
        raise UsageError(
            f"{store.folder} is part of the installed program, and `matrix {command}` does not change it.",
            "Name another folder: `matrix --data FOLDER ...`.",
        )


def _is_installed(folder: Path) -> bool:
    """Return whether a folder is in the package of this program."""
    return folder.resolve().is_relative_to(Path(__file__).parent.parent.resolve())


def _is_our_data(folder: Path) -> bool:
    """Return whether midstream wrote the folder: another project may have a `reports/data` too."""
    try:
        with (folder / RELEASES).open("rb") as file:
            return b"midstream/" in file.read(100)
    except OSError:
        return False
