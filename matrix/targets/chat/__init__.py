"""Shared parts of the targets whose SDKs call chat completions in OpenAI's form and come from one generator. Pure.

The generator is Stainless. Its SDKs differ in their names, in the errors of their APIs and in the types of chunks.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypedDict

from matrix.targets.names import END_REASON, TEXT, CallSyntax, Classes, StreamSyntax
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Registry

_HERE: Final = Path(__file__).parent
_SERVER: Final = "InternalServerError"

_BY_STATUS: Final[Mapping[int, tuple[str, ...]]] = {
    400: ("BadRequestError",),
    401: ("AuthenticationError",),
    403: ("PermissionDeniedError",),
    404: ("NotFoundError",),
    409: ("ConflictError",),
    422: ("UnprocessableEntityError",),
    429: ("RateLimitError",),
    500: (_SERVER,),
    502: (_SERVER,),
    503: (_SERVER,),
    504: (_SERVER,),
}


def describe_chunk(delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
    """Describe what programs can read of a chunk."""
    choice = {"index": 0, "delta": {**delta, "tool_calls": None}, "finish_reason": reason}
    return {"object": "chat.completion.chunk", "choices": [choice], "usage": None}


CHUNKS: Final = (describe_chunk({"content": ""}), describe_chunk({"content": TEXT}))
"""What programs can read of the chunks with which every stream begins before it fails."""


class _Shared(TypedDict):
    """The fields of `Target` that are equal for every such SDK."""

    registry: Registry
    calls: CallSyntax
    stream: StreamSyntax
    stream_status: int | None
    error_names: tuple[str, ...]
    last_event: str
    current_api: str
    shared_probe: Path
    kind_probe: Path
    patch_source: Path
    is_sampled: bool
    class_handler: str


CHAT_SDK: Final[_Shared] = {
    "registry": Registry.PYPI,
    "calls": CallSyntax(
        resources=frozenset({"completions"}),
        methods=frozenset({"create"}),
        plain=frozenset({"embeddings.create", "models.list", "models.retrieve"}),
        wrappers=frozenset({"with_raw_response", "with_streaming_response"}),
        prefixes=frozenset({"chat"}),
        foreign=frozenset({"messages"}),
        lookalikes=frozenset({"anthropic", "openai"}),
    ),
    "stream": StreamSyntax(
        end_reasons={"finish_reason": frozenset({"stop"})},
        # A chunk that follows says something special, such as that the stream was stopped.
        events={"chat.completion.chunk": (*CHUNKS, describe_chunk({}))},
        ends={"chat.completion.chunk": describe_chunk({"content": None}, END_REASON)},
    ),
    "stream_status": None,  # they raise an APIError, which has none
    "error_names": ("body",),
    "last_event": "data: [DONE] after a finish reason",
    "current_api": "chat.completions.",
    "shared_probe": PYTHON_PROBE,
    "kind_probe": _HERE / "probe",
    "patch_source": _HERE / "probe" / "midstream_patch.py",
    "is_sampled": True,
    "class_handler": "class-5xx-429",
}
"""Each such SDK has these fields of `Target`."""


def chat_classes(base: str) -> Classes:
    """Name the exceptions of such an SDK, of which only the base class has a name of its own."""
    return Classes(
        base=base,
        root="APIError",
        status="APIStatusError",
        connection="APIConnectionError",
        timeout="APITimeoutError",
        overloaded=_SERVER,
        by_status=_BY_STATUS,
        others=frozenset({"APIResponseValidationError"}),
        lookalikes=frozenset({"anthropic", "openai"}),
    )
