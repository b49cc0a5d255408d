"""The recorder between a client and a second local server: what is replayed is what was streamed."""

import asyncio
import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

import httpx
import pytest

from matrix.backend.record.recorder import Recorder
from matrix.backend.record.recording import scenarios
from matrix.backend.record.upstream import Upstream, parse_upstream
from matrix.backend.scenario_files.reading import load
from matrix.backend.scenario_files.writing import write_json, write_yaml
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.scenarios import PLAYABLE
from matrix.catalogue.steps import Scenario
from matrix.catalogue.wire import End as WireEnd
from matrix.catalogue.wire import Ending, Send, compile_scenario
from matrix.errors import UsageError
from matrix.targets import ANTHROPIC, OPENAI, Target
from tests.support.raw_client import PATIENCE, Client, expected, listening

CANARY = "Canary"


@contextlib.contextmanager
def recording(upstream: str, target: Target = ANTHROPIC) -> Iterator[Recorder]:
    """Run a recorder in a loop of its own while the context lasts."""
    started: Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Queue()
    recorder = Recorder(parse_upstream(upstream), target)

    async def listen() -> None:
        stop = asyncio.Event()
        async with recorder.listen():
            started.put((asyncio.get_running_loop(), stop))
            await stop.wait()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(asyncio.run, listen())
        loop, stop = started.get(timeout=PATIENCE)
        try:
            yield recorder
        finally:
            loop.call_soon_threadsafe(stop.set)
            ended.result(timeout=PATIENCE)


def ask(port: int, id_: str, length: int, ending: Ending, dialect: Dialect = Dialect.MESSAGES) -> tuple[bytes, Ending]:
    """Ask for a scenario, and read until it ends, or so many bytes if the connection stays open."""
    with Client(port) as client:
        client.send_request(f"/{id_}", dialect)
        if ending in (Ending.KEEP_ALIVE, Ending.HOLD):
            return client.read_exactly(length), ending
        return client.read_to_end()


def body(wire: bytes) -> tuple[bytes, bytes]:
    """Return the status and the body of an answer: the backend writes other headers for a stream than for an error."""
    head, _, rest = wire.partition(b"\r\n\r\n")
    return head[:12], rest


def sent_bytes(scenario: Scenario) -> int:
    """Count the bytes that answer the first request."""
    return sum(len(action.data) for action in compile_scenario(scenario, Dialect.MESSAGES) if isinstance(action, Send))


QUICK = [id_ for id_, scenario in PLAYABLE.items() if id_ != "slow-drip" and Dialect.MESSAGES in scenario.dialects]


def test_every_scenario_of_the_catalogue_is_replayed_byte_for_byte(tmp_path: Path) -> None:
    """Chunks, cuts, resets, stalls and broken HTTP are the same; only the ids are others."""
    played = {
        id_: next(
            action.how for action in compile_scenario(PLAYABLE[id_], Dialect.MESSAGES) if isinstance(action, WireEnd)
        )
        for id_ in QUICK
    }
    with listening() as server, recording(server.backend.url("")) as recorder:
        first = {id_: ask(recorder.port, id_, len(expected(id_)), ending) for id_, ending in played.items()}
    assert {id_: (expected(id_), ending) for id_, ending in played.items()} == first
    made, problems = scenarios(recorder.exchanges, "again", recorder.redactor(keep_text=True))
    assert [] == problems
    assert [f"again-{number}" for number in range(1, len(QUICK) + 1)] == [scenario.id for scenario in made]
    path = tmp_path / "recorded.yaml"
    path.write_bytes(write_yaml(made))
    again = load([path], ANTHROPIC)
    assert {scenario.id: scenario for scenario in made} == again
    with listening(scenarios=again) as server:
        second = {
            id_: ask(server.backend.port, scenario.id, sent_bytes(scenario), ending)
            for scenario, (id_, ending) in zip(made, played.items(), strict=True)
        }
    for id_, (wire, ending) in first.items():
        status, content = body(second[id_][0])
        original = body(wire)[1]
        assert (body(wire)[0], ending) == (status, second[id_][1]), id_
        assert len(original) == len(content), id_
        assert _without_ids(original) == _without_ids(content), id_


def _without_ids(content: bytes) -> bytes:
    """Blank the values of fields with ids."""
    return re.sub(rb'("[a-z_]*id": ?")[^"]*"', rb'\1"', content)


def test_texts_are_replaced_and_the_framing_stays() -> None:
    """The redacted replay has the same chunks of the same sizes."""
    with listening() as server, recording(server.backend.url("")) as recorder:
        for id_ in ("split-utf8", "tool-block", "cut-chunk"):
            ask(recorder.port, id_, len(expected(id_)), Ending.KEEP_ALIVE)
    made, _ = scenarios(recorder.exchanges, "a", recorder.redactor(keep_text=False))
    written = write_json(made)
    assert b"Hello" not in written
    with_texts, _ = scenarios(recorder.exchanges, "a", recorder.redactor(keep_text=True))
    for redacted, whole in zip(made, with_texts, strict=True):
        sizes = [
            [
                len(action.data) if isinstance(action, Send) else action
                for action in compile_scenario(each, Dialect.MESSAGES)
            ]
            for each in (redacted, whole)
        ]
        assert sizes[0] == sizes[1]


@contextlib.contextmanager
def echo() -> Iterator[str]:
    """Serve an API that repeats a request in every place of its answer, and yield its address."""
    started: Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length")
        )
        sent = (head + await reader.readexactly(length)).decode()
        words = sent.split()
        event = {"type": words[1], "id": sent, "delta": {"text": sent, sent: words}, "error": {"message": words}}
        events = f"event: {words[1]}\ndata: {json.dumps(event)}\n\n: {sent!r}\ndata: {sent!r}\n\nevent: {sent!r}\n"
        headers = f"x-echo: {words}\r\nanthropic-organization-id: {CANARY}\r\nset-cookie: {CANARY}\r\n"
        writer.write(f"HTTP/1.1 200 OK\r\n{headers}Connection: close\r\n\r\n{events}".encode())
        await writer.drain()
        writer.close()

    async def serve() -> None:
        stop = asyncio.Event()
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            started.put((asyncio.get_running_loop(), stop, server.sockets[0].getsockname()[1]))
            await stop.wait()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(asyncio.run, serve())
        loop, stop, port = started.get(timeout=PATIENCE)
        try:
            yield f"http://127.0.0.1:{port}/base"
        finally:
            loop.call_soon_threadsafe(stop.set)
            ended.result(timeout=PATIENCE)


def _post(recorder: Recorder) -> str:
    """Send a request with a canary in every header and every place of its body, and return the answer."""
    names = ("authorization", "x-api-key", "api-key", "cookie", "proxy-authorization", "x-goog-api-key", "user-agent")
    headers = {name: f"{CANARY}-{name}-{name}" for name in names} | {"anthropic-beta": f"{CANARY}-beta"}
    content = {
        "model": f"{CANARY}-model",
        "messages": [{"role": "user", "content": f"{CANARY} says"}],
        CANARY: [CANARY],
    }
    address = f"{recorder.address}/v1/messages?key={CANARY}-query"
    return httpx.post(address, json=content, headers=headers, trust_env=False, timeout=PATIENCE).text


@pytest.mark.parametrize("write", [write_yaml, write_json])
def test_nothing_of_a_request_is_in_the_file(write: Callable[[list[Scenario]], bytes]) -> None:
    """Check an API that repeats the request in every place of its answer."""
    with echo() as upstream, recording(upstream) as recorder:
        answer = _post(recorder)
    assert answer.count(CANARY) > 50
    made, problems = scenarios(recorder.exchanges, "a", recorder.redactor(keep_text=False))
    assert ([], 1) == (problems, len(made))
    assert CANARY.lower() not in write(made).decode().lower()


def test_keys_are_not_in_a_file_with_texts() -> None:
    """`--keep-text` keeps what the API wrote, and no secret in it."""
    with echo() as upstream, recording(upstream) as recorder:
        _post(recorder)
    made, _ = scenarios(recorder.exchanges, "a", recorder.redactor(keep_text=True))
    written = write_json(made).decode()
    assert f"{CANARY} says" in written
    secrets = [f"{CANARY}-{name}" for name in ("authorization", "x-api-key", "api-key", "cookie", "x-goog", "query")]
    assert [] == [secret for secret in secrets if secret in written]


def test_a_request_is_sent_on_as_it_was() -> None:
    """Only headers of the connection change. The address of the API has a path of its own."""
    with echo() as upstream, recording(upstream) as recorder:
        answer = _post(recorder)
    sent = json.loads(answer.splitlines()[1].removeprefix("data: "))["id"]
    head, _, content = sent.partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert f"POST /base/v1/messages?key={CANARY}-query HTTP/1.1" == lines[0]
    assert {f"Host: {upstream.split('/')[2]}", "Accept-Encoding: identity", "Connection: close"} < set(lines)
    assert f"x-api-key: {CANARY}-x-api-key-x-api-key" in lines
    assert 1 == sum(line.lower().startswith("host:") for line in lines)
    assert f"{CANARY}-model" == json.loads(content)["model"]


def test_one_connection_may_carry_several_requests() -> None:
    """An SDK keeps its connection."""
    with listening() as server, recording(server.backend.url("")) as recorder, Client(recorder.port) as client:
        for id_ in ("clean", "http-529-then-ok", "mid-then-ok"):
            client.send_request(f"/{id_}")
            assert expected(id_) == client.read_exactly(len(expected(id_)))
    assert 3 == len(recorder.exchanges)


def test_a_request_for_no_stream_is_sent_on_and_not_recorded() -> None:
    """Such as the list of models."""
    with listening() as server, recording(server.backend.url("")) as recorder:
        page = httpx.get(f"{recorder.address}/clean", trust_env=False)
    assert "clean: " in page.text
    assert ([], 1) == (recorder.exchanges, recorder.others)


def test_the_endpoints_are_those_of_the_target() -> None:
    """A recording of another API needs its target."""
    with listening(target=OPENAI) as server, recording(server.backend.url(""), OPENAI) as recorder:
        httpx.post(f"{recorder.address}/clean/chat/completions", json={}, trust_env=False)
    made, _ = scenarios(recorder.exchanges, "a", recorder.redactor(keep_text=False))
    assert [frozenset({Dialect.CHAT})] == [scenario.dialects for scenario in made]


def test_an_api_that_cannot_be_reached_is_a_problem_and_no_scenario() -> None:
    """The client gets a 502, so that its program ends."""
    with recording("http://127.0.0.1:1") as recorder:
        answer = httpx.post(f"{recorder.address}/v1/messages", json={}, trust_env=False)
    assert 502 == answer.status_code
    assert ([], 1) == (recorder.exchanges, len(recorder.problems))
    assert recorder.problems[0].startswith("127.0.0.1:1 can't be reached: ")


def test_a_page_on_the_internet_cannot_use_the_recorder() -> None:
    """Its requests name a host of its own."""
    with listening() as server, recording(server.backend.url("")) as recorder:
        answer = httpx.post(f"{recorder.address}/clean/v1/messages", headers={"host": "evil.example"}, trust_env=False)
    assert (421, []) == (answer.status_code, recorder.exchanges)


def test_a_client_that_leaves_ends_its_request_to_the_api() -> None:
    """The API would stream to nobody."""
    with listening() as server, recording(server.backend.url("")) as recorder:
        ask(recorder.port, "stall", len(expected("stall")), Ending.HOLD)
        assert server.has_no_peer()


def test_a_recorder_leaves_no_thread() -> None:
    """Check that it closes its connections."""
    before = threading.active_count()
    with listening() as server, recording(server.backend.url("")) as recorder:
        client = Client(recorder.port)
        client.send_request("/stall")
        client.read_exactly(10)
    client.close()
    assert before == threading.active_count()


@pytest.mark.parametrize(
    ("address", "upstream"),
    [
        ("https://api.anthropic.com", Upstream("api.anthropic.com", 443, True, "")),
        ("https://api.openai.com/v1/", Upstream("api.openai.com", 443, True, "/v1")),
        ("http://[::1]:8000", Upstream("::1", 8000, False, "")),
    ],
)
def test_an_address_is_parsed(address: str, upstream: Upstream) -> None:
    """It is the base URL of an SDK."""
    assert upstream == parse_upstream(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.anthropic.com",
        "ftp://a",
        "https://",
        "http://a:99999",
        "http://u:p@a",
        "http://a/?b=c",
        "http://a b",
        f"http://{'a' * 70}",
        "http://é",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """The hint is an example."""
    with pytest.raises(UsageError) as caught:
        parse_upstream(address)
    assert "https://api.anthropic.com" in caught.value.hint
    assert "u:p" not in str(caught.value)
