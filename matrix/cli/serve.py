"""`matrix serve`: serve the site on loopback, and rebuild it after each change."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import click

from matrix.cli import options, sdks
from matrix.cli.report import digest_of_sources, report_command
from matrix.cli.terminal import say, say_block
from matrix.errors import MatrixError
from matrix.site import preview, site_folder
from matrix.store.store import Store
from matrix.system.aio import interruptible


@click.command("serve")
@click.option(
    "--site", type=click.Path(file_okay=False, path_type=Path), default=None,
    metavar="FOLDER", help="The folder to build the site in. Default: site, next to the data.",
)  # fmt: skip
@options.port
@options.hosts
@options.lifetime
@click.pass_context
def serve_command(
    context: click.Context, site: Path | None, port: int, hosts: tuple[str, ...], lifetime: float
) -> None:
    """Serve the site locally, and rebuild it after each change.

    Watches the data, the templates and the code. Open pages reload after each build. A failed build prints the reason
    and leaves the site unchanged. Runs until it is interrupted.
    """
    store: Store = context.obj
    data, root = store.folder, site or site_folder.default(store)
    compared = sdks.stores_of_targets(store)
    folder = root / store.target.site_path

    async def follow(address: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(lifetime):
                changes = preview.changes(data)
                changed = await anext(changes)
                say(f"Listening on {address}, and rebuilding the site when {data} or this program changes.")
                if changed or not site_folder.is_built(folder, digest_of_sources(store, compared)):
                    await _build(store, root, changed)
                async for changed in changes:
                    await _build(store, root, changed)

    with contextlib.ExitStack() as stack:
        try:
            address = stack.enter_context(preview.serve(folder, port, hosts))
        except OSError as error:
            raise MatrixError(
                f"Port {port} can't be used: {error.strerror}.", "Omit --port to use a free port."
            ) from None
        context.invoke(report_command, site=root, base_url="", repository="", all_targets=False)
        with contextlib.suppress(KeyboardInterrupt):
            interruptible(follow(address))
    say("Stopped.")


async def _build(store: Store, root: Path, changed: Sequence[Path]) -> None:
    """Build the site after a change, and print the result."""
    began = time.monotonic()
    failure = await preview.build(store, root)
    first, *others = [path.name for path in changed] or ["a file"]
    change = f"{first}{f' and {len(others)} more' if others else ''} changed"
    if failure:
        say_block(failure, err=True)
        say(f"{change}, but the build failed. The site is unchanged.", err=True)
    else:
        say(f"{change}: rebuilt the site in {time.monotonic() - began:.1f} s.")
