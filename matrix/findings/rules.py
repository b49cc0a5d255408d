"""The kinds of finding: what each means, why it matters, and what to do. Ids never change once they are published."""

from typing import Final

from matrix.findings.model import Rule

CANNOT_BE_USED: Final = "cannot-be-used"
HANGS: Final = "hangs"
CRASHES: Final = "handler-crashes"
SILENT: Final = "handler-takes-failure-for-answer"
MISSES: Final = "handler-gives-up"
NEEDLESS: Final = "handler-retries-in-vain"
UNNAMED: Final = "error-unnamed"
STATUS: Final = "status-of-the-stream"
CUT: Final = "silent-end"
LEGACY: Final = "no-messages"
YANKED: Final = "yanked"
LOCK: Final = "lock-differs"
OPEN_ENDED: Final = "open-ended"
UNKNOWN: Final = "unknown-release"
NOT_JUDGED: Final = "cannot-judge"

RULES: Final[dict[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule(
            CANNOT_BE_USED,
            "The release can't be used with its dependencies",
            "It can't be installed or imported, or no client can be made, so no call is ever made. Pin a release that "
            "can be used, or the dependencies of its own day.",
        ),
        Rule(
            HANGS,
            "A call does not end",
            "In some scenarios a call was still waiting at the deadline, three times out of three. Put a timeout of "
            "your own around the whole call, or pin a release in which it ends.",
        ),
        Rule(
            CRASHES,
            "The handler itself crashes",
            "It uses a class, an attribute or a module that this release lacks, so it raises an error of its own, and "
            "the one that matters is lost.",
        ),
        Rule(
            SILENT,
            "A failure is taken for an answer",
            "The call ends without an exception although the answer is not whole, and this way of catching does not "
            "look. Check that the message came to its end, as midstream/remedy.py does.",
        ),
        Rule(
            MISSES,
            "The handler gives up where another attempt would help",
            "The failure would pass, and this way of catching does not see that: most often because an error inside a "
            "stream has the status of the stream, 200.",
        ),
        Rule(
            NEEDLESS,
            "The handler tries again in vain",
            "The failure does not pass, or the answer was complete, so another attempt costs time and tokens for "
            "nothing.",
        ),
        Rule(
            UNNAMED,
            "No `type` names an error inside a stream",
            "Only its body and text say which error it is; its class and status are those of any. Newer releases have "
            "`error.type`.",
        ),
        Rule(
            STATUS,
            "An error inside a stream has the status of the stream",
            "`status_code` is 200, whatever the error. Ask for `error.type`, or use midstream/remedy.py.",
        ),
        Rule(
            CUT,
            "A stream that is cut short ends without an exception",
            "The response ends before `message_stop`, and the SDK does not say so. Check that the message came to its "
            "end, as midstream/remedy.py does.",
        ),
        Rule(
            LEGACY,
            "The release has no messages API",
            "It is judged by the older call that it has. Models that are offered today are not to be had by that.",
        ),
        Rule(
            YANKED,
            "The release was yanked",
            "Its maintainers took it back; installers pass over it unless it is pinned exactly.",
        ),
        Rule(
            LOCK,
            "Measured with other dependencies",
            "The file locks other versions of the packages that carry a stream than the matrix measured with. Measure "
            "with your own: `matrix probe --python PATH`.",
        ),
        Rule(
            OPEN_ENDED,
            "Releases that nobody has measured yet are allowed",
            "The next one is installed as soon as it is out, whatever it does. A lock file or a bound says when.",
        ),
        Rule(
            UNKNOWN,
            "The matrix does not know this release",
            "Unknown is not safe. Measure it: `matrix refresh`, then `matrix run --versions VERSION`; or measure your "
            "own environment with `matrix probe --python PATH`.",
        ),
        Rule(
            NOT_JUDGED,
            "This way of catching can't be judged",
            "What it catches or decides is not to be seen in the source. Try it: the pytest fixture `midstream` fails "
            "as the API fails.",
        ),
    )
}
"""Rule id to rule, worst first."""
