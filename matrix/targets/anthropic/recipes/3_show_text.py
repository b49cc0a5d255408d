"""Text only: it is shown while it arrives, so only an attempt that delivered none of it may be repeated."""

import time

from midstream.remedy import explain, guard


def texts(client, question, attempts=3, pause=1.0):
    """Yield the answer piece by piece; raise if it is not complete."""
    messages = [{"role": "user", "content": question}]
    for attempt in range(1, attempts + 1):
        try:
            with client.messages.stream(model="your-model", max_tokens=1000, messages=messages) as stream:
                yield from guard(stream).text_stream
            return
        except Exception as error:
            failure = explain(error)
            if attempt == attempts or not failure.retryable or failure.text not in (None, "none"):
                raise
            time.sleep(pause * 2**attempt)
