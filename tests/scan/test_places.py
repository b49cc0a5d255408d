"""Places that catch errors: clauses, decorators, predicates, contexts, and calls that nothing catches."""

from typing import Final

import pytest

from matrix.scan.catches import Choice, PlaceRole
from tests.scan.places import find_only_place, list_chosen, list_taken, scan_file, scan_text, summarise

MID: Final = "mid-400 mid-429 mid-529"
CLAUSES: Final = """\
import time, sys
import anthropic, httpx2
from anthropic._exceptions import OverloadedError
client = anthropic.Anthropic()
class Busy(Exception): ...
def ask():
    for attempt in range(3):
        try:
            return list(client.messages.create(stream=True))
        {clauses}
            pass
"""


@pytest.mark.parametrize(
    ("clauses", "retried"),
    [
        ("except anthropic.OverloadedError:", "529"),
        ("except OverloadedError:", "529"),
        ("except anthropic.RateLimitError:", "429"),
        ("except* anthropic.RateLimitError:", "429"),
        ("except (anthropic.InternalServerError, anthropic.RateLimitError):", "429 529"),
        ("except anthropic.InternalServerError:", "529"),
        ("except (anthropic.APIConnectionError, anthropic.RateLimitError):", "429"),
        ("except anthropic.APIStatusError:", f"400 429 529 {MID}"),
        ("except anthropic.APIError:", f"400 429 529 {MID}"),
        ("except (anthropic.APIStatusError, anthropic.APIConnectionError):", f"400 429 529 {MID}"),
        ("except anthropic.AnthropicError:", f"400 429 529 {MID}"),
        ("except Exception:", f"400 429 529 {MID} reset"),
        ("except:", f"400 429 529 {MID} reset"),
        ("except BaseException:", f"400 429 529 {MID} reset"),
        ("except (ValueError, Exception):", f"400 429 529 {MID} reset"),
        ("except anthropic.APIConnectionError:", ""),
        ("except httpx2.HTTPError:", "reset"),
        ("except (httpx2.ReadError, anthropic.APIConnectionError):", "reset"),
        ("except (httpx2.TimeoutException, anthropic.APIConnectionError):", ""),
        ("except (OverloadedError, anthropic.RateLimitError):", "429 529"),
        ("except (anthropic.OverloadedError, anthropic.APIStatusError):", f"400 429 529 {MID}"),
        (
            "except anthropic.RateLimitError:\n            pass\n        except anthropic.InternalServerError:",
            "429 529",
        ),
        (
            (
                "except anthropic.RateLimitError:\n            pass\n"
                "        except anthropic.APIError:\n            raise\n"
                "        except ValueError:"
            ),
            "429",
        ),
        (
            "except anthropic.BadRequestError:\n            raise\n        except anthropic.APIStatusError:",
            f"429 529 {MID}",
        ),
        ("except anthropic.APIStatusError:\n            raise\n        except Exception:", "reset"),
        ("except (anthropic.APIResponseValidationError, anthropic.NotFoundError):", ""),
    ],
)
def test_clauses_are_evaluated_in_their_order(clauses: str, retried: str) -> None:
    """All clauses of a `try` are one place, and what they don't catch escapes."""
    catch = find_only_place(CLAUSES.format(clauses=clauses))
    every = f"400 429 529 {MID} reset".split()
    assert retried == list_chosen(catch, Choice.RETRY)
    assert [name for name in every if name not in retried.split()] == list_chosen(catch, Choice.FAIL).split()
    assert "cut html json" == list_chosen(catch, Choice.ACCEPT)
    assert (True, "ask") == (catch.reads, catch.function)


@pytest.mark.parametrize(
    "body",
    ["raise", "log(e); raise", "raise e", "raise e.with_traceback(None)", "if e.status_code == 529: log(e)\n    raise"],
)
def test_a_clause_that_only_raises_again_takes_nothing(body: str) -> None:
    """The error reaches the caller, who has to know what it looks like."""
    text = (
        "import anthropic\nfrom myapp import log\nclient = anthropic.Anthropic()\n"
        f"try: print(*client.messages.create(stream=True))\nexcept anthropic.APIStatusError as e:\n    {body}\n"
    )
    catch = find_only_place(text)
    assert ("", f"400 429 529 {MID} reset") == (list_taken(catch), list_chosen(catch, Choice.FAIL))
    assert summarise(catch)["fail"] == list_chosen(catch, Choice.FAIL)


@pytest.mark.parametrize(
    ("body", "decision"),
    [
        ("continue", "retry"),
        ("time.sleep(1)", "retry"),
        ("list(client.messages.create(model='other', stream=True))", "retry"),
        ("return ask()", "retry"),
        ("if attempt == 2: raise", "retry"),
        ("if attempt < 2: continue", "retry"),
        ("return None", "fail returns None"),
        ("return", "fail returns None"),
        ("break", "fail goes on"),
        ("sys.exit(1)", "fail raises SystemExit"),
        ("raise Busy() from e", "fail raises Busy"),
        ("raise Busy", "fail raises Busy"),
        ("raise", "fail"),
        ("raise e from None", "fail"),
        ("raise RuntimeError(f'failed: {e}')", "fail raises RuntimeError"),
    ],
)
def test_a_clause_does_one_thing(body: str, decision: str) -> None:
    """It calls again, lets the error escape, raises another one, or goes on without an answer."""
    text = CLAUSES.format(clauses="except anthropic.APIStatusError as e:").replace(
        "            pass", f"            {body}"
    )
    catch, *_ = scan_text(text)
    assert f"400 429 529 {MID}" == summarise(catch)[decision].removesuffix(" reset")


@pytest.mark.parametrize(
    ("after", "runs_out"),
    [
        ("", True),
        ("    return None", True),
        ("    raise Busy", False),
        ("    return 'sorry'", False),
        ("    print('failed')", True),
        ("    else:\n        raise Busy", False),
    ],
)
def test_a_loop_may_run_out(after: str, runs_out: bool) -> None:
    """After its last attempt it falls through, and its function returns None."""
    text = CLAUSES.format(clauses="except anthropic.APIStatusError:") + after
    assert runs_out is find_only_place(text).runs_out


@pytest.mark.parametrize(
    "loop",
    [
        "while True:",
        "for attempt in itertools.count():",
    ],
)
def test_a_loop_without_an_end_does_not_run_out(loop: str) -> None:
    """It is left by an answer or an error alone."""
    text = "import itertools\n" + CLAUSES.format(clauses="except anthropic.APIStatusError:").replace(
        "for attempt in range(3):", loop
    )
    assert not find_only_place(text).runs_out


def test_a_loop_over_the_users_own_items_makes_no_attempts() -> None:
    """The next round sends another document, so it repeats no failed call."""
    catch = find_only_place(
        """
        import anthropic
        def ask(client: anthropic.Anthropic, documents):
            for document in documents:
                try:
                    print(*client.messages.create(messages=document, stream=True))
                except anthropic.APIStatusError as e:
                    print(e)
        """
    )
    goes_on = "fail goes on with the next item"
    assert {goes_on: f"400 429 529 {MID}", "accept": "cut html json", "fail": "reset"} == summarise(catch)
    assert not catch.runs_out


def test_clauses_that_raise_different_errors_are_told_apart() -> None:
    """An overload inside a stream goes to the clause of every other error with a status."""
    catch = find_only_place(
        """
        import anthropic
        class Busy(Exception): ...
        class Failed(Exception): ...
        class Lost(Exception): ...
        async def chat(client: anthropic.AsyncAnthropic):
            try:
                async with client.messages.stream() as stream:
                    return [event async for event in stream]
            except anthropic.RateLimitError as e:
                raise Busy(429) from e
            except anthropic.APIStatusError as e:
                raise Failed(502) from e
            except anthropic.APIConnectionError as e:
                raise Lost(503) from e
        """
    )
    summary = summarise(catch)
    assert ("429", f"400 529 {MID}") == (summary["fail raises Busy"], summary["fail raises Failed"])
    assert "fail raises Lost" not in summary


def test_a_clause_may_treat_an_error_inside_a_stream_otherwise() -> None:
    """A status from 400 up is raised as one error, and any other as a generic one."""
    catch = find_only_place(
        """
        import anthropic
        class ModelHTTPError(Exception): ...
        class ModelAPIError(Exception): ...
        async def request(client: anthropic.AsyncAnthropic):
            try:
                return [event async for event in await client.messages.create(stream=True)]
            except anthropic.APIStatusError as e:
                if (status := e.status_code) >= 400:
                    raise ModelHTTPError(status) from e
                raise ModelAPIError(str(e)) from e
            except anthropic.APIConnectionError as e:
                raise ModelAPIError(str(e)) from e
        """
    )
    expected = {
        "fail raises ModelHTTPError": "400 429 529",
        "fail raises ModelAPIError": MID,
        "accept": "cut html json",
        "fail": "reset",
    }
    assert expected == summarise(catch)


@pytest.mark.parametrize(
    ("call", "reads"),
    [
        ("client.messages.create()", False),
        ("client.messages.create(stream=False)", False),
        ("list(client.messages.create(stream=True))", True),
        ("print(client.messages.stream().__enter__().get_final_text())", True),
        ("consume(client.messages.create(**arguments))", None),
        ("client.messages.create(**arguments).content", False),
        ("list(client.with_options(timeout=3).messages.create(stream=True))", True),
        ("list(client.messages.with_raw_response.create(stream=True).parse())", True),
        ("client.messages.count_tokens()", False),
        ("client.messages.batches.create(requests=[])", False),
        ("client.models.list()", False),
        ("client.beta.files.delete('f')", False),
    ],
)
def test_a_place_knows_whether_it_reads_a_stream(call: str, reads: bool | None) -> None:
    """The answer is None if the source does not show it. Where none is read, no failure of a stream is meant."""
    text = (
        "import anthropic\nfrom myapp import arguments, consume\nclient = anthropic.Anthropic()\n"
        f"try: {call}\nexcept anthropic.APIError: pass\n"
    )
    catch = find_only_place(text)
    assert reads is catch.reads
    if reads is False:
        assert {True} == {scenario.startswith("http-") for scenario in catch.decisions}


def test_a_stream_that_is_read_outside_is_not_read_inside() -> None:
    """Errors before the stream are caught, and errors inside it escape."""
    catch = find_only_place(
        """
        import anthropic
        client = anthropic.Anthropic()
        def ask():
            try:
                stream = client.messages.create(stream=True)
            except anthropic.APIStatusError:
                return None
            return list(stream)
        """
    )
    assert "400 429 529" == summarise(catch)["fail returns None"] == list_taken(catch)
    assert "" == list_chosen(catch, Choice.RETRY)


@pytest.mark.parametrize(
    ("decorator", "retried"),
    [
        (
            "tenacity.retry(retry=tenacity.retry_if_exception_type(anthropic.APIStatusError))",
            f"400 429 529 {MID}",
        ),
        ("retry(retry=retry_if_exception_type((anthropic.RateLimitError,)))", "429"),
        ("retry(retry=retry_if_exception_type(exception_types=anthropic.RateLimitError))", "429"),
        ("retry(retry=retry_if_exception(lambda e: getattr(e, 'status_code', 0) in (429, 529)))", "429 529"),
        ("retry(retry=retry_if_exception(is_transient))", "529"),
        (
            (
                "retry(retry=retry_any(retry_if_exception_type(anthropic.RateLimitError), "
                "retry_if_exception_type(anthropic.InternalServerError)))"
            ),
            "429 529",
        ),
        (
            (
                "retry(retry=retry_if_exception_type(anthropic.RateLimitError) "
                "| retry_if_exception_type(anthropic.InternalServerError))"
            ),
            "429 529",
        ),
        (
            (
                "retry(retry=retry_if_exception_type(anthropic.APIStatusError) "
                "& retry_if_not_exception_type(anthropic.BadRequestError))"
            ),
            f"429 529 {MID}",
        ),
        ("retry(retry=retry_if_not_exception_type(anthropic.BadRequestError))", f"429 529 {MID} reset"),
        ("retry(retry=retry_unless_exception_type(anthropic.APIStatusError))", None),
        ("retry(retry=retry_if_exception_message(match='.*Overloaded.*'))", "529 mid-529"),
        ("retry(stop=stop_after_attempt(3))", f"400 429 529 {MID} reset"),
        ("retry", f"400 429 529 {MID} reset"),
        ("backoff.on_exception(backoff.expo, anthropic.RateLimitError, max_tries=3)", "429"),
        (
            "backoff.on_exception(backoff.expo, anthropic.APIStatusError, giveup=lambda e: e.status_code < 500)",
            "529",
        ),
        ("stamina.retry(on=anthropic.APIError, attempts=3)", f"400 429 529 {MID}"),
        ("stamina.retry(on=is_transient)", "529"),
    ],
)
def test_a_decorator_retries(decorator: str, retried: str | None) -> None:
    """The arguments of the retry libraries say what is retried."""
    text = (
        "import anthropic, backoff, stamina, tenacity\n"
        "from tenacity import retry, retry_any, retry_if_exception, retry_if_exception_message\n"
        "from tenacity import retry_if_exception_type, retry_if_not_exception_type, retry_unless_exception_type\n"
        "from tenacity import stop_after_attempt\n"
        "def is_transient(e): return isinstance(e, anthropic.APIStatusError) and e.status_code >= 500\n"
        f"@{decorator}\n"
        "def ask(client: anthropic.Anthropic): return list(client.messages.create(stream=True))\n"
    )
    (catch,) = [each for each in scan_text(text) if each.role is not PlaceRole.PREDICATE]
    assert (PlaceRole.RETRIES, "ask", True) == (catch.role, catch.function, catch.reads)
    if retried is not None:
        assert retried == list_chosen(catch, Choice.RETRY)
    else:
        assert "" == list_chosen(catch, Choice.CRASH)


@pytest.mark.parametrize(
    "body",
    [
        "    yield from client.messages.create(stream=True)",
        "    return client.messages.create(stream=True)",
        "    with client.messages.stream() as stream:\n        yield from stream.text_stream",
    ],
)
def test_a_decorator_does_not_retry_what_fails_outside_of_it(body: str) -> None:
    """A generator and an open stream are read after the decorator has returned."""
    catch = find_only_place(
        "import anthropic\nfrom tenacity import retry, stop_after_attempt\nclient = anthropic.Anthropic()\n"
        f"@retry(stop=stop_after_attempt(3))\ndef ask():\n{body}\n"
    )
    assert "mid" not in list_chosen(catch, Choice.RETRY)
    assert ("400" in list_chosen(catch, Choice.RETRY)) is ("return" in body)


def test_a_predicate_is_judged_where_it_is_defined() -> None:
    """Another file may call it."""
    catch = find_only_place(
        """
        import anthropic
        def is_retryable(error: Exception) -> bool:
            return isinstance(error, anthropic.RateLimitError) or getattr(error, "status_code", 0) >= 500
        """
    )
    assert (PlaceRole.PREDICATE, "is_retryable") == (catch.role, catch.function)
    assert "429 529" == list_chosen(catch, Choice.RETRY)


@pytest.mark.parametrize(
    "text",
    [
        "def after(error):\n    if isinstance(error, anthropic.APIError): return f'failed: {error}'\n    return None\n",
        "def name_of(error):\n    return 'busy' if isinstance(error, anthropic.RateLimitError) else 'other'\n",
        "def has_text(message):\n    return bool(message.content)\n",
        "def is_ready(client):\n    return client.api_key is not None\n",
    ],
)
def test_a_function_that_gives_an_answer_is_no_predicate(text: str) -> None:
    """It decides nothing about an error, or is about another value."""
    assert [] == scan_text(f"import anthropic\n{text}")


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
                        return [e async for e in await self.client.messages.create(stream=True)]
                    except anthropic.APIStatusError as e:
                        if not self._retryable(e): raise
        """
    )
    assert (PlaceRole.CATCH, "Gateway.ask", "429 529") == (catch.role, catch.function, list_chosen(catch, Choice.RETRY))


def test_a_helper_that_raises_decides_for_its_clause() -> None:
    """What it lets pass is called again by the loop."""
    catch = find_only_place(
        """
        import anthropic
        client = anthropic.Anthropic()
        def check(error):
            if not isinstance(error, anthropic.APIStatusError) or error.status_code < 429:
                raise error
        def ask():
            while True:
                try:
                    return list(client.messages.create(stream=True))
                except Exception as error:
                    check(error)
        """
    )
    assert {"fail": f"400 {MID} reset", "retry": "429 529", "accept": "cut html json"} == summarise(catch)


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("anthropic.Anthropic(max_retries=5).messages.create()", [PlaceRole.CLIENT]),
        ("anthropic.Anthropic().with_options(max_retries=5).messages.create()", [PlaceRole.CLIENT]),
        ("anthropic.Anthropic(max_retries=0).messages.create()", []),
        ("anthropic.Anthropic().messages.create()", []),
        ("openai.OpenAI(max_retries=5).messages.create()", []),
    ],
)
def test_max_retries_of_a_client_are_a_note(text: str, roles: list[PlaceRole]) -> None:
    """A client retries what comes before a stream."""
    scanned = scan_file(f"import anthropic, openai\n{text}\n")
    assert roles == [catch.role for catch in scanned.catches]


REMEDY: Final = """
    from {module} import explain, guard
    import anthropic
    def ask(client: anthropic.Anthropic):
        try:
            for event in {events}: print(event)
        except Exception as e:
            if explain(e).retryable: return ask(client)
            raise
    """


@pytest.mark.parametrize("module", ["midstream.remedy", "remedy", "myapp.vendor.remedy", ".remedy"])
def test_the_remedy_notices_every_failure(module: str) -> None:
    """It may be imported or copied, and it raises for a stream that was cut or was none."""
    catch = find_only_place(REMEDY.format(module=module, events="guard(client.messages.create(stream=True))"))
    assert "429 529 mid-429 mid-529 cut reset html json" == list_chosen(catch, Choice.RETRY)
    assert "" == list_chosen(catch, Choice.ACCEPT)


GUARDED: Final = """
    from midstream.remedy import explain, guard
    import anthropic
    def texts(stream):
        for event in guard(stream): yield event.type
    def read_all(stream):
        for event in guard(stream): print(event)
        return stream.get_final_message()
    def ask(client: anthropic.Anthropic):
        try:
            with client.messages.stream() as stream: {body}
        except Exception as error:
            if explain(error).retryable: return None
            raise
    """


@pytest.mark.parametrize(
    "body",
    [
        "print(*guard(stream)); return stream.get_final_message()",
        "return list(texts(stream))",
        "return read_all(stream)",
    ],
)
def test_a_guarded_stream_fails_before_its_message_is_asked_for(body: str) -> None:
    """The guard raises for a stream that was cut, whichever function calls it."""
    catch = find_only_place(GUARDED.format(body=body))
    transient = "429 529 mid-429 mid-529 cut reset html json"
    expected = {"fail": "400", "fail returns None": transient, "fail raises StreamFailed": "mid-400"}
    assert expected == summarise(catch)


def test_half_of_the_remedy_notices_half() -> None:
    """Without `guard`, a stream that ends early goes unnoticed."""
    catch = find_only_place(REMEDY.format(module="remedy", events="client.messages.create(stream=True)"))
    assert ("429 529 mid-429 mid-529 reset", "cut html json") == (
        list_chosen(catch, Choice.RETRY),
        list_chosen(catch, Choice.ACCEPT),
    )


def test_a_check_of_how_the_stream_ended_is_a_place() -> None:
    """The check is for `message_stop` or for a stop reason."""
    catch = find_only_place(
        """
        import anthropic
        class Incomplete(Exception): ...
        async def ask(client: anthropic.AsyncAnthropic):
            finished = False
            async for event in await client.messages.create(stream=True):
                if event.type == "message_stop":
                    finished = True
            if not finished:
                raise Incomplete
        """
    )
    assert (PlaceRole.CHECK, "ask") == (catch.role, catch.function)
    assert "cut" in summarise(catch).get("fail raises Incomplete", "cut").split()
    assert "cut" not in list_chosen(catch, Choice.ACCEPT)


@pytest.mark.parametrize(
    ("context", "goes_on"),
    [
        ("contextlib.suppress(anthropic.APIError)", f"400 429 529 {MID}"),
        ("contextlib.suppress(anthropic.RateLimitError, anthropic.InternalServerError)", "429 529"),
        ("suppress(*QUIET)", "429"),
        ("contextlib.suppress(Exception)", f"400 429 529 {MID} reset"),
    ],
)
def test_suppressed_errors_are_a_place(context: str, goes_on: str) -> None:
    """The program goes on without an answer."""
    catch = find_only_place(
        "import anthropic, contextlib\nfrom contextlib import suppress\nQUIET = [anthropic.RateLimitError]\n"
        f"client = anthropic.Anthropic()\nwith {context}:\n    print(*client.messages.create(stream=True))\n"
    )
    assert goes_on == summarise(catch)["fail goes on"]


def test_a_task_of_celery_runs_again() -> None:
    """It raises what `self.retry` returns."""
    catch = find_only_place(
        """
        import anthropic
        from celery import shared_task
        client = anthropic.Anthropic()
        @shared_task(bind=True)
        def ask(self):
            try:
                return list(client.messages.create(stream=True))
            except anthropic.RateLimitError as e:
                raise self.retry(exc=e)
        """
    )
    assert ("429", "429") == (list_taken(catch), list_chosen(catch, Choice.RETRY))
