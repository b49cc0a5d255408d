"""What programs and tests import from midstream: the remedy and the pytest plugin."""
