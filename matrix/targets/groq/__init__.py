"""The target `groq`: the Groq Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.targets.chat import CHAT_SDK, chat_classes
from matrix.targets.endpoint import Endpoint
from matrix.targets.groq.errors import STATUSES
from matrix.targets.links import Links
from matrix.targets.names import Client
from matrix.targets.target import Example, Target

_SDK: Final = "https://github.com/groq/groq-python"

GROQ: Final = Target(
    **CHAT_SDK,
    id="groq",
    title="the Groq Python SDK",
    package="groq",
    module="groq",
    checkout="groq-python",
    classes=chat_classes("GroqError"),
    clients=(Client(title="the Groq API", class_name="Groq", aliases=frozenset({"Client"})),),
    statuses=STATUSES,
    overloaded_type="over_capacity",
    sends_error='event: error, data: {"error": …}',
    endpoints=(Endpoint("/openai/v1/chat/completions", Dialect.CHAT),),
    api="the Groq API",
    snippet='groq.Groq(base_url="{base_url}", api_key="any", max_retries=0)',
    links=Links(
        repository=_SDK,
        errors="https://console.groq.com/docs/errors",
        streaming="https://console.groq.com/docs/text-chat",
        handling=f"{_SDK}#handling-errors",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    examples=(Example("groq==1.7.0", ("status-set",)),),
)
