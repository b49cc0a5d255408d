"""`matrix scan`: how does this code catch the SDK's errors, and what does it miss?"""

from collections.abc import Sequence
from pathlib import Path

import click
from packaging.version import InvalidVersion, Version

from matrix import __version__
from matrix.advice.handlers import PinnedRelease, find_pinned, scan
from matrix.cli import output
from matrix.cli.terminal import say
from matrix.errors import UsageError
from matrix.manifests import discover, read
from matrix.model import Lane
from matrix.releases.selection import DEFAULT_PYTHON
from matrix.scan.reading import find_python_files, scan_files
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--release", metavar="VERSION", help="Judge the code for this release.")
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge the code for the release that this file pins; repeatable. Default: the nearest manifests above PATH.",
)
@output.options
@click.pass_obj
def scan_command(
    store: Store,
    paths: tuple[Path, ...],
    release: str | None,
    manifests: tuple[Path, ...],
    ignore: tuple[str, ...],
    form: str,
    files: tuple[tuple[str, Path], ...],
    exit_zero: bool,
    allow_nothing: bool,
) -> None:
    """Check how your Python code catches errors of the SDK.

    Reports the stream failures that each `except` misses on the release that you pin, and what to write instead.

    PATH is a file or a folder. The code is read, never run. Each `except` is judged by the measured results of the
    handler that is most similar; code that can't be judged is reported.

    \b
    Exit codes: 0 fine, 1 a finding, 2 usage or something that can't be read,
    3 a release that the matrix does not know, 4 nothing that catches errors of the SDK.
    """  # noqa: D301 - click's own mark for text that is not to be wrapped
    if release is not None and manifests:
        raise UsageError("--release and --manifest can't be used together.", "Omit one of them.")
    found = queries.knowledge(store, DEFAULT_PYTHON)
    unread = []
    if release is not None:
        judged_by = [PinnedRelease(_version(found, release), Lane.TODAY)]
    else:
        read_ = [read(store.target, path, output.shown(path)) for path in manifests or _nearest(paths)]
        unread = [problem for manifest in read_ for problem in manifest.problems]
        if manifests and not unread and not any(manifest.entries for manifest in read_):
            files_ = ", ".join(manifest.path for manifest in read_)
            raise UsageError(
                f"There is no requirement on {store.target.package} in {files_}.", "Name a release with --release."
            )
        judged_by = find_pinned(found, read_)
    sources = scan_files(store.target, ((path, output.shown(path)) for path in find_python_files(paths)))
    titles = {handler.id: handler.title for handler in store.target.handlers.values()}
    report = scan(found, sources, judged_by, titles, __version__, ignore, unread)
    for one in judged_by:
        where = one.where or ("as you said" if release is not None else "the newest one, for no file here pins any")
        say(f"Judged by {one.version}: {where}.", err=True)
    output.give(report, form, files, exit_zero=exit_zero, allow_nothing=allow_nothing)


def _version(found: Knowledge, named: str) -> str:
    """A release as the index spells it; one that is not known as it was named.

    Raises:
        UsageError: It is no version.
    """
    try:
        version = Version(named)
    except InvalidVersion:
        raise UsageError(f"{named!r} is no version.", "Name one release, such as 2.12.0.") from None
    return next((one.version for one in found.releases if one.parsed == version), str(version))


def _nearest(paths: Sequence[Path]) -> list[Path]:
    """The manifests that are nearest to what is scanned: in its folder or the first one above it that has any."""
    nearest: dict[Path, None] = {}
    for path in paths:
        folder = path.absolute() if path.is_dir() else path.absolute().parent
        for one in (folder, *folder.parents):
            if files := discover(one):
                nearest |= dict.fromkeys(files)
                break
    return list(nearest)
