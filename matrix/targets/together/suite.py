"""The suite of the Together Python SDK: the errors of the Together API, and what only that API sends. Pure."""

import json
from typing import Any, Final

from matrix.catalogue.openai.compatible import CompatibleApi
from matrix.catalogue.openai.error_event import CHAT
from matrix.catalogue.openai.errors import ApiError
from matrix.catalogue.openai.events import DONE, chunk
from matrix.catalogue.steps import Event, Family, Finish, Head, Prelude, RaisesSdk, Scenario, Text
from matrix.catalogue.suite import Suite
from matrix.targets.chat.suite import Named, make_suite
from matrix.targets.together.errors import ERRORS

_FORM: Final = "https://github.com/togethercomputer/openapi/blob/main/openapi.yaml"
_OLD_SDK: Final = "https://github.com/togethercomputer/together-python"
_OLD_STREAM: Final = f"{_OLD_SDK}/blob/main/src/together/abstract/api_requestor.py"
"""The code of the SDK before 2.0, which looks for an error in each chunk of a stream."""

_LIMITED: Final = "dynamic_request_limited"


def _object(error: ApiError) -> dict[str, Any]:
    return {"message": error.message, "type": error.type, "param": None, "code": error.code}


_API: Final = CompatibleApi(
    errors=ERRORS,
    overloaded="server_is_overloaded",
    in_stream=("invalid_request_error", _LIMITED, "server_error", "server_is_overloaded"),
    first=(_LIMITED, "server_is_overloaded"),
    retried=(_LIMITED, "server_error", "server_is_overloaded"),
    write_body=lambda error: json.dumps({"id": "midstream", "error": _object(error)}),
    write_event=lambda error: Event("", json.dumps({"error": _object(error)})),
    error_page="https://docs.together.ai/docs/error-codes",
    retry_page="https://github.com/togethercomputer/together-py#retries",
    shapes={
        "invalid_request_error": "https://github.com/HeyPuter/puter/issues/3168",
        _LIMITED: "https://docs.together.ai/docs/rate-limits",
    },
    in_stream_pages=(_OLD_STREAM, _FORM),
    compatible_page="https://docs.together.ai/docs/inference/openai-compatibility",
)

_FINISH_ERROR: Final = Scenario(
    id="finish-error",
    family=Family.ERROR_PAYLOAD,
    title="A chunk whose finish reason is error, followed by data: [DONE].",
    steps=(Head(), Prelude(), chunk({}, "error"), DONE, Finish()),
    ideal=RaisesSdk(),
    text=Text.SOME,
    retry=True,
    only=CHAT,
    sources=(f"{_OLD_SDK}/pull/153",),
)

SUITE: Final[Suite] = make_suite(
    _API,
    Named(rate_limited=_LIMITED, server_error="server_error", invalid_request="invalid_request_error"),
    [_FINISH_ERROR],
)
