"""The target `instructor`: Instructor, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import Classes, Client
from matrix.targets.target import Example, Target

_RETRY: Final = "InstructorRetryException"

INSTRUCTOR: Final = Target(
    **FRAMEWORK,
    id="instructor",
    title="Instructor",
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
    maps_stream_errors=True,
    current_api="create_partial",
    snippet='instructor.from_anthropic(anthropic.Anthropic(base_url="{base_url}", api_key="any", max_retries=0))',
    links=framework_links(
        "https://github.com/567-labs/instructor", "https://python.useinstructor.com/concepts/error_handling/"
    ),
    is_scanned=False,
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-retry",
    examples=(Example("instructor==1.17.0", ("class-retry",)),),
    extra="anthropic",
    sdk="anthropic",
)
