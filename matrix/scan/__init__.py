"""How a user's Python source catches errors of the SDK: source and a recorded release in, places with decisions out.

`scan` is pure; `reading` alone reads files.
"""

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole, ScannedFile
from matrix.scan.recorded import Recorded
from matrix.scan.scanning import scan

__all__ = ["Catch", "Choice", "Decision", "PlaceRole", "Recorded", "ScannedFile", "scan"]
