"""Tests of the package index and of selection."""
