"""What a recording keeps of a body, and what it replaces."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.backend.record.redaction import Redactor
from matrix.catalogue import sse
from matrix.catalogue.steps import Event

TEXT = "Canary"
"""A text that stands in no word of the protocol."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


def redact(text: str, *, keep_text: bool = False) -> str:
    """Redact a body that is a text."""
    return Redactor(keep_text=keep_text).redact(text.encode()).decode()


def stream(*events: object) -> str:
    """Write the data of events as a stream."""
    return "".join(sse.encode_event(Event("some", json.dumps(event))).decode() for event in events)


def read_stream(text: str) -> list[Any]:
    """Read the data of events."""
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def form(text: str) -> object:
    """Return the value of JSON with its texts and numbers replaced by their types; fields may have the same name."""

    def of(value: object) -> object:
        if isinstance(value, list | tuple):
            return [*map(of, value)]
        return value if value is None or isinstance(value, bool) else type(value)

    return of(json.loads(text, object_pairs_hook=tuple))


@given(st.binary(max_size=200))
def test_a_body_keeps_its_length(body: bytes) -> None:
    """So every chunk keeps its size, and Content-Length stays right."""
    assert len(body) == len(Redactor().redact(body))
    assert body.count(b"\n") == Redactor().redact(body).count(b"\n")


@given(values, st.booleans())
def test_json_stays_json_of_the_same_form(value: object, is_ascii: bool) -> None:
    """Objects, arrays, numbers and literals stay where they are."""
    text = json.dumps({"usage": value}, ensure_ascii=is_ascii)
    assert form(text) == form(redact(text))


@given(st.text(max_size=5), st.text(max_size=5))
def test_a_text_is_nowhere_in_the_result(before: str, after: str) -> None:
    """Check a text in fields, in fields that people name, in pieces of JSON, in comments, and in no JSON at all."""
    text = before + TEXT + after
    pieces = json.dumps({text: [text, {"a": text}]})
    body = stream(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "error", "error": {"type": "api_error", "message": text, "some_new_field": [text, {"deep": text}]}},
        {"type": "x", "content_block": {"name": text, "input": {text: {"city": text}}}},
        {"delta": {"partial_json": pieces[:5]}},
        {"delta": {"partial_json": pieces[5:]}},
        {"choices": [{"delta": {"tool_calls": [{"function": {"name": text, "arguments": pieces}}]}}]},
    )
    rest = f": {text!r}\n\nevent: {text!r}\ndata: {text!r}\n\n<p>{text!r}</p>"
    assert TEXT[-5:] not in redact(body + rest)


def test_words_of_the_protocol_stay() -> None:
    """A client chooses what to do by them."""
    events = [
        {"type": "error", "error": {"type": "overloaded_error", "code": "server_is_overloaded", "message": None}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}},
        {"object": "chat.completion.chunk", "choices": [{"index": 0, "finish_reason": "stop", "delta": {"role": "a"}}]},
    ]
    assert stream(*events) == redact(stream(*events))
    assert "data: [DONE]\n\nretry: 3000\n" == redact("data: [DONE]\n\nretry: 3000\n")


def test_a_sentence_in_a_field_of_words_is_replaced() -> None:
    """An API may put anything into such a field."""
    assert TEXT not in redact(json.dumps({"type": f"the key {TEXT}", "code": f"{TEXT}!", "reason": TEXT + "é"}))


def test_an_id_is_another_one_and_the_same_everywhere() -> None:
    """The events of one tool call belong together by their ids."""
    body = stream({"id": "call_abcdef", "item_id": "item_1"}, {"tool_call_id": "call_abcdef", "id": "x"})
    first, second = read_stream(redact(body))
    assert {"id": "call_000001", "item_id": "item_2"} == first
    assert {"tool_call_id": "call_000001", "id": "3"} == second


@pytest.mark.parametrize("is_ascii", [True, False])
@given(st.data(), st.dictionaries(st.text(max_size=5), values, min_size=1, max_size=4))
def test_pieces_of_json_stay_json_together(is_ascii: bool, data: st.DataObject, value: dict[str, object]) -> None:
    """A tool call arrives in pieces, which the SDK joins and parses."""
    whole = json.dumps(value, ensure_ascii=is_ascii)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    pieces = [whole[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    others = '{"a": "b'
    events = [{"index": 1, "delta": {"partial_json": others}}]
    events += [{"index": 0, "delta": {"partial_json": piece}} for piece in pieces]
    redacted: list[dict[str, dict[str, str]]] = read_stream(redact(stream(*events)))
    joined = "".join(event["delta"]["partial_json"] for event in redacted[1:])
    assert form(whole) == form(joined)
    assert '{"x": "x' == redacted[0]["delta"]["partial_json"]


def test_the_arguments_of_the_responses_api_are_pieces() -> None:
    """Their field is called as that of a text."""
    kind = "response.function_call_arguments.delta"
    events = [{"type": kind, "delta": piece} for piece in ('{"city": "Pa', 'ris", "n": 12}')]
    assert ['{"xxxx": "xx', 'xxx", "x": 11}'] == [event["delta"] for event in read_stream(redact(stream(*events)))]


def test_faults_of_the_encoding_stay() -> None:
    """Bytes that are no UTF-8, a byte order mark and letters that look like line ends are failures of their own."""
    assert b'{"a": "x\xffx"}' == Redactor().redact(b'{"a": "a\xe9b"}')
    assert "\ufeffdata: {}\n" == redact("\ufeffdata: {}\n")
    assert '{"a": "x\u2028x"}' == redact('{"a": "a\u2028b"}')


def test_text_that_is_kept_is_the_same_but_for_ids() -> None:
    """`--keep-text` asks for it."""
    body = stream({"id": "msg_1234", "text": TEXT, "input": {TEXT: [12]}}) + f": {TEXT}\n<p>{TEXT}</p>\n"
    assert body.replace("msg_1234", "msg_0001") == redact(body, keep_text=True)


@pytest.mark.parametrize("keep_text", [False, True])
def test_a_secret_is_replaced_wherever_it_stands(keep_text: bool) -> None:
    """An API may repeat a key in a message, in a word of the protocol, or in a page."""
    redactor = Redactor(keep_text=keep_text)
    redactor.add_secret(b"Bearer sk-0123456789")
    body = b'{"type": "sk-0123456789", "message": "the key sk-0123456789"} sk-0123456789'
    assert b"0123456789" not in redactor.redact(body)
    assert len(body) == len(redactor.redact(body))


def test_a_cookie_is_replaced_by_its_parts() -> None:
    """An API may repeat the value alone. Short words are no secrets, such as `Bearer`."""
    redactor = Redactor(keep_text=True)
    redactor.add_secret(b"session=0123456789abc; Path=/; Bearer short")
    assert b"Bearer short xxxxxxxxxxxxx Path" == redactor.redact(b"Bearer short 0123456789abc Path")


def test_a_broken_head_keeps_its_names_and_status() -> None:
    """Its values may name an organisation."""
    head = b"HTTP/1.1 200 OK\r\nAnthropic-Organization-Id: a1b2\r\nContent-Ty"
    assert b"HTTP/1.1 200 xx\r\nAnthropic-Organization-Id: xxxx\r\nxxxxxxx-xx" == Redactor().redact_head(head)
