"""Async: the same with an asynchronous client."""

import asyncio

from midstream.remedy import explain, guard


async def ask(client, question, attempts=3, pause=1.0):
    """Return the complete answer."""
    messages = [{"role": "user", "content": question}]
    for attempt in range(1, attempts + 1):
        try:
            async with client.messages.stream(model="your-model", max_tokens=1000, messages=messages) as stream:
                async for _event in guard(stream):
                    pass
                return await stream.get_final_message()
        except Exception as error:
            if attempt == attempts or not explain(error).retryable:
                raise
            await asyncio.sleep(pause * 2**attempt)
