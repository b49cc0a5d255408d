"""A package of the project that other programs import."""

from .errors import Busy, Down, ToolkitError, translate
from .llm import Model, get_client
from .retrying import RETRYABLE, call_with_retry, is_retryable, patient, with_retry

__all__ = [
    "RETRYABLE",
    "Busy",
    "Down",
    "Model",
    "ToolkitError",
    "call_with_retry",
    "get_client",
    "is_retryable",
    "patient",
    "translate",
    "with_retry",
]
