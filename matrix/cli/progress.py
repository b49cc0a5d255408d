"""Show the progress of a run: a bar in a terminal, a line for each cell in a pipe or a file."""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from matrix.cli.terminal import discard_output, printable, say
from matrix.errors import MatrixError
from matrix.model import Cell
from matrix.observation import Outcome, Result


def summarise(result: Result) -> str:
    """Summarise a result in a few words."""
    if result.outcome is Outcome.COMPLETED:
        flaky = sum(observation.outcome is Outcome.FLAKY for observation in result.behaviour.values())
        return f"{len(result.behaviour)} observations" + (f", {flaky} of them flaky" if flaky else "")
    return f"{result.outcome}: {result.reason[:160]}"


class _ProgressDisplay:
    """The common part of both displays: their messages and their counts."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0
        self._recorded = 0
        self._began = time.monotonic()

    def controls_hold(self, cell: Cell) -> None:
        """Print that the controls passed, without which no result counts."""
        self._say(f"Controls hold ({cell}, its SDK patched).")

    def control_skipped(self, cell: Cell, reason: str) -> None:
        """Say why an older release is the control."""
        self._say(f"{cell} can't be the control, so an older release is tried: {reason[:160]}")

    def sandbox_missing(self, reason: str) -> None:
        """Print why there is no sandbox, before any cell runs."""
        self._say(f"Cells run with limits but without a sandbox: {reason} docs/trust.md describes the remaining risks.")

    def sandbox_lacks(self, what: str) -> None:
        """Print what the sandbox does not limit, before any cell runs."""
        self._say(f"{what} docs/trust.md describes the remaining risks.")

    def environment_kept(self, cell: Cell, program: Path) -> None:
        """Print the interpreter of an environment that stays."""
        self._say(f"Kept the environment of {cell}: {program}")

    def jobs_added(self, count: int) -> None:
        """Add to the number of cells."""
        self._total += count

    @contextlib.contextmanager
    def noting_recorded_cells(self) -> Iterator[None]:
        """Add to an interrupt that the cells that are done are recorded, if there are any."""
        try:
            yield
        except KeyboardInterrupt as interrupt:
            if self._recorded:
                interrupt.add_note("Finished cells are recorded. Run the same command again to continue.")
            raise

    def _rate(self) -> str:
        return f"{self._done / max(time.monotonic() - self._began, 1e-9) * 60:.0f}/min"

    def _say(self, text: str) -> None:
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


class Lines(_ProgressDisplay):
    """The display for a pipe or a file: a line for each finished cell."""

    is_unread = False
    """Whether the reader of the output has closed the pipe, as in `matrix run | head`."""

    def started(self, cell: Cell) -> None:
        """Print nothing: a line appears when the cell is finished."""

    def finished(self, cell: Cell, result: Result) -> None:
        """Print a line for a measured cell."""
        self._recorded += 1
        self._step(f"{cell}: {summarise(result)}")

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """Print a line for a cell that could not be measured."""
        self._step(f"{cell}: not measured. {failure}")

    def _step(self, text: str) -> None:
        self._done += 1
        self._say(f"[{self._done:>{len(str(self._total))}}/{self._total}, {self._rate()}] {text}")

    def _say(self, text: str) -> None:
        """Print a line; once nobody reads the output, interrupt the run, which ends its processes."""
        try:
            say(text)
        except BrokenPipeError:
            if not self.is_unread:
                self.is_unread = True
                discard_output()
                signal.raise_signal(signal.SIGINT)


class Bar(_ProgressDisplay):
    """The display for a terminal: a bar with the numbers of cells that are done, running, failed and remaining."""

    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        super().__init__(progress.console, total)
        self._progress = progress
        self._task = task
        self._running: set[Cell] = set()
        self._failed = 0

    def jobs_added(self, count: int) -> None:
        """Add to the number of cells, and lengthen the bar."""
        super().jobs_added(count)
        self._progress.update(self._task, total=self._total)

    def started(self, cell: Cell) -> None:
        """Count a cell as running."""
        self._running.add(cell)
        self._show()

    def finished(self, cell: Cell, result: Result) -> None:
        """Count a cell as done, and print its outcome if the suite was not played."""
        self._recorded += 1
        if result.outcome is not Outcome.COMPLETED:
            self._say(f"{cell}: {summarise(result)}")
        self._step(cell)

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """Count a cell as failed, and print the reason."""
        self._failed += 1
        self._say(f"{cell}: not measured. {failure}")
        self._step(cell)

    def _step(self, cell: Cell) -> None:
        self._done += 1
        self._running.discard(cell)
        self._progress.advance(self._task)
        self._show()

    def _show(self) -> None:
        remaining = self._total - self._done - len(self._running)
        text = f"{len(self._running)} running, {self._failed} failed, {remaining} remaining, {self._rate()}"
        self._progress.update(self._task, description=text)


@contextlib.contextmanager
def show_progress(total: int) -> Iterator[Lines | Bar]:
    """Show the progress of a run of `total` cells."""
    console = Console()
    if not console.is_terminal:
        lines = Lines(console, total)
        try:
            yield lines
        except KeyboardInterrupt:
            if lines.is_unread:
                raise SystemExit(1) from None  # click exits like this after a write into a closed pipe
            raise
        return
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield Bar(progress, progress.add_task("controls first", total=total), total)
