"""Tests, in the rooms of the program.

What is compiled is kept, whatever the machine's PYTHONDONTWRITEBYTECODE says: otherwise every run, every worker and
every program that a test starts would compile all modules again, and rewrite the assertions of all tests.
"""

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
