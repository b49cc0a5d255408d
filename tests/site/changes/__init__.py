"""Tests of `matrix.site.changes`."""
