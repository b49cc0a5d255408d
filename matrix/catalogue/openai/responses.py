"""Scenarios with an error inside a stream of the Responses API, which has three shapes.

The API sends an `error` event whose error is nested, and then `response.failed`. Its reference documents an `error`
event whose fields are flat. A client may see each alone: other servers send one of them.
"""

from typing import Any, Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.openai import sources
from matrix.catalogue.openai.error_event import SERVER_ERROR, in_stream
from matrix.catalogue.openai.errors import error_object
from matrix.catalogue.openai.events import RESPONSE_REST, WHOLE_MESSAGE, response, response_event
from matrix.catalogue.steps import (
    AnyStep,
    Completes,
    Event,
    Family,
    Finish,
    Head,
    Prelude,
    Scenario,
    Text,
    Together,
)

_RESPONSES: Final = frozenset({Dialect.RESPONSES})
_RATE_LIMIT: Final = "rate_limit_exceeded"
_NAMES: Final = (_RATE_LIMIT, SERVER_ERROR)


def _code(name: str) -> dict[str, Any]:
    """Return the code and the message of an error; in these events, each error has a code."""
    error = error_object(name)
    return {"code": error["code"] or name, "message": error["message"]}


def _nested(name: str, number: int) -> Event:
    return response_event(number, {"type": "error", "error": error_object(name)})


def _flat(name: str) -> Event:
    return response_event(5, {"type": "error", **_code(name), "param": None})


def _failed(name: str, number: int = 5) -> Event:
    return response_event(number, {"type": "response.failed", "response": response("failed", error=_code(name))})


def _responses(
    id_: str, title: str, *steps: AnyStep, name: str, text: Text = Text.SOME, found_in: tuple[str, ...]
) -> Scenario:
    return in_stream(id_, title, *steps, name=name, text=text, only=_RESPONSES, found_in=found_in)


_NESTED: Final = (sources.ERROR_THEN_FAILED, sources.FLAT_AND_NESTED, sources.RATE_LIMIT_IN_STREAM)

ERROR_EVENTS: Final = (
    *(
        _responses(
            f"response-mid-{name}",
            f"An error event with a nested {name} after some text, then response.failed, as the API sends them.",
            Prelude(),
            Together((_nested(name, 5), _failed(name, 6))),
            name=name,
            found_in=_NESTED,
        )
        for name in _NAMES
    ),
    *(
        _responses(
            f"response-first-{name}",
            f"An error event with a nested {name} as the first event, then response.failed.",
            Together((_nested(name, 0), _failed(name, 1))),
            name=name,
            text=Text.NONE,
            found_in=_NESTED,
        )
        for name in _NAMES
    ),
    *(
        _responses(
            f"response-flat-{name}",
            f"An error event whose fields are flat, with the code {name}, after some text.",
            Prelude(),
            _flat(name),
            name=name,
            found_in=(sources.RESPONSE_STREAM, sources.FLAT_ERROR, sources.FLAT_AND_NESTED),
        )
        for name in _NAMES
    ),
    *(
        _responses(
            f"response-failed-{name}",
            f"The event response.failed alone, with the code {name}, after some text.",
            Prelude(),
            _failed(name),
            name=name,
            found_in=(sources.RESPONSE_STREAM, sources.FAILED, sources.FAILED_CODE),
        )
        for name in _NAMES
    ),
)

INCOMPLETE: Final = Scenario(
    id="response-incomplete",
    family=Family.PROTOCOL,
    title="A stream that ends with response.incomplete, since the limit of tokens is reached.",
    steps=(
        Head(),
        Prelude(),
        *RESPONSE_REST,
        response_event(
            9,
            {
                "type": "response.incomplete",
                "response": response("incomplete", WHOLE_MESSAGE, incomplete_details={"reason": "max_output_tokens"}),
            },
        ),
        Finish(),
    ),
    ideal=Completes(),
    text=Text.ALL,
    retry=False,
    only=_RESPONSES,
    sources=(sources.RESPONSE_STREAM, sources.INCOMPLETE),
)
"""The answer to a request that limits its tokens. Its end says so, as the finish reason `length` does in a chat."""
