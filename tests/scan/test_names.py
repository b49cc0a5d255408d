"""Which names mean the SDK, however they came to be there; and which do not."""

import pytest

from tests.scan.shown import only, places, source


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
def test_a_name_is_of_the_sdk(imports: str, name: str, handler: str) -> None:
    """Followed through imports, aliases, tuples and fallbacks."""
    assert handler == only(f"{imports}\ndef f():\n    try: ask()\n    except {name}: return None\n").handler


def test_imports_in_functions_are_of_those_functions() -> None:
    """And of no other."""
    text = """
        def f():
            from anthropic import RateLimitError
            try: ask()
            except RateLimitError: return None
        def g():
            try: ask()
            except RateLimitError: return None
        """
    assert [(4, "class-rate-limit")] == places(text)


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
def test_a_file_without_the_sdk_gives_nothing(text: str) -> None:
    """Whatever it catches."""
    assert (False, ()) == (source(text).uses_sdk, source(text).catches)


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
def test_what_only_looks_like_it_gives_nothing(text: str) -> None:
    """In a file that does have to do with the SDK."""
    found = source(f"import anthropic\n{text}\n")
    assert (True, ()) == (found.uses_sdk, found.catches)


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
def test_a_client_is_known(client: str) -> None:
    """By where it comes from, or, if that can't be seen, by what is asked of it."""
    text = f"import anthropic\n{client}\n  try: client.messages.create()\n  except Exception: return None\n"
    assert "any-exception" == only(text).handler


def test_what_comes_from_elsewhere_can_not_be_judged() -> None:
    """But where the SDK is evidently asked, that is said."""
    found = only(
        """
        import anthropic
        from myapp.errors import RETRYABLE
        def ask(client):
            try: return client.messages.create()
            except RETRYABLE: return None
        """
    )
    assert ("", "cannot judge: RETRYABLE comes from myapp.errors, which was not scanned") == (found.handler, found.note)
    assert (5, "except RETRYABLE") == (found.place.line, found.code)
