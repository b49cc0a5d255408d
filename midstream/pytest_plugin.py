"""A pytest plugin with the fixture `midstream`: it lets a test run its own code against failing streams of the API.

    def test_an_overloaded_stream_is_retried(midstream):
        assert my_client(base_url=midstream.url("mid-then-ok")).ask("Hi") == "Hello world"
        assert len(midstream.requests) == 2

I/O. One backend serves the whole test session, in a thread with its own event loop, and starts with the first test that
uses the fixture. So it works with any event loop of a test, or with none, and each pytest-xdist process has its own
backend. Each test has its own base URLs and sees only the requests to them.

Tests of retry code replace clocks, `asyncio.sleep` and the event loop policy, and the backend shares their process. Its
pauses are real nevertheless: it uses only its own loop, which reads the time from the kernel.

pytest imports this module in every session of every project in whose environment it is installed, so it imports only
modules that pytest has imported already. It imports the backend, and with it the package `matrix`, when a test uses the
fixture: so a project with its own `matrix.py` can run its tests.
"""

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import os

    from matrix.backend.journal import Entry, RequestEnd
    from matrix.backend.server import Backend
    from matrix.catalogue.dialect import Dialect
    from matrix.catalogue.steps import Scenario

_PREFIX = "test-"
"""The beginning of the base paths of all tests, which distinguishes a late request from a stray."""

_MOST_TIMES = 999_999
"""The largest number of failures before a success."""

_SETTING = "midstream_scenarios"
"""The name of the setting of pytest that lists scenario files."""

_PATIENCE = 30.0
"""Seconds that the backend may take to start, and to stop; it takes hundredths of a second."""


@dataclass(frozen=True)
class Request:
    """One request that the backend received.

    Attributes:
        scenario: The last segment of the base URL; empty if it has none, or if the path is no endpoint.
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


class Midstream:
    """The part of the backend that belongs to one test. The fixture `midstream` creates it."""

    def __init__(self, backend: "_RunningBackend", base_path: str, requests: list[Request]) -> None:
        self._backend = backend
        self._base_path = base_path
        self._requests = requests
        self._loaded: dict[str, Scenario] = {}

    def __repr__(self) -> str:
        return f"Midstream({self._backend.address + self._base_path!r})"

    def load(self, path: "str | os.PathLike[str]") -> list[str]:
        """Add the scenarios of a file to this test, and return their ids. No other test has them.

        Args:
            path: A YAML or JSON file. docs/scenario-files.md describes it.

        Raises:
            ValueError: The file can't be read or has a mistake, or one of its ids exists already.
        """
        loaded = _load([path])
        if twice := sorted(loaded.keys() & self.scenarios.keys()):
            raise ValueError(f"There is a scenario {twice[0]!r} already. Choose another id.")
        self._loaded |= loaded
        self._backend.add({f"{self._base_path}/{id_}": scenario for id_, scenario in loaded.items()})
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
        if times is not None and not 1 <= times <= _MOST_TIMES:
            raise ValueError(f"times is {times}; it must be a number from 1 to {_MOST_TIMES:,}.")
        if scenario not in self.scenarios:
            from matrix.backend.pages import suggestion

            hint = f"{suggestion(self.scenarios, scenario)} `midstream.scenarios` lists all of them."
            raise ValueError(f"There is no scenario {scenario!r}. {hint.strip()}")
        base_url = self._backend.address + self._base_path
        return f"{base_url}/{scenario}" if times is None else f"{base_url}/times={times}/{scenario}"

    @property
    def requests(self) -> list[Request]:
        """The requests of this test, in order: those under its base URLs, and those without any base URL.

        A request is in this list before its answer begins.
        """
        return list(self._requests)

    @property
    def scenarios(self) -> "Mapping[str, Scenario]":
        """Every scenario that can be played, by id, with what a caller should see; those of loaded files too.

        `matrix.catalogue.scenarios.PLAYABLE` has the same scenarios; import it to parametrize tests.
        """
        return {**self._backend.playable, **self._loaded}


class _RunningBackend:
    """The backend of the session.

    Attributes:
        address: Its address.
    """

    def __init__(self, backend: "Backend") -> None:
        self.address = backend.url("")
        self._backend = backend

    @property
    def playable(self) -> "dict[str, Scenario]":
        """The scenarios of every test, by id."""
        return self._backend.playable

    def add(self, scenarios: "Mapping[str, Scenario]") -> None:
        """Add scenarios by their base paths. One assignment at a time changes a dictionary of another thread."""
        self._backend.scenarios.update(scenarios)

    def forget(self, base_path: str) -> None:
        """Remove the scenarios of a finished test."""
        for path in [path for path in self._backend.scenarios if path.startswith(f"{base_path}/")]:
            del self._backend.scenarios[path]


def _load(paths: "Iterable[str | os.PathLike[str]]") -> "dict[str, Scenario]":
    """Return the scenarios of files.

    Raises:
        ValueError: A file can't be read or has a mistake.
    """
    from matrix.backend.scenario_files.reading import load
    from matrix.errors import UsageError
    from matrix.targets import DEFAULT

    try:
        return load([Path(path) for path in paths], DEFAULT)
    except UsageError as error:
        raise ValueError(f"{error} {error.hint}") from None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting with which a project names its scenario files."""
    parser.addini(_SETTING, "Files with scenarios for the fixture `midstream`", type="paths", default=[])


class _Records:
    """The requests of each running test, by its base path."""

    def __init__(self) -> None:
        self._tests: dict[str, list[Request]] = {}
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def test(self) -> Iterator[tuple[str, list[Request]]]:
        """Return a new base path and the list to which its requests are added while the context lasts."""
        base_path = f"/{_PREFIX}{next(self._numbers)}"
        self._tests[base_path] = []
        try:
            yield base_path, self._tests[base_path]
        finally:
            del self._tests[base_path]

    def record(self, entry: "Entry", end: "RequestEnd | None") -> None:
        """Record a request when it arrives, so that it is in the list before its client has an answer."""
        if end is not None:
            return
        request = _request(entry)
        base_path = "/" + entry.attempt.base_path.split("/", 2)[1] if entry.attempt.base_path else ""
        if base_path in self._tests:
            self._tests[base_path].append(request)
        elif not base_path.startswith(f"/{_PREFIX}"):
            # A client dropped the path of its base URL. The request belongs to the running test, of which a process has
            # one at a time. A late request with the path of a finished test is dropped instead.
            for requests in list(self._tests.values()):
                requests.append(request)


def _request(entry: "Entry") -> Request:
    attempt, received = entry.attempt, entry.attempt.received
    if received is None:  # the journal is asked for complete requests
        raise AssertionError
    headers: dict[str, str] = {}
    for name, value in received.headers:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Request(
        scenario=attempt.scenario if attempt.dialect else "",
        attempt=0 if attempt.is_stray else entry.before + 1,
        dialect=attempt.dialect,
        played=attempt.known and attempt.dialect is not None,
        method=received.method,
        path=received.target,
        headers=headers,
        body=received.body,
    )


@pytest.fixture(scope="session")
def _midstream_backend(request: pytest.FixtureRequest) -> Iterator[tuple[_RunningBackend, _Records]]:
    """Start a backend that listens until the session ends; return it and its requests."""
    from midstream.imports import describe_shadow

    if shadow := describe_shadow("The fixture `midstream`"):
        pytest.fail(shadow, pytrace=False)
    try:
        files = request.config.getini(_SETTING)
    except ValueError:  # a project imports the fixture, and pytest did not load the plugin, which adds the setting
        files = []
    try:
        scenarios = _load(files)
    except ValueError as error:
        pytest.fail(f"{_SETTING}: {error}", pytrace=False)
    records = _Records()
    with _listening(records.record, scenarios) as backend:
        yield _RunningBackend(backend), records


@pytest.fixture
def midstream(_midstream_backend: tuple[_RunningBackend, _Records]) -> Iterator[Midstream]:
    """Base URLs at which streams fail, `midstream.url("mid-overloaded_error")`, and the requests to them."""
    backend, records = _midstream_backend
    with records.test() as (base_path, requests):
        yield Midstream(backend, base_path, requests)
        backend.forget(base_path)


@contextlib.contextmanager
def _listening(
    listener: "Callable[[Entry, RequestEnd | None], None]", scenarios: "Mapping[str, Scenario]"
) -> "Iterator[Backend]":
    """Run a backend with some more scenarios in a thread while the context lasts.

    Raises:
        OSError: The backend cannot listen.
    """
    import asyncio
    from concurrent.futures import Future

    from matrix.backend.journal import ListenerJournal
    from matrix.backend.server import Backend, serve
    from matrix.targets import DEFAULT

    class Loop(asyncio.SelectorEventLoop):
        """An event loop whose time advances even if a test has replaced `time.monotonic`."""

        def time(self) -> float:
            return time.clock_gettime(time.CLOCK_MONOTONIC)

    stop = asyncio.Event()
    started: Future[tuple[asyncio.AbstractEventLoop, Backend]] = Future()

    async def listen() -> None:
        journal = ListenerJournal(listener, whole=True)
        async with serve(DEFAULT, journal=journal, scenarios=scenarios) as backend:
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
        yield backend
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE)
