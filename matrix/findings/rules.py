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
            "Check that the message is complete, as midstream/remedy.py does.",
        ),
        Rule(
            MISSES,
            "The handler does not retry a failure that a retry could fix",
            "The failure is temporary, but the handler does not recognise it, most often because an error inside a "
            "stream has the status of the stream, 200.",
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
            "the message is complete, as midstream/remedy.py does.",
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
    )
}
"""Rule id to rule, worst rule first."""
