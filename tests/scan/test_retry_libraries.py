"""Libraries that repeat a function, or do not: their semantics as their sources have them, in tables.

Those that run in a cell are among the programs of the differential test.
"""

from typing import Final

import pytest

from matrix.scan.catches import Choice, PlaceRole
from tests.scan.places import find_only_place, list_chosen, scan_text, summarise

MID: Final = "mid-400 mid-429 mid-529"
EVERY: Final = f"400 429 529 {MID} reset"
READ: Final = "list(client.messages.create(model='m', max_tokens=9, messages=[], stream=True))"
HEAD: Final = "import anthropic\nclient = anthropic.Anthropic()\naclient = anthropic.AsyncAnthropic()\n"
BODY: Final = f"def ask():\n    return {READ}\n"
ASYNC: Final = (
    "async def ask():\n    async with aclient.messages.stream(model='m', max_tokens=9, messages=[]) as stream:\n"
    "        return await stream.get_final_text()\n"
)
GOOGLE: Final = "from google.api_core import retry\n"


@pytest.mark.parametrize(
    ("text", "retried"),
    [
        (f"{GOOGLE}@retry.Retry(predicate=retry.if_exception_type(anthropic.RateLimitError))\n{BODY}", "429"),
        (
            (
                f"{GOOGLE}transient = retry.if_exception_type(anthropic.RateLimitError, anthropic.ConflictError)\n"
                f"@retry.Retry(transient, timeout=60)\n{BODY}"
            ),
            "429",
        ),
        (f"{GOOGLE}@retry.Retry(predicate=lambda e: isinstance(e, anthropic.APIError))\n{BODY}", f"400 429 529 {MID}"),
        (f"{GOOGLE}@retry.Retry()\n{BODY}", ""),
        (f"{GOOGLE}@retry.Retry(predicate=retry.if_transient_error)\n{BODY}", ""),
        (f"{GOOGLE}@retry.Retry(predicate=retry.if_exception_type(anthropic.RateLimitError))\n{ASYNC}", ""),
        (f"{GOOGLE}@retry.AsyncRetry(predicate=retry.if_exception_type(anthropic.RateLimitError))\n{ASYNC}", "429"),
        (
            (
                f"{GOOGLE}policy = retry.Retry(predicate=retry.if_exception_type(anthropic.RateLimitError))\n{BODY}"
                "def main():\n    return policy(ask)()\n"
            ),
            "429",
        ),
        (f"import dramatiq\n@dramatiq.actor\n{BODY}", EVERY),
        (f"import dramatiq\n@dramatiq.actor(max_retries=0)\n{BODY}", ""),
        (f"import dramatiq\n@dramatiq.actor(throws=(anthropic.BadRequestError,))\n{BODY}", f"429 529 {MID} reset"),
        (
            (
                "from dramatiq import actor\n"
                f"@actor(max_retries=0, retry_when=lambda n, e: isinstance(e, anthropic.RateLimitError))\n{BODY}"
            ),
            "429",
        ),
        (f"from prefect import task\n@task(retries=3)\n{BODY}", EVERY),
        (f"from prefect import flow\n@flow(retries=0)\n{BODY}", None),
        (
            (
                "from prefect import task\ndef again(task, run, state):\n"
                "    return isinstance(state.result(raise_on_failure=False), anthropic.RateLimitError)\n"
                f"@task(retries=3, retry_condition_fn=again)\n{BODY}"
            ),
            "429",
        ),
        (f"from huey import SqliteHuey\nhuey = SqliteHuey()\n@huey.task(retries=2)\n{BODY}", EVERY),
        (f"from huey import SqliteHuey\nhuey = SqliteHuey()\n@huey.task()\n{BODY}", None),
        (f"from other import huey\n@huey.task(retries=2)\n{BODY}", None),
        (f"import retrying\n@retrying.retry\n{BODY}", EVERY),
        (f"import retrying\n@retrying.retry(stop_max_attempt_number=3)\n{BODY}", EVERY),
        (f"import retrying\n@retrying.retry(retry_on_exception=(anthropic.RateLimitError,))\n{BODY}", "429"),
        (f"import retrying\n@retrying.retry(stop_max_attempt_number=3)\n{ASYNC}", ""),
        (f"from retry import retry\n@retry(anthropic.RateLimitError, tries=3)\n{ASYNC}", ""),
        (
            f"from celery import shared_task\n@shared_task(autoretry_for=[anthropic.RateLimitError])\n{BODY}",
            "429",
        ),
        (
            (
                "from celery import shared_task\n@shared_task(autoretry_for=(Exception,),\n"
                f"    dont_autoretry_for=(anthropic.BadRequestError,))\n{BODY}"
            ),
            f"429 529 {MID} reset",
        ),
        (
            (
                "import tenacity\ndef again(state):\n"
                "    return state.outcome.failed and isinstance(state.outcome.exception(), anthropic.RateLimitError)\n"
                f"@tenacity.retry(retry=again)\n{BODY}"
            ),
            "429",
        ),
        (
            (
                "import tenacity\n"
                "@tenacity.retry(retry=lambda s: isinstance(s.outcome.exception(), anthropic.InternalServerError))\n"
                f"{BODY}"
            ),
            "529",
        ),
    ],
)
def test_a_library_repeats_what_it_is_told(text: str, retried: str | None) -> None:
    """Nothing else is a retry; None stands for code that sets up none."""
    places = [each for each in scan_text(HEAD + text) if each.role is PlaceRole.RETRIES]
    decided = [(list_chosen(each, Choice.RETRY), list_chosen(each, Choice.UNDECIDED)) for each in places]
    assert decided == ([] if retried is None else [(retried, "")])


@pytest.mark.parametrize(
    "decorator",
    [
        "import circuitbreaker\n@circuitbreaker.circuit(expected_exception=anthropic.APIError)",
        "from circuitbreaker import CircuitBreaker\n@CircuitBreaker(expected_exception=(anthropic.APIError,))",
        "import pybreaker\n@pybreaker.CircuitBreaker(exclude=[anthropic.BadRequestError])",
        "from elsewhere import watched\n@watched(expected_exception=anthropic.APIError)",
    ],
)
def test_a_circuit_breaker_repeats_nothing(decorator: str) -> None:
    """It only counts the errors that it is told."""
    assert [PlaceRole.STREAM] == [each.role for each in scan_text(f"{HEAD}{decorator}\n{BODY}")]


@pytest.mark.parametrize(
    ("decorator", "choice"),
    [
        ("from elsewhere import quietly\n@quietly(exceptions=(anthropic.RateLimitError,))", Choice.UNDECIDED),
        ("from elsewhere import policy\n@policy(catch=anthropic.RateLimitError)", Choice.UNDECIDED),
        ("from elsewhere import with_retries\n@with_retries(exceptions=(anthropic.RateLimitError,))", Choice.RETRY),
        ("from elsewhere import policy\n@policy(retry_on=anthropic.RateLimitError)", Choice.RETRY),
    ],
)
def test_a_function_retries_if_its_name_says_so(decorator: str, choice: Choice) -> None:
    """Any other may do whatever it likes with the classes that it is given."""
    catch = find_only_place(f"{HEAD}{decorator}\n{BODY}")
    assert ("429", "400 529 mid-400 mid-429 mid-529 reset") == (
        list_chosen(catch, choice),
        list_chosen(catch, Choice.FAIL),
    )


TASK: Final = (
    "    try:\n        return {read}\n    except anthropic.RateLimitError as e:\n        {again}\n    return 0\n"
)


@pytest.mark.parametrize(
    ("before", "again", "decision"),
    [
        ("@app.task(bind=True)\ndef ask(self):\n", "raise self.retry(exc=e)", "retry"),
        ("@app.task(bind=True)\ndef ask(self):\n", "self.retry(exc=e)", "retry"),
        ("@app.task(bind=True)\ndef ask(this):\n", "raise this.retry(exc=e)", "retry"),
        ("@app.task(bind=True)\ndef ask(self):\n", "return self.retry(exc=e)", "retry"),
        ("@app.task(bind=True)\ndef ask(self):\n", "self.retry(exc=e, throw=False)", "fail returns 0"),
        ("@app.task\ndef ask():\n", "raise ask.retry(exc=e)", "retry"),
        ("from celery import current_task\n@app.task\ndef ask():\n", "current_task.retry(exc=e)", "retry"),
        ("def ask(other):\n", "other.retry(e)", "fail returns 0"),
        ("def ask(self):\n", "return self.retry(e)", "fail returns a value"),
    ],
)
def test_a_task_of_celery_runs_again_where_it_says_so(before: str, again: str, decision: str) -> None:
    """`retry` raises by itself, and a method of that name of another object is no such thing."""
    text = TASK.format(read=READ, again=again)
    catch = find_only_place(f"from celery import Celery\napp = Celery()\n{HEAD}{before}{text}")
    assert "429" == summarise(catch)[decision]
