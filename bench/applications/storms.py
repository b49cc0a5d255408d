"""Retries everything at once, twelve times, over a client that retries too."""

import anthropic

client = anthropic.Anthropic(max_retries=0, timeout=1.0)


def ask(question):
    for attempt in range(12):
        parts = []
        try:
            with client.messages.create(
                model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": question}], stream=True
            ) as stream:
                for event in stream:
                    if event.type == "content_block_delta":
                        parts.append(event.delta.text)
                    elif event.type == "message_stop":
                        return "".join(parts)
                raise RuntimeError("The stream ended before the message did.")
        except Exception:
            if attempt == 11:
                raise


print(ask("Hi"))
