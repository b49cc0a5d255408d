"""Every surface of the TypeScript SDK, on the miniature: what a call delivers, and how it fails."""

import pytest

from matrix.observation import Call, FinalMessage, Outcome
from matrix.targets import ANTHROPIC_TYPESCRIPT
from tests.targets.anthropic_typescript.conftest import SDK, Play

HELPER = "    this.messages = { create, stream };"
SURFACES = [id_ for id_ in ANTHROPIC_TYPESCRIPT.surfaces if id_ != "completeStream"]


@pytest.mark.parametrize("surface", SURFACES)
def test_a_surface_delivers_a_stream_and_its_error(play: Play, surface: str) -> None:
    """Check that the text arrives, and that the error has a type and no status."""
    clean, failed, http = (Call(surface, each) for each in ("clean", "mid-overloaded_error", "http-overloaded_error"))
    seen = play([clean, failed, http]).behaviour
    delivered = seen[clean].delivered
    assert delivered is not None
    shows_text = surface != "messages.stream.done"
    assert (Outcome.COMPLETED, "Hello world" if shows_text else "") == (seen[clean].outcome, delivered.text)
    raised, plain = seen[failed].exception, seen[http].exception
    assert raised is not None
    assert plain is not None
    assert ("@anthropic-ai/sdk.APIError", "overloaded_error", None) == (
        raised.name,
        raised.attributes["type"],
        raised.value("status_code"),
    )
    assert ("InternalServerError", 529) == (plain.short_name, plain.attributes["status_code"])
    assert (surface == "messages.stream.on-text") == raised.escaped


@pytest.mark.parametrize("surface", ["messages.stream", "messages.stream.on", "messages.stream.finalText"])
def test_a_release_without_the_helper_lacks_its_surfaces(play: Play, surface: str) -> None:
    """Check that this is found by looking."""
    call = Call(surface, "clean")
    old = SDK.replace(HELPER, "    this.messages = { create };")
    assert Outcome.UNSUPPORTED is play([call], old).behaviour[call].outcome


def test_the_client_of_an_old_release_gives_the_text_so_far(play: Play) -> None:
    """Check the client before 0.5, which is no `Anthropic`."""
    old = """
    export class Client {
      constructor(key, { apiUrl }) {
        this.url = apiUrl;
      }
      async completeStream(body, { onUpdate }) {
        await (await fetch(this.url + "/v1/complete", { method: "POST", body: "{}" })).text();
        onUpdate({ completion: "Hello", stop_reason: null });
        onUpdate({ completion: "Hello world", stop_reason: "stop_sequence" });
      }
    }
    export default { Client };
    """
    calls = [Call("completeStream", "clean"), Call("messages.create", "clean")]
    seen = play(calls, old).behaviour
    delivered = seen[calls[0]].delivered
    assert delivered is not None
    assert ("Hello world", "stop_sequence") == (delivered.text, delivered.stop_reason)
    assert Outcome.UNSUPPORTED is seen[calls[1]].outcome


def test_a_cut_stream_is_silent_and_has_no_final_message(play: Play) -> None:
    """Check the helper, whose final message is asked for after its events."""
    call = Call("messages.stream", "eof-mid")
    seen = play([call]).behaviour[call]
    assert (Outcome.COMPLETED, FinalMessage(raised="AnthropicError")) == (seen.outcome, seen.final)


def test_a_second_call_uses_the_connection_of_the_first(play: Play) -> None:
    """Check the fault that only a kept connection has, and that no other call meets it."""
    calls = [Call("messages.create.second-call", each) for each in ("clean", "closed-between-calls")]
    seen = play([*calls, Call("messages.create", "clean")]).behaviour
    assert [2, 2, 1] == [observation.requests for observation in seen.values()]
    assert [Outcome.COMPLETED, Outcome.RAISED, Outcome.COMPLETED] == [each.outcome for each in seen.values()]


@pytest.mark.parametrize(
    ("source", "connection"),
    [
        pytest.param(SDK, "released", id="the iterator cancels the response"),
        pytest.param(SDK.replace("body.pipe", "body.tee()[0].pipe"), "open", id="a copy of it is left unread"),
    ],
)
def test_a_connection_that_leaks_is_reported(play: Play, source: str, connection: str) -> None:
    """Check a stream that the server keeps open after its error."""
    call = Call("messages.create", "error-held")
    assert connection == play([call], source).behaviour[call].connection


def test_a_client_that_can_not_be_made_is_reported(play: Play) -> None:
    """Check the error of the constructor."""
    call = Call("messages.create", "clean")
    seen = play([call], SDK.replace("this.baseURL = baseURL;", 'throw new TypeError("no key");')).behaviour[call]
    assert seen.exception is not None
    assert (Outcome.CANNOT_CONSTRUCT, "TypeError: no key") == (seen.outcome, seen.exception.text)
