"""The page, from committed data."""
