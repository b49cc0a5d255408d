"""Which paths are endpoints of the API: what precedes an endpoint is the base path, and the endpoint is a dialect."""

from typing import Final

import pytest

from matrix.catalogue.dialect import OF_ANTHROPIC, Dialect
from matrix.targets import ANTHROPIC
from matrix.targets.endpoint import Endpoint

BEDROCK: Final = "invoke-with-response-stream"
VERTEX: Final = "projects/p/locations/us-east5/publishers/anthropic/models"


def matching(path: str) -> list[tuple[str, Dialect]]:
    """List the base path and the dialect of each endpoint that a path ends with."""
    bases = [(endpoint.base_path(path), endpoint.dialect) for endpoint in ANTHROPIC.endpoints]
    return [(base, dialect) for base, dialect in bases if base is not None]


@pytest.mark.parametrize(
    ("path", "base_path", "dialect"),
    [
        ("/v1/messages", "", Dialect.MESSAGES),
        ("/clean/v1/messages", "/clean", Dialect.MESSAGES),
        ("/1/2/clean/v1/messages", "/1/2/clean", Dialect.MESSAGES),
        ("/clean/v1/v1/messages", "/clean/v1", Dialect.MESSAGES),
        ("/v1/messages/v1/messages", "/v1/messages", Dialect.MESSAGES),
        ("//v1/messages", "/", Dialect.MESSAGES),
        ("/clean/v1/complete", "/clean", Dialect.COMPLETIONS),
        (f"/model/m/{BEDROCK}", "", Dialect.BEDROCK),
        (f"/1/2/clean/model/midstream/{BEDROCK}", "/1/2/clean", Dialect.BEDROCK),
        (f"/clean/model/anthropic.claude-3-5-sonnet-20240620-v1:0/{BEDROCK}", "/clean", Dialect.BEDROCK),
        (f"/clean/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/{BEDROCK}", "/clean", Dialect.BEDROCK),
        (
            f"/clean/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.claude/{BEDROCK}",
            "/clean",
            Dialect.BEDROCK,
        ),
        (f"/model/model/m/{BEDROCK}", "/model", Dialect.BEDROCK),
        (f"/model/a/model/b/{BEDROCK}", "/model/a", Dialect.BEDROCK),
        (f"/clean/model/{BEDROCK}/{BEDROCK}", "/clean", Dialect.BEDROCK),
        (f"/{VERTEX}/claude:streamRawPredict", "", Dialect.MESSAGES),
        (f"/clean/{VERTEX}/claude-3-5-sonnet@20240620:streamRawPredict", "/clean", Dialect.MESSAGES),
        (f"/clean/{VERTEX}/a:b:streamRawPredict", "/clean", Dialect.MESSAGES),
        (f"/clean/{VERTEX}/a%2Fb:streamRawPredict", "/clean", Dialect.MESSAGES),
        (f"/clean/v1/{VERTEX}/claude:streamRawPredict", "/clean/v1", Dialect.MESSAGES),
    ],
)
def test_the_base_path_is_what_precedes_the_endpoint(path: str, base_path: str, dialect: Dialect) -> None:
    """A path ends with one endpoint at most."""
    assert [(base_path, dialect)] == matching(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/clean",
        "v1/messages",
        "/clean/v1/messages/",
        "/clean/v1/messages/count_tokens",
        "/clean/v1/messages\n",
        "/clean/xv1/messages",
        "/clean/v1/Messages",
        "/clean/v1-messages",
        "/clean/v2/messages",
        f"/clean/model/{BEDROCK}",
        f"/clean/model//{BEDROCK}",
        f"/clean/model/a/b/{BEDROCK}",
        f"/clean/xmodel/m/{BEDROCK}",
        f"/clean/models/m/{BEDROCK}",
        f"/clean/model/m/{BEDROCK}/",
        f"/clean/model/m/{BEDROCK}s",
        "/clean/model/m/invoke",
        "/clean/model/m/converse-stream",
        f"/clean/model/m%2F{BEDROCK}",
        f"/clean/{VERTEX}/claude:rawPredict",
        f"/clean/{VERTEX}/:streamRawPredict",
        f"/clean/{VERTEX}/claude/streamRawPredict",
        f"/clean/{VERTEX}/a/b:streamRawPredict",
        f"/clean/{VERTEX}/claude:streamRawPredict:cancel",
        "/clean/projects/p/locations/publishers/anthropic/models/claude:streamRawPredict",
        "/clean/projects//locations/l/publishers/anthropic/models/claude:streamRawPredict",
        "/clean/publishers/anthropic/models/claude:streamRawPredict",
    ],
)
def test_a_path_that_looks_like_an_endpoint_is_none(path: str) -> None:
    """The backend answers it with a 404, and the harness sees a stray."""
    assert [] == matching(path)


@pytest.mark.parametrize(
    ("pattern", "path", "base_path"),
    [
        ("/v2/chat", "/x/v2/chat", "/x"),
        ("/a.b", "/axb", None),
        ("/a+b", "/x/a+b", "/x"),
        ("/a+b", "/aab", None),
        ("/*/b", "/a/b", ""),
        ("/*/b", "//b", None),
        ("/*:go", "/x/a:go", "/x"),
        ("/*:go", "/x/a:go:go", "/x"),
    ],
)
def test_only_a_star_stands_for_something_else(pattern: str, path: str, base_path: str | None) -> None:
    """All other characters of a pattern stand for themselves."""
    assert base_path == Endpoint(pattern, Dialect.MESSAGES).base_path(path)


def test_every_dialect_has_an_endpoint_or_is_an_older_version_of_one() -> None:
    """A dialect without an endpoint could not be requested."""
    current = {endpoint.dialect for endpoint in ANTHROPIC.endpoints}
    older = {endpoint.before for endpoint in ANTHROPIC.endpoints if endpoint.since}
    assert OF_ANTHROPIC == current | older
