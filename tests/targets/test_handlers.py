"""The probe's decisions: every handler, and the remedy, run on releases that are made up here.

The probe's own program is loaded from its file, and the modules that handlers import are put in `sys.modules` while
they are loaded and no longer, so that they reach no other test.
"""

import contextlib
import copy
import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
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
"""Published handler ids, which never change."""


def _loaded(path: Path) -> Any:
    """Load a module of the probe without registering it."""
    spec = importlib.util.spec_from_file_location(f"a_test_of_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        spec.loader.exec_module(module)
    return module


probe: Final = _loaded(ANTHROPIC.probe / "probe_handlers.py")
probe._REMEDY = str(ANTHROPIC.remedy)  # in a cell this file lies in the folder above the probe


# Releases


class APIError(Exception):
    """The SDK's class."""

    def __init__(self, text: str, body: object = None) -> None:
        super().__init__(text)
        self.body = body


class APIConnectionError(APIError):
    """The SDK's class."""


class APITimeoutError(APIConnectionError):
    """The SDK's class."""


class APIStatusError(APIError):
    """The SDK's class, before it had a type."""

    def __init__(self, status_code: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"Error code: {status_code} - {body}", body)
        self.status_code = status_code
        self.response = SimpleNamespace(status_code=status_code, headers=dict(headers or {}))


class BadRequestError(APIStatusError):
    """The SDK's class."""


class RateLimitError(APIStatusError):
    """The SDK's class."""


class InternalServerError(APIStatusError):
    """The SDK's class."""


class OverloadedError(InternalServerError):
    """The SDK's class, which is in a private module."""


class HTTPError(Exception):
    """The class of httpx."""


class TransportError(HTTPError):
    """The class of httpx."""


NewTransportError: Final = type("TransportError", (Exception,), {"__doc__": "The class of httpx2, which is another."})


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
    """Make a module with these classes."""
    make_call = ModuleType(name)
    for kind in classes:
        setattr(make_call, kind.__name__, kind)
    return make_call


def release(
    lacks: str = "",
    private: tuple[type, ...] | None = (OverloadedError,),
    httpx: bool = True,
    httpx2: bool = True,
    remedy: bool = True,
) -> Any:
    """Load the handlers as the probe does in an environment with a release.

    Args:
        lacks: Names that the release does not export.
        private: Classes in its private module; None if it has no such module.
        httpx: Whether it came with httpx.
        httpx2: Whether it came with httpx2.
        remedy: Whether another module named like the remedy is imported already.
    """
    exported = [kind for kind in CLASSES if kind.__name__ != lacks]
    handlers: dict[str, Any] = {
        "anthropic": module("anthropic", *exported),
        "anthropic._exceptions": None if private is None else module("anthropic._exceptions", *private),
        "httpx": module("httpx", HTTPError, TransportError) if httpx else None,
        "httpx2": module("httpx2", NewTransportError) if httpx2 else None,
        "remedy": ModuleType("remedy") if remedy else None,
    }
    imported: dict[str, Any] = dict(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        for name, value in handlers.items():
            patch.setitem(sys.modules, name, value)  # None: it can't be imported
        handlers = probe.Handlers()
    assert imported == dict(sys.modules), "what was loaded for one test must not be met by another"
    return handlers


@pytest.fixture(scope="module")
def complete_release() -> Any:
    """Load the handlers with a release that has every name that any of them imports."""
    return release()


# Calls


def event(kind: str, **more: object) -> SimpleNamespace:
    """Make an event with the attributes of the SDK's that are read."""
    return SimpleNamespace(type=kind, **more)


SOME: Final = [
    event("message_start"),
    event("content_block_start"),
    event("content_block_delta", delta=SimpleNamespace(text="Hello")),
]
ALL: Final = [*SOME, event("message_delta", delta=SimpleNamespace(stop_reason="end_turn")), event("message_stop")]


def envelope(error_type: str) -> dict[str, Any]:
    """Make the API's error object."""
    return {"type": "error", "error": {"type": error_type, "message": "Some words"}}


def typed(error: APIStatusError) -> APIStatusError:
    """Make the same error of a release that has the type on the exception."""
    error.type = error.body["error"]["type"] if isinstance(error.body, dict) else None  # type: ignore[attr-defined]
    return error


def in_stream(error_type: str) -> APIStatusError:
    """Make the error of a release that knows its type, and gives it the status of the stream."""
    return typed(APIStatusError(200, envelope(error_type)))


class MadeCall(SimpleNamespace):
    """A call that was made.

    Attributes:
        events: Events that it gave.
        error: Exception that it raised, or None.
        began: Whether a stream had begun.
    """

    events: list[SimpleNamespace]
    error: BaseException | None
    began: bool

    @property
    def replay(self) -> Any:
        """Return the call, to be made again by a handler."""
        return probe.Replay(self.events, self.error, self.began)


def make_call(events: list[SimpleNamespace], error: BaseException | None = None, *, began: bool = True) -> MadeCall:
    """Make a call; raise and catch its exception, as one that came out of a release."""
    if error is not None:
        with contextlib.suppress(BaseException):
            raise error
    return MadeCall(events=events, error=error, began=began)


CALLS: Final[dict[str, Callable[[], MadeCall]]] = {
    "http-529": lambda: make_call([], typed(OverloadedError(529, envelope("overloaded_error"))), began=False),
    "http-429": lambda: make_call([], typed(RateLimitError(429, envelope("rate_limit_error"))), began=False),
    "http-400": lambda: make_call([], typed(BadRequestError(400, envelope("invalid_request_error"))), began=False),
    "mid-529": lambda: make_call(SOME, in_stream("overloaded_error")),
    "mid-400": lambda: make_call(SOME, in_stream("invalid_request_error")),
    "mid-text": lambda: make_call(SOME, typed(APIStatusError(200, "no healthy upstream"))),
    "timeout": lambda: make_call(SOME, APITimeoutError("Request timed out.")),
    "raw": lambda: make_call(SOME, type("ReadError", (TransportError,), {})("peer closed")),
    "raw2": lambda: make_call(SOME, type("ReadError", (NewTransportError,), {})("peer closed")),
    "bug": lambda: make_call(SOME, KeyError("index")),
    "clean": lambda: make_call(ALL),
    "cut": lambda: make_call(SOME),
    "late": lambda: make_call(ALL, in_stream("overloaded_error")),
}
"""Calls of one complete release by name. The three plain HTTP errors come before a stream begins; `late` is an error
after the end of the message.
"""

TABLE: Final = """
                    http-529 http-429 http-400 mid-529 mid-400 mid-text  timeout raw   raw2  bug   clean  cut    late
any-api-error       retry    retry    retry    retry   retry   retry     retry   fail  fail  fail  accept accept retry
any-exception       retry    retry    retry    retry   retry   retry     retry   retry retry retry accept accept retry
any-status-error    retry    retry    retry    retry   retry   retry     fail    fail  fail  fail  accept accept retry
body-text           retry    fail     fail     retry   fail    fail      fail    fail  fail  fail  accept accept retry
body-type           retry    retry    fail     retry   fail    TypeError fail    fail  fail  fail  accept accept retry
class-5xx-429       retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
class-all-transient retry    retry    fail     fail    fail    fail      retry   fail  fail  fail  accept accept fail
class-names         retry    retry    fail     fail    fail    fail      retry   fail  fail  fail  accept accept fail
class-overloaded    retry    fail     fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
class-private       retry    fail     fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
class-rate-limit    fail     retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
connection          retry    retry    fail     fail    fail    fail      retry   retry fail  fail  accept accept fail
getattr-status      retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
httpx-or-httpx2     fail     fail     fail     fail    fail    fail      retry   fail  retry fail  accept accept fail
httpx2              fail     fail     fail     fail    fail    fail      retry   fail  retry fail  accept accept fail
own-errors          retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
remedy              retry    retry    fail     retry   fail    retry     retry   retry retry retry accept retry  -
response-status     retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
sdk-retries         fail     fail     fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
should-retry-header retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
status-429-529      retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
status-5xx          retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
status-ge-400       retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
status-ge-500       retry    fail     fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
status-set          retry    retry    fail     fail    fail    fail      fail    fail  fail  fail  accept accept fail
stop-reason         fail     fail     fail     fail    fail    fail      fail    fail  fail  fail  accept retry  fail
str-overloaded      retry    fail     fail     retry   fail    fail      fail    fail  fail  fail  accept accept retry
str-text            retry    fail     fail     retry   fail    fail      fail    fail  fail  fail  accept accept retry
type-attr           retry    retry    fail     retry   fail    fail      fail    fail  fail  fail  accept accept retry
type-or-body        retry    retry    fail     retry   fail    fail      fail    fail  fail  fail  accept accept retry
type-status         retry    retry    fail     retry   fail    fail      fail    fail  fail  fail  accept accept retry
"""
"""Handler and call to decision; a class is that of a crash; a dash has a test below."""


def written(cell: str) -> str:
    """Write a decision as the probe does."""
    return cell if cell in ("retry", "fail", "accept") else f"crashed: {cell}"


HEAD, *LINES = (line.split() for line in TABLE.strip().splitlines())
ROWS: Final = {
    handler: {call: written(cell) for call, cell in zip(HEAD, cells, strict=True) if cell != "-"}
    for handler, *cells in LINES
}
"""Handler, and call to decision as the probe writes it."""


@pytest.mark.parametrize(("handler", "expected"), ROWS.items(), ids=ROWS)
def test_a_handler_decides_as_the_table_says(complete_release: Any, handler: str, expected: dict[str, str]) -> None:
    """Check that it is given the very exception."""
    decision = {}
    for id_ in expected:
        made_call = CALLS[id_]()
        decision[id_] = complete_release.decisions(made_call.replay, made_call.error)[handler]
    assert expected == decision


def test_a_guarded_stream_does_not_raise_an_error_after_the_end(complete_release: Any) -> None:
    """Check that handlers that use the remedy accept the answer."""
    made_call = CALLS["late"]()
    assert complete_release.decisions(made_call.replay, made_call.error)["remedy"] == "accept"


def test_every_handler_has_a_row() -> None:
    """Check that every row has a file."""
    assert sorted(path.stem for path in (ANTHROPIC.probe / "handlers").glob("*.py")) == list(ROWS)


def test_every_published_handler_exists() -> None:
    """Check the ids."""
    assert set() == set(DOMAIN) - ROWS.keys()


def no_details(body: object) -> MadeCall:
    """Make an error inside a stream without a type, on a release without types."""
    return make_call(SOME, APIStatusError(200, body))


def advised(status: int, header: str) -> MadeCall:
    """Make a plain HTTP error whose response says whether to call again."""
    return make_call([], APIStatusError(status, None, {"x-should-retry": header}), began=False)


def complete(stop_reason: str | None) -> list[SimpleNamespace]:
    """Make the events of a text completion."""
    return [
        event("completion", completion="Hello", stop_reason=None),
        event("completion", completion=" world", stop_reason=stop_reason),
    ]


OVERLOADED = CALLS["mid-529"]


@pytest.mark.parametrize(
    ("handler", "how", "call", "expected"),
    [
        # The handler looks the missing class up when it catches something.
        ("class-overloaded", {"lacks": "OverloadedError"}, OVERLOADED, "AttributeError"),
        ("class-overloaded", {"lacks": "OverloadedError"}, CALLS["clean"], "accept"),
        ("any-api-error", {"lacks": "APIError"}, OVERLOADED, "AttributeError"),
        ("connection", {"lacks": "APIConnectionError"}, OVERLOADED, "AttributeError"),
        # A class that is imported by name has to be there, whatever the call does.
        ("class-private", {"private": ()}, OVERLOADED, "ImportError"),
        ("class-private", {"private": ()}, CALLS["clean"], "ImportError"),
        ("class-private", {"private": None}, OVERLOADED, "ModuleNotFoundError"),
        ("class-all-transient", {"lacks": "APITimeoutError"}, CALLS["clean"], "ImportError"),
        ("connection", {"httpx": False}, OVERLOADED, "ModuleNotFoundError"),
        ("connection", {"httpx": False}, CALLS["clean"], "ModuleNotFoundError"),
        ("httpx2", {"httpx2": False}, CALLS["clean"], "ModuleNotFoundError"),
        ("httpx2", {"httpx2": False}, OVERLOADED, "ModuleNotFoundError"),
        ("httpx-or-httpx2", {"httpx2": False}, CALLS["raw"], "retry"),
        ("httpx-or-httpx2", {"httpx": False}, CALLS["raw2"], "retry"),
        ("httpx-or-httpx2", {"httpx": False, "httpx2": False}, CALLS["clean"], "ModuleNotFoundError"),
        ("own-errors", {"lacks": "RateLimitError"}, CALLS["clean"], "ImportError"),
        # The handler reads the exception.
        ("type-attr", {}, lambda: no_details(envelope("overloaded_error")), "AttributeError"),
        ("class-names", {"lacks": "OverloadedError"}, CALLS["http-529"], "retry"),
        ("type-or-body", {}, lambda: no_details(envelope("overloaded_error")), "retry"),
        ("type-status", {}, lambda: no_details(envelope("overloaded_error")), "retry"),
        ("type-status", {}, lambda: no_details(envelope("unheard_of_error")), "fail"),
        ("type-status", {}, lambda: no_details({"error": "overloaded"}), "fail"),
        ("type-status", {}, lambda: no_details({"error": None}), "fail"),
        ("should-retry-header", {}, lambda: advised(529, "false"), "fail"),
        ("should-retry-header", {}, lambda: advised(400, "true"), "retry"),
        ("type-or-body", {}, lambda: no_details({"error": None}), "fail"),
        ("body-type", {}, lambda: no_details(None), "TypeError"),
        ("body-type", {}, lambda: no_details({"error": None}), "TypeError"),
        ("body-type", {}, lambda: no_details({"message": "x"}), "KeyError"),
        ("body-type", {}, lambda: no_details({"type": "overloaded_error", "message": "x"}), "KeyError"),
        ("body-text", {}, lambda: no_details({"type": "overloaded_error", "message": "x"}), "retry"),
        ("str-overloaded", {}, lambda: no_details({"message": "This would exceed your Rate Limit."}), "retry"),
        ("str-text", {}, lambda: no_details({"message": "Overloaded"}), "fail"),
        # A text completion has its stop reason on the event; before 0.3 the events are dictionaries.
        ("stop-reason", {}, lambda: make_call(complete("stop_sequence")), "accept"),
        ("stop-reason", {}, lambda: make_call(complete(None)), "retry"),
        ("stop-reason", {}, lambda: make_call([{"completion": "Hello"}]), "AttributeError"),  # type: ignore[list-item]
        ("sdk-retries", {}, lambda: make_call([{"completion": "Hello"}]), "accept"),  # type: ignore[list-item]
        # Our remedy is loaded from its file, whatever module has its name.
        ("remedy", {"remedy": False}, OVERLOADED, "retry"),
    ],
)
def test_a_handler_meets_a_release_that_it_was_not_written_for(
    handler: str, how: dict[str, Any], call: Callable[[], MadeCall], expected: str
) -> None:
    """Check that it crashes over a missing name, or decides."""
    made_call = call()
    assert written(expected) == release(**how).decisions(made_call.replay, made_call.error)[handler]


def test_recommended_handlers_do_not_crash_on_a_text_body() -> None:
    """Check the plain text of a gateway's error."""
    made_call = no_details({"error": "overloaded"})
    assert release().decisions(made_call.replay, made_call.error)["type-or-body"] == "fail"


# What a handler is given, and what it leaves unchanged


def depth(error: BaseException) -> int:
    """Count the frames that an exception has come through."""
    return len(list(traceback.walk_tb(error.__traceback__)))


def test_a_call_is_replayed_with_the_same_events_and_exception() -> None:
    """Check that each replay is like the first."""
    made_call = OVERLOADED()
    replay = made_call.replay
    depths = []
    for _ in range(3):
        taken: list[object] = []
        with pytest.raises(APIStatusError) as caught:
            taken.extend(replay.create())
        # The exception is raised out of the stream, after its events.
        assert made_call.error is caught.value
        depths.append(depth(caught.value))
        taken = []
        stream = iter(replay.create())
        assert [id(each) for each in SOME] == [id(next(stream)) for _ in SOME]
    assert 1 == len(set(depths))


def test_an_error_before_the_stream_is_raised_by_the_call() -> None:
    """Check that there is no stream to guard."""
    made_call = CALLS["http-529"]()
    with pytest.raises(OverloadedError) as caught:
        made_call.replay.create()
    assert made_call.error is caught.value


def chained() -> MadeCall:
    """Make an error inside a stream with a cause and a context, whose status is worth no retry."""
    try:
        try:
            raise KeyError("the context")  # noqa: TRY301
        except KeyError:
            raise APIStatusError(404, envelope("not_found_error")) from ValueError("the cause")
    except APIStatusError as error:
        return MadeCall(events=SOME, error=error, began=True)


def look_at(handlers: Any, made_call: MadeCall) -> None:
    """Run everything that the probe does with a call."""
    handlers.decisions(made_call.replay, made_call.error)
    for asynchronous in (False, True):
        handlers.guarded(made_call.replay, asynchronous)
    handlers.explained(made_call.error)


@pytest.mark.parametrize("call", [*CALLS.values(), chained], ids=[*CALLS, "an exception with a cause"])
def test_handlers_leave_the_exception_unchanged(complete_release: Any, call: Callable[[], MadeCall]) -> None:
    """Check its text, attributes and causes."""
    made_call = call()
    if made_call.error is not None:

        def state(error: BaseException) -> tuple[object, ...]:
            return error.args, str(error), error.__cause__, error.__suppress_context__, dict(vars(error))

        before = copy.copy(state(made_call.error))
        look_at(complete_release, made_call)
        assert before == state(made_call.error)


def test_handlers_leave_the_traceback_and_the_context(complete_release: Any) -> None:
    """Check a handler that raises the exception while it handles another."""
    made_call = chained()
    assert made_call.error is not None
    before = depth(made_call.error), made_call.error.__context__
    look_at(complete_release, made_call)
    assert before == (depth(made_call.error), made_call.error.__context__)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_handler_changes_the_decision_of_another(complete_release: Any, call: Callable[[], MadeCall]) -> None:
    """Check that all decide the same when they are asked again."""
    made_call, other = call(), call()
    first = complete_release.decisions(made_call.replay, made_call.error)
    assert first == complete_release.decisions(made_call.replay, made_call.error)
    look_at(complete_release, other)
    assert first == complete_release.decisions(other.replay, other.error)


# Decisions


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


def test_every_end_of_a_handler_is_a_decision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Check retry, fail, accept and crash, and that the next handler still runs."""
    (tmp_path / "handlers").mkdir()
    for name, source in HANDLERS.items():
        (tmp_path / "handlers" / f"{name}.py").write_text(source, encoding="utf-8")
    (tmp_path / "handlers" / "notes.txt").write_text("No handler.", encoding="utf-8")
    monkeypatch.setattr(probe, "_HERE", str(tmp_path))
    handlers = release()
    raised, ended = CALLS["bug"](), CALLS["clean"]()
    decisions = {
        "raised": handlers.decisions(raised.replay, raised.error),
        "ended": handlers.decisions(ended.replay, None),
    }
    assert {id_: each[0] for id_, each in DECISIONS.items()} == decisions["raised"]
    assert {id_: each[1] for id_, each in DECISIONS.items()} == decisions["ended"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_exception_that_ends_a_program_is_no_crash(complete_release: Any, kind: type[BaseException]) -> None:
    """Check those that `except Exception` does not catch."""
    made_call = make_call(SOME, kind())
    decisions = complete_release.decisions(made_call.replay, made_call.error)
    assert dict.fromkeys(decisions, "fail") == decisions


# Results of the remedy


FAILED: Final = {"status": None, "error_type": None, "retryable": True, "request_id": None, "outcome": "failed"}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["synchronous", "asynchronous"])
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
def test_the_remedy_reports_on_a_guarded_call(
    complete_release: Any, call: str, expected: dict[str, object], asynchronous: bool
) -> None:
    """Check that it passes, or says what is wrong."""
    assert expected == complete_release.guarded(CALLS[call]().replay, asynchronous)


def test_the_remedy_explains_an_unguarded_exception(complete_release: Any) -> None:
    """Check that it does not know how much was delivered."""
    expected = {**FAILED, "status": 529, "error_type": "overloaded_error", "text": None}
    assert expected == complete_release.explained(in_stream("overloaded_error"))


def test_a_crash_of_the_remedy_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that it is treated like any handler."""
    handlers = release()

    def crash(_error: BaseException) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(handlers._remedy, "explain", crash)
    explanation = {"outcome": "crashed: ZeroDivisionError"}
    assert explanation == handlers.explained(OVERLOADED().error)
    assert explanation == handlers.guarded(OVERLOADED().replay, False)
    assert explanation == handlers.guarded(CALLS["http-529"]().replay, True)
