"""Public pages that describe the faults of the Gemini scenarios."""

from typing import Final

ERROR_PAGE: Final = "https://ai.google.dev/gemini-api/docs/generate-content/api-errors"
STREAMING_PAGE: Final = "https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent"

_SDK: Final = "https://github.com/googleapis/python-genai"

SDK_ERRORS: Final = f"{_SDK}#error-handling"
RETRY_OPTIONS: Final = f"{_SDK}/blob/main/google/genai/_api_client.py"
IN_STREAM: Final = f"{_SDK}/issues/2604"
"""An error in a stream, which no retry of the SDK covers."""
LINE_BY_LINE: Final = f"{_SDK}/issues/1162"
"""An error in a stream in several lines."""
NO_SPACE: Final = f"{_SDK}/pull/2584"
COMMENTS: Final = f"{_SDK}/pull/487"
INCOMPLETE_READ: Final = f"{_SDK}/issues/2248"

SWALLOWED: Final = "https://github.com/diegosouzapw/OmniRoute/issues/4177"
"""An error in a stream, in the data of an event, that a gateway took for the end of the answer."""
NO_DATA_FIELD: Final = "https://github.com/vercel/ai/issues/5217"
"""An error in a stream that is no event, since its lines do not begin with `data:`."""
ERROR_AFTER_200: Final = "https://github.com/googleapis/java-genai/issues/517"
CUT: Final = "https://github.com/macanderson/stella/issues/449"
CUT_AS_SUCCESS: Final = "https://github.com/tashfeenahmed/freellmapi/pull/1288"
STALL: Final = "https://github.com/pipecat-ai/pipecat/pull/5249"
CUT_JSON: Final = "https://github.com/googleapis/js-genai/issues/1342"
CRLF: Final = "https://github.com/maximhq/bifrost/issues/1613"
"""The bytes of a stream, whose lines end in CR LF."""
