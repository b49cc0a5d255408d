"""The readers of the files in which people declare dependencies."""
