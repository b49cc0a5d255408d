"""Programs that call the backend with the standard library alone, to be audited: `python small_program.py NAME`.

Each function is a program. They start in hundredths of a second, so that a test can run many.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}


class Failed(Exception):
    """The stream failed."""

    def __init__(self, kind, wait=0.0):
        super().__init__(kind)
        self.kind = kind
        self.wait = wait


def connect(timeout=None):
    """Send the request, and return the connection and the response."""
    address = urlsplit(os.environ["ANTHROPIC_BASE_URL"])
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    connection.request("POST", f"{address.path}/v1/messages", json.dumps(BODY), {"Content-Type": "application/json"})
    return connection, connection.getresponse()


def texts(timeout=None, whole=None, *, checks=True):
    """Yield the texts of a stream; raise if it fails."""
    connection, response = connect(timeout)
    until = time.monotonic() + (whole or 1000)
    try:
        if response.status != 200:
            kind = json.loads(response.read())["error"]
            raise Failed(kind["type"] + str(kind.get("details", "")), float(response.headers.get("Retry-After", 0)))
        ended = False
        for line in response:
            if time.monotonic() > until:
                raise Failed("timeout_error")
            if line.startswith(b"data:"):
                data = json.loads(line[5:])
                if data["type"] == "error" and checks:
                    raise Failed(data["error"]["type"])
                if data["type"] == "content_block_delta":
                    yield data["delta"]["text"]
                ended = ended or data["type"] == "message_stop"
        if checks and not ended:
            raise Failed("incomplete")
    finally:
        connection.close()


def naive():
    """Print what comes, and check nothing."""
    for text in texts(checks=False):
        print(text, end="", flush=True)


def careful():
    """Do everything right."""
    for pause in (0.3, 0.6, None):
        shown = False
        try:
            for text in texts(timeout=2, whole=3):
                print(text, end="", flush=True)
                shown = True
        except (Failed, OSError, http.client.HTTPException) as error:
            kind = getattr(error, "kind", "connection")
            passes = kind.split("{")[0] not in ("invalid_request_error", "authentication_error") and "spend" not in kind
            if pause is None or shown or not passes:
                sys.exit(f"failed: {error!r}")
            time.sleep(max(pause, getattr(error, "wait", 0.0)))
        else:
            return


def eager():
    """Try four times at once, whatever happened, and show everything."""
    for attempt in range(4):
        try:
            for text in texts(timeout=2):
                print(text, end="", flush=True)
        except (Failed, OSError, http.client.HTTPException):
            if attempt == 3:
                raise
        else:
            return


def storm():
    """Try without end."""
    while True:
        try:
            return print("".join(texts(timeout=2)))
        except (Failed, OSError, http.client.HTTPException):
            pass


def patient():
    """Try again every three seconds, without end."""
    while True:
        try:
            return print("".join(texts(timeout=2)))
        except (Failed, OSError, http.client.HTTPException):
            time.sleep(3)


def crashes():
    """Use a name that does not exist in the code that handles the failure."""
    try:
        print("".join(texts(timeout=2)))
    except http.client.OverloadedError:
        print("never")


def talks():
    """Report the failure in words and end with 0."""
    try:
        print("".join(texts(timeout=2)))
    except (Failed, OSError, http.client.HTTPException) as error:
        print(f"Sorry, the request failed: {error!r}")


def leaks():
    """Keep the connection of a failed stream, and go on."""
    connections = []
    for _ in range(2):
        connection, response = connect(timeout=2)
        connections.append((connection, response))
        if response.status == 200 and b"message_stop" in _read(response):
            return print("Hello world")
        time.sleep(1.5)
    sys.exit("failed")


def _read(response):
    data = b""
    try:
        while line := response.readline():
            data += line
            if b"event: error" in line:
                break
    except OSError:
        pass
    return data


def sleeps():
    """Never end after a failure, and ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        print("".join(texts(timeout=2)))
    except (Failed, OSError, http.client.HTTPException):
        time.sleep(1000)


def spins():
    """Never end after a failure, and keep a processor busy."""
    try:
        print("".join(texts(timeout=2)))
    except (Failed, OSError, http.client.HTTPException):
        while True:
            pass


def forks():
    """Leave processes behind that left their group, their session and their parent."""
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                with open(os.environ["PIDS"], "a") as file:
                    file.write(f"{os.getpid()}\n")
                time.sleep(1000)
            os._exit(0)
    while len(open(os.environ["PIDS"]).read().splitlines()) < 3:
        time.sleep(0.01)
    print("".join(texts(timeout=2)))


def prints():
    """Print a gigabyte after a failure."""
    try:
        print("".join(texts(timeout=2)))
    except (Failed, OSError, http.client.HTTPException):
        block = b"x" * 999 + b"\n"
        for _ in range(1_000):
            os.write(1, block * 1_000)
        print("the end")
        sys.exit(1)


def hangs_up():
    """Close the socket in the middle of the answer."""
    connection, response = connect()
    response.readline()
    connection.close()
    print("Hello world" if response.status == 200 else "")
    sys.exit(0 if os.environ["MIDSTREAM_SCENARIO"] == "clean" else 3)


def ignores():
    """Make no request."""
    print("Hello world")


def elsewhere():
    """Ask another API."""
    address = urlsplit(os.environ["OPENAI_BASE_URL"])
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("POST", f"{address.path}/chat/completions?key=secret", b"{}")
    connection.getresponse().read()


def fails():
    """Fail in every stream."""
    "".join(texts(timeout=2))
    sys.exit("no such file: prompt.txt")


def given():
    """Call the address that the command names."""
    os.environ["ANTHROPIC_BASE_URL"] = sys.argv[2]
    naive()


def killed():
    """Kill itself after a failure."""
    try:
        print("".join(texts(timeout=2)))
    except (Failed, OSError, http.client.HTTPException):
        os.kill(os.getpid(), signal.SIGKILL)


def starts_children():
    """Start a child that waits, and wait for it: what `kill -9` of an audit must end too."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    with open(os.environ["PIDS"], "a") as file:
        file.write(f"{os.getpid()}\n{child.pid}\n")
    "".join(texts())
    if os.environ["MIDSTREAM_SCENARIO"] == "clean":
        child.kill()
        print("Hello world")
    else:
        child.wait()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
