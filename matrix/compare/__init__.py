"""Comparisons: two observations, two releases, or the whole history of a target."""
