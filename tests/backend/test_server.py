"""The backend over real sockets: the bytes that arrive, and how each connection ends.

A backend runs in a thread with a loop of its own; each test talks to it as any client would, byte by byte.
"""

import asyncio
import contextlib
import gc
import json
import select
import socket
import sys
from collections.abc import Callable, Iterator
from queue import Queue

import httpx
import pytest

from matrix.backend import pages, playing
from matrix.backend.journal import Attempt, Entry, Journal, ListenerJournal, Received, RequestEnd
from matrix.backend.pages import suggestion
from matrix.backend.server import HOST, Backend, serve
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
    AnyStep,
    Barrier,
    Body,
    Close,
    Event,
    Family,
    Finish,
    Head,
    NoIdeal,
    Pause,
    Prelude,
    Reset,
    Scenario,
    Text,
    sort_by_family,
)
from matrix.catalogue.wire import Ending, Send, compile_steps, plain_response
from matrix.cli import backend as terminal
from matrix.targets import ANTHROPIC
from tests.support.raw_client import PATIENCE, Client, add_scenario, expected, listening, request

NOT_FOUND = plain_response(404, pages.NOT_FOUND)


@contextlib.contextmanager
def backend_in_a_thread(journal: Journal | None = None, scenario: str = "") -> Iterator[Backend]:
    """Run a backend in a loop of its own while the context lasts."""
    with listening(journal=journal, scenario=scenario) as server:
        yield server.backend


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    """Run one backend for all tests of this module."""
    with backend_in_a_thread() as running:
        yield running


AFTERWARDS = expected("http-overloaded_error")
"""The answer to the request that shows whether a connection is usable."""


def still_serves(backend: Backend) -> bool:
    """Tell whether the backend answers a new connection correctly."""
    with Client(backend.port) as client:
        client.send_request("/still-there/http-overloaded_error")
        answer = client.read_exactly(len(AFTERWARDS))
    backend.journal.take("/still-there/http-overloaded_error")
    return answer == AFTERWARDS


@pytest.mark.parametrize(
    ("steps", "ending"),
    [
        pytest.param((Head(), Prelude()), Ending.FIN, id="closed in mid-stream"),
        pytest.param((), Ending.FIN, id="closed without an answer"),
        pytest.param((Head(), Prelude(), Barrier(), Reset()), Ending.RESET, id="reset in mid-stream"),
        pytest.param((Head(), Event("big", "x" * 100_000), Barrier(), Reset()), Ending.RESET, id="reset after 100 kB"),
        pytest.param((Reset(),), Ending.RESET, id="reset without an answer"),
        pytest.param((Head(), Event("big", "x" * 1_000_000)), Ending.FIN, id="closed after a megabyte"),
    ],
)
def test_a_scenario_closes_or_resets_the_connection_after_all_bytes(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, steps: tuple[AnyStep, ...], ending: Ending
) -> None:
    """The peer reads an end after a FIN and an error after a reset; neither discards bytes that were sent before."""
    expected = b"".join(action.data for action in compile_steps(steps, Dialect.MESSAGES) if isinstance(action, Send))
    with Client(backend.port) as client:
        client.send_request("/" + add_scenario(monkeypatch, *steps))
        assert (expected, ending) == client.read_to_end()
    backend.journal.take("/custom")


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel's poll for a reset")
def test_a_reset_after_a_barrier_loses_no_byte(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A barrier waits until the peer's kernel has every byte, even if its program reads only after the reset."""
    steps: tuple[AnyStep, ...] = (Head(), *(Event("piece", "x" * 1000) for _ in range(20)), Barrier(), Reset())
    expected = b"".join(action.data for action in compile_steps(steps, Dialect.MESSAGES) if isinstance(action, Send))
    with Client(backend.port) as client:
        client.send_request("/" + add_scenario(monkeypatch, *steps))
        poll = select.poll()
        poll.register(client.socket, 0)  # poll reports an error and a hang-up even without an event mask
        assert [(client.socket.fileno(), select.POLLERR | select.POLLHUP)] == poll.poll(PATIENCE * 1000)
        assert (expected, Ending.RESET) == client.read_to_end()
    backend.journal.take("/custom")


@pytest.mark.parametrize(
    ("path", "base_path", "scenario", "dialect"),
    [
        ("/no-such-scenario/v1/messages", "/no-such-scenario", "no-such-scenario", Dialect.MESSAGES),
        ("/unknown/v1/messages", "/unknown", "unknown", Dialect.MESSAGES),
        ("/1/2/unknown/v1/complete", "/1/2/unknown", "unknown", Dialect.LEGACY),
        ("/CLEAN/v1/messages", "/CLEAN", "CLEAN", Dialect.MESSAGES),
        ("/clean%2F/v1/messages", "/clean%2F", "clean%2F", Dialect.MESSAGES),
        ("/unknown/model/m/invoke-with-response-stream", "/unknown", "unknown", Dialect.BEDROCK),
        ("/crlf/model/m/invoke-with-response-stream", "/crlf", "crlf", Dialect.BEDROCK),
        ("/split-frame/v1/messages", "/split-frame", "split-frame", Dialect.MESSAGES),
        ("/1/2/tool-block/v1/complete", "/1/2/tool-block", "tool-block", Dialect.LEGACY),
        ("/half-frame/v1/complete", "/half-frame", "half-frame", Dialect.LEGACY),
    ],
)
def test_an_unknown_scenario_is_answered_with_404_and_recorded_as_unknown(
    backend: Backend, path: str, base_path: str, scenario: str, dialect: Dialect
) -> None:
    """The harness learns from the journal that no scenario was played, whatever the client reports."""
    with Client(backend.port) as client:
        client.send(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        client.close_sending_half()
        assert (NOT_FOUND, Ending.FIN) == client.read_to_end()
    assert [Attempt(base_path, scenario, dialect, known=False)] == backend.journal.take(base_path)


@pytest.mark.parametrize(
    ("path", "stray"),
    [
        pytest.param("/v1/messages", "", id="no base path"),
        pytest.param("/v1/complete?x=/clean", "", id="a base path in the query"),
        pytest.param("/clean/v1/models", "/clean/v1/models", id="another endpoint"),
        pytest.param("/clean/v1/messages/", "/clean/v1/messages/", id="a slash too many"),
        pytest.param("/clean", "/clean", id="no endpoint"),
        pytest.param("/clean/model/m/invoke", "/clean/model/m/invoke", id="Bedrock's endpoint without a stream"),
        pytest.param(
            "/clean/projects/p/locations/l/publishers/a/models/m:rawPredict",
            "/clean/projects/p/locations/l/publishers/a/models/m:rawPredict",
            id="Vertex's endpoint without a stream",
        ),
        pytest.param("/", "/", id="the root"),
    ],
)
def test_a_request_outside_of_any_call_is_answered_with_404_and_recorded_as_a_stray(
    backend: Backend, path: str, stray: str
) -> None:
    """A client that drops its base path gets no scenario, and the harness can see that."""
    before = len(backend.journal.strays)
    with Client(backend.port) as client:
        client.send(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        client.close_sending_half()
        assert (NOT_FOUND, Ending.FIN) == client.read_to_end()
    assert [stray] == backend.journal.strays[before:]


@pytest.mark.parametrize(
    ("endpoint", "header", "dialect"),
    [
        ("/v1/messages", "", Dialect.MESSAGES),
        ("/v1/messages", "anthropic-version: 2023-01-01\r\n", Dialect.MESSAGES),
        ("/v1/messages?beta=true", "anthropic-version: 2023-06-01\r\n", Dialect.MESSAGES),
        ("/v1/complete", "anthropic-version: 2023-06-01\r\n", Dialect.COMPLETIONS),
        ("/v1/complete", "Anthropic-Version: 2025-01-01\r\n", Dialect.COMPLETIONS),
        ("/v1/complete", "", Dialect.LEGACY),
        ("/v1/complete", "anthropic-version: 2023-01-01\r\n", Dialect.LEGACY),
        ("/v1/complete?stream=1", "ANTHROPIC-VERSION: 2022-12-31\r\n", Dialect.LEGACY),
        ("/model/anthropic.claude-v2%3A1/invoke-with-response-stream", "", Dialect.BEDROCK),
        ("/model/m/invoke-with-response-stream?x=/v1/messages", "anthropic-version: 2022-12-31\r\n", Dialect.BEDROCK),
        ("/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict", "", Dialect.MESSAGES),
    ],
)
def test_the_path_and_the_version_header_decide_the_dialect(
    backend: Backend, endpoint: str, header: str, dialect: Dialect
) -> None:
    """Completions have named events since one version of the API; messages always had them."""
    head = f"POST /clean{endpoint} HTTP/1.1\r\nHost: localhost\r\n{header}Content-Length: 0\r\n\r\n"
    with Client(backend.port) as client:
        client.send(head.encode())
        data = client.read_exactly(len(expected("clean", dialect=dialect)))
    assert expected("clean", dialect=dialect) == data
    assert [dialect] == [attempt.dialect for attempt in backend.journal.take("/clean")]


@pytest.mark.parametrize(
    ("path", "key", "base_path"),
    [
        pytest.param("/v1/complete", "/1/2/clean", "/1/2/clean", id="only the endpoint in the path"),
        pytest.param("/v1/messages", "/clean", "/clean", id="another endpoint"),
        pytest.param("/3/4/clean/v1/complete", "/1/2/eof-mid", "/3/4/clean", id="a base path before the key"),
        pytest.param("/model/m/invoke-with-response-stream", "/5/clean", "/5/clean", id="an endpoint with a model"),
    ],
)
def test_the_api_key_names_the_base_path_if_the_client_drops_it(
    backend: Backend, path: str, key: str, base_path: str
) -> None:
    """The oldest releases resolve the endpoint against the base URL as a browser resolves a link."""
    ends = {"messages": Dialect.MESSAGES, "complete": Dialect.LEGACY, "stream": Dialect.BEDROCK}
    dialect = next(dialect for end, dialect in ends.items() if path.endswith(end))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Length: 0\r\n\r\n"
    with Client(backend.port) as client:
        client.send(head.encode())
        data = client.read_exactly(len(expected("clean", dialect=dialect)))
    assert expected("clean", dialect=dialect) == data
    assert [Attempt(base_path, "clean", dialect, known=True)] == backend.journal.take(base_path)


def test_an_api_key_that_is_no_path_is_not_recorded(backend: Backend) -> None:
    """A user who forgets the scenario in the base URL must not see the secret on the screen."""
    before = len(backend.journal.strays)
    with Client(backend.port) as client:
        client.send(
            b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: sk-secret\r\nContent-Length: 0\r\n\r\n"
        )
        assert NOT_FOUND == client.read_exactly(len(NOT_FOUND))
    assert ([""], []) == (backend.journal.strays[before:], backend.journal.take("sk-secret"))


def test_the_journal_counts_the_attempts_of_each_base_path(backend: Backend) -> None:
    """A retry of the SDK is one more attempt under the same base path."""
    with Client(backend.port) as client:
        for base_path in ("/7/1/clean", "/7/2/clean", "/7/1/clean", "/7/1/clean"):
            client.send_request(base_path)
            client.read_exactly(len(expected("clean")))
    assert [3, 1] == [len(backend.journal.take(base_path)) for base_path in ("/7/1/clean", "/7/2/clean")]


def test_the_journal_forgets_attempts_that_were_taken(backend: Backend) -> None:
    """The memory of a run that lasts for hours does not grow."""
    with Client(backend.port) as client:
        client.send_request("/8/clean")
        client.read_exactly(len(expected("clean")))
    assert [1, 0] == [len(backend.journal.take("/8/clean")) for _ in range(2)]


def test_the_journal_has_no_attempt_under_a_path_that_was_never_requested(backend: Backend) -> None:
    """Taking the attempts adds no entry."""
    assert not backend.journal.take("/never/asked")


FEED = {
    "/9/clean": (Dialect.MESSAGES, True, RequestEnd.KEEP_ALIVE),
    "/9/reset": (Dialect.MESSAGES, True, RequestEnd.RESET),
    "/9/no-last-chunk": (Dialect.MESSAGES, True, RequestEnd.FIN),
    "/9/stall": (Dialect.MESSAGES, True, RequestEnd.HOLD),
    "/9/no-such": (Dialect.MESSAGES, False, RequestEnd.NOT_FOUND),
    "": (Dialect.MESSAGES, False, RequestEnd.NOT_FOUND),
}
"""Base path to the dialect, whether the scenario is known, and the end of one request under it."""


@pytest.mark.parametrize("base_path", FEED)
def test_a_listener_is_notified_of_the_start_and_the_end_of_a_request(base_path: str) -> None:
    """A held request ends with its last byte: a listener waits for no client."""
    dialect, known, end = FEED[base_path]
    notices: Queue[tuple[Entry, RequestEnd | None]] = Queue()
    with (
        backend_in_a_thread(ListenerJournal(lambda *notice: notices.put(notice))) as backend,
        Client(backend.port) as client,
    ):
        client.send_request(base_path)
        received = [notices.get(timeout=PATIENCE) for _ in range(2)]
    entry = Entry(1, 0, Attempt(base_path, base_path.rpartition("/")[2], dialect, known))
    assert [(entry, None), (entry, end)] == received


def test_a_listener_is_notified_that_the_client_left_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end that the scenario asks for did not happen."""
    id_ = add_scenario(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    ends: Queue[RequestEnd | None] = Queue()
    with backend_in_a_thread(ListenerJournal(lambda _, end: ends.put(end))) as backend:
        with Client(backend.port) as client:
            client.send_request("/" + id_)
            client.read_exactly(1000)
        assert [None, RequestEnd.PEER] == [ends.get(timeout=PATIENCE) for _ in range(2)]


def test_every_ending_of_the_wire_is_an_end_in_the_journal() -> None:
    """The journal does not import the wire, so this test keeps their values equal."""
    assert set() == {ending.value for ending in Ending} - {end.value for end in RequestEnd}


def test_the_terminal_has_a_text_for_every_end_of_a_request() -> None:
    """Without a text, `matrix backend` would fail at the first such end."""
    assert set(RequestEnd) == set(terminal._REQUEST_END)


def test_a_feed_stores_only_counts() -> None:
    """`matrix backend` runs for hours."""
    entries: list[Entry] = []
    feed = ListenerJournal(lambda entry, _: entries.append(entry))
    for path in ("/a/clean", "/a/clean", "/b/clean", "/a/clean"):
        feed.record_start(Attempt(path, "clean", Dialect.MESSAGES, known=True))
    feed.record_start(Attempt("/", "", None, known=False))
    assert [(1, 0), (2, 1), (3, 0), (4, 2), (5, 0)] == [(entry.number, entry.before) for entry in entries]
    assert ([], []) == (feed.take("/a/clean"), feed.strays)


def test_a_feed_forgets_the_least_recently_requested_base_path() -> None:
    """A feed counts a limited number of paths; a path in use is not forgotten."""
    feed = ListenerJournal(lambda *_: None)

    def before(path: str) -> int:
        return feed.record_start(Attempt(path, "clean", Dialect.MESSAGES, known=True)).before

    paths = [f"/{number}/clean" for number in range(ListenerJournal.FAMILIAR)]
    assert {0} == {before(path) for path in paths}
    assert 1 == before(paths[0])
    assert 0 == before("/one-more/clean")
    assert [2, 0] == [before(paths[0]), before(paths[1])]
    assert ListenerJournal.FAMILIAR == len(feed._counts)


def test_repeated_attempts_add_nothing_to_the_cache_of_compiled_scenarios(backend: Backend) -> None:
    """A base URL that is used for hours may get any number of attempts."""
    length = len(expected("clean"))

    def ask(times: int) -> int:
        with Client(backend.port) as client:
            for _ in range(times):
                client.send_request("/again/clean")
                client.read_exactly(length)
        return compile_steps.cache_info().currsize

    assert ask(1) == ask(20)
    backend.journal.take("/again/clean")


@pytest.mark.parametrize("records_whole", [False, True])
def test_a_journal_records_whole_requests_only_on_request(records_whole: bool) -> None:
    """Other journals need no memory for them."""
    request_bytes = (
        b"POST /x/clean/v1/messages?beta=true HTTP/1.1\r\nHost: localhost\r\nX-Two: 1\r\nX-Two: 2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    headers = (("host", "localhost"), ("x-two", "1"), ("x-two", "2"), ("transfer-encoding", "chunked"))
    with backend_in_a_thread(Journal(whole=records_whole)) as backend, Client(backend.port) as client:
        client.send(request_bytes)
        client.read_exactly(len(expected("clean")))
        attempts = backend.journal.take("/x/clean")
    received = Received("POST", "/x/clean/v1/messages?beta=true", headers, b"abcde")
    assert [received if records_whole else None] == [attempt.received for attempt in attempts]


@pytest.mark.parametrize("id_", [id_ for id_, scenario in ANTHROPIC.suite.playable.items() if scenario.then])
@pytest.mark.parametrize("journal", [Journal, lambda: ListenerJournal(lambda *_: None)], ids=["journal", "feed"])
def test_a_second_request_under_one_base_path_gets_the_second_answer(journal: Callable[[], Journal], id_: str) -> None:
    """A third request gets the first answer again; another base path begins with the first answer."""
    with backend_in_a_thread(journal()) as backend:

        def answer(base_path: str, attempt: int) -> bool:
            with Client(backend.port) as client:
                client.send_request(base_path)
                client.close_sending_half()
                return expected(id_, attempt) == client.read_to_end()[0]

        steps = (("a", 0), ("a", 1), ("b", 0), ("a", 0), ("b", 1))
        assert [True] * 5 == [answer(f"/{call}/{id_}", attempt) for call, attempt in steps]


# A backend that plays one scenario


@pytest.mark.parametrize("base_path", ["", "/anything", "/1/2/clean", "/no-such"])
def test_a_backend_with_one_scenario_plays_it_under_every_base_url(base_path: str) -> None:
    """The base URL is just the address, which every client can be configured with."""
    with backend_in_a_thread(scenario="mid-api_error") as backend, Client(backend.port) as client:
        client.send_request(base_path)
        data = client.read_exactly(len(expected("mid-api_error")))
        attempts = backend.journal.take(base_path)
    assert expected("mid-api_error") == data
    assert [Attempt(base_path, "mid-api_error", Dialect.MESSAGES, known=True)] == attempts
    assert [] == backend.journal.strays


@pytest.mark.parametrize(
    ("scenario", "dialect", "known"),
    [
        ("mid-throttling-exception", Dialect.BEDROCK, True),
        ("mid-throttling-exception", Dialect.MESSAGES, False),
        ("mid-throttling-exception", Dialect.COMPLETIONS, False),
        ("crlf", Dialect.BEDROCK, False),
        ("tool-block", Dialect.LEGACY, False),
        ("tool-block", Dialect.BEDROCK, True),
    ],
)
def test_a_backend_with_one_scenario_answers_404_in_a_dialect_that_lacks_it(
    scenario: str, dialect: Dialect, known: bool
) -> None:
    """The client of another service, on the same backend, gets no answer that its service never gives."""
    answer = expected(scenario, dialect=dialect) if known else NOT_FOUND
    with backend_in_a_thread(scenario=scenario) as backend, Client(backend.port) as client:
        client.send_request("/any", dialect)
        assert answer == client.read_exactly(len(answer))
        assert [Attempt("/any", scenario, dialect, known=known)] == backend.journal.take("/any")


def test_the_clean_stream_after_so_many_failures_is_in_the_dialect_of_the_request() -> None:
    """A segment of the base path may limit the failures of a scenario of Bedrock too."""
    with backend_in_a_thread() as backend, Client(backend.port) as client:
        for id_ in ("split-frame", "clean"):
            client.send_request("/times=1/split-frame", Dialect.BEDROCK)
            answer = expected(id_, dialect=Dialect.BEDROCK)
            assert answer == client.read_exactly(len(answer))


@pytest.mark.parametrize(
    ("base_path", "fails"),
    [("", [True, True, False]), ("/worker-7", [True, True, False]), ("/times=1", [True, False, False])],
)
def test_a_backend_lets_the_first_requests_of_each_base_url_fail(base_path: str, fails: list[bool]) -> None:
    """Check that the base URL may name another number."""

    async def ask() -> list[bool]:
        journal = ListenerJournal(_ignore)
        async with (
            serve(ANTHROPIC, scenario="mid-overloaded_error", times=2, journal=journal) as backend,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            address = backend.url(f"{base_path}/v1/messages")
            return ["overloaded_error" in (await client.post(address, json={})).text for _ in fails]

    assert fails == asyncio.run(ask())


def _ignore(*_: object) -> None:
    """Ignore an entry."""


def test_a_backend_with_an_unknown_scenario_does_not_listen() -> None:
    """It would answer every request with 404."""

    async def listen() -> None:
        async with serve(ANTHROPIC, scenario="unknown"):
            pytest.fail("the backend listens")

    with pytest.raises(KeyError, match="unknown"):
        asyncio.run(listen())


# Pages for people who open the address in a browser


def get(backend: Backend, path: str, accept: str = "*/*", method: str = "GET") -> httpx.Response:
    """Request a page as a person does by hand."""
    return httpx.request(method, backend.url(path), headers={"accept": accept}, trust_env=False, timeout=PATIENCE)


def test_the_first_page_lists_every_scenario_by_family_with_its_title(backend: Backend) -> None:
    """The page also shows a command that plays a scenario."""
    page = get(backend, "/")
    lines = page.text.splitlines()
    assert (200, "text/plain; charset=utf-8") == (page.status_code, page.headers["content-type"])
    families = [line for line in lines if line in list(Family)]
    assert list(dict.fromkeys(scenario.family for scenario in ANTHROPIC.suite.playable.values())) == families
    rows = [line.split(maxsplit=1) for line in lines[lines.index(families[0]) :] if line.startswith("  ")]
    scenarios = sort_by_family(ANTHROPIC.suite.playable.values())
    assert [[scenario.id, scenario.title] for scenario in scenarios] == rows
    assert f"  curl -N -X POST {backend.url('/' + ANTHROPIC.suite.headline)}/v1/messages" in lines


def test_every_scenario_has_a_page_with_its_title_and_a_command(backend: Backend) -> None:
    """The page is under every base path, since people may open the base URL of a client."""
    with httpx.Client(base_url=backend.url(""), trust_env=False, timeout=PATIENCE) as client:
        pages = {id_: client.get(f"/some/thing/{id_}").text for id_ in ANTHROPIC.suite.playable}
    for id_, scenario in ANTHROPIC.suite.playable.items():
        assert pages[id_].startswith(f"{id_}: {scenario.title}\n")
        assert f"a retry may help:      {'yes' if scenario.retry else 'no'}\n" in pages[id_]
        in_messages = Dialect.MESSAGES in scenario.dialects
        path = "/v1/messages" if in_messages else "/model/midstream/invoke-with-response-stream"
        assert f"  curl -N -X POST {backend.url('/' + id_)}{path}\n" in pages[id_]
        assert in_messages == (f'anthropic.Anthropic(base_url="{backend.url("/" + id_)}"' in pages[id_])


@pytest.mark.parametrize("id_", ["mid-overloaded_error", "mid-throttling-exception", "http-validation-exception"])
def test_the_command_on_the_page_of_a_scenario_plays_it(backend: Backend, id_: str) -> None:
    """People copy the command as it is."""
    *_, command = [line for line in get(backend, f"/{id_}").text.splitlines() if "curl" in line]
    *_, address = command.split()
    answer = httpx.post(address, trust_env=False, timeout=PATIENCE)
    attempts = backend.journal.take(f"/{id_}")
    assert [True] == [attempt.known for attempt in attempts]
    assert answer.status_code == (400 if id_.startswith("http-") else 200)


@pytest.mark.parametrize(
    ("scenario", "path", "ids"),
    [
        ("", "/", list(ANTHROPIC.suite.playable)),
        ("", "/x/mid-then-ok", ["mid-then-ok"]),
        ("mid-then-ok", "/", ["mid-then-ok"]),
    ],
)
def test_a_program_gets_the_list_of_scenarios_as_json(scenario: str, path: str, ids: list[str]) -> None:
    """The list has a working base URL for each scenario."""
    with backend_in_a_thread(scenario=scenario) as backend:
        page = get(backend, path, accept="application/json, */*;q=0.1")
        rows = page.json()
        answer = httpx.post(rows[0]["base_url"] + "/v1/messages", trust_env=False, timeout=PATIENCE)
    assert "application/json" == page.headers["content-type"]
    assert [[dialect for dialect in Dialect if dialect in ANTHROPIC.suite.playable[id_].dialects] for id_ in ids] == [
        row["dialects"] for row in rows
    ]
    assert [(id_, ANTHROPIC.suite.playable[id_].title, ANTHROPIC.suite.playable[id_].retry) for id_ in ids] == [
        (row["id"], row["title"], row["retry"]) for row in rows
    ]
    assert 200 == answer.status_code


def test_a_backend_with_one_scenario_has_only_the_page_of_that_scenario() -> None:
    """Other pages would describe scenarios that this backend does not play."""
    with backend_in_a_thread(scenario="mid-then-ok") as backend:
        first, other = get(backend, "/"), get(backend, "/clean")
    assert first.text.startswith("mid-then-ok: ")
    assert f"  curl -N -X POST {backend.url('')}/v1/messages\n" in first.text
    assert 404 == other.status_code


def test_a_head_request_gets_the_head_of_a_page_alone(backend: Backend) -> None:
    """Tools that wait for a server send HEAD; they would read a body as the next answer."""
    whole = get(backend, "/")
    with Client(backend.port) as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.close_sending_half()
        head, ending = client.read_to_end()
    assert head.endswith(b"\r\n\r\n")
    assert f"Content-Length: {len(whole.content)}".encode() in head
    assert Ending.FIN is ending


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/x/clean", 200), ("/clean/", 404), ("/nothing", 404)])
def test_the_request_of_a_page_is_recorded_as_a_stray(path: str, status: int) -> None:
    """No SDK requests a page; a sweep is not trusted if another program talks to its backend."""
    with backend_in_a_thread() as backend:
        assert status == get(backend, path).status_code
        assert ([path], []) == (backend.journal.strays, backend.journal.take(path))


def test_a_listener_is_notified_of_pages() -> None:
    """The backend answers with a page and plays no scenario."""
    notices: list[tuple[int, str, RequestEnd | None]] = []
    feed = ListenerJournal(lambda entry, end: notices.append((entry.number, entry.attempt.base_path, end)))
    with backend_in_a_thread(feed) as backend:
        get(backend, "/")
        get(backend, "/nothing")
    expected = [(1, "/", None), (1, "/", RequestEnd.PAGE), (2, "/nothing", None), (2, "/nothing", RequestEnd.NOT_FOUND)]
    assert expected == notices


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("mid-overloaded", "Did you mean mid-overloaded_error"),
        ("stal", "Did you mean stall"),
        ("zzzzzz", ""),
        ("", ""),
    ],
)
def test_an_unknown_id_gets_the_suggestion_of_a_similar_id(typed: str, answer: str) -> None:
    """Ids are long, and people mistype them."""
    assert answer == suggestion(ANTHROPIC.suite.playable, typed)[: len(answer)]
    assert bool(answer) is bool(suggestion(ANTHROPIC.suite.playable, typed))


def test_pauses_are_real_even_if_a_test_replaces_asyncio_sleep(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests of retry code do replace it; without its pause, a reset would discard the bytes before it."""

    def no_sleep(*_: object) -> None:
        pytest.fail("the backend called the replaced sleep")

    monkeypatch.setattr(asyncio, "sleep", no_sleep)
    with Client(backend.port) as client:
        client.send_request("/patched/reset")
        assert (expected("reset"), Ending.RESET) == client.read_to_end()
    backend.journal.take("/patched/reset")


def test_pipelined_requests_are_answered_in_order(backend: Backend) -> None:
    """The client sends three requests and half of a fourth in one write."""
    ids = ["mid-api_error", "clean", "http-rate_limit_error", "eof-mid"]
    requests = [request(f"/pipelined/{id_}") for id_ in ids]
    with Client(backend.port) as client:
        client.send(b"".join(requests[:3]) + requests[3][:40])
        first = b"".join(expected(id_) for id_ in ids[:3])
        assert first == client.read_exactly(len(first))
        client.send(requests[3][40:])
        client.close_sending_half()
        assert (expected("eof-mid"), Ending.FIN) == client.read_to_end()
    assert [1, 1, 1, 1] == [len(backend.journal.take(f"/pipelined/{id_}")) for id_ in ids]


def test_a_request_may_arrive_byte_by_byte(backend: Backend) -> None:
    """Read boundaries are not request boundaries."""
    with Client(backend.port) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("/slow/clean"):
            client.socket.send(bytes([byte]))
        assert expected("clean") == client.read_exactly(len(expected("clean")))
    backend.journal.take("/slow/clean")


def test_a_scenario_of_a_file_is_played_and_listed_as_those_of_the_catalogue() -> None:
    """Its head may have any status, type and header, and it may have any number of answers."""
    head = Head(length=4, status=529, content_type="text/plain", headers=(("Retry-After", "2"),))
    attempts = ((head, Body(b"late"), Finish()), (Head(), Prelude(), Close()), (Close(),))
    own = Scenario(
        id="own", family=Family.CUSTOM, title="Mine.", steps=attempts[0], then=attempts[1], more=attempts[2:],
        ideal=NoIdeal(), text=Text.NONE, retry=False, only=frozenset({Dialect.MESSAGES}),
    )  # fmt: skip
    answer = (
        b"HTTP/1.1 529 \r\nContent-Type: text/plain\r\nCache-Control: no-cache\r\nRequest-Id: req_midstream\r\n"
        b"Content-Length: 4\r\nRetry-After: 2\r\n\r\nlate"
    )
    with listening(scenarios={"own": own}) as server:
        with Client(server.backend.port) as client:
            client.send_request("/x/own")
            assert answer == client.read_exactly(len(answer))
            client.send_request("/x/own")
            assert (expected("no-last-chunk"), Ending.FIN) == client.read_to_end()
        with Client(server.backend.port) as client:
            client.send_request("/x/own")
            assert (b"", Ending.FIN) == client.read_to_end()
        page = get(server.backend, "/own").text
        assert "Not stated" in page
        assert "the 4th gets the first answer again" in page
        assert ["custom", "", "own Mine."] == [
            " ".join(line.split()) for line in get(server.backend, "/").text.splitlines()[-3:]
        ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Content-Length: 0\r\n\r\n", id="no body"),
        pytest.param(b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000, id="a large body"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", id="a chunked body"),
    ],
)
def test_the_body_of_a_request_is_read_and_ignored(backend: Backend, body: bytes) -> None:
    """The path names the scenario; the backend uses nothing else."""
    with Client(backend.port) as client:
        for _ in range(2):
            client.send(b"POST /body/clean/v1/messages HTTP/1.1\r\nHost: localhost\r\n" + body)
            answer = client.read_exactly(len(expected("clean")))
            assert expected("clean") == answer
    assert len(backend.journal.take("/body/clean")) == 2


@pytest.mark.parametrize(
    ("garbage", "status"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, id="a TLS client"),
        pytest.param(b"GET\r\n\r\n", 400, id="a request line without a target"),
        pytest.param(b"\0" * 100_000, 400, id="zeros"),
        pytest.param(b"POST /clean/v1/messages HTTP/1.1\r\n\r\n", 400, id="a request without a host"),
        pytest.param(
            b"POST /clean/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            400,
            id="an invalid content length",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200_000, 431, id="a header that does not end"
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            id="an invalid chunk size",
        ),
        pytest.param(b"EHLO localhost\r\n\r\n", 400, id="a mail client"),
    ],
)
def test_garbage_is_refused_and_ends_only_its_own_connection(backend: Backend, garbage: bytes, status: int) -> None:
    """The refusal tells the author of the client what is wrong, and that no scenario was played."""
    with Client(backend.port) as client:
        client.send(garbage)
        client.close_sending_half()
        data, ending = client.read_to_end()
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in head
    assert "invalid_request_error" == json.loads(body)["error"]["type"]
    assert Ending.FIN is ending
    assert still_serves(backend)


@pytest.mark.parametrize("length", [0, 1, 20, 60, len(request("/half/clean")) - 1])
@pytest.mark.parametrize("rude", [False, True], ids=["closes", "resets"])
def test_a_peer_may_leave_in_the_middle_of_a_request(backend: Backend, length: int, rude: bool) -> None:
    """The request is incomplete, so the journal records none."""
    with Client(backend.port) as client:
        client.send(request("/half/clean")[:length])
        if rude:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert still_serves(backend)
    assert not backend.journal.take("/half/clean")


def test_a_peer_may_leave_in_the_middle_of_an_answer(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that ran into its own timeout leaves without reading."""
    id_ = add_scenario(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    with Client(backend.port) as client:
        client.send_request("/" + id_)
        client.read_exactly(1000)
    assert still_serves(backend)
    backend.journal.take("/custom")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            (Head(), Event("big", "x" * 200_000), Barrier(), Reset()),
            id="while a barrier waits for it",
            marks=pytest.mark.skipif(
                sys.platform != "linux", reason="on other systems a barrier does not ask the kernel"
            ),
        ),
        pytest.param((Head(), Pause(0.3), Reset()), id="in a pause before a reset"),
    ],
)
def test_a_reset_by_the_peer_is_not_logged(monkeypatch: pytest.MonkeyPatch, steps: tuple[AnyStep, ...]) -> None:
    """An SDK may be killed while it reads."""
    add_scenario(monkeypatch, *steps)
    complaints: list[object] = []
    drain_kernel = playing.drain_kernel

    async def go() -> None:
        waiting = asyncio.Event()

        async def drain_and_signal(writer: asyncio.StreamWriter) -> None:
            waiting.set()
            await drain_kernel(writer)

        monkeypatch.setattr(playing, "drain_kernel", drain_and_signal)
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with serve(ANTHROPIC) as backend:
            with socket.socket() as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                peer.connect((HOST, backend.port))
                peer.sendall(request("/custom"))
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                if Barrier() in steps:
                    await waiting.wait()
                else:
                    await asyncio.to_thread(peer.recv, 1)
            while backend._connections:  # noqa: ASYNC110 - the backend does not signal the end of a connection
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)

    asyncio.run(go())
    assert not complaints


def test_each_of_many_concurrent_clients_gets_its_own_answer(backend: Backend) -> None:
    """The test opens forty connections before it reads from the first."""
    ids = [id_ for id_ in ANTHROPIC.suite.playable if id_ != "reset"][:40]
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(backend.port)) for _ in ids]
        for client, id_ in zip(clients, ids, strict=True):
            client.send_request(f"/crowd/{id_}")
        answers = [client.read_exactly(len(expected(id_))) for client, id_ in zip(clients, ids, strict=True)]
    assert [expected(id_) for id_ in ids] == answers
    for id_ in ids:
        backend.journal.take(f"/crowd/{id_}")


def test_the_backend_listens_on_one_loopback_address_only(backend: Backend) -> None:
    """Other machines and other addresses of this machine do not reach it."""
    refused = []
    for family, address in ((socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as other:
            other.settimeout(PATIENCE)
            try:
                other.connect((address, backend.port))
            except OSError:
                refused.append(address)
    assert HOST == "127.0.0.1"
    assert "127.0.0.2" in refused
    assert still_serves(backend)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of sockets")
def test_the_kernel_lists_only_127_0_0_1_for_the_port(backend: Backend) -> None:
    """The kernel's table of sockets has the port once, with that address."""
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(table) as file:  # noqa: PTH123 - a table of the kernel, not a file
            rows = [line.split() for line in list(file)[1:]]
            listening += [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{backend.port:04X}")]
    assert [f"0100007F:{backend.port:04X}"] == listening


def test_the_url_of_a_base_path_has_host_port_and_path() -> None:
    """A client is configured with this URL."""
    backend = Backend(ANTHROPIC, journal=Journal())
    backend.port = 1234
    assert backend.url("/1/2/clean") == "http://127.0.0.1:1234/1/2/clean"


def test_a_port_in_use_is_an_os_error(backend: Backend) -> None:
    """Two backends can't share a port."""

    async def again() -> None:
        async with serve(ANTHROPIC, backend.port):
            pytest.fail("two backends listen on one port")

    with pytest.raises(OSError, match="address already in use"):
        asyncio.run(again())


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="before a request"),
        pytest.param(request("/x/clean")[:30], id="in the middle of a request"),
        pytest.param(request("/x/clean"), id="answered and kept alive"),
        pytest.param(request("/x/custom"), id="in the middle of an answer"),
    ],
)
def test_no_connection_and_no_task_outlives_the_context(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """The backend ends them at any stage of a request."""
    add_scenario(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())

    async def go() -> tuple[set[asyncio.Task[None]], bool]:
        before = asyncio.all_tasks()
        async with serve(ANTHROPIC) as backend:
            reader, writer = await asyncio.open_connection(HOST, backend.port, limit=1000)
            writer.write(sent)
            while not backend._connections:  # noqa: ASYNC110 - the backend does not signal a connection
                await asyncio.sleep(0.001)
            if sent.endswith(b"{}"):
                await reader.read(10)
        left = asyncio.all_tasks() - before
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass
        writer.transport.abort()
        return left | backend._connections, reader.at_eof() or reader.exception() is not None

    assert (set(), True) == asyncio.run(go())


def test_a_connection_at_the_last_moment_is_ended_too() -> None:
    """The kernel has accepted it, and the loop makes up to seven more steps before the context ends."""

    async def left_after(steps: int) -> int:
        before = asyncio.all_tasks()
        async with serve(ANTHROPIC) as backend:
            late = socket.create_connection((HOST, backend.port), timeout=PATIENCE)
            for _ in range(steps):
                await asyncio.sleep(0)
        for _ in range(20):  # let tasks that are ending end
            await asyncio.sleep(0)
        late.close()
        return len((asyncio.all_tasks() - before) | backend._connections)

    left = [asyncio.run(left_after(steps)) for steps in range(8)]
    gc.collect()
    assert [0] * 8 == left


def test_the_port_is_free_again_after_the_context() -> None:
    """A new connection to it is refused."""
    with backend_in_a_thread() as backend:
        assert still_serves(backend)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, backend.port), timeout=PATIENCE)


def test_an_independent_client_reads_a_clean_stream(backend: Backend) -> None:
    """The client httpx reports no error and reads the events of the catalogue."""
    with (
        httpx.Client(timeout=PATIENCE, trust_env=False) as client,
        client.stream("POST", backend.url("/httpx/clean") + "/v1/messages", json={}) as response,
    ):
        lines = list(response.iter_lines())
    head = (response.status_code, response.headers["content-type"], response.headers["request-id"])
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert head == (200, "text/event-stream; charset=utf-8", "req_midstream")
    assert events == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert len(backend.journal.take("/httpx/clean")) == 1


@pytest.mark.parametrize(
    ("id_", "error"),
    [("reset", httpx.ReadError), ("custom", httpx.RemoteProtocolError)],
    ids=["reset", "closed in mid-stream"],
)
def test_an_independent_client_sees_a_broken_connection(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, id_: str, error: type[Exception]
) -> None:
    """The client httpx reports the break after the text before it."""
    add_scenario(monkeypatch, Head(), Prelude())
    read: list[bytes] = []

    def ask() -> None:
        with (
            httpx.Client(timeout=PATIENCE, trust_env=False) as client,
            client.stream("POST", backend.url(f"/httpx/{id_}") + "/v1/messages", json={}) as response,
        ):
            read.extend(response.iter_raw())

    with pytest.raises(error):
        ask()
    backend.journal.take(f"/httpx/{id_}")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 529),
        ("127.0.0.1:8080", 529),
        ("127.8.9.1", 529),
        ("LOCALHOST:1", 529),
        ("localhost.", 529),
        ("app.localhost:80", 529),
        ("[::1]:80", 529),
        ("host.docker.internal:80", 529),
        ("evil.example", 421),
        ("evil.example:80", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("10.0.0.1", 421),
        ("0.0.0.0", 421),
        ("[::2]", 421),
        ("", 421),
        ("evil.example@localhost", 421),
    ],
)
def test_only_names_of_this_machine_are_answered(host: str, status: int) -> None:
    """A page on the Internet may have its own name point to loopback, and then read every answer."""
    request_ = f"POST /x/http-overloaded_error/v1/messages HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"
    with listening(hosts=["Host.docker.internal"]) as server, Client(server.backend.port) as client:
        client.send(request_.encode())
        client.close_sending_half()
        answer, _ = client.read_to_end()
        assert f"HTTP/1.1 {status} ".encode() == answer[: len("HTTP/1.1 529 ")]
        (attempt,) = server.backend.journal.take("/x/http-overloaded_error")
    assert attempt.known == (status == 529)
