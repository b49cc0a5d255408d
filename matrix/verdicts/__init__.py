"""Verdicts: pure functions that judge what a release, a handler or the remedy did in a scenario."""
