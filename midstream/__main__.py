"""The console script `midstream` and `python -m midstream`: the same program as `matrix`."""

import sys

USAGE = 2
"""The exit code if `import matrix` finds another project's module: the code of `matrix` for a wrong usage."""

INTERRUPTED = 130
"""The exit code after SIGINT: the code of `matrix`."""


def main() -> None:
    """Run the command line, then exit."""
    try:
        _run()
    except KeyboardInterrupt:  # while modules are imported; the command line handles its own
        print("Interrupted before the command began.", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _run() -> None:
    from midstream.imports import describe_shadow

    if shadow := describe_shadow("This command"):
        print(f"Error: {shadow if shadow.isprintable() else ascii(shadow)}", file=sys.stderr)
        sys.exit(USAGE)
    from matrix.__main__ import main as command_line  # only after the check that this is midstream's `matrix`

    command_line()


if __name__ == "__main__":
    main()
