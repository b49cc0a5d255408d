"""Public pages that describe the faults of the Ollama scenarios."""

from typing import Final

ERROR_PAGE: Final = "https://docs.ollama.com/api/errors"
STREAMING_PAGE: Final = "https://docs.ollama.com/api/streaming"
OVERLOADED: Final = "https://docs.ollama.com/faq"
"""The server answers 503 when it is overloaded."""
JSON_LINES: Final = "https://github.com/ndjson/ndjson-spec"

_SERVER: Final = "https://github.com/ollama/ollama"

SERVER_CODE: Final = f"{_SERVER}/blob/main/server/routes.go"
"""Where the server turns an error into a status, before the first line, or else into a line."""
SERVER_TESTS: Final = f"{_SERVER}/blob/main/server/routes_generate_test.go"
"""The bodies for an overloaded model and for a rate limit, with their statuses."""
ANY_ERROR_IN_STREAM: Final = f"{_SERVER}/pull/91"
"""Since then, and until the next one, the server sent every error in the stream, the first one too."""
STATUS_BEFORE_TEXT: Final = f"{_SERVER}/pull/12582"
CLOUD_OVERLOADED: Final = f"{_SERVER}/issues/15934"
RUNNER: Final = f"{_SERVER}/issues/8258"
"""A stream that ends with the error of the model's runner after some text."""
NO_DONE: Final = f"{_SERVER}/issues/10015"

_SDK: Final = "https://github.com/ollama/ollama-python"

SDK_ERRORS: Final = f"{_SDK}#errors"
EMPTY_LINE: Final = f"{_SDK}/pull/393"
DISCONNECTED: Final = f"{_SDK}/issues/547"
RAW_ERRORS: Final = f"{_SDK}/pull/741"
"""What a connection that fails raises while streaming."""

MINUS_ONE: Final = "https://github.com/agent0ai/agent-zero/issues/342"
"""An error in a stream as users of the SDK see it, with the status code -1."""
CUT_AS_SUCCESS: Final = "https://github.com/Growth-Circle/cadis/issues/2950"
CUT_JSON: Final = "https://github.com/continuedev/continue/issues/751"
RATE_LIMIT: Final = "https://github.com/continuedev/continue/issues/11444"
