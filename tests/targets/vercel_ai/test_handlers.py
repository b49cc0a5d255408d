"""The decisions of every handler of the Vercel AI SDK, on errors that are made up here from the miniature's classes."""

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from matrix.targets import VERCEL_AI
from tests.targets.vercel_ai.conftest import install

PROGRAM: Final = """
import * as sdk from "ai";
import { decisions, loadHandlers } from "./handlers.mjs";
import { Replay } from "./replay.mjs";

const data = (type) => ({ type: "error", error: { type, message: "Some words" } });
const http = (statusCode, type, isRetryable) =>
  new sdk.APICallError({ message: "Overloaded", statusCode, data: data(type), isRetryable });
const busy = http(529, "overloaded_error", true);
const bad = new sdk.APICallError({ message: "Invalid", statusCode: 400, data: data("invalid_request_error") });
const inStream = new sdk.StreamProviderError("Overloaded", "overloaded_error", 529);
const plain = { type: "overloaded_error", message: "Overloaded" }; // as up to 7.0.79
const reset = new sdk.APICallError({ message: "Failed", statusCode: 200, isRetryable: true });
const none = new sdk.NoOutputGeneratedError("No output generated.");
const text = ["Hello"];
const parts = (error) => [{ type: "text-delta", text: "Hello" }, { type: "error", error }];

const CALLS = {
  clean: { events: text, stopReason: "stop" },
  cut: { events: text, stopReason: "other" },
  "text-529": { events: text, errors: [inStream], stopReason: "error" },
  "text-plain": { events: text, errors: [plain], stopReason: "error" },
  "text-400": { events: [], errors: [bad], refusal: none },
  "parts-529": { events: parts(inStream), errors: [inStream], stopReason: "error" },
  "response": { events: parts(undefined), stopReason: "error" },
  "retried": { events: [], errors: [new sdk.RetryError(busy)], refusal: none },
  reset: { events: text, raised: reset, refusal: reset },
  thrown: { events: [], began: false, raised: busy },
};

const handlers = await loadHandlers();
const decided = {};
for (const [name, { raised, ...call }] of Object.entries(CALLS)) {
  const delivered = { began: true, errors: [], stopReason: null, refusal: null, ...call };
  const replay = new Replay(delivered, raised !== undefined, raised);
  decided[name] = await decisions(replay.bind(handlers), replay);
}
console.log(JSON.stringify(decided));
"""

TABLE: Final = """
                   clean  cut    text-529 text-plain text-400 parts-529 response retried reset thrown
any-error          accept accept accept   accept     accept   accept    accept   accept  retry retry
api-call-error     accept accept accept   accept     accept   accept    accept   accept  retry retry
error-part         accept accept accept   accept     accept   retry     retry    accept  retry retry
finish-reason      accept retry  retry    retry      fail     retry     retry    fail    fail  fail
message-words      accept accept retry    retry      fail     retry     accept   retry   fail  retry
on-error           accept accept retry    retry      retry    retry     accept   retry   retry retry
on-error-retryable accept accept fail     fail       fail     fail      accept   fail    retry retry
on-error-type      accept accept retry    retry      fail     retry     accept   retry   fail  retry
sdk-retries        accept accept accept   accept     accept   accept    accept   accept  fail  fail
status-set         accept accept accept   accept     accept   accept    accept   accept  fail  retry
"""
"""The decisions of each handler."""

COLUMNS, *LINES = [line.split() for line in TABLE.strip().splitlines()]
ROWS: Final = {id_: dict(zip(COLUMNS, decisions, strict=True)) for id_, *decisions in LINES}


@pytest.fixture(scope="module")
def decisions(node: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Run every handler on every call; return the decisions by handler."""
    probe = install(tmp_path_factory.mktemp("handlers") / "cell")
    (probe / "test.mjs").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run([node, probe / "test.mjs"], capture_output=True, check=True, text=True, timeout=60)
    by_call: dict[str, dict[str, str]] = json.loads(done.stdout)
    return {id_: {call: decided[id_] for call, decided in by_call.items()} for id_ in next(iter(by_call.values()))}


@pytest.mark.parametrize("handler", ROWS)
def test_a_handler_decides(decisions: dict[str, dict[str, str]], handler: str) -> None:
    """An error that a handler got by the callback and throws is one that it lets pass."""
    assert ROWS[handler] == decisions[handler]


def test_every_handler_has_a_row() -> None:
    """Check the files too, and that each says where it was seen or why it is ours."""
    assert ROWS.keys() == VERCEL_AI.handlers.keys()
    assert {"finish-reason", "on-error-type"} == {id_ for id_, each in VERCEL_AI.handlers.items() if not each.seen_in}
    assert all(handler.title.endswith(".") for handler in VERCEL_AI.handlers.values())
