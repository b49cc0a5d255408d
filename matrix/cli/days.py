"""A number of days, as options take it."""

import re

import click

from matrix.errors import UsageError


class Days(click.ParamType[int]):
    """A number of days: `7d`, `2w`, `7`."""

    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,4})([dw]?)", str(value))
        if not found:
            raise UsageError(f"{value!r} is no age.", "Write it in days or weeks: 7d, 2w.")
        return int(found[1]) * (7 if found[2] == "w" else 1)
