"""Places that catch errors: clauses, decorators, predicates, and calls that nothing catches."""

import pytest

from matrix.scan import Exactness, Reaction
from tests.scan.places import find_only_place, find_places, scan_text

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
        ("except anthropic.InternalServerError:", "class-5xx-429", "it does not cover a rate limit outside"),
        (
            "except (anthropic.APIConnectionError, anthropic.RateLimitError):",
            "class-all-transient",
            "it does not cover",
        ),
        ("except anthropic.APIStatusError:", "any-status-error", ""),
        ("except anthropic.APIError:", "any-api-error", ""),
        ("except (anthropic.APIStatusError, anthropic.APIConnectionError):", "any-api-error", ""),
        ("except anthropic.AnthropicError:", "any-api-error", ""),
        ("except Exception:", "any-exception", ""),
        ("except:", "any-exception", ""),
        ("except (ValueError, Exception):", "any-exception", ""),
        ("except anthropic.APIConnectionError:", "connection", "it does not cover an overloaded server outside"),
        ("except httpx.HTTPError:", "connection", "it does not cover an overloaded server outside"),
        ("except (OverloadedError, anthropic.RateLimitError):", "class-private", "it also covers a rate limit outside"),
        (
            "except (anthropic.OverloadedError, anthropic.APIStatusError):",
            "any-status-error",
            "some releases lack OverloadedError",
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
            "it does not cover status 400",
        ),
    ],
)
def test_clauses_have_a_nearest_handler(clauses: str, handler: str, note: str) -> None:
    """All clauses of a `try` are judged together."""
    catch = find_only_place(CLAUSES.format(clauses=clauses))
    assert (handler, bool(note)) == (catch.handler, catch.exactness is Exactness.NEAR)
    assert catch.note.startswith(note)


@pytest.mark.parametrize(
    "body",
    ["raise", "log(e); raise", "raise e", "raise e.with_traceback(None)", "if e.status_code == 529: log(e)\n    raise"],
)
def test_a_clause_that_only_re_raises_catches_nothing(body: str) -> None:
    """The error reaches the caller."""
    text = f"import anthropic\ntry: ask()\nexcept anthropic.APIStatusError as e:\n    {body}\n"
    assert () == scan_text(text).catches


@pytest.mark.parametrize(
    ("body", "reaction"),
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
def test_a_clause_has_a_reaction(body: str, reaction: Reaction) -> None:
    """It retries, answers, or raises an error of the user's own."""
    text = CLAUSES.format(clauses="except anthropic.APIStatusError as e:").replace(
        "            pass", f"            {body}"
    )
    assert reaction is find_only_place(text).reaction


def test_a_loop_over_the_users_own_items_makes_no_attempts() -> None:
    """The next round sends another document, so it repeats no failed call."""
    catch = find_only_place(
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
    assert ("any-status-error", Reaction.ANSWERS) == (catch.handler, catch.reaction)


def test_clauses_that_raise_different_errors_are_judged_by_the_difference() -> None:
    """A rate limit inside a stream is not raised as a rate limit is."""
    catch = find_only_place(
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
    assert ("class-rate-limit", Reaction.RAISES) == (catch.handler, catch.reaction)
    assert "an error inside a stream goes to `except anthropic.APIStatusError` in line 7" == catch.note


def test_a_clause_that_treats_an_error_inside_a_stream_otherwise_misses_it() -> None:
    """A status from 400 up is raised as one error, and any other as a generic one."""
    catch = find_only_place(
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
    assert ("status-ge-400", "", 6) == (catch.handler, catch.note, catch.place.line)


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
def test_a_place_knows_whether_it_reads_a_stream(call: str, streams: bool | None) -> None:
    """The answer is None if the source does not show it."""
    text = f"import anthropic\nclient = anthropic.Anthropic()\ntry: {call}\nexcept anthropic.APIError: pass\n"
    assert streams is find_only_place(text).streams


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
def test_a_decorator_has_a_nearest_handler(decorator: str, handler: str) -> None:
    """The arguments of the retry libraries say what is retried."""
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
    catch = find_only_place(text)
    assert (handler, "ask", True) == (catch.handler, catch.function, catch.streams)


def test_a_predicate_is_judged_where_it_is_defined() -> None:
    """Another file may call it."""
    catch = find_only_place(
        """
        import anthropic
        def is_retryable(error: Exception) -> bool:
            return isinstance(error, anthropic.RateLimitError) or getattr(error, "status_code", 0) >= 500
        """
    )
    assert ("status-ge-500", Reaction.DECIDES, 3) == (catch.handler, catch.reaction, catch.place.line)


def test_a_predicate_that_is_called_is_judged_where_it_is_called() -> None:
    """It is reported once."""
    catch = find_only_place(
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
    assert ("status-429-529", 5, "Gateway.ask") == (catch.handler, catch.place.line, catch.function)


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
def test_max_retries_of_a_client_are_a_place(text: str, expected: list[tuple[int, str]]) -> None:
    """They count if the file calls the SDK and nothing catches around the call."""
    assert expected == find_places(f"import anthropic, openai\n{text}\n")


def test_a_use_of_the_remedy_is_a_place() -> None:
    """The remedy may be imported or copied; a use of half of it has a note."""
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
        whole = find_only_place(text.format(module=module, events="guard(client.messages.create(stream=True))"))
        assert ("remedy", Exactness.SAME, 7) == (whole.handler, whole.exactness, whole.place.line)
    half = find_only_place(text.format(module="remedy", events="client.messages.create(stream=True)"))
    assert ("remedy", Exactness.NEAR) == (half.handler, half.exactness)
    assert "guard is not used, so a stream that ends early goes unnoticed" == half.note


def test_a_check_of_how_the_stream_ended_is_a_place() -> None:
    """The check is for `message_stop` or for a stop reason."""
    catch = find_only_place(
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
    assert ("stop-reason", 7, "not finished") == (catch.handler, catch.place.line, catch.code)


def test_suppressed_errors_are_a_place() -> None:
    """The program goes on without an answer."""
    catch = find_only_place("import anthropic, contextlib\nwith contextlib.suppress(anthropic.APIError):\n    ask()\n")
    assert ("any-api-error", Reaction.ANSWERS) == (catch.handler, catch.reaction)
