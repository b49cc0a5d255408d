"""The class of pydantic, which releases before 2.10 do not wrap."""

import pydantic
from mistralai.client import Mistral

RELEASES = "<2.10"
client = Mistral()
Q = [{"role": "user", "content": "Hi"}]


async def ask_pydantic():
    """Retry what pydantic raises."""
    for _ in range(3):
        try:
            return [event async for event in await client.chat.stream_async(model="m", messages=Q)]
        except pydantic.ValidationError:
            continue
    raise RuntimeError("no answer")
