"""Sync: the answer is used once it is complete, so every attempt may be repeated."""

import time

from midstream.remedy import explain, guard


def ask(client, question, attempts=3, pause=1.0):
    """Return the complete answer."""
    messages = [{"role": "user", "content": question}]
    for attempt in range(1, attempts + 1):
        try:
            with client.messages.stream(model="your-model", max_tokens=1000, messages=messages) as stream:
                for _event in guard(stream):
                    pass
                return stream.get_final_message()
        except Exception as error:
            if attempt == attempts or not explain(error).retryable:
                raise
            time.sleep(pause * 2**attempt)
