"""The target `ollama`: the Ollama Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.ollama import sources
from matrix.catalogue.ollama.errors import OVERLOADED, STATUSES
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import END_REASON, TEXT, CallSyntax, Classes, Client, StreamSyntax
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Example, Registry, Target

_RESPONSE: Final = "ResponseError"

_MESSAGE: Final = {"role": "assistant", "content": TEXT, "tool_calls": None}
_MORE: Final = {"done": False, "done_reason": None}
_LAST: Final = {"done": True, "done_reason": END_REASON}

OLLAMA: Final = Target(
    id="ollama",
    title="the Ollama Python SDK",
    registry=Registry.PYPI,
    package="ollama",
    module="ollama",
    checkout="ollama-python",
    classes=Classes(
        base=_RESPONSE,
        root=_RESPONSE,
        status=_RESPONSE,
        connection="",
        timeout="",
        overloaded=_RESPONSE,
        by_status={400: (_RESPONSE,), 404: (_RESPONSE,), 429: (_RESPONSE,), 500: (_RESPONSE,), 503: (_RESPONSE,)},
        others=frozenset({"RequestError"}),
        response="",
    ),
    clients=(Client(title="the Ollama API", class_name="Client"),),
    calls=CallSyntax(
        own={"chat": "chat", "generate": "generate"},
        of_module=frozenset(
            {"chat", "create", "delete", "embed", "embeddings", "generate", "list", "ps", "pull", "push", "show"}
        ),
        lazy=frozenset({"chat", "generate"}),
        plain=frozenset({"create", "delete", "embed", "embeddings", "list", "ps", "pull", "push", "show"}),
        lookalikes=frozenset({"anthropic", "cohere", "groq", "litellm", "mistralai", "openai", "together"}),
    ),
    stream=StreamSyntax(
        end_reasons={"done": frozenset(), "done_reason": frozenset({"stop"})},
        has_items=True,
        # Before 0.4, all of them are dicts.
        events={
            "ChatResponse": ({"message": _MESSAGE, **_MORE},),
            "GenerateResponse": ({"response": TEXT, **_MORE},),
            "dict": ({"message": _MESSAGE, "response": TEXT, **_MORE},),
        },
        ends={
            "ChatResponse": {"message": {"role": "assistant", "content": ""}, **_LAST},
            "GenerateResponse": {"response": "", **_LAST},
        },
    ),
    is_sampled=True,
    statuses=STATUSES,
    overloaded_type=OVERLOADED,
    stream_status=-1,  # the default of ResponseError, for an error without a response
    spellings={"max_retries=0": "no retries"},
    error_names=("error",),
    sends_error='{"error": …}',
    last_event='a line with "done": true',
    endpoints=(Endpoint("/api/chat", Dialect.OLLAMA_CHAT), Endpoint("/api/generate", Dialect.OLLAMA_GENERATE)),
    api="the Ollama API",
    current_api="chat",
    snippet='ollama.Client(host="{base_url}")',
    links=Links(
        repository="https://github.com/ollama/ollama-python",
        errors=sources.ERROR_PAGE,
        streaming=sources.STREAMING_PAGE,
        handling=sources.SDK_ERRORS,
        ideals={
            "connection": ("Our choice: the SDK documents no class for a connection that fails in a stream", ""),
            "retry": ("The SDK documents no retries", sources.SDK_ERRORS),
        },
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="any-response-error",
    examples=(Example("ollama==0.6.3", ("status-set",)),),
)
