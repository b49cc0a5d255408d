"""How a user's Python source catches errors of the SDK: source in, places with their nearest handler out.

`scan` is pure; `reading` alone reads files.
"""

from matrix.scan.catches import Catch, Exactness, Reaction, ScannedFile
from matrix.scan.scanning import scan

__all__ = ["Catch", "Exactness", "Reaction", "ScannedFile", "scan"]
