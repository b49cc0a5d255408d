"""The cases in which the remedy cannot be right about a release of the SDK, each with its reason. Pure.

A test compares the data with this list: any other wrong answer is a bug in the remedy.
"""

from typing import Final

from matrix.targets.limits import Limit

LIMITS: Final = (
    Limit(
        "The call returns no events to its caller, so the remedy cannot see how much of the stream arrived. Iterate "
        "guard(stream) or guard(stream).text_stream first, and get the message afterwards.",
        unwatched=True,
    ),
    Limit(
        "The release drops the error. The remedy sees only that the stream did not reach its end: it says to retry, "
        "and does not know the error type.",
        ("data-only", "no-event-names", "no-final-blank", "json-error-200"),
    ),
    Limit(
        "The release reads the byte order mark as part of the first event and drops that event, so the stream has no "
        "beginning.",
        ("bom",),
    ),
    Limit(
        "The release ends the line at U+2028 and reads half of the error's JSON. The remedy says to retry, and does "
        "not know the error type.",
        ("line-separator",),
    ),
    Limit(
        "The stream is complete. Only the code that parses the tool call can see that its JSON is invalid.",
        ("bad-tool-json",),
    ),
    Limit(
        "AnthropicBedrock drops an error object without its envelope. The remedy sees only that the stream did not "
        "reach its end: it says to retry, and does not know the error type.",
        ("flat",),
        client="bedrock",
    ),
    Limit(
        "Up to 0.109.2, the streaming helper of AnthropicBedrock drops an error event inside a chunk. The remedy sees "
        "only that the stream did not reach its end: it says to retry, and does not know the error type.",
        (
            *("mid-rate_limit_error", "mid-overloaded_error", "first-overloaded_error"),
            *("tool-block", "after-delta", "error-held"),
        ),
        client="bedrock",
    ),
    Limit(
        "From 1.7 on, AnthropicBedrock drops the name of an exception that botocore does not know. The remedy says to "
        "retry, as after any error that cannot be read.",
        ("mid-unheard-of-exception", "first-unheard-of-exception"),
        client="bedrock",
    ),
    Limit(
        "Up to 0.25.8, a release does not know the stop reason pause_turn, and delivers it in a dictionary, into which "
        "the remedy does not look: it says that some of the text is missing.",
        ("error-after-pause-turn",),
    ),
    Limit("The release silently replaces invalid UTF-8 by a replacement character.", ("bad-utf8",)),
    Limit(
        "The release is older than this kind of content block, and fails on it before the error arrives.",
        ("tool-block", "thinking-block", "eof-in-tool"),
    ),
    Limit("The release itself fails on this legal and complete stream.", legal=True),
)
"""Every case in which the remedy cannot be right on some release from 0.3 on."""
