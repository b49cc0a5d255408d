"""Retries by status with tenacity: the predicate reads an attribute that connection errors do not have."""

import anthropic
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

client = anthropic.Anthropic(max_retries=0, timeout=3.0)


def is_transient(error):
    return error.status_code in {408, 409, 429, 500, 502, 503, 504, 529}


@retry(
    retry=retry_if_exception(is_transient),
    wait=wait_exponential(multiplier=0.2, max=2),
    stop=stop_after_attempt(3),
    reraise=True,
)
def ask(question):
    parts = []
    with client.messages.create(
        model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": question}], stream=True
    ) as stream:
        for event in stream:
            if event.type == "content_block_delta":
                parts.append(event.delta.text)
            elif event.type == "message_stop":
                return "".join(parts)
    raise RuntimeError("The stream ended before the message did.")


print(ask("Hi"))
