"""What the backend says to people: which scenarios there are, what one of them is, and how it is played. Pure.

As plain text, for whoever opens the server in a browser or with curl; as JSON for whoever asks for that.
"""

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any, Final

import msgspec

from matrix.catalogue.steps import AnyIdeal, Scenario
from matrix.errors import did_you_mean
from matrix.targets.target import Target

NOT_FOUND: Final = (
    b'{"type":"error","error":{"type":"not_found_error",'
    b'"message":"No such scenario or endpoint; GET / lists the scenarios"}}'
)
"""The body of every 404 that is no scenario: of the form that clients of the API can read."""

_TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"

_TOLD: Final = ("id", "family", "title", "ideal", "text", "retry", "messages_only", "timeout", "sources")
"""What `GET /` tells of a scenario as JSON: all but its steps."""


def suggestion(playable: Collection[str], scenario: str) -> str:
    """A question that names the scenarios whose ids are nearest to one that does not exist; empty if none is near."""
    return did_you_mean(scenario, playable)


def page(
    target: Target, path: str, plays: Mapping[str, str], address: str, *, as_data: bool
) -> tuple[bytes, str] | None:
    """What stands at a path for people, and its content type; None if nothing does.

    Args:
        target: Whose scenarios are played.
        path: `/` for the list, `/<scenario>` for one of them.
        plays: The scenarios that are played, by id, to the base URL that plays each.
        address: The server's own.
        as_data: JSON instead of text.
    """
    playable = target.suite.playable
    one = (next(iter(plays)) if len(plays) == 1 else "") if path == "/" else path.rpartition("/")[2]
    if path != "/" and one not in plays:
        return None
    if as_data:
        found = [_as_data(playable[id_], base_url) for id_, base_url in plays.items() if not one or id_ == one]
        return msgspec.json.format(msgspec.json.encode(found)), JSON
    text = _scenario_page(target, playable[one], plays[one]) if one else _list_page(target, address)
    return text.encode(), _TEXT


def _list_page(target: Target, address: str) -> str:
    """Every scenario by family, and how one of them is played."""
    playable, example = target.suite.playable, target.suite.headline
    lines = [
        f"midstream: how a stream of {target.api} fails after HTTP 200.",
        "",
        f"{len(playable)} scenarios. The base URL of a client names the one that is played:",
        "",
        *_usage(target, f"{address}/{example}"),
        "",
        f"{address}/{example} says what that is. The same list as JSON:",
        "",
        f'  curl -H "Accept: {JSON}" {address}/',
    ]
    width = max(map(len, playable))
    for family, members in groupby(playable.values(), key=lambda scenario: scenario.family):
        lines += ["", f"{family}", ""]
        lines += [f"  {scenario.id:{width}}  {scenario.title}" for scenario in members]
    return "\n".join([*lines, ""])


def _scenario_page(target: Target, scenario: Scenario, base_url: str) -> str:
    """What one scenario is, and how it is played."""
    facts = {
        "family": str(scenario.family),
        "the caller ought to see": _ideal(scenario.ideal),
        "text before the fault": str(scenario.text),
        "worth a retry": "yes" if scenario.retry else "no",
    }
    if scenario.then:
        facts["second request"] = "gets something else, and the third what the first got, under each base path"
    if scenario.timeout is not None:
        facts["client's timeout"] = f"below a second ({scenario.timeout:g} s in the matrix), or it waits a minute"
    if scenario.sources:
        facts["described in"] = "\n".join(scenario.sources)
    width = max(map(len, facts)) + 2
    rows = [f"{name + ':':{width}}" + value.replace("\n", "\n" + " " * width) for name, value in facts.items()]
    return "\n".join(
        [f"{scenario.id}: {scenario.title}", "", *rows, "", "To play it:", "", *_usage(target, base_url), ""]
    )


def _usage(target: Target, base_url: str) -> list[str]:
    return [
        "  " + target.snippet.replace("{base_url}", base_url),
        f"  curl -N -X POST {base_url}{target.endpoints[0].path}",
    ]


def _ideal(ideal: AnyIdeal) -> str:
    """What a caller ought to see, in the words of the catalogue."""
    what = (type(ideal).__doc__ or type(ideal).__name__).partition("\n")[0].replace("`", "").removesuffix(".")
    values = [f"{name} {value}" for name, value in msgspec.structs.asdict(ideal).items() if value]
    return f"{what}: {', '.join(values)}" if values else what


def _as_data(scenario: Scenario, base_url: str) -> dict[str, Any]:
    """A scenario as plain data."""
    return {"base_url": base_url} | {name: getattr(scenario, name) for name in _TOLD}
