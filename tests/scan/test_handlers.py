"""Each measured handler, as a user writes it, decides in every scenario as it was seen to decide."""

import re
import textwrap
from collections import Counter
from typing import Final

import pytest

from matrix.scan.catches import Catch, Choice, Decision, PlaceRole
from matrix.targets import ANTHROPIC
from tests.scan.places import open_release, scan_file

VERSIONS: Final = ("0.28.1", "0.87.0", "2.12.0")

MOST_UNDECIDED: Final = 0.02
"""The largest share of decisions that the scan may leave open."""

NO_CLAUSE: Final = frozenset({"sdk-retries"})
"""Handlers that leave everything to the SDK."""

_MESSAGE: Final = "model='m', max_tokens=9, messages=[]"
_COMPLETION: Final = "model='m', max_tokens_to_sample=9, prompt=''"

EVENTS: Final = {
    "messages.create": f"client.messages.create({_MESSAGE}, stream=True)",
    "messages.with_raw_response.create": f"client.messages.with_raw_response.create({_MESSAGE}, stream=True).parse()",
    "beta.messages.create": f"client.beta.messages.create({_MESSAGE}, stream=True)",
    "completions.create": f"client.completions.create({_COMPLETION}, stream=True)",
}
"""Surface to the call that returns its events."""

CONTEXTS: Final = {
    "messages.stream": f"client.messages.stream({_MESSAGE})",
    "beta.messages.stream": f"client.beta.messages.stream({_MESSAGE})",
    "messages.with_streaming_response.create": (
        f"client.messages.with_streaming_response.create({_MESSAGE}, stream=True)"
    ),
    **dict.fromkeys(
        (
            "messages.stream.get_final_message",
            "messages.stream.get_final_text",
            "messages.stream.text_stream",
            "messages.stream.until_done",
        ),
        f"client.messages.stream({_MESSAGE})",
    ),
}
"""Surface to the context manager of its stream."""


def read_handler(name: str) -> str:
    """Read the source of a handler."""
    return (ANTHROPIC.probe / "handlers" / f"{name}.py").read_text(encoding="utf-8")


def write_events(surface: str, asynchronous: bool) -> str:
    """Write the expression for the events of a surface; empty if it has none."""
    if surface in EVENTS:
        call = EVENTS[surface]
        if asynchronous:
            return f"(await {call[: -len('.parse()')]}).parse()" if call.endswith(".parse()") else f"await {call}"
        return call
    if surface.endswith("with_streaming_response.create"):
        return "await stream.parse()" if asynchronous else "stream.parse()"
    return "stream" if surface.endswith("messages.stream") else ""


def write_reading(surface: str, asynchronous: bool, guarded: bool) -> str:
    """Write the statement that reads the stream of a surface to its end; empty if nothing can be guarded there."""
    wait = "await " * asynchronous
    if events := write_events(surface, asynchronous):
        stream = f"guard({events})" if guarded else events
        reading = f"return [event async for event in {stream}]" if asynchronous else f"return list({stream})"
    elif guarded:
        return ""
    elif surface.endswith("text_stream"):
        reading = f"return [text {'async ' * asynchronous}for text in stream.text_stream]"
    else:
        reading = f"return {wait}stream.{surface.rpartition('.')[2]}()"
    if surface in CONTEXTS:
        return f"{'async ' * asynchronous}with {CONTEXTS[surface]} as stream:\n    {reading}"
    return reading


def write_as_a_user(name: str, surface: str = "messages.create", asynchronous: bool = False) -> str:
    """Write a handler with a client and a call in full; return an empty text if it can't read such a surface.

    The handler calls again where it says `retry` to the probe.
    """
    wait = "await " * asynchronous
    text = read_handler(name).replace("from remedy import", "from midstream.remedy import")
    for guarded, read in ((False, "return list(create())"), (True, "return list(guard(create()))")):
        if read in text:
            reading = write_reading(surface, asynchronous, guarded)
            if not reading:
                return ""
            text = text.replace(f"        {read}\n", textwrap.indent(reading, " " * 8) + "\n")
    if "in create():" in text:
        if surface not in EVENTS:
            return ""
        events = write_events(surface, asynchronous)
        text = text.replace("for event in create():", f"{'async ' * asynchronous}for event in {events}:")
    for function in ("ask", "request"):
        text = text.replace(f"def {function}(create)", f"{'async ' * asynchronous}def {function}()")
        text = text.replace(f"return {function}(create)", f"return {wait}{function}()")
    text = text.replace('return "retry"', f"return {wait}ask()")
    kind = "AsyncAnthropic" if asynchronous else "Anthropic"
    client = f"from anthropic import {kind}\n\nclient = {kind}(max_retries=0)\n"
    return re.sub(r'(^""".*"""\n)', lambda docstring: docstring[0] + client, text, count=1)


def find_place(text: str, version: str) -> Catch:
    """Find the place of the function that the probe calls."""
    scanned = scan_file(text, version)
    assert () == scanned.problems, text
    places = [catch for catch in scanned.catches if catch.function == "ask" and catch.role is not PlaceRole.CLIENT]
    assert 1 == len(places), text
    return places[0]


def agrees(decision: Decision, recorded: str) -> bool:
    """Return whether a decision is what the probe recorded of the handler."""
    if recorded.startswith("crashed: "):
        return decision == Decision(Choice.CRASH, recorded.removeprefix("crashed: "))
    return decision.choice == recorded


def decide_all(name: str, surface: str, version: str) -> dict[str, tuple[Decision | None, str]]:
    """Decide on every scenario of a surface: scenario to the decision, and to what was recorded."""
    plain = surface.removesuffix("-async")
    text = write_as_a_user(name, plain, asynchronous=plain != surface)
    observed = {
        call.scenario: observation.handlers[name]
        for call, observation in open_release(version).behaviour.items()
        if call.surface == surface and name in observation.handlers
    }
    if not text or not observed:
        return {}
    decisions = find_place(text, version).decisions
    return {scenario: (decisions.get(scenario), recorded) for scenario, recorded in observed.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_handler_decides_as_it_was_seen_to_decide(version: str) -> None:
    """Scan each handler on each surface, and compare scenario by scenario."""
    counts: Counter[str] = Counter()
    wrong = []
    surfaces = [surface + suffix for surface in (*EVENTS, *CONTEXTS) for suffix in ("", "-async")]
    for surface in surfaces:
        for name in ANTHROPIC.handlers:
            if name in NO_CLAUSE:
                continue
            for scenario, (decision, recorded) in decide_all(name, surface, version).items():
                if decision is not None and decision.choice is Choice.UNDECIDED:
                    counts["undecided"] += 1
                elif decision is None or not agrees(decision, recorded):
                    wrong.append(f"{name} in {scenario} on {surface}: {decision}, but recorded as {recorded}")
                else:
                    counts["agree"] += 1
    assert [] == wrong[:20], f"{len(wrong)} contradictions"
    assert counts["agree"] > 10_000
    assert counts["undecided"] <= MOST_UNDECIDED * counts["agree"]


@pytest.mark.parametrize("name", ANTHROPIC.handlers)
def test_a_handler_is_the_same_as_itself(name: str) -> None:
    """A place is described by the measured handler that decides alike."""
    if name in {"sdk-retries", "remedy", "stop-reason", "connection"}:
        return  # it catches nothing, is ours, checks the end, or crashes on this release
    assert find_place(write_as_a_user(name), "2.12.0").same_as in _list_alike(name)


def _list_alike(name: str) -> list[str]:
    """List the handlers that decide as one does, in every scenario of its surface."""

    def recorded(handler: str) -> dict[str, str]:
        return {
            call.scenario: observation.handlers[handler]
            for call, observation in open_release("2.12.0").behaviour.items()
            if call.surface == "messages.create" and handler in observation.handlers
        }

    return [handler for handler in ANTHROPIC.handlers if recorded(handler) == recorded(name)]


def test_handlers_are_written_in_valid_python() -> None:
    """Otherwise nothing is tested."""
    surfaces = (*EVENTS, *CONTEXTS)
    texts = [
        write_as_a_user(name, surface, asynchronous)
        for name in ANTHROPIC.handlers
        if name not in NO_CLAUSE
        for surface in surfaces
        for asynchronous in (False, True)
    ]
    for text in filter(None, texts):
        compile(text, "handler", "exec")
        assert "create()" not in text
    assert 400 < len([text for text in texts if text])
