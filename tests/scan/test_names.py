"""Names that mean the SDK, by import or assignment, and names that do not."""

from typing import Final

import pytest

from matrix.scan.catches import Choice, PlaceRole
from tests.scan.places import find_only_place, list_chosen, list_taken, scan_file, scan_text, summarise

MID: Final = "mid-400 mid-429 mid-529"
CALL: Final = "list(client.messages.create(stream=True))"
CLIENT: Final = "import anthropic as sdk\nclient = sdk.Anthropic()\n"


@pytest.mark.parametrize(
    ("imports", "name", "taken"),
    [
        ("import anthropic as a", "a.RateLimitError", "429"),
        ("from anthropic import APIStatusError as ASE", "ASE", f"400 429 529 {MID}"),
        ("import anthropic._exceptions as ex", "ex.OverloadedError", "529"),
        ("from anthropic import _exceptions", "_exceptions.OverloadedError", "529"),
        ("import anthropic._exceptions", "anthropic._exceptions.OverloadedError", "529"),
        ("from anthropic import OverloadedError", "OverloadedError", "529"),
        ("from anthropic import *", "RateLimitError", "429"),
        ("import anthropic\nexc = anthropic.RateLimitError", "exc", "429"),
        ("import anthropic\nR = (anthropic.RateLimitError, anthropic.InternalServerError)", "R", "429 529"),
        ("import anthropic\nerrors = [anthropic.RateLimitError]", "tuple(errors)", "429"),
        (
            "import anthropic\nA = (anthropic.RateLimitError,)\nA += (anthropic.BadRequestError,)",
            "A",
            "400 429",
        ),
        ("import anthropic\nA = (anthropic.RateLimitError,)\nB = [anthropic.BadRequestError]", "(*A, *B)", "400 429"),
        ("import anthropic\nA = (anthropic.RateLimitError,)", "A + (anthropic.BadRequestError,)", "400 429"),
        ("import anthropic\nclass C:\n    R = anthropic.RateLimitError", "C.R", "429"),
        ("import anthropic\nA, B = anthropic.RateLimitError, anthropic.APIError", "A", "429"),
        ("import anthropic\nE: type = anthropic.RateLimitError", "E", "429"),
        ("import anthropic", "getattr(anthropic, 'OverloadedError', anthropic.InternalServerError)", "529"),
        ("try:\n    import anthropic\nexcept ImportError:\n    anthropic = None", "anthropic.RateLimitError", "429"),
        (
            "try:\n    from anthropic import RateLimitError\nexcept ImportError:\n    RateLimitError = Exception",
            "RateLimitError",
            "429",
        ),
        (
            (
                "try:\n    from anthropic import OverloadedError\nexcept ImportError:\n"
                "    from anthropic._exceptions import OverloadedError"
            ),
            "OverloadedError",
            "529",
        ),
        ("import importlib\nanthropic = importlib.import_module('anthropic')", "anthropic.RateLimitError", "429"),
        ("import anthropic\nNAMES = {'limit': anthropic.RateLimitError}", "NAMES['limit']", "429"),
        ("import anthropic\nNAMES = {'limit': anthropic.RateLimitError}", "tuple(NAMES.values())", "429"),
        (
            "import anthropic\nE = tuple(getattr(anthropic, n) for n in ('RateLimitError', 'BadRequestError'))",
            "E",
            "400 429",
        ),
    ],
)
def test_a_name_of_the_sdk_is_followed(imports: str, name: str, taken: str) -> None:
    """It is followed through imports, aliases, tuples and fallbacks."""
    text = f"{CLIENT}{imports}\ndef f():\n    try: return {CALL}\n    except {name}: return None\n"
    catch = find_only_place(text)
    assert taken == list_taken(catch)
    assert taken == summarise(catch)["fail returns None"]


@pytest.mark.parametrize(
    ("version", "imports", "name", "expected"),
    [
        (
            "0.45.2",
            "import anthropic",
            "anthropic.OverloadedError",
            {"crash AttributeError": f"400 429 529 {MID} reset"},
        ),
        (
            "0.45.2",
            "from anthropic import OverloadedError",
            "OverloadedError",
            {"crash ImportError": f"400 429 529 {MID} cut reset html json"},
        ),
        (
            "0.45.2",
            "import anthropic",
            "getattr(anthropic, 'OverloadedError', anthropic.InternalServerError)",
            {"fail returns None": "529"},
        ),
        (
            "0.87.0",
            (
                "try:\n    from anthropic import OverloadedError\nexcept ImportError:\n"
                "    from anthropic._exceptions import OverloadedError"
            ),
            "OverloadedError",
            {"fail returns None": "529"},
        ),
        (
            "0.87.0",
            "from anthropic._exceptions import OverloadedError",
            "OverloadedError",
            {"fail returns None": "529"},
        ),
    ],
)
def test_a_class_that_a_release_lacks_crashes_there(
    version: str, imports: str, name: str, expected: dict[str, str]
) -> None:
    """A fallback for it does not."""
    text = f"{CLIENT}{imports}\ndef f():\n    try: return {CALL}\n    except {name}: return None\n"
    summary = summarise(find_only_place(text, version))
    assert expected == {each: names for each, names in summary.items() if each.startswith(("crash", "fail returns"))}


def test_an_import_in_a_function_binds_a_name_there_alone() -> None:
    """Another function does not see the name."""
    text = """
        from anthropic import Anthropic
        client = Anthropic()
        def f():
            from anthropic import RateLimitError
            try: return list(client.messages.create(stream=True))
            except RateLimitError: return None
        def g():
            try: return list(client.messages.create(stream=True))
            except RateLimitError: return None
        """
    first, *others = scan_text(text)
    assert ("f", "429") == (first.function, list_taken(first))
    assert {""} >= {list_chosen(each, Choice.FAIL).replace(list_chosen(each, Choice.UNDECIDED), "") for each in others}


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
    scanned = scan_file(text)
    assert (False, ()) == (scanned.uses_sdk, scanned.catches)


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
        pytest.param("try: anthropic.Anthropic().messages.create()\nexcept KeyError: pass", id="another error"),
        pytest.param("try: anthropic.Anthropic().messages.create()\nfinally: done()", id="no clause"),
    ],
)
def test_a_lookalike_of_the_sdk_is_no_place(text: str) -> None:
    """The file itself uses the SDK."""
    scanned = scan_file(f"import anthropic\n{text}\n")
    assert scanned.uses_sdk
    assert [] == [catch for catch in scanned.catches if catch.role is not PlaceRole.CLIENT]


@pytest.mark.parametrize(
    "client",
    [
        "client = anthropic.Anthropic()\ndef f():",
        "def f(client: anthropic.Anthropic):",
        "def f(client: 'anthropic.AsyncAnthropic | None' = None):",
        "def f(client):",
        "def make() -> anthropic.Anthropic: return pool.take()\nclient = make()\ndef f():",
        "def make(): return anthropic.Anthropic()\nclient = make()\ndef f():",
        "def f():\n  with anthropic.Anthropic() as client: pass",
        "import functools\n@functools.cache\ndef make(): return anthropic.Anthropic()\ndef f():\n  client = make()",
        "clients = {'a': anthropic.Anthropic()}\ndef f():\n  client = clients['a']",
        "class S:\n  client = anthropic.Anthropic()\ndef f(client=S.client):",
        "def f():\n  client = anthropic.Anthropic().with_options(timeout=3)",
    ],
)
def test_a_client_is_recognised(client: str) -> None:
    """It is recognised by its origin, or else by the methods that are called on it."""
    text = f"import anthropic\n{client}\n  try: client.messages.create()\n  except Exception: return None\n"
    assert "400 429 529" == summarise(find_only_place(text))["fail returns None"].removesuffix(" reset")


@pytest.mark.parametrize("name", ["AnthropicBedrock", "AsyncAnthropicBedrock"])
def test_a_client_without_a_record_is_not_measured(name: str) -> None:
    """What the first-party client does is no answer for it."""
    wait = "await " * name.startswith("Async")
    text = f"""
        import anthropic
        client = anthropic.{name}()
        {"async " * bool(wait)}def ask():
            try:
                return {wait}client.messages.create(model="m", max_tokens=9, messages=[])
            except anthropic.RateLimitError:
                return None
        """
    catch = find_only_place(text)
    assert name == catch.unmeasured
    assert {Choice.UNDECIDED} >= {each.choice for each in catch.decisions.values()}


def test_a_class_from_a_file_that_is_not_scanned_can_not_be_judged() -> None:
    """The place is reported, because its body evidently calls the SDK."""
    catch = find_only_place(
        """
        import anthropic
        from myapp.errors import RETRYABLE
        def ask(client: anthropic.Anthropic):
            try: return list(client.messages.create(stream=True))
            except RETRYABLE: return None
        """
    )
    assert f"400 429 529 {MID} reset" == list_chosen(catch, Choice.UNDECIDED)
    why = "RETRYABLE comes from myapp.errors, which was not scanned"
    assert {why} == {each.detail for each in catch.decisions.values() if each.choice is Choice.UNDECIDED}
    assert (5, "except RETRYABLE") == (catch.place.line, catch.code)
