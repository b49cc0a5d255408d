"""What every document of the API begins with. Pure."""

import datetime as dt
from typing import Final

from matrix.model import Frozen

ROOT: Final = "api/v1/"
"""Where the API lies in the site."""


class Document(Frozen, frozen=True, kw_only=True):
    """What every document begins with.

    Attributes:
        schema: Its form.
        generated_at: The day of the newest result, UTC; a document changes on no other.
        suite: The digest of the suite that was played.
        python: On which it was measured.
    """

    schema: str
    generated_at: dt.date | None
    suite: str
    python: str
