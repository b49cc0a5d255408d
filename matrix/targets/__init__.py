"""Targets: one folder for each package under test, and the table of all targets."""

from typing import Final

from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.anthropic_typescript import ANTHROPIC_TYPESCRIPT
from matrix.targets.openai import OPENAI
from matrix.targets.target import Target

TARGETS: Final[dict[str, Target]] = {target.id: target for target in (ANTHROPIC, ANTHROPIC_TYPESCRIPT, OPENAI)}
"""Every target, by id."""

DEFAULT: Final = next(target for target in TARGETS.values() if target.is_default)
"""The target of a command without `--target`."""

__all__ = ["ANTHROPIC", "ANTHROPIC_TYPESCRIPT", "DEFAULT", "OPENAI", "TARGETS", "Target"]
