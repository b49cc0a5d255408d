"""What the probe makes of a call: every handler, and the remedy, run on releases that are made up here.

The probe's own program is loaded from its file, and the modules that handlers import are put in `sys.modules` while
they are loaded and no longer, so that no other test meets them.
"""

import contextlib
import copy
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import ANTHROPIC

DOMAIN: Final = (
    "class-overloaded",
    "class-private",
    "class-5xx-429",
    "status-set",
    "status-ge-500",
    "status-ge-400",
    "type-attr",
    "body-type",
    "body-text",
    "str-text",
    "any-status-error",
    "connection",
    "sdk-retries",
    "stop-reason",
    "remedy",
)
"""The ids that the domain asks for. One that was published never changes."""


def _loaded(path: Path) -> Any:
    """A module of the probe, of which nothing else hears."""
    spec = importlib.util.spec_from_file_location(f"a_test_of_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        spec.loader.exec_module(module)
    return module


probe: Final = _loaded(ANTHROPIC.probe / "probe_handlers.py")
probe._REMEDY = str(ANTHROPIC.remedy)  # in a cell it lies in the folder above the probe


# Releases


class APIError(Exception):
    """Shaped as the SDK's."""

    def __init__(self, text: str, body: object = None) -> None:
        super().__init__(text)
        self.body = body


class APIConnectionError(APIError):
    """Shaped as the SDK's."""


class APITimeoutError(APIConnectionError):
    """Shaped as the SDK's."""


class APIStatusError(APIError):
    """Shaped as the SDK's, before it had a type."""

    def __init__(self, status_code: int, body: object) -> None:
        super().__init__(f"Error code: {status_code} - {body}", body)
        self.status_code = status_code
        self.response = SimpleNamespace(status_code=status_code, headers={})


class BadRequestError(APIStatusError):
    """Shaped as the SDK's."""


class RateLimitError(APIStatusError):
    """Shaped as the SDK's."""


class InternalServerError(APIStatusError):
    """Shaped as the SDK's."""


class OverloadedError(InternalServerError):
    """Shaped as the SDK's, which has it in a private module."""


class HTTPError(Exception):
    """Shaped as that of httpx."""


CLASSES: Final = (
    APIError,
    APIConnectionError,
    APITimeoutError,
    APIStatusError,
    BadRequestError,
    RateLimitError,
    InternalServerError,
    OverloadedError,
)


def module(name: str, *classes: type) -> ModuleType:
    """A module with these classes."""
    made = ModuleType(name)
    for kind in classes:
        setattr(made, kind.__name__, kind)
    return made


def release(
    lacks: str = "", private: tuple[type, ...] | None = (OverloadedError,), httpx: bool = True, remedy: bool = True
) -> Any:
    """The handlers, as the probe loads them beside a release.

    Args:
        lacks: What the release does not export.
        private: What is in its private module; None if it has no such module.
        httpx: Whether it came with httpx.
        remedy: Whether a remedy of somebody else's is imported already.
    """
    exported = [kind for kind in CLASSES if kind.__name__ != lacks]
    found: dict[str, Any] = {
        "anthropic": module("anthropic", *exported),
        "anthropic._exceptions": None if private is None else module("anthropic._exceptions", *private),
        "httpx": module("httpx", HTTPError) if httpx else None,
        "remedy": ModuleType("remedy") if remedy else None,
    }
    imported: dict[str, Any] = dict(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        for name, value in found.items():
            patch.setitem(sys.modules, name, value)  # None: it can't be imported
        handlers = probe.Handlers()
    assert imported == dict(sys.modules), "what was loaded for one test must not be met by another"
    return handlers


@pytest.fixture(scope="module")
def whole() -> Any:
    """The handlers beside a release that has everything that any of them asks for."""
    return release()


# Calls


def event(kind: str, **more: object) -> SimpleNamespace:
    """An event of the SDK, as far as anybody looks at it."""
    return SimpleNamespace(type=kind, **more)


SOME: Final = [
    event("message_start"),
    event("content_block_start"),
    event("content_block_delta", delta=SimpleNamespace(text="Hello")),
]
ALL: Final = [*SOME, event("message_delta", delta=SimpleNamespace(stop_reason="end_turn")), event("message_stop")]


def envelope(error_type: str) -> dict[str, Any]:
    """The API's error object."""
    return {"type": "error", "error": {"type": error_type, "message": "Some words"}}


def typed(error: APIStatusError) -> APIStatusError:
    """The same, of a release that has the type on the exception."""
    error.type = error.body["error"]["type"] if isinstance(error.body, dict) else None  # type: ignore[attr-defined]
    return error


def in_stream(error_type: str) -> APIStatusError:
    """What a release raises for an error inside a stream: it knows the type, and has the status of the stream."""
    return typed(APIStatusError(200, envelope(error_type)))


class Made(SimpleNamespace):
    """A call that was made.

    Attributes:
        events: What it gave.
        error: What it raised, or None.
        began: Whether a stream had begun.
    """

    events: list[SimpleNamespace]
    error: BaseException | None
    began: bool

    @property
    def replay(self) -> Any:
        """The call, to be made again by a handler."""
        return probe.Replay(self.events, self.error, self.began)


def made(events: list[SimpleNamespace], error: BaseException | None = None, *, began: bool = True) -> Made:
    """A call that was made; its exception was raised and caught, as one is that came out of a release."""
    if error is not None:
        with contextlib.suppress(BaseException):
            raise error
    return Made(events=events, error=error, began=began)


CALLS: Final[dict[str, Callable[[], Made]]] = {
    "http-529": lambda: made([], typed(OverloadedError(529, envelope("overloaded_error"))), began=False),
    "http-429": lambda: made([], typed(RateLimitError(429, envelope("rate_limit_error"))), began=False),
    "http-400": lambda: made([], typed(BadRequestError(400, envelope("invalid_request_error"))), began=False),
    "mid-529": lambda: made(SOME, in_stream("overloaded_error")),
    "mid-400": lambda: made(SOME, in_stream("invalid_request_error")),
    "mid-text": lambda: made(SOME, typed(APIStatusError(200, "no healthy upstream"))),
    "timeout": lambda: made(SOME, APITimeoutError("Request timed out.")),
    "raw": lambda: made(SOME, type("ReadError", (HTTPError,), {})("peer closed")),
    "bug": lambda: made(SOME, KeyError("index")),
    "clean": lambda: made(ALL),
    "cut": lambda: made(SOME),
    "late": lambda: made(ALL, in_stream("overloaded_error")),
}
"""Calls of one release that has everything, by what became of them. The three plain HTTP errors come before a stream
begins; `late` is an error after the end of the message."""

TABLE: Final = """
                    http-529 http-429 http-400 mid-529 mid-400 mid-text  timeout raw   bug   clean  cut    late
any-api-error       retry    retry    retry    retry   retry   retry     retry   fail  fail  accept accept retry
any-exception       retry    retry    retry    retry   retry   retry     retry   retry retry accept accept retry
any-status-error    retry    retry    retry    retry   retry   retry     fail    fail  fail  accept accept retry
body-text           retry    fail     fail     retry   fail    fail      fail    fail  fail  accept accept retry
body-type           retry    retry    fail     retry   fail    TypeError fail    fail  fail  accept accept retry
class-5xx-429       retry    retry    fail     fail    fail    fail      fail    fail  fail  accept accept fail
class-all-transient retry    retry    fail     fail    fail    fail      retry   fail  fail  accept accept fail
class-overloaded    retry    fail     fail     fail    fail    fail      fail    fail  fail  accept accept fail
class-private       retry    fail     fail     fail    fail    fail      fail    fail  fail  accept accept fail
class-rate-limit    fail     retry    fail     fail    fail    fail      fail    fail  fail  accept accept fail
connection          retry    retry    fail     fail    fail    fail      retry   retry fail  accept accept fail
getattr-status      retry    retry    fail     fail    fail    fail      fail    fail  fail  accept accept fail
remedy              retry    retry    fail     retry   fail    retry     retry   retry retry accept retry  -
response-status     retry    retry    fail     fail    fail    fail      fail    fail  fail  accept accept fail
sdk-retries         fail     fail     fail     fail    fail    fail      fail    fail  fail  accept accept fail
status-429-529      retry    retry    fail     fail    fail    fail      fail    fail  fail  accept accept fail
status-ge-400       retry    retry    fail     fail    fail    fail      fail    fail  fail  accept accept fail
status-ge-500       retry    fail     fail     fail    fail    fail      fail    fail  fail  accept accept fail
status-set          retry    retry    fail     fail    fail    fail      fail    fail  fail  accept accept fail
stop-reason         fail     fail     fail     fail    fail    fail      fail    fail  fail  accept retry  fail
str-overloaded      retry    fail     fail     retry   fail    fail      fail    fail  fail  accept accept retry
str-text            retry    fail     fail     retry   fail    fail      fail    fail  fail  accept accept retry
type-attr           retry    retry    fail     retry   fail    fail      fail    fail  fail  accept accept retry
type-or-body        retry    retry    fail     retry   fail    fail      fail    fail  fail  accept accept retry
"""
"""Handler and call to decision; where it is a class, the handler crashed with it; for a dash there is a test below."""


def written(cell: str) -> str:
    """A decision as the probe writes it."""
    return cell if cell in ("retry", "fail", "accept") else f"crashed: {cell}"


HEAD, *LINES = (line.split() for line in TABLE.strip().splitlines())
ROWS: Final = {
    handler: {call: written(cell) for call, cell in zip(HEAD, cells, strict=True) if cell != "-"}
    for handler, *cells in LINES
}
"""Handler, and call to decision as the probe writes it."""


@pytest.mark.parametrize(("handler", "expected"), ROWS.items(), ids=ROWS)
def test_a_handler_decides(whole: Any, handler: str, expected: dict[str, str]) -> None:
    """On the very exception, whatever that is."""
    found = {}
    for id_ in expected:
        one = CALLS[id_]()
        found[id_] = whole.decisions(one.replay, one.error)[handler]
    assert expected == found


def test_who_is_given_the_whole_answer_by_the_remedy_accepts_it(whole: Any) -> None:
    """An error after the end of the message is not raised by a guarded stream."""
    one = CALLS["late"]()
    assert whole.decisions(one.replay, one.error)["remedy"] == "accept"


def test_every_handler_has_a_row() -> None:
    """And every row a file."""
    assert sorted(path.stem for path in (ANTHROPIC.probe / "handlers").glob("*.py")) == list(ROWS)


def test_every_handler_of_the_domain_is_there() -> None:
    """Under the id by which it is known."""
    assert set() == set(DOMAIN) - ROWS.keys()


def no_details(body: object) -> Made:
    """An error inside a stream that does not say which it is, on a release that has no type for it either."""
    return made(SOME, APIStatusError(200, body))


OVERLOADED = CALLS["mid-529"]


@pytest.mark.parametrize(
    ("handler", "how", "call", "expected"),
    [
        # The release has no such class; it is looked up when there is something to catch.
        ("class-overloaded", {"lacks": "OverloadedError"}, OVERLOADED, "AttributeError"),
        ("class-overloaded", {"lacks": "OverloadedError"}, CALLS["clean"], "accept"),
        ("any-api-error", {"lacks": "APIError"}, OVERLOADED, "AttributeError"),
        ("connection", {"lacks": "APIConnectionError"}, OVERLOADED, "AttributeError"),
        # What is imported by name has to be there, whatever becomes of the call.
        ("class-private", {"private": ()}, OVERLOADED, "ImportError"),
        ("class-private", {"private": ()}, CALLS["clean"], "ImportError"),
        ("class-private", {"private": None}, OVERLOADED, "ModuleNotFoundError"),
        ("class-all-transient", {"lacks": "APITimeoutError"}, CALLS["clean"], "ImportError"),
        ("connection", {"httpx": False}, OVERLOADED, "ModuleNotFoundError"),
        ("connection", {"httpx": False}, CALLS["clean"], "ModuleNotFoundError"),
        # What is looked for on the exception.
        ("type-attr", {}, lambda: no_details(envelope("overloaded_error")), "AttributeError"),
        ("type-or-body", {}, lambda: no_details(envelope("overloaded_error")), "retry"),
        ("type-or-body", {}, lambda: no_details({"error": None}), "fail"),
        ("body-type", {}, lambda: no_details(None), "TypeError"),
        ("body-type", {}, lambda: no_details({"error": None}), "TypeError"),
        ("body-type", {}, lambda: no_details({"message": "x"}), "KeyError"),
        ("body-type", {}, lambda: no_details({"type": "overloaded_error", "message": "x"}), "KeyError"),
        ("body-text", {}, lambda: no_details({"type": "overloaded_error", "message": "x"}), "retry"),
        ("str-overloaded", {}, lambda: no_details({"message": "This would exceed your Rate Limit."}), "retry"),
        ("str-text", {}, lambda: no_details({"message": "Overloaded"}), "fail"),
        # The releases before 0.3: their events are dictionaries.
        ("stop-reason", {}, lambda: made([{"completion": "Hello"}]), "AttributeError"),  # type: ignore[list-item]
        ("sdk-retries", {}, lambda: made([{"completion": "Hello"}]), "accept"),  # type: ignore[list-item]
        # Ours is a file of its own, whatever else bears its name.
        ("remedy", {"remedy": False}, OVERLOADED, "retry"),
    ],
)
def test_a_handler_meets_a_release_that_it_was_not_written_for(
    handler: str, how: dict[str, Any], call: Callable[[], Made], expected: str
) -> None:
    """It crashes over what is not there, or gets by."""
    one = call()
    assert written(expected) == release(**how).decisions(one.replay, one.error)[handler]


def test_what_we_recommend_does_not_crash_over_a_text() -> None:
    """A gateway's error may be a sentence."""
    one = no_details({"error": "overloaded"})
    assert release().decisions(one.replay, one.error)["type-or-body"] == "fail"


# What a handler is given, and what it leaves


def depth(error: BaseException) -> int:
    """How many frames an exception has come through."""
    return len(list(traceback.walk_tb(error.__traceback__)))


def test_a_call_is_made_again_with_the_very_events_and_the_very_exception() -> None:
    """As often as anybody asks, and each time as if for the first."""
    one = OVERLOADED()
    replay = one.replay
    depths = []
    for _ in range(3):
        taken: list[object] = []
        with pytest.raises(APIStatusError) as caught:
            taken.extend(replay.create())
        # Raised out of the stream, after what it gave.
        assert one.error is caught.value
        depths.append(depth(caught.value))
        taken = []
        stream = iter(replay.create())
        assert [id(each) for each in SOME] == [id(next(stream)) for _ in SOME]
    assert 1 == len(set(depths))


def test_what_failed_before_a_stream_began_fails_in_the_call() -> None:
    """There is no stream then that could be guarded."""
    one = CALLS["http-529"]()
    with pytest.raises(OverloadedError) as caught:
        one.replay.create()
    assert one.error is caught.value


def chained() -> Made:
    """An error inside a stream, raised from another and while a third was handled; its status is worth no retry."""
    try:
        try:
            raise KeyError("the context")  # noqa: TRY301
        except KeyError:
            raise APIStatusError(404, envelope("not_found_error")) from ValueError("the cause")
    except APIStatusError as error:
        return Made(events=SOME, error=error, began=True)


def looked_at(handlers: Any, one: Made) -> None:
    """Everything that the probe does with a call."""
    handlers.decisions(one.replay, one.error)
    for asynchronous in (False, True):
        handlers.guarded(one.replay, asynchronous)
    handlers.explained(one.error)


@pytest.mark.parametrize("call", [*CALLS.values(), chained], ids=[*CALLS, "chained"])
def test_handlers_leave_the_exception_as_it_was(whole: Any, call: Callable[[], Made]) -> None:
    """What it says, has and was raised from; what a handler does to it is not what the release did."""
    one = call()
    if one.error is not None:

        def state(error: BaseException) -> tuple[object, ...]:
            return error.args, str(error), error.__cause__, error.__suppress_context__, dict(vars(error))

        before = copy.copy(state(one.error))
        looked_at(whole, one)
        assert before == state(one.error)


def test_handlers_leave_where_the_exception_has_been_and_what_it_was_raised_during(whole: Any) -> None:
    """A handler that raises it while it handles another gives it another context, which all later handlers meet."""
    one = chained()
    assert one.error is not None
    before = depth(one.error), one.error.__context__
    looked_at(whole, one)
    assert before == (depth(one.error), one.error.__context__)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_handler_changes_what_another_decides(whole: Any, call: Callable[[], Made]) -> None:
    """Asked twice about one exception, all say the same as when they are asked about it for the first time."""
    one, other = call(), call()
    first = whole.decisions(one.replay, one.error)
    assert first == whole.decisions(one.replay, one.error)
    looked_at(whole, other)
    assert first == whole.decisions(other.replay, other.error)


# What a decision is


_TRIES = "def ask(create):\n    try:\n        return list(create())\n    except Exception as e:\n        "

HANDLERS: Final = {
    "wants-another": "def ask(create):\n    return 'retry'\n",
    "wants-another-after-all": "def ask(create):\n    list(create())\n    return 'retry'\n",
    "swallows": f"{_TRIES}pass\n",
    "answers": f"{_TRIES}return 'sorry'\n",
    "lets-it-out": "def ask(create):\n    list(create())\n",
    "raises-it-again": f"{_TRIES}raise e\n",
    "raises-another": f"{_TRIES}raise OSError from e\n",
    "crashes-at-once": "def ask(create):\n    raise KeyError('index')\n",
    "ends-the-program": "def ask(create):\n    raise SystemExit\n",
    "is-no-python": "def ask(create:\n",
    "imports-what-is-not-there": "import no_such_module\n",
    "asks-nothing": "x = 1\n",
}

DECISIONS: Final = {
    # Handler to what it decides about a call that raised, and about one that did not.
    "wants-another": ("retry", "retry"),
    "wants-another-after-all": ("fail", "retry"),
    "swallows": ("fail", "accept"),
    "answers": ("fail", "accept"),
    "lets-it-out": ("fail", "accept"),
    "raises-it-again": ("fail", "accept"),
    "raises-another": ("crashed: OSError", "accept"),
    "crashes-at-once": ("crashed: KeyError", "crashed: KeyError"),
    "ends-the-program": ("crashed: SystemExit", "crashed: SystemExit"),
    "is-no-python": ("crashed: SyntaxError", "crashed: SyntaxError"),
    "imports-what-is-not-there": ("crashed: ModuleNotFoundError", "crashed: ModuleNotFoundError"),
    "asks-nothing": ("crashed: AttributeError", "crashed: AttributeError"),
}


def test_what_a_handler_does_is_a_decision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """To ask again, to fail, to accept or to crash; whatever it does, the next one is asked."""
    (tmp_path / "handlers").mkdir()
    for name, source in HANDLERS.items():
        (tmp_path / "handlers" / f"{name}.py").write_text(source, encoding="utf-8")
    (tmp_path / "handlers" / "notes.txt").write_text("No handler.", encoding="utf-8")
    monkeypatch.setattr(probe, "_HERE", str(tmp_path))
    handlers = release()
    raised, ended = CALLS["bug"](), CALLS["clean"]()
    found = {"raised": handlers.decisions(raised.replay, raised.error), "ended": handlers.decisions(ended.replay, None)}
    assert {id_: each[0] for id_, each in DECISIONS.items()} == found["raised"]
    assert {id_: each[1] for id_, each in DECISIONS.items()} == found["ended"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_is_let_out_and_that_is_no_crash(whole: Any, kind: type[BaseException]) -> None:
    """Nobody's `except Exception` is meant for it."""
    one = made(SOME, kind())
    decisions = whole.decisions(one.replay, one.error)
    assert dict.fromkeys(decisions, "fail") == decisions


# What the remedy says


FAILED: Final = {"status": None, "error_type": None, "retryable": True, "request_id": None, "outcome": "failed"}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("clean", {"outcome": "passed"}),
        ("late", {"outcome": "passed"}),
        ("cut", {**FAILED, "text": "some"}),
        ("bug", {**FAILED, "text": "some"}),
        ("raw", {**FAILED, "text": "some"}),
        ("mid-text", {**FAILED, "text": "some"}),
        ("mid-529", {**FAILED, "status": 529, "error_type": "overloaded_error", "text": "some"}),
        (
            "mid-400",
            {**FAILED, "status": 400, "error_type": "invalid_request_error", "retryable": False, "text": "some"},
        ),
        # No stream had begun that could have been guarded.
        ("http-529", {**FAILED, "status": 529, "error_type": "overloaded_error", "text": None}),
        (
            "http-400",
            {**FAILED, "status": 400, "error_type": "invalid_request_error", "retryable": False, "text": None},
        ),
    ],
)
def test_the_remedy_says_of_a_guarded_call(
    whole: Any, call: str, expected: dict[str, object], asynchronous: bool
) -> None:
    """That nothing is wrong with it, or what is."""
    assert expected == whole.guarded(CALLS[call]().replay, asynchronous)


def test_the_remedy_says_of_an_exception_that_nobody_guarded(whole: Any) -> None:
    """The same, but nobody knows how much was delivered."""
    expected = {**FAILED, "status": 529, "error_type": "overloaded_error", "text": None}
    assert expected == whole.explained(in_stream("overloaded_error"))


def test_a_remedy_that_crashes_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held to what it says of itself, like any handler."""
    handlers = release()

    def crash(_error: BaseException) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(handlers._remedy, "explain", crash)
    told = {"outcome": "crashed: ZeroDivisionError"}
    assert told == handlers.explained(OVERLOADED().error)
    assert told == handlers.guarded(OVERLOADED().replay, False)
    assert told == handlers.guarded(CALLS["http-529"]().replay, True)
