"""The code by which readers know a handler, and the change that mends it, which is run here."""

import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from matrix.model import Lane
from matrix.observation import Observation, Outcome
from matrix.site import render
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.handlers.code import REMEDY, Basis, read_code
from matrix.site.handlers.pages import HandlerPage, handler_pages
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from matrix.verdicts.decisions import HandlerOutcome, judge_decision
from midstream import pytest_plugin
from midstream.pytest_plugin import Midstream
from tests.miniature import sdk
from tests.site.test_fix import in_stream
from tests.support.paths import DATA

# Request it by name, not by `pytest_plugins`: pytest accepts a plugin once, and may have found it.
_midstream_backend = pytest_plugin._midstream_backend
midstream = pytest_plugin.midstream

BASES: Final = {
    "anthropic": {
        Basis.REMEDY: "remedy",
        Basis.CLASS: "any-api-error any-exception any-status-error class-5xx-429 class-all-transient class-names"
        " class-overloaded class-private class-rate-limit httpx-or-httpx2 httpx2",
        Basis.TYPE: "body-type type-attr type-or-body type-status",
        Basis.TEXT: "body-text str-overloaded str-text",
        Basis.STATUS: "connection getattr-status own-errors response-status status-429-529 status-5xx status-ge-400"
        " status-ge-500 status-set",
        Basis.HEADER: "should-retry-header",
        Basis.STREAM: "stop-reason",
        Basis.RETRIES: "sdk-retries",
    },
    "anthropic-typescript": {
        Basis.CLASS: "any-api-error any-error class-5xx-429 class-all-transient class-names class-overloaded"
        " class-rate-limit connection network",
        Basis.TYPE: "body-type type-attr",
        Basis.TEXT: "message-type message-words status-or-message",
        Basis.STATUS: "name-attr network-code status-529 status-ge-500 status-set status-undefined",
        Basis.STREAM: "stop-reason",
        Basis.RETRIES: "sdk-retries",
    },
    "openai": {
        Basis.CLASS: "any-api-error any-exception any-status-error class-5xx-429 class-names class-rate-limit"
        " connection old-classes old-service-unavailable",
        Basis.TYPE: "body-type code-attr not-quota",
        Basis.TEXT: "str-text",
        Basis.STATUS: "getattr-status old-bad-gateway status-attr status-ge-500 status-set",
        Basis.STREAM: "failed-event finish-reason",
        Basis.RETRIES: "sdk-retries",
    },
    "google-genai": {
        Basis.CLASS: "any-api-error any-exception class-and-httpx class-server-error",
        Basis.TEXT: "str-text",
        Basis.STATUS: "class-and-code code-set status-code-attr",
        Basis.STREAM: "finish-reason",
        Basis.RETRIES: "retry-options",
    },
    "vercel-ai": {
        Basis.CLASS: "any-error api-call-error on-error on-error-retryable",
        Basis.TYPE: "on-error-type",
        Basis.TEXT: "message-words",
        Basis.STATUS: "status-set",
        Basis.STREAM: "error-part finish-reason",
        Basis.RETRIES: "sdk-retries",
    },
}
"""Target to what its handlers go by."""

LINES: Final = {
    ("anthropic", "class-overloaded"): ["except anthropic.OverloadedError:"],
    ("anthropic", "status-set"): [
        "except anthropic.APIStatusError as e:",
        "    if e.status_code in {408, 409, 429, 500, 502, 503, 504, 529}:",
    ],
    ("anthropic", "status-5xx"): [
        "except anthropic.APIStatusError as e:",
        "    if e.status_code in (408, 429) or 500 <= e.status_code < 600:",
    ],
    ("anthropic", "own-errors"): [
        "if isinstance(e, RateLimitError):",
        "if isinstance(e, APIStatusError) and e.status_code in (503, 529):",
        "except ModelRateLimitError:",
    ],
    ("anthropic", "connection"): [
        "except (anthropic.APIConnectionError, httpx.HTTPError):",
        "except anthropic.APIStatusError as e:",
        "    if e.status_code in {429, 500, 502, 503, 529}:",
    ],
    ("anthropic", "stop-reason"): ["if stop_reason is None:"],
    ("anthropic", "sdk-retries"): [],
    ("openai", "old-bad-gateway"): [
        "except RateLimitError:",
        "except APIError as e:",
        "    if e.http_status != 502: raise",
    ],
    ("litellm", "finish-reason"): ['return reason or "retry"'],
    ("anthropic-typescript", "any-error"): ["catch {"],
    ("anthropic-typescript", "status-529"): [
        "catch (error) {",
        "  if (error instanceof Anthropic.RateLimitError)",
        "  if (error instanceof Anthropic.APIError && error.status === 529)",
    ],
    ("vercel-ai", "error-part"): ['if (part.type === "error")', "catch {"],
}
"""Target and handler to the lines that decide."""


@pytest.mark.parametrize("target", BASES)
def test_a_handler_stands_with_those_that_go_by_the_same(target: str) -> None:
    """Check each handler of five targets, in Python and in JavaScript."""
    expected = {handler: basis for basis, handlers in BASES[target].items() for handler in handlers.split()}
    assert expected == {id_: read_code(handler).basis for id_, handler in TARGETS[target].handlers.items()}


@pytest.mark.parametrize(("target", "handler"), LINES)
def test_a_handler_is_known_by_the_lines_that_decide(target: str, handler: str) -> None:
    """Check clauses, conditions, constants, helpers, and errors of a project's own."""
    assert LINES[target, handler] == list(read_code(TARGETS[target].handlers[handler]).lines)


@pytest.mark.parametrize("target", TARGETS)
def test_no_two_handlers_of_a_target_look_alike(target: str) -> None:
    """Check their lines, where any line decides."""
    lines = [read_code(handler).lines for handler in TARGETS[target].handlers.values()]
    assert sorted({each for each in lines if each}) == sorted(each for each in lines if each)


# The change that mends a handler.


@pytest.fixture(scope="module")
def known() -> EpochViews:
    """Read the committed data."""
    return view_epochs(render.read_source(Store(DATA, ANTHROPIC)))


@pytest.fixture(scope="module")
def pages(known: EpochViews) -> tuple[HandlerPage, ...]:
    """Lay out all handlers."""
    return handler_pages(ANTHROPIC, known.views)


SCENARIOS: Final = (
    "clean", "http-overloaded_error", "http-invalid_request_error", "first-overloaded_error", "mid-overloaded_error",
    "mid-rate_limit_error", "mid-invalid_request_error", "eof-mid", "reset",
)  # fmt: skip
"""Scenarios in which each handler that has a fix is wrong at least once on the newest release."""


@pytest.mark.parametrize("id_", sorted(set(ANTHROPIC.handlers) - {REMEDY}))
def test_a_fixed_handler_decides_correctly(
    known: EpochViews,
    pages: tuple[HandlerPage, ...],
    midstream: Midstream,
    monkeypatch: pytest.MonkeyPatch,
    id_: str,
) -> None:
    """Run the code after the change against the backend, where the measured code was wrong, and where it was right."""
    page = next(page for page in pages if page.handler.id == id_)
    assert page.fix
    measured = known.by_release[page.newest, Lane.TODAY].outcomes_of(id_)
    assert {measured[scenario] for scenario in SCENARIOS} - {HandlerOutcome.RIGHT}
    monkeypatch.setattr(sdk.Client, "error_in_stream", in_stream)
    module = ModuleType("fixed")
    exec(compile(page.fix.source, f"{id_} after the change", "exec"), vars(module))  # noqa: S102 - our own
    decided = {scenario: decide(module, midstream.url(scenario)) for scenario in SCENARIOS}
    assert dict.fromkeys(SCENARIOS, HandlerOutcome.RIGHT) == {
        scenario: judge_decision(ANTHROPIC.catalogue[scenario], Observation(outcome=Outcome.RAISED), decision)
        for scenario, decision in decided.items()
    }


def decide(module: Any, url: str) -> str:
    """Run a handler in a scenario, and return its decision as the probe names it."""
    client = sdk.Anthropic(api_key="any", base_url=url, max_retries=0, timeout=5.0)
    try:
        return "retry" if module.ask(lambda: client.messages.create(stream=True)) == "retry" else "accept"
    except Exception:  # noqa: BLE001 - whatever it is, the caller sees a failure
        return "fail"


def test_a_change_can_be_applied(pages: tuple[HandlerPage, ...], tmp_path: Path) -> None:
    """Apply each diff to the code that the page shows, as a reader does."""
    fixes = [(page.handler, page.fix) for page in pages if page.fix]
    for handler, fix in fixes:
        file = tmp_path / f"{handler.id}.py"
        file.write_text(handler.source)
        diff = "".join(f"{line}\n" for _, line in fix.diff)
        subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff, text=True, check=True)
        assert fix.source == file.read_text()
    assert len(ANTHROPIC.handlers) - 1 == len(fixes)


def test_a_handler_keeps_its_own_errors(pages: tuple[HandlerPage, ...]) -> None:
    """Check that the change is the smallest, and not another program."""
    for page in pages:
        own = [line for line in page.handler.source.splitlines() if line.startswith("class ")]
        assert not page.fix or [] == [line for line in own if line not in page.fix.source], page.handler.id


def test_without_a_remedy_the_fix_is_code_that_was_measured() -> None:
    """Check that nobody is told to retry everything, and that the code to take over has no fix itself."""
    target = TARGETS["anthropic-typescript"]
    store = Store(DATA.parent / target.id, target)
    shown = handler_pages(target, view_epochs(render.read_source(store)).views)
    (adopted,) = {page.fix.adopted for page in shown if page.fix}
    best = next(page for page in shown if page.handler.id == adopted)
    assert not best.code.is_catch_all
    assert best.fix is None
    for page in shown:
        if page.fix:
            assert target.handlers[adopted].source == page.fix.source
            assert page.right <= best.right
