"""The scenarios of the Ollama API, in the order in which they are played: controls first. Pure data."""

from typing import Final

from matrix.catalogue.api import Api, PlayedError
from matrix.catalogue.dialect import OF_OLLAMA, Dialect
from matrix.catalogue.ollama import errors, sources
from matrix.catalogue.ollama.events import OLLAMA_PRELUDE
from matrix.catalogue.sources import CHUNKED, INCOMPLETE
from matrix.catalogue.steps import Event, Family, Lines, Prelude, Rest, Scenario, Text

_API: Final = Api(
    dialects=OF_OLLAMA,
    in_stream=(sources.SERVER_CODE, sources.MINUS_ONE),
    ends=(sources.CUT_AS_SUCCESS, sources.NO_DONE),
    lost=(sources.DISCONNECTED, sources.RAW_ERRORS, INCOMPLETE),
    retries=(sources.SDK_ERRORS,),
)


def _play(message: str, id_: str, title: str, *found_in: str) -> PlayedError:
    error = errors.ERRORS[message]
    body = errors.error_body(message)
    return PlayedError(
        id=id_,
        type=message,
        title=title,
        status=error.status,
        retry=error.retry,
        body=body,
        events=(Event("", body),),
        sources=(sources.ERROR_PAGE, *found_in),
    )


_INVALID: Final = _play(errors.INVALID, "bad-request", "An invalid request", sources.SERVER_CODE)
_NOT_FOUND: Final = _play(errors.NOT_FOUND, "not-found", "A missing model", sources.SERVER_CODE)
_RATE_LIMITED: Final = _play(
    errors.RATE_LIMITED, "rate-limited", "A rate limit", sources.SERVER_TESTS, sources.RATE_LIMIT
)
_FAILED: Final = _play(errors.FAILED, "runner-failed", "A failure of the model's runner", sources.RUNNER)
_OVERLOADED: Final = _play(
    errors.OVERLOADED,
    "overloaded",
    "An overloaded model",
    *(sources.OVERLOADED, sources.SERVER_TESTS, sources.CLOUD_OVERLOADED),
)

_BEFORE_TEXT: Final = (sources.ANY_ERROR_IN_STREAM, sources.STATUS_BEFORE_TEXT)

IN_STREAM: Final = (
    *(_API.mid(error) for error in (_RATE_LIMITED, _FAILED, _OVERLOADED)),
    _API.report(
        _OVERLOADED,
        "first-overloaded",
        "An overloaded model as the first line, as servers before 0.12.6 send it.",
        *_OVERLOADED.events,
        text=Text.NONE,
        found_in=_BEFORE_TEXT,
    ),
)
"""The scenarios with an error in each position inside a stream."""

_FRAMING: Final = (
    _API.report(
        _OVERLOADED,
        "byte-at-a-time",
        "An error whose every byte is a separate chunk.",
        Prelude(),
        *(Lines(bytes([byte])) for byte in f"{_OVERLOADED.body}\n".encode()),
        family=Family.FRAMING,
        found_in=(CHUNKED, sources.JSON_LINES),
    ),
    _API.report(
        _OVERLOADED,
        "no-final-newline",
        "An error whose line does not end, since the response ends before.",
        Prelude(),
        Lines(_OVERLOADED.body.encode()),
        family=Family.FRAMING,
        found_in=(sources.JSON_LINES,),
    ),
)

*_CONTROLS, UNKNOWN = _API.controls((_INVALID, _NOT_FOUND, _RATE_LIMITED, _FAILED, _OVERLOADED))

_ALL: Final = (
    *(*_CONTROLS, UNKNOWN),
    *IN_STREAM,
    *_FRAMING,
    *_API.truncated("line"),
    *_API.fail_connection(),
    _API.damage(
        "bad-json",
        "A line whose JSON is cut short.",
        Event("", OLLAMA_PRELUDE[Dialect.OLLAMA_CHAT][0].data[:60]),
        sources.CUT_JSON,
    ),
    _API.tolerate(
        "empty-line",
        "A complete stream with an empty line in it, which readers of lines of JSON may ignore.",
        *(Prelude(), Lines(b"\n"), Rest()),
        family=Family.GATEWAY,
        found_in=(sources.EMPTY_LINE, sources.JSON_LINES),
    ),
    *_API.fail_once((_RATE_LIMITED, _FAILED, _OVERLOADED), _API.mid(_OVERLOADED)),
)

OLLAMA_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""
