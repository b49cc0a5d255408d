"""`matrix backend`: the mock server, for one's own client."""

import asyncio

import click

from matrix import sweep
from matrix.backend.journal import Attempt
from matrix.backend.server import serve
from matrix.errors import ToolFailure
from matrix.scenarios import PLAYABLE


@click.command("backend")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default="any that is free", help="On 127.0.0.1.")
@click.option(
    "--lifetime",
    type=click.FloatRange(min=0.1),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop by itself after this time.",
)
def backend_command(port: int, lifetime: float) -> None:
    """Play scenarios to any client, over a real socket, until it is interrupted.

    The base URL of a client names the scenario: http://127.0.0.1:PORT/mid-overloaded_error. Each request is printed.
    """

    async def serve_for_a_while() -> None:
        async with serve(port, _print_attempt) as backend:
            example = "mid-overloaded_error"
            click.echo(f"Listening on {backend.url('')}, {len(PLAYABLE)} scenarios (`matrix list scenarios`).")
            click.echo(f"  base URL for a client:  {backend.url('/' + example)}")
            click.echo(f"  to see the bytes:       curl -N -X POST {backend.url('/' + example)}/v1/messages")
            await asyncio.sleep(lifetime)

    try:
        sweep.interruptible(serve_for_a_while())
    except OSError as error:
        raise ToolFailure(
            f"Port {port} can't be had: {error.strerror}.", "Leave --port out for one that is free."
        ) from None
    except KeyboardInterrupt:
        click.echo("Stopped.")


def _print_attempt(attempt: Attempt) -> None:
    known = "" if attempt.known and attempt.dialect else " (unknown: answered with 404)"
    click.echo(f"{attempt.scenario} {attempt.dialect or attempt.base_path}{known}")
