"""The recipes of docs/remedy.md on real releases of the SDK, and what these releases do on Bedrock."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from uv import find_uv_bin

from tests.midstream.test_remedy_recipes import RECIPES
from tests.support import bedrock
from tests.support.paths import ROOT

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

RELEASES: Final = {
    "0.28.1": ("httpx<0.28",),  # its client passes an argument that httpx 0.28 removed
    "0.109.2": ("httpx",),
    "1.6.0": ("httpx",),
    "1.7.0": ("httpx",),
    "2.14.0": ("httpx",),
}
"""Release to its other requirements: the last before each change on Bedrock, and the newest."""

LIBRARIES: Final = tuple(
    re.findall(
        r"^((?:tenacity|fastapi)==\S+)",
        (ROOT / "requirements-truth.txt").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
)
"""The pinned libraries of the recipes."""

PROJECT: Final = '''
import asyncio
import json
from contextlib import contextmanager

import anthropic
import httpx
import pytest

import ask_async
import ask_bedrock
import ask_sync
import ask_tenacity
import bedrock_server
import show_text
from midstream.remedy import Failure, StreamFailed, explain, guard

RELEASE = tuple(map(int, anthropic.__version__.split(".")))
HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def settings(midstream):
    return lambda scenario: {"base_url": midstream.url(scenario), "api_key": "any", "max_retries": 0, "timeout": 5.0}


def run_sync(settings):
    return ask_sync.ask(anthropic.Anthropic(**settings), "Hi", pause=0).content[0].text


def run_async(settings):
    return asyncio.run(ask_async.ask(anthropic.AsyncAnthropic(**settings), "Hi", pause=0)).content[0].text


def run_text(settings):
    return "".join(show_text.texts(anthropic.Anthropic(**settings), "Hi", pause=0))


def run_tenacity(settings):
    ask_tenacity.ask.retry.sleep = lambda seconds: None
    return ask_tenacity.ask(anthropic.Anthropic(**settings), "Hi")


COMPLETE = [run_sync, run_async, run_tenacity]


@pytest.mark.parametrize("recipe", [*COMPLETE, run_text])
@pytest.mark.parametrize(("scenario", "requests"), [("clean", 1), ("http-529-then-ok", 2)])
def test_the_answer_is_complete(midstream, settings, recipe, scenario, requests):
    assert recipe(settings(scenario)) == "Hello world"
    assert len(midstream.requests) == requests


@pytest.mark.parametrize("recipe", COMPLETE)
@pytest.mark.parametrize("scenario", ["mid-then-ok", "reset-then-ok"])
def test_a_fault_passes(midstream, settings, recipe, scenario):
    assert recipe(settings(scenario)) == "Hello world"
    assert len(midstream.requests) == 2


@pytest.mark.parametrize("recipe", COMPLETE)
@pytest.mark.parametrize(
    ("scenario", "requests"),
    [("mid-overloaded_error", 3), ("mid-invalid_request_error", 1), ("spend-cap", 1), ("eof-mid", 3), ("reset", 3)],
)
def test_a_fault_stays(midstream, settings, recipe, scenario, requests):
    with pytest.raises(StreamFailed):
        recipe(settings(scenario))
    assert len(midstream.requests) == requests


@pytest.mark.parametrize(
    ("scenario", "requests"), [("mid-overloaded_error", 1), ("first-overloaded_error", 3), ("eof-mid", 1)]
)
def test_text_is_shown_once(midstream, settings, scenario, requests):
    with pytest.raises(StreamFailed):
        run_text(settings(scenario))
    assert len(midstream.requests) == requests


@pytest.mark.parametrize("kind", ["create", "stream"])
def test_a_cut_stream_has_a_request_id(settings, kind):
    client = anthropic.Anthropic(**settings("eof-mid"))
    arguments = {"model": "m", "max_tokens": 9, "messages": HI}
    with pytest.raises(StreamFailed) as caught:
        if kind == "create":
            list(guard(client.messages.create(stream=True, **arguments)))
        else:
            with client.messages.stream(**arguments) as stream:
                list(guard(stream))
    assert caught.value.failure == Failure(None, None, True, "req_midstream", "some")


def test_an_async_cut_stream_has_a_request_id(settings):
    async def ask():
        client = anthropic.AsyncAnthropic(**settings("eof-mid"))
        async with client.messages.stream(model="m", max_tokens=9, messages=HI) as stream:
            return [text async for text in guard(stream).text_stream]

    with pytest.raises(StreamFailed) as caught:
        asyncio.run(ask())
    assert caught.value.failure == Failure(None, None, True, "req_midstream", "some")


def test_the_text_stream_of_the_sdk_is_refused(settings):
    with anthropic.Anthropic(**settings("clean")).messages.stream(model="m", max_tokens=9, messages=HI) as stream:
        with pytest.raises(TypeError, match="guard.stream..text_stream"):
            guard(stream.text_stream)


def test_the_async_text_stream_of_the_sdk_is_refused(settings):
    async def ask():
        client = anthropic.AsyncAnthropic(**settings("clean"))
        async with client.messages.stream(model="m", max_tokens=9, messages=HI) as stream:
            guard(stream.text_stream)

    with pytest.raises(TypeError, match="guard.stream..text_stream"):
        asyncio.run(ask())


def test_a_failure_of_the_loop_is_not_retried(settings):
    client = anthropic.Anthropic(**settings("clean"))


    def time_out():
        raise TimeoutError

    for fail in (lambda: json.loads("{"), lambda: httpx.get("http://127.0.0.1:9/"), time_out):
        with pytest.raises(Exception) as caught:
            for _ in guard(client.messages.create(model="m", max_tokens=9, messages=HI, stream=True)):
                fail()
        assert not isinstance(caught.value, StreamFailed)
        assert not explain(caught.value).retryable


@pytest.mark.parametrize("scenario", ["reset", "bad-json-delta", "stall"])
def test_an_unguarded_failure_of_the_sdk_is_retried(settings, scenario):
    client = anthropic.Anthropic(**settings(scenario))
    with pytest.raises(Exception) as caught:
        list(client.messages.create(model="m", max_tokens=9, messages=HI, stream=True, timeout=0.5))
    assert explain(caught.value).retryable, repr(caught.value)


@pytest.mark.parametrize(
    ("scenario", "status", "ending"),
    [
        ("clean", 200, ["text", "text", "done"]),
        ("mid-overloaded_error", 200, ["text", "error"]),
        ("eof-mid", 200, ["text", "error"]),
        ("first-overloaded_error", 503, []),
        ("http-invalid_request_error", 502, []),
    ],
)
def test_the_web_service_says_how_the_answer_ends(settings, monkeypatch, scenario, status, ending):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    import app

    async def get():
        app.client = anthropic.AsyncAnthropic(**settings(scenario))
        transport = httpx.ASGITransport(app=app.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return await http.get("/ask", params={"question": "Hi"})

    answer = asyncio.run(get())
    assert answer.status_code == status
    assert [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")] == ending


@pytest.fixture
def server():
    with bedrock_server.serve() as (base_url, requests):
        keys = {"aws_access_key": "a", "aws_secret_key": "b", "aws_region": "us-east-1"}
        yield anthropic.AnthropicBedrock(base_url=base_url, max_retries=0, **keys), requests


@contextmanager
def asking(client, model):
    """Let a recipe ask for a model."""
    create = client.messages.create
    client.messages.create = lambda **arguments: create(**dict(arguments, model=model))
    try:
        yield
    finally:
        del client.messages.create


@pytest.mark.parametrize(
    ("model", "requests"),
    [
        ("clean", 1),
        ("ok-after.1.frame.throttlingException", 2),
        ("ok-after.2.frame.internalServerException", 3),
        ("ok-after.1.first.modelStreamErrorException", 2),
        ("ok-after.1.http.ModelNotReadyException.429", 2),
        ("ok-after.1.chunk", 2),
        ("ok-after.1.cut", 2),
    ],
)
def test_bedrock_recovers(server, model, requests):
    client, counted = server
    with asking(client, model):
        assert ask_bedrock.ask(client, "Hi", pause=0) == "Hello world"
    assert counted[model] == requests


EXPECTED = {
    "frame.throttlingException": Failure(429, "throttlingException", True, "amzn_1", "some"),
    "frame.internalServerException": Failure(500, "internalServerException", True, "amzn_1", "some"),
    "frame.modelStreamErrorException": Failure(424, "modelStreamErrorException", True, "amzn_1", "some"),
    "frame.modelTimeoutException": Failure(408, "modelTimeoutException", True, "amzn_1", "some"),
    "frame.serviceUnavailableException": Failure(503, "serviceUnavailableException", True, "amzn_1", "some"),
    "frame.validationException": Failure(400, "validationException", False, "amzn_1", "some"),
    "first.throttlingException": Failure(429, "throttlingException", True, "amzn_1", "none"),
    "frame.newException": Failure(None, "newException", False, "amzn_1", "some")
    if RELEASE < (1, 7)
    else Failure(None, None, True, "amzn_1", "some"),
    "chunk": Failure(529, "overloaded_error", True, "amzn_1", "some"),
    "cut": Failure(None, None, True, "amzn_1", "some"),
    "damaged": Failure(None, None, True, "amzn_1", "some"),
    "http.ThrottlingException.429": Failure(429, "throttlingException", True, "amzn_1"),
    "http.AccessDeniedException.403": Failure(403, "accessDeniedException", False, "amzn_1"),
    "http.ModelErrorException.424": Failure(424, "modelErrorException", True, "amzn_1"),
    "http.ServiceQuotaExceededException.400": Failure(400, "serviceQuotaExceededException", False, "amzn_1"),
}


@pytest.mark.parametrize("model", EXPECTED)
@pytest.mark.parametrize("helper", [False, True])
def test_bedrock_is_explained(server, model, helper):
    client, _ = server
    with pytest.raises(Exception) as caught:
        if helper:
            with client.messages.stream(model=model, max_tokens=9, messages=HI) as stream:
                list(guard(stream))
        else:
            list(guard(client.messages.create(model=model, max_tokens=9, messages=HI, stream=True)))
    lost = helper and model == "chunk" and RELEASE < (0, 110)  # the helper drops the event
    assert explain(caught.value) == (EXPECTED["cut"] if lost else EXPECTED[model])


@pytest.mark.parametrize(
    ("model", "before_1_7", "since"),
    [
        ("frame.throttlingException", "ValueError", ("APIStatusError", 200, "throttlingException")),
        ("frame.newException", "ValueError", ("APIStatusError", 200, "")),
    ],
)
def test_bedrock_presents_an_exception_frame_as_the_document_says(server, model, before_1_7, since):
    client, _ = server
    with pytest.raises(Exception) as caught:
        list(client.messages.create(model=model, max_tokens=9, messages=HI, stream=True))
    error = caught.value
    if RELEASE < (1, 7):
        assert type(error).__name__ == before_1_7
    else:
        assert (type(error).__name__, error.status_code, error.type) == since


def test_bedrock_presents_an_error_event_as_the_document_says(server):
    client, _ = server

    def ask():
        return list(client.messages.create(model="chunk", max_tokens=9, messages=HI, stream=True))

    if RELEASE < (0, 110):
        assert ask()[-1].type == "error"
    else:
        with pytest.raises(anthropic.APIStatusError) as caught:
            ask()
        assert caught.value.status_code == 200
'''
"""The tests of a project that uses the recipes. A release of the SDK is installed there."""


@pytest.mark.parametrize("version", RELEASES)
def test_the_recipes_work(wheel: Path, tmp_path: Path, version: str) -> None:
    """Check them in a project outside the repository, with the libraries that they name."""
    python = tmp_path / "environment" / "bin" / "python"
    uv = find_uv_bin()
    _run(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "environment")
    requirements: list[str | Path] = [wheel, "pytest", f"anthropic[bedrock]=={version}", *RELEASES[version], *LIBRARIES]
    _run(uv, "pip", "install", "--quiet", "--python", python, *requirements)
    project = tmp_path / "project"
    project.mkdir()
    for name, source in {**RECIPES, "test_recipes.py": PROJECT}.items():
        (project / name).write_text(source, encoding="utf-8")
    (project / "bedrock_server.py").write_bytes(Path(bedrock.__file__).read_bytes())
    last = _run(python, "-m", "pytest", "-q", folder=project).splitlines()[-1]
    assert re.fullmatch(r"\d+ passed(, \d+ warnings?)? in .+", last), last


def _run(*arguments: str | Path, folder: Path | None = None) -> str:
    """Run a command that must succeed, without the settings of the test run; return its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    done = subprocess.run(
        [*map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout
