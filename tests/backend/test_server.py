"""The backend over real sockets: the bytes that arrive, and how the connection is left.

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
from matrix.catalogue.sse import Dialect
from matrix.catalogue.steps import AnyStep, Barrier, Event, Family, Finish, Head, Pause, Prelude, Reset
from matrix.catalogue.wire import Ending, Send, compile_steps, plain_response
from matrix.cli import backend as terminal
from matrix.targets import ANTHROPIC
from tests.support.raw_client import PATIENCE, Client, custom, expected, listening, request

NOT_FOUND = plain_response(404, pages.NOT_FOUND)


@contextlib.contextmanager
def backend_in_a_thread(journal: Journal | None = None, scenario: str = "") -> Iterator[Backend]:
    """A backend that listens while the context lasts, in a loop of its own."""
    with listening(journal=journal, scenario=scenario) as found:
        yield found.backend


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    """One backend for all tests of this module."""
    with backend_in_a_thread() as listens:
        yield listens


AFTERWARDS = expected("http-overloaded_error")
"""The answer to the request by which a connection is shown to be usable."""


def still_serves(backend: Backend) -> bool:
    """Whether a new connection is answered as ever."""
    with Client(backend.port) as client:
        client.ask("/still-there/http-overloaded_error")
        answer = client.read_exactly(len(AFTERWARDS))
    backend.journal.take("/still-there/http-overloaded_error")
    return answer == AFTERWARDS


@pytest.mark.parametrize(
    ("steps", "ending"),
    [
        pytest.param((Head(), Prelude()), Ending.FIN, id="closed in mid-stream"),
        pytest.param((), Ending.FIN, id="closed without a word"),
        pytest.param((Head(), Prelude(), Barrier(), Reset()), Ending.RESET, id="reset in mid-stream"),
        pytest.param((Head(), Event("big", "x" * 100_000), Barrier(), Reset()), Ending.RESET, id="reset after much"),
        pytest.param((Reset(),), Ending.RESET, id="reset without a word"),
        pytest.param((Head(), Event("big", "x" * 1_000_000)), Ending.FIN, id="closed after a megabyte"),
    ],
)
def test_a_close_is_of_the_kind_that_was_asked_for_after_all_bytes(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, steps: tuple[AnyStep, ...], ending: Ending
) -> None:
    """A FIN gives the peer an end and a reset gives it an error, and neither throws away what was sent before."""
    expected = b"".join(action.data for action in compile_steps(steps, Dialect.MESSAGES) if isinstance(action, Send))
    with Client(backend.port) as client:
        client.ask("/" + custom(monkeypatch, *steps))
        assert (expected, ending) == client.read_to_end()
    backend.journal.take("/custom")


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel's poll for a reset")
def test_a_reset_after_a_barrier_loses_nothing_even_if_it_comes_before_the_first_read(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A barrier waits until the peer's kernel has everything, however late its program looks."""
    steps: tuple[AnyStep, ...] = (Head(), *(Event("piece", "x" * 1000) for _ in range(20)), Barrier(), Reset())
    expected = b"".join(action.data for action in compile_steps(steps, Dialect.MESSAGES) if isinstance(action, Send))
    with Client(backend.port) as client:
        client.ask("/" + custom(monkeypatch, *steps))
        poll = select.poll()
        poll.register(client.socket, 0)  # no reading: an error and a hang-up are told unasked
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
    ],
)
def test_a_scenario_that_the_backend_does_not_know_is_answered_with_404_and_noted_as_unknown(
    backend: Backend, path: str, base_path: str, scenario: str, dialect: Dialect
) -> None:
    """The journal tells the harness that nothing was played, whatever a client makes of the answer."""
    with Client(backend.port) as client:
        client.send(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        client.say_no_more()
        assert (NOT_FOUND, Ending.FIN) == client.read_to_end()
    assert [Attempt(base_path, scenario, dialect, known=False)] == backend.journal.take(base_path)


@pytest.mark.parametrize(
    ("path", "stray"),
    [
        pytest.param("/v1/messages", "", id="no base path"),
        pytest.param("/v1/complete?x=/clean", "", id="a base path elsewhere"),
        pytest.param("/clean/v1/models", "/clean/v1/models", id="another endpoint"),
        pytest.param("/clean/v1/messages/", "/clean/v1/messages/", id="a slash too many"),
        pytest.param("/clean", "/clean", id="no endpoint"),
        pytest.param("/", "/", id="nothing"),
    ],
)
def test_a_request_that_belongs_to_no_call_is_answered_with_404_and_noted_as_a_stray(
    backend: Backend, path: str, stray: str
) -> None:
    """A client that drops its base path was played nothing, and the harness can see that."""
    before = len(backend.journal.strays)
    with Client(backend.port) as client:
        client.send(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        client.say_no_more()
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
    ],
)
def test_the_dialect_is_what_path_and_version_header_ask_for(
    backend: Backend, endpoint: str, header: str, dialect: Dialect
) -> None:
    """Completions stream named events since one version of the API; messages always did."""
    asked = f"POST /clean{endpoint} HTTP/1.1\r\nHost: localhost\r\n{header}Content-Length: 0\r\n\r\n"
    with Client(backend.port) as client:
        client.send(asked.encode())
        data = client.read_exactly(len(expected("clean", dialect=dialect)))
    assert expected("clean", dialect=dialect) == data
    assert [dialect] == [attempt.dialect for attempt in backend.journal.take("/clean")]


@pytest.mark.parametrize(
    ("path", "key", "base_path"),
    [
        pytest.param("/v1/complete", "/1/2/clean", "/1/2/clean", id="no path but the endpoint"),
        pytest.param("/v1/messages", "/clean", "/clean", id="on another endpoint"),
        pytest.param("/3/4/clean/v1/complete", "/1/2/eof-mid", "/3/4/clean", id="a path, which wins"),
    ],
)
def test_a_client_that_drops_the_path_of_its_base_url_says_it_in_its_key(
    backend: Backend, path: str, key: str, base_path: str
) -> None:
    """The oldest releases follow the endpoint as a browser follows a link."""
    dialect = Dialect.MESSAGES if path.endswith("messages") else Dialect.LEGACY
    asked = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Length: 0\r\n\r\n"
    with Client(backend.port) as client:
        client.send(asked.encode())
        data = client.read_exactly(len(expected("clean", dialect=dialect)))
    assert expected("clean", dialect=dialect) == data
    assert [Attempt(base_path, "clean", dialect, known=True)] == backend.journal.take(base_path)


def test_a_key_that_is_no_path_is_noted_nowhere(backend: Backend) -> None:
    """Somebody who forgets the scenario in the base URL must not find their secret on the screen."""
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
            client.ask(base_path)
            client.read_exactly(len(expected("clean")))
    assert [3, 1] == [len(backend.journal.take(base_path)) for base_path in ("/7/1/clean", "/7/2/clean")]


def test_the_journal_forgets_what_was_taken(backend: Backend) -> None:
    """So a run that lasts for hours does not grow."""
    with Client(backend.port) as client:
        client.ask("/8/clean")
        client.read_exactly(len(expected("clean")))
    assert [1, 0] == [len(backend.journal.take("/8/clean")) for _ in range(2)]


def test_the_journal_knows_nothing_of_what_was_never_asked(backend: Backend) -> None:
    """And asking it makes no entry."""
    assert not backend.journal.take("/never/asked")


FEED = {
    "/9/clean": (Dialect.MESSAGES, True, RequestEnd.KEEP_ALIVE),
    "/9/reset": (Dialect.MESSAGES, True, RequestEnd.RESET),
    "/9/no-last-chunk": (Dialect.MESSAGES, True, RequestEnd.FIN),
    "/9/stall": (Dialect.MESSAGES, True, RequestEnd.HOLD),
    "/9/no-such": (Dialect.MESSAGES, False, RequestEnd.NOT_FOUND),
    "": (Dialect.MESSAGES, False, RequestEnd.NOT_FOUND),
}
"""Base path to what a listener hears of one request under it."""


@pytest.mark.parametrize("base_path", FEED)
def test_a_listener_hears_when_a_request_comes_and_how_the_connection_is_left(base_path: str) -> None:
    """A connection that is held is left as soon as nothing more is said: whoever watches waits for no client."""
    dialect, known, left = FEED[base_path]
    heard: Queue[tuple[Entry, RequestEnd | None]] = Queue()
    with backend_in_a_thread(ListenerJournal(lambda *told: heard.put(told))) as backend, Client(backend.port) as client:
        client.ask(base_path)
        told = [heard.get(timeout=PATIENCE) for _ in range(2)]
    entry = Entry(1, 0, Attempt(base_path, base_path.rpartition("/")[2], dialect, known))
    assert [(entry, None), (entry, left)] == told


def test_a_listener_hears_that_the_client_went_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """How the server would have left the connection is then not what happened."""
    id_ = custom(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    heard: Queue[RequestEnd | None] = Queue()
    with backend_in_a_thread(ListenerJournal(lambda _, left: heard.put(left))) as backend:
        with Client(backend.port) as client:
            client.ask("/" + id_)
            client.read_exactly(1000)
        assert [None, RequestEnd.PEER] == [heard.get(timeout=PATIENCE) for _ in range(2)]


def test_every_ending_of_the_wire_has_a_word_in_the_journal() -> None:
    """The journal knows nothing of the wire, so this is what keeps them in step."""
    assert set() == {ending.value for ending in Ending} - {left.value for left in RequestEnd}


def test_every_way_in_which_a_connection_is_left_has_words_in_the_terminal() -> None:
    """`matrix backend` would end at the first that has none."""
    assert set(RequestEnd) == set(terminal._REQUEST_END)


def test_a_feed_keeps_nothing_but_counts() -> None:
    """`matrix backend` runs for hours."""
    entries: list[Entry] = []
    feed = ListenerJournal(lambda entry, _: entries.append(entry))
    for path in ("/a/clean", "/a/clean", "/b/clean", "/a/clean"):
        feed.record_start(Attempt(path, "clean", Dialect.MESSAGES, known=True))
    feed.record_start(Attempt("/", "", None, known=False))
    assert [(1, 0), (2, 1), (3, 0), (4, 2), (5, 0)] == [(entry.number, entry.before) for entry in entries]
    assert ([], []) == (feed.take("/a/clean"), feed.strays)


def test_a_feed_forgets_the_base_path_that_was_asked_for_longest_ago() -> None:
    """It counts so many at a time; one that is in use is not forgotten."""
    feed = ListenerJournal(lambda *_: None)

    def before(path: str) -> int:
        return feed.record_start(Attempt(path, "clean", Dialect.MESSAGES, known=True)).before

    paths = [f"/{number}/clean" for number in range(ListenerJournal.FAMILIAR)]
    assert {0} == {before(path) for path in paths}
    assert 1 == before(paths[0])
    assert 0 == before("/one-more/clean")
    assert [2, 0] == [before(paths[0]), before(paths[1])]
    assert ListenerJournal.FAMILIAR == len(feed._counts)


def test_what_is_compiled_does_not_grow_with_the_attempts_under_one_base_path(backend: Backend) -> None:
    """One base URL, used for hours, makes as many attempts as there is time for."""
    length = len(expected("clean"))

    def ask(times: int) -> int:
        with Client(backend.port) as client:
            for _ in range(times):
                client.ask("/again/clean")
                client.read_exactly(length)
        return compile_steps.cache_info().currsize

    assert ask(1) == ask(20)
    backend.journal.take("/again/clean")


@pytest.mark.parametrize("keeps", [False, True])
def test_a_journal_that_wants_requests_whole_gets_them(keeps: bool) -> None:
    """And one that does not has no need to keep them in memory."""
    asked = (
        b"POST /x/clean/v1/messages?beta=true HTTP/1.1\r\nHost: localhost\r\nX-Two: 1\r\nX-Two: 2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    headers = (("host", "localhost"), ("x-two", "1"), ("x-two", "2"), ("transfer-encoding", "chunked"))
    with backend_in_a_thread(Journal(whole=keeps)) as backend, Client(backend.port) as client:
        client.send(asked)
        client.read_exactly(len(expected("clean")))
        attempts = backend.journal.take("/x/clean")
    received = Received("POST", "/x/clean/v1/messages?beta=true", headers, b"abcde")
    assert [received if keeps else None] == [attempt.received for attempt in attempts]


@pytest.mark.parametrize("id_", [id_ for id_, scenario in ANTHROPIC.suite.playable.items() if scenario.then])
@pytest.mark.parametrize("journal", [Journal, lambda: ListenerJournal(lambda *_: None)], ids=["journal", "feed"])
def test_a_second_request_under_one_base_path_gets_what_comes_then(journal: Callable[[], Journal], id_: str) -> None:
    """And a third gets what the first got; another base path begins anew."""
    with backend_in_a_thread(journal()) as backend:

        def answer(base_path: str, attempt: int) -> bool:
            with Client(backend.port) as client:
                client.ask(base_path)
                client.say_no_more()
                return expected(id_, attempt) == client.read_to_end()[0]

        steps = (("a", 0), ("a", 1), ("b", 0), ("a", 0), ("b", 1))
        assert [True] * 5 == [answer(f"/{call}/{id_}", attempt) for call, attempt in steps]


# A backend that plays one scenario.


@pytest.mark.parametrize("base_path", ["", "/anything", "/1/2/clean", "/no-such"])
def test_a_backend_with_one_scenario_plays_it_whatever_the_base_url(base_path: str) -> None:
    """So the base URL is the address and nothing else, which every client can be told."""
    with backend_in_a_thread(scenario="mid-api_error") as backend, Client(backend.port) as client:
        client.ask(base_path)
        data = client.read_exactly(len(expected("mid-api_error")))
        attempts = backend.journal.take(base_path)
    assert expected("mid-api_error") == data
    assert [Attempt(base_path, "mid-api_error", Dialect.MESSAGES, known=True)] == attempts
    assert [] == backend.journal.strays


def test_a_backend_with_a_scenario_that_does_not_exist_does_not_listen() -> None:
    """It would answer nothing but 404."""

    async def listen() -> None:
        async with serve(ANTHROPIC, scenario="unknown"):
            pytest.fail("it listens")

    with pytest.raises(KeyError, match="unknown"):
        asyncio.run(listen())


# What people see who open its address in a browser.


def get(backend: Backend, path: str, accept: str = "*/*", method: str = "GET") -> httpx.Response:
    """What is at a path, for somebody who asks for it by hand."""
    return httpx.request(method, backend.url(path), headers={"accept": accept}, trust_env=False, timeout=PATIENCE)


def test_the_first_page_lists_every_scenario_by_family_with_its_title(backend: Backend) -> None:
    """And says how one of them is played."""
    page = get(backend, "/")
    lines = page.text.splitlines()
    assert (200, "text/plain; charset=utf-8") == (page.status_code, page.headers["content-type"])
    families = [line for line in lines if line in list(Family)]
    assert list(dict.fromkeys(scenario.family for scenario in ANTHROPIC.suite.playable.values())) == families
    rows = [line.split(maxsplit=1) for line in lines[lines.index(families[0]) :] if line.startswith("  ")]
    assert [[scenario.id, scenario.title] for scenario in ANTHROPIC.suite.playable.values()] == rows
    assert f"  curl -N -X POST {backend.url('/' + ANTHROPIC.suite.headline)}/v1/messages" in lines


def test_a_scenario_has_a_page_that_says_what_it_is(backend: Backend) -> None:
    """Under every base path, since what is opened may be the base URL of a client."""
    with httpx.Client(base_url=backend.url(""), trust_env=False, timeout=PATIENCE) as client:
        pages = {id_: client.get(f"/some/thing/{id_}").text for id_ in ANTHROPIC.suite.playable}
    for id_, scenario in ANTHROPIC.suite.playable.items():
        assert pages[id_].startswith(f"{id_}: {scenario.title}\n")
        assert f"a retry may help:      {'yes' if scenario.retry else 'no'}\n" in pages[id_]
        assert f"  curl -N -X POST {backend.url('/' + id_)}/v1/messages\n" in pages[id_]


@pytest.mark.parametrize(
    ("scenario", "path", "ids"),
    [
        ("", "/", list(ANTHROPIC.suite.playable)),
        ("", "/x/mid-then-ok", ["mid-then-ok"]),
        ("mid-then-ok", "/", ["mid-then-ok"]),
    ],
)
def test_programs_get_the_list_as_json(scenario: str, path: str, ids: list[str]) -> None:
    """With the base URL of each scenario, which is one that works."""
    with backend_in_a_thread(scenario=scenario) as backend:
        page = get(backend, path, accept="application/json, */*;q=0.1")
        found = page.json()
        played = httpx.post(found[0]["base_url"] + "/v1/messages", trust_env=False, timeout=PATIENCE)
    assert "application/json" == page.headers["content-type"]
    assert [(id_, ANTHROPIC.suite.playable[id_].title, ANTHROPIC.suite.playable[id_].retry) for id_ in ids] == [
        (one["id"], one["title"], one["retry"]) for one in found
    ]
    assert 200 == played.status_code


def test_a_backend_with_one_scenario_shows_that_one_and_no_other() -> None:
    """Its other pages would say what can't be had."""
    with backend_in_a_thread(scenario="mid-then-ok") as backend:
        first, other = get(backend, "/"), get(backend, "/clean")
    assert first.text.startswith("mid-then-ok: ")
    assert f"  curl -N -X POST {backend.url('')}/v1/messages\n" in first.text
    assert 404 == other.status_code


def test_whoever_asks_for_the_head_of_a_page_gets_that_alone(backend: Backend) -> None:
    """Tools that wait for a server to come up ask so; a body would be taken for the next answer."""
    whole = get(backend, "/")
    with Client(backend.port) as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.say_no_more()
        head, ending = client.read_to_end()
    assert head.endswith(b"\r\n\r\n")
    assert f"Content-Length: {len(whole.content)}".encode() in head
    assert Ending.FIN is ending


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/x/clean", 200), ("/clean/", 404), ("/nothing", 404)])
def test_a_page_is_a_stray_for_whoever_measures(path: str, status: int) -> None:
    """No SDK asks for one, and a sweep in which somebody else talks to the backend is not to be trusted."""
    with backend_in_a_thread() as backend:
        assert status == get(backend, path).status_code
        assert ([path], []) == (backend.journal.strays, backend.journal.take(path))


def test_a_listener_hears_of_pages() -> None:
    """They are answered, but nothing was played."""
    heard: list[tuple[int, str, RequestEnd | None]] = []
    feed = ListenerJournal(lambda entry, left: heard.append((entry.number, entry.attempt.base_path, left)))
    with backend_in_a_thread(feed) as backend:
        get(backend, "/")
        get(backend, "/nothing")
    expected = [(1, "/", None), (1, "/", RequestEnd.PAGE), (2, "/nothing", None), (2, "/nothing", RequestEnd.NOT_FOUND)]
    assert expected == heard


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("mid-overloaded", "Did you mean mid-overloaded_error"),
        ("stal", "Did you mean stall"),
        ("zzzzzz", ""),
        ("", ""),
    ],
)
def test_an_id_that_does_not_exist_brings_those_to_mind_that_do(asked: str, answer: str) -> None:
    """Ids are long, and people type them."""
    assert answer == suggestion(ANTHROPIC.suite.playable, asked)[: len(answer)]
    assert bool(answer) is bool(suggestion(ANTHROPIC.suite.playable, asked))


def test_pauses_are_real_although_somebody_replaced_sleep(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of retry code do, in the process of the backend; a reset without its pause would lose what came before."""

    def no_sleep(*_: object) -> None:
        pytest.fail("the backend took somebody else's sleep")

    monkeypatch.setattr(asyncio, "sleep", no_sleep)
    with Client(backend.port) as client:
        client.ask("/patched/reset")
        assert (expected("reset"), Ending.RESET) == client.read_to_end()
    backend.journal.take("/patched/reset")


def test_pipelined_requests_are_answered_in_order(backend: Backend) -> None:
    """Three requests in one write, and half of a fourth."""
    ids = ["mid-api_error", "clean", "http-rate_limit_error", "eof-mid"]
    asked = [request(f"/pipelined/{id_}") for id_ in ids]
    with Client(backend.port) as client:
        client.send(b"".join(asked[:3]) + asked[3][:40])
        first = b"".join(expected(id_) for id_ in ids[:3])
        assert first == client.read_exactly(len(first))
        client.send(asked[3][40:])
        client.say_no_more()
        assert (expected("eof-mid"), Ending.FIN) == client.read_to_end()
    assert [1, 1, 1, 1] == [len(backend.journal.take(f"/pipelined/{id_}")) for id_ in ids]


def test_a_request_may_come_byte_by_byte(backend: Backend) -> None:
    """Reads are not requests."""
    with Client(backend.port) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("/slow/clean"):
            client.socket.send(bytes([byte]))
        assert expected("clean") == client.read_exactly(len(expected("clean")))
    backend.journal.take("/slow/clean")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Content-Length: 0\r\n\r\n", id="none"),
        pytest.param(b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000, id="large"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", id="chunked"),
    ],
)
def test_the_body_of_a_request_is_read_and_makes_no_difference(backend: Backend, body: bytes) -> None:
    """What a client wants is in its path; what it says beside that is not looked at."""
    with Client(backend.port) as client:
        for _ in range(2):
            client.send(b"POST /body/clean/v1/messages HTTP/1.1\r\nHost: localhost\r\n" + body)
            found = client.read_exactly(len(expected("clean")))
            assert expected("clean") == found
    assert len(backend.journal.take("/body/clean")) == 2


@pytest.mark.parametrize(
    ("garbage", "status"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, id="a TLS client"),
        pytest.param(b"GET\r\n\r\n", 400, id="no target"),
        pytest.param(b"\0" * 100_000, 400, id="zeros"),
        pytest.param(b"POST /clean/v1/messages HTTP/1.1\r\n\r\n", 400, id="no host"),
        pytest.param(b"POST /clean/v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400, id="bad length"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000, 431, id="endless header"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, id="bad chunk of a request"
        ),
        pytest.param(b"EHLO localhost\r\n\r\n", 400, id="a mail client"),
    ],
)
def test_garbage_is_refused_and_ends_its_own_connection_and_no_other(
    backend: Backend, garbage: bytes, status: int
) -> None:
    """Whoever wrote the client can see what the matter is, and that nothing was played."""
    with Client(backend.port) as client:
        client.send(garbage)
        client.say_no_more()
        data, ending = client.read_to_end()
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in head
    assert "invalid_request_error" == json.loads(body)["error"]["type"]
    assert Ending.FIN is ending
    assert still_serves(backend)


@pytest.mark.parametrize("length", [0, 1, 20, 60, len(request("/half/clean")) - 1])
@pytest.mark.parametrize("rude", [False, True], ids=["closes", "resets"])
def test_a_peer_that_leaves_in_the_middle_of_a_request_does_no_harm(backend: Backend, length: int, rude: bool) -> None:
    """Nothing was asked, so nothing is noted."""
    with Client(backend.port) as client:
        client.send(request("/half/clean")[:length])
        if rude:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert still_serves(backend)
    assert not backend.journal.take("/half/clean")


def test_a_peer_that_leaves_in_the_middle_of_an_answer_does_no_harm(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that hit its own timeout goes away without reading."""
    id_ = custom(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    with Client(backend.port) as client:
        client.ask("/" + id_)
        client.read_exactly(1000)
    assert still_serves(backend)
    backend.journal.take("/custom")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            (Head(), Event("big", "x" * 200_000), Barrier(), Reset()),
            id="while a barrier waits for it",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a barrier asks nothing"),
        ),
        pytest.param((Head(), Pause(0.3), Reset()), id="in a pause before a reset"),
    ],
)
def test_a_peer_that_resets_first_is_no_fault_of_the_backend(
    monkeypatch: pytest.MonkeyPatch, steps: tuple[AnyStep, ...]
) -> None:
    """An SDK may be killed while it reads, and nothing is logged of it."""
    custom(monkeypatch, *steps)
    complaints: list[object] = []
    drain_kernel = playing._drain_kernel

    async def go() -> None:
        waiting = asyncio.Event()

        async def drain_and_tell(writer: asyncio.StreamWriter) -> None:
            waiting.set()
            await drain_kernel(writer)

        monkeypatch.setattr(playing, "_drain_kernel", drain_and_tell)
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
            while backend._connections:  # noqa: ASYNC110 - the backend tells nobody that a connection went
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)

    asyncio.run(go())
    assert not complaints


def test_many_clients_at_once_each_get_their_own_answer(backend: Backend) -> None:
    """Forty connections are opened before the first is read."""
    ids = [id_ for id_ in ANTHROPIC.suite.playable if id_ != "reset"][:40]
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(backend.port)) for _ in ids]
        for client, id_ in zip(clients, ids, strict=True):
            client.ask(f"/crowd/{id_}")
        answers = [client.read_exactly(len(expected(id_))) for client, id_ in zip(clients, ids, strict=True)]
    assert [expected(id_) for id_ in ids] == answers
    for id_ in ids:
        backend.journal.take(f"/crowd/{id_}")


def test_it_listens_on_one_loopback_address_only(backend: Backend) -> None:
    """Nobody else on the network, nor on another address of this machine, reaches it."""
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
def test_the_kernel_says_that_it_listens_on_127_0_0_1(backend: Backend) -> None:
    """The table of the kernel has the port once, with that address."""
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(table) as file:  # noqa: PTH123 - no file but a table
            rows = [line.split() for line in list(file)[1:]]
            listening += [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{backend.port:04X}")]
    assert [f"0100007F:{backend.port:04X}"] == listening


def test_an_address_names_host_port_and_path() -> None:
    """What a client is told to call."""
    found = Backend(ANTHROPIC, journal=Journal())
    found.port = 1234
    assert found.url("/1/2/clean") == "http://127.0.0.1:1234/1/2/clean"


def test_a_port_that_is_taken_is_an_os_error(backend: Backend) -> None:
    """Two backends can't share a port."""

    async def again() -> None:
        async with serve(ANTHROPIC, backend.port):
            pytest.fail("it listens where another one does")

    with pytest.raises(OSError, match="address already in use"):
        asyncio.run(again())


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(b"", id="silent"),
        pytest.param(request("/x/clean")[:30], id="in the middle of a request"),
        pytest.param(request("/x/clean"), id="answered and kept alive"),
        pytest.param(request("/x/custom"), id="in the middle of an answer"),
    ],
)
def test_nothing_remains_once_the_context_is_left(monkeypatch: pytest.MonkeyPatch, asked: bytes) -> None:
    """Every connection is ended and every task is done, whatever the peer was about to do."""
    custom(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())

    async def go() -> tuple[set[asyncio.Task[None]], bool]:
        before = asyncio.all_tasks()
        async with serve(ANTHROPIC) as backend:
            reader, writer = await asyncio.open_connection(HOST, backend.port, limit=1000)
            writer.write(asked)
            while not backend._connections:  # noqa: ASYNC110 - the backend tells nobody that a connection came
                await asyncio.sleep(0.001)
            if asked.endswith(b"{}"):
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


def test_a_connection_that_comes_at_the_last_moment_is_ended_too() -> None:
    """The kernel has it, and the loop makes no, one or some more steps before the context is left."""

    async def left_after(steps: int) -> int:
        before = asyncio.all_tasks()
        async with serve(ANTHROPIC) as backend:
            late = socket.create_connection((HOST, backend.port), timeout=PATIENCE)
            for _ in range(steps):
                await asyncio.sleep(0)
        for _ in range(20):  # whatever is on its way out may go
            await asyncio.sleep(0)
        late.close()
        return len((asyncio.all_tasks() - before) | backend._connections)

    left = [asyncio.run(left_after(steps)) for steps in range(8)]
    gc.collect()
    assert [0] * 8 == left


def test_the_port_is_free_again_once_the_context_is_left() -> None:
    """Nobody answers there any more."""
    with backend_in_a_thread() as backend:
        assert still_serves(backend)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, backend.port), timeout=PATIENCE)


def test_an_independent_client_reads_a_clean_stream(backend: Backend) -> None:
    """A client that is not ours finds nothing to complain of, and reads the events of the catalogue."""
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
    """What the catalogue calls broken is broken to others, after the text that came before."""
    custom(monkeypatch, Head(), Prelude())
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
