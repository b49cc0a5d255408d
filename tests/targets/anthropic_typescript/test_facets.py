"""The facets of what an SDK throws, on the miniature with other errors."""

import hashlib

import pytest

from matrix.observation import UNDEFINED, Call, Cause, Outcome, Raised
from tests.targets.anthropic_typescript.conftest import SDK, Play

CALL = Call("messages.create", "mid-overloaded_error")
ERROR_OF = "const errorOf = (body, headers) => new APIError(undefined, body, undefined, headers);"


def throwing(source: str) -> str:
    """Make an SDK whose stream throws the value of an expression."""
    assert ERROR_OF in SDK
    return SDK.replace(ERROR_OF, f"const errorOf = (body, headers) => {source};")


def raised(play: Play, source: str) -> Raised:
    """Return the description of the value of an expression, which a stream throws."""
    seen = play([CALL], throwing(source)).behaviour[CALL]
    assert Outcome.RAISED is seen.outcome, seen
    assert seen.exception is not None
    return seen.exception


@pytest.mark.parametrize(
    ("source", "name", "bases", "exported"),
    [
        (
            "new RateLimitError(429, body)",
            "@anthropic-ai/sdk.RateLimitError",
            ("@anthropic-ai/sdk.APIError", "@anthropic-ai/sdk.AnthropicError", "Error"),
            True,
        ),
        ("new TypeError('terminated')", "TypeError", ("Error",), False),
        ("new (class APIError extends Error {})", "APIError", ("Error",), False),
        ("new DOMException('aborted', 'AbortError')", "DOMException", ("Error",), False),
        ("'text'", "string", (), False),
        ("null", "object", (), False),
        ("undefined", "undefined", (), False),
        ("({})", "Object", (), False),
        ("Object.create(null)", "Object", (), False),
    ],
)
def test_a_class_has_the_name_by_which_code_can_catch_it(
    play: Play, source: str, name: str, bases: tuple[str, ...], exported: bool
) -> None:
    """Check classes of the SDK, of the language and of nobody, and values of no class."""
    described = raised(play, source)
    assert (name, bases, exported) == (described.name, described.bases, described.exported)


@pytest.mark.parametrize(
    ("source", "attributes"),
    [
        ("new Error('x')", {}),
        ("Object.assign(new Error('x'), {status: undefined, type: null})", {"status_code": UNDEFINED, "type": None}),
        ("Object.assign(new Error('x'), {request_id: 'r'})", {"request_id": "r"}),
        ("Object.assign(new Error('x'), {request_id: 'r', requestID: 's'})", {"request_id": "s"}),
        ("Object.assign(new Error('x'), {status: NaN})", {"status_code": {"$object": "number", "$text": "NaN"}}),
        ("Object.assign(new Error('x'), {status: 5n})", {"status_code": {"$object": "bigint", "$text": "5"}}),
        (
            "Object.defineProperty(new Error('x'), 'type', {get() { throw new RangeError(); }})",
            {"type": {"$raises": "RangeError"}},
        ),
    ],
)
def test_an_attribute_that_is_missing_differs_from_undefined_and_null(
    play: Play, source: str, attributes: dict[str, object]
) -> None:
    """Check the attributes that handlers read, and values that JSON can't hold."""
    assert attributes == raised(play, source).attributes


def test_the_body_is_that_of_the_event(play: Play) -> None:
    """Check the attribute that is called error."""
    body = raised(play, "new APIError(undefined, body, undefined, headers)").body
    assert {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}} == body


def test_causes_are_listed_until_one_returns(play: Play) -> None:
    """Check a chain that leads back to its beginning, and one that ends in a value of no class."""
    loop = "(() => { const e = new Error('a'); e.cause = new TypeError('b', {cause: e}); return e; })()"
    assert (Cause(how="cause", name="TypeError", text="TypeError: b"),) == raised(play, loop).causes


def test_a_text_that_differs_between_runs_is_replaced(play: Play) -> None:
    """Check the folder of the environment."""
    text = raised(play, "new Error(import.meta.url)").text
    assert "Error: file://{env}/node_modules/@anthropic-ai/sdk/streaming.mjs" == text


def test_the_address_of_the_backend_is_replaced(play: Play) -> None:
    """Check the whole address, and its host with the port."""
    source = throwing("new Error(globalThis.asked)").replace(
        "this.baseURL = baseURL;",
        "this.baseURL = baseURL; globalThis.asked = `${baseURL} ${new URL(baseURL).origin} ${new URL(baseURL).host}`;",
    )
    seen = play([CALL], source).behaviour[CALL].exception
    assert seen is not None
    assert "Error: {base} {origin} {origin}" == seen.text


def test_a_long_text_is_shortened_and_a_lone_surrogate_is_a_question_mark(play: Play) -> None:
    """Check texts that no page could show and no encoding could carry."""
    digest = hashlib.sha256(b"x" * 4001).hexdigest()[:16]
    source = "Object.assign(new Error('\\ud800'), {type: 'x'.repeat(4001), error: {'\\udfff': ['\\ud800']}})"
    described = raised(play, source)
    assert ("Error: ?", f"{'x' * 200}... (4001 characters, sha256 {digest})", {"?": ["?"]}) == (
        described.text,
        described.attributes["type"],
        described.body,
    )


def test_a_text_that_can_not_be_made_is_described(play: Play) -> None:
    """Check an error whose conversion throws."""
    described = raised(play, "({toString() { throw new RangeError(); }})")
    assert "String() threw RangeError" == described.text
