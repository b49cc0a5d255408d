"""Control over HTTP: a test in any language chooses what a running backend plays, and reads what its code did. Pure.

The routes stand below `/_midstream/NAME/`, where the test chooses the name: `POST scenario`, `GET requests` and
`GET verdict`. A page on the Internet can't use them: it may send no JSON to another origin, and read no answer of one.
"""

import re
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from matrix import __version__
from matrix.audit.record import NOT_OBSERVED, CallerView, ProgramOutcome
from matrix.audit.redirect import sdk_variables
from matrix.audit.report import judge_subject, report_subjects
from matrix.audit.stage import Stage
from matrix.backend.journal import Received
from matrix.backend.pages import JSON
from matrix.backend.server import CONTROL_PATH, Backend
from matrix.backend.staged_journal import StagedJournal
from matrix.catalogue.dialect import Dialect
from matrix.errors import UsageError
from matrix.findings.formats import render
from matrix.findings.model import Place
from matrix.model import Frozen

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")

_ROUTES: Final = {"scenario": "POST", "requests": "GET", "verdict": "GET"}

_OUTCOMES: Final = {"succeeded": ProgramOutcome.SUCCEEDED, "failed": ProgramOutcome.FAILED}

MOST_STAGES: Final = 1000
"""The most tests that are remembered; beginning another one ends the oldest."""

Name = Annotated[str, msgspec.Meta(min_length=1)]


class PlayRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST scenario`.

    Attributes:
        fail: What is played, in this order: ids of scenarios, scenarios as in a file, or lists of steps; empty to give
            whole answers.
        times: How many requests each failure is played to; null for the default of `Stage.fail`.
        delay: Seconds before the answer of a failure begins.
    """

    fail: tuple[Name | dict[str, Any] | list[dict[str, Any]], ...] = ()
    times: int | None = None
    delay: float = 0.0


class PlayAnswer(Frozen, frozen=True, omit_defaults=False):
    """The answer to `POST scenario`.

    Attributes:
        base_url: The base URL of the test, which an SDK takes as it is.
        environment: The variables by which every SDK calls that base URL.
    """

    base_url: str
    environment: dict[str, str]


class ReceivedRequest(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One request in the answer to `GET requests`.

    Attributes:
        scenario: The id of the scenario; empty if there is none.
        attempt: The number of the request under its base URL, from 1.
        dialect: The requested dialect; null if the path is no endpoint.
        played: Whether a scenario was played.
        method: The HTTP method.
        path: The path with the query.
        headers: Pairs of a name in lower case and its value.
        body: The body; bytes that are no UTF-8 are replaced.
    """

    scenario: str
    attempt: int
    dialect: Dialect | None
    played: bool
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: str


class _Refused(Exception):
    """A request that can't be answered.

    Attributes:
        status: The HTTP status of the answer.
        hint: What to do.
    """

    def __init__(self, status: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint


class Control:
    """The stages of a backend, by the names that tests gave them."""

    def __init__(self, backend: Backend, journal: StagedJournal) -> None:
        self._backend = backend
        self._journal = journal
        self._stages: dict[str, Stage] = {}

    def answer(self, request: Received) -> tuple[int, bytes]:
        """Answer a request below `CONTROL_PATH` with a status and JSON."""
        try:
            return 200, self._answer(request)
        except _Refused as refused:
            return refused.status, _error(str(refused), refused.hint)
        except UsageError as error:
            return 400, _error(str(error), error.hint)

    def _answer(self, request: Received) -> bytes:
        address = urlsplit(request.target)
        name, _, route = address.path.removeprefix(CONTROL_PATH).partition("/")
        if route not in _ROUTES or not _NAME.fullmatch(name):
            raise _Refused(404, f"There is no {address.path}.", f"Write {CONTROL_PATH}NAME/{'|'.join(_ROUTES)}.")
        if request.method != _ROUTES[route]:
            raise _Refused(405, f"{route} is no {request.method}.", f"Use {_ROUTES[route]}.")
        if route == "scenario":
            return msgspec.json.encode(self._play(name, request))
        if name not in self._stages:
            raise _Refused(404, f"No test {name!r} has begun.", f"Begin it with POST {CONTROL_PATH}{name}/scenario.")
        stage = self._stages[name]
        if route == "requests":
            return msgspec.json.encode(_requests(stage))
        return _verdict(stage, parse_qs(address.query))

    def _play(self, name: str, request: Received) -> PlayAnswer:
        """Begin a test anew: play what it asks for, with an empty journal."""
        kind = dict(request.headers).get("content-type", "")
        if kind.partition(";")[0].strip().lower() != JSON:
            raise _Refused(415, "The body must be JSON.", f"Send `Content-Type: {JSON}`.")
        try:
            asked = msgspec.json.decode(request.body or b"{}", type=PlayRequest)
        except (msgspec.DecodeError, RecursionError) as error:
            raise _Refused(400, f"{error}.", 'Send {"fail": ["mid-overloaded_error"]}.') from None
        if name in self._stages:
            self._stages.pop(name).close()
        stage = Stage(self._backend, self._journal, name, takes_strays=False)
        try:
            if asked.fail:
                stage.fail(asked.fail, asked.times, asked.delay)
        except UsageError:
            stage.close()
            raise
        self._stages[name] = stage
        for oldest in [*self._stages][:-MOST_STAGES]:
            self._stages.pop(oldest).close()
        return PlayAnswer(stage.url, sdk_variables(stage.url))


def _requests(stage: Stage) -> list[ReceivedRequest]:
    requests = []
    for exchange in stage.exchanges:
        attempt, received = exchange.attempt, exchange.attempt.received
        if received is None:  # the journal keeps complete requests
            raise AssertionError
        requests.append(
            ReceivedRequest(
                scenario=stage.scenario_id(exchange),
                attempt=0 if attempt.is_stray else exchange.before + 1,
                dialect=attempt.dialect,
                played=attempt.known,
                method=received.method,
                path=received.target,
                headers=received.headers,
                body=received.body.decode(errors="replace"),
            )
        )
    return requests


def _verdict(stage: Stage, query: dict[str, list[str]]) -> bytes:
    """Judge the requests of a test, and what its caller saw if the query says so; return the report of an audit."""
    outcome = query.get("outcome", [""])[0]
    if outcome and outcome not in _OUTCOMES:
        raise _Refused(400, f"There is no outcome {outcome!r}.", f"It is {' or '.join(_OUTCOMES)}, or is left out.")
    view = CallerView(
        outcome=_OUTCOMES.get(outcome, ProgramOutcome.UNOBSERVED),
        said=outcome or NOT_OBSERVED,
        at=stage.now,
        shown=query.get("shown", [""])[0],
        log=query.get("log", [""])[0],
        is_certain=True,
    )
    subjects = [judge_subject(case, Place(stage.name)) for case in stage.cases(view)]
    return render("json", report_subjects(subjects, __version__)).encode()


def _error(message: str, hint: str) -> bytes:
    return msgspec.json.encode({"error": message, "hint": hint})
