"""Prints a stream as it comes, without retries and without any handling of errors."""

import anthropic

client = anthropic.Anthropic(max_retries=0)
stream = client.messages.create(
    model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": "Hi"}], stream=True
)
for event in stream:
    if event.type == "content_block_delta" and event.delta.type == "text_delta":
        print(event.delta.text, end="", flush=True)
print()
