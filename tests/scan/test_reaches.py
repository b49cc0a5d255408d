"""The failures that reach a piece of code: by a call that may stream, through shared helpers, or handed to it."""

from typing import Final

import pytest

from matrix.scan.catches import Catch, Choice
from tests.scan.places import find_only_place, list_chosen, scan_text, summarise

PLAIN: Final = "400 429 529"
RAISED: Final = f"{PLAIN} mid-400 mid-429 mid-529"
UNSEEN: Final = "mid-400 mid-429 mid-529 cut reset html json"
UNREAD: Final = "mid-400 mid-429 mid-529 reset"
RECOVERED: Final = "http-529-then-ok"
CLAUSE: Final = "    except anthropic.APIStatusError as error:\n        raise OSError(error.status_code) from error\n"
CLIENT: Final = "import anthropic\nclient = anthropic.Anthropic()\n"


def judge(code: str, client: str = CLIENT) -> dict[str, Catch]:
    """Scan a source, and return its places by their function."""
    return {catch.function: catch for catch in scan_text(f"\n{client}{code}")}


def test_what_is_not_seen_to_stream_is_not_said_to_accept_anything() -> None:
    """The caller of such a wrapper may read a stream, or the answer of a call without one."""
    (catch,) = judge(f"def ask(body):\n    try:\n        return client.messages.create(**body)\n{CLAUSE}").values()
    assert {"fail raises OSError": PLAIN, "undecided": UNSEEN} == summarise(catch)


def test_a_clause_is_no_place_because_of_failures_that_may_not_reach_it() -> None:
    """No failure of a call is a `TypeError`."""
    clause = "    except TypeError as error:\n        raise TypeError('set a key') from error\n"
    assert {} == judge(f"def ask(body):\n    try:\n        return client.messages.create(**body)\n{clause}")


MAKE: Final = "def make(payload):\n    return client.messages.create(**payload)\n"
FLAGGED: Final = "def make(stream=False):\n    return client.messages.create(stream=stream)\n"
ITERATES: Final = "def stream(payload):\n    for event in make({**payload, 'stream': True}):\n        yield event\n"


@pytest.mark.parametrize(
    ("helpers", "body", "decisions"),
    [
        (MAKE + ITERATES, "return make(body).content[0].text", {"fail raises OSError": PLAIN}),
        (MAKE + ITERATES, "return make(body)", {"fail raises OSError": PLAIN, "undecided": UNSEEN}),
        (
            MAKE + "def plain(body):\n    return make(body).content[0].text\n",
            "return [event for event in make(body)]",
            {"fail raises OSError": RAISED, "accept": "cut html json", "fail": "reset"},
        ),
        (
            FLAGGED + "def other():\n    return list(make(stream=True))\n",
            "return make()",
            {"fail raises OSError": PLAIN},
        ),
        (
            FLAGGED + "def other():\n    make()\n",
            "return list(make(stream=True))",
            {"fail raises OSError": RAISED, "accept": "cut html json", "fail": "reset"},
        ),
        (
            MAKE
            + "def both(body, stream):\n    if stream:\n        return list(make(body))\n    return make(body).id\n",
            "return both(body, body)",
            {"fail raises OSError": RAISED, "accept": "cut html json", "fail": "reset"},
        ),
    ],
)
def test_each_caller_of_a_helper_streams_or_not_by_itself(helpers: str, body: str, decisions: dict[str, str]) -> None:
    """What another caller does with the same call does not matter."""
    places = judge(f"{helpers}def ask(body):\n    try:\n        {body}\n{CLAUSE}")
    assert decisions == summarise(places["ask"])


MANAGER: Final = (
    "from contextlib import contextmanager\nimport anthropic\n@contextmanager\ndef mapped():\n"
    f"    try:\n        yield\n{CLAUSE}"
)


def test_a_context_manager_of_another_file_is_handed_every_error() -> None:
    """Its `yield` is no stream that is open, and what raises nothing never reaches it."""
    catch = find_only_place(f"\n{MANAGER}")
    assert {"fail raises OSError": RAISED, "fail": "reset"} == summarise(catch)
    assert "the source does not show what runs inside it" == catch.note


@pytest.mark.parametrize(
    "call",
    [
        "client.messages.count_tokens(**body)",
        "client.beta.messages.count_tokens(**body)",
        "self.client.messages.batches.retrieve(body)",
        "client.beta.messages.batches.results(body)",
        "client.models.retrieve(body)",
        "self.client.models.list()",
        "run(lambda: client.messages.count_tokens(**body))",
    ],
)
def test_a_method_that_never_streams_is_known_on_any_client(call: str) -> None:
    """It fails as plain HTTP does."""
    source = f"def run(f):\n    return f()\ndef ask(self, client, body):\n    try:\n        return {call}\n{CLAUSE}"
    assert {"fail raises OSError": PLAIN} == summarise(judge(source, "import anthropic\n")["ask"])


def test_models_of_something_that_is_no_client_are_not_the_api() -> None:
    """Other objects have models too."""
    clause = "    except Exception as error:\n        print(error)\n"
    assert {} == judge(f"def ask(registry):\n    try:\n        return registry.models.list()\n{clause}")


@pytest.mark.parametrize(
    ("read", "accepted"),
    [
        ("return None", "cut html json"),
        ("return stream.current_message_snapshot", "cut"),
        ("return stream.get_final_message()", "cut"),
        ("return stream.get_final_text()", "cut"),
    ],
)
def test_a_message_that_never_began_raises_when_it_is_asked_for(read: str, accepted: str) -> None:
    """Iterating the events of an empty stream raises nothing."""
    body = f"        for _ in stream:\n            pass\n        {read}\n"
    (catch,) = judge(f"def ask():\n  try:\n    with client.messages.stream() as stream:\n{body}{CLAUSE[2:]}").values()
    assert accepted == list_chosen(catch, Choice.ACCEPT)


def test_a_snapshot_inside_the_loop_needs_an_event_first() -> None:
    """Without events the loop does not run."""
    body = "        for _ in stream:\n            print(stream.current_message_snapshot)\n"
    (catch,) = judge(f"def ask():\n  try:\n    with client.messages.stream() as stream:\n{body}{CLAUSE[2:]}").values()
    assert "cut html json" == list_chosen(catch, Choice.ACCEPT)


@pytest.mark.parametrize(
    ("client", "reaches"),
    [
        ("anthropic.Anthropic()", False),
        ("anthropic.Anthropic(max_retries=5)", False),
        ("anthropic.Anthropic(max_retries=0)", True),
        ("anthropic.Anthropic().with_options(max_retries=0)", True),
        ("anthropic.Anthropic(max_retries=0).with_options(max_retries=1)", False),
        ("anthropic.Anthropic(max_retries=0).with_options(timeout=9)", True),
        ("anthropic.Anthropic(max_retries=SETTING)", False),
        ("anthropic.Anthropic(**OPTIONS)", False),
        ("make_client()", False),
    ],
)
def test_a_client_recovers_by_itself_unless_it_may_not_retry(client: str, *, reaches: bool) -> None:
    """What it recovers from does not reach the code; nor is it claimed where the source does not show the client."""
    source = f"def ask():\n    try:\n        return client.messages.create(stream=False)\n{CLAUSE}"
    (catch,) = judge(source, f"import anthropic\nfrom web import *\nclient = {client}\n").values()
    assert reaches is (RECOVERED in catch.decisions)


@pytest.mark.parametrize(
    ("opened", "decisions"),
    [
        ("return Wrapped(client.messages.create(stream=True))", {"fail": UNREAD}),
        ("s = Wrapped(client.messages.create(stream=True)); s.peek(); return s", {"undecided": UNSEEN}),
    ],
)
def test_an_object_that_is_made_of_a_stream_may_read_it(opened: str, decisions: dict[str, str]) -> None:
    """A method that is called on it inside the code may read some events, or none."""
    (catch,) = judge(f"from web import Wrapped\ndef ask():\n    try:\n        {opened}\n{CLAUSE}").values()
    assert {"fail raises OSError": PLAIN, **decisions} == summarise(catch)
