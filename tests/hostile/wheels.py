"""Hostile releases: wheels that try to get out of the sandbox, to harm their neighbours, or to stop the run. Pure.

Each release runs code in one of two ways. Most try everything on import and then raise an error that says what worked,
which the run records: `contained` if nothing did. The others misbehave as a release, a wheel or a probe.
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from tests.miniature.index import wheel
from tests.miniature.releases import RELEASES, Miniature

CONTAINED: Final = "contained"
"""What a release says on import if nothing that it tried worked."""

ESCAPED: Final = "escaped"
"""The word before what worked."""


class HostileRelease(msgspec.Struct, frozen=True):
    """A release that attacks.

    Attributes:
        attack: What it does, as a short name.
        miniature: The release without what makes its wheel unusual.
        outcomes: The outcomes of its cell, one of which the run must record.
        reason: A text that the recorded reason contains.
        extra: The files that its wheel has besides those of the miniature.
        change: The last change to the bytes of the wheel.
    """

    attack: str
    miniature: Miniature
    outcomes: tuple[str, ...]
    reason: str
    extra: Mapping[str, bytes]
    change: Callable[[bytes], bytes]

    def wheel(self) -> bytes:
        """Build the wheel; the two largest take 5 seconds each."""
        return self.change(add_entries(wheel(self.miniature), self.extra))


_HEAD = """
import ctypes, mmap, os, pathlib, resource, signal, socket, struct, sys, time
WITNESS, PORT = {witness!r}, {port}
libc = ctypes.CDLL(None, use_errno=True)
worked = []

def attempt(name, act):
    try:
        result = act()
    except BaseException:
        return
    if result:
        worked.append(f"{{name}} ({{result!r:.80}})")

def call(*arguments):
    libc.syscall.restype = ctypes.c_long
    result = libc.syscall(*arguments)
    return None if result < 0 else f"returned {{result}}"
"""

_TAIL = """
raise ImportError("escaped: " + "; ".join(worked) if worked else "contained")
"""

_IMPORTS: Final[dict[str, str]] = {
    "has more rights than a user": """
attempt("root", lambda: os.getuid() == 0)
attempt("capabilities", lambda: int(pathlib.Path("/proc/self/status").read_text().split("CapEff:")[1].split()[0], 16))
attempt("shadow", lambda: open("/etc/shadow").read(1))
attempt("setuid", lambda: os.setuid(0) or True)
""",
    "has no limits": """
for name, most in (("NOFILE", 1024), ("FSIZE", 64 << 20), ("AS", 2 << 30), ("CPU", 300), ("CORE", 0), ("NPROC", 128)):
    number = getattr(resource, "RLIMIT_" + name)
    attempt(name, lambda: max(resource.getrlimit(number)) > most or -1 in resource.getrlimit(number))
    attempt(f"raised {name}", lambda: resource.setrlimit(number, (most + 1, most + 1)) or True)
""",
    "writes outside its home": """
for where in (WITNESS, "/", "/tmp", "/etc", "/usr/lib", "/dev/shm", "/var/tmp", sys.prefix, os.path.dirname(__file__)):
    attempt(where, lambda: pathlib.Path(where, "hostile").write_text("x"))
""",
    "changes the files that uv shares": """
for path in pathlib.Path(__file__).parents[1].rglob("*.py"):
    attempt(path.name, lambda: path.chmod(0o777) or True)
    attempt(path.name, lambda: open(path, "a").write("import os"))
    attempt(path.name, lambda: path.unlink() or True)
""",
    "reaches the network": """
for where in (("127.0.0.1", PORT), ("192.0.2.1", 443), ("198.51.100.1", 53)):
    attempt(where, lambda: socket.create_connection(where, timeout=1))
attempt("resolver", lambda: socket.create_connection(("example.org", 80), timeout=1))
attempt("raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packet socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
""",
    "uses other kinds of sockets": """
for name in ("AF_VSOCK", "AF_ALG", "AF_BLUETOOTH", "AF_CAN", "AF_TIPC", "AF_RDS", "AF_XDP"):
    if hasattr(socket, name):
        attempt(name, lambda: socket.socket(getattr(socket, name), socket.SOCK_STREAM))
        attempt(name, lambda: socket.socket(getattr(socket, name), socket.SOCK_SEQPACKET))
        attempt(name, lambda: socket.socket(getattr(socket, name), socket.SOCK_DGRAM))
""",
    "reads keys of the kernel": """
if os.uname().machine == "x86_64":
    attempt("session keyring", lambda: call(250, 0, -3, 0))
    attempt("user keyring", lambda: call(250, 0, -4, 1))
    attempt("a new key", lambda: call(248, b"user", b"hostile", b"x", 1, -3))
    attempt("a requested key", lambda: call(249, b"user", b"hostile", None, -3))
""",
    "calls what a client needs not": """
if os.uname().machine == "x86_64":
    attempt("io_uring_setup", lambda: call(425, 8, ctypes.create_string_buffer(256)))
    attempt("bpf", lambda: call(321, 0, ctypes.create_string_buffer(128), 72))
    attempt("perf_event_open", lambda: call(298, struct.pack("II", 1, 128) + bytes(120), 0, -1, -1, 0))
    attempt("userfaultfd", lambda: call(323, 0))
    attempt("ptrace", lambda: call(101, 16, os.getppid(), 0, 0))
    attempt("process_vm_readv", lambda: call(310, os.getppid(), None, 0, None, 0, 1))
    attempt("unshare", lambda: call(272, 0x10000000))
    attempt("mount", lambda: call(165, b"none", b"/home", b"tmpfs", 0, None))
    attempt("pivot_root", lambda: call(155, b"/", b"/"))
    attempt("open_by_handle_at", lambda: call(304, -100, bytes(16), 0))
    attempt("kexec_load", lambda: call(246, 0, 0, None, 0))
    attempt("init_module", lambda: call(175, None, 0, b""))
""",
    "survives when memory runs out": """
attempt("oom_score_adj", lambda: pathlib.Path("/proc/self/oom_score_adj").write_text("0"))
attempt("oom_score_adj", lambda: int(pathlib.Path("/proc/self/oom_score_adj").read_text()) < 1000)
""",
    "takes memory through files without a name": """
def take():
    files = []
    for _ in range(44):
        files.append(os.memfd_create("hostile"))
        for _ in range(64):
            os.write(files[-1], bytes(1 << 20))
    return f"{len(files) * 64} MB"
attempt("memfd", take)
""",
    "takes all memory": """
def take():
    blocks = [mmap.mmap(-1, 64 << 20) for _ in range(34)]
    return f"{len(blocks) * 64} MB"
attempt("memory", take)
""",
    "takes all inodes": """
def take():
    for number in range(100_000):
        os.close(os.open(f"{number}", os.O_CREAT | os.O_WRONLY))
    return "100,000 files"
attempt("inodes", take)
""",
    "fills the disk": """
def take():
    for number in range(200):
        pathlib.Path(f"file-{number}").write_bytes(bytes(1 << 20))
    return "200 MB"
attempt("disk", take)
""",
    "forks without end": """
def take():
    for number in range(400):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    return "400 processes"
attempt("processes", take)
""",
    "kills whatever it can": """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
attempt("the harness", lambda: WITNESS and os.kill(os.getppid(), 0) or os.getppid() > 1)
for number in range(2, 400):
    if number != os.getpid():
        attempt(f"process {number}", lambda: os.kill(number, signal.SIGKILL) or True)
""",
    "looks for other processes": """
for path in pathlib.Path("/proc").glob("[0-9]*"):
    line = (path / "cmdline").read_text()
    attempt(path, lambda: "bwrap" not in line and "probe" not in line and line)
    attempt(path, lambda: "TOKEN" in (path / "environ").read_text())
""",
    "sees the user's environment and files": """
attempt("variables", lambda: [name for name in os.environ if "TOKEN" in name or "KEY" in name])
attempt("witness", lambda: os.path.exists(WITNESS))
attempt("home", lambda: os.listdir(os.path.expanduser("~")))
for path in ("/root", "/run", "/var", "/opt", "/srv", "/mnt", "/tmp/.X11-unix", "/sys"):
    attempt(path, lambda: [name for name in os.listdir(path) if not sys.base_prefix.startswith(f"{path}/{name}/")])
""",
    "types into the terminal": """
import fcntl, termios
for number in range(3):
    attempt(f"TIOCSTI {number}", lambda: fcntl.ioctl(number, termios.TIOCSTI, b"x") == b"" or True)
attempt("a terminal", lambda: open("/dev/tty"))
""",
    "leaves a process behind": """
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
""",
}
"""Attack to code that runs on import."""

_ENDS_ITSELF: Final = {"kills whatever it can": "signal 9"}
"""Attack to the reason, where the attack ends the release itself: one of the numbers is that of its own thread."""

_ENTRY: Final = RELEASES["raises_documented"].entry

_CALLS: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "raises on import": ("raise RuntimeError('no')", ("cannot-import",), "RuntimeError: no"),
    "exits on import": ("import os\nos._exit(3)", ("cannot-import",), "exit code 3"),
    "kills itself on import": ("import os\nos.kill(os.getpid(), 9)", ("cannot-import",), "signal 9"),
    "hangs on import": ("import time\ntime.sleep(3600)", ("cannot-import",), ""),
    "computes on import without end": ("while True: pass", ("cannot-import",), ""),
    "needs what no index has": ("", ("cannot-install",), "no-such-thing"),
}
"""Attack to the entry of a release, the outcomes of its cell, and a part of the reason."""

_WRITES: Final[dict[str, str]] = {
    "writes 3,000 lines of observations": 'b\'{"call":0,"seen":{"outcome":"completed"}}\\n\' * 3000',
    "says goodbye before each call": "b'{\"bye\":true}\\n' * 100",
    "writes empty objects": "b'{}\\n' * 1000",
    "writes a line without an end": "b'x' * 70_000_000",
    "writes lines that are not text": "b'\\xff\\xfe\\n' * 1000",
    "writes nested objects": "b'[' * 200_000 + b'\\n'",
    "writes workflow commands": "b'::error::hostile\\n##[error]hostile\\n\\x1b]0;hostile\\x07\\n' * 10",
}
"""Attack to the bytes that it writes to every file that is open, in each call."""

_WRITER = """
import os
def write(self):
    data = {data}
    for number in range(1, 64):
        try:
            os.write(number, data)
        except OSError:
            pass
Client.before_call = write
"""

_ENDLESS = """
import os, threading, time
def write():
    while True:
        for number in range(1, 64):
            try:
                os.write(number, b"{}\\n")
            except OSError:
                pass
        time.sleep(0.05)
threading.Thread(target=write, daemon=True).start()
Client.before_call = lambda self: time.sleep(3600)
"""

_PLANTS = """
import os, resource, sys
os.environ["HOSTILE_EARLY"] = f"uid {os.getuid()}, files {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}"
"""
"""Code that a wheel plants where an interpreter might run it as it starts."""

_PLANTED = """
early = os.environ.get("HOSTILE_EARLY", "")
attempt("early", lambda: early and ("uid 0" in early or int(early.split("files ")[1]) > 1024) and early)
"""


def releases(witness: str, port: int) -> list[HostileRelease]:
    """Make every hostile release; `witness` and `port` are a folder and a server that none of them may reach."""
    made: list[HostileRelease] = []

    def add(
        attack: str,
        entry: str,
        outcomes: tuple[str, ...],
        reason: str = "",
        *,
        extra: Mapping[str, bytes] | None = None,
        change: Callable[[bytes], bytes] = bytes,
        requires: tuple[str, ...] = (),
    ) -> None:
        miniature = Miniature(f"0.{len(made) + 1}.0", entry, requires=requires)
        made.append(HostileRelease(attack, miniature, outcomes, reason, extra or {}, change))

    head = _HEAD.format(witness=witness, port=port)
    for attack, code in _IMPORTS.items():
        add(attack, head + code + _TAIL, ("cannot-import",), _ENDS_ITSELF.get(attack, CONTAINED))
    for attack, (code, outcomes, reason) in _CALLS.items():
        add(attack, code or _ENTRY, outcomes, reason, requires=() if code else ("no-such-thing",))
    for attack, data in _WRITES.items():
        add(attack, _ENTRY + _WRITER.format(data=data), ("completed", "cannot-import", "harness-failed", "timed-out"))
    add("writes objects for ever", _ENTRY + _ENDLESS, ("completed", "cannot-import", "harness-failed", "timed-out"))
    for attack, entries in planted(witness).items():
        add(attack, head + _PLANTED + _TAIL, ("cannot-import", "cannot-install"), extra=entries)
    add("unpacks to a gigabyte", _ENTRY, ("cannot-install",), extra={"anthropic/zeros": bytes(1 << 30)})
    add("has 200,000 files", _ENTRY, ("cannot-install",), extra={f"anthropic/{n}": b"" for n in range(200_000)})
    add("is no zip file", _ENTRY, ("cannot-install",), change=lambda data: b"not a wheel")
    add("is cut short", _ENTRY, ("cannot-install",), change=lambda data: data[: len(data) // 2])
    return made


def planted(witness: str) -> dict[str, dict[str, bytes]]:
    """Return attacks by files of a wheel to those files; the folder of its data is `{data}`."""
    code = _PLANTS.encode()
    return {
        "plants a path file beside the interpreter": {
            "{data}/data/bin/python._pth": b"../hostile\n",
            "{data}/data/hostile/encodings/__init__.py": code,
        },
        "replaces pyvenv.cfg": {"{data}/data/pyvenv.cfg": b"home = /usr/bin\ninclude-system-site-packages = true\n"},
        "replaces the interpreter by data": {"{data}/data/bin/python": b"#!/bin/sh\nexit 0\n"},
        "replaces the interpreter by a script": {"{data}/scripts/python": b"#!python\nexit 0\n"},
        "puts headers into the environment": {"{data}/headers/hostile.h": b"x"},
        "runs a path file": {"hostile.pth": b"import os; os.environ.setdefault('HOSTILE_EARLY', 'uid 1, files 1')\n"},
        "customises the site": {"sitecustomize.py": code, "usercustomize.py": code},
        "shadows the standard library": {
            "os.py": code, "encodings/__init__.py": code, "site.py": code, "resource.py": code,
        },
        "leaves its folder": {"../../../../hostile": b"x", "anthropic/../../../../../hostile": b"x"},
        "has absolute names": {f"{witness}/absolute": b"x"},
        "has a link to the user's files": {"anthropic/link -> /etc": b""},
    }  # fmt: skip


def add_entries(data: bytes, entries: Mapping[str, bytes]) -> bytes:
    """Add entries to a wheel and to its record; ` -> ` in a name makes a symbolic link."""
    if not entries:
        return data
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        record = next(name for name in source.namelist() if name.endswith(".dist-info/RECORD"))
        folder = record.partition(".dist-info")[0] + ".data"
        for name in source.namelist():
            if name != record:
                target.writestr(zipfile.ZipInfo(name), source.read(name))
        names = []
        for name, content in entries.items():
            path, arrow, leads_to = name.replace("{data}", folder).partition(" -> ")
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if arrow:
                entry.create_system, entry.external_attr = 3, 0o120777 << 16
            target.writestr(entry, leads_to.encode() if arrow else content)
            names.append(path)
        text = source.read(record).decode() + "".join(f"{name},,\n" for name in names)
        target.writestr(zipfile.ZipInfo(record), text)
    return made.getvalue()
