"""Our remedy, copied beside the program."""

import anthropic
from remedy import StreamFailed, explain, guard

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask_guarded():
    """Retry what a copy of the remedy says of a guarded stream."""
    for _ in range(3):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return list(guard(stream))
        except Exception as error:
            failure = explain(error)
            if failure.retryable and failure.text in (None, "none", "some"):
                continue
            raise
    raise RuntimeError("no answer")


def ask_stream_failed():
    """Catch the class of the copy beside one of the SDK."""
    try:
        return list(guard(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)))
    except (StreamFailed, anthropic.APIStatusError) as error:
        raise ConnectionError(str(error)) from error
