"""`matrix scan`: check how Python code catches errors of the SDK."""

from collections.abc import Sequence
from pathlib import Path

import click
from packaging.version import InvalidVersion, Version

from matrix.advice.pins import PinnedRelease, find_pinned
from matrix.cli import arguments, completion, output
from matrix.cli.freshness import warn_if_stale
from matrix.cli.nearest_pins import NearestPins
from matrix.cli.project_settings import read_settings
from matrix.cli.scanned_code import Pins, judge_files
from matrix.cli.terminal import say
from matrix.errors import UsageError
from matrix.findings.model import Problem
from matrix.manifests import read
from matrix.model import Lane
from matrix.scan.reading import find_python_files
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets.target import Target


@click.command("scan")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@click.option(
    "--release", metavar="VERSION", shell_complete=completion.versions, help="Judge the code for this release."
)
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge the code for the release that this file pins; repeatable. Default: the nearest above each file.",
)
@click.option(
    "--all",
    "everywhere",
    is_flag=True,
    help="Also search files that do not import the SDK, for functions that classify its errors.",
)
@output.options
@click.pass_obj
def scan_command(
    store: Store,
    paths: tuple[Path, ...],
    release: str | None,
    manifests: tuple[Path, ...],
    everywhere: bool,
    ignore: tuple[str, ...],
    form: str,
    files: tuple[tuple[str, Path], ...],
    exit_zero: bool,
    allow_nothing: bool,
) -> None:
    """Check how your Python code catches errors of the SDK.

    Reports the stream failures that each `except` misses on the release that you pin, and what to write instead.

    PATH is a file, a notebook, or a folder with such; default: the `paths` in `[tool.midstream]` of pyproject.toml.
    The code is read, never run. Each place is evaluated on every exception that was recorded for the release, with the
    code around it; what its source does not show is reported as undecided.

    \b
    Exit codes: 0 fine, 1 a finding, 2 usage or an unreadable file,
    3 a release that was not measured, 4 no code that catches errors of the SDK.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    arguments.require_scanned(store.target)
    if release is not None and manifests:
        raise UsageError("--release and --manifest can't be used together.", "Omit one of them.")
    arguments.require_python_package(store.target, "matrix scan")
    knowledge = queries.knowledge(store, store.target.runtime)
    settings = read_settings(store.target, knowledge.handlers, paths)
    ignore = ignore or settings.ignore
    paths = paths or settings.paths
    if not paths:
        raise UsageError(
            "Nothing to scan: no PATH is named.",
            "Name files or folders, such as `matrix scan .`, or set `paths` in `[tool.midstream]` of pyproject.toml.",
        )
    nearest = NearestPins(store.target, knowledge, paths)
    unread: list[Problem] = []
    pins: Pins | None = None
    if release is not None:
        pins = (PinnedRelease(_version(knowledge, release), Lane.TODAY, "the option --release"),)
    elif manifests:
        pins, unread = _pins_of(store.target, knowledge, manifests)
    shown = {output.display_path(path): path for path in find_python_files(paths)}
    code = judge_files(
        store,
        knowledge,
        shown,
        lambda path: pins or nearest.of_file(path),
        ignore,
        unread=lambda: [*unread, *nearest.problems],
        everywhere=everywhere,
    )
    judged: dict[Pins, list[str]] = dict(code.files)
    if not judged:  # the user still learns which release would judge the code
        judged = {pins or nearest.of_folder(path if path.is_dir() else path.parent): [] for path in paths}
    for judged_by, files_of in judged.items():
        whom = _name_files(files_of) if len(judged) > 1 else ""
        for pinned in judged_by:
            say(_say_release(pinned, whom), err=True)
    if store.target.calls.models:
        say(_say_models(store.target), err=True)
    warn_if_stale(store, knowledge.measured)
    output.emit(code.report, form, files, exit_zero=exit_zero, allow_nothing=allow_nothing)


def _pins_of(target: Target, knowledge: Knowledge, paths: Sequence[Path]) -> tuple[Pins, list[Problem]]:
    """Return the releases that named manifests pin, and the problems of these manifests.

    Raises:
        UsageError: The manifests can be read, and none requires the SDK.
    """
    manifests = [read(target, path, output.display_path(path)) for path in paths]
    problems = [problem for manifest in manifests for problem in manifest.problems]
    if not problems and not any(manifest.entries for manifest in manifests):
        files_read = ", ".join(manifest.path for manifest in manifests)
        raise UsageError(
            f"No requirement on {target.package} was found in {files_read}.",
            f"Name a release: `--release {knowledge.releases[-1].version}`.",
        )
    return tuple(find_pinned(knowledge, manifests)), problems


def _say_release(pinned: PinnedRelease, whom: str) -> str:
    """Say which release judges some files, and which requirement names it."""
    lane = "" if pinned.lane is Lane.TODAY else " with the dependencies of its upload day"
    where = pinned.where or "the newest release, since no file pins one"
    return f"Judged by {pinned.version}{lane}: {where}{f', for {whom}' if whom else ''}."


def _say_models(target: Target) -> str:
    """Say with which models a framework was measured, since its calls name one of many providers."""
    models = " or ".join(f"`{each}...`" for each in target.calls.models)
    return f"Measured with models {models}. A call whose model the source does not show is judged as if it had one."


def _name_files(paths: Sequence[str]) -> str:
    """Name a file, or two, or the first and the number of the others."""
    if len(paths) > 2:
        return f"{paths[0]} and {len(paths) - 1:,} other files"
    return " and ".join(paths)


def _version(knowledge: Knowledge, text: str) -> str:
    """Return the version that a user names, as the index spells it; a release that is not known keeps its normal form.

    Raises:
        UsageError: The text names no release, or several.
    """
    releases = {release.version: release for release in knowledge.releases}
    try:
        version = Version(arguments.without_package(knowledge.target, text)[1].removeprefix("=="))
    except InvalidVersion:
        return arguments.release(knowledge.target, releases, text, knowledge.target.runtime).version
    return next((release.version for release in releases.values() if release.parsed == version), str(version))
