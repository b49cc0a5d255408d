"""Tests of `matrix.site.handlers`."""
