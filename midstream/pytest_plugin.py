"""A pytest plugin: the fixture `midstream`, by which a test has its own code fail as a stream of the API fails.

    def test_an_overloaded_stream_is_asked_for_again(midstream):
        assert my_client(base_url=midstream.url("mid-then-ok")).ask("Hi") == "Hello world"
        assert len(midstream.requests) == 2

I/O. One backend listens for a whole test session, in a thread with an event loop of its own, from when the first test
asks for it; so it serves whatever loop a test runs, or none, and each process of pytest-xdist has its own. A test has
base URLs that no other test has, and sees the requests that came by them.

The backend shares a process with tests that replace clocks, `asyncio.sleep` and the event loop policy, since that is
what tests of retry code do. Its pauses are real all the same: it takes no loop but its own, and that loop's time from
the kernel.

pytest imports this module in every session of every project that has it installed, so it imports only what pytest has
imported already. The backend, and with it the package `matrix`, is imported when a test asks for the fixture: a project
that has a `matrix.py` of its own can run its tests.
"""

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from matrix.backend.journal import Entry, RequestEnd
    from matrix.catalogue.sse import Dialect
    from matrix.catalogue.steps import Scenario

_PREFIX = "test-"
"""What the base paths of all tests begin with, so that a request which comes too late can be told from a stray."""

_PATIENCE = 30.0
"""Seconds for the backend to listen, and to stop; it takes hundredths."""


@dataclass(frozen=True)
class Request:
    """One request that the backend got.

    Attributes:
        scenario: What the base URL names: its last segment; empty if it has none, or if the path is no endpoint.
        attempt: Which one it is under its base URL, from 1; 0 if it belongs to none.
        dialect: What was asked for: "messages", "completions" or "legacy"; None if the path is no endpoint.
        played: Whether the scenario was played; False for a 404.
        method: Such as "POST".
        path: With the query, as sent.
        headers: By name in lower case; several of one name are joined by commas. Not shown in the representation, and
            neither is the body, for a key in the log of a failed test is a key in public.
        body: As sent.
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
        """The body, parsed.

        Raises:
            ValueError: It is no JSON.
        """
        return json.loads(self.body)


class Midstream:
    """What one test has of the backend. Made by the fixture `midstream`."""

    def __init__(self, address: str, base_path: str, requests: list[Request]) -> None:
        self._base_url = address + base_path
        self._requests = requests

    def __repr__(self) -> str:
        return f"Midstream({self._base_url!r})"

    def url(self, scenario: str) -> str:
        """The base URL of a scenario: for an SDK as it is, and any other client appends `/v1/messages`.

        It is the same each time it is asked for within one test, and no other test has it.

        Raises:
            ValueError: There is no such scenario; names those that are near.
        """
        if scenario not in self.scenarios:
            from matrix.backend.pages import suggestion

            hint = f"{suggestion(self.scenarios, scenario)} `midstream.scenarios` has them all."
            raise ValueError(f"There is no scenario {scenario!r}. {hint.strip()}")
        return f"{self._base_url}/{scenario}"

    @property
    def requests(self) -> list[Request]:
        """What the backend was asked in this test, in order: under its base URLs, and without any.

        A request is there before its answer begins.
        """
        return list(self._requests)

    @property
    def scenarios(self) -> "Mapping[str, Scenario]":
        """Everything that can be played, by id, with what a caller ought to see of it.

        The same as `matrix.catalogue.scenarios.PLAYABLE`, which can be imported where tests are parametrized.
        """
        from matrix.targets import DEFAULT

        return DEFAULT.suite.playable


class _Records:
    """The requests of each test that is under way, by its base path."""

    def __init__(self) -> None:
        self._tests: dict[str, list[Request]] = {}
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def test(self) -> Iterator[tuple[str, list[Request]]]:
        """The base path of one more test, and where its requests are written while the context lasts."""
        base_path = f"/{_PREFIX}{next(self._numbers)}"
        self._tests[base_path] = []
        try:
            yield base_path, self._tests[base_path]
        finally:
            del self._tests[base_path]

    def heard(self, entry: "Entry", left: "RequestEnd | None") -> None:
        """Write down a request as soon as it has come, so that it is there when its client has an answer."""
        if left is not None:
            return
        request = _request(entry)
        base_path = "/" + entry.attempt.base_path.split("/", 2)[1] if entry.attempt.base_path else ""
        if base_path in self._tests:
            self._tests[base_path].append(request)
        elif not base_path.startswith(f"/{_PREFIX}"):
            # A client that drops the path of its base URL is the fault of the test that is under way, and a process of
            # pytest has one at a time. What bears the path of a test that is over is dropped.
            for requests in list(self._tests.values()):
                requests.append(request)


def _request(entry: "Entry") -> Request:
    attempt, received = entry.attempt, entry.attempt.received
    if received is None:  # the feed was asked for whole requests
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
def _midstream_backend() -> Iterator[tuple[str, _Records]]:
    """The address of a backend that listens until the session ends, and what it was asked."""
    from midstream.imports import describe_shadow

    if shadow := describe_shadow("The fixture `midstream`"):
        pytest.fail(shadow, pytrace=False)
    records = _Records()
    with _listening(records.heard) as address:
        yield address, records


@pytest.fixture
def midstream(_midstream_backend: tuple[str, _Records]) -> Iterator[Midstream]:
    """Base URLs at which streams of the API fail, `midstream.url("mid-overloaded_error")`, and `midstream.requests`."""
    address, records = _midstream_backend
    with records.test() as (base_path, requests):
        yield Midstream(address, base_path, requests)


@contextlib.contextmanager
def _listening(listener: "Callable[[Entry, RequestEnd | None], None]") -> Iterator[str]:
    """The address of a backend that listens in a thread while the context lasts.

    Raises:
        OSError: It can't listen.
    """
    import asyncio
    from concurrent.futures import Future

    from matrix.backend.journal import ListenerJournal
    from matrix.backend.server import serve
    from matrix.targets import DEFAULT

    class Loop(asyncio.SelectorEventLoop):
        """A loop whose time goes on although a test has stopped that of `time.monotonic`."""

        def time(self) -> float:
            return time.clock_gettime(time.CLOCK_MONOTONIC)

    stop = asyncio.Event()
    started: Future[tuple[asyncio.AbstractEventLoop, str]] = Future()

    async def listen() -> None:
        async with serve(DEFAULT, journal=ListenerJournal(listener, whole=True)) as backend:
            started.set_result((asyncio.get_running_loop(), backend.url("")))
            await stop.wait()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=Loop) as runner:
                runner.run(listen())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    # A daemon, so that a session which is killed in the middle is not held up by it.
    thread = threading.Thread(target=run, name="midstream", daemon=True)
    thread.start()
    loop, address = started.result(_PATIENCE)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE)
