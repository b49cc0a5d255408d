"""Read the comparison of all targets, and print it. I/O."""

from collections.abc import Collection, Iterable, Iterator

from matrix.cli.columns import lay_out
from matrix.cli.data_folder import default_data
from matrix.cli.tables import style_verdict
from matrix.cli.terminal import say, say_block, style
from matrix.compare.sdks import SdkCell, SdkRow, SdkTable, compare_sdks, describe_sdk, find_described
from matrix.model import Cell, Lane
from matrix.store import queries
from matrix.store.documents import RELEASES
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.system.text import visible
from matrix.targets import TARGETS
from matrix.verdicts.verdict import VerdictKind, Yardstick


def stores_of_targets(own: Store) -> list[Store]:
    """List the store of every target that has data.

    If the user named another folder than the default for the target of a command, those of the others lie next to it.
    """
    is_default = own.folder == default_data(own.target)
    stores = [
        own  # a store keeps what it has read
        if target is own.target
        else Store(default_data(target) if is_default else own.folder.parent / target.id, target)
        for target in TARGETS.values()
    ]
    return [store for store in stores if (store.folder / RELEASES).is_file()]


def read_sdks(stores: Iterable[Store]) -> SdkTable:
    """Read the newest result of each target."""
    return compare_sdks(_read(store) for store in stores)


def read_others(own: Store, stores: Iterable[Store]) -> list[Knowledge]:
    """Read the judged data of the other targets that name handlers to compare."""
    return [
        queries.knowledge(store, store.target.runtime)
        for store in stores
        if store.target is not own.target and store.target.compared_handlers
    ]


def _read(store: Store) -> SdkRow:
    target = store.target
    newest = queries.knowledge(store, target.runtime).newest
    result = store.result(Cell(newest, Lane.TODAY, target.runtime), find_described(target)) if newest else None
    return describe_sdk(target, newest, result)


def print_sdks(table: SdkTable, headlines: Collection[str]) -> None:
    """Print the outcomes of these headlines, or of all, by headline."""
    for headline in table.headlines:
        if headlines and headline.id not in headlines:
            continue
        rows = [tuple(_columns(row, row.by_headline[headline.id])) for row in table.sdks]
        say(style(f"{headline.id}: {headline.title}", bold=True))
        titles = ("target", "newest", "what the caller sees", "class", "retried", "documented", "maintainers'")
        say_block(lay_out(titles, rows, wrapped=[2]))
        say()
    say(f"{len(table.sdks)} packages, each with today's dependencies. Data of {table.measured}.")
    say("`class` says whose class the exception has; `retried`, whether the package repeats the request by itself.")


def _columns(row: SdkRow, cell: SdkCell) -> Iterator[str]:
    yield row.id
    yield row.version
    yield visible(cell.words)
    yield visible(cell.origin)
    yield cell.repetition
    for yardstick in Yardstick:
        yield style_verdict(cell.verdicts.get(yardstick, VerdictKind.UNKNOWN))
