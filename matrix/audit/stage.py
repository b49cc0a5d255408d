"""Stages: the part of a backend that belongs to one test. It chooses what is played, and judges what was done. Pure.

A test says what the caller of its code saw. If it says nothing, only the requests are judged. There is no clean run, so
a request counts as a retry only if it has the body of a failed one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from matrix.audit.profile import CONTROL, prolong
from matrix.audit.record import AnsweredRequest, CallerView, ProgramOutcome, describe
from matrix.audit.verdicts import NO_CLEAN_RUN, AuditCase
from matrix.backend.journal import RequestEnd
from matrix.backend.pages import suggestion
from matrix.backend.scenario_files.document import SCHEMA, from_step
from matrix.backend.scenario_files.reading import parse
from matrix.backend.script import Script
from matrix.backend.server import Backend
from matrix.backend.staged_journal import StagedJournal
from matrix.backend.timed_journal import TimedExchange
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import AnyStep, Scenario, Step
from matrix.errors import UsageError

MOST_TIMES: Final = 999_999
"""The largest number of failures before a success."""

LONGEST_DELAY: Final = 60.0
"""The most seconds before an answer."""

Failure = str | Mapping[str, Any] | Sequence[Mapping[str, Any] | AnyStep]
"""A failure to play: the id of a scenario, a scenario as in a file, or the steps of one answer."""


def check_times(times: int | None) -> None:
    """Check a number of failures before a success.

    Raises:
        UsageError: It is out of range.
    """
    if times is not None and not 1 <= times <= MOST_TIMES:
        raise UsageError(f"times is {times}; it must be a number from 1 to {MOST_TIMES:,}.")


def main_dialect(backend: Backend) -> Dialect:
    """Return the dialect of the first endpoint of the API, for what names none."""
    return backend.target.endpoints[0].dialect


class Stage:
    """The part of a backend that belongs to one test: a base URL, what is played there, and a journal.

    Until a failure is chosen, its base URL gives whole answers. Below it, each scenario has a base URL of its own.

    Args:
        backend: The backend.
        journal: Its journal.
        name: The first segment of the base paths, without a slash.
        takes_strays: Whether requests whose client dropped the path belong to this stage.
    """

    def __init__(self, backend: Backend, journal: StagedJournal, name: str, *, takes_strays: bool) -> None:
        self.name = name
        self.base_path = f"/{name}"
        self._backend = backend
        self._staged = journal
        self._journal = journal.begin(name, takes_strays=takes_strays)
        self._clean = backend.target.suite.playable[CONTROL]
        self._scripts = [Script(failures=(self._clean,), times=0, clean=self._clean)]
        self._added: dict[str, Scenario] = {}
        backend.scripts[self.base_path] = self._scripts[0]

    @property
    def url(self) -> str:
        """The base URL."""
        return self._backend.url(self.base_path)

    @property
    def now(self) -> float:
        """Seconds since the stage was opened."""
        return self._journal.now

    @property
    def exchanges(self) -> tuple[TimedExchange, ...]:
        """The requests of the stage and their answers, in the order in which the requests arrived."""
        return self._journal.exchanges

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Every scenario that can be played, by id."""
        return {**self._backend.playable, **self._added}

    def close(self) -> None:
        """Forget what was played and received."""
        self._staged.close(self.name)
        self._backend.scripts.pop(self.base_path, None)
        for path in [path for path in [*self._backend.scenarios] if path.startswith(f"{self.base_path}/")]:
            self._backend.scenarios.pop(path, None)

    def add(self, scenarios: Mapping[str, Scenario]) -> None:
        """Add scenarios that this stage alone has.

        Raises:
            UsageError: One of their ids exists already.
        """
        if twice := sorted(scenarios.keys() & self.scenarios.keys()):
            raise UsageError(f"There is a scenario {twice[0]!r} already.", "Choose another id.")
        self._added |= scenarios
        for id_, scenario in scenarios.items():  # another thread reads the dictionary
            self._backend.scenarios[f"{self.base_path}/{id_}"] = scenario

    def find(self, id_: str) -> Scenario:
        """Return a scenario.

        Raises:
            UsageError: It does not exist; the hint names similar ones.
        """
        if id_ not in self.scenarios:
            hint = f"{suggestion(self.scenarios, id_)} `matrix list scenarios` lists those of the API."
            raise UsageError(f"There is no scenario {id_!r}.", hint.strip())
        return self.scenarios[id_]

    def fail(self, failures: Sequence[Failure], times: int | None = None, delay: float = 0.0) -> None:
        """Let the next requests to the base URL fail.

        Args:
            failures: What is played, in this order. One failure is played each time; several are played once each, and
                whole answers follow.
            times: How many requests each failure is played to before the next one, or before whole answers.
            delay: Seconds before the answer of a failure begins.

        Raises:
            UsageError: A scenario does not exist or can't be played, or a number is out of range.
        """
        if not failures:
            raise UsageError("No failure was named.", "Name a scenario, such as mid-overloaded_error.")
        check_times(times)
        if not 0 <= delay <= LONGEST_DELAY:
            raise UsageError(f"delay is {delay:g}; it must be a number of seconds from 0 to {LONGEST_DELAY:g}.")
        scenarios = [self._scenario(failure) for failure in failures]
        script = Script(
            failures=tuple(prolong(scenario, self._backend.limits.hold) for scenario in scenarios),
            times=times or (1 if len(scenarios) > 1 else 0),
            clean=self._clean,
            delay=delay,
            since=sum(exchange.attempt.base_path == self.base_path for exchange in self.exchanges),
        )
        if not script.dialects:
            raise UsageError("These scenarios have no dialect in common.", "`matrix list scenarios` shows them.")
        self._scripts.append(script)
        self._backend.scripts[self.base_path] = script

    def _scenario(self, failure: Failure) -> Scenario:
        """Return the scenario that a failure names or describes."""
        if isinstance(failure, str):
            return self.find(failure)
        described: Mapping[str, Any]
        if isinstance(failure, Mapping):
            described = failure
        else:
            steps = [msgspec.to_builtins(from_step(step)) if isinstance(step, Step) else step for step in failure]
            described = {
                "id": "custom",
                "title": "Steps of this test.",
                "dialects": [main_dialect(self._backend)],
                "attempts": [steps],
            }
        [scenario] = parse({"schema": SCHEMA, "scenarios": [described]}, "fail").values()
        return scenario

    def scenario_id(self, exchange: TimedExchange) -> str:
        """Return the id of the scenario that a base URL names, or that was played at that of the stage.

        It is empty if there is none, or if the path is no endpoint.
        """
        attempt = exchange.attempt
        script = self._script_of(exchange) if attempt.base_path == self.base_path else None
        if script is not None:
            return script.answer(exchange.before)[0].id
        return attempt.scenario if attempt.dialect else ""

    def _script_of(self, exchange: TimedExchange) -> Script | None:
        """Return the script that answered a request; None if none did."""
        attempt = exchange.attempt
        if not attempt.known:
            return None
        if attempt.base_path == self.base_path:
            return next(script for script in reversed(self._scripts) if script.since <= exchange.before)
        return self._backend.find_script(attempt.base_path, attempt.scenario)

    def cases(self, view: CallerView) -> tuple[AuditCase, ...]:
        """Make a case of each failure that was played, in their order.

        Args:
            view: What the caller of the code saw in the end. The failures before the last are judged by the requests
                alone, since the code went on.
        """
        failures = self._failures()
        if not failures and self._scripts[1:]:
            answered = tuple(describe(exchange, failed=False) for exchange in self.exchanges)
            return (self._case(self._scripts[-1].failures[0], answered, view),)
        unobserved = CallerView(at=view.at)
        last = len(failures) - 1
        return tuple(
            self._case(
                scenario,
                tuple(describe(exchange, failed=failed) for exchange, failed in exchanges),
                view if number == last else unobserved,
            )
            for number, (scenario, exchanges) in enumerate(failures)
        )

    def _case(self, scenario: Scenario, attempts: tuple[AnsweredRequest, ...], view: CallerView) -> AuditCase:
        case = AuditCase(
            scenario=scenario, attempts=attempts, view=view, control=NO_CLEAN_RUN, deadline=self._backend.limits.hold
        )
        # The backend ended the last answer, and the program would have waited on: it is judged as an audit would, which
        # stops the program at its deadline.
        if case.failed and not case.is_recovered and scenario.timeout is not None and _was_waited_out(case):
            if view.outcome is not ProgramOutcome.UNOBSERVED:
                view = msgspec.structs.replace(view, outcome=ProgramOutcome.RUNNING)
            last = case.attempts[-1]
            end = RequestEnd.HOLD if last.end is RequestEnd.HOLD else None
            waiting = msgspec.structs.replace(last, end=end, ended=None, closed=None)
            return msgspec.structs.replace(case, view=view, attempts=(*case.attempts[:-1], waiting))
        return case

    def _failures(self) -> list[tuple[Scenario, list[tuple[TimedExchange, bool]]]]:
        """Divide the requests by the failure that answered them; those after a failure belong to it."""
        failures: list[tuple[Scenario, list[tuple[TimedExchange, bool]]]] = []
        script: Script | None = None
        for exchange, answered in self._answers():
            scenario, _ = answered.answer(exchange.before)
            failed = answered.is_failure(exchange.before)
            same_call = answered == script
            if failed and not (same_call and failures[-1][0] is scenario):
                if same_call:  # the request after a failure shows whether the code tried again
                    failures[-1][1].append((exchange, False))
                failures.append((scenario, []))
                script = answered
            elif not same_call:
                continue  # a whole answer before any failure
            failures[-1][1].append((exchange, failed))
        return sorted(failures, key=lambda failure: failure[1][0][0].arrived)

    def _answers(self) -> Iterator[tuple[TimedExchange, Script]]:
        """Yield each request that was played with its script; requests to one base path follow each other."""
        exchanges = self.exchanges
        for path in dict.fromkeys(exchange.attempt.base_path for exchange in exchanges):
            for exchange in exchanges:
                script = self._script_of(exchange) if exchange.attempt.base_path == path else None
                if script is not None:
                    yield exchange, script


def _was_waited_out(case: AuditCase) -> bool:
    """Return whether the last answer went on until the deadline, and the program did not close it."""
    last = case.attempts[-1]
    if last.end is RequestEnd.PEER or (last.stays_open and last.closed is not None):
        return False
    return case.view.at - last.at >= case.deadline
