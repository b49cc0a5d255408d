"""How the probe of a target is started. Pure."""

from pathlib import Path

import msgspec


class Launcher(msgspec.Struct, frozen=True):
    """The way to start a probe.

    Attributes:
        flags: The arguments between the interpreter and the probe.
        entry: The file in the probe's folder to run; empty to run the folder itself.
        is_python: Whether the interpreter of a cell is a Python.
        unlimited: Limits of a sandbox that its interpreter can't run with, named as in `resource`: Node reserves more
            addresses (`AS`) than it uses.
    """

    flags: tuple[str, ...] = ("-s", "-B", "-X", "utf8")
    entry: str = ""
    is_python: bool = True
    unlimited: tuple[str, ...] = ()

    def command(self, interpreter: Path, probe: Path) -> list[str | Path]:
        """Return the command line that runs a probe."""
        return [interpreter, *self.flags, probe / self.entry if self.entry else probe]
