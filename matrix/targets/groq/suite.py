"""The suite of the Groq Python SDK: the errors of the Groq API in its streams, and what only that API sends. Pure.

An error inside a stream is an event named error, whose object has the status that a plain response would have.
"""

import json
from typing import Any, Final

from matrix.catalogue.openai.compatible import CompatibleApi
from matrix.catalogue.openai.error_event import CHAT
from matrix.catalogue.openai.errors import ApiError
from matrix.catalogue.openai.events import DONE, chunk
from matrix.catalogue.steps import AnyStep, Event, Family, Finish, Head, Prelude, RaisesSdk, Scenario, Text
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


_API: Final = CompatibleApi(
    errors=ERRORS,
    overloaded=_OVER,
    in_stream=("tool_use_failed", "rate_limit_exceeded", "internal_server_error", _OVER),
    first=("rate_limit_exceeded", _OVER),
    retried=("rate_limit_exceeded", "capacity_exceeded", "internal_server_error", _OVER),
    write_body=lambda error: json.dumps({"error": _object(error)}),
    write_event=lambda error: Event("error", _in_stream(error)),
    error_page="https://console.groq.com/docs/errors",
    retry_page=f"{_SDK}#retries",
    shapes={
        "tool_use_failed": "https://github.com/agno-agi/agno/issues/4090",
        "rate_limit_exceeded": "https://github.com/danielmiessler/Fabric/issues/364",
        "capacity_exceeded": "https://console.groq.com/docs/flex-processing",
        _OVER: "https://github.com/infiniflow/ragflow/issues/9858",
    },
    in_stream_pages=(_NAMED_EVENT, _IN_STREAM, _TRANSIENT),
    compatible_page="https://console.groq.com/docs/openai",
)


def _shaped(id_: str, title: str, *steps: AnyStep, sent: str, found_in: tuple[str, ...]) -> Scenario:
    """Make a scenario with an error that names no status."""
    return Scenario(
        id=id_,
        family=Family.ERROR_PAYLOAD,
        title=title,
        steps=(Head(), Prelude(), *steps, Finish()),
        ideal=RaisesSdk(sent),
        text=Text.SOME,
        retry=True,
        only=CHAT,
        sources=found_in,
    )


_OWN: Final = (
    _API.inside(
        "unnamed-error",
        "An error after some text in an event without a name.",
        _OVER,
        Prelude(),
        Event("", _in_stream(ERRORS[_OVER])),
        pages=(_IN_STREAM, _SHAPES),
    ),
    _shaped(
        "text-error",
        "An error after some text that is a text and no object.",
        Event("error", json.dumps({"error": "over capacity"})),
        sent="over capacity",
        found_in=(_SHAPES,),
    ),
    _shaped(
        "x-groq-error",
        "A chunk whose field x_groq.error says that the stream was stopped early, followed by data: [DONE].",
        chunk({}, x_groq={"id": "req_midstream", "error": _OVER}),
        DONE,
        sent=_OVER,
        found_in=(_CHUNK, _SHAPES),
    ),
)

SUITE: Final[Suite] = make_suite(
    _API,
    Named(rate_limited="rate_limit_exceeded", server_error="internal_server_error", invalid_request="tool_use_failed"),
    _OWN,
)
