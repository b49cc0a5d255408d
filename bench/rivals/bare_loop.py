"""The least that a cell can cost: import the SDK, make the calls of BENCH_CALLS, and keep nothing of what comes.

Clients read no certificates, as in our probe, unless BENCH_CERTIFICATES is set: with them this would measure little
else. One loop serves all asynchronous calls.
"""

import asyncio
import contextlib
import json
import os
import ssl
import sys

import plain_probe


def skip(self, *args, **kwargs):
    """Read nothing."""


def main(name):
    """Make every call."""
    with open(os.environ["BENCH_CALLS"]) as file:
        calls = json.load(file)
    if not os.environ.get("BENCH_CERTIFICATES"):
        ssl.SSLContext.load_verify_locations = skip
        ssl.SSLContext.load_default_certs = skip
        ssl.SSLContext.set_default_verify_paths = skip
    loop = asyncio.new_event_loop()
    for number, call in enumerate(calls):
        base_url = "{}/{}/{}/{}".format(os.environ["BENCH_BACKEND"], name, number, call["scenario"])
        options = {} if call["timeout"] is None else {"timeout": call["timeout"]}
        timeout = plain_probe.SECONDS if call["timeout"] is None else call["timeout"]
        with contextlib.suppress(Exception):
            if call["surface"].endswith("-async"):
                loop.run_until_complete(plain_probe.call_async(call["surface"], base_url, timeout, options))
            else:
                plain_probe.SYNC[call["surface"]](plain_probe.make_client(call["surface"], base_url, timeout), options)


main(sys.argv[1])
os._exit(0)
