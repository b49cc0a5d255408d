"""`matrix announce`: summarise how the data differs from the published data."""

from pathlib import Path

import click
import msgspec

from matrix.cli import arguments, service
from matrix.cli.documents import document
from matrix.errors import StoreCorrupt
from matrix.schema import encode
from matrix.service import announcement, news, snapshots
from matrix.service.holding import held_back_issues
from matrix.service.issues import select_unopened
from matrix.store import last_run, queries
from matrix.store.documents import RELEASES, RESTORE
from matrix.store.store import Store


@click.command("announce")
@service.published
@arguments.python("The Python version whose measurements are compared.")
@arguments.base_url("The address of the published site, for links.")
@service.opened
@service.forms
@click.pass_obj
def announce_command(
    store: Store,
    published: Path,
    python: str,
    base_url: str,
    opened: Path | None,
    form: str,
    files: tuple[tuple[str, Path], ...],
) -> None:
    """Summarise how the data differs from the published data.

    Reports new releases, changes of behaviour, and drift; prints nothing if nothing changed. The text is one line. The
    Markdown is a summary for a run, a pull request or a release. `--output issues=FILE` writes the
    issues to open for new behaviours, for releases that became unusable and for those that the gate holds back,
    `[{id, title, body, labels}]`, without those that exist already.
    """
    announced = announcement.announce(
        _data(Store(snapshots.require_folder(published), store.target), python), _data(store, python), python
    )
    run = last_run.read(store.folder)
    held_back = held_back_issues(store.target, run.held if run else {})
    new_issues = (*news.announcement_issues(store.target, announced, base_url), *held_back)
    issues = select_unopened(new_issues, service.read_opened(opened))
    service.emit(
        form,
        files,
        {
            "text": lambda: "" if announced.is_empty else f"{announcement.summarise(announced)}\n",
            "markdown": lambda: news.render_markdown(store.target, announced, base_url),
            "json": lambda: document(announced),
            "issues": lambda: encode(msgspec.to_builtins(issues)),
        },
    )


def _data(store: Store, python: str) -> announcement.ResultSet:
    suite = queries.main_suite(store, python)
    releases, results = store.releases(), queries.results(store, suite, python)
    unlisted = next((cell.version for cell in results if cell.version not in releases), None)
    if unlisted is not None:
        raise StoreCorrupt(f"{store.folder / RELEASES}: does not list {unlisted}, which has results.", RESTORE)
    return announcement.ResultSet(target=store.target, releases=releases, results=results, suite=suite)
