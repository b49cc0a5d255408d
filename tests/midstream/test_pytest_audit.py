"""The audit in pytest: failures that a test chooses, a redirected environment, verdicts, the mark and the report."""

import asyncio
import json
import os
import threading
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from lxml import etree

from matrix.catalogue.steps import Close, Head, Prelude
from midstream import pytest_plugin
from midstream.pytest_plugin import Midstream
from tests.midstream.test_pytest_plugin import NAMED, PATIENCE, played
from tests.midstream.test_pytest_plugin import session as session
from tests.support.paths import ROOT

pytest_plugins = ["pytester"]

_midstream_backend = pytest_plugin._midstream_backend
midstream = pytest_plugin.midstream

APP = '''
    """An application that knows nothing of tests: its address and its key come from the environment."""
    import os
    import httpx

    class Failed(Exception):
        """No whole answer came."""

    def post(question):
        url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
        headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"]}
        try:
            return httpx.post(url, json={"stream": True, "q": question}, headers=headers, trust_env=False, timeout=0.5)
        except httpx.HTTPError:
            return None

    def good(question):
        import time
        for attempt in range(2):
            answer = post(question)
            if answer is not None and answer.status_code == 200 and "message_stop" in answer.text:
                return "Hello world"
            permanent = answer is not None and (answer.status_code in (400, 401) or "invalid_request" in answer.text)
            if permanent or "retry-after" in getattr(answer, "headers", ()) or "spend" in getattr(answer, "text", ""):
                break
            time.sleep(0.12)
        raise Failed

    def naive(question):
        answer = post(question)
        return answer.text if answer is not None else ""
'''


CLIENT = httpx.Client(trust_env=False, timeout=5.0)
"""A client for all tests: each new one reads the certificates of the system, which takes a tenth of a second."""


def post(midstream: Midstream, body: str = "{}") -> str:
    """Send a request to the base URL that SDKs have from the environment."""
    return CLIENT.post(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", content=body).text


def kind_of(answer: str) -> str:
    """Name an answer: whole, failed in the middle, or an HTTP error."""
    return "whole" if "message_stop" in answer else "mid" if "message_start" in answer else "http"


def test_the_environment_is_that_of_the_test(midstream: Midstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the address with `/v1` of some SDKs, keys, proxies, and whole answers until `fail`."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-real")
    base_url = midstream.redirect()
    assert base_url == os.environ["ANTHROPIC_BASE_URL"]
    assert ("midstream-audit", False) == (os.environ["ANTHROPIC_API_KEY"], "HTTPS_PROXY" in os.environ)
    assert "message_stop" in post(midstream)
    again = CLIENT.post(os.environ["OPENAI_BASE_URL"] + "/v1/messages")
    assert "message_stop" in again.text
    assert [("clean", 1), ("clean", 2)] == played(midstream.requests)


def test_the_environment_is_restored_after_a_test() -> None:
    """Check what the test before this one left."""
    assert "midstream-audit" != os.environ.get("ANTHROPIC_API_KEY")
    assert "127.0.0.1" not in os.environ.get("ANTHROPIC_BASE_URL", "")


def test_failures_follow_each_other_and_then_all_is_well(midstream: Midstream) -> None:
    """Check a sequence, the same with `times`, and one failure without end."""
    midstream.redirect()
    for failures, times, expected in (
        (("http-overloaded_error", "mid-overloaded_error"), None, ["http", "mid", "whole", "whole"]),
        (("http-overloaded_error", "mid-overloaded_error"), 2, ["http", "http", "mid", "mid", "whole"]),
        (("mid-overloaded_error",), 1, ["mid", "whole"]),
        (("mid-overloaded_error",), None, ["mid"] * 4),
        (("mid-then-ok",), None, ["mid", "whole", "mid"]),
    ):
        midstream.fail(*failures, times=times)
        answers = [post(midstream) for _ in expected]
        kinds = [
            "whole" if "message_stop" in each else "mid" if "message_start" in each else "http" for each in answers
        ]
        assert expected == kinds


def test_steps_and_scenarios_of_a_test_are_played(midstream: Midstream) -> None:
    """Check steps by their types, as tables of a file, and a whole scenario."""
    midstream.redirect()
    midstream.fail(
        [Head(), Prelude(), Close()],
        [{"type": "Respond", "status": 503, "body": "as a table"}],
        {
            "id": "mine",
            "title": "A page.",
            "dialects": ["messages"],
            "attempts": [[{"type": "Respond", "status": 502, "body": "as a scenario"}]],
        },
    )
    with pytest.raises(httpx.RemoteProtocolError):
        post(midstream)
    assert ["as a table", "as a scenario"] == [post(midstream), post(midstream)]
    assert ["custom", "custom", "mine"] == [request.scenario for request in midstream.requests]
    assert {"cannot-tell"} == {each.rule for subject in midstream.verdict().subjects for each in subject.findings}


def test_an_answer_is_delayed(midstream: Midstream) -> None:
    """Check that only failures are."""
    midstream.redirect()
    midstream.fail("http-overloaded_error", times=1, delay=0.3)
    for _ in range(2):
        post(midstream)
    first, second = (exchange.sent[0].at - exchange.arrived for exchange in midstream._stage.exchanges)
    assert first >= 0.3 > second


@pytest.mark.parametrize(
    ("failures", "more", "message"),
    [
        (("mid-overloaded",), {}, "There is no scenario 'mid-overloaded'. Did you mean mid-overloaded_error"),
        ((), {}, "No failure was named"),
        (("eof-mid",), {"times": 0}, "times is 0"),
        (("eof-mid",), {"delay": -1.0}, "delay is -1"),
        (([{"type": "Heads"}],), {}, r"attempts\[0\]\[0\].type: .*Did you mean Head"),
        (([{"type": "Prelude"}],), {}, "no Head precedes it"),
    ],
)
def test_what_cannot_be_played_is_refused(
    midstream: Midstream, failures: tuple[Any, ...], more: dict[str, Any], message: str
) -> None:
    """Check that the message names the mistake."""
    with pytest.raises(ValueError, match=message):
        midstream.fail(*failures, **more)


# Verdicts.


def rules(midstream: Midstream) -> list[list[str]]:
    """List the rules of each failure."""
    return [[finding.rule for finding in subject.findings] for subject in midstream.verdict().subjects]


def test_a_partial_answer_is_a_fault(midstream: Midstream) -> None:
    """Check that the message is the report of an audit, with evidence and a fix."""
    midstream.redirect()
    midstream.fail("eof-mid")
    with midstream.observe() as call:
        call.answer = post(midstream)
    assert [["partial-answer-accepted"]] == rules(midstream)
    with pytest.raises(AssertionError) as raised:
        midstream.assert_resilient()
    for part in ("partial-answer-accepted", "request 1: POST", "end: it returned", "Fix: "):
        assert part in str(raised.value)


def test_code_that_reports_a_failure_is_resilient(midstream: Midstream) -> None:
    """Check an exception, which the block takes, and a value that reports a failure."""
    midstream.redirect()
    midstream.fail("eof-mid")
    with midstream.observe() as call:
        post(midstream)
        call.answer = int("no number")
    midstream.assert_resilient(strict=True)
    with midstream.observe() as call:
        call.failed = True
    midstream.assert_resilient(strict=True)


def test_a_crash_of_the_handler_is_a_fault(midstream: Midstream) -> None:
    """Check an error in the code that handles the failure."""
    midstream.redirect()
    midstream.fail("mid-overloaded_error")
    with midstream.observe():
        post(midstream).status_code  # type: ignore[attr-defined]  # noqa: B018 - the fault of this code
    assert [["program-crashes"]] == rules(midstream)


def test_an_assertion_in_the_block_fails_the_test(midstream: Midstream) -> None:
    """Check that a test's own `assert` is no error of the code."""
    with pytest.raises(AssertionError, match="own"), midstream.observe():
        raise AssertionError("own")


def test_a_retry_that_cannot_succeed_is_a_fault_and_the_end_is_not_judged_unseen(midstream: Midstream) -> None:
    """Check a test that observes nothing."""
    midstream.redirect()
    midstream.fail("http-invalid_request_error")
    post(midstream)
    midstream.assert_resilient()
    post(midstream)
    assert [["permanent-retried"]] == rules(midstream)


def test_each_failure_of_a_sequence_is_judged_by_its_own_requests(midstream: Midstream) -> None:
    """Check that a retry of what passes is no retry of the 400 after it."""
    midstream.redirect()
    midstream.fail("http-overloaded_error", "http-invalid_request_error")
    with midstream.observe() as call:
        post(midstream)
        call.answer = int(post(midstream))
    assert [[], []] == rules(midstream)
    midstream.fail("http-invalid_request_error", "http-overloaded_error")
    for _ in range(3):
        post(midstream)
    assert [[], [], ["permanent-retried"], []] == rules(midstream)


def test_another_request_is_no_retry(midstream: Midstream) -> None:
    """Check a test without a clean run, which would show how often the code asks."""
    midstream.redirect()
    midstream.fail("http-invalid_request_error")
    post(midstream, '{"first": 1}')
    post(midstream, '{"second": 2}')
    midstream.assert_resilient()


def test_nothing_played_is_nothing_to_judge(midstream: Midstream) -> None:
    """Check a test that forgot `fail`, and one whose code asks for nothing."""
    midstream.redirect()
    post(midstream)
    with pytest.raises(AssertionError, match=r"call fail\(\) first"):
        midstream.assert_resilient()
    midstream.fail("http-invalid_request_error")
    assert [["cannot-tell"]] == rules(midstream)
    midstream.assert_resilient()
    with pytest.raises(AssertionError, match="cannot-tell"):
        midstream.assert_resilient(strict=True)


def test_code_in_threads_and_in_a_loop_is_seen(midstream: Midstream) -> None:
    """Check requests at the same time."""
    url = midstream.redirect() + "/v1/messages"
    midstream.fail("http-overloaded_error")
    threads = [threading.Thread(target=post, args=(midstream,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await asyncio.gather(*(client.post(url) for _ in range(4)))

    asyncio.run(ask())
    assert list(range(1, 9)) == sorted(request.attempt for request in midstream.requests)


# Projects.

TESTS = """
    import unittest
    import pytest
    import app

    @pytest.mark.midstream("eof-mid", "http-overloaded_error", "http-invalid_request_error")
    @pytest.mark.parametrize("ask", ["good", "naive"])
    def test_each_failure(midstream, ask):
        with midstream.observe() as call:
            call.answer = getattr(app, ask)("Hi")
        midstream.assert_resilient()

    class TestCase(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _keep(self, midstream):
            self.midstream = midstream

        def test_it_recovers(self):
            self.midstream.redirect()
            self.midstream.fail("mid-overloaded_error", times=1)
            self.assertEqual("Hello world", app.good("Hi"))
            self.midstream.assert_resilient(strict=True)

    def test_without_the_fixture():
        pass
"""


@pytest.mark.parametrize("workers", [(), pytest.param(("-p", "xdist", "-n", "2"), marks=pytest.mark.slow)])
def test_a_project_has_the_mark_and_a_report(session: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """Check readable ids, the verdicts in the output, and files that match their schemas, in one process and in two."""
    session.makepyfile(app=APP, test_app=TESTS)
    done = session.runpytest_subprocess(*NAMED, *workers, "-v", "--midstream-report=out/report", timeout=PATIENCE)
    done.assert_outcomes(passed=5, failed=3)
    output = done.stdout.str()
    for id_ in ("eof-mid", "http-overloaded_error", "http-invalid_request_error"):
        assert f"test_app.py::test_each_failure[good-{id_}]" in output or f"[{id_}-good]" in output
    assert "partial-answer-accepted" in output
    assert "Wrote out/report.json." in output
    report = json.loads((session.path / "out" / "report.json").read_text())
    jsonschema.validate(report, json.loads((ROOT / "reports" / "schemas" / "report.json").read_text()))
    assert 7 == report["counts"]["subjects"]
    assert {"test_app.py"} == {subject["place"]["path"] for subject in report["subjects"]}
    schema = etree.XMLSchema(etree.parse(str(ROOT / "tests" / "findings" / "schemas" / "junit-10.xsd")))
    tree = etree.parse(str(session.path / "out" / "report.xml"))
    schema.assertValid(tree)
    assert 7 == len(tree.findall(".//testcase"))


def test_a_profile_is_played(session: pytest.Pytester) -> None:
    """Check that `headline` names about 16 failures, and a wrong name is refused with a hint."""
    session.makepyfile(
        test_profile="""
        import pytest

        @pytest.mark.midstream
        def test_headline(midstream):
            pass

        @pytest.mark.midstream("headline", dialect="bedrock")
        def test_frames(midstream):
            pass
        """,
        test_wrong="import pytest\n\n@pytest.mark.midstream('headlin')\ndef test_wrong(midstream):\n    pass\n",
        test_lacks="import pytest\n\n@pytest.mark.midstream('eof-mid')\ndef test_lacks():\n    pass\n",
    )
    listing = session.runpytest_subprocess(*NAMED, "--collect-only", "-q", "--strict-markers", timeout=PATIENCE)
    lines = listing.outlines
    assert 16 <= sum("test_headline[" in line for line in lines) <= 20
    assert any("test_headline[mid-overloaded_error]" in line for line in lines)
    assert any("test_frames[" in line for line in lines)
    output = listing.stdout.str()
    assert "there is no profile and no scenario 'headlin'. Did you mean headline" in output
    assert "it must take the fixture `midstream` too" in output


def test_a_setting_chooses_the_api(session: pytest.Pytester) -> None:
    """Check another target, by the address that its SDK reads, and a wrong name."""
    session.makeini("[pytest]\nmidstream_target = openai\n")
    session.makepyfile("""
        import os
        import httpx

        def test_chat(midstream):
            midstream.redirect()
            midstream.fail("http-server_is_overloaded", times=1)
            url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
            assert [503, 200] == [httpx.post(url, trust_env=False).status_code for _ in range(2)]
    """)
    session.runpytest_subprocess(*NAMED, timeout=PATIENCE).assert_outcomes(passed=1)
    session.makeini("[pytest]\nmidstream_target = opnai\n")
    done = session.runpytest_subprocess(*NAMED, timeout=PATIENCE)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["midstream_target: there is no target 'opnai'. *"])


def test_a_deadline_ends_what_waits_for_ever(session: pytest.Pytester) -> None:
    """Check code without a timeout of its own, in silence and while pings come."""
    session.makeini("[pytest]\nmidstream_deadline = 0.6\n")
    session.makepyfile("""
        import os
        import httpx
        import pytest

        @pytest.mark.midstream("stall", "pings-only")
        def test_waits(midstream):
            with midstream.observe() as call:
                httpx.post(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", trust_env=False, timeout=None)
            [subject] = midstream.verdict().subjects
            assert ["no-read-timeout"] == [finding.rule for finding in subject.findings]
    """)
    session.runpytest_subprocess(*NAMED, timeout=PATIENCE).assert_outcomes(passed=2)


def test_a_report_does_not_take_a_test_for_its_name(session: pytest.Pytester) -> None:
    """Check an option without `=` before a path."""
    path = Path(session.makepyfile("def test_other(): pass"))
    done = session.runpytest_subprocess(*NAMED, "--midstream-report", path.name, timeout=PATIENCE)
    assert pytest.ExitCode.USAGE_ERROR == done.ret
    assert "Write --midstream-report=PATH." in done.stderr.str()
