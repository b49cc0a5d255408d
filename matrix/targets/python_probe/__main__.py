"""The probe of a Python package: runs inside a cell, makes the calls of a plan, and reports what it observed.

The cell's interpreter (Python 3.8 and later) executes it as `python -s -B -X utf8 probe/`, with the standard library
and the SDK, and nothing else. It reports; it judges nothing. This folder has the parts that Python targets share; a
target adds its module `probe_surfaces` and its handlers to the same folder.

The protocol is one JSON object a line:

    in:  {"deadline": seconds, "bytecode": folder or null, "package": name, "module": name,
          "calls": [{"call": n, "surface": id, "base_url": url, "timeout": seconds or null}, ...]}
    out: {"hello": {...}}                    the interpreter and what is installed, once
         {"cannot_import": {...}}            and no further line, or
         {"imported": true}
         {"call": n, "seen": {...}}          one line for each call, in order, and
         {"bye": true}                       after the last

The harness keeps standard input open. When it ends, the harness is gone, and the probe exits. A call that exceeds the
deadline is reported as timed out, and the probe exits, whatever the SDK is doing: it may wait, spin or swallow
cancellation, so the next call needs a new process. However the probe exits, it first ends the processes that the SDK
started.
"""

import gc
import json
import os
import signal
import sys
import threading
import time

_POLL = 0.05
"""Seconds between two looks at the clock; a hundredth of the deadline."""


class Wire:
    """The way to the harness: a private copy of standard output. What the SDK prints goes to standard error.

    A lone surrogate, which no encoding can carry, becomes a question mark. A process that the SDK forks gets no copy:
    it could write observations, and the harness would wait until it closes the pipe.
    """

    def __init__(self):
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", newline="\n")
        self._lock = threading.Lock()
        self._process = os.getpid()
        os.dup2(2, 1)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: os.dup2(2, self._file.fileno()))

    def line(self, value):
        """Write one line at once, so that a crash loses no earlier one; end a forked process that gets here."""
        if os.getpid() != self._process:
            os._exit(0)
        with self._lock:
            self._file.write(json.dumps(value, sort_keys=True, ensure_ascii=False) + "\n")
            self._file.flush()


class Deadline:
    """The thread that ends the probe when a call takes too long; a stuck call can't end itself."""

    def __init__(self, wire, seconds):
        self._wire = wire
        self._seconds = seconds
        self._lock = threading.Lock()
        self._armed = None  # (call, the time at which it exceeds the deadline)
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self, call):
        """Start the clock for a call."""
        with self._lock:
            self._armed = (call, time.monotonic() + self._seconds)

    def stop(self):
        """Stop the clock, so that a call that has ended is not reported as timed out."""
        with self._lock:
            self._armed = None

    def _watch(self):
        while True:
            time.sleep(_POLL)
            with self._lock:
                if self._armed is not None and time.monotonic() > self._armed[1]:
                    self._wire.line({"call": self._armed[0], "seen": {"outcome": "timed-out"}})
                    leave()


def leave():
    """Exit at once, with every process that the SDK started.

    The harness starts the probe in a session of its own, so the process group holds only the probe and processes of the
    SDK. In a sandbox they share a process namespace, which ends with the probe. The group of a shell is left alone.
    Threads, loops and sockets that a call left behind can't delay the exit.
    """
    if hasattr(os, "killpg") and os.getsid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def leave_with_standard_input():
    """Exit when standard input ends, since the harness is gone then."""

    def watch():
        while os.read(0, 1024):
            pass
        leave()

    threading.Thread(target=watch, daemon=True).start()


def read_plan():
    """Read the plan, the first line of standard input; unbuffered, so that the thread above sees what follows."""
    data = b""
    while not data.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            os._exit(0)
        data += piece
    return json.loads(data)


def skip_trust_store():
    """Make TLS contexts without reading certificates.

    Every client makes a TLS context, and takes 7 of its 9 ms to read the system's certificates into it; a call to
    http://127.0.0.1 uses none of them. A context without certificates trusts no server, so this admits no connection.
    """
    import ssl

    def skip(self, *args, **kwargs):
        return None

    ssl.SSLContext.load_verify_locations = skip
    ssl.SSLContext.load_default_certs = skip
    ssl.SSLContext.set_default_verify_paths = skip


def sweep():
    """Collect the garbage of a call, so that it can't affect the next one.

    Some clients close themselves when they are collected; this makes it happen here, and at no other time. Objects that
    survive are frozen, so that a sweep costs what the call allocated, and not what the import did.
    """
    gc.collect()
    gc.freeze()


def installed():
    """Return the distributions in this environment: normalised name to version."""
    import re
    from importlib.metadata import distributions

    versions = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name:
            versions[re.sub(r"[-_.]+", "-", name).lower()] = distribution.version
    return versions


def extras(package):
    """Return the extras that the metadata of the SDK's package names."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        return sorted(metadata(package).get_all("Provides-Extra") or [])
    except PackageNotFoundError:
        return []


def main():
    """Make the calls of the plan on standard input, and report each."""
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
                "extras": extras(plan["package"]),
            }
        }
    )
    skip_trust_store()
    gc.disable()  # see sweep(); an import of the SDK makes no garbage, and a fifth of its time would go into the search

    import importlib

    import probe_bytecode
    import probe_caller
    import probe_facets

    if plan.get("bytecode"):
        probe_bytecode.keep(plan["bytecode"])
    deadline = Deadline(wire, plan["deadline"])
    try:
        sdk = importlib.import_module(plan["module"])
    except BaseException as error:  # any exception, even SystemExit, is the result of importing this release
        wire.line({"cannot_import": probe_facets.exception(error, None, "", ())})
        return
    caller = probe_caller.Caller(sdk)
    wire.line({"imported": True})
    sweep()
    for call in plan["calls"]:
        deadline.start(call["call"])
        report = caller.play(call["surface"], call["base_url"], call["timeout"])
        sweep()
        caller.settle()
        deadline.stop()
        wire.line({"call": call["call"], "seen": report})
    wire.line({"bye": True})


main()
leave()
