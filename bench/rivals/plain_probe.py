"""The straightforward probe: one client for each call, the call, and a line of JSON about the exception that comes.

Run by the interpreter of a session, Python 3.8 and later, as `plain_probe.py NAME`: reads the calls of BENCH_CALLS, as
the SDK's own documentation writes them, and sends them to BENCH_BACKEND, each under a path of its own.
"""

import asyncio
import inspect
import json
import os
import sys

import anthropic

SECONDS = 5.0
MESSAGE = {"model": "midstream", "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}]}
COMPLETION = {"model": "midstream", "max_tokens_to_sample": 16, "prompt": "\n\nHuman: Hi\n\nAssistant:"}
OLD_COMPLETION = dict(COMPLETION, disable_checks=True)
TOOLS = dict(MESSAGE, stream=True, tools=[], max_iterations=2)


def make_client(surface, base_url, timeout):
    """Make the client of this surface."""
    if surface.startswith("completion_stream"):
        # Releases before 0.2.9 drop the path of their base URL, so it is the API key too.
        path = "/" + base_url.split("/", 3)[3]
        return anthropic.Client(path, api_url=base_url + "/", default_request_timeout=timeout)
    kind = anthropic.AsyncAnthropic if surface.endswith("-async") else anthropic.Anthropic
    more = {"http_client": anthropic.DefaultAioHttpClient()} if surface.startswith("aiohttp.") else {}
    return kind(api_key="sk-plain", base_url=base_url, max_retries=0, timeout=timeout, **more)


def consume(stream):
    """Read a stream to its end."""
    for _ in stream:
        pass


def stream_events(stream):
    """Read a helper's stream to its end, and ask for its final message."""
    try:
        consume(stream)
    finally:
        stream.get_final_message()


def of_helper(method, use, options):
    """Open a helper's stream, and use it."""
    with method(**MESSAGE, **options) as stream:
        use(stream)


def of_response(method, options):
    """Open a streaming response, and read its stream."""
    with method(stream=True, **MESSAGE, **options) as response:
        consume(response.parse())


def of_runner(streams):
    """Read every stream of a tool runner."""
    for stream in streams:
        consume(stream)


SYNC = {
    "messages.create": lambda c, o: consume(c.messages.create(stream=True, **MESSAGE, **o)),
    "messages.stream": lambda c, o: of_helper(c.messages.stream, stream_events, o),
    "with_options.messages.create": lambda c, o: consume(
        c.with_options(max_retries=2).messages.create(stream=True, **MESSAGE, **o)
    ),
    "messages.with_raw_response.create": lambda c, o: consume(
        c.messages.with_raw_response.create(stream=True, **MESSAGE, **o).parse()
    ),
    "messages.with_streaming_response.create": lambda c, o: of_response(c.messages.with_streaming_response.create, o),
    "messages.stream.get_final_message": lambda c, o: of_helper(c.messages.stream, lambda s: s.get_final_message(), o),
    "messages.stream.get_final_text": lambda c, o: of_helper(c.messages.stream, lambda s: s.get_final_text(), o),
    "messages.stream.text_stream": lambda c, o: of_helper(c.messages.stream, lambda s: consume(s.text_stream), o),
    "messages.stream.until_done": lambda c, o: of_helper(c.messages.stream, lambda s: s.until_done(), o),
    "beta.messages.create": lambda c, o: consume(c.beta.messages.create(stream=True, **MESSAGE, **o)),
    "beta.messages.stream": lambda c, o: of_helper(c.beta.messages.stream, stream_events, o),
    "beta.messages.tool_runner": lambda c, o: of_runner(c.beta.messages.tool_runner(**TOOLS, **o)),
    "completions.create": lambda c, o: consume(c.completions.create(stream=True, **COMPLETION, **o)),
    "completion_stream": lambda c, o: consume(c.completion_stream(**OLD_COMPLETION)),
}


async def awaited(value):
    """Return a value, and await it first if needed: releases differ in what is awaitable."""
    return await value if inspect.isawaitable(value) else value


async def aconsume(stream):
    """Read a stream to its end."""
    async for _ in stream:
        pass


async def afirst(call):
    """Make a call, and read the stream that it gives."""
    await aconsume(await call)


async def astream_events(stream):
    """Read a helper's stream to its end, and ask for its final message."""
    try:
        await aconsume(stream)
    finally:
        await stream.get_final_message()


async def aof_helper(method, use, options):
    """Open a helper's stream, and use it."""
    async with method(**MESSAGE, **options) as stream:
        await use(stream)


async def aof_raw(call):
    """Make a call for a raw response, and read its stream."""
    await aconsume(await awaited((await call).parse()))


async def aof_response(method, options):
    """Open a streaming response, and read its stream."""
    async with method(stream=True, **MESSAGE, **options) as response:
        await aconsume(await awaited(response.parse()))


async def aof_runner(streams):
    """Read every stream of a tool runner."""
    async for stream in streams:
        await aconsume(stream)


ASYNC = {
    "messages.create": lambda c, o: afirst(c.messages.create(stream=True, **MESSAGE, **o)),
    "messages.stream": lambda c, o: aof_helper(c.messages.stream, astream_events, o),
    "with_options.messages.create": lambda c, o: afirst(
        c.with_options(max_retries=2).messages.create(stream=True, **MESSAGE, **o)
    ),
    "messages.with_raw_response.create": lambda c, o: aof_raw(
        c.messages.with_raw_response.create(stream=True, **MESSAGE, **o)
    ),
    "messages.with_streaming_response.create": lambda c, o: aof_response(c.messages.with_streaming_response.create, o),
    "messages.stream.get_final_message": lambda c, o: aof_helper(c.messages.stream, lambda s: s.get_final_message(), o),
    "messages.stream.get_final_text": lambda c, o: aof_helper(c.messages.stream, lambda s: s.get_final_text(), o),
    "messages.stream.text_stream": lambda c, o: aof_helper(c.messages.stream, lambda s: aconsume(s.text_stream), o),
    "messages.stream.until_done": lambda c, o: aof_helper(c.messages.stream, lambda s: s.until_done(), o),
    "beta.messages.create": lambda c, o: afirst(c.beta.messages.create(stream=True, **MESSAGE, **o)),
    "beta.messages.stream": lambda c, o: aof_helper(c.beta.messages.stream, astream_events, o),
    "beta.messages.tool_runner": lambda c, o: aof_runner(c.beta.messages.tool_runner(**TOOLS, **o)),
    "completions.create": lambda c, o: afirst(c.completions.create(stream=True, **COMPLETION, **o)),
    "completion_stream": lambda c, o: afirst(c.acompletion_stream(**OLD_COMPLETION)),
}


async def call_async(surface, base_url, timeout, options):
    """Make one call of an asynchronous client."""
    name = surface[: -len("-async")]
    name = name[len("aiohttp.") :] if name.startswith("aiohttp.") else name
    client = make_client(surface, base_url, timeout)
    await asyncio.wait_for(ASYNC[name](client, options), SECONDS)


def observe(surface, base_url, asked):
    """Describe what one call raises as plain data; return None if it raises nothing."""
    timeout = SECONDS if asked is None else asked
    options = {} if asked is None else {"timeout": asked}
    try:
        if surface.endswith("-async"):
            asyncio.run(call_async(surface, base_url, timeout, options))
        else:
            SYNC[surface](make_client(surface, base_url, timeout), options)
    except Exception as error:
        return {
            "class": type(error).__name__,
            "status_code": getattr(error, "status_code", None),
            "type": str(getattr(error, "type", None)),
            "message": str(error),
        }
    return None


def main(name):
    """Make every call, and write a line for each."""
    with open(os.environ["BENCH_CALLS"]) as file:
        calls = json.load(file)
    for number, call in enumerate(calls):
        base_url = "{}/{}/{}/{}".format(os.environ["BENCH_BACKEND"], name, number, call["scenario"])
        print(json.dumps(dict(call, raised=observe(call["surface"], base_url, call["timeout"]))))


if __name__ == "__main__":
    main(sys.argv[1])
