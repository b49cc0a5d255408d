"""How one would measure every release without this project: what it is compared with, as a person would write it.

`bench.sweep` runs these files with a few variables: BENCH_PYTHON, the interpreter of all cells; BENCH_CELLS, a JSON
list of {"name", "version", "cutoff"}; BENCH_CALLS, a file with the calls; BENCH_BACKEND, where they are sent.
"""
