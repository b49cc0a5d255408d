"""Each SDK for chat completions as a target: its suite, its sources, its probe and the names of its errors."""

from types import SimpleNamespace

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import HEADLINES
from matrix.catalogue.steps import Family, RaisesStatus, Recovers
from matrix.observation import Observation, Outcome, Raised
from matrix.targets.target import Target
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_dialects, describe_ideal
from tests.targets.chat.sdk import chunk, each_sdk, load_probe


@each_sdk
def test_a_release_has_few_calls(target: Target) -> None:
    """An SDK of the same kind as another one reads a stream as that does."""
    assert 80 <= len(target.suite.calls()) <= 100
    assert 25 <= len(target.catalogue) <= 32


@each_sdk
def test_every_headline_is_played_with_the_retries_of_the_sdk(target: Target) -> None:
    """The number of requests says which failures it retries by itself."""
    played = {call.scenario for call in target.suite.calls() if call.surface.startswith("own-retries.")}
    assert HEADLINES.keys() == target.suite.headlines.keys()
    assert {*target.suite.headlines.values()} <= played
    assert {id_ for id_, each in target.catalogue.items() if each.family is Family.RETRY} <= played


@each_sdk
def test_a_status_is_expected_only_where_one_is_documented(target: Target) -> None:
    """Every status of an ideal is in the table of statuses."""
    expected = {
        each.ideal.status for each in target.catalogue.values() if isinstance(each.ideal, RaisesStatus | Recovers)
    }
    assert expected == {*target.statuses.values()}
    assert target.overloaded_status == 503


@each_sdk
def test_the_only_dialect_of_a_suite_limits_no_scenario(target: Target) -> None:
    """Pages would say of each that it exists only in the streams of chat completions."""
    assert {Dialect.CHAT} == target.dialects
    assert {""} == {describe_dialects(target, scenario.dialects) for scenario in target.catalogue.values()}


@each_sdk
def test_every_surface_is_called_by_the_probe(target: Target) -> None:
    """The probe has a call for each id, and no other."""
    assert target.kind_probe is not None
    probe = load_probe(target.kind_probe / "probe_chat.py")
    client = target.clients[0].class_name
    assert target.surfaces.keys() == probe.surfaces(client).keys()
    source = (target.probe / "probe_surfaces.py").read_text(encoding="utf-8")
    assert {f'SURFACES = surfaces("{client}")', f'prepare = preparation("{client}")'} <= {*source.splitlines()}


@each_sdk
def test_only_one_call_has_the_retries_of_the_sdk(target: Target) -> None:
    """All other clients make one request."""
    assert target.kind_probe is not None
    probe = load_probe(target.kind_probe / "probe_chat.py")
    name = target.clients[0].class_name
    sdk = SimpleNamespace(**{name: SimpleNamespace, f"Async{name}": SimpleNamespace})
    clients = {id_: make(sdk, "http://x") for id_, (make, _) in probe.surfaces(name).items()}
    assert {"own-retries.chat.completions.create"} == {
        id_ for id_, client in clients.items() if getattr(client, "max_retries", None) != 0
    }


@each_sdk
def test_every_handler_names_where_it_was_seen_or_why_it_is_ours(target: Target) -> None:
    """A reader can tell an idiom that people use from one that they could use."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in (target.probe / "handlers").glob("*.py")}
    assert [] == [id_ for id_, source in sources.items() if " Seen in " not in source and " Ours: " not in source]
    assert target.class_handler in sources
    assert 5 <= len(sources) <= 11


@each_sdk
def test_the_delivery_has_the_text_and_the_finish_reason_of_the_chunks(target: Target) -> None:
    """A chunk without a choice and one of no kind add nothing."""
    assert target.kind_probe is not None
    delivered = load_probe(target.kind_probe / "probe_chat.py").Delivered()
    odd = [SimpleNamespace(object="x", choices=[]), SimpleNamespace(choices=None)]
    for event in [chunk(""), chunk("Hello"), *odd, chunk(" world"), chunk(finish_reason="stop")]:
        delivered.event(event)
    kinds = ["chat.completion.chunk"] * 2 + ["x", "SimpleNamespace"] + ["chat.completion.chunk"] * 2
    assert {"events": kinds, "text": "Hello world", "stop_reason": "stop"} == delivered.facets()


def raised_observation(target: Target, body: object, **attributes: object) -> Observation:
    """Make the observation of a call that raised an error of the API."""
    raised = Raised(
        name=f"{target.module}.APIError", bases=(), exported=True, attributes=attributes, text="", body=body
    )
    return Observation(outcome=Outcome.RAISED, exception=raised, requests=1)


@each_sdk
@pytest.mark.parametrize(
    ("body", "status", "kinds"),
    [
        ({"code": "NAME", "type": "other"}, None, (VerdictKind.WRONG, VerdictKind.RIGHT)),
        ({"type": "NAME"}, None, (VerdictKind.WRONG, VerdictKind.RIGHT)),
        ({"error": {"type": "NAME"}}, None, (VerdictKind.WRONG, VerdictKind.RIGHT)),
        ({"type": "NAME"}, 429, (VerdictKind.RIGHT, VerdictKind.WRONG)),
        ({"type": "other"}, None, (VerdictKind.WRONG, VerdictKind.WRONG)),
        ({"error": None}, None, (VerdictKind.WRONG, VerdictKind.WRONG)),
        ("NAME", None, (VerdictKind.WRONG, VerdictKind.WRONG)),
        (None, None, (VerdictKind.WRONG, VerdictKind.WRONG)),
    ],
)
def test_an_error_is_named_by_the_code_or_the_type_in_its_body(
    target: Target, body: object, status: int | None, kinds: tuple[VerdictKind, VerdictKind]
) -> None:
    """By the maintainers' rule, an error in a stream has no status."""
    scenario = target.catalogue[target.suite.headlines["rate-limited-mid"]]
    assert isinstance(scenario.ideal, RaisesStatus)
    name = scenario.ideal.error_type

    def named(value: object) -> object:
        return (
            {key: named(each) for key, each in value.items()}
            if isinstance(value, dict)
            else name
            if value == "NAME"
            else value
        )

    seen = raised_observation(target, named(body), **({} if status is None else {"status_code": status}))
    control = raised_observation(target, None, status_code=429)
    assert kinds == tuple(judge(target, scenario, seen, control, yardstick).kind for yardstick in Yardstick)
    assert describe_ideal(target, scenario).endswith(f"Maintainers': no code, and body {name}.")


@each_sdk
def test_its_requests_select_their_scenario(target: Target) -> None:
    """The path of the API follows the base URL; the first endpoint that a path ends with is the one of its release."""
    for path in (endpoint.path for endpoint in target.endpoints):
        assert path.endswith("/chat/completions")
        bases = [base for endpoint in target.endpoints if (base := endpoint.base_path(f"/1/clean{path}")) is not None]
        assert "/1/clean" == bases[0]
    assert all(endpoint.base_path("/1/clean/completions") is None for endpoint in target.endpoints)
