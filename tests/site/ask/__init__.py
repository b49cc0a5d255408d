"""Tests of `matrix.site.ask`."""
