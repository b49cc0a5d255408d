"""Pages of the backend: the list of scenarios, and a description of each with the code that plays it. Pure.

The pages are plain text for browsers and curl, and JSON for requests that accept JSON.
"""

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any, Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import AnyIdeal, NoIdeal, Scenario, sort_by_family
from matrix.errors import did_you_mean
from matrix.targets.target import Target

NOT_FOUND: Final = (
    b'{"type":"error","error":{"type":"not_found_error",'
    b'"message":"No such scenario or endpoint; GET / lists the scenarios"}}'
)
"""The body of every 404 that belongs to no scenario, in the form that clients of the API can read."""

_TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"

_JSON_FIELDS: Final = ("id", "family", "title", "ideal", "text", "retry", "messages_only", "timeout", "sources")
"""The fields of a scenario in the JSON of `GET /`: all but its steps, and its dialects in their order."""

_MODEL: Final = "midstream"
"""The segment of a path that stands for each `*` of an endpoint."""


def suggestion(playable: Collection[str], scenario: str) -> str:
    """Ask whether a scenario with a similar id was meant; return an empty text if none is similar."""
    return did_you_mean(scenario, playable)


def page(
    target: Target,
    playable: Mapping[str, Scenario],
    path: str,
    plays: Mapping[str, str],
    address: str,
    *,
    as_data: bool,
) -> tuple[bytes, str] | None:
    """Return the page at a path, and its content type; None if the path has no page.

    Args:
        target: The target whose API the backend plays.
        playable: Every scenario that the backend can play, by id.
        path: `/` for the list, `/<scenario>` for one scenario.
        plays: The id of each scenario that the backend plays to the base URL that selects it.
        address: The address of the backend.
        as_data: Whether to return JSON instead of text.
    """
    scenario = (next(iter(plays)) if len(plays) == 1 else "") if path == "/" else path.rpartition("/")[2]
    if path != "/" and scenario not in plays:
        return None
    if as_data:
        listed = {scenario: plays[scenario]} if scenario else plays
        documents = [_as_data(playable[id_], base_url) for id_, base_url in listed.items()]
        return msgspec.json.format(msgspec.json.encode(documents)), JSON
    text = (
        _scenario_page(target, playable[scenario], plays[scenario])
        if scenario
        else _list_page(target, playable, address)
    )
    return text.encode(), _TEXT


def _list_page(target: Target, playable: Mapping[str, Scenario], address: str) -> str:
    """List every scenario by family, and show how to play one of them."""
    example = target.suite.headline
    lines = [
        f"midstream plays failures of streams of {target.api} after HTTP 200.",
        "",
        f"There are {len(playable)} scenarios. The base URL of the client selects the scenario:",
        "",
        *_usage(target, playable[example], f"{address}/{example}"),
        "",
        f"{address}/{example} describes this scenario. To get the list as JSON:",
        "",
        f'  curl -H "Accept: {JSON}" {address}/',
    ]
    width = max(map(len, playable))
    for family, members in groupby(sort_by_family(playable.values()), key=lambda scenario: scenario.family):
        lines += ["", f"{family}", ""]
        lines += [f"  {scenario.id:{width}}  {scenario.title}" for scenario in members]
    return "\n".join([*lines, ""])


def _scenario_page(target: Target, scenario: Scenario, base_url: str) -> str:
    """Describe one scenario, and show how to play it."""
    facts = {"family": str(scenario.family), "a caller should see": _ideal(scenario.ideal)}
    if not isinstance(scenario.ideal, NoIdeal):
        facts["text before the fault"] = str(scenario.text)
        facts["a retry may help"] = "yes" if scenario.retry else "no"
    if scenario.then:
        answers = len(scenario.attempts)
        after = "third" if answers == 2 else f"{answers + 1}th"
        facts["second request"] = f"gets another answer; the {after} gets the first answer again (for each base URL)"
    if scenario.timeout is not None:
        facts["client's timeout"] = (
            f"set it below 1 s ({scenario.timeout:g} s in the matrix), or the client waits up to 60 s"
        )
    if scenario.sources:
        facts["sources"] = "\n".join(scenario.sources)
    width = max(map(len, facts)) + 2
    rows = [f"{name + ':':{width}}" + value.replace("\n", "\n" + " " * width) for name, value in facts.items()]
    return "\n".join(
        [f"{scenario.id}: {scenario.title}", "", *rows, "", "To play it:", "", *_usage(target, scenario, base_url), ""]
    )


def _usage(target: Target, scenario: Scenario, base_url: str) -> list[str]:
    """Show a client, if that of the target can play the scenario, and a command with the first endpoint that can."""
    endpoint = next(each for each in target.endpoints if each.dialects & scenario.dialects)
    client = "  " + target.snippet.replace("{base_url}", base_url)
    command = f"  curl -N -X POST {base_url}{endpoint.path.replace('*', _MODEL)}"
    return [client, command] if endpoint is target.endpoints[0] else [command]


def _ideal(ideal: AnyIdeal) -> str:
    """Say what a caller should see, in the words of the catalogue."""
    summary = (type(ideal).__doc__ or type(ideal).__name__).partition("\n")[0].replace("`", "").removesuffix(".")
    values = [f"{name} {value}" for name, value in msgspec.structs.asdict(ideal).items() if value]
    return f"{summary}: {', '.join(values)}" if values else summary


def _as_data(scenario: Scenario, base_url: str) -> dict[str, Any]:
    """Return a scenario as plain data."""
    dialects = [dialect for dialect in Dialect if dialect in scenario.dialects]
    return {"base_url": base_url, "dialects": dialects} | {name: getattr(scenario, name) for name in _JSON_FIELDS}
