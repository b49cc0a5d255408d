"""Tests of the scan of Python source."""
