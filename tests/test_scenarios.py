"""The catalogue is pure data: what is published in it never changes, and it holds what the domain asks for."""

import json

import pytest

from matrix.scenarios import CATALOGUE, PLAYABLE
from matrix.scenarios.error_types import DOCUMENTED_STATUS, MESSAGES, RETRYABLE, UNHEARD_OF
from matrix.scenarios.steps import (
    AnyIdeal,
    Completes,
    Event,
    Family,
    Finish,
    IsUnsupported,
    RaisesAnything,
    RaisesConnection,
    RaisesStatus,
    Respond,
)

ERROR_TYPES = {
    "invalid_request_error": (400, False),
    "authentication_error": (401, False),
    "billing_error": (402, False),
    "permission_error": (403, False),
    "not_found_error": (404, False),
    "conflict_error": (409, True),
    "request_too_large": (413, False),
    "rate_limit_error": (429, True),
    "api_error": (500, True),
    "timeout_error": (504, True),
    "overloaded_error": (529, True),
}
"""`error.type` to its documented status and whether a retry may help, copied from the API's error page."""

IDS = [
    "clean",
    "http-invalid_request_error",
    "http-authentication_error",
    "http-billing_error",
    "http-permission_error",
    "http-not_found_error",
    "http-conflict_error",
    "http-request_too_large",
    "http-rate_limit_error",
    "http-api_error",
    "http-timeout_error",
    "http-overloaded_error",
    "unknown",
    "mid-invalid_request_error",
    "mid-authentication_error",
    "mid-billing_error",
    "mid-permission_error",
    "mid-not_found_error",
    "mid-conflict_error",
    "mid-request_too_large",
    "mid-rate_limit_error",
    "mid-api_error",
    "mid-timeout_error",
    "mid-overloaded_error",
    "mid-unheard_of_error",
    "first-invalid_request_error",
    "first-authentication_error",
    "first-billing_error",
    "first-permission_error",
    "first-not_found_error",
    "first-conflict_error",
    "first-request_too_large",
    "first-rate_limit_error",
    "first-api_error",
    "first-timeout_error",
    "first-overloaded_error",
    "first-unheard_of_error",
    "eof-mid",
    "reset",
]
"""Every id that was ever published: one may be added, none may change."""

each_type = pytest.mark.parametrize("error_type", ERROR_TYPES)
each_position = pytest.mark.parametrize("position", ["mid", "first"])


def test_every_id_is_the_one_that_was_published_in_its_order() -> None:
    """Addresses and data are named by these ids."""
    assert list(CATALOGUE) == IDS


def test_every_scenario_is_found_under_its_own_id() -> None:
    """The key of the catalogue and the id of the scenario are one."""
    assert list(CATALOGUE) == [scenario.id for scenario in CATALOGUE.values()]


def test_no_two_scenarios_share_an_id() -> None:
    """A repeated id would have been swallowed by the catalogue's dictionary."""
    assert len(IDS) == len(set(IDS)) == len(CATALOGUE)


@pytest.mark.parametrize("id_", CATALOGUE)
def test_every_id_can_stand_in_an_address_and_in_a_file_name(id_: str) -> None:
    """An id is a segment of a base URL and the name of a document."""
    assert set(id_) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


def test_what_the_backend_plays_is_the_catalogue_without_unknown() -> None:
    """The control is asked for and deliberately not known."""
    assert [id_ for id_ in IDS if id_ != "unknown"] == list(PLAYABLE)


def test_unknown_has_no_steps_and_ought_to_be_unsupported() -> None:
    """Whatever the SDK makes of the answer, the harness says that there is no such scenario."""
    assert ((), IsUnsupported()) == (CATALOGUE["unknown"].steps, CATALOGUE["unknown"].ideal)


def test_the_table_of_types_is_the_documented_one() -> None:
    """A status that is not on the error page would judge every release wrongly."""
    assert {kind: status for kind, (status, _) in ERROR_TYPES.items()} == DOCUMENTED_STATUS


def test_the_types_that_may_be_retried_are_the_documented_ones() -> None:
    """A type missing here would call a needless failure right."""
    assert {kind for kind, (_, retry) in ERROR_TYPES.items() if retry} == RETRYABLE


@each_type
def test_every_type_has_a_plain_http_control_with_its_documented_status(error_type: str) -> None:
    """The control is the same error, answered as HTTP wants errors answered."""
    status, retry = ERROR_TYPES[error_type]
    scenario = CATALOGUE[f"http-{error_type}"]
    body = json.dumps({"type": "error", "error": {"type": error_type, "message": MESSAGES[error_type]}})
    assert (Family.CONTROL, (Respond(status, body),), RaisesStatus(error_type, status), False, retry) == (
        scenario.family,
        scenario.steps,
        scenario.ideal,
        scenario.text_delivered,
        scenario.retry,
    )


@each_position
@each_type
def test_every_type_comes_inside_a_stream_and_ought_to_have_its_documented_status(
    error_type: str, position: str
) -> None:
    """The documented yardstick is the status of the plain response."""
    status, retry = ERROR_TYPES[error_type]
    scenario = CATALOGUE[f"{position}-{error_type}"]
    assert (Family.ERROR_EVENT, RaisesStatus(error_type, status), position == "mid", retry) == (
        scenario.family,
        scenario.ideal,
        scenario.text_delivered,
        scenario.retry,
    )


@each_position
@pytest.mark.parametrize("error_type", [*ERROR_TYPES, "unheard_of_error"])
def test_an_error_inside_a_stream_is_one_event_and_then_a_legal_end(error_type: str, position: str) -> None:
    """Nothing but the error event tells that the stream failed."""
    body = json.dumps({"type": "error", "error": {"type": error_type, "message": MESSAGES[error_type]}})
    assert (Event("error", body), Finish()) == CATALOGUE[f"{position}-{error_type}"].steps[-2:]


@each_position
def test_a_type_that_nobody_has_heard_of_has_no_documented_status(position: str) -> None:
    """New types may appear; a client should raise its plain status error for them, and not retry blindly."""
    scenario = CATALOGUE[f"{position}-{UNHEARD_OF}"]
    assert (RaisesStatus("unheard_of_error", None), False) == (scenario.ideal, scenario.retry)


def test_a_type_that_nobody_has_heard_of_has_no_control() -> None:
    """No status is documented with which it could be answered."""
    assert f"http-{UNHEARD_OF}" not in CATALOGUE


@pytest.mark.parametrize(
    ("id_", "family", "ideal", "text_delivered", "retry"),
    [
        ("clean", Family.CONTROL, Completes(), True, False),
        ("unknown", Family.CONTROL, IsUnsupported(), False, False),
        ("eof-mid", Family.TRUNCATION, RaisesAnything(), True, True),
        ("reset", Family.TRANSPORT, RaisesConnection(), True, True),
    ],
)
def test_the_other_scenarios_are_in_their_family_with_their_ideal(
    id_: str, family: Family, ideal: AnyIdeal, text_delivered: bool, retry: bool
) -> None:
    """What a caller ought to see is written down with the scenario."""
    scenario = CATALOGUE[id_]
    assert (family, ideal, text_delivered, retry) == (
        scenario.family,
        scenario.ideal,
        scenario.text_delivered,
        scenario.retry,
    )


def test_families_stand_together_with_the_controls_first() -> None:
    """A listing by family has each heading once, and a sweep meets its controls first."""
    families = [scenario.family for scenario in CATALOGUE.values()]
    assert sorted(families, key=list(Family).index) == families


@pytest.mark.parametrize("error_type", [*ERROR_TYPES, "unheard_of_error"])
def test_no_message_contains_any_type_or_a_digit(error_type: str) -> None:
    """A handler that matches text can't be right by accident."""
    message = MESSAGES[error_type]
    found = [kind for kind in MESSAGES if kind in message] + [character for character in message if character.isdigit()]
    assert not found


def test_every_type_has_a_message_of_its_own() -> None:
    """Two errors can be told apart by their text, too."""
    assert sorted([*ERROR_TYPES, "unheard_of_error"]) == sorted(MESSAGES)
    assert len(MESSAGES) == len(set(MESSAGES.values()))


@pytest.mark.parametrize("id_", CATALOGUE)
def test_every_title_is_a_sentence(id_: str) -> None:
    """Titles are shown as they are."""
    assert CATALOGUE[id_].title.endswith(".")


@pytest.mark.parametrize("id_", [id_ for id_ in CATALOGUE if id_ not in ("clean", "unknown")])
def test_every_fault_names_a_public_page_that_describes_it(id_: str) -> None:
    """A fault that nobody met would be of no use."""
    sources = CATALOGUE[id_].sources
    assert [True] * max(1, len(sources)) == [source.startswith("https://") for source in sources]
