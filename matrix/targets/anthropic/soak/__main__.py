"""Makes many asynchronous calls in one event loop, each with a client of its own that nobody closes.

It runs in a cell, on Python 3.8 or later, and needs nothing but the SDK. It reads a plan from standard input, one line
of JSON:

    calls:     the base URL of each call
    deadline:  seconds after which a call counts as a hang
    enough:    the number of hangs after which it stops
    closes:    whether each client is closed after its call
    bytecode:  a folder with compiled modules, or null

It writes one line of JSON for each call, `{"call": number, "hung": bool}`, and `{"bye": true}` at the end; or
`{"reason": text}` if the release can make no such call.

The collector runs as in any program. During a call this program keeps a varying number of objects, as programs do.
Without them the collector would run at the same points of every call, and could miss those at which a call hangs.
"""

import asyncio
import inspect
import json
import os
import random
import re
import sys

_MESSAGE = {"model": "midstream", "max_tokens": 16, "messages": [{"role": "user", "content": "Hi"}]}
_COMPLETION = {"model": "midstream", "max_tokens_to_sample": 16, "prompt": "\n\nHuman: Hi\n\nAssistant:"}

_PATIENCE = 60.0
"""Seconds; longer than any deadline, so that the client's own timeout does not end a hang."""

_CANCELLING = 1.0
"""Seconds in which a cancelled call must end; otherwise the next call gets a new event loop."""

_OBJECTS = 700
"""The number of new objects after which the collector runs, by default."""


class _Unsupported(Exception):
    """The release can make no asynchronous call with a client."""


def _write(line):
    os.write(_OUTPUT, json.dumps(line).encode() + b"\n")


def _make_client(anthropic, base_url):
    """Make a client, and return it with the method and the arguments of its call."""
    try:
        client = anthropic.AsyncAnthropic(api_key="sk-midstream", base_url=base_url, max_retries=0, timeout=_PATIENCE)
    except AttributeError:
        raise _Unsupported("The release has no asynchronous client.") from None
    except Exception as error:
        raise _Unsupported("The client can't be constructed: %s." % _describe(error)) from None
    if hasattr(client, "messages"):
        return client, client.messages.create, _MESSAGE
    return client, client.completions.create, _COMPLETION


def _describe(error):
    """Describe an exception without the paths of this environment."""
    return "%s: %s" % (type(error).__name__, re.sub(r" \(/.*", "", str(error)).rstrip("."))


async def _call(anthropic, base_url, closes):
    """Make a call, read its stream to the end or the failure, and drop the client."""
    client, create, arguments = _make_client(anthropic, base_url)
    try:
        async for _ in await create(stream=True, **arguments):
            pass
    except Exception:  # the plan asked for this failure; only a hang is a result
        pass
    if closes:
        closing = client.close()
        if inspect.isawaitable(closing):
            await closing


async def _play(anthropic, base_url, plan):
    """Make a call; return whether it hung, and whether it ended after it was cancelled."""
    task = asyncio.ensure_future(_call(anthropic, base_url, plan["closes"]))
    done, _ = await asyncio.wait({task}, timeout=plan["deadline"])
    if done:
        task.result()
        return False, True
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=_CANCELLING)
    return True, bool(done)


def _new_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda _loop, _context: None)
    return loop


def _soak(anthropic, plan):
    """Make every call of the plan, and write a line for each."""
    numbers = random.Random(0)
    loop = _new_loop()
    hangs = 0
    for number, base_url in enumerate(plan["calls"]):
        objects = [[] for _ in range(numbers.randrange(_OBJECTS))]
        hung, ended = loop.run_until_complete(_play(anthropic, base_url, plan))
        del objects
        _write({"call": number, "hung": hung})
        hangs += hung
        if hangs == plan["enough"]:
            break
        if not ended:
            loop = _new_loop()
    _write({"bye": True})


def _main():
    plan = json.loads(sys.stdin.readline())
    if plan["bytecode"]:
        # The probe's loader, which lies next to this program: to compile the SDK takes longer than its calls.
        sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "probe"))
        import probe_bytecode

        probe_bytecode.keep(plan["bytecode"])
    try:
        import anthropic
    except Exception as error:
        _write({"reason": "The SDK can't be imported: %s." % _describe(error)})
    else:
        try:
            _soak(anthropic, plan)
        except Exception as error:
            _write({"reason": str(error) if isinstance(error, _Unsupported) else _describe(error)})
    os._exit(0)  # without a last collection, which can hang


_OUTPUT = os.dup(1)
os.dup2(2, 1)  # what the release prints is no result
_main()
