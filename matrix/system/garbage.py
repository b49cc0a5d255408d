"""How often Python looks for garbage."""

import gc
from typing import Final

_NEW_OBJECTS: Final = 1_000_000


def collect_rarely() -> None:
    """Let Python look for garbage only after a million new objects: for work that makes many and leaves little."""
    gc.set_threshold(_NEW_OBJECTS)
