"""The modules that programs and tests import: the remedy and the pytest plugin."""
