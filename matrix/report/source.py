"""What the page is made from. Pure."""

from collections.abc import Mapping

import msgspec

from matrix.model import Cell, Judgement, Release, Result


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is made from.

    Attributes:
        releases: The catalogue.
        results: What is known of the cells of one Python, of this suite.
        judgements: What their behaviour comes to, as far as that is kept with the data.
        control: The patched control.
        suite: The digest of the suite.
        python: Of the cells.
    """

    releases: Mapping[str, Release]
    results: Mapping[Cell, Result]
    judgements: Mapping[Cell, Judgement] = {}
    control: tuple[Cell, Result] | None
    suite: str
    python: str
