"""Compare the name of the class and of its module, for releases before and after 1.0. Seen in froggy."""

NAMES = {
    "openai.APIConnectionError",
    "openai.APIError",
    "openai.APIStatusError",
    "openai.APITimeoutError",
    "openai.RateLimitError",
    "openai.error.RateLimitError",
    "openai.error.ServiceUnavailableError",
    "openai.error.Timeout",
}


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if f"{e.__class__.__module__}.{e.__class__.__name__}" in NAMES:
            return "retry"
        raise
