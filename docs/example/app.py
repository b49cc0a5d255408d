"""An application with a common retry loop: the example of README and docs/questions.md, scanned and never run."""

import anthropic

client = anthropic.Anthropic()


def ask(prompt: str) -> str:
    for _ in range(3):
        try:
            with client.messages.stream(
                model="claude-sonnet-4-5", max_tokens=1024, messages=[{"role": "user", "content": prompt}]
            ) as stream:
                return stream.get_final_text()
        except anthropic.OverloadedError:
            continue
    raise TimeoutError
