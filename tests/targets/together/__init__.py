"""Tests of the target `together`."""
