"""Uses midstream's remedy: retries what passes while nothing was shown, waits as asked, and limits the whole answer."""

import asyncio
import sys

import anthropic

from midstream.remedy import explain, guard

LIMIT = 3.0


async def show(client, question):
    """Print a stream as it comes."""
    async with asyncio.timeout(LIMIT):
        async with client.messages.stream(
            model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": question}]
        ) as stream:
            async for text in guard(stream).text_stream:
                print(text, end="", flush=True)
    print()


async def main():
    client = anthropic.AsyncAnthropic(max_retries=0, timeout=2.0)
    for pause in (0.5, 1.0, None):
        try:
            return await show(client, "Hi")
        except TimeoutError:
            sys.exit("The answer took too long.")
        except Exception as error:
            failure = explain(error)
            if pause is None or not failure.retryable or failure.text not in (None, "none"):
                sys.exit(f"The answer is not complete: {failure}")
            response = getattr(error, "response", None)
            asked = response.headers.get("retry-after") if response is not None else None
            await asyncio.sleep(max(pause, float(asked or 0)))


asyncio.run(main())
