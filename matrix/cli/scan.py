"""`matrix scan`: check how Python code catches errors of the SDK."""

from collections.abc import Sequence
from pathlib import Path

import click
from packaging.version import InvalidVersion, Version

from matrix import __version__
from matrix.advice.handlers import scan
from matrix.advice.pins import PinnedRelease, find_pinned
from matrix.cli import completion, output
from matrix.cli.freshness import warn_if_stale
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
@click.option(
    "--release", metavar="VERSION", shell_complete=completion.versions, help="Judge the code for this release."
)
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
    Exit codes: 0 fine, 1 a finding, 2 usage or an unreadable file,
    3 a release that was not measured, 4 no code that catches errors of the SDK.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    if release is not None and manifests:
        raise UsageError("--release and --manifest can't be used together.", "Omit one of them.")
    knowledge = queries.knowledge(store, DEFAULT_PYTHON)
    unread = []
    if release is not None:
        judged_by = [PinnedRelease(_version(knowledge, release), Lane.TODAY)]
    else:
        read_manifests = [read(store.target, path, output.display_path(path)) for path in manifests or _nearest(paths)]
        unread = [problem for manifest in read_manifests for problem in manifest.problems]
        if manifests and not unread and not any(manifest.entries for manifest in read_manifests):
            files_read = ", ".join(manifest.path for manifest in read_manifests)
            raise UsageError(
                f"No requirement on {store.target.package} was found in {files_read}.",
                f"Name a release: `--release {knowledge.releases[-1].version}`.",
            )
        judged_by = find_pinned(knowledge, read_manifests)
    sources = scan_files(store.target, ((path, output.display_path(path)) for path in find_python_files(paths)))
    titles = {handler.id: handler.title for handler in store.target.handlers.values()}
    report = scan(knowledge, sources, judged_by, titles, __version__, ignore, unread)
    for pinned in judged_by:
        unpinned = "the option --release" if release is not None else "the newest release, since no file pins one"
        say(f"Judged by {pinned.version}: {pinned.where or unpinned}.", err=True)
    warn_if_stale(store, knowledge.measured)
    output.emit(report, form, files, exit_zero=exit_zero, allow_nothing=allow_nothing)


def _version(knowledge: Knowledge, text: str) -> str:
    """Return a version as the index spells it; a release that is not known keeps its normal form.

    Raises:
        UsageError: The text is not a version.
    """
    try:
        version = Version(text)
    except InvalidVersion:
        raise UsageError(f"{text!r} is not a version.", "Name one release, such as 2.12.0.") from None
    return next((release.version for release in knowledge.releases if release.parsed == version), str(version))


def _nearest(paths: Sequence[Path]) -> list[Path]:
    """Return the manifests nearest to the scanned paths: in their folders, or in the first folder above with any."""
    nearest: dict[Path, None] = {}
    for path in paths:
        folder = path.absolute() if path.is_dir() else path.absolute().parent
        for ancestor in (folder, *folder.parents):
            if files := discover(ancestor):
                nearest |= dict.fromkeys(files)
                break
    return list(nearest)
