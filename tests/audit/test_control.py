"""Control over HTTP: the routes, and the examples of the document against `matrix backend`."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from matrix.audit.control import Control
from matrix.backend.journal import Received
from matrix.backend.server import Backend
from matrix.backend.staged_journal import StagedJournal
from matrix.system.npm import find_node
from matrix.targets import ANTHROPIC
from tests.support.paths import ROOT

DOCUMENT = (ROOT / "docs" / "testing-your-own-code.md").read_text(encoding="utf-8")

REPORT = json.loads((ROOT / "reports" / "schemas" / "report.json").read_bytes())

JSON = (("content-type", "application/json"),)

Answer = Callable[..., tuple[int, Any]]


@pytest.fixture
def answer() -> Answer:
    """Return a function that sends a request to the control of a backend without a socket."""
    journal = StagedJournal(lambda: 0.0)
    control = Control(Backend(ANTHROPIC, journal), journal)

    def send(method: str, path: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = JSON) -> tuple[int, Any]:
        status, data = control.answer(Received(method, path, headers, body))
        return status, json.loads(data)

    return send


def test_a_test_begins_with_what_fails(answer: Answer) -> None:
    """Check the base URL and the environment."""
    status, begun = answer("POST", "/_midstream/mine/scenario", b'{"fail": ["eof-mid"], "times": 2}')
    assert (200, "http://127.0.0.1:0/mine") == (status, begun["base_url"])
    assert begun["base_url"] == begun["environment"]["ANTHROPIC_BASE_URL"]
    assert (200, []) == answer("GET", "/_midstream/mine/requests")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "message"),
    [
        ("GET", "/_midstream/mine/else", b"", JSON, 404, "There is no /_midstream/mine/else"),
        ("GET", "/_midstream/../verdict", b"", JSON, 404, "There is no"),
        ("GET", "/_midstream/mine/scenario", b"", JSON, 405, "scenario is no GET"),
        ("POST", "/_midstream/mine/verdict", b"", JSON, 405, "verdict is no POST"),
        ("GET", "/_midstream/other/verdict", b"", JSON, 404, "No test 'other' has begun"),
        ("POST", "/_midstream/mine/scenario", b"{}", (("content-type", "text/plain"),), 415, "must be JSON"),
        ("POST", "/_midstream/mine/scenario", b"{", JSON, 400, "Input data was truncated"),
        ("POST", "/_midstream/mine/scenario", b'{"fails": []}', JSON, 400, "unknown field `fails`"),
        ("POST", "/_midstream/mine/scenario", b'{"fail": ["eof-mi"]}', JSON, 400, "There is no scenario 'eof-mi'"),
        ("POST", "/_midstream/mine/scenario", b'{"fail": [[{"type": "X"}]]}', JSON, 400, "Invalid value 'X'"),
        ("POST", "/_midstream/mine/scenario", b"[" * 10_000, JSON, 400, "."),
    ],
)
def test_what_cannot_be_answered_is_refused(
    answer: Answer, method: str, path: str, body: bytes, headers: tuple[tuple[str, str], ...], status: int, message: str
) -> None:
    """Check the status, the reason, and that there is a hint."""
    refused, document = answer(method, path, body, headers)
    assert (status, {"error", "hint"}) == (refused, set(document))
    assert message in document["error"]


def test_a_wrong_outcome_is_refused(answer: Answer) -> None:
    """Check a word that is neither `succeeded` nor `failed`."""
    answer("POST", "/_midstream/mine/scenario", b"{}")
    status, document = answer("GET", "/_midstream/mine/verdict?outcome=fine")
    assert (400, "There is no outcome 'fine'") == (status, document["error"].rstrip("."))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run `matrix backend`, and return its address."""
    program = (sys.executable, "-u", "-m", "matrix", "backend", "--port", "0", "--lifetime", "90")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    folder = tmp_path_factory.mktemp("backend")
    with subprocess.Popen(program, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as backend:
        assert backend.stdout is not None
        address = re.search(r"http://[\d.:]+", backend.stdout.readline())
        assert address is not None
        yield address[0]
        backend.terminate()


def test_two_tests_do_not_disturb_each_other(address: str) -> None:
    """Check requests, verdicts and the schema, and that a test can begin anew."""
    with httpx.Client(base_url=address, trust_env=False) as client:
        for name, failure in (("one", "eof-mid"), ("two", "http-invalid_request_error")):
            client.post(f"/_midstream/{name}/scenario", json={"fail": [failure]}).raise_for_status()
        client.post("/one/v1/messages", json={"a": 1})
        for _ in range(2):
            client.post("/two/v1/messages", json={"b": 2})
        [asked] = client.get("/_midstream/one/requests").json()
        assert ("eof-mid", 1, True, '{"a":1}') == (asked["scenario"], asked["attempt"], asked["played"], asked["body"])
        for name, rule in (("one", "partial-answer-accepted"), ("two", "permanent-retried")):
            report = client.get(f"/_midstream/{name}/verdict?outcome={'succeeded' if name == 'one' else ''}").json()
            jsonschema.validate(report, REPORT)
            assert [rule] == [finding["rule"] for finding in report["subjects"][0]["findings"]]
        client.post("/_midstream/one/scenario", json={}).raise_for_status()
        assert [] == client.get("/_midstream/one/requests").json()
        assert "message_stop" in client.post("/one/v1/messages").text


def test_the_documented_commands_work(address: str) -> None:
    """Check the block of curl, with the address of this backend."""
    [block] = [each for each in re.findall(r"```sh\n(.*?)```", DOCUMENT, flags=re.DOTALL) if "_midstream" in each]
    script = block.replace("http://127.0.0.1:8080", address).replace("curl ", "curl -sS --noproxy '*' ")
    done = subprocess.run(("sh", "-c", script), capture_output=True, text=True, check=False, timeout=60)
    assert "partial-answer-accepted" in done.stdout, done.stderr


def test_the_documented_test_for_node_passes(address: str, tmp_path: Path) -> None:
    """Check it as it stands, and that it fails for code that gives up."""
    [(name, source)] = re.findall(r"```js\n// (\S+\.mjs)\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    environment = {**os.environ, "MIDSTREAM": address, "NO_PROXY": "*"}
    for text, code in ((source, 0), (source.replace("attempt < 3", "attempt < 1"), 1)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        program = (str(find_node().node), "--test", name)
        done = subprocess.run(
            program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert code == done.returncode, done.stdout + done.stderr
