"""Names that have no value yet when a call fails: reading one raises `UnboundLocalError`."""

from typing import Final

import pytest

from matrix.scan.catches import Choice
from tests.scan.places import list_chosen, scan_text

CLIENT: Final = "import anthropic\nclient = anthropic.Anthropic()\n"
CALL: Final = "client.messages.create(stream=True)"
KEPT: Final = f"""
def ask():
    try:
        for event in {CALL}:
            last = event
    except anthropic.APIError:
        return last
"""
AT_ONCE: Final = "400 429 529"


def find_crashes(code: str) -> list[str]:
    """Return the scenarios in which each place of a source crashes."""
    return [list_chosen(catch, Choice.CRASH) for catch in scan_text(f"\n{CLIENT}{code}")]


@pytest.mark.parametrize(
    ("code", "scenarios"),
    [
        (KEPT, AT_ONCE),
        (KEPT.replace("last = event", "last, more = event, 1"), AT_ONCE),
        (KEPT.replace("return last", "return event"), AT_ONCE),
        (KEPT.replace("for event in", "stream =").replace(":\n            last =", "\n        last ="), AT_ONCE),
        (KEPT.replace("    except anthropic.APIError:\n        return last", "    except OSError:\n        pass"), ""),
        (KEPT.replace("return last", "raise") + "    return last\n", "html json"),
        (KEPT.replace("return last", "raise") + "    return [last for _ in '1']\n", ""),
    ],
)
def test_a_name_that_only_the_stream_binds_has_no_value_if_nothing_came(code: str, scenarios: str) -> None:
    """A page of HTML is a stream without events, and an error before the stream has none."""
    assert scenarios in find_crashes(code)


@pytest.mark.parametrize(
    "code",
    [
        KEPT.replace("    try", "    last = None\n    try", 1),
        KEPT.replace("    try", "    if flag:\n        last = 1\n    try", 1),
        KEPT.replace("    try", "    for last in load():\n        pass\n    try", 1),
        KEPT.replace("    try", "    with load() as last:\n        pass\n    try", 1),
        KEPT.replace("    try", "    if (last := load()):\n        pass\n    try", 1),
        KEPT.replace("    try", "    import last\n    try", 1),
        KEPT.replace("    try", "    match load():\n        case [last]:\n            pass\n    try", 1),
        KEPT.replace("    try", "    def keep():\n        nonlocal last\n        last = 1\n    keep()\n    try", 1),
        KEPT.replace("    try", "    global last\n    try", 1),
        KEPT.replace("ask()", "ask(last)"),
        KEPT.replace("return last", "last = 1\n        return last"),
        KEPT.replace("return last", "return lambda: last"),
    ],
)
def test_a_name_that_may_have_a_value_is_no_crash(code: str) -> None:
    """It has one before the call, or other code may give it one."""
    assert [] == [scenarios for scenarios in find_crashes(code) if scenarios]


def test_a_stream_that_fails_later_may_have_bound_it() -> None:
    """The scan does not know how often a generator yielded before."""
    events = f"def events():\n    for event in {CALL}:\n        yield event\n"
    [crashes] = find_crashes(events + KEPT.replace(CALL, "events()"))
    assert AT_ONCE == crashes


@pytest.mark.parametrize(
    ("imported", "crashed"),
    [
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from anthropic import RateLimitError", True),
        ("import typing\nif typing.TYPE_CHECKING:\n    from anthropic import RateLimitError", True),
        ("import typing\nif not typing.TYPE_CHECKING:\n    from anthropic import RateLimitError", False),
        (
            (
                "import typing\nif typing.TYPE_CHECKING:\n    from anthropic import RateLimitError\n"
                "else:\n    from anthropic import RateLimitError"
            ),
            False,
        ),
    ],
)
def test_a_name_that_is_imported_for_types_has_no_value(imported: str, crashed: bool) -> None:
    """Type checkers alone import it; in a program, the clause raises a NameError."""
    code = f"def ask():\n    try: return list({CALL})\n    except RateLimitError: return None\n"
    [catch] = scan_text(f"{CLIENT}{imported}\n{code}")
    assert list_chosen(catch, Choice.CRASH).startswith("400 429 529 mid-400") is crashed
    assert ("429" in list_chosen(catch, Choice.FAIL)) is not crashed
