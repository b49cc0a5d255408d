"""The suite of a framework over the Anthropic API: the scenarios that its users meet most. Pure.

A framework adds nothing to how bytes are read, so it plays one or two scenarios of each kind of failure, and the plain
HTTP errors that their verdicts need.
"""

from collections.abc import Callable, Mapping
from typing import Final

from matrix.catalogue.control import UNKNOWN
from matrix.catalogue.scenarios import CATALOGUE, HEADLINES_PLAYED
from matrix.catalogue.steps import Scenario
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import Surface

HEADLINE: Final = "mid-overloaded_error"

_RETRIED: Final = ("http-529-then-ok", "mid-then-ok", "reset-then-ok")
"""The scenarios that show how a framework retries, by id."""

_ERRORS: Final = frozenset(
    {
        "mid-invalid_request_error",
        "mid-rate_limit_error",
        "mid-api_error",
        HEADLINE,
        "first-rate_limit_error",
        "first-overloaded_error",
    }
)
"""The scenarios with an error inside a stream, by id."""

_SCENARIOS: Final = (
    _ERRORS
    | frozenset(_RETRIED)
    | {
        "clean",
        "unknown",
        "http-invalid_request_error",
        "http-rate_limit_error",
        "http-api_error",
        "http-overloaded_error",
        "bad-json",
        "eof-mid",
        "eof-before-anything",
        "reset",
        "stall",
        "error-then-done",
    }
)

_DIFFERING: Final = frozenset(
    {
        "clean",
        "unknown",
        "http-rate_limit_error",
        "http-overloaded_error",
        "mid-rate_limit_error",
        HEADLINE,
        "first-overloaded_error",
        "eof-mid",
        "eof-before-anything",
        "reset",
    }
)
"""The scenarios in which calls of one framework can differ, by id."""

_TELLING: Final = (HEADLINE, "mid-rate_limit_error", "http-overloaded_error", "eof-mid", "reset", "stall")


def make_suite(
    surfaces: Mapping[str, Surface],
    main: str,
    retrying: frozenset[str],
    change: Callable[[Scenario], Scenario] = lambda scenario: scenario,
    more: frozenset[str] = frozenset(),
) -> Suite:
    """Make the suite of a framework.

    Args:
        surfaces: Its calls, by id.
        main: The call that people use most, by id.
        retrying: The calls with the framework's own number of retries, by id.
        change: Makes the framework's form of each scenario.
        more: The scenarios that it plays besides those of every framework, by id.
    """
    catalogue = {id_: change(scenario) for id_, scenario in CATALOGUE.items() if id_ in _SCENARIOS | more}
    return Suite(
        catalogue=catalogue,
        unknown=catalogue[UNKNOWN.id],
        surfaces=surfaces,
        main=(main,),
        differing=_DIFFERING,
        retried=frozenset({"clean", "unknown", HEADLINE}),
        errors=_ERRORS,
        headline=HEADLINE,
        cut="eof-mid",
        telling=_TELLING,
        confined=dict.fromkeys(_RETRIED, retrying),
        headlines={id_: scenario for id_, scenario in HEADLINES_PLAYED.items() if scenario in catalogue},
    )
