"""The console script `midstream` and `python -m midstream`: the same program as `matrix`."""

import sys

from midstream.imports import describe_shadow

USAGE = 2
"""The exit code if `import matrix` finds another project's module: the code of `matrix` for a wrong usage."""


def main() -> None:
    """Run the command line, then exit."""
    if shadow := describe_shadow("This command"):
        print(f"Error: {shadow if shadow.isprintable() else ascii(shadow)}", file=sys.stderr)
        sys.exit(USAGE)
    from matrix.cli import main as command_line  # only after the check that this is midstream's `matrix`

    command_line()


if __name__ == "__main__":
    main()
