"""The statuses that the Acme API documents."""

from typing import Final

STATUSES: Final = {"busy": 503, "bad_input": 422}
"""Error type to HTTP status."""
