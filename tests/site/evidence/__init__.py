"""Tests of `matrix.site.evidence`."""
