"""`matrix check`: check the releases that requirements allow."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import click

from matrix import __version__
from matrix.advice.locks_above import needs_lock
from matrix.advice.requirements import check
from matrix.advice.suppressions import suppress
from matrix.cli import arguments, completion, output
from matrix.cli.freshness import warn_if_stale
from matrix.cli.project_settings import ProjectSettings, read_settings
from matrix.cli.source_lines import SourceLines
from matrix.cli.terminal import say
from matrix.errors import UsageError, require_known
from matrix.findings.model import State, Subject
from matrix.manifests import Manifest, discover, discover_tree, installed, read
from matrix.manifests.discover import folders_above
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets.target import Target


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@click.option(
    "--python", metavar="PYTHON", help="Check the release that is installed in this interpreter or environment."
)
@click.option(
    "--run", is_flag=True, help="Run the interpreter of --python. Default: only read the files of its environment."
)
@click.option(
    "--catching",
    multiple=True,
    metavar="HANDLER",
    shell_complete=completion.handlers,
    help="Judge only code that uses this handler; repeatable. `matrix list handlers` lists them.",
)
@arguments.clients("Judge only code that uses this client. Default: the clients of the extras that are required")
@output.options
@click.pass_obj
def check_command(
    store: Store,
    paths: tuple[Path, ...],
    python: str | None,
    run: bool,
    catching: tuple[str, ...],
    clients: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
    files: tuple[tuple[str, Path], ...],
    exit_zero: bool,
    allow_nothing: bool,
) -> None:
    """Check the SDK releases that your requirements allow.

    Reads each PATH: a manifest, a lock, a script with a block of requirements (PEP 723), a Dockerfile, shell
    script or notebook with `pip install`, or a folder, whose sub-folders are searched too; default: this folder. For a
    package of npm these are package.json and the locks of npm, yarn, pnpm and bun. Reports the stream failures that
    your way of catching errors handles wrongly on these releases. Uses no network, runs nothing.

    \b
    Exit codes: 0 fine, 1 a finding, 2 usage or an unreadable file,
    3 a release that was not measured, 4 no requirement on the SDK.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    if python:
        arguments.require_python_package(store.target, "matrix check --python")
    _require_files(store.target, paths)
    knowledge = queries.knowledge(store, store.target.runtime)
    if run and not python:
        raise UsageError("--run needs --python.", "Name the interpreter with --python, or omit --run.")
    settings = read_settings(store.target, knowledge.handlers, paths)
    handlers = require_known(catching, knowledge.handlers, "handler") or settings.catching
    ignore = ignore or settings.ignore
    manifests = [installed(store.target, python, run=run)] if python else []
    unnamed: list[tuple[Path, Manifest]] = []
    if not paths and not python:
        files_checked = _of_settings(settings, store.target) if settings.paths else _manifests([Path()], store.target)
    else:
        files_checked = _manifests(paths, store.target)
    for path in files_checked:
        manifests.append(read(store.target, path, output.display_path(path)))
        if not manifests[-1].entries:
            unnamed.append((path, manifests[-1]))
    if any(map(needs_lock, manifests)):
        from matrix.cli.locks_above import decide_by_locks  # a lock has no range, so its check does not import this

        manifests = decide_by_locks(store.target, manifests)
    others = _carried(store.target, unnamed, manifests, ignore) if unnamed else ()
    report = check(knowledge, manifests, __version__, handlers, ignore, others, clients or settings.clients)
    report = suppress(report, SourceLines().line_of, State.FINE if handlers else State.UNJUDGED)
    if not report.subjects and not report.problems:
        files_read = ", ".join(manifest.path for manifest in manifests)
        where = f" in {files_read}." if files_read else ": no file with requirements was found."
        say(f"No requirement on {store.target.package} was found{where}", err=True)
    warn_if_stale(store, knowledge.measured)
    output.emit(report, form, files, exit_zero=exit_zero, allow_nothing=allow_nothing)


def _require_files(target: Target, paths: Iterable[Path]) -> None:
    """Refuse a release or a requirement in the place of a file.

    Raises:
        UsageError: A path is one, and no file has that name.
    """
    for path in paths:
        if arguments.looks_like_release(target, str(path)) and not path.exists():
            named = arguments.without_package(target, str(path))[1]
            which = named.removeprefix("==") if named.startswith(("==", "v")) or named[:1].isdigit() else "latest"
            raise UsageError(
                f"{str(path)!r} is not a file, and `{target.command} check` reads files.",
                f"Ask about a release with `{target.command} explain {which}`, and about a requirement with "
                f"`{target.command} advise '{path}'`.",
            )


def _carried(
    target: Target, unnamed: Sequence[tuple[Path, Manifest]], manifests: Sequence[Manifest], ignore: Collection[str]
) -> Iterable[Subject]:
    """Judge what brings the target without naming it. A lock names it, so its check does not import this."""
    from matrix.advice.carried import judge_carried
    from matrix.manifests.carried import find_carried

    carried = [entry for path, manifest in unnamed for entry in find_carried(target, path, manifest.path)]
    return judge_carried(target, carried, manifests, ignore)


def _manifests(paths: Sequence[Path], target: Target) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from discover_tree(path, target.registry)
        else:
            yield path


def _of_settings(settings: ProjectSettings, target: Target) -> Iterator[Path]:
    """Yield the manifests in the paths of the settings, and in the folders between these and the settings."""
    above = [
        folder
        for path in settings.paths
        for folder in folders_above((path if path.is_dir() else path.parent).absolute())
        if settings.folder is not None and folder.is_relative_to(settings.folder)
    ]
    outer = (Path(os.path.relpath(file)) for folder in above for file in discover(folder, target.registry))
    yield from dict.fromkeys([*outer, *_manifests(settings.paths, target)])
