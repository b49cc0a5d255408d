"""How a user's Python source catches errors of the SDK: source in, places with the nearest handler out.

`scan` is pure; `reading` alone reads files.
"""

from matrix.scan.found import Action, Catch, Exactness, Source
from matrix.scan.scanning import scan

__all__ = ["Action", "Catch", "Exactness", "Source", "scan"]
