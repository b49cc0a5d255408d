"""The decisions of every TypeScript handler, on errors that are made up here from the classes of the miniature."""

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from matrix.targets import ANTHROPIC_TYPESCRIPT
from tests.targets.anthropic_typescript.conftest import SDK, install

PROGRAM: Final = """
import * as sdk from "../node_modules/@anthropic-ai/sdk/error.mjs";
import { decisions, loadHandlers, Replay } from "./handlers.mjs";

const body = (type) => ({ type: "error", error: { type, message: "Some words" } });
const headers = new Headers();
const http = (status, type) => sdk.APIError.generate(status, body(type), undefined, headers);
const inStream = (type) => new sdk.APIError(undefined, body(type), undefined, headers);
const old = new sdk.APIConnectionError(undefined, undefined, JSON.stringify(body("overloaded_error")));
delete old.type; // as before 0.71: no type, and no body
const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
const reset = new TypeError("terminated", { cause });
const some = [{ type: "message_start" }, { type: "content_block_delta", delta: { text: "Hello" } }];
const all = [...some, { type: "message_delta", delta: { stop_reason: "end_turn" } }, { type: "message_stop" }];

const CALLS = {
  "http-529": [[], http(529, "overloaded_error"), false],
  "http-429": [[], http(429, "rate_limit_error"), false],
  "http-400": [[], http(400, "invalid_request_error"), false],
  "mid-529": [some, inStream("overloaded_error")],
  "mid-400": [some, inStream("invalid_request_error")],
  "old-529": [some, old],
  timeout: [some, new sdk.APIConnectionTimeoutError(undefined, undefined, "Request timed out.")],
  reset: [some, reset],
  clean: [all],
  cut: [some],
  late: [all, inStream("overloaded_error")],
};

const handlers = await loadHandlers();
const decided = {};
for (const [name, [events, error, began = true]] of Object.entries(CALLS)) {
  decided[name] = await decisions(handlers, new Replay({ events, began }, error !== undefined, error));
}
console.log(JSON.stringify(decided));
"""

TABLE: Final = """
                    http-529 http-429 http-400 mid-529 mid-400 old-529 timeout reset clean  cut    late
any-api-error       retry    retry    retry    retry   retry   retry   retry   fail  accept accept retry
any-error           retry    retry    retry    retry   retry   retry   retry   retry accept accept retry
body-type           retry    retry    fail     retry   fail    fail    fail    fail  accept accept retry
class-5xx-429       retry    retry    fail     fail    fail    fail    fail    fail  accept accept fail
class-all-transient retry    retry    fail     fail    fail    retry   retry   fail  accept accept fail
class-names         retry    retry    fail     fail    fail    retry   retry   fail  accept accept fail
class-overloaded    !        !        !        !       !       !       !       !     accept accept !
class-rate-limit    fail     retry    fail     fail    fail    fail    fail    fail  accept accept fail
connection          fail     fail     fail     fail    fail    retry   retry   fail  accept accept fail
message-type        retry    fail     fail     retry   fail    retry   fail    fail  accept accept retry
message-words       retry    retry    fail     retry   fail    retry   fail    fail  accept accept retry
name-attr           retry    retry    fail     fail    fail    fail    fail    fail  accept accept fail
network             fail     fail     fail     fail    fail    retry   retry   retry accept accept fail
network-code        retry    retry    fail     fail    fail    fail    fail    retry accept accept fail
sdk-retries         fail     fail     fail     fail    fail    fail    fail    fail  accept accept fail
status-529          retry    retry    fail     fail    fail    fail    fail    fail  accept accept fail
status-ge-500       retry    retry    fail     fail    fail    retry   retry   fail  accept accept fail
status-or-message   retry    retry    fail     retry   fail    retry   fail    fail  accept accept retry
status-set          retry    retry    fail     fail    fail    fail    fail    fail  accept accept fail
status-undefined    retry    retry    fail     retry   retry   retry   retry   fail  accept accept retry
stop-reason         fail     fail     fail     fail    fail    fail    fail    fail  accept retry  fail
type-attr           retry    retry    fail     retry   fail    retry   retry   fail  accept accept retry
"""
"""The decisions of each handler; `!` for a TypeError of its own, since the miniature has no such class."""

COLUMNS, *LINES = [line.split() for line in TABLE.strip().splitlines()]
ROWS: Final = {id_: dict(zip(COLUMNS, decisions, strict=True)) for id_, *decisions in LINES}


def decide(node: Path, folder: Path, source: str = SDK) -> dict[str, dict[str, str]]:
    """Run every handler on every call; return the decisions by handler."""
    probe = install(folder, source)
    (probe / "test.mjs").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run([node, probe / "test.mjs"], capture_output=True, check=True, text=True, timeout=60)
    by_call: dict[str, dict[str, str]] = json.loads(done.stdout)
    return {id_: {call: decided[id_] for call, decided in by_call.items()} for id_ in next(iter(by_call.values()))}


@pytest.fixture(scope="module")
def decisions(node: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Run the handlers on the miniature."""
    return decide(node, tmp_path_factory.mktemp("handlers") / "cell")


@pytest.mark.parametrize("handler", ROWS)
def test_a_handler_decides(decisions: dict[str, dict[str, str]], handler: str) -> None:
    """Check each call, made with the very error."""
    assert ROWS[handler] == {call: each.replace("crashed: TypeError", "!") for call, each in decisions[handler].items()}


def test_every_handler_has_a_row() -> None:
    """Check the files too."""
    assert ROWS.keys() == ANTHROPIC_TYPESCRIPT.handlers.keys()


ON_CLIENT: Final = "RateLimitError, InternalServerError]) {"
EXPORTS: Final = 'export * from "./error.mjs";'
FEWER: Final = 'export { APIConnectionError, APIConnectionTimeoutError, RateLimitError } from "./error.mjs";'


@pytest.mark.parametrize(
    ("handler", "has", "lacks", "decision"),
    [
        # A class that is imported by name has to be there, whatever the call does.
        pytest.param("class-all-transient", EXPORTS, FEWER, "crashed: SyntaxError", id="imported by name"),
        pytest.param(
            "class-5xx-429", ON_CLIENT, "InternalServerError]) {", "crashed: TypeError", id="read off the client"
        ),
        pytest.param("class-names", ON_CLIENT, "RateLimitError]) {", "retry", id="compared by name"),
    ],
)
def test_a_handler_meets_a_release_without_a_class(
    node: Path, tmp_path: Path, handler: str, has: str, lacks: str, decision: str
) -> None:
    """Check idioms that need the class, and one that does not."""
    assert has in SDK
    assert decision == decide(node, tmp_path / "cell", SDK.replace(has, lacks))[handler]["http-529"]


def test_a_handler_names_its_title_and_its_users() -> None:
    """Check the comment that opens its file."""
    for handler in ANTHROPIC_TYPESCRIPT.handlers.values():
        assert handler.title.endswith("."), handler.id
        assert "export async function ask(create)" in handler.source
    ours = {id_ for id_, handler in ANTHROPIC_TYPESCRIPT.handlers.items() if not handler.seen_in}
    assert {"stop-reason"} == ours
    status_set = ANTHROPIC_TYPESCRIPT.handlers["status-set"]
    assert ("Compare the status of any error with a set.", "many apps") == (status_set.title, status_set.seen_in)
