"""Retries by `error.type` with tenacity while it prints: what was printed is printed again."""

import anthropic
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

client = anthropic.Anthropic(max_retries=0, timeout=3.0)
TRANSIENT = {"overloaded_error", "api_error", "rate_limit_error", "timeout_error"}


def is_transient(error):
    return isinstance(error, anthropic.APIConnectionError) or getattr(error, "type", None) in TRANSIENT


@retry(
    retry=retry_if_exception(is_transient),
    wait=wait_exponential(multiplier=0.2, max=2),
    stop=stop_after_attempt(3),
    reraise=True,
)
def show(question):
    done = False
    with client.messages.create(
        model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": question}], stream=True
    ) as stream:
        for event in stream:
            if event.type == "content_block_delta":
                print(event.delta.text, end="", flush=True)
            done = done or event.type == "message_stop"
    if not done:
        raise RuntimeError("The stream ended before the message did.")


show("Hi")
print()
