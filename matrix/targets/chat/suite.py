"""The suite of an SDK that calls chat completions in OpenAI's form: its calls, and the scenarios of each. Pure.

All twelve headlines are failures of such an API. One call has the SDK's own number of retries and plays each of them,
so that the number of requests says which failures the SDK retries by itself.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import BROKEN_STREAMS
from matrix.catalogue.openai.compatible import CompatibleApi
from matrix.catalogue.steps import Family, Scenario
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import PlayedScenarios, Surface, sync_and_async

_CREATE: Final = "chat.completions.create"

OWN_RETRIES: Final = "own-retries.chat.completions.create"
"""The call with the SDK's own number of retries."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the errors in the headlines.

    Attributes:
        rate_limited: The error of a rate limit.
        server_error: The error of a server that is not overloaded.
        invalid_request: An error for which the request itself is the reason.
    """

    rate_limited: str
    server_error: str
    invalid_request: str


def make_suite(api: CompatibleApi, named: Named, own: Iterable[Scenario] = ()) -> Suite:
    """Make the suite of an SDK.

    Args:
        api: The API that it calls.
        named: The errors of that API in the headlines.
        own: The scenarios that only this API has.
    """
    catalogue = api.catalogue(own)
    headlines = {
        "overloaded-mid": f"mid-{api.overloaded}",
        "overloaded-first": f"first-{api.overloaded}",
        "rate-limited-mid": f"mid-{named.rate_limited}",
        "server-error-mid": f"mid-{named.server_error}",
        "invalid-request-mid": f"mid-{named.invalid_request}",
        "overloaded-http": f"http-{api.overloaded}",
        "rate-limited-http": f"http-{named.rate_limited}",
        **BROKEN_STREAMS,
    }
    wrapped = frozenset(
        {"clean", "unknown", *(headlines[each] for each in ("overloaded-http", "overloaded-mid", "cut", "reset"))}
    )
    return Suite(
        catalogue=catalogue,
        unknown=catalogue["unknown"],
        surfaces={
            **sync_and_async(
                _CREATE, Surface("chat.completions.create(stream=True)", PlayedScenarios.ALL, dialect=Dialect.CHAT)
            ),
            OWN_RETRIES: Surface(
                "chat.completions.create(stream=True) on a client without max_retries, sync",
                PlayedScenarios.RETRIES,
                dialect=Dialect.CHAT,
            ),
            **sync_and_async(
                "chat.completions.with_raw_response.create",
                Surface(
                    "chat.completions.with_raw_response.create(stream=True).parse()", wrapped, dialect=Dialect.CHAT
                ),
            ),
            **sync_and_async(
                "chat.completions.with_streaming_response.create",
                Surface(
                    "chat.completions.with_streaming_response.create(stream=True), .parse()",
                    wrapped,
                    dialect=Dialect.CHAT,
                ),
            ),
        },
        main=(_CREATE,),
        differing=wrapped,
        retried=frozenset({"clean", "unknown", *headlines.values()}),
        errors=frozenset(
            id_
            for id_, scenario in catalogue.items()
            if scenario.family is Family.ERROR_EVENT and id_.startswith(("mid-", "first-"))
        ),
        headline=headlines["overloaded-mid"],
        cut=headlines["cut"],
        telling=tuple(
            headlines[each]
            for each in ("overloaded-mid", "rate-limited-mid", "server-error-mid", "overloaded-http", "cut", "reset")
        ),
        confined={
            id_: frozenset({OWN_RETRIES}) for id_, scenario in catalogue.items() if scenario.family is Family.RETRY
        },
        headlines=headlines,
    )
