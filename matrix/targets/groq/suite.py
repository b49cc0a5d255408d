"""The suite of the Groq Python SDK: the errors of the Groq API in its streams, and what only that API sends. Pure.

An error inside a stream is an event named error, whose object has the status that a plain response would have.
"""

import json
from typing import Any, Final

from matrix.catalogue.api import PlayedError
from matrix.catalogue.api_error import ApiError
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.openai.compatible import CompatibleApi
from matrix.catalogue.openai.events import DONE, chunk
from matrix.catalogue.steps import Event, Family, Prelude
from matrix.catalogue.suite import Suite
from matrix.targets.chat.suite import Named, make_suite
from matrix.targets.groq.errors import ERRORS

_SDK: Final = "https://github.com/groq/groq-python"
_CHUNK: Final = f"{_SDK}/blob/main/src/groq/types/chat/chat_completion_chunk.py"
_NAMED_EVENT: Final = "https://github.com/sashabaranov/go-openai/pull/1057"
_IN_STREAM: Final = "https://github.com/langchain4j/langchain4j/issues/2585"
_TRANSIENT: Final = "https://github.com/UKGovernmentBEIS/inspect_ai/pull/5224"
_SHAPES: Final = "https://github.com/UKGovernmentBEIS/inspect_ai/pull/5218"

_OVER: Final = "over_capacity"


def _object(error: ApiError) -> dict[str, Any]:
    """Make the object that reports an error, with its code only if it has one."""
    code = {} if error.code is None else {"code": error.code}
    return {"message": error.message, "type": error.type, **code}


def _in_stream(error: ApiError) -> str:
    """Encode the data of an error inside a stream."""
    return json.dumps({"error": {**_object(error), "status_code": error.status}})


_PAGES: Final = {
    "tool_use_failed": ("https://github.com/agno-agi/agno/issues/4090",),
    "rate_limit_exceeded": ("https://github.com/danielmiessler/Fabric/issues/364",),
    "capacity_exceeded": ("https://console.groq.com/docs/flex-processing",),
    _OVER: ("https://github.com/infiniflow/ragflow/issues/9858",),
}
"""Name of an error to public pages that show it."""

_ERRORS: Final = {
    name: PlayedError(
        id=name,
        type=error.name,
        title=title_error(name, error.status),
        status=error.status,
        retry=error.retry,
        body=json.dumps({"error": _object(error)}),
        events=(Event("error", _in_stream(error)),),
        sources=("https://console.groq.com/docs/errors", *_PAGES.get(name, ())),
    )
    for name, error in ERRORS.items()
}

_API: Final = CompatibleApi(
    errors=_ERRORS,
    overloaded=_OVER,
    played_mid=("tool_use_failed", "rate_limit_exceeded", "internal_server_error", _OVER),
    played_first=("rate_limit_exceeded", _OVER),
    retried=("rate_limit_exceeded", "capacity_exceeded", "internal_server_error", _OVER),
    in_stream=(_NAMED_EVENT, _IN_STREAM, _TRANSIENT),
    retries=(f"{_SDK}#retries",),
    compatible_page="https://console.groq.com/docs/openai",
)

_OWN: Final = (
    _API.report(
        _ERRORS[_OVER],
        "unnamed-error",
        "An error after some text in an event without a name.",
        *(Prelude(), Event("", _in_stream(ERRORS[_OVER]))),
        found_in=(_IN_STREAM, _SHAPES, *_ERRORS[_OVER].sources),
    ),
    _API.report_nameless(
        "text-error",
        "An error after some text that is a text and no object.",
        Event("error", json.dumps({"error": "over capacity"})),
        family=Family.ERROR_PAYLOAD,
        sent="over capacity",
        found_in=(_SHAPES,),
    ),
    _API.report_nameless(
        "x-groq-error",
        "A chunk whose field x_groq.error says that the stream was stopped early, followed by data: [DONE].",
        *(chunk({}, x_groq={"id": "req_midstream", "error": _OVER}), DONE),
        family=Family.ERROR_PAYLOAD,
        sent=_OVER,
        found_in=(_CHUNK, _SHAPES),
    ),
)

SUITE: Final[Suite] = make_suite(
    _API,
    Named(rate_limited="rate_limit_exceeded", server_error="internal_server_error", invalid_request="tool_use_failed"),
    _OWN,
)
