"""Keeps what it has when the stream fails, and says nothing."""

import anthropic

client = anthropic.Anthropic(timeout=3.0)
parts = []
try:
    with client.messages.stream(
        model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        for text in stream.text_stream:
            parts.append(text)
except Exception:
    pass
print("".join(parts))
