"""Relatives of the cases: web frameworks, retry libraries, other clients, the HTTP library, and statuses passed on.

What can run in a cell is among the programs of the differential test. These need packages that no cell has.
"""

from typing import Final

import pytest

from matrix.model import Cell, Lane
from matrix.scan import scan
from matrix.scan.catches import Catch, Choice, PlaceRole
from matrix.scan.recorded import Recorded
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.scan.places import find_only_place, list_chosen, list_taken, open_release, scan_text, summarise
from tests.support.paths import DATA

MID: Final = "mid-400 mid-429 mid-529"
STATUS: Final = f"400 429 529 {MID}"
HEAD: Final = "import anthropic\nclient = anthropic.Anthropic()\naclient = anthropic.AsyncAnthropic()\n"
READ: Final = "list(client.messages.create(model='m', max_tokens=9, messages=[], stream=True))"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        pytest.param(
            "from flask import Flask\napp = Flask(__name__)\n@app.errorhandler(anthropic.RateLimitError)\n"
            "def busy(error):\n    return {'busy': True}, 503\n",
            "429",
            id="flask",
        ),
        pytest.param(
            "from flask import Blueprint\nb = Blueprint('b', __name__)\n@b.app_errorhandler(anthropic.APIStatusError)\n"
            "def busy(error):\n    return {'busy': True}, 503\n",
            STATUS,
            id="a blueprint of flask",
        ),
        pytest.param(
            "from flask import Flask\napp = Flask(__name__)\ndef busy(error):\n    return 'busy', 503\n"
            "app.register_error_handler(anthropic.RateLimitError, busy)\n",
            "429",
            id="flask, registered",
        ),
        pytest.param(
            "from fastapi import FastAPI\nfrom fastapi.responses import JSONResponse\napp = FastAPI()\n"
            "@app.exception_handler(anthropic.RateLimitError)\nasync def busy(request, exc):\n"
            "    return JSONResponse({'busy': True}, status_code=503)\n",
            "429",
            id="fastapi",
        ),
        pytest.param(
            "from fastapi import FastAPI\nfrom fastapi.responses import JSONResponse\napp = FastAPI()\n"
            "async def busy(request, exc):\n    return JSONResponse({'busy': True}, status_code=503)\n"
            "app.add_exception_handler(anthropic.RateLimitError, busy)\n",
            "429",
            id="fastapi, added",
        ),
        pytest.param(
            "from starlette.applications import Starlette\nfrom starlette.responses import PlainTextResponse\n"
            "def busy(request, exc):\n    return PlainTextResponse('busy', 503)\n"
            "app = Starlette(exception_handlers={anthropic.RateLimitError: busy})\n",
            "429",
            id="starlette",
        ),
    ],
)
def test_an_exception_handler_of_a_web_framework_is_a_place(text: str, taken: str) -> None:
    """It answers for the routes of its application."""
    catch = find_only_place(HEAD + text)
    assert (taken, "busy") == (list_taken(catch), catch.function)
    assert "" == list_chosen(catch, Choice.RETRY)


def find_status(answer: str, before: str = "") -> Catch:
    """Find the place of a route that answers so for an error with a status."""
    return find_only_place(
        "from fastapi import HTTPException, Response\nfrom fastapi.responses import JSONResponse\n"
        f"import flask\nfrom aiohttp import web\n{HEAD}"
        f"def ask():\n    try:\n        return {READ}\n    except anthropic.APIStatusError as e:\n"
        f"        {before}\n        {answer}\n"
    )


@pytest.mark.parametrize(
    ("before", "answer"),
    [
        ("", "raise HTTPException(status_code=e.status_code, detail=str(e))"),
        ("", "raise HTTPException(e.status_code, str(e)) from e"),
        ("", "raise HTTPException(status_code=getattr(e, 'status_code', 500))"),
        ("", "raise HTTPException(status_code=e.response.status_code)"),
        ("status = e.status_code", "raise HTTPException(status_code=status)"),
        ("", "return JSONResponse({'error': str(e)}, status_code=e.status_code)"),
        ("", "return Response(content=str(e), status_code=e.status_code)"),
        ("", "return web.json_response({'error': str(e)}, status=e.status_code)"),
        ("", "return flask.jsonify(error=str(e)), e.status_code"),
        ("", "return {'error': str(e)}, e.status_code"),
        ("", "flask.abort(e.status_code)"),
        ("code = e.status_code or 500", "return JSONResponse({}, code)"),
    ],
)
def test_a_status_that_is_passed_on_is_known(before: str, answer: str) -> None:
    """The client of the service is told 200 for a failure inside a stream."""
    assert find_status(answer, before).passes_status


@pytest.mark.parametrize(
    ("before", "answer"),
    [
        ("", "raise HTTPException(status_code=502, detail=str(e))"),
        ("", "raise HTTPException(status_code=502, detail=f'upstream said {e.status_code}')"),
        ("", "raise HTTPException(status_code=e.status_code if e.status_code >= 400 else 502)"),
        ("print(e.status_code)", "return JSONResponse({}, status_code=503)"),
        ("status = 429 if e.status_code == 429 else 502", "raise HTTPException(status_code=status)"),
        ("", "return {'status': e.status_code}"),
    ],
)
def test_a_status_of_its_own_is_not_passed_on(before: str, answer: str) -> None:
    """No client of the service is told 200 for a failure."""
    assert not find_status(answer, before).passes_status


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("raise HTTPException(status_code=e.status_code)", "return None"),
        ("return None", "raise HTTPException(status_code=e.status_code)"),
        ("raise HTTPException(status_code=e.status_code)", "raise HTTPException(status_code=502)"),
        ("raise HTTPException(status_code=502)", "raise HTTPException(status_code=e.status_code)"),
    ],
)
def test_a_status_is_passed_on_if_it_is_for_one_of_several_calls(first: str, second: str) -> None:
    """The answer to an error of the other call does not matter."""
    helper = "with client.messages.stream(model='m', max_tokens=9, messages=[]) as stream:"
    catch = find_only_place(
        f"from fastapi import HTTPException\n{HEAD}"
        f"def ask():\n    is_second = False\n    try:\n        {READ}\n        is_second = True\n"
        f"        {helper}\n            return stream.get_final_message()\n"
        "    except anthropic.APIStatusError as e:\n"
        f"        if is_second:\n            {second}\n        {first}\n"
    )
    assert "mid-overloaded_error" in catch.passed_on


@pytest.mark.parametrize("options", ["**OPTIONS", "**options()", "**{**OPTIONS, 'reraise': True}", "**dict(**OPTIONS)"])
def test_options_that_the_source_does_not_show_decide_nothing(options: str) -> None:
    """They may say which errors are retried."""
    catch = find_only_place(
        f"{HEAD}import tenacity\nfrom settings import OPTIONS, options\n"
        f"@tenacity.retry({options})\ndef ask():\n    return client.messages.create()\n"
    )
    assert {"undecided": "400 429 529"} == summarise(catch)


@pytest.mark.parametrize(
    ("text", "retried"),
    [
        pytest.param(
            "from celery import shared_task\n@shared_task(autoretry_for=(anthropic.RateLimitError,), max_retries=3)\n"
            f"def ask():\n    return {READ}\n",
            "429",
            id="celery",
        ),
        pytest.param(
            f"from retry import retry\n@retry(anthropic.RateLimitError, tries=3)\ndef ask():\n    return {READ}\n",
            "429",
            id="retry",
        ),
        pytest.param(
            "from retry import retry\n@retry((anthropic.RateLimitError, anthropic.InternalServerError), tries=3)\n"
            f"def ask():\n    return {READ}\n",
            "429 529",
            id="retry, a tuple",
        ),
        pytest.param(
            "from elsewhere import of_my_own\n@of_my_own(exceptions=(anthropic.RateLimitError,))\n"
            f"def ask():\n    return {READ}\n",
            "429",
            id="a decorator from elsewhere",
        ),
        pytest.param(
            "from opnieuw import retry\n@retry(retry_on_exceptions=(anthropic.RateLimitError,), max_calls_total=3)\n"
            f"def ask():\n    return {READ}\n",
            "429",
            id="opnieuw",
        ),
    ],
)
def test_a_decorator_that_names_classes_retries_them(text: str, retried: str) -> None:
    """Its library need not be known."""
    catch = find_only_place(HEAD + text)
    assert {retried, ""} >= {list_chosen(catch, Choice.RETRY)}
    assert retried == list_chosen(catch, Choice.RETRY) or list_chosen(catch, Choice.UNDECIDED)


RETRYING: Final = "tenacity.Retrying(retry=tenacity.retry_if_exception_type(anthropic.RateLimitError))"
LOOP: Final = f"    for attempt in {{}}:\n        with attempt:\n            return {READ}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"r = {RETRYING}\ndef ask():\n{LOOP.format('r')}", id="a loop over a name"),
        pytest.param(f"r = {RETRYING}\ndef ask():\n{LOOP.format('r.copy(sleep=s)')}", id="a loop over a copy"),
        pytest.param(f"def r(): return {RETRYING}\ndef ask():\n{LOOP.format('r()')}", id="a loop over a result"),
        pytest.param(f"r = {RETRYING}\ndef once(): return {READ}\ndef ask(): return r(once)\n", id="a function"),
        pytest.param(f"r = {RETRYING}\ndef once(): return {READ}\nask = r.wraps(once)\n", id="a wrapped function"),
        pytest.param(f"r = {RETRYING}\n@r.wraps\ndef ask(): return {READ}\n", id="a decorator"),
        pytest.param(f"r = {RETRYING}\ndef ask(): return r(lambda: {READ})\n", id="a lambda"),
        pytest.param(f"def ask(): return {RETRYING}(lambda: {READ})\n", id="a lambda, at once"),
        pytest.param(
            f"class A:\n    def __init__(self): self.r = {RETRYING}\n    def ask(self): return self.r(self.once)\n"
            f"    def once(self): return {READ}\n",
            id="a method",
        ),
    ],
)
def test_what_an_object_of_tenacity_repeats_is_found(text: str) -> None:
    """It stands elsewhere, and is no stream that nothing catches."""
    catch = find_only_place(f"{HEAD}import tenacity\n{text}")
    assert (PlaceRole.RETRIES, "429") == (catch.role, list_chosen(catch, Choice.RETRY))


@pytest.mark.parametrize(
    ("before", "manager"),
    [
        ("", "contextlib.suppress(anthropic.RateLimitError)"),
        ("quiet = contextlib.suppress(anthropic.RateLimitError)\n", "quiet"),
        ("def quiet(): return contextlib.suppress(anthropic.RateLimitError)\n", "quiet()"),
    ],
)
def test_what_suppresses_may_have_a_name(before: str, manager: str) -> None:
    """An inner clause decides about what it lets pass."""
    text = f"def ask():\n    with {manager}:\n        return {READ}\n    raise ValueError\n"
    catch = find_only_place(f"{HEAD}import contextlib\n{before}{text}")
    assert {"429"} == {names for decision, names in summarise(catch).items() if "raises ValueError" in decision}


CHAT: Final = "import anthropic\nfrom langchain_anthropic import ChatAnthropic\nmodel = ChatAnthropic(model='m')\n"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("chain = model.with_retry(retry_if_exception_type=(anthropic.RateLimitError,), stop_after_attempt=2)", "429"),
        ("chain = model.with_retry(retry_if_exception_type=(anthropic.APIStatusError,))", STATUS),
        ("chain = (prompt | model).with_retry(retry_if_exception_type=(anthropic.RateLimitError,))", "429"),
        (
            "OPTIONS = {'retry_if_exception_type': (anthropic.RateLimitError,)}\nchain = model.with_retry(**OPTIONS)",
            "429",
        ),
        ("chain = model.with_fallbacks([other], exceptions_to_handle=(anthropic.InternalServerError,))", "529"),
        ("chain = model.with_fallbacks([other], exceptions_to_handle=(anthropic.APIError,))", STATUS),
        (
            (
                "ERRORS = (anthropic.RateLimitError, anthropic.InternalServerError)\n"
                "chain = model.with_fallbacks(fallbacks=[other], exceptions_to_handle=ERRORS)"
            ),
            "429 529",
        ),
    ],
)
def test_retries_and_fallbacks_of_langchain_are_places(text: str, taken: str) -> None:
    """They name classes of the SDK, of which an overload inside a stream is none but the most general."""
    assert taken == list_taken(find_only_place(f"{CHAT}from elsewhere import other, prompt\n{text}\n"))


@pytest.mark.parametrize(
    "client",
    [
        "client = anthropic.AnthropicBedrock()",
        "client = anthropic.AsyncAnthropicBedrock()",
        "from anthropic import AnthropicBedrock\nclient = AnthropicBedrock(aws_region='r')",
        "from anthropic.lib.bedrock import AnthropicBedrock\nclient = AnthropicBedrock()",
        "def make():\n    return anthropic.AnthropicBedrock()\nclient = make()",
        "class Holder:\n    def __init__(self):\n        self.c = anthropic.AnthropicBedrock()\nclient = Holder().c",
        "import os\nclient = anthropic.AnthropicBedrock() if os.environ.get('AWS') else anthropic.AnthropicVertex()",
    ],
)
def test_code_on_another_client_is_not_judged(client: str) -> None:
    """The record has no calls of Bedrock, and what the first-party client does is no answer for it."""
    catch = find_only_place(
        f"import anthropic\n{client}\ndef ask():\n    for _ in range(3):\n        try:\n            return {READ}\n"
        "        except anthropic.APIStatusError:\n            continue\n"
    )
    assert "Anthropic" in catch.unmeasured
    assert {Choice.UNDECIDED} >= {decision.choice for decision in catch.decisions.values()}


@pytest.mark.parametrize(
    "annotation", ["anthropic.AnthropicBedrock", "anthropic.AsyncAnthropicBedrock", "'anthropic.AnthropicBedrock'"]
)
def test_a_parameter_of_another_client_is_not_judged(annotation: str) -> None:
    """Its annotation names the client."""
    catch = find_only_place(
        f"import anthropic\ndef ask(client: {annotation}):\n    try:\n        return {READ}\n"
        "    except anthropic.RateLimitError:\n        return None\n"
    )
    assert annotation.strip("'").removeprefix("anthropic.") == catch.unmeasured


@pytest.mark.parametrize(
    "text",
    [
        (
            "import litellm\ndef ask(q):\n    try:\n        return litellm.completion(model='m', messages=q)\n"
            "    except litellm.RateLimitError:\n        return None\n"
        ),
        (
            "from litellm import acompletion\nfrom litellm.exceptions import APIError\nasync def ask(q):\n    try:\n"
            "        return await acompletion(model='claude', messages=q)\n    except APIError:\n        raise\n"
            "    except Exception:\n        return None\n"
        ),
    ],
)
def test_the_exceptions_of_litellm_are_not_judged(text: str) -> None:
    """It raises classes of its own."""
    assert ["litellm"] == [catch.unmeasured for catch in scan_text(text)]


TRY: Final = "def ask(q):\n    try:\n        return {}\n    except Exception:\n        return None\n"


@pytest.mark.parametrize(
    "text",
    [
        "import litellm\n" + TRY.format("litellm.completion(model='m', messages=q)"),
        "import litellm as llm\n" + TRY.format("llm.responses(model='m', input=q)"),
        "from litellm import completion\n" + TRY.format("''.join(part for part in completion(stream=True))"),
        "import litellm\nrouter = litellm.Router(model_list=[])\n" + TRY.format("router.completion(model='m')"),
        (
            "import litellm, tenacity\n@tenacity.retry(stop=tenacity.stop_after_attempt(3))\n"
            "def ask(q):\n    return litellm.completion(model='m', messages=q)\n"
        ),
    ],
)
def test_a_call_of_litellm_is_not_judged(text: str) -> None:
    """Its errors were not measured, whichever clause or decorator gets them."""
    assert ["litellm"] == [catch.unmeasured for catch in scan_text(text)]


@pytest.mark.parametrize(
    "text",
    [
        "import litellm\n" + TRY.format("litellm.token_counter(model='m', messages=q)"),
        "import litellm\nfrom mine import completion\n" + TRY.format("completion(q)"),
        "import litellm\n" + TRY.format("litellm.completion(q)").replace("return None", "raise"),
    ],
)
def test_code_that_asks_litellm_nothing_or_catches_nothing_is_no_place(text: str) -> None:
    """It counts tokens, calls something else, or raises each error again."""
    assert [] == scan_text(text)


def reset_and_crashes(text: str, release: Recorded) -> tuple[str, str]:
    """Return what a place does about a lost connection, and where it crashes."""
    (catch,) = [each for each in scan(release, text, "app.py").catches if each.role is not PlaceRole.CLIENT]
    summary = summarise(catch)
    (reset,) = [decision for decision, names in summary.items() if "reset" in names.split()]
    return reset, " ".join(names for decision, names in summary.items() if decision.startswith("crash"))


RETRIES: Final = (
    "{imports}\n"
    + HEAD
    + (
        f"def ask():\n    for _ in range(3):\n        try:\n            return {READ}\n        except {{kinds}}:\n"
        "            continue\n"
    )
)
EVERY: Final = f"{STATUS} cut reset html json"
BOTH: Final = "try:\n    import httpx2 as httpx\nexcept ImportError:\n    import httpx"


@pytest.mark.parametrize(
    ("version", "brought", "imports", "kinds", "reset", "crashes"),
    [
        pytest.param("2.12.0", (), "", "anthropic.APIConnectionError", "fail", "", id="no import"),
        pytest.param(
            "2.12.0", (), "import httpx", "httpx.HTTPError", "crash ModuleNotFoundError", EVERY, id="httpx is missing"
        ),
        pytest.param("2.12.0", ("httpx",), "import httpx", "httpx.HTTPError", "fail", "", id="httpx is brought"),
        pytest.param("2.12.0", (), "import httpx2", "httpx2.HTTPError", "retry", "", id="httpx2"),
        pytest.param("0.87.0", (), "import httpx", "httpx.HTTPError", "retry", "", id="httpx before 1.0"),
        pytest.param(
            "0.87.0",
            (),
            "import httpx2",
            "httpx2.HTTPError",
            "crash ModuleNotFoundError",
            EVERY,
            id="httpx2 before 1.0",
        ),
        pytest.param("0.87.0", ("httpx2",), "import httpx2", "httpx2.HTTPError", "fail", "", id="httpx2 is brought"),
        pytest.param("0.87.0", (), BOTH, "httpx.TransportError", "retry", "", id="either, before 1.0"),
        pytest.param("2.12.0", (), BOTH, "httpx.TransportError", "retry", "", id="either, from 1.0 on"),
        pytest.param(
            "2.12.0",
            (),
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import httpx",
            "anthropic.APIError",
            "fail",
            "",
            id="for types alone",
        ),
        pytest.param(
            "2.12.0",
            (),
            "def other():\n    import httpx\n    return httpx.get('/')",
            "anthropic.APIError",
            "fail",
            "",
            id="in another function",
        ),
        pytest.param(
            "2.12.0",
            (),
            "try:\n    import httpx\n    LOST = (httpx.HTTPError,)\nexcept ImportError:\n    LOST = ()",
            "(anthropic.APIConnectionError, *LOST)",
            "fail",
            "",
            id="where it is there",
        ),
    ],
)
def test_the_http_library_is_that_of_the_release(
    version: str, brought: tuple[str, ...], imports: str, kinds: str, reset: str, crashes: str
) -> None:
    """Only code that imports a missing package itself crashes."""
    text = RETRIES.format(imports=imports, kinds=kinds)
    assert (reset, crashes) == reset_and_crashes(text, open_release(version, *brought))


def test_a_missing_package_is_a_crash_only_if_the_lock_names_all() -> None:
    """Without a lock, the environment may have more packages than the release brings."""
    release = open_release()
    cell = Cell("2.12.0", Lane.TODAY, "3.11")
    behaviour = queries.behaviour(Store(DATA, ANTHROPIC), cell)
    unlocked = Recorded(ANTHROPIC, "2.12.0", behaviour, release.installed, locked=False)
    text = RETRIES.format(imports="import httpx", kinds="httpx.HTTPError")
    (catch,) = scan(unlocked, text, "app.py").catches
    assert "" == list_chosen(catch, Choice.CRASH)
    assert "" == list_chosen(catch, Choice.RETRY)


@pytest.mark.parametrize(
    ("call", "scenarios"),
    [
        ("client.messages.create(model='m', max_tokens=9, messages=[])", "400 429 529"),
        ("client.messages.count_tokens(model='m', messages=[])", "400 429 529"),
        ("client.messages.batches.results('b')", "400 429 529"),
        ("client.beta.files.upload(file=b'')", "400 429 529"),
        ("client.models.retrieve('m')", "400 429 529"),
        ("client.messages.parse(model='m', max_tokens=9, messages=[])", "400 429 529"),
        ("client.beta.messages.count_tokens(model='m', messages=[])", "400 429 529"),
    ],
)
def test_a_call_without_a_stream_fails_as_plain_http_does(call: str, scenarios: str) -> None:
    """No failure inside a stream is meant."""
    catch = find_only_place(
        f"{HEAD}def ask():\n    try:\n        return {call}\n    except anthropic.APIError:\n        return None\n"
    )
    assert {"fail returns None": scenarios} == summarise(catch)
    assert catch.reads is False


@pytest.mark.parametrize(
    "text",
    [
        "import anthropic\nclient = anthropic.Anthropic(max_retries=4)\n",
        f"{HEAD}def log(error):\n    print(error)\n",
        f"{HEAD}ERRORS = (anthropic.RateLimitError, anthropic.APIStatusError)\n",
        f"{HEAD}class Ours(anthropic.APIError):\n    pass\n",
        f"{HEAD}def name_of(error: anthropic.APIError) -> str:\n    return type(error).__name__\n",
        f"{HEAD}def status_of(error: anthropic.APIStatusError) -> int:\n    return error.status_code\n",
        f"{HEAD}def make():\n    raise anthropic.AnthropicError('no key')\n",
    ],
)
def test_code_that_catches_nothing_is_no_place(text: str) -> None:
    """It names classes of the SDK, or calls it."""
    assert [] == [catch for catch in scan_text(text) if catch.role is not PlaceRole.STREAM]
