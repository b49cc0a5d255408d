"""What a run reports while it goes on. The command line shows it."""

from pathlib import Path
from typing import Protocol

from matrix.errors import MatrixError
from matrix.model import Cell
from matrix.observation import Result


class Progress(Protocol):
    """A receiver of the events of a run."""

    def started(self, cell: Cell) -> None:
        """Note that a worker started a cell."""

    def finished(self, cell: Cell, result: Result) -> None:
        """Note that a cell was measured."""

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """Note that a cell could not be measured, and that nothing was recorded for it."""

    def control_skipped(self, cell: Cell, reason: str) -> None:
        """Note that the patched SDK of a release gives no answer, so that an older release is the control."""

    def controls_hold(self, cell: Cell) -> None:
        """Note that the controls hold; `cell` is the one whose SDK was patched."""

    def jobs_added(self, count: int) -> None:
        """Note that the run got `count` more cells than announced."""

    def sandbox_missing(self, reason: str) -> None:
        """Note that cells run without a sandbox, and why."""

    def sandbox_lacks(self, what: str) -> None:
        """Note what the sandbox of the cells does not do on this machine."""

    def environment_kept(self, cell: Cell, program: Path) -> None:
        """Note that the environment of a cell was kept; `program` is its interpreter."""
