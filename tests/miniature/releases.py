"""The behaviours of the miniatures: each is the SDK of `sdk.py` with a few other lines.

The newest final release raises with 200, as the real ones do, because the patched control is made from it. `leaf` and
`twig` are dependencies without code, for the resolver.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = "anthropic"

EPOCH: Final = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
"""When the oldest distribution of the index was uploaded; the others follow a day apart."""


@dataclass(frozen=True)
class Miniature:
    """One distribution of the index.

    Attributes:
        version: Its version.
        entry: Its `__init__.py`; empty for a distribution without code.
        name: Its project.
        requires: Its `Requires-Dist`.
        extras: Its `Provides-Extra`.
        requires_python: Its `Requires-Python`.
        is_sdist: Whether it has a source distribution only, which nothing here ever builds.
    """

    version: str
    entry: str = ""
    name: str = PROJECT
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    requires_python: str = ">=3.8"
    is_sdist: bool = False

    @property
    def filename(self) -> str:
        """Return the name of its one file."""
        stem = f"{self.name.replace('-', '_')}-{self.version}"
        return f"{stem}.tar.gz" if self.is_sdist else f"{stem}-py3-none-any.whl"

    def files(self) -> dict[str, str]:
        """Return the modules of its wheel, by path."""
        if not self.entry:
            return {f"{self.name.replace('-', '_')}.py": ""}
        return {
            f"{self.name}/__init__.py": self.entry,
            f"{self.name}/_sdk.py": Path(__file__).with_name("sdk.py").read_text(encoding="utf-8"),
        }


_SDK = """\
import json, os, pathlib, re, signal, subprocess, sys, threading, time
from anthropic._sdk import *
"""

_CREATE_ONLY = (
    _SDK
    + """
del Messages.stream, AsyncMessages.stream
"""
)
"""Half of the calls, in half of the time."""

_RAISES_DOCUMENTED = """
STATUS = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "conflict_error": 409, "request_too_large": 413, "rate_limit_error": 429,
    "api_error": 500, "timeout_error": 504, "overloaded_error": 529,
}

def error_in_stream(self, body, response):
    status = STATUS.get(body["error"]["type"], response.status_code)
    mapped = Response(status, headers=response.headers, request=response.request)
    return self._make_status_error("An error in the stream", body=body, response=mapped)

Client.error_in_stream = error_in_stream
"""

_SWALLOWS_ERRORS = """
Client.error_in_stream = lambda self, body, response: None
"""

# Ignores signals, exceptions and cancellation; only a kill ends it.
_ALWAYS_HANGS = """
def before_call(self):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            time.sleep(3600)
        except BaseException:
            pass

async def before_async_call(self):
    while True:
        try:
            await asyncio.sleep(3600)
        except BaseException:
            pass

Client.before_call = before_call
Client.before_async_call = before_async_call
"""

# The markers outlive a probe: without a sandbox all probes of a cell share a home.
_HANGS_ONCE = """
def before_call(self):
    if self.scenario == "mid-overloaded_error" and type(self) is Anthropic:
        try:
            pathlib.Path.home().joinpath("was-here").mkdir()
        except FileExistsError:
            return
        time.sleep(3600)

Client.before_call = before_call
"""

# Waits while there is a file `hold` in the folder of bytecode, which a sandbox shows, three above the home.
_WAITS = """
def before_call(self):
    while (pathlib.Path.home().parents[2] / "bytecode" / "hold").exists():
        time.sleep(0.02)

Client.before_call = before_call
"""

_CRASHES_IN_CALL = """
def before_call(self):
    if self.scenario == "first-api_error":
        os._exit(3)
    if self.scenario == "first-overloaded_error":
        subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL)
        os.kill(os.getpid(), signal.SIGKILL)

Client.before_call = before_call
"""

# Matches without end, and no other thread gets a turn.
_HOLDS_THE_INTERPRETER = """
def before_call(self):
    re.match("(a+)+$", "a" * 60 + "b")

Client.before_call = before_call
"""

_CANNOT_CONSTRUCT = """
def refuse(self, **arguments):
    raise TypeError("__init__() got an unexpected keyword argument 'proxies'")

Anthropic.__init__ = AsyncAnthropic.__init__ = refuse
"""

_FAILS_BEFORE_ASKING = """
def before_call(self):
    raise TypeError("nothing was asked")

Client.before_call = before_call
"""

_DROPS_THE_PATH = """
def before_call(self):
    self.target = "/v1/messages"

Client.before_call = before_call
"""

# Prints to the standard output of Python and of the process, on import and in each call.
_PRINTS = """
def before_call(self):
    print('{"call": 0, "seen": {"outcome": "completed"}}', flush=True)
    os.write(1, b"loud\\n")

before_call(None)
Client.before_call = before_call
"""

_LEAVES_THINGS_BEHIND = """
def before_call(self):
    if self.scenario == "clean":
        subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL)
        threading.Thread(target=time.sleep, args=(60,)).start()

Client.before_call = before_call
"""

_STRANGE_TEXT = """
class StrangeError(APIError):
    pass

def error_in_stream(self, body, response):
    if self.scenario == "mid-api_error":
        return StrangeError("lone surrogate \\udcff", {"\\ud800": "\\udfff"})
    if self.scenario == "mid-overloaded_error":
        return StrangeError("x" * 200_000)
    if self.scenario == "mid-timeout_error":
        return StrangeError(f"at {hex(id(self))} in {sys.prefix} from {self.base_url}", float("nan"))
    return self._make_status_error("An error in the stream", body=body, response=response)

Client.error_in_stream = error_in_stream
"""

# Exceptions that do not survive what programs do with them, or raise when they are read.
_STRANGE_EXCEPTIONS = """
class FrailError(APIError):
    pass

class FormattedError(APIError):
    def __str__(self):
        return f"{self.message}!"

    def __reduce__(self):
        return FormattedError, ("something else",)

class AngryError(APIError):
    @property
    def status_code(self):
        raise RuntimeError("not now")

    def __str__(self):
        raise ValueError("not this either")

def error_in_stream(self, body, response):
    if self.scenario == "mid-rate_limit_error":
        error = FrailError("frail")
        error.lock = threading.Lock()
        return error
    if self.scenario == "mid-billing_error":
        return FormattedError("formatted")
    if self.scenario == "mid-api_error":
        return AngryError("angry")
    if self.scenario == "mid-conflict_error":
        return APIError(f"Cancelled by cancel scope {id(self):x}")
    if self.scenario == "mid-timeout_error":
        return APIError(f"Cancelled via cancel scope {id(self):x}; reason: deadline exceeded")
    if self.scenario == "mid-not_found_error":
        return APIError("x" * 4000, {"longer": ["y" * 4001]})
    return APIError("plain")

Client.error_in_stream = error_in_stream
"""

# The parts of httpx and aiohttp in the real client that show the state of its connection, by scenario.
_KEEPS_CONNECTIONS = """
class Connection:
    def __init__(self, state):
        self.is_idle = lambda: state in ("idle", "failed")
        self.is_closed = lambda: state in ("closed", "failed")

class Holder:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

class Leaving(set):
    left = 4  # times that it is in use when it is asked

    def __bool__(self):
        self.left -= 1
        return self.left > 0

POOLS = {
    "clean": ["idle", "closed"], "mid-overloaded_error": ["idle", "open"], "reset": [], "bom": ["closed", "closed"],
    "cr": ["failed"], "comment": [],
}
ACQUIRED = {"first-api_error": {"one"}, "eof-mid": set(), "crlf": Leaving()}

def before_call(self):
    if self.scenario in POOLS:
        transport = Holder(_pool=Holder(connections=[Connection(state) for state in POOLS[self.scenario]]))
    else:
        transport = Holder(client=Holder(connector=Holder(_acquired=ACQUIRED[self.scenario])))
    self._client = Holder(_transport=transport)
    if self.scenario == "comment":
        raise TypeError("nothing was asked")

Client.before_call = before_call
"""

# Counts in the shared home how often it was asked for a call that it lacks.
_LACKS_MESSAGES = """
def messages(self):
    with pathlib.Path.home().joinpath("asked").open("a") as file:
        print(type(self).__name__, file=file)
    raise AttributeError("messages")

Anthropic.messages = AsyncAnthropic.messages = property(messages, lambda self, value: None)
"""

# Counts likewise for which scenarios it was asked.
_HAS_A_HELPER = """
def helper(self, events):
    with pathlib.Path.home().joinpath("asked").open("a") as file:
        print(self.scenario, file=file)
    return MessageStream(events) if isinstance(self, Anthropic) else AsyncMessageStream(events)

Client.helper = helper
"""

# Its extra needs a twig, without which the client can't be made.
_OFFERS_AIOHTTP = """
class DefaultAioHttpClient:
    def __init__(self):
        import twig
"""

# Decodes the frames of AWS to the events that they carry, and its exceptions to error events. Checks no checksum.
_READS_FRAMES = """
import base64, struct

class Frames:
    def __init__(self, events):
        self.events = events
        self.data = b""

    def __getattr__(self, name):
        return getattr(self.events, name)

    def feed(self, piece):
        self.data += piece
        while len(self.data) >= 12 and len(self.data) >= (size := struct.unpack(">I", self.data[:4])[0]):
            frame, self.data = self.data[:size], self.data[size:]
            yield from self.events.feed(b"data: " + self.read(frame) + b"\\n\\n")

    def read(self, frame):
        end = 12 + struct.unpack(">I", frame[4:8])[0]
        body = json.loads(frame[end:-4] or b"{}")
        if "bytes" in body:
            return base64.b64decode(body["bytes"])
        exception = re.search(rb":(?:exception-type|error-code)\\x07..([A-Za-z]+)", frame[12:end], re.DOTALL)
        return self.exception(exception.group(1).decode(), body)

    def exception(self, name, body):
        return json.dumps({"type": "error", "error": {"type": name, **body}}).encode()

class AnthropicBedrock(Anthropic):
    def __init__(self, *, aws_access_key, aws_secret_key, aws_region, **arguments):
        super().__init__(api_key="", **arguments)
        self.target = self.url.path + "/model/any/invoke-with-response-stream"

    def parser(self, response):
        return Frames(super().parser(response))

    def pieces(self, answer):
        return iter(lambda: answer.read1(65536), b"")

    def error_of_response(self, body, response):
        error = {"type": response.headers.get("x-amzn-errortype"), **json.loads(body)}
        return self._make_status_error("HTTP", body={"error": error, **json.loads(body)}, response=response)
"""

# As the real releases before 1.7.0 do: no status, so no patch of a status can set it right.
_RAISES_VALUE_ERRORS = """
def exception(self, name, body):
    raise ValueError(f"Bad response code, expected 200: {name}")

Frames.exception = exception
"""

# Reports the files of a module, of a function in it, and of what that returns.
_TELLS_WHERE_IT_IS = """
def inner():
    return (lambda: sys._getframe().f_code.co_filename)()

def error_in_stream(self, body, response):
    return APIError(" ".join([__file__, error_in_stream.__code__.co_filename, inner(), "A TEXT"]))

Client.error_in_stream = error_in_stream
"""

_TELLS_ENVIRONMENT = """
def error_in_stream(self, body, response):
    return APIError(" ".join(sorted(os.environ)))

Client.error_in_stream = error_in_stream
"""

# Hostile: it runs the source in a file of its environment, and puts the answer into its error.
_DOES_AS_TOLD = """
def error_in_stream(self, body, response):
    told = {}
    exec((pathlib.Path(sys.prefix) / "act.py").read_text(), told)
    return APIError(json.dumps(told["told"]))

Client.error_in_stream = error_in_stream
"""

RELEASES: Final[dict[str, Miniature]] = {
    "raises_documented": Miniature("1.0.0", _SDK + _RAISES_DOCUMENTED, requires=("leaf",)),
    "swallows_errors": Miniature("2.0.0", _CREATE_ONLY + _SWALLOWS_ERRORS),
    "always_hangs": Miniature("3.0.0", _CREATE_ONLY + _ALWAYS_HANGS),
    "hangs_once": Miniature("3.1.0", _CREATE_ONLY + _HANGS_ONCE),
    "waits": Miniature("3.2.0", _CREATE_ONLY + _WAITS),
    "holds_the_interpreter": Miniature("3.3.0", _CREATE_ONLY + _HOLDS_THE_INTERPRETER),
    "crashes_on_import": Miniature("4.0.0", "raise RuntimeError('no such thing as a good import')\n"),
    "exits_on_import": Miniature("4.1.0", "import os\nos._exit(3)\n"),
    "killed_on_import": Miniature("4.2.0", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"),
    "hangs_on_import": Miniature("4.3.0", "import time\ntime.sleep(3600)\n"),
    "crashes_in_call": Miniature("5.0.0", _CREATE_ONLY + _CRASHES_IN_CALL),
    "needs_nothing": Miniature("5.2.0", "'''No client at all.'''\n"),
    "cannot_construct": Miniature("5.3.0", _CREATE_ONLY + _CANNOT_CONSTRUCT),
    "fails_before_asking": Miniature("5.4.0", _CREATE_ONLY + _FAILS_BEFORE_ASKING),
    "needs_an_sdist": Miniature("6.0.0", _CREATE_ONLY, requires=("only-sdist",)),
    "needs_a_newer_python": Miniature("6.1.0", _CREATE_ONLY, requires_python=">=3.99"),
    "prints": Miniature("7.0.0", _CREATE_ONLY + _PRINTS),
    "leaves_things_behind": Miniature("7.1.0", _CREATE_ONLY + _LEAVES_THINGS_BEHIND),
    "strange_text": Miniature("7.2.0", _CREATE_ONLY + _STRANGE_TEXT),
    "tells_environment": Miniature("7.3.0", _CREATE_ONLY + _TELLS_ENVIRONMENT),
    "tells_where_it_is": Miniature("7.4.0", _CREATE_ONLY + _TELLS_WHERE_IT_IS),
    "does_as_told": Miniature("7.4.1", _CREATE_ONLY + _DOES_AS_TOLD),
    "strange_exceptions": Miniature("7.5.0", _CREATE_ONLY + _STRANGE_EXCEPTIONS),
    "keeps_connections": Miniature("7.6.0", _CREATE_ONLY + _KEEPS_CONNECTIONS),
    "lacks_messages": Miniature("7.6.1", _SDK + _LACKS_MESSAGES),
    "has_a_helper": Miniature("7.7.0", _SDK + _HAS_A_HELPER),
    "offers_aiohttp": Miniature(
        "7.8.0", _CREATE_ONLY + _OFFERS_AIOHTTP, requires=('twig; extra == "aiohttp"',), extras=("aiohttp", "vertex")
    ),
    "drops_the_path": Miniature("8.0.0", _CREATE_ONLY + _DROPS_THE_PATH),
    "raises_200": Miniature("9.0.0", _CREATE_ONLY),
    "prerelease": Miniature("10.0.0rc1", _CREATE_ONLY + _SWALLOWS_ERRORS),
}
"""Behaviour to the release that has it."""

READS_FRAMES: Final = Miniature("11.0.0", _CREATE_ONLY + _READS_FRAMES, extras=("bedrock",))
"""Its client of Bedrock comes out right once it is patched. Not on the index until a test adds it."""
LOSES_EXCEPTIONS: Final = Miniature("11.1.0", _CREATE_ONLY + _READS_FRAMES + _RAISES_VALUE_ERRORS, extras=("bedrock",))
"""Its client of Bedrock does not, whatever is patched. Not on the index until a test adds it."""

LEAF: Final = Miniature("1.0", name="leaf")
NEWER_LEAF: Final = Miniature("2.0", name="leaf")
"""Uploaded last: the `today` lane has it, the `as-released` lane does not."""
NEWEST_LEAF: Final = Miniature("3.0", name="leaf")
"""Not on the index until a test adds it."""
TWIG: Final = Miniature("1.0", name="twig")
NEWER_TWIG: Final = Miniature("1.1", name="twig")
"""The same, for an extra."""
ONLY_SDIST: Final = Miniature("1.0", name="only-sdist", is_sdist=True)

UPLOADED: Final[dict[Miniature, dt.datetime]] = {
    miniature: EPOCH + dt.timedelta(days=day)
    for day, miniature in enumerate(
        [
            LEAF,
            TWIG,
            ONLY_SDIST,
            *RELEASES.values(),
            NEWER_LEAF,
            NEWER_TWIG,
            NEWEST_LEAF,
            READS_FRAMES,
            LOSES_EXCEPTIONS,
        ]
    )
}
"""The upload time of each."""


def version(behaviour: str) -> str:
    """Return the version of the miniature with this behaviour."""
    return RELEASES[behaviour].version
