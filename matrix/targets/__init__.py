"""Targets: one folder for each package under test, and the table of all targets."""

from typing import Final

from matrix.targets.agno import AGNO
from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.anthropic_typescript import ANTHROPIC_TYPESCRIPT
from matrix.targets.cohere import COHERE
from matrix.targets.google_genai import GOOGLE_GENAI
from matrix.targets.groq import GROQ
from matrix.targets.instructor import INSTRUCTOR
from matrix.targets.langchain_anthropic import LANGCHAIN_ANTHROPIC
from matrix.targets.litellm import LITELLM
from matrix.targets.mistralai import MISTRALAI
from matrix.targets.ollama import OLLAMA
from matrix.targets.openai import OPENAI
from matrix.targets.pydantic_ai import PYDANTIC_AI
from matrix.targets.target import Target
from matrix.targets.together import TOGETHER
from matrix.targets.vercel_ai import VERCEL_AI

TARGETS: Final[dict[str, Target]] = {
    target.id: target
    for target in (
        ANTHROPIC,
        ANTHROPIC_TYPESCRIPT,
        OPENAI,
        GROQ,
        TOGETHER,
        LITELLM,
        LANGCHAIN_ANTHROPIC,
        PYDANTIC_AI,
        INSTRUCTOR,
        AGNO,
        MISTRALAI,
        COHERE,
        GOOGLE_GENAI,
        OLLAMA,
        VERCEL_AI,
    )
}
"""Every target, by id."""

DEFAULT: Final = next(target for target in TARGETS.values() if target.is_default)
"""The target of a command without `--target`."""

__all__ = [
    "AGNO",
    "ANTHROPIC",
    "ANTHROPIC_TYPESCRIPT",
    "COHERE",
    "DEFAULT",
    "GOOGLE_GENAI",
    "GROQ",
    "INSTRUCTOR",
    "LANGCHAIN_ANTHROPIC",
    "LITELLM",
    "MISTRALAI",
    "OLLAMA",
    "OPENAI",
    "PYDANTIC_AI",
    "TARGETS",
    "TOGETHER",
    "VERCEL_AI",
    "Target",
]
