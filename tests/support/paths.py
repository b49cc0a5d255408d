"""Where this project keeps what tests read."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
"""The checkout."""

DATA: Final = ROOT / "reports" / "data" / "anthropic"
"""The data of record."""

CORPUS: Final = ROOT / "tests" / "corpus"
"""Inputs that are kept because they once were, or could be, a problem."""
