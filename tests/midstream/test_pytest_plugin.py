"""The pytest plugin: its fixture, its effect on a session, and the examples of its document.

The fixture is tested with the fixture. A session is a process of pytest, started by `pytester`, in which the plugin is
named, because it may not be installed where these tests run; one test lets pytest find it.
"""

import asyncio
import dataclasses
import re
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from matrix.catalogue.scenarios import PLAYABLE
from matrix.cli.backend import backend_command
from midstream import pytest_plugin
from midstream.pytest_plugin import Midstream, Request
from tests.support.examples import read_examples
from tests.support.paths import ROOT

DOCUMENT = (ROOT / "docs" / "testing-your-own-code.md").read_text(encoding="utf-8")
EXAMPLES = read_examples(DOCUMENT)

pytest_plugins = ["pytester"]

# Request it by name, not by `pytest_plugins`: pytest accepts a plugin once, and may have found it.
_midstream_backend = pytest_plugin._midstream_backend
midstream = pytest_plugin.midstream

PATIENCE = 60.0
"""Seconds for one session of pytest, which takes one, or three with workers."""


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """Make a client without the SDK, and without a proxy."""
    with httpx.Client(timeout=20.0, trust_env=False) as client:
        yield client


def ask(http: httpx.Client, base_url: str) -> str:
    """Send a request as a client of the API does, and read the whole answer."""
    return http.post(f"{base_url}/v1/messages", json={"stream": True}, headers={"x-api-key": "sk-mine"}).text


def played(requests: list[Request]) -> list[tuple[str, int]]:
    """List scenario and attempt of each request."""
    return [(request.scenario, request.attempt) for request in requests]


# The fixture.


def test_a_scenario_is_played_at_its_url(midstream: Midstream, http: httpx.Client) -> None:
    """Check that a client needs the base URL alone."""
    assert "overloaded_error" in ask(http, midstream.url("mid-overloaded_error"))


def test_a_request_is_recorded_as_it_was_sent(midstream: Midstream, http: httpx.Client) -> None:
    """Check what a test can assert."""
    base_url = midstream.url("clean")
    http.post(f"{base_url}/v1/messages?beta=true", json={"model": "m"}, headers={"x-api-key": "sk-mine"})
    [request] = midstream.requests
    path = httpx.URL(base_url).path + "/v1/messages?beta=true"
    assert Request("clean", 1, "messages", True, "POST", path, request.headers, b'{"model":"m"}') == request  # type: ignore[arg-type]
    assert {"model": "m"} == request.json()
    assert ("sk-mine", "application/json") == (request.headers["x-api-key"], request.headers["content-type"])


def test_a_second_request_gets_the_second_answer(midstream: Midstream, http: httpx.Client) -> None:
    """Check faults that pass, for code that retries."""
    base_url = midstream.url("mid-then-ok")
    answers = [ask(http, base_url) for _ in range(3)]
    assert [False, True, False] == ["message_stop" in answer for answer in answers]
    assert [("mid-then-ok", 1), ("mid-then-ok", 2), ("mid-then-ok", 3)] == played(midstream.requests)


@pytest.mark.parametrize("scenario", ["mid-overloaded_error", "http-529-then-ok"])
def test_a_scenario_fails_some_times_and_then_succeeds(midstream: Midstream, http: httpx.Client, scenario: str) -> None:
    """Check that the attempts of the URL without `times` are counted apart."""
    base_url = midstream.url(scenario, times=2)
    failed = ["overloaded_error" in ask(http, base_url) for _ in range(4)]
    assert [True, True, False, False] == failed
    assert [(scenario, attempt) for attempt in (1, 2, 3, 4)] == played(midstream.requests)
    assert "overloaded_error" in ask(http, midstream.url(scenario))


@pytest.mark.parametrize("times", [0, -1, 1_000_000])
def test_a_number_of_failures_that_cannot_be_is_refused(midstream: Midstream, times: int) -> None:
    """Check the limits."""
    with pytest.raises(ValueError, match=rf"^times is {times}; it must be a number from 1 to 999,999"):
        midstream.url("mid-overloaded_error", times=times)


def test_several_scenarios_in_one_test_are_recorded_in_order(midstream: Midstream, http: httpx.Client) -> None:
    """Check that attempts are counted for each base URL."""
    for scenario in ("clean", "eof-mid", "clean"):
        ask(http, midstream.url(scenario))
    assert [("clean", 1), ("eof-mid", 1), ("clean", 2)] == played(midstream.requests)


def test_the_url_is_the_same_each_time(midstream: Midstream) -> None:
    """Check that to ask for it has no effect."""
    assert midstream.url("clean") == midstream.url("clean")
    assert midstream.url("clean") != midstream.url("reset")
    assert [] == midstream.requests


SEEN: list[tuple[str, list[tuple[str, int]]]] = []
"""Base URL and requests of each of the following tests."""


@pytest.mark.parametrize("_again", range(2))
def test_each_test_starts_without_requests(midstream: Midstream, http: httpx.Client, _again: int) -> None:
    """Check that another test has another base URL, and counts attempts from 1."""
    ask(http, midstream.url("http-529-then-ok"))
    SEEN.append((midstream.url("http-529-then-ok"), played(midstream.requests)))
    assert [("http-529-then-ok", 1)] == SEEN[-1][1]
    assert len(SEEN) == len({base_url for base_url, _ in SEEN})


def test_requests_of_an_earlier_test_are_not_recorded(midstream: Midstream, http: httpx.Client) -> None:
    """Check that a client that still retries gets answers."""
    number = int(midstream.url("clean").split("/test-")[1].split("/")[0])
    late = midstream.url("clean").replace(f"/test-{number}/", f"/test-{number - 1}/")
    assert "message_stop" in ask(http, late)
    assert [] == midstream.requests


def test_a_client_that_drops_the_path_is_recorded(midstream: Midstream, http: httpx.Client) -> None:
    """Check that it gets a 404."""
    root = midstream.url("clean").removesuffix(httpx.URL(midstream.url("clean")).path)
    assert 404 == http.post(f"{root}/v1/messages").status_code
    assert 404 == http.get(midstream.url("clean") + "/v1/models").status_code
    assert [("", 0, False), ("", 0, False)] == [
        (request.scenario, request.attempt, request.played) for request in midstream.requests
    ]
    assert ["/v1/messages", httpx.URL(midstream.url("clean")).path + "/v1/models"] == [
        request.path for request in midstream.requests
    ]


def test_a_key_is_not_in_the_log_of_a_failed_test(midstream: Midstream, http: httpx.Client) -> None:
    """Check that a test can still read it by name."""
    ask(http, midstream.url("clean"))
    assert "sk-mine" not in repr(midstream.requests)
    assert "sk-mine" == midstream.requests[0].headers["x-api-key"]


def test_headers_of_one_name_are_joined(midstream: Midstream, http: httpx.Client) -> None:
    """Check the form of HTTP."""
    http.post(midstream.url("clean") + "/v1/messages", headers=[("anthropic-beta", "a"), ("Anthropic-Beta", "b")])
    assert "a, b" == midstream.requests[0].headers["anthropic-beta"]


def test_a_request_is_frozen(midstream: Midstream, http: httpx.Client) -> None:
    """Check that the list is the test's own."""
    ask(http, midstream.url("clean"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        midstream.requests[0].attempt = 2  # type: ignore[misc]
    midstream.requests.clear()
    assert 1 == len(midstream.requests)


def test_an_unknown_scenario_is_refused_with_suggestions(midstream: Midstream) -> None:
    """Check that it is refused before any request, because a 404 would look like a fault of the code."""
    message = (
        r"^There is no scenario 'mid-overloaded'\. Did you mean mid-overloaded_error, .*\? "
        r"`matrix list scenarios` lists those of the API\.$"
    )
    with pytest.raises(ValueError, match=message):
        midstream.url("mid-overloaded")
    with pytest.raises(ValueError, match=r"^There is no scenario 'unknown'"):
        midstream.url("unknown")


def test_every_scenario_of_the_catalogue_can_be_played(midstream: Midstream) -> None:
    """Check that each has the outcome that a caller should see."""
    assert PLAYABLE == midstream.scenarios
    assert midstream.scenarios["mid-overloaded_error"].retry


def test_the_output_names_the_failed_test(midstream: Midstream) -> None:
    """Check the report of pytest."""
    assert f"Midstream('{midstream.url('clean').removesuffix('/clean')}')" == repr(midstream)


def test_async_code_is_served(midstream: Midstream) -> None:
    """Check that the backend answers while the test's loop waits."""

    async def go() -> list[str]:
        async with httpx.AsyncClient(trust_env=False) as client:
            base_url = midstream.url("mid-then-ok")
            return [(await client.post(f"{base_url}/v1/messages")).text for _ in range(2)]

    assert [False, True] == ["message_stop" in answer for answer in asyncio.run(go())]


def test_a_test_may_stop_the_clock(midstream: Midstream, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a test of retries that replaces sleep, by which the backend must not wait."""
    stopped = time.monotonic()

    async def no_sleep(_seconds: float) -> None:
        pytest.fail("the backend took the test's sleep")

    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: stopped)
        patch.setattr(asyncio, "sleep", no_sleep)
        with pytest.raises(httpx.ReadError):
            ask(http, midstream.url("reset"))


# Scenarios of the project's own.

OWN = """\
schema: midstream/scenarios/1
scenarios:
  - id: own
    title: The service is unavailable, twice.
    dialects: [messages]
    attempts:
      - - {type: Respond, status: 503, body: first}
      - - {type: Respond, status: 529, body: second}
      - - {type: Head}
        - {type: Prelude}
        - {type: Rest}
        - {type: Finish}
"""


def test_a_loaded_scenario_is_played_in_the_order_of_its_attempts(
    midstream: Midstream, http: httpx.Client, tmp_path: Path
) -> None:
    """Check a file with three answers, and the same with `times`."""
    (tmp_path / "own.yaml").write_text(OWN)
    assert ["own"] == midstream.load(tmp_path / "own.yaml")
    answers = [ask(http, midstream.url("own")) for _ in range(3)]
    assert ["first", "second", True] == [answers[0], answers[1], "message_stop" in answers[2]]
    assert "first" == ask(http, midstream.url("own", times=1))
    assert "message_stop" in ask(http, midstream.url("own", times=1))
    assert "The service is unavailable, twice." == midstream.scenarios["own"].title


def test_a_loaded_scenario_belongs_to_its_test(midstream: Midstream, http: httpx.Client) -> None:
    """Check that the file of the test before this one is forgotten."""
    assert "own" not in midstream.scenarios
    assert {} == midstream._stage._backend.scenarios
    assert "not_found_error" in ask(http, f"{midstream.url('clean').removesuffix('clean')}own")


def test_a_file_that_is_loaded_twice_is_refused(midstream: Midstream, tmp_path: Path) -> None:
    """Check that a base URL never changes its meaning."""
    (tmp_path / "own.yaml").write_text(OWN)
    midstream.load(tmp_path / "own.yaml")
    with pytest.raises(ValueError, match=r"^There is a scenario 'own' already"):
        midstream.load(tmp_path / "own.yaml")


def test_a_mistake_in_a_loaded_file_is_named(midstream: Midstream, tmp_path: Path) -> None:
    """Check that the message has the place in the file."""
    (tmp_path / "own.yaml").write_text(OWN.replace("Prelude", "Preludes"))
    with pytest.raises(
        ValueError, match=r"own\.yaml: scenarios\[0\]\.attempts\[2\]\[1\]\.type: .*Did you mean Prelude"
    ):
        midstream.load(tmp_path / "own.yaml")


# A session.


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a project with tests, where pytest loads named plugins only."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


NAMED = ("-p", "midstream.pytest_plugin", "-W", "error", "-p", "no:cacheprovider")

ASKS = """
    import httpx
    import pytest

    @pytest.mark.parametrize("time", range(4))
    def test_asks(midstream, time):
        for _ in range(2):
            answer = httpx.post(midstream.url("mid-then-ok") + "/v1/messages", trust_env=False).text
        assert "message_stop" in answer
        assert [1, 2] == [request.attempt for request in midstream.requests]
"""


def test_a_project_has_the_fixture(session: pytest.Pytester) -> None:
    """Check a session with warnings as errors."""
    session.makepyfile(ASKS)
    session.runpytest_subprocess(*NAMED, timeout=PATIENCE).assert_outcomes(passed=4)


def test_a_setting_names_scenario_files(session: pytest.Pytester) -> None:
    """Check that every test has them, from any folder."""
    session.makeini("[pytest]\nmidstream_scenarios = own.yaml\n")
    (session.path / "own.yaml").write_text(OWN)
    session.makepyfile(
        ASKS.replace("mid-then-ok", "own").replace("range(2)", "range(3)").replace("[1, 2]", "[1, 2, 3]")
    )
    session.runpytest_subprocess(*NAMED, timeout=PATIENCE).assert_outcomes(passed=4)


def test_a_mistake_in_a_file_of_the_setting_fails_the_tests(session: pytest.Pytester) -> None:
    """Check that the output names the setting and the file."""
    session.makeini("[pytest]\nmidstream_scenarios = missing.yaml\n")
    session.makepyfile(ASKS)
    done = session.runpytest_subprocess(*NAMED, timeout=PATIENCE)
    done.assert_outcomes(errors=4)
    done.stdout.fnmatch_lines(["midstream_scenarios: *missing.yaml: it can't be read: *"])


@pytest.mark.slow
def test_each_worker_has_its_own_backend(session: pytest.Pytester) -> None:
    """Check pytest-xdist, which runs a test in any of several processes."""
    session.makepyfile(ASKS)
    urls = session.runpytest_subprocess(*NAMED, "-p", "xdist", "-n", "2", timeout=PATIENCE)
    urls.assert_outcomes(passed=4)


@pytest.mark.slow
def test_pytest_finds_the_plugin_by_its_entry_point(session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the declaration of this project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"midstream": pytest_plugin.__name__} == project["entry-points"]["pytest11"]
    metadata = session.mkdir("midstream-0.1.0.dist-info")
    (metadata / "METADATA").write_text("Metadata-Version: 2.4\nName: midstream\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text("[pytest11]\nmidstream = midstream.pytest_plugin\n")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    session.makepyfile(ASKS)
    session.runpytest_subprocess(timeout=PATIENCE).assert_outcomes(passed=4)
    listing = session.runpytest_subprocess("--fixtures", timeout=PATIENCE).outlines
    assert any(line.startswith("midstream -- ") for line in listing)


MAIN = """
    import os
    import sys
    import threading

    import pytest

    code = pytest.main(sys.argv[1:])
    links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    sockets = [link for link in links if os.path.islink(link) and os.readlink(link).startswith("socket:")]
    heavy = {"asyncio", "click", "h11", "httpx", "msgspec", "rich", "uv", "matrix.catalogue"} & set(sys.modules)
    print("LEFT", int(code), [thread.name for thread in threading.enumerate()], sockets, sorted(heavy))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into the kernel's table of open files")
def test_a_session_leaves_no_thread_and_no_socket(session: pytest.Pytester) -> None:
    """Check a session that ends while a client is connected."""
    session.makepyfile(main=MAIN)
    session.makepyfile("""
        import socket
        import pytest

        CLIENTS = []

        def test_is_held(midstream):
            host, port = midstream.url("stall").split("/")[2].split(":")
            CLIENTS.append(socket.create_connection((host, int(port))))
            path = midstream.url("stall").split(port)[1]
            CLIENTS[0].sendall(f"POST {path}/v1/messages HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
            assert CLIENTS[0].recv(100)

        @pytest.fixture(scope="session", autouse=True)
        def _outlives_the_backend():
            yield
            CLIENTS[0].settimeout(10.0)
            while CLIENTS[0].recv(65536):
                pass
            CLIENTS[0].close()
    """)
    left_over = session.run(sys.executable, "main.py", *NAMED, timeout=PATIENCE)
    [left] = [line for line in left_over.outlines if line.startswith("LEFT")]
    assert left.startswith("LEFT 0 ['MainThread'] [] ")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into the kernel's table of open files")
def test_a_session_without_the_fixture_starts_no_backend(session: pytest.Pytester) -> None:
    """Check what every session with this package installed loads."""
    session.makepyfile(main=MAIN, test_other="def test_other(): pass")
    loaded = session.run(sys.executable, "main.py", *NAMED, timeout=PATIENCE)
    [left] = [line for line in loaded.outlines if line.startswith("LEFT")]
    assert "LEFT 0 ['MainThread'] [] []" == left


def test_the_plugin_imports_only_our_package_and_the_standard_library(session: pytest.Pytester) -> None:
    """Check modules that pytest has not imported."""
    script = session.makepyfile(
        imports="""
        import sys
        import pytest
        before = set(sys.modules)
        import midstream.pytest_plugin
        print(sorted(name for name in set(sys.modules) - before if name.split(".")[0] not in sys.stdlib_module_names))
    """
    )
    imported = session.run(sys.executable, script, timeout=PATIENCE)
    assert ["['midstream', 'midstream.pytest_plugin', 'midstream.testing']"] == imported.outlines


OTHERS = {
    "matrix": "DETERMINANT = 1\n",
    "matrix/__init__": "DETERMINANT = 1\n",
}
"""A module and a package of an unrelated project, with their sources."""


@pytest.fixture(params=OTHERS)
def project(request: pytest.FixtureRequest, session: pytest.Pytester) -> pytest.Pytester:
    """Make a project with its own `matrix`, which its tests import."""
    file = session.path / f"{request.param}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(OTHERS[request.param], encoding="utf-8")
    session.makeconftest("import matrix\n")
    session.makepyfile(test_own="import matrix\n\ndef test_own():\n    assert 1 == matrix.DETERMINANT\n")
    return session


def test_a_project_with_its_own_matrix_runs_its_tests(project: pytest.Pytester) -> None:
    """Check that the plugin does not import that name until a test requests the fixture."""
    project.runpytest_subprocess(*NAMED, timeout=PATIENCE).assert_outcomes(passed=1)


def test_the_fixture_names_the_file_that_hides_our_package(project: pytest.Pytester) -> None:
    """Check one line without a traceback; other tests of the project pass."""
    project.makepyfile(test_asks="def test_asks(midstream):\n    raise AssertionError\n")
    outcome = project.runpytest_subprocess(*NAMED, timeout=PATIENCE)
    outcome.assert_outcomes(passed=1, errors=1)
    [line] = [
        line for line in outcome.outlines if line.startswith("The fixture `midstream` needs the package `matrix`")
    ]
    assert f"but `import matrix` finds {project.path / 'matrix'}" in line
    assert "Traceback" not in outcome.stdout.str()


# The document.


def test_the_documented_example_for_plain_http_works(session: pytest.Pytester) -> None:
    """Check it in an empty project."""
    for name in ("complete.py", "test_complete.py"):
        (session.path / name).write_text(EXAMPLES[name], encoding="utf-8")
    session.runpytest_subprocess(*NAMED, "test_complete.py", timeout=PATIENCE).assert_outcomes(passed=6)


def test_the_documented_example_of_an_audit_finds_what_the_document_says(session: pytest.Pytester) -> None:
    """Check the two faults, and the lines of the report that are quoted."""
    for name in ("application.py", "test_application.py"):
        (session.path / name).write_text(EXAMPLES[name], encoding="utf-8")
    done = session.runpytest_subprocess(*NAMED, "test_application.py", timeout=PATIENCE)
    done.assert_outcomes(passed=1, failed=2)
    printed = [line.removeprefix("E").strip() for line in done.outlines]
    [quoted] = re.findall(r"The first says so:\n\n```text\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    for line in filter(None, map(str.strip, quoted.splitlines())):
        assert line.removeprefix("AssertionError:") in printed


def test_the_document_has_six_files() -> None:
    """Check that four are run here; tests/live runs two with real releases."""
    documented = {"ask.py", "test_ask.py", "complete.py", "test_complete.py", "application.py", "test_application.py"}
    assert documented == set(EXAMPLES)


def test_the_document_lists_every_field_of_a_request() -> None:
    """Check their order."""
    row = next(line for line in DOCUMENT.splitlines() if line.startswith("| `midstream.requests` |"))
    fields = [field.name for field in dataclasses.fields(Request)]
    assert [*fields, "json()"] == re.findall(r"`([\w()]+)`", row.rpartition("|")[0].split("|")[2])


def test_every_scenario_in_the_document_exists() -> None:
    """Check names that readers copy."""
    named = {*re.findall(r"`((?:first|mid|eof|http)-[\w-]+)`", DOCUMENT), *re.findall(r"--scenario (\S+)", DOCUMENT)}
    named |= set(re.findall(r'url\("([^"]+)"\)', DOCUMENT))
    assert {"mid-overloaded_error", "eof-mid"} < named
    assert set() == named - set(PLAYABLE)


def test_every_option_in_the_document_exists() -> None:
    """Check those of `matrix backend` and of pytest."""
    options = {"--midstream-report"} | {option for parameter in backend_command.params for option in parameter.opts}
    named = set(re.findall(r"(?<=[`\s])--[a-z-]+", DOCUMENT))
    assert {"--scenario", "--lifetime"} < named
    assert set() == named - options
