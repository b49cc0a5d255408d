"""The suite of the Together Python SDK: the errors of the Together API, and what only that API sends. Pure."""

import json
from typing import Any, Final

from matrix.catalogue.api import PlayedError
from matrix.catalogue.api_error import ApiError
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.openai.compatible import CompatibleApi
from matrix.catalogue.openai.events import DONE, chunk
from matrix.catalogue.steps import Event, Family
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


_PAGES: Final = {
    "invalid_request_error": ("https://github.com/HeyPuter/puter/issues/3168",),
    _LIMITED: ("https://docs.together.ai/docs/rate-limits",),
}
"""Name of an error to public pages that show it."""

_API: Final = CompatibleApi(
    errors={
        name: PlayedError(
            id=name,
            type=error.name,
            title=title_error(name, error.status),
            status=error.status,
            retry=error.retry,
            body=json.dumps({"id": "midstream", "error": _object(error)}),
            events=(Event("", json.dumps({"error": _object(error)})),),
            sources=("https://docs.together.ai/docs/error-codes", *_PAGES.get(name, ())),
        )
        for name, error in ERRORS.items()
    },
    overloaded="server_is_overloaded",
    played_mid=("invalid_request_error", _LIMITED, "server_error", "server_is_overloaded"),
    played_first=(_LIMITED, "server_is_overloaded"),
    retried=(_LIMITED, "server_error", "server_is_overloaded"),
    in_stream=(_OLD_STREAM, _FORM),
    retries=("https://github.com/togethercomputer/together-py#retries",),
    compatible_page="https://docs.together.ai/docs/inference/openai-compatibility",
)

_FINISH_ERROR: Final = _API.report_nameless(
    "finish-error",
    "A chunk whose finish reason is error, followed by data: [DONE].",
    *(chunk({}, "error"), DONE),
    family=Family.ERROR_PAYLOAD,
    found_in=(f"{_OLD_SDK}/pull/153",),
)

SUITE: Final[Suite] = make_suite(
    _API,
    Named(rate_limited=_LIMITED, server_error="server_error", invalid_request="invalid_request_error"),
    [_FINISH_ERROR],
)
