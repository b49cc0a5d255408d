"""The suite of the Vercel AI SDK. Pure.

An error becomes a part of its stream, and no exception. So each way to read that stream is a call of its own.
`streamObject` is none: it takes JSON for an answer, and the backend's answer is a text.
"""

from typing import Final

import msgspec

from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface
from matrix.targets.framework_suite import make_suite

_MORE: Final = frozenset(
    {
        "mid-unheard_of_error",
        "after-stop",
        "flat",
        "unknown-event",
        "eof-after-delta",
        "html-200",
        "json-error-200",
    }
)
"""Scenarios in which a reader of its own can differ from the SDK of the provider, by id."""

_RETRIED: Final = "fullStream.own-retries"
_STREAM_RETRIED: Final = "fullStream.streamRetries"

_SUITE: Final = make_suite(
    {
        "textStream": Surface("streamText().textStream", PlayedScenarios.ALL, shows=ReturnedContent.TEXT),
        "fullStream": Surface("streamText().fullStream", PlayedScenarios.ALL),
        "textStream.onError": Surface("streamText({onError}).textStream", shows=ReturnedContent.TEXT),
        "text": Surface("await streamText().text", shows=ReturnedContent.TEXT),
        "consumeStream": Surface("await consumeStream(), then await text", shows=ReturnedContent.TEXT),
        "toUIMessageStreamResponse": Surface(
            "streamText().toUIMessageStreamResponse(), read by a browser", shows=ReturnedContent.TEXT
        ),
        _RETRIED: Surface("streamText() without maxRetries, fullStream", PlayedScenarios.RETRIES),
        _STREAM_RETRIED: Surface(
            "streamText({streamRetries: 2}).fullStream",
            frozenset({"clean", "unknown", "http-overloaded_error", "mid-overloaded_error", "eof-mid", "reset"}),
        ),
    },
    main="textStream",
    retrying=frozenset({_RETRIED}),
    more=_MORE,
)

SUITE: Final = msgspec.structs.replace(
    _SUITE,
    retried=frozenset({"clean", "unknown", "bad-json", *_SUITE.headlines.values()}),
    confined={
        "http-529-then-ok": frozenset({_RETRIED}),
        "mid-then-ok": frozenset({_RETRIED, _STREAM_RETRIED}),
        "reset-then-ok": frozenset({_RETRIED, _STREAM_RETRIED}),
    },
    # It waits two seconds before the second attempt, and four before the third.
    deadline=10.0,
)
