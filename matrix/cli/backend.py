"""`matrix backend`: serve failure scenarios to any client."""

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping
from typing import Final

import click

from matrix.backend.journal import Entry, RequestEnd
from matrix.backend.pages import suggestion
from matrix.backend.server import Backend, serve
from matrix.backend.staged_journal import StagedJournal
from matrix.catalogue.steps import Scenario
from matrix.cli import completion, options
from matrix.cli.terminal import discard_output, say, style
from matrix.errors import MatrixError, UsageError
from matrix.store.store import Store
from matrix.system.aio import interruptible
from matrix.system.text import counted
from matrix.targets.target import Target

_REQUEST_END: Final = {
    RequestEnd.KEEP_ALIVE: style("kept alive", fg="green"),
    RequestEnd.FIN: style("closed (FIN)", fg="yellow"),
    RequestEnd.RESET: style("reset (RST)", fg="red"),
    RequestEnd.HOLD: style("left open, nothing more sent", fg="magenta"),
    RequestEnd.PEER: style("closed by the client before the end", fg="red", bold=True),
    RequestEnd.PAGE: style("a page for a browser", dim=True),
    RequestEnd.REFUSED: style("refused: too large, too slow, not HTTP, or for another host", fg="red", bold=True),
    RequestEnd.NOT_FOUND: style("404", fg="red", bold=True),
}
"""State of the connection after a request to its words, styled for a terminal."""


@click.command("backend")
@click.option(
    "--scenario",
    default="",
    metavar="ID",
    shell_complete=completion.scenarios,
    help="Play this scenario on every base URL. Default: the scenario at the end of the base URL.",
)
@options.scenario_files
@click.option(
    "--times",
    type=click.IntRange(1, 999_999),
    metavar="N",
    help="Let the first N requests to a base URL fail, and all later ones succeed. Default: all play the scenario.",
)
@options.port
@options.hosts
@options.lifetime
@click.pass_obj
def backend_command(
    store: Store,
    scenario: str,
    own: dict[str, Scenario],
    times: int | None,
    port: int,
    hosts: tuple[str, ...],
    lifetime: float,
) -> None:
    """Serve failure scenarios to any client over a real socket.

    Select the scenario in the client's base URL, such as http://127.0.0.1:PORT/mid-overloaded_error, or with
    --scenario; --scenarios adds your own. A segment such as `times=2` before the scenario does what --times does.
    Prints a line for each request: the scenario, the number of the attempt under its base URL, and how the connection
    ended. Runs until it is interrupted. Tests in any language choose the scenario with POST /_midstream/NAME/scenario,
    and read /_midstream/NAME/requests and /_midstream/NAME/verdict.
    """
    from matrix.audit.control import Control  # imported here, since no other command needs it

    playable = {**store.target.suite.playable, **own}
    if scenario and scenario not in playable:
        hint = f"{suggestion(playable, scenario)} `matrix list scenarios` lists them."
        raise UsageError(f"The backend has no scenario {scenario!r}.", hint.strip())
    example = next(iter(own), store.target.suite.headline)
    log = _RequestLog(store.target, playable, scenario or example)

    async def serve_for_a_while() -> None:
        journal = StagedJournal(time.monotonic, log.record)
        async with serve(
            store.target, port, journal, scenario, hosts=hosts, times=times or 0, scenarios=own
        ) as backend:
            backend.control = Control(backend, journal).answer
            log.announce(backend)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(lifetime):
                    await log.unread.wait()

    try:
        interruptible(serve_for_a_while())
    except OSError as error:
        raise MatrixError(f"Port {port} can't be used: {error.strerror}.", "Omit --port to use a free port.") from None
    except KeyboardInterrupt:
        pass
    log.close()


class _RequestLog:
    """The printed journal: one line for each finished request.

    Attributes:
        unread: Set once the reader of the output has closed the pipe, as in `matrix backend | head`.
    """

    def __init__(self, target: Target, playable: Mapping[str, Scenario], example: str) -> None:
        self.unread = asyncio.Event()
        self._playable = playable
        dialects = playable[example].dialects
        self._endpoint = next(each.path for each in target.endpoints if each.dialects & dialects)
        self._example = example
        self._width = max(map(len, self._playable))
        self._requests = 0

    def announce(self, backend: Backend) -> None:
        """Print the address of the backend, and how to use it."""
        base_url = backend.url("" if backend.scenario else f"/{self._example}")
        played = backend.scenario or f"{len(self._playable)} scenarios"
        self._print(f"Listening on {style(backend.url(''), bold=True)}, {played}.")
        self._print(f"  base URL for a client:  {base_url}")
        self._print(f"  to see the bytes:       curl -N -X POST {base_url}{self._endpoint}")
        self._print(f"  list of scenarios:      curl {backend.url('/')}")
        self._print("")
        titles = f"{'':>5}  {'scenario':{self._width}}  attempt  {'dialect':11}  connection"
        self._print(style(titles, bold=True))

    def record(self, entry: Entry, end: RequestEnd | None) -> None:
        """Print a request once it has ended."""
        self._requests = max(self._requests, entry.number)
        if end is not None:
            self._print(self._line(entry, end))

    def _line(self, entry: Entry, end: RequestEnd) -> str:
        attempt = entry.attempt
        name = attempt.base_path if attempt.dialect is None else attempt.scenario
        count = "" if attempt.is_stray else str(entry.before + 1)
        line = style(f"{entry.number:>5}", dim=True)
        line += f"  {name or '-':{self._width}}  {count:>7}  {attempt.dialect or '':11}  {_REQUEST_END[end]}"
        if end is RequestEnd.NOT_FOUND:
            line += f": {_explain_not_found(self._playable, entry)}"
        elif not attempt.is_stray and attempt.base_path not in ("", f"/{attempt.scenario}"):
            line += style(f"  {attempt.base_path}", dim=True)
        return line

    def close(self) -> None:
        """Print the number of requests."""
        self._print(f"Stopped after {counted(self._requests, 'request')}.")

    def _print(self, line: str) -> None:
        try:
            say(line)
        except BrokenPipeError:
            discard_output()
            self.unread.set()


def _explain_not_found(playable: Collection[str], entry: Entry) -> str:
    """Explain why no scenario was played."""
    attempt = entry.attempt
    if attempt.dialect is None:
        return "no such endpoint"
    if not attempt.base_path:
        return "the base URL names no scenario"
    return f"no such scenario. {suggestion(playable, attempt.scenario)}".strip()
