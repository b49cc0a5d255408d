"""Tests of `matrix.site.charts`."""
