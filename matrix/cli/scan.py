"""`matrix scan`: how does this code catch the SDK's errors, and what does it miss?"""

from pathlib import Path

import click

from matrix import __version__, evidence
from matrix.catch_advice import Pinned, pinned, scan
from matrix.catching.reading import python_files, scan_files
from matrix.cli import output
from matrix.decisions import handlers
from matrix.errors import UsageError
from matrix.manifests import discover, read
from matrix.model import Lane
from matrix.plan import DEFAULT_PYTHON
from matrix.store import Store


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--release", metavar="VERSION", help="Judge by this release.")
@click.option(
    "--manifest",
    "manifests",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge by the release that this file pins; repeatable. Default: by what the files of this folder pin.",
)
@output.options
@click.pass_obj
def scan_command(
    data: Path,
    paths: tuple[Path, ...],
    release: str | None,
    manifests: tuple[Path, ...],
    ignore: tuple[str, ...],
    form: str,
    files: tuple[tuple[str, Path], ...],
    exit_zero: bool,
    allow_nothing: bool,
) -> None:
    """Judge how the Python code in PATHs catches errors of the SDK.

    Says what each place misses on the release that you pin, and what to write instead.

    PATH is a file or a folder. The code is read, never run. Each place is judged by the way of catching that is nearest
    to it, as that was seen to decide; what can't be judged is said.

    \b
    Exit codes: 0 fine, 1 a finding, 2 usage or something that can't be read,
    3 a release that the matrix does not know, 4 nothing that catches errors of the SDK.
    """  # noqa: D301 - click's own mark for text that is not to be wrapped
    if release and manifests:
        raise UsageError("--release and --manifest both say by which release to judge.", "Leave one of them out.")
    found = evidence.knowledge(Store(data), DEFAULT_PYTHON)
    if release:
        judged_by = [Pinned(release, Lane.TODAY)]
    else:
        judged_by = pinned(found, [read(path, output.shown(path)) for path in manifests or discover(Path())])
    sources = scan_files((path, output.shown(path)) for path in python_files(paths))
    titles = {handler.id: handler.title for handler in handlers().values()}
    report = scan(found, sources, judged_by, titles, __version__, ignore)
    for one in judged_by:
        where = one.where or ("as you said" if release else "the newest one, for no file here pins any")
        click.echo(f"Judged by {one.version}: {where}.", err=True)
    output.give(report, form, files, exit_zero=exit_zero, allow_nothing=allow_nothing)
