"""Names that mean the SDK, by import or assignment, and names that do not."""

import pytest

from tests.scan.places import find_only_place, find_places, scan_text


@pytest.mark.parametrize(
    ("imports", "name", "handler"),
    [
        ("import anthropic as a", "a.RateLimitError", "class-rate-limit"),
        ("from anthropic import APIStatusError as ASE", "ASE", "any-status-error"),
        ("import anthropic._exceptions as ex", "ex.OverloadedError", "class-private"),
        ("from anthropic import _exceptions", "_exceptions.OverloadedError", "class-private"),
        ("import anthropic._exceptions", "anthropic._exceptions.OverloadedError", "class-private"),
        ("from anthropic import OverloadedError", "OverloadedError", "class-overloaded"),
        ("from anthropic import *", "RateLimitError", "class-rate-limit"),
        ("import anthropic\nexc = anthropic.RateLimitError", "exc", "class-rate-limit"),
        ("import anthropic\nR = (anthropic.RateLimitError, anthropic.InternalServerError)", "R", "class-5xx-429"),
        ("import anthropic\nerrors = [anthropic.RateLimitError]", "tuple(errors)", "class-rate-limit"),
        (
            "import anthropic\nA = (anthropic.RateLimitError,)\nA += (anthropic.APIConnectionError,)",
            "A",
            "class-all-transient",
        ),
        (
            "import anthropic\nA = (anthropic.RateLimitError,)\nB = [anthropic.InternalServerError]",
            "(*A, *B)",
            "class-5xx-429",
        ),
        ("import anthropic\nA = (anthropic.RateLimitError,)", "A + (anthropic.InternalServerError,)", "class-5xx-429"),
        ("import anthropic\nclass C:\n    R = anthropic.RateLimitError", "C.R", "class-rate-limit"),
        ("import anthropic\nA, B = anthropic.RateLimitError, anthropic.APIError", "A", "class-rate-limit"),
        ("import anthropic\nE: type = anthropic.RateLimitError", "E", "class-rate-limit"),
        (
            "import anthropic",
            "getattr(anthropic, 'OverloadedError', anthropic.InternalServerError)",
            "class-overloaded",
        ),
        (
            "try:\n    import anthropic\nexcept ImportError:\n    anthropic = None",
            "anthropic.RateLimitError",
            "class-rate-limit",
        ),
        (
            "try:\n    from anthropic import RateLimitError\nexcept ImportError:\n    RateLimitError = Exception",
            "RateLimitError",
            "class-rate-limit",
        ),
        (
            (
                "try:\n    from anthropic import OverloadedError\nexcept ImportError:\n"
                "    from anthropic._exceptions import OverloadedError"
            ),
            "OverloadedError",
            "class-private",
        ),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import anthropic",
            "anthropic.RateLimitError",
            "class-rate-limit",
        ),
    ],
)
def test_a_name_of_the_sdk_is_followed(imports: str, name: str, handler: str) -> None:
    """It is followed through imports, aliases, tuples and fallbacks."""
    assert handler == find_only_place(f"{imports}\ndef f():\n    try: ask()\n    except {name}: return None\n").handler


def test_an_import_in_a_function_binds_a_name_there_alone() -> None:
    """Another function does not see the name."""
    text = """
        def f():
            from anthropic import RateLimitError
            try: ask()
            except RateLimitError: return None
        def g():
            try: ask()
            except RateLimitError: return None
        """
    assert [(4, "class-rate-limit")] == find_places(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import httpx\ntry: httpx.get('/')\nexcept httpx.HTTPError: pass", id="httpx only"),
        pytest.param("import openai\ntry: openai.ask()\nexcept openai.RateLimitError: pass", id="openai only"),
        pytest.param(
            "# like anthropic\nfrom openai import RateLimitError\ntry: ask()\nexcept RateLimitError: pass",
            id="mentioned only",
        ),
        pytest.param(
            "from .anthropic import RateLimitError\ntry: ask()\nexcept RateLimitError: pass",
            id="a module of the user's own",
        ),
    ],
)
def test_a_file_without_the_sdk_has_no_places(text: str) -> None:
    """It does not matter what the file catches."""
    assert (False, ()) == (scan_text(text).uses_sdk, scan_text(text).catches)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class OverloadedError(Exception): pass\ntry: ask()\nexcept OverloadedError: pass", id="own class"
        ),
        pytest.param("def f(anthropic):\n  try: ask()\n  except anthropic.RateLimitError: pass", id="a parameter"),
        pytest.param(
            "def f():\n  anthropic = load()\n  try: ask()\n  except anthropic.RateLimitError: pass", id="a local"
        ),
        pytest.param("from openai import RateLimitError\ntry: ask()\nexcept RateLimitError: pass", id="openai's"),
        pytest.param("try: ask()\nexcept Exception: pass", id="nothing of the SDK is tried"),
        pytest.param(
            "import openai\nc = openai.OpenAI()\ntry: c.chat.completions.create()\nexcept Exception: pass",
            id="a call of openai",
        ),
        pytest.param(
            "from twilio.rest import Client\nc = Client()\ntry: c.messages.create()\nexcept Exception: pass",
            id="a call of twilio",
        ),
        pytest.param("import pytest\nwith pytest.raises(anthropic.RateLimitError): ask()", id="a test"),
        pytest.param(
            "try: anthropic.Anthropic().messages.create()\nexcept anthropic.AuthenticationError: pass",
            id="a permanent error",
        ),
        pytest.param("try: anthropic.Anthropic().messages.create()\nexcept KeyError: pass", id="another error"),
        pytest.param("try: anthropic.Anthropic().messages.create()\nfinally: done()", id="no clause"),
    ],
)
def test_a_lookalike_of_the_sdk_is_no_place(text: str) -> None:
    """The file itself uses the SDK."""
    scanned = scan_text(f"import anthropic\n{text}\n")
    assert (True, ()) == (scanned.uses_sdk, scanned.catches)


@pytest.mark.parametrize(
    "client",
    [
        "client = anthropic.Anthropic()\ndef f():",
        "client = anthropic.AsyncAnthropicBedrock()\ndef f():",
        "def f(client: anthropic.Anthropic):",
        "def f(client: 'anthropic.AsyncAnthropic | None' = None):",
        "def f(client):",
        "def make() -> anthropic.Anthropic: return pool.take()\nclient = make()\ndef f():",
        "def make(): return anthropic.Anthropic()\nclient = make()\ndef f():",
        "def f():\n  with anthropic.Anthropic() as client: pass",
    ],
)
def test_a_client_is_recognised(client: str) -> None:
    """It is recognised by its origin, or else by the methods that are called on it."""
    text = f"import anthropic\n{client}\n  try: client.messages.create()\n  except Exception: return None\n"
    assert "any-exception" == find_only_place(text).handler


def test_a_class_from_a_file_that_is_not_scanned_can_not_be_judged() -> None:
    """The place is reported, because its body evidently calls the SDK."""
    catch = find_only_place(
        """
        import anthropic
        from myapp.errors import RETRYABLE
        def ask(client):
            try: return client.messages.create()
            except RETRYABLE: return None
        """
    )
    assert ("", "cannot judge: RETRYABLE comes from myapp.errors, which was not scanned") == (catch.handler, catch.note)
    assert (5, "except RETRYABLE") == (catch.place.line, catch.code)
