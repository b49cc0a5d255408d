"""The rules of findings: what each means, why it matters, and what to do. Published ids never change."""

from typing import Final

from matrix.findings.model import Rule

CANNOT_BE_USED: Final = "cannot-be-used"
HANGS: Final = "hangs"
CRASHES: Final = "handler-crashes"
SILENT: Final = "handler-takes-failure-for-answer"
MISSES: Final = "handler-gives-up"
NEEDLESS: Final = "handler-retries-in-vain"
UNCHECKED: Final = "unchecked-stream"
RUNS_OUT: Final = "runs-out"
PASSES_STATUS: Final = "passes-status-on"
UNNAMED: Final = "error-unnamed"
STATUS: Final = "status-of-the-stream"
CUT: Final = "silent-end"
DROPPED: Final = "dropped-clients-hang"
LEGACY: Final = "no-messages"
YANKED: Final = "yanked"
LOCK: Final = "lock-differs"
OPEN_ENDED: Final = "open-ended"
NO_EXTRA: Final = "no-such-extra"
UNKNOWN: Final = "unknown-release"
NOT_JUDGED: Final = "cannot-judge"
UNKNOWN_SUPPRESSION: Final = "unknown-suppression"

# What `audit` reports of a program that ran.
ACCEPTED: Final = "partial-answer-accepted"
TEXT_REPEATED: Final = "text-repeated"
PROGRAM_CRASHES: Final = "program-crashes"
PROGRAM_HANGS: Final = "program-hangs"
NO_TIMEOUT: Final = "no-read-timeout"
SUCCESS_STATUS: Final = "success-status"
STORM: Final = "retry-storm"
NOT_RETRIED: Final = "transient-not-retried"
PERMANENT_RETRIED: Final = "permanent-retried"
NO_BACKOFF: Final = "no-backoff"
RETRY_AFTER_IGNORED: Final = "retry-after-ignored"
CONNECTION_LEFT_OPEN: Final = "connection-left-open"
EXIT_HIDES: Final = "exit-hides-failure"
CANNOT_TELL: Final = "cannot-tell"

RULES: Final[dict[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule(
            CANNOT_BE_USED,
            "The release does not work with its dependencies",
            "The release can't be installed or imported, or its client can't be constructed, so no call is possible. "
            "Pin a release that works, or pin dependencies from the day of the release.",
        ),
        Rule(
            HANGS,
            "A call does not end before the deadline",
            "In some scenarios the call was still waiting at the deadline, in three of three plays. Set your own "
            "timeout around the whole call, or pin a release in which the call ends.",
        ),
        Rule(
            CRASHES,
            "The handler itself crashes",
            "The handler uses a class, an attribute or a module that this release does not have. It raises its own "
            "error, and the original error is lost.",
        ),
        Rule(
            SILENT,
            "The handler treats a failure as success",
            "The call ends without an exception although the answer is incomplete, and the handler does not notice. "
            "Check that the answer is complete; for the Anthropic Python SDK, midstream/remedy.py does so.",
        ),
        Rule(
            MISSES,
            "The handler does not retry a failure that a retry could fix",
            "The failure is temporary, but the handler does not recognise it, most often because an error inside a "
            "stream has the status of the stream, 200, or none.",
        ),
        Rule(
            NEEDLESS,
            "The handler retries without need",
            "The failure is permanent, or the answer was already complete, so a retry only costs time and tokens.",
        ),
        Rule(
            PASSES_STATUS,
            "The code answers its own client with the status of the stream",
            "The status of an error inside a stream is 200, so the client is told that all is well. Answer with the "
            "documented status of `error.type`, or with 502.",
        ),
        Rule(
            UNCHECKED,
            "Nothing notices a stream that was cut",
            "The stream is read without a check of its end, and a stream that was cut raises no exception. Check that "
            "the answer is complete; for the Anthropic Python SDK, midstream/remedy.py does so.",
        ),
        Rule(
            RUNS_OUT,
            "After its last attempt the code goes on with None",
            "A loop of attempts ends without raising the last error, so the caller gets None for an answer. Raise the "
            "last error after the loop.",
        ),
        Rule(
            UNNAMED,
            "No `type` names an error inside a stream",
            "Only the body and the text of the exception name the error; its class and status are the same for every "
            "error. Newer releases have `error.type`.",
        ),
        Rule(
            STATUS,
            "An error inside a stream has the status of the stream",
            "`status_code` is 200 for every error. Read `error.type`, or use midstream/remedy.py.",
        ),
        Rule(
            CUT,
            "A stream that ends too early raises no exception",
            "The response ends early, and the SDK does not report it. Check that the message is complete, as "
            "midstream/remedy.py does.",
        ),
        Rule(
            DROPPED,
            "An asynchronous call hangs now and then if clients are dropped",
            "A program that makes an asynchronous client for each call and never closes it has calls that wait until "
            "their timeout, ten minutes by default: an old client that is collected cancels the connection of a new "
            "one. Close each client, share one, or require a version of the locked package with which no call hung.",
        ),
        Rule(
            LEGACY,
            "The release lacks the API of today",
            "The release is judged by an older call, which does not offer the models of today.",
        ),
        Rule(
            YANKED,
            "The release was yanked",
            "The maintainers withdrew the release; installers skip it unless it is pinned exactly.",
        ),
        Rule(
            LOCK,
            "The release was measured with other dependencies",
            "The packages that carry a stream are locked to other versions than those of the measurement. Measure your "
            "own environment: `matrix probe --python PATH`.",
        ),
        Rule(
            OPEN_ENDED,
            "The requirement allows releases that are not measured yet",
            "The next release is installed as soon as it is published, whatever it does. Add an upper bound or a lock "
            "file to decide when to upgrade.",
        ),
        Rule(
            NO_EXTRA,
            "The release has no extra of this name",
            "Installers warn and go on without it, so what it should install is missing. Correct the name, or require "
            "a release that has the extra.",
        ),
        Rule(
            UNKNOWN,
            "The release or the client is not measured",
            "Unknown does not mean safe. To measure the release, run `matrix refresh`, then `matrix run --versions "
            "VERSION`; to measure your own environment, run `matrix probe --python PATH`.",
        ),
        Rule(
            NOT_JUDGED,
            "The handler can't be judged from its source",
            "The source does not show what the handler catches or decides. Test it: the pytest fixture `midstream` "
            "fails as the API does.",
        ),
        Rule(
            UNKNOWN_SUPPRESSION,
            "A comment names a rule that does not exist",
            "A comment `# midstream: ignore[RULE]` suppresses the findings of existing rules on its line. Correct the "
            "name, or remove the comment.",
        ),
        Rule(
            ACCEPTED,
            "The program takes a partial answer for a whole one",
            "The stream failed or ended early, and the program reported success. Check that the message has its stop "
            "reason before you use it; for the Anthropic Python SDK, `guard` of midstream/remedy.py does so.",
        ),
        Rule(
            TEXT_REPEATED,
            "The program shows the beginning of the answer twice",
            "It retried after text had been shown. Retry only while nothing was shown, or keep the text back until the "
            "message is complete, or take back what was shown.",
        ),
        Rule(
            PROGRAM_CRASHES,
            "The program's own code crashes when the stream fails",
            "The code that handles the failure uses a class, an attribute or a value that is not there, so the real "
            "error is lost. Test that code; `matrix scan` finds classes that a release does not have.",
        ),
        Rule(
            PROGRAM_HANGS,
            "The program neither ends nor tries again",
            "The answer was over, and the program went on waiting. Look for a thread, a task or a queue that waits for "
            "an event that a failed stream never sends.",
        ),
        Rule(
            NO_TIMEOUT,
            "No timeout ends a stream that brings nothing",
            "A silent server, or one that sends only pings, holds the program for as long as it likes. Set a read "
            "timeout on the client, and a limit of your own for the time without content: pings reset the first.",
        ),
        Rule(
            SUCCESS_STATUS,
            "The service answers its own client with a status of success",
            "The status of an error inside a stream is 200, and the service passed it on. Answer with the documented "
            "status of `error.type`, or with 502.",
        ),
        Rule(
            STORM,
            "The program sends a storm of requests for one failure",
            "Each layer of retries multiplies the attempts of the one below it. Retry in one layer: set "
            "`max_retries=0` on the client if your own code retries, and stop after a few attempts.",
        ),
        Rule(
            NOT_RETRIED,
            "The program gives up on a failure that another attempt could fix",
            "Nothing had been shown yet, and the failure passes. Wait, and send the request again. SDKs do so for an "
            "HTTP error and never for an error inside a stream, so your code has to.",
        ),
        Rule(
            PERMANENT_RETRIED,
            "The program retries what can't succeed",
            "The request, the key or the account is refused, or the answer was complete, so another attempt only costs "
            "time and money. Decide by the error's type, and stop at 400, 401, 403, 404 and a reached spend limit.",
        ),
        Rule(
            NO_BACKOFF,
            "The program retries without waiting",
            "Attempts without a pause keep an overloaded server overloaded. Wait before each retry, longer each time, "
            "with some randomness.",
        ),
        Rule(
            RETRY_AFTER_IGNORED,
            "The program does not wait for as long as the server asks",
            "A request before `Retry-After` has passed is refused again, and may prolong the limit. Read the header of "
            "the response, and wait at least so long.",
        ),
        Rule(
            CONNECTION_LEFT_OPEN,
            "The connection of a failed stream stays open",
            "A program that runs for long collects such connections until it can open no more. Close the stream when "
            "it fails: use `with` or `async with` around it.",
        ),
        Rule(
            EXIT_HIDES,
            "The program reports the failure in words only",
            "A script sees an exit code of 0. Exit with another code after a failure.",
        ),
        Rule(
            CANNOT_TELL,
            "The audit can't tell what the program did",
            "Unknown does not mean safe. Look at the requests that are listed, give the program more time with "
            "--deadline, or say with --expect-output what success is.",
        ),
    )
}
"""Rule id to rule, worst rule first."""

PROGRAM_RULES: Final = (*RULES,)[[*RULES].index(ACCEPTED) :]
"""The ids of the rules of `audit`, worst rule first."""
