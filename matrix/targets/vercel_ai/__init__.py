"""The target `vercel-ai`: the Vercel AI SDK, over its own provider for the Anthropic API."""

from pathlib import Path
from typing import Final

from matrix.targets.anthropic_typescript import ANTHROPIC_TYPESCRIPT
from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import Classes, Client
from matrix.targets.target import Registry, Target

_CALL: Final = "APICallError"

VERCEL_AI: Final = Target(
    id="vercel-ai",
    title="the Vercel AI SDK",
    registry=Registry.NPM,
    package="ai",
    module="ai",
    checkout="ai",
    classes=Classes(
        base="AISDKError",
        root="AISDKError",
        status=_CALL,
        connection=_CALL,
        timeout=_CALL,
        overloaded=_CALL,
        by_status={400: (_CALL,), 429: (_CALL,), 500: (_CALL,)},
        others=frozenset(
            {
                "InvalidResponseDataError",
                "JSONParseError",
                "NoOutputGeneratedError",
                "RetryError",
                "StreamProviderError",
                "TypeValidationError",
            }
        ),
    ),
    clients=(Client(title="the Vercel AI SDK", class_name="streamText"),),
    is_scanned=False,
    transport=ANTHROPIC_TYPESCRIPT.transport,
    statuses=FRAMEWORK["statuses"],
    spellings={
        **ANTHROPIC_TYPESCRIPT.spellings,
        "status_code": "statusCode",
        "request_id": "responseHeaders",
        "body": "data",
        "get_final_message": "text",
    },
    maps_stream_errors=True,
    endpoints=FRAMEWORK["endpoints"],
    api=FRAMEWORK["api"],
    current_api="textStream",
    snippet='createAnthropic({baseURL: "{base_url}/v1", apiKey: "any"})',
    links=framework_links(
        "https://github.com/vercel/ai", "https://ai-sdk.dev/docs/ai-sdk-core/error-handling", tag_prefix="ai@"
    ),
    launcher=ANTHROPIC_TYPESCRIPT.launcher,
    runtime=ANTHROPIC_TYPESCRIPT.runtime,
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="api-call-error",
    # Its parts that know nothing of an SDK belong into a folder of their own, when that target is measured again.
    shared_probe=ANTHROPIC_TYPESCRIPT.probe,
    is_sampled=True,
    sdk="@ai-sdk/anthropic",
    # As the guides for migrating to each major version say: https://ai-sdk.dev/docs/migration-guides
    sdk_ranges={3: "0", 4: "1", 5: "2", 6: "3", 7: "4"},
)
