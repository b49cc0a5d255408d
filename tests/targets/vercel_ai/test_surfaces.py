"""What the probe reports of each way to read a stream, on the miniature."""

import re
from typing import Final

import pytest

from matrix.observation import Call, Delivery, Outcome
from matrix.targets import VERCEL_AI
from tests.targets.vercel_ai.conftest import SDK, Play

OVERLOADED: Final = "mid-overloaded_error"
ERROR: Final = {
    "error": "ai.StreamProviderError",
    "status_code": 529,
    "type": "overloaded_error",
    "is_retryable": True,
    "message": "Overloaded",
}


def deliver(play: Play, surface: str, scenario: str, source: str = SDK) -> Delivery:
    """Play one call that completes, and return its delivery."""
    seen = play([Call(surface, scenario)], source)[Call(surface, scenario)]
    assert (Outcome.COMPLETED, None) == (seen.outcome, seen.exception)
    assert seen.delivered is not None
    return seen.delivered


def test_every_surface_is_called_by_the_probe() -> None:
    """The probe has a call for each id, and no other."""
    source = (VERCEL_AI.probe / "surfaces.mjs").read_text(encoding="utf-8")
    calls = source.partition("const CALLS = {")[2].partition("};")[0]
    assert list(VERCEL_AI.surfaces) == re.findall(r'^  "?([\w.-]+)"?[:,]', calls, re.MULTILINE)


@pytest.mark.parametrize(
    ("surface", "reported"),
    [
        ("textStream", {}),
        ("text", {}),
        ("consumeStream", {}),
        ("fullStream", {"event": "error", **ERROR}),
        ("textStream.onError", {"event": "onError", **ERROR}),
        ("toUIMessageStreamResponse", {"event": "error", "message": "An error occurred."}),
    ],
)
def test_an_error_in_a_stream_is_reported_by_what_the_caller_reads(
    play: Play, surface: str, reported: dict[str, object]
) -> None:
    """By default the SDK prints the error, and the program sees half an answer."""
    delivered = deliver(play, surface, OVERLOADED)
    assert ("Hello", reported) == (delivered.text, delivered.reported)


@pytest.mark.parametrize(("scenario", "reason"), [("clean", "stop"), ("eof-mid", "other"), (OVERLOADED, "error")])
def test_a_stream_of_text_has_the_reason_to_finish_that_the_result_promises(
    play: Play, scenario: str, reason: str
) -> None:
    """It tells half an answer from a whole one."""
    assert reason == deliver(play, "textStream", scenario).stop_reason


def test_a_promise_that_is_never_kept_is_waited_for_shortly(play: Play) -> None:
    """A release that never settles it must not hang the call."""
    never = SDK.replace("return this.#ended.promise.then(({ reason }) => reason);", "return new Promise(() => {});")
    assert never != SDK
    assert deliver(play, "textStream", "clean", never).stop_reason is None


def test_a_timeout_of_the_caller_is_a_part_of_the_stream(play: Play) -> None:
    """The stream of parts says that it was aborted, and no exception does."""
    assert {"event": "abort", "message": "Aborted"} == deliver(play, "fullStream", "stall").reported


@pytest.mark.parametrize(
    ("surface", "scenario", "requests"),
    [
        ("fullStream", "http-overloaded_error", 1),
        ("fullStream.own-retries", "http-overloaded_error", 3),
        ("fullStream.own-retries", "http-529-then-ok", 2),
        ("fullStream.own-retries", "mid-then-ok", 1),
        ("fullStream.streamRetries", "mid-then-ok", 2),
    ],
)
def test_the_requests_of_a_call_are_counted(play: Play, surface: str, scenario: str, requests: int) -> None:
    """They say whether the SDK calls again by itself."""
    call = Call(surface, scenario)
    assert requests == play([call])[call].requests


@pytest.mark.parametrize(
    ("surface", "lacks", "has"),
    [
        ("textStream", "export function streamText", "function streamText"),
        ("consumeStream", "async consumeStream()", "async consumeIt()"),
        ("toUIMessageStreamResponse", "toUIMessageStreamResponse()", "toDataStreamResponse()"),
    ],
)
def test_a_method_that_a_release_lacks_is_unsupported_without_a_request(
    play: Play, surface: str, lacks: str, has: str
) -> None:
    """A request would be counted or not, as timing decides."""
    source = SDK.replace(lacks, has)
    assert source != SDK
    calls = [Call(surface, scenario) for scenario in ("clean", OVERLOADED, "http-overloaded_error")]
    seen = play(calls, source)
    assert dict.fromkeys(calls, (Outcome.UNSUPPORTED, 0)) == {
        call: (each.outcome, each.requests) for call, each in seen.items()
    }


def test_a_class_that_a_bundler_renamed_has_the_name_by_which_code_can_import_it(play: Play) -> None:
    """Its own name has an underscore that no program sees."""
    reported = deliver(play, "fullStream", "http-overloaded_error").reported
    assert ("ai.APICallError", 529) == (reported["error"], reported["status_code"])


def test_what_is_thrown_has_the_status_and_the_data_of_this_sdk(play: Play) -> None:
    """Both have other names than in the SDK of the provider."""
    passes_text = 'part.type === "text-delta" && controller'
    throws = SDK.replace(passes_text, f'part.type === "error" ? controller.error(part.error) : {passes_text}')
    assert throws != SDK
    call = Call("textStream", "http-overloaded_error")
    raised = play([call], throws)[call].exception
    assert raised is not None
    assert ("ai.APICallError", True, {"status_code": 529}) == (raised.name, raised.exported, raised.attributes)
    assert {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}} == {
        name: raised.body[name] for name in ("type", "error")
    }
    assert ("ai.AISDKError", "Error") == raised.bases
