"""`matrix migrate`: convert the data of an earlier midstream."""

import click

from matrix.cli.data_folder import refuse_shipped
from matrix.cli.terminal import say
from matrix.errors import StoreCorrupt
from matrix.store.store import Store
from matrix.system.text import counted


@click.command("migrate")
@click.pass_obj
def migrate_command(store: Store) -> None:
    """Convert the data of an earlier midstream, without measuring.

    Checks the digest of each document, and adds to each document its path and to the folder the root digest. The
    entries stay the same. --data may also be the folder `data` in the artifact of a shard.
    """
    from matrix.service import artifact  # needs the extra `measure`
    from matrix.store import migration

    refuse_shipped(store, "migrate")
    if not store.folder.is_dir():
        raise StoreCorrupt(f"There is no folder {store.folder}.", "Name the folder with --data.")
    with artifact.renewing_record(store):
        converted = migration.migrate(store)
    say(f"{store.folder}: {counted(converted, 'document')} converted." if converted else "Nothing is to be converted.")
