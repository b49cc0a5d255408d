"""The handlers of the frameworks, run on made-up calls."""

from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import AGNO, INSTRUCTOR, LANGCHAIN_ANTHROPIC, LITELLM, PYDANTIC_AI, Target
from matrix.targets.sources import PYTHON_PROBE
from tests.support.probe_modules import load, replay
from tests.targets.frameworks.test_probes import chunk, run_event
from tests.targets.frameworks.test_targets import FRAMEWORKS

CLASSES: Final = {
    "agno.exceptions": ("ModelProviderError",),
    "anthropic": ("APIConnectionError", "APIStatusError", "InternalServerError", "RateLimitError"),
    "instructor.exceptions": ("InstructorRetryException",),
    "litellm": ("APIConnectionError", "InternalServerError", "RateLimitError", "ServiceUnavailableError", "Timeout"),
    "openai": ("APIConnectionError", "InternalServerError", "RateLimitError"),
    "pydantic_ai.exceptions": ("ModelAPIError", "ModelHTTPError"),
}
"""The modules that handlers import, and the exceptions in them."""


def make_module(name: str) -> ModuleType:
    """Make a module with its exceptions; each of them can be made of a text and attributes."""
    module = ModuleType(name)
    for kind in CLASSES.get(name, ()):
        setattr(module, kind, type(kind, (Exception,), {"__module__": name}))
    return module


MODULES: Final = {
    name.replace(".", "__"): make_module(name) for name in {*CLASSES, *(name.split(".")[0] for name in CLASSES)}
}


def error(module: str, kind: str, text: str = "", cause: BaseException | None = None, **attributes: Any) -> Exception:
    """Make an exception of a package."""
    made: Exception = getattr(MODULES[module.replace(".", "__")], kind)(text)
    for name, value in attributes.items():
        setattr(made, name, value)
    made.__cause__ = cause
    return made


STOPPED: Final = SimpleNamespace(response_metadata={"stop_reason": "end_turn"})
OPEN: Final = SimpleNamespace(response_metadata={})
HTTP: Final = error("anthropic", "RateLimitError", status_code=429, type="rate_limit_error")
STATUS_200: Final = error("anthropic", "APIStatusError", "overloaded_error", status_code=200, type="overloaded_error")
LOST: Final = error("litellm", "ServiceUnavailableError", "Overloaded", status_code=500)
WRAPPED: Final = error("instructor.exceptions", "InstructorRetryException", cause=HTTP)
UNKNOWN: Final = ValueError("No generation chunks were returned")

CASES: Final[list[tuple[Target, list[Any], Exception | None, dict[str, str]]]] = [
    (LITELLM, [chunk("Hello"), chunk(None, "stop")], None, {"finish-reason": "accept", "any-exception": "accept"}),
    (LITELLM, [chunk("Hello")], None, {"finish-reason": "retry", "any-exception": "accept"}),
    (
        LITELLM,
        [chunk("Hello")],
        LOST,
        {
            "any-exception": "retry",
            "class-5xx-429": "retry",
            "class-rate-limit": "fail",
            "finish-reason": "fail",
            "openai-classes": "fail",
            "status-set": "retry",
            "str-overloaded": "retry",
        },
    ),
    (LANGCHAIN_ANTHROPIC, [OPEN, STOPPED], None, {"stop-reason": "accept", "type-attr": "accept"}),
    (LANGCHAIN_ANTHROPIC, [OPEN], None, {"stop-reason": "retry", "type-attr": "accept"}),
    (
        LANGCHAIN_ANTHROPIC,
        [OPEN],
        STATUS_200,
        {
            "any-exception": "retry",
            "any-status-error": "retry",
            "class-5xx-429": "fail",
            "status-set": "fail",
            "stop-reason": "fail",
            "str-overloaded": "retry",
            "type-attr": "retry",
        },
    ),
    (
        PYDANTIC_AI,
        ["Hello"],
        error("pydantic_ai.exceptions", "ModelHTTPError", status_code=529),
        {
            "any-exception": "retry",
            "class-http-error": "retry",
            "class-model-errors": "fail",  # the made-up classes have no base class in common
            "sdk-classes": "fail",
            "status-set": "retry",
            "str-overloaded": "fail",
        },
    ),
    (
        PYDANTIC_AI,
        [],
        error("pydantic_ai.exceptions", "ModelHTTPError", status_code=400),
        {"any-exception": "retry", "class-http-error": "fail", "status-set": "fail"},
    ),
    (
        INSTRUCTOR,
        [],
        WRAPPED,
        {
            "any-exception": "retry",
            "cause-status": "retry",
            "class-retry": "retry",
            "sdk-classes": "fail",
            "status-set": "fail",
            "str-overloaded": "fail",
        },
    ),
    (
        INSTRUCTOR,
        [],
        error("instructor.exceptions", "InstructorRetryException", cause=UNKNOWN),
        {"cause-status": "fail"},
    ),
    (
        AGNO,
        [run_event("RunContent"), run_event("RunError")],
        None,
        {
            "any-exception": "accept",
            "class-provider": "accept",
            "error-event": "retry",
            "sdk-classes": "accept",
            "status-set": "accept",
            "str-overloaded": "accept",
        },
    ),
    (AGNO, [run_event(SimpleNamespace(value="RunError"))], None, {"error-event": "retry"}),
    (AGNO, [run_event("RunContent")], None, {"error-event": "accept"}),
    (AGNO, [], error("agno.exceptions", "ModelProviderError"), {"error-event": "retry", "class-provider": "retry"}),
]


@pytest.mark.parametrize(("target", "events", "raised", "expected"), CASES)
def test_a_handler_decides_about_a_call(
    target: Target, events: list[Any], raised: Exception | None, expected: dict[str, str]
) -> None:
    """An exception that a handler does not know escapes it, and a stream that ends is accepted."""
    probe = load(PYTHON_PROBE / "probe_handlers.py")
    handlers = {id_: load(target.probe / "handlers" / f"{id_}.py", **MODULES).ask for id_ in expected}
    assert expected == {id_: probe._decide(ask, replay(events, raised), raised) for id_, ask in handlers.items()}


def test_every_handler_is_run() -> None:
    """A new one needs a row."""
    run = {(target.id, id_) for target, _, _, expected in CASES for id_ in expected}
    assert {(target.id, id_) for target in FRAMEWORKS for id_ in target.handlers} == run
