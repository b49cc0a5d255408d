"""Where errors are caught: clauses, decorators, predicates, and places where nothing catches."""

import pytest

from matrix.scan import Exactness, Reaction
from tests.scan.shown import only, places, source

CLAUSES = """\
import anthropic, httpx
from anthropic._exceptions import OverloadedError
client = anthropic.Anthropic()
def ask():
    for attempt in range(3):
        try:
            return client.messages.create(stream=True)
        {clauses}
            pass
"""


@pytest.mark.parametrize(
    ("clauses", "handler", "note"),
    [
        ("except anthropic.OverloadedError:", "class-overloaded", ""),
        ("except OverloadedError:", "class-private", ""),
        ("except anthropic.RateLimitError:", "class-rate-limit", ""),
        ("except* anthropic.RateLimitError:", "class-rate-limit", ""),
        ("except (anthropic.InternalServerError, anthropic.RateLimitError):", "class-5xx-429", ""),
        ("except anthropic.InternalServerError:", "class-5xx-429", "it does not take a rate limit outside"),
        ("except (anthropic.APIConnectionError, anthropic.RateLimitError):", "class-all-transient", "it does not take"),
        ("except anthropic.APIStatusError:", "any-status-error", ""),
        ("except anthropic.APIError:", "any-api-error", ""),
        ("except (anthropic.APIStatusError, anthropic.APIConnectionError):", "any-api-error", ""),
        ("except anthropic.AnthropicError:", "any-api-error", ""),
        ("except Exception:", "any-exception", ""),
        ("except:", "any-exception", ""),
        ("except (ValueError, Exception):", "any-exception", ""),
        ("except anthropic.APIConnectionError:", "connection", "it does not take an overloaded server outside"),
        ("except httpx.HTTPError:", "connection", "it does not take an overloaded server outside"),
        ("except (OverloadedError, anthropic.RateLimitError):", "class-private", "it also takes a rate limit outside"),
        (
            "except (anthropic.OverloadedError, anthropic.APIStatusError):",
            "any-status-error",
            "OverloadedError is not in every release",
        ),
        (
            "except anthropic.RateLimitError:\n            pass\n        except anthropic.InternalServerError:",
            "class-5xx-429",
            "",
        ),
        (
            (
                "except anthropic.RateLimitError:\n            pass\n"
                "        except anthropic.APIError:\n            raise\n"
                "        except ValueError:"
            ),
            "class-rate-limit",
            "",
        ),
        (
            "except anthropic.BadRequestError:\n            raise\n        except anthropic.APIStatusError:",
            "any-status-error",
            "it does not take status 400",
        ),
    ],
)
def test_clauses_are_of(clauses: str, handler: str, note: str) -> None:
    """The nearest handler, of all clauses of a `try` together."""
    found = only(CLAUSES.format(clauses=clauses))
    assert (handler, bool(note)) == (found.handler, found.exactness is Exactness.NEAR)
    assert found.note.startswith(note)


@pytest.mark.parametrize(
    "body",
    ["raise", "log(e); raise", "raise e", "raise e.with_traceback(None)", "if e.status_code == 529: log(e)\n    raise"],
)
def test_a_clause_that_only_raises_again_catches_nothing(body: str) -> None:
    """The error goes on to whoever does catch it."""
    text = f"import anthropic\ntry: ask()\nexcept anthropic.APIStatusError as e:\n    {body}\n"
    assert () == source(text).catches


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ("continue", Reaction.RETRIES),
        ("time.sleep(1)", Reaction.RETRIES),
        ("client.messages.create(model='other')", Reaction.RETRIES),
        ("return ask()", Reaction.RETRIES),
        ("raise self.retry(exc=e)", Reaction.RETRIES),
        ("if attempt == 2: raise", Reaction.RETRIES),
        ("return None", Reaction.ANSWERS),
        ("break", Reaction.ANSWERS),
        ("sys.exit(1)", Reaction.ANSWERS),
        ("raise Busy() from e", Reaction.RAISES),
    ],
)
def test_what_is_done_with_the_error(body: str, action: Reaction) -> None:
    """Made again, answered otherwise, or told as an error of the user's own."""
    text = CLAUSES.format(clauses="except anthropic.APIStatusError as e:").replace(
        "            pass", f"            {body}"
    )
    assert action is only(text).reaction


def test_a_loop_over_the_users_own_things_makes_no_attempts() -> None:
    """The next thing is another call."""
    found = only(
        """
        import anthropic
        def ask(client, documents):
            for document in documents:
                try:
                    client.messages.create(messages=document)
                except anthropic.APIStatusError as e:
                    print(e)
        """
    )
    assert ("any-status-error", Reaction.ANSWERS) == (found.handler, found.reaction)


def test_errors_that_are_told_apart_for_the_users_own_caller_are_judged_by_that() -> None:
    """What a rate limit becomes, a rate limit inside a stream does not."""
    found = only(
        """
        import anthropic
        async def chat(agent):
            try:
                return await agent.answer()
            except anthropic.RateLimitError as e:
                raise HTTPException(status_code=429) from e
            except anthropic.APIStatusError as e:
                raise HTTPException(status_code=502) from e
            except anthropic.APIConnectionError as e:
                raise HTTPException(status_code=503) from e
        """
    )
    assert ("class-rate-limit", Reaction.RAISES) == (found.handler, found.reaction)
    assert "an error inside a stream goes to `except anthropic.APIStatusError` in line 7" == found.note


def test_errors_inside_a_stream_that_are_told_apart_from_all_others_are_missed() -> None:
    """What has a status from 400 up is one error, and anything else a generic one."""
    found = only(
        """
        import anthropic
        async def request(client: anthropic.AsyncAnthropic):
            try:
                return await client.messages.create(stream=True)
            except anthropic.APIStatusError as e:
                if (status := e.status_code) >= 400:
                    raise ModelHTTPError(status) from e
                raise ModelAPIError(str(e)) from e
            except anthropic.APIConnectionError as e:
                raise ModelAPIError(str(e)) from e
        """
    )
    assert ("status-ge-400", "", 6) == (found.handler, found.note, found.place.line)


@pytest.mark.parametrize(
    ("call", "streams"),
    [
        ("client.messages.create()", False),
        ("client.messages.create(stream=False)", False),
        ("client.messages.create(stream=True)", True),
        ("client.messages.create(stream=live)", None),
        ("client.messages.create(**arguments)", None),
        ("client.messages.stream()", True),
        ("client.beta.messages.stream()", True),
        ("client.with_options(timeout=3).messages.create(stream=True)", True),
        ("client.messages.with_raw_response.create(stream=True)", True),
        ("client.completions.create(stream=True)", True),
        ("ask()", None),
    ],
)
def test_whether_a_stream_is_read(call: str, streams: bool | None) -> None:
    """None if that can't be seen."""
    text = f"import anthropic\nclient = anthropic.Anthropic()\ntry: {call}\nexcept anthropic.APIError: pass\n"
    assert streams is only(text).streams


@pytest.mark.parametrize(
    ("decorator", "handler"),
    [
        ("tenacity.retry(retry=tenacity.retry_if_exception_type(anthropic.APIStatusError))", "any-status-error"),
        ("retry(retry=retry_if_exception_type((anthropic.RateLimitError,)))", "class-rate-limit"),
        ("retry(retry=retry_if_exception_type(exception_types=anthropic.RateLimitError))", "class-rate-limit"),
        ("retry(retry=retry_if_exception(lambda e: getattr(e, 'status_code', 0) in (429, 529)))", "getattr-status"),
        ("retry(retry=retry_if_exception(is_transient))", "status-ge-500"),
        (
            (
                "retry(retry=retry_any(retry_if_exception_type(anthropic.RateLimitError), "
                "retry_if_exception_type(anthropic.InternalServerError)))"
            ),
            "class-5xx-429",
        ),
        (
            (
                "retry(retry=retry_if_exception_type(anthropic.RateLimitError) "
                "| retry_if_exception_type(anthropic.InternalServerError))"
            ),
            "class-5xx-429",
        ),
        ("retry(retry=retry_if_not_exception_type(anthropic.BadRequestError))", "any-exception"),
        ("retry(stop=3)", "any-exception"),
        ("backoff.on_exception(backoff.expo, anthropic.RateLimitError, max_tries=3)", "class-rate-limit"),
        (
            "backoff.on_exception(backoff.expo, anthropic.APIStatusError, giveup=lambda e: e.status_code < 500)",
            "status-ge-500",
        ),
        ("stamina.retry(on=anthropic.APIError, attempts=3)", "any-api-error"),
        ("stamina.retry(on=is_transient)", "status-ge-500"),
        ("of_my_own(exceptions=(anthropic.RateLimitError,))", "class-rate-limit"),
    ],
)
def test_a_decorator_is_of(decorator: str, handler: str) -> None:
    """What the libraries for retries are told to retry on."""
    predicate = "def is_transient(e): return isinstance(e, anthropic.APIStatusError) and e.status_code >= 500\n"
    text = (
        "import anthropic, backoff, stamina, tenacity\n"
        "from tenacity import *\n"
        "from tenacity import retry, retry_any, retry_if_exception, retry_if_exception_type\n"
        "from tenacity import retry_if_not_exception_type\n"
        + predicate
        * ("is_transient" in decorator)
        + f"@{decorator}\n"
        "def ask(client): return client.messages.create(stream=True)\n"
    )
    found = only(text)
    assert (handler, "ask", True) == (found.handler, found.function, found.streams)


def test_a_predicate_is_judged_where_it_is_defined() -> None:
    """Somebody else may call it."""
    found = only(
        """
        import anthropic
        def is_retryable(error: Exception) -> bool:
            return isinstance(error, anthropic.RateLimitError) or getattr(error, "status_code", 0) >= 500
        """
    )
    assert ("status-ge-500", Reaction.DECIDES, 3) == (found.handler, found.reaction, found.place.line)


def test_a_predicate_that_is_called_is_judged_where_it_is_called() -> None:
    """And not twice."""
    found = only(
        """
        import anthropic
        class Gateway:
            def __init__(self): self.client = anthropic.AsyncAnthropic()
            @staticmethod
            def _retryable(error): return error.status_code in (429, 529)
            async def ask(self):
                while True:
                    try:
                        return await self.client.messages.create()
                    except anthropic.APIStatusError as e:
                        if not self._retryable(e): raise
        """
    )
    assert ("status-429-529", 5, "Gateway.ask") == (found.handler, found.place.line, found.function)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anthropic.Anthropic(max_retries=5).messages.create()", [(2, "sdk-retries")]),
        ("anthropic.Anthropic().with_options(max_retries=5).messages.create()", [(2, "sdk-retries")]),
        ("anthropic.Anthropic(max_retries=0).messages.create()", []),
        ("anthropic.Anthropic().messages.create()", []),
        ("anthropic.Anthropic(max_retries=5)", []),
        ("openai.OpenAI(max_retries=5).messages.create()", []),
    ],
)
def test_max_retries_are_relied_on(text: str, expected: list[tuple[int, str]]) -> None:
    """Where a client is given them, and something is asked of it with nothing around that catches."""
    assert expected == places(f"import anthropic, openai\n{text}\n")


def test_the_remedy_is_seen_where_it_is_used() -> None:
    """Imported from here or copied; half of it is not all of it."""
    text = """
        from {module} import explain, guard
        import anthropic
        def ask(client):
            try:
                for event in {events}: print(event)
            except Exception as e:
                if explain(e).retryable: return ask(client)
                raise
        """
    for module in ("midstream.remedy", "remedy", "myapp.vendor.remedy", ".remedy"):
        whole = only(text.format(module=module, events="guard(client.messages.create(stream=True))"))
        assert ("remedy", Exactness.SAME, 7) == (whole.handler, whole.exactness, whole.place.line)
    half = only(text.format(module="remedy", events="client.messages.create(stream=True)"))
    assert ("remedy", Exactness.NEAR) == (half.handler, half.exactness)
    assert "guard is not used, so an end that comes too early is not seen" == half.note


def test_a_stream_that_must_end_is_a_stop_reason() -> None:
    """Whether `message_stop` came, or a stop reason."""
    found = only(
        """
        import anthropic
        async def ask(client: anthropic.AsyncAnthropic):
            finished = False
            async for event in await client.messages.create(stream=True):
                if event.type == "message_stop":
                    finished = True
            if not finished:
                raise Incomplete
        """
    )
    assert ("stop-reason", 7, "not finished") == (found.handler, found.place.line, found.code)


def test_suppressed_errors_are_caught() -> None:
    """And nothing is said of them."""
    found = only("import anthropic, contextlib\nwith contextlib.suppress(anthropic.APIError):\n    ask()\n")
    assert ("any-api-error", Reaction.ANSWERS) == (found.handler, found.reaction)
