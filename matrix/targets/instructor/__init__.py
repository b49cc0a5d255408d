"""The target `instructor`: Instructor, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.endpoint import Endpoint
from matrix.targets.names import Classes, Client
from matrix.targets.target import PYTHON_PROBE, Example, Links, Registry, Target

_RETRY: Final = "InstructorRetryException"

INSTRUCTOR: Final = Target(
    id="instructor",
    title="Instructor",
    registry=Registry.PYPI,
    package="instructor",
    module="instructor",
    checkout="instructor",
    classes=Classes(
        base="InstructorError",
        root=_RETRY,
        status=_RETRY,
        connection=_RETRY,
        timeout=_RETRY,
        overloaded=_RETRY,
        by_status={400: (_RETRY,), 429: (_RETRY,), 500: (_RETRY,)},
        others=frozenset({"IncompleteOutputException", "ProviderError", "ValidationError"}),
    ),
    clients=(Client(title="Instructor", class_name="Instructor"),),
    statuses=ANTHROPIC.statuses,
    maps_stream_errors=True,
    endpoints=(Endpoint("/v1/messages", Dialect.MESSAGES),),
    api="the Anthropic API",
    current_api="create_partial",
    snippet='instructor.from_anthropic(anthropic.Anthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=Links(
        repository="https://github.com/567-labs/instructor",
        errors=ANTHROPIC.links.errors,
        streaming=ANTHROPIC.links.streaming,
        handling="https://python.useinstructor.com/concepts/error_handling/",
        tag_prefix="v",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-retry",
    examples=(Example("instructor==1.17.0", ("class-retry",)),),
    is_scanned=False,
    is_sampled=True,
    extra="anthropic",
    sdk="anthropic",
)
