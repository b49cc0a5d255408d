"""Folders of this project that tests read."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
"""The root of the repository."""

DATA: Final = ROOT / "reports" / "data" / "anthropic"
"""The data of record."""

CORPUS: Final = ROOT / "tests" / "corpus"
"""Inputs that once were, or could be, a problem."""
