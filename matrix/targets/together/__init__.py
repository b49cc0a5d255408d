"""The target `together`: the Together Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.targets.chat import CHAT_SDK, chat_classes
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import Client
from matrix.targets.target import Example, Target
from matrix.targets.together.errors import STATUSES

_SDK: Final = "https://github.com/togethercomputer/together-py"

TOGETHER: Final = Target(
    **CHAT_SDK,
    id="together",
    title="the Together Python SDK",
    package="together",
    module="together",
    checkout="together-py",
    classes=chat_classes("TogetherError"),
    clients=(Client(title="the Together API", class_name="Together", aliases=frozenset({"Client"})),),
    statuses=STATUSES,
    overloaded_type="server_is_overloaded",
    sends_error='data: {"error": …}',
    # Before 3.0, the version of the API is a part of the base URL.
    endpoints=(Endpoint("/v1/chat/completions", Dialect.CHAT), Endpoint("/chat/completions", Dialect.CHAT)),
    api="the Together API",
    snippet='together.Together(base_url="{base_url}", api_key="any", max_retries=0)',
    links=Links(
        repository=_SDK,
        errors="https://docs.together.ai/docs/error-codes",
        streaming="https://docs.together.ai/reference/chat-completions",
        handling=f"{_SDK}#handling-errors",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    examples=(Example("together==3.1.1", ("class-5xx-429",)),),
)
