"""Tests that measure real releases, from the package index."""
