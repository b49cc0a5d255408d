"""Settings of the package."""

ATTEMPTS = 2
STATUSES = frozenset({429, 500, 529})
