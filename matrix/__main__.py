"""The console script `matrix` and `python -m matrix`: an interrupt ends it with a sentence, also while it imports."""

import sys

INTERRUPTED = 130
"""The exit code after SIGINT or SIGTERM: the code of `matrix.cli`, which may not be imported yet."""


def main() -> None:
    """Run the command line, then exit."""
    try:
        from matrix.cli import main as command_line  # most of a short command's time

        command_line()
    except KeyboardInterrupt:
        print("Interrupted before the command began.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
