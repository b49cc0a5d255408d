"""The console script `matrix` and `python -m matrix`: an interrupt ends it with a sentence, also while it imports.

A short command makes some hundred thousand objects, nearly all of which live until it ends. So garbage is collected
seldom, and not at the end, when the process gives all its memory back anyway: that was a seventh of a check's time.
"""

import atexit
import gc
import signal
import sys
from typing import Final

INTERRUPTED = 130
"""The exit code after SIGINT or SIGTERM: the code of `matrix.cli`, which may not be imported yet."""

YOUNG_OBJECTS: Final = 100_000
"""The number of new objects after which Python looks for garbage; its default of 700 suits programs that run long."""


def main() -> None:
    """Run the command line, then exit."""
    gc.set_threshold(YOUNG_OBJECTS)
    atexit.register(gc.freeze)
    try:
        from matrix.cli import main as command_line  # most of a short command's time

        command_line()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("Interrupted before the command began.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Python would answer a second one with a traceback
        raise


if __name__ == "__main__":
    main()
