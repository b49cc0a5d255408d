"""The probe: runs inside a cell, plays the calls that it is told to play, and reports what it saw.

Executed by the cell's interpreter (Python 3.8 and later) as `python -s -B -X utf8 probe/`, with the standard library
and the SDK, and nothing else. It reports; it judges nothing.

The protocol, one JSON object a line:

    in:  {"deadline": seconds, "bytecode": folder or null,
          "calls": [{"call": n, "surface": id, "base_url": url, "timeout": seconds or null}, ...]}
    out: {"hello": {...}}                    the interpreter and what is installed, once
         {"cannot_import": {...}}            and no further line, or
         {"imported": true}
         {"call": n, "seen": {...}}          one line for each call, in order, and
         {"bye": true}                       after the last

Standard input stays open: when it ends, whoever asked is gone, and the probe leaves, with every process that the SDK
has started. A call that outlives the
deadline is reported as timed out, and the process leaves with EXIT_TIMED_OUT, whatever the SDK is doing: it may
be waiting, spinning or swallowing cancellation, and the next call deserves a fresh process.
"""

import gc
import json
import os
import signal
import sys
import threading
import time

EXIT_TIMED_OUT = 75

_POLL = 0.05
"""Seconds between two looks at the clock. The deadline is a hundred times that."""


class Wire:
    """Lines out on a private copy of standard output; what the SDK prints goes to standard error.

    Half a surrogate pair, which no encoding can carry, becomes a question mark.
    """

    def __init__(self):
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", newline="\n")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def line(self, value):
        """Write one line at once, so that a crash loses no earlier one."""
        with self._lock:
            self._file.write(json.dumps(value, sort_keys=True, ensure_ascii=False) + "\n")
            self._file.flush()


class Deadline:
    """Ends the process when a call takes too long; a thread, since a stuck call can't be trusted to look."""

    def __init__(self, wire, seconds):
        self._wire = wire
        self._seconds = seconds
        self._lock = threading.Lock()
        self._armed = None  # (call, when it is too late)
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self, call):
        """The clock of `call` starts."""
        with self._lock:
            self._armed = (call, time.monotonic() + self._seconds)

    def stop(self):
        """The call is over: from here on nobody says that it timed out."""
        with self._lock:
            self._armed = None

    def _watch(self):
        while True:
            time.sleep(_POLL)
            with self._lock:
                if self._armed is not None and time.monotonic() > self._armed[1]:
                    self._wire.line({"call": self._armed[0], "seen": {"outcome": "timed-out"}})
                    os._exit(EXIT_TIMED_OUT)


def leave_with_standard_input():
    """Leave when standard input ends: whoever started this process is gone."""

    def watch():
        while os.read(0, 1024):
            pass
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)  # the group is ours alone: this process, and what the SDK started
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def read_plan():
    """The first line of standard input, unbuffered, so that nothing after it is taken from the thread above."""
    data = b""
    while not data.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            os._exit(0)
        data += piece
    return json.loads(data)


def skip_trust_store():
    """Make TLS contexts without reading certificates.

    Every client makes a TLS context, and reading the certificates of the world into it is most of what a client
    costs (7 ms of 9); a call to http://127.0.0.1 never uses it. A context without certificates trusts nobody, so
    nothing is let in that would not have been.
    """
    import ssl

    def skip(self, *args, **kwargs):
        return None

    ssl.SSLContext.load_verify_locations = skip
    ssl.SSLContext.load_default_certs = skip
    ssl.SSLContext.set_default_verify_paths = skip


def sweep():
    """Collect what a call left behind, so that no call meets the remains of another.

    There are clients that close themselves when they are collected, whenever that is; so it is here, and at no other
    time. What survives is not looked at again, which makes a sweep cost what the call allocated and not what the import
    did.
    """
    gc.collect()
    gc.freeze()


def installed():
    """Every distribution in this environment, with its version, by normalised name."""
    import re
    from importlib.metadata import distributions

    found = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name:
            found[re.sub(r"[-_.]+", "-", name).lower()] = distribution.version
    return found


def extras():
    """The extras that the SDK's metadata names."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        return sorted(metadata("anthropic").get_all("Provides-Extra") or [])
    except PackageNotFoundError:
        return []


def main():
    """Play the plan on standard input."""
    wire = Wire()
    plan = read_plan()
    leave_with_standard_input()
    wire.line(
        {
            "hello": {
                "implementation": sys.implementation.name,
                "python": ".".join(map(str, sys.version_info[:3])),
                "platform": sys.platform,
                "machine": os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", ""),
                "distributions": installed(),
                "extras": extras(),
            }
        }
    )
    skip_trust_store()
    gc.disable()  # see sweep(); and while the SDK is imported, a fifth of the time goes into finding no garbage

    import probe_bytecode
    import probe_facets
    import probe_surfaces

    if plan.get("bytecode"):
        probe_bytecode.keep(plan["bytecode"])
    deadline = Deadline(wire, plan["deadline"])
    try:
        import anthropic
    except BaseException as error:  # whatever it is, it is what an import of this release gives
        wire.line({"cannot_import": probe_facets.exception(error, None, "")})
        return
    wire.line({"imported": True})
    caller = probe_surfaces.Caller(anthropic)
    sweep()
    for call in plan["calls"]:
        deadline.start(call["call"])
        seen = caller.play(call["surface"], call["base_url"], call["timeout"])
        sweep()
        caller.settle()
        deadline.stop()
        wire.line({"call": call["call"], "seen": seen})
    wire.line({"bye": True})


main()
# Threads, loops and sockets that a call left behind must not hold up the end.
os._exit(0)
