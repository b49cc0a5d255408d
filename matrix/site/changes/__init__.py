"""The pages about changes between adjacent releases."""
