"""The class that LiteLLM raises inside a stream since some release, by its module."""

import litellm
from litellm import completion
from litellm.exceptions import MidStreamFallbackError

Q = [{"role": "user", "content": "Hi"}]
PARAMETERS = {"model": "anthropic/claude-3-haiku-20240307", "messages": Q, "stream": True}
RELEASES = ">=1.80.10"
SINCE = {"ask_name": "1.82.1"}  # until then, only asynchronous streams raise it


def ask_class():
    """Retry errors inside the stream alone."""
    for _ in range(2):
        try:
            return list(completion(**PARAMETERS))
        except MidStreamFallbackError:
            continue
    return None


def ask_first_chunk():
    """Retry if nothing had come."""
    try:
        return list(completion(**PARAMETERS))
    except MidStreamFallbackError as error:
        if error.is_pre_first_chunk:
            return list(completion(**PARAMETERS))
        return error.generated_content


def ask_name():
    """Compare the name of the class."""
    try:
        return list(completion(**PARAMETERS))
    except Exception as error:
        if type(error).__name__ == "MidStreamFallbackError":
            return None
        raise


def ask_not_exported():
    """Name the class as one of the module, which has not that name."""
    try:
        return list(completion(**PARAMETERS))
    except litellm.RateLimitError:
        return None
    except litellm.MidStreamFallbackError:
        return list(completion(**PARAMETERS))
