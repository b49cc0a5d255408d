"""Runs the programs inside a cell, and reports how each call ended.

Executed by the cell's interpreter as `python -s -B -X utf8 execute.py FOLDER`, where FOLDER holds the programs. The
protocol, one JSON object a line:

    in:  {"limit": seconds,
          "sdk": {"module": name, "clients": [class, ...], "variables": prefix, "options": {argument: value}},
          "setup": path,
          "calls": [{"program": name, "entry": name, "base_url": url, "without": [module, ...]}, ...]}
    out: {"escaped": class, "returned": class, "text": message} for each call, in order

A program is written as its users write it: it makes its clients itself, or is passed one as `client`. Each call gets a
new copy of the program, since clients, decorators and counters live in modules. Clients find the backend by the
environment variable of the SDK, or are given the options of the plan, where `$url` is its address. They don't retry
unless the program says so. A target that needs more has a setup: a file with the functions `start`, which imports it,
and `direct`, which tells it before each call where the backend is. Nothing sleeps.
"""

import asyncio
import functools
import importlib
import importlib.util
import inspect
import json
import os
import signal
import ssl
import sys
import time


class OutOfTime(BaseException):
    """A call took longer than the limit; no program catches this."""


def main(folder):
    """Play the calls of the plan on standard input."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # what a program prints is no report
    plan = json.loads(sys.stdin.readline())
    sys.path.insert(0, folder)
    own = {name.partition(".")[0] for name in os.listdir(folder)} - {"midstream", "remedy"}
    skip_trust_store()
    sleep_never()
    signal.signal(signal.SIGALRM, leave)

    named = plan["sdk"]
    setup = load(plan["setup"]) if plan["setup"] else None
    sdk = setup.start() if setup else start(named)
    hidden = {name for call in plan["calls"] for name in call["without"]}
    for call in plan["calls"]:
        if setup:
            setup.direct(sdk, call["base_url"])
        else:
            os.environ[named["variables"] + "_BASE_URL"] = call["base_url"]
            direct_module(sdk, call["base_url"])
        for name in [name for name in sys.modules if name.partition(".")[0] in own | hidden]:
            del sys.modules[name]
        sys.modules.update(dict.fromkeys(call["without"]))  # an import of None is an import of nothing
        lines.write(json.dumps(play(call, plan["limit"])) + "\n")
        lines.flush()


def load(path):
    """Import a module from its file."""
    spec = importlib.util.spec_from_file_location("midstream_setup", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(named):
    """Import an SDK, whose clients then don't retry unless the program says so."""
    os.environ["MISTRAL_SDK_TELEMETRY"] = "false"  # else that SDK sends traces to its makers
    os.environ[named["variables"] + "_API_KEY"] = "sk-midstream"
    sdk = importlib.import_module(named["module"])
    kinds = [getattr(sdk, name) for name in named["clients"] if hasattr(sdk, name)]
    for kind in kinds:
        if named["options"]:
            add_options(kind, json.dumps(named["options"]), named["variables"])
        else:
            kind.__init__.__kwdefaults__["max_retries"] = 0
    return sdk


def play(call, limit):
    """Call one entry, read what it returns to the end, and report how that ended."""
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        entry = getattr(importlib.import_module(call["program"]), call["entry"])
        value = settle(entry(**arguments(entry)))
    except BaseException as error:
        return {"escaped": name_of(error), "returned": "", "text": str(error)[:200]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return {"escaped": "", "returned": name_of(value), "text": ""}


def arguments(entry):
    """Make a client for an entry that takes one."""
    wanted = inspect.signature(entry).parameters.get("client")
    return {} if wanted is None else {"client": wanted.annotation()}


def add_options(kind, options, variables):
    """Let a class of clients give its clients some options, unless the program does."""
    initialise = kind.__init__

    @functools.wraps(initialise)
    def directed(self, *arguments, **named):
        own = json.loads(options.replace("$url", os.environ[variables + "_BASE_URL"]))
        initialise(self, *arguments, **{**own, **named})

    kind.__init__ = directed


def direct_module(sdk, base_url):
    """Let the calls of an SDK that is a client itself find the server, with new connections."""
    if hasattr(sdk, "api_base"):  # the OpenAI SDK before 1.0
        import requests

        sdk.api_base, sdk.requestssession = base_url, requests.Session()
    elif sdk.__name__ == "ollama":
        sdk.chat.__self__.__init__()
    elif hasattr(sdk, "_reset_client"):
        sdk.base_url, sdk.max_retries = base_url + "/", 0
        sdk._reset_client()


def settle(value):
    """Read what an entry returned: a coroutine, a generator, or an open stream."""
    if inspect.isawaitable(value) or (hasattr(value, "__anext__") and not hasattr(value, "__next__")):
        return asyncio.run(settle_async(value))
    return list(value) if hasattr(value, "__next__") else value


async def settle_async(value):
    """Read what an asynchronous entry returned."""
    value = await value if inspect.isawaitable(value) else value
    if hasattr(value, "__anext__"):
        return [each async for each in value]
    return list(value) if hasattr(value, "__next__") else value


def name_of(value):
    """Return the module and the qualified name of a value's class."""
    return type(value).__module__ + "." + type(value).__qualname__


def sleep_never():
    """Let every sleep return at once; an asynchronous one still lets others run."""
    pause = asyncio.sleep

    async def sleep(delay, result=None):
        await pause(0)
        return result

    time.sleep = lambda seconds: None
    asyncio.sleep = sleep


def skip_trust_store():
    """Make TLS contexts without reading certificates, which is most of what a client costs; no call uses TLS."""
    ssl.SSLContext.load_verify_locations = lambda *arguments, **options: None
    ssl.SSLContext.load_default_certs = lambda *arguments, **options: None
    ssl.SSLContext.set_default_verify_paths = lambda *arguments, **options: None


def leave(number, frame):
    """Interrupt a call that takes too long."""
    raise OutOfTime


main(sys.argv[1])
os._exit(0)  # threads, loops and sockets that a program left behind don't hold up the end
