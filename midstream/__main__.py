"""The console script `midstream` and `python -m midstream`: the same program as `matrix`."""

import sys

from midstream.imports import describe_shadow

USAGE = 2
"""Exit code if `import matrix` finds another project's module, as `matrix` has it for a mistake in its usage."""


def main() -> None:
    """Run the command line; leaves the process."""
    if shadow := describe_shadow("This command"):
        print(f"Error: {shadow}", file=sys.stderr)
        sys.exit(USAGE)
    from matrix.cli import main as command_line  # not before it is known which `matrix` that is

    command_line()


if __name__ == "__main__":
    main()
