"""Tests, in the rooms of the program.

Python writes bytecode even if PYTHONDONTWRITEBYTECODE is set: otherwise every run, every worker and every program that
a test starts would compile all modules again, and rewrite the assertions of all tests.
"""

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
