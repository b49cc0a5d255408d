"""What the fixture `midstream` gives to a test, and the backend of a test session. I/O.

One backend serves the whole session, in a thread with its own event loop. So it works with any event loop of a test, or
with none. Each test has its own stage: base URLs, failures and a journal that no other test sees.

Tests of retry code replace clocks, `asyncio.sleep` and the event loop policy, and the backend shares their process. Its
pauses are real nevertheless: it uses only its own loop, which reads the time from the kernel.

pytest imports this module in every session, so it imports only modules that pytest has imported already. It imports the
package `matrix` when a test uses the fixture.
"""

import contextlib
import itertools
import json
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from matrix.audit.record import CallerView
    from matrix.audit.stage import Failure, Stage
    from matrix.backend.server import Backend
    from matrix.backend.staged_journal import StagedJournal
    from matrix.backend.timed_journal import TimedExchange
    from matrix.catalogue.dialect import Dialect
    from matrix.catalogue.steps import Scenario
    from matrix.findings.model import Report, Subject
    from matrix.targets.target import Target

EnvironmentSetter = Callable[[Mapping[str, str], Iterable[str]], None]
"""Sets variables of the environment until the test ends, and removes others, in upper and lower case."""

_PREFIX = "test-"
"""The beginning of the base paths of all tests."""

_PATIENCE = 30.0
"""Seconds that the backend may take to start, and to stop; it takes hundredths of a second."""


@dataclass(frozen=True)
class Request:
    """One request that the backend received.

    Attributes:
        scenario: The last segment of the base URL, or the id of the scenario that `fail` chose; empty if there is none.
        attempt: The number of the request under its base URL, from 1; 0 if it has no base URL of a test.
        dialect: The requested dialect: "messages", "completions", "legacy" or "bedrock"; None if the path is no
            endpoint.
        played: Whether the scenario was played; False for a 404.
        method: The HTTP method, such as "POST".
        path: The path with the query, as the client sent it.
        headers: The headers, by name in lower case; values of the same name are joined by commas. `repr()` shows
            neither headers nor body: they may contain an API key, and the log of a failed test may be public.
        body: The body, as the client sent it.
    """

    scenario: str
    attempt: int
    dialect: "Dialect | None"
    played: bool
    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Parse the body as JSON.

        Raises:
            ValueError: The body is not JSON.
        """
        return json.loads(self.body)


@dataclass
class Observed:
    """What a call of the code under test gave to its caller.

    Attributes:
        answer: What the code returned, if it is a text; the test sets it.
        failed: Whether the code reported a failure. An exception does; a test sets it if a returned value does.
        error: The exception that the code raised; None if it raised none.
        at: Seconds from the beginning of the test to the end of the call.
    """

    answer: object = ""
    failed: bool = False
    error: Exception | None = None
    at: float = 0.0


class Midstream:
    """The part of the backend that belongs to one test. The fixture `midstream` creates it."""

    def __init__(self, stage: "Stage", target: "Target", set_environment: EnvironmentSetter) -> None:
        self._stage = stage
        self._target = target
        self._set_environment = set_environment
        self._observed: Observed | None = None

    def __repr__(self) -> str:
        return f"Midstream({self._stage.url!r})"

    def redirect(self) -> str:
        """Let every SDK that is used in this test call the backend, through the environment; return the base URL.

        It plays what `fail` chose, or else whole answers. Keys in the environment are replaced until the test ends.
        Clients that exist already are not redirected.
        """
        from matrix.audit.redirect import REMOVED, sdk_variables

        self._set_environment(sdk_variables(self._stage.url), REMOVED)
        return self._stage.url

    def fail(self, *failures: "Failure", times: int | None = None, delay: float = 0.0) -> None:
        """Let the next requests to the redirected base URL fail. A second call replaces the first.

        Args:
            failures: What is played, in this order: ids of scenarios, scenarios as in a file, or lists of steps. One
                failure is played each time; several are played once each, and whole answers follow.
            times: How many requests each failure is played to before the next one, or before whole answers.
            delay: Seconds before the answer of a failure begins.

        Raises:
            ValueError: A scenario does not exist or can't be played, or a number is out of range.
        """
        with _as_value_error():
            self._stage.fail(failures, times, delay)

    def load(self, path: "str | os.PathLike[str]") -> list[str]:
        """Add the scenarios of a file to this test, and return their ids. No other test has them.

        Args:
            path: A YAML or JSON file. docs/scenario-files.md describes it.

        Raises:
            ValueError: The file can't be read or has a mistake, or one of its ids exists already.
        """
        loaded = load_scenarios([path], self._target)
        with _as_value_error():
            self._stage.add(loaded)
        return [*loaded]

    def url(self, scenario: str, *, times: int | None = None) -> str:
        """Return the base URL of a scenario. An SDK uses it as it is; any other client appends `/v1/messages`.

        Within one test it is always the same, and no other test has it.

        Args:
            scenario: The id of the scenario.
            times: How many requests fail before all later ones succeed; None to play the scenario each time.

        Raises:
            ValueError: The scenario does not exist; the message names similar ones. Or `times` is not positive.
        """
        from matrix.audit.stage import check_times

        with _as_value_error():
            check_times(times)
            self._stage.find(scenario)
        return f"{self._stage.url}/{scenario}" if times is None else f"{self._stage.url}/times={times}/{scenario}"

    @property
    def requests(self) -> list[Request]:
        """The requests of this test, in order: those under its base URLs, and those without any base URL.

        A request is in this list before its answer begins.
        """
        return [_request(exchange, self._stage.scenario_id(exchange)) for exchange in self._stage.exchanges]

    @property
    def scenarios(self) -> "Mapping[str, Scenario]":
        """Every scenario that can be played, by id, with what a caller should see; those of loaded files too.

        `matrix.catalogue.scenarios.PLAYABLE` has the same scenarios; import it to parametrize tests.
        """
        return self._stage.scenarios

    @contextlib.contextmanager
    def observe(self) -> Iterator[Observed]:
        """Observe a call of the code under test, so that verdicts can judge how it ends.

        An exception ends the block, and the test goes on; one of an `assert` is the test's own and is raised.
        """
        observed = Observed()
        try:
            yield observed
        except AssertionError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the code raises is what its caller sees
            observed.error, observed.failed = error, True
        observed.at = self._stage.now
        self._observed = observed

    def verdict(self) -> "Report":
        """Judge what the code did in each failure so far, as `matrix audit` does.

        Without `observe`, only its requests are judged. `subjects` has an entry for each failure, with `findings` and
        `evidence`; `exit` says the result in a word.
        """
        from matrix import __version__
        from matrix.audit.report import report_subjects

        return report_subjects(self.subjects(""), __version__)

    def subjects(self, place: str, line: int = 0) -> "list[Subject]":
        """Judge each failure so far at the place of its test."""
        from matrix.audit.report import judge_subject
        from matrix.findings.model import Place

        return [judge_subject(case, Place(place, line)) for case in self._stage.cases(self._view())]

    def assert_resilient(self, *, strict: bool = False) -> None:
        """Fail the test if a verdict is an error or a warning, with the report of the audit.

        Args:
            strict: Whether to fail for notes, and for what can't be judged, too.

        Raises:
            AssertionError: There is such a verdict, or no failure was played.
        """
        __tracebackhide__ = True
        from matrix.findings.formats import text
        from matrix.findings.model import Exit, State

        report = self.verdict()
        if not report.subjects:
            raise AssertionError("No failure was played in this test, so there is nothing to judge: call fail() first.")
        noted = any(subject.findings for subject in report.subjects)
        if any(subject.state is State.FINDING for subject in report.subjects) or (
            strict and (noted or report.exit is not Exit.FINE)
        ):
            raise AssertionError("\n" + text.render(report, 100))

    def _view(self) -> "CallerView":
        from matrix.audit.record import CallerView, ProgramOutcome

        observed = self._observed
        if observed is None:
            return CallerView(at=self._stage.now)
        returned = "it returned a failure" if observed.failed else "it returned"
        return CallerView(
            outcome=ProgramOutcome.FAILED if observed.failed else ProgramOutcome.SUCCEEDED,
            said=f"it raised {type(observed.error).__name__}" if observed.error else returned,
            at=observed.at,
            shown=observed.answer if isinstance(observed.answer, str) else "",
            log="".join(traceback.format_exception(observed.error)) if observed.error else "",
            is_certain=True,
        )


@contextlib.contextmanager
def _as_value_error() -> Iterator[None]:
    """Raise a ValueError instead of a mistake of the user."""
    from matrix.errors import UsageError

    try:
        yield
    except UsageError as error:
        raise ValueError(f"{error} {error.hint}".strip()) from None


def load_scenarios(paths: "Iterable[str | os.PathLike[str]]", target: "Target") -> "dict[str, Scenario]":
    """Return the scenarios of files.

    Raises:
        ValueError: A file can't be read or has a mistake.
    """
    from matrix.backend.scenario_files.reading import load

    with _as_value_error():
        return load([Path(path) for path in paths], target)


def _request(exchange: "TimedExchange", scenario: str) -> Request:
    attempt, received = exchange.attempt, exchange.attempt.received
    if received is None:  # the journal is asked for complete requests
        raise AssertionError
    headers: dict[str, str] = {}
    for name, value in received.headers:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Request(
        scenario=scenario,
        attempt=0 if attempt.is_stray else exchange.before + 1,
        dialect=attempt.dialect,
        played=attempt.known,
        method=received.method,
        path=received.target,
        headers=headers,
        body=received.body,
    )


class RunningBackend:
    """The backend of a session, and the stages of its tests."""

    def __init__(self, backend: "Backend", journal: "StagedJournal") -> None:
        self._backend = backend
        self._journal = journal
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def test(self, set_environment: EnvironmentSetter) -> Iterator[Midstream]:
        """Open a stage for a test while the context lasts."""
        from matrix.audit.stage import Stage

        stage = Stage(self._backend, self._journal, f"{_PREFIX}{next(self._numbers)}", takes_strays=True)
        try:
            yield Midstream(stage, self._backend.target, set_environment)
        finally:
            stage.close()


@contextlib.contextmanager
def listening(target: "Target", scenarios: "Mapping[str, Scenario]", deadline: float) -> "Iterator[RunningBackend]":
    """Run a backend with some more scenarios in a thread while the context lasts.

    Args:
        target: The target whose API it plays.
        scenarios: Scenarios that its catalogue lacks.
        deadline: Seconds that a connection is held open in silence.

    Raises:
        OSError: The backend cannot listen.
    """
    import asyncio
    from concurrent.futures import Future

    from matrix.backend.limits import Limits
    from matrix.backend.server import Backend, serve
    from matrix.backend.staged_journal import StagedJournal

    def now() -> float:
        """Return the time, even if a test has replaced `time.monotonic`."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    class Loop(asyncio.SelectorEventLoop):
        """An event loop whose time advances even if a test has replaced `time.monotonic`."""

        def time(self) -> float:
            return now()

    journal = StagedJournal(now)
    stop = asyncio.Event()
    started: Future[tuple[asyncio.AbstractEventLoop, Backend]] = Future()

    async def listen() -> None:
        limits = Limits(hold=deadline)
        async with serve(target, journal=journal, scenarios=scenarios, limits=limits) as backend:
            started.set_result((asyncio.get_running_loop(), backend))
            await stop.wait()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=Loop) as runner:
                runner.run(listen())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    # A daemon thread does not keep a killed session alive.
    thread = threading.Thread(target=run, name="midstream", daemon=True)
    thread.start()
    loop, backend = started.result(_PATIENCE)
    try:
        yield RunningBackend(backend, journal)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE)
