"""Tasks and futures whose calls the source does not show, and groups of exceptions.

What can run in a cell is among the programs of the differential test.
"""

from typing import Final

import pytest

from matrix.scan.catches import Choice
from tests.scan.places import find_only_place, list_chosen, scan_text, summarise

HEAD: Final = "import anthropic, asyncio, sys\nclient = anthropic.Anthropic()\n"
MID: Final = "mid-400 mid-429 mid-529"
STATUS: Final = f"400 429 529 {MID}"


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (
            (
                "def done(task):\n    error = task.exception()\n    if isinstance(error, anthropic.RateLimitError):\n"
                "        raise ValueError\n"
            ),
            {"fail goes on": f"400 529 {MID} reset", "fail raises ValueError": "429"},
        ),
        (
            (
                "def done(future):\n    if isinstance(future.exception(), anthropic.APIError):\n        return None\n"
                "    return future.result()\n"
            ),
            {"fail returns None": STATUS, "fail": "reset"},
        ),
        (
            (
                "async def each(tasks):\n    done, rest = await asyncio.wait(tasks)\n    for task in done:\n"
                "        if isinstance(task.exception(), anthropic.RateLimitError):\n            return 'busy'\n"
                "        return await task\n"
            ),
            {"fail": f"400 529 {MID} reset", "fail returns 'busy'": "429"},
        ),
        (
            (
                "class Holder:\n    def check(self):\n"
                "        if isinstance(self.task.exception(), anthropic.APIError):\n"
                "            raise ValueError\n        return self.task.result()\n"
            ),
            {"fail raises ValueError": STATUS, "fail": "reset"},
        ),
    ],
)
def test_the_exception_of_a_task_is_judged_if_code_tells_classes_apart(text: str, summary: dict[str, str]) -> None:
    """The source need not show which call the task makes."""
    assert summary == summarise(find_only_place(HEAD + text))


@pytest.mark.parametrize(
    "text",
    [
        "def done(task):\n    if task.exception():\n        print('failed')\n",
        "def done(log):\n    log.exception('failed %s', anthropic.RateLimitError)\n",
        "def log(state):\n    if isinstance(state.outcome.exception(), anthropic.RateLimitError):\n        print()\n",
        (
            "def done(task):\n    error = task.exception()\n    if isinstance(error, anthropic.APIError):\n"
            "        raise error\n    raise error\n"
        ),
    ],
)
def test_code_that_tells_nothing_apart_is_no_place(text: str) -> None:
    """Nor is a log of an error, an attempt of tenacity, or code that raises every error."""
    assert [] == scan_text(HEAD + text)


def test_what_awaits_the_task_gets_its_error_too() -> None:
    """A callback does not end an exception."""
    text = "def done(task):\n    if isinstance(task.exception(), anthropic.RateLimitError):\n        print()\n"
    assert "gets its error too" in find_only_place(HEAD + text).note


@pytest.mark.parametrize(
    ("start", "read"),
    [
        ("pool.submit(ask)", "future.result()"),
        ("asyncio.create_task(ask())", "await future"),
        ("asyncio.get_running_loop().run_in_executor(None, ask)", "await future"),
    ],
)
def test_code_that_starts_a_task_raises_nothing(start: str, read: str) -> None:
    """Even if the source does not show what the task does."""
    catches = scan_text(
        f"{HEAD}from elsewhere import ask, pool\nasync def main():\n    try:\n        future = {start}\n"
        f"    except anthropic.RateLimitError:\n        return None\n    return {read}\n"
    )
    assert [] == [each for catch in catches for each in catch.decisions.values() if each.detail == "returns None"]


@pytest.mark.parametrize(
    ("clause", "decision"),
    [
        ("except anthropic.RateLimitError:\n        return None", "fail raises ExceptionGroup"),
        ("except ExceptionGroup as g:\n        g.split(anthropic.APIError)\n        return None", "fail returns None"),
        ("except* anthropic.RateLimitError:\n        pass", "fail returns 5"),
    ],
)
@pytest.mark.parametrize("group", ["asyncio.TaskGroup()", "anyio.create_task_group()", "trio.open_nursery()"])
def test_a_group_raises_a_group(group: str, clause: str, decision: str) -> None:
    """A clause for the class of one of its exceptions takes none of it."""
    start = "tasks.create_task(ask())" if "asyncio" in group else "tasks.start_soon(ask)"
    catch = find_only_place(
        f"{HEAD}import anyio, trio\nasync def ask():\n    return client.messages.create(model='m')\n"
        f"async def main():\n    try:\n        async with {group} as tasks:\n            {start}\n    {clause}\n"
        "    return 5\n"
    )
    assert "429" in summarise(catch)[decision].split()
    assert "" == list_chosen(catch, Choice.UNDECIDED)


@pytest.mark.parametrize("test", ["answer", "answer.ok", "answer.code == 5"])
def test_another_object_may_have_a_method_of_that_name(test: str) -> None:
    """Nothing is known of what it returns."""
    catch = find_only_place(
        f"{HEAD}from elsewhere import form\ndef ask():\n    answer = form.submit(1)\n    try:\n"
        f"        return client.messages.create(model='m')\n    except anthropic.RateLimitError:\n"
        f"        if {test}:\n            return 1\n        return 2\n"
    )
    assert "429" == summarise(catch)["fail returns 1 or returns 2"]
