"""Relies on the retries of the SDK, and sets a timeout."""

import anthropic

client = anthropic.Anthropic(max_retries=2, timeout=3.0)
with client.messages.stream(
    model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": "Hi"}]
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()
