"""Retries the classes of transient errors with tenacity, and shows the answer when it is complete."""

import anthropic
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

client = anthropic.Anthropic(max_retries=0, timeout=3.0)


@retry(
    retry=retry_if_exception_type(
        (anthropic.RateLimitError, anthropic.InternalServerError, anthropic.APIConnectionError)
    ),
    wait=wait_exponential(multiplier=0.2, max=2),
    stop=stop_after_attempt(3),
    reraise=True,
)
def ask(question):
    with client.messages.stream(
        model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": question}]
    ) as stream:
        message = stream.get_final_message()
    return "".join(block.text for block in message.content if block.type == "text")


print(ask("Hi"))
