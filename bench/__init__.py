"""Benchmarks: programs that measure what this project costs, as ratios from one run. `nox -s bench` runs them all."""
