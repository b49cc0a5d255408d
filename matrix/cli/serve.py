"""`matrix serve`: the site on loopback, while one works on it."""

import asyncio
import contextlib
from pathlib import Path

import click

from matrix.cli import options
from matrix.cli.report import report_command
from matrix.errors import ToolFailure
from matrix.site import preview
from matrix.system.aio import interruptible


@click.command("serve")
@click.option(
    "--site", type=click.Path(file_okay=False, path_type=Path), default=None,
    metavar="FOLDER", help="Where the site is built. Default: site, beside the data.",
)  # fmt: skip
@options.port
@options.lifetime
@click.pass_context
def serve_command(context: click.Context, site: Path | None, port: int, lifetime: float) -> None:
    """Show the site in a browser, built again when data, templates or code change, until it is interrupted.

    Open pages load themselves again after each build. A build that fails says why, and the site stays as it was.
    """
    data: Path = context.obj
    folder = site or data.parent / "site"

    async def follow(served: preview.Preview) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(lifetime), served.rebuilds(data) as rebuilds:
                click.echo(f"Listening on {served.address}, built again when {data} or this program changes.")
                async for rebuilt in rebuilds:
                    _show(rebuilt)

    context.invoke(report_command, site=folder, base_url="")
    with contextlib.ExitStack() as stack:
        try:
            served = stack.enter_context(preview.serve(folder, port))
        except OSError as error:
            raise ToolFailure(
                f"Port {port} can't be had: {error.strerror}.", "Leave --port out for one that is free."
            ) from None
        with contextlib.suppress(KeyboardInterrupt):
            interruptible(follow(served))
    click.echo("Stopped.")


def _show(rebuilt: preview.Rebuilt) -> None:
    first, *others = [path.name for path in rebuilt.changed] or ["something"]
    what = f"{first}{f' and {len(others)} more' if others else ''} changed"
    if rebuilt.failure:
        click.echo(f"{rebuilt.failure}\n{what}, and no site comes of it: it stays as it was.", err=True)
    else:
        click.echo(f"{what}: built again in {rebuilt.seconds:.1f} s.")
