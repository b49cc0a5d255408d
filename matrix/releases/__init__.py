"""Releases of a target: the package index, their metadata, and which of them a command selects."""
