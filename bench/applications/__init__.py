"""Eight small applications that stream from the Anthropic API, each with a known list of faults.

They are written as people write them, and run with the newest Anthropic SDK and tenacity. `faults.py` says which faults
each has, known from reading it.
"""
