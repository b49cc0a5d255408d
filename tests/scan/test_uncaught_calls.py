"""Streams that nothing catches and whose end nothing checks, and clients that retry by themselves."""

import ast
import textwrap
from typing import Final

import pytest

from matrix.scan.catches import PlaceRole
from matrix.scan.emptiness import notices_emptiness
from matrix.scan.end_checks import find_end_check
from matrix.scan.uncaught_calls import find_client_retries, find_uncaught_streams
from matrix.targets import ANTHROPIC
from tests.scan.places import find_only_place
from tests.scan.sources import open_source, parse_source

CLIENT: Final = "import anthropic\nclient = anthropic.Anthropic()\naclient = anthropic.AsyncAnthropic()\n"
CREATE: Final = "client.messages.create(stream=True)"


def find_functions(text: str, others: dict[str, str] | None = None) -> list[str]:
    """Find the functions with unchecked streams."""
    file = open_source(CLIENT + textwrap.dedent(text), others)
    return [each.function for each in find_uncaught_streams(file) if each.role is PlaceRole.STREAM]


@pytest.mark.parametrize(
    "source",
    [
        f"def ask():\n    return list({CREATE})",
        f"def ask():\n    for e in {CREATE}:\n        yield e",
        "def ask():\n    with client.messages.stream() as s:\n        return s.get_final_message()",
        "async def ask():\n    async with aclient.messages.stream() as s:\n        await s.until_done()",
        "def ask():\n    with client.messages.stream() as s:\n        feed(s)\nfrom elsewhere import feed",
        f"def ask():\n    return {CREATE}\ndef main():\n    print(*ask())",
        f"def read(s):\n    for e in s: print(e)\ndef ask():\n    read({CREATE})",
        (
            "def ask():\n    with client.messages.stream() as s:\n        m = s.get_final_message()\n"
            "    if m.stop_reason == 'tool_use': print()"
        ),
        f"def ask():\n    for e in {CREATE}:\n        if e.type == 'message_stop': break",
        f"def ask():\n    print(*{CREATE})\ndef other(m):\n    if m.stop_reason is None: raise ValueError",
        f"def ask():\n    try: print(*{CREATE})\n    finally: print()",
        f"def ask():\n    return list({CREATE})\ndef main():\n    try: ask()\n    except anthropic.APIError: raise",
    ],
)
def test_a_stream_that_is_cut_goes_unnoticed(source: str) -> None:
    """No code catches its errors, and none checks that it was complete."""
    assert ["ask"] == find_functions(source)


@pytest.mark.parametrize(
    "source",
    [
        "def ask():\n    return client.messages.create()",
        f"def ask():\n    return {CREATE}",
        f"def ask():\n    consume({CREATE})\nfrom elsewhere import consume",
        "def ask(**kwargs):\n    return client.messages.create(**kwargs)",
        "def ask():\n    return client.models.list()",
        (
            "def ask():\n    with client.messages.stream() as s:\n        m = s.get_final_message()\n"
            "    if m.stop_reason is None: raise ValueError"
        ),
        (
            "def ask():\n    with client.messages.stream() as s:\n        return s.get_final_message()\n"
            "def main():\n    assert ask().stop_reason"
        ),
        (
            "def check(m):\n    if not m.stop_reason: raise ValueError\n"
            "def ask():\n    with client.messages.stream() as s:\n        check(s.get_final_message())"
        ),
        (
            f"def read(s):\n    done = False\n    for e in s:\n        if e.type == 'message_stop': done = True\n"
            f"    if not done: raise ValueError\ndef ask():\n    read({CREATE})"
        ),
        f"from midstream.remedy import guard\ndef ask():\n    return list(guard({CREATE}))",
        (
            "class S:\n    def opened(self):\n        return client.messages.stream()\n    def ask(self):\n"
            "        with self.opened() as s:\n            m = s.get_final_message()\n"
            "        if m.stop_reason != 'end_turn': raise ValueError"
        ),
    ],
)
def test_no_stream_is_cut_unnoticed(source: str) -> None:
    """It streams nothing, is read by unknown code, or some code that it passes through checks its end."""
    assert [] == find_functions(source)


def test_a_function_counts_once() -> None:
    """It may read several streams."""
    source = f"class S:\n    def ask(self):\n        print(*{CREATE})\n        print(*{CREATE})\nprint(*{CREATE})\n"
    assert ["S.ask", ""] == find_functions(source)


def test_a_stream_in_a_place_that_catches_counts_there() -> None:
    """The places of the file are searched before."""
    source = f"{CLIENT}def ask():\n    try: print(*{CREATE})\n    except anthropic.APIError: pass\n"
    file = open_source(source)
    file.covered.update(call.node for call in file.calls.all_calls)
    assert [] == list(find_uncaught_streams(file))


def test_code_that_call_each_other_is_followed_once() -> None:
    """Functions that call each other end."""
    source = f"def a(): return b()\ndef b():\n    a()\n    return list({CREATE})\n"
    assert ["b"] == find_functions(source)


CHECKS: Final = [
    "if message.stop_reason is None: raise E",
    "if message.stop_reason != 'end_turn': raise E",
    "if message.stop_reason not in ('end_turn', 'tool_use'): raise E",
    "if message.stop_reason == 'end_turn': return 1",
    "if not message.stop_reason: raise E",
    "if message['stop_reason'] is None: raise E",
    "if not message.get('stop_reason'): raise E",
    "if getattr(message, 'stop_reason', None) is None: raise E",
    "assert message.stop_reason",
    "reason = message.stop_reason\n    if reason is None: raise E",
    "if (reason := message.stop_reason) is None: raise E",
    "for e in s:\n        if e.type == 'message_delta': reason = e.delta.stop_reason\n    return 1 if reason else 0",
    "for e in s:\n        if e.type == 'message_stop': done = True\n    if not done: raise E",
    "for e in s:\n        if isinstance(e, RawMessageStopEvent): self.done = True\n    while self.done: pass",
    "for e in s:\n        match e.type:\n            case 'message_stop': done = True\n    assert done",
    "for e in s: done = e.type == 'message_stop'\n    if done is False: raise E",
    "for e in s: done |= e.type == 'message_stop'\n    if a and not done: raise E",
    "for e in s: last = e\n    if last.type != 'message_stop': raise E",
    "types = [e.type for e in s]\n    if 'message_stop' not in types: raise E",
    "for e in s:\n        if e.type == 'message_stop': break\n    else: raise E",
    "for e in s:\n        if e.type == 'message_stop': return 1\n    raise E",
    "for e in s:\n        if e.type == 'message_stop': done.set()\n    if not done.is_set(): raise E",
    "if is_cut(message.stop_reason): raise E",
    "match message.stop_reason:\n        case None: raise E",
    "for e in s: last = e\n    if last.type == 'message_stop': return 1\n    raise E",
    "types = [e.type for e in s]\n    if 'message_stop' in types: return 1\n    raise E",
    "types = [e.type for e in s]\n    return 1 if 'message_stop' in types else None",
    "types = [e.type for e in s]\n    assert 'message_stop' in types",
    "last = list(s)[-1]\n    if isinstance(last, RawMessageStopEvent): return 1\n    return None",
    "if any(e.type == 'message_stop' for e in s): return 1\n    raise E",
    "for e in s:\n        match e.type:\n            case 'message_stop': return 1\n    raise E",
    "for e in s:\n        match e:\n            case RawMessageStopEvent(): break\n    else: raise E",
    "match [e.type for e in s]:\n        case [*_, 'message_stop']: return 1\n    raise E",
    "while True:\n        e = next(s, None)\n        if not e: raise E\n        if e.type == 'message_stop': return 1",
    "for _ in range(3):\n        events = list(ask())\n        if events[-1].type == 'message_stop': return events",
    "for model in models:\n        m = ask(model)\n        if m.stop_reason is None: continue\n        return m",
    "return message.stop_reason and message",
    "return NEXT[message.stop_reason]",
]


@pytest.mark.parametrize("code", CHECKS)
def test_code_checks_the_end(code: str) -> None:
    """It decides by a stop reason, or by the arrival of the last event."""
    assert find_end_check(ANTHROPIC.stream, parse_source(f"def ask(message, s):\n    {code}\n").tree) is not None


@pytest.mark.parametrize(
    "code",
    [
        "print(message.stop_reason)",
        "if message.stop_reason == 'tool_use': run()",
        "if message.stop_reason in ('max_tokens', 'refusal'): raise E",
        "for e in s:\n        if e.type == 'message_stop': break",
        "for e in s:\n        if e.type == 'message_stop': print()\n    return 1",
        "for e in s:\n        if e.type == 'message_start': done = True\n    if not done: raise E",
        "for e in s:\n        if e.type != 'message_stop': yield e",
        "for e in s:\n        kind = e.type\n        if kind not in ('ping', 'message_stop'): print(e)",
        "for e in s:\n        match e.type:\n            case 'message_stop': break",
        "for e in s:\n        if e.type == 'message_delta' and e.delta.stop_reason != 'end_turn': raise E",
        "for e in s:\n        done = e.type == 'message_stop'\n        if done: break",
        "reason = message.stop_reason\n    return reason",
        "reason = message.stop_reason or 'unknown'",
        "return {'stop_reason': None}",
    ],
)
def test_code_does_not_check_the_end(code: str) -> None:
    """It reads a stop reason, or acts on one that a stream that was cut lacks too."""
    assert find_end_check(ANTHROPIC.stream, parse_source(f"def ask(message, s):\n    {code}\n").tree) is None


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("text = ask()\n    if not text: raise E", True),
        ("text = ask()\n    if len(text) == 0: raise E", True),
        ("text = ask()\n    return text if text.strip() else None", True),
        ("message = ask()\n    assert message.content", True),
        ("answer = None\n    answer = ask()\n    if answer is None: raise E", True),
        ("if (text := ask()): return text", True),
        ("with ask() as stream: text = ''.join(stream.text_stream)\n    if not text: raise E", True),
        ("parts = []\n    for e in ask(): parts.append(e)\n    if not parts: raise E", True),
        ("for model in models:\n        text = ask()\n        if not text: continue\n        return text", True),
        ("for e in ask():\n        chunk = e.delta\n        if chunk is not None: yield chunk", False),
        ("limit = None\n    text = ask()\n    if limit is not None: text = text[:limit]\n    return text", False),
        ("try: text = ask()\n    except E as e:\n        text = None\n        if not text: raise", False),
        ("return ask()", False),
        ("done = False\n    while not done: done = True", False),
        ("n = 0\n    if n == 1: raise E", False),
        ("text = ask()\n    if text == 'no': raise E", False),
    ],
)
def test_code_may_notice_that_nothing_came(code: str, tests: bool) -> None:
    """It tests something that it has collected, and no number."""
    tree = parse_source(f"def ask(message, s):\n    {code}\n").tree
    assert tests is notices_emptiness(tree, {node for node in ast.walk(tree) if isinstance(node, ast.Call)})


@pytest.mark.parametrize(
    ("code", "retries"),
    [
        ("c = anthropic.Anthropic(max_retries=5)", ["max_retries=5"]),
        ("c = anthropic.Anthropic(max_retries=0)", []),
        ("c = client.with_options(max_retries=n)", ["max_retries=n"]),
        ("c = anthropic.AsyncAnthropicBedrock(max_retries=2)", ["max_retries=2"]),
        ("c = other.Client(max_retries=2)\nimport other", []),
    ],
)
def test_clients_that_retry_are_listed(code: str, retries: list[str]) -> None:
    """One note of a project names them all."""
    assert retries == [each.code for each in find_client_retries(open_source(CLIENT + code))]


def test_the_end_check_of_our_own_place_stays() -> None:
    """A stop reason that is checked is a place."""
    catch = find_only_place(
        f"{CLIENT}def ask():\n    with client.messages.stream() as s:\n        m = s.get_final_message()\n"
        "    if m.stop_reason is None: raise ValueError\n"
    )
    assert PlaceRole.CHECK is catch.role
