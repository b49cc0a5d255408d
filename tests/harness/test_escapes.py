"""The ways out of a sandbox that namespaces leave open, each tried from inside and refused.

docs/trust.md promises each. The release is a miniature that runs whatever a test writes into its environment.
"""

import errno
import os
import platform
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.harness import sandbox
from matrix.harness.sandbox import scope
from matrix.harness.sandbox.layout import file_options, namespace_options
from matrix.harness.sandbox.seccomp import ARCHITECTURES, FAMILIES, make_filter
from tests.harness.conftest import Act
from tests.miniature import drive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

_FIND_COMMAND = scope.command
"""The function that the other tests replace, since not every machine has control groups."""

_ALLOW = 0x7FFF0000
_CALL = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(*numbers):
    result = libc.syscall(*map(ctypes.c_long, numbers))
    return ctypes.get_errno() if result == -1 else 0
"""


def test_no_right_is_left(act: Act) -> None:
    """Neither as root nor as another user: no capability in any set, and no program can give it one."""
    source = """
told = [line.split() for line in open("/proc/self/status") if line.startswith(("Cap", "NoNewPrivs"))]
"""
    none = "0" * 16
    expected = {"CapInh:": none, "CapPrm:": none, "CapEff:": none, "CapBnd:": none, "CapAmb:": none, "NoNewPrivs:": "1"}
    assert expected == dict(act(source))


@pytest.mark.parametrize("bounds_home", [False, True])
def test_an_entry_starts_with_the_rights_that_it_gives_up(tmp_path: Path, *, bounds_home: bool) -> None:
    """Bubblewrap leaves `enter.py` only what it needs to bound the home, and as root to change the user."""
    is_root = os.geteuid() == 0
    options = namespace_options(is_root=is_root, bounds_home=bounds_home)
    command = ["bwrap", *options, *file_options(tmp_path, 1 << 20, []), "--", "cat", "/proc/self/status"]
    status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (rights,) = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff")]
    setgid, setuid, setpcap, sys_admin = 1 << 6, 1 << 7, 1 << 8, 1 << 21
    expected = (sys_admin if bounds_home else 0) | (setpcap if bounds_home or is_root else 0)
    assert expected | (setgid | setuid if is_root else 0) == rights


def test_the_kernel_ends_a_cell_first_and_for_good(act: Act) -> None:
    """A cell volunteers to be ended when memory runs out, and can't take that back."""
    source = """
path = "/proc/self/oom_score_adj"
told = [open(path).read().strip()]
try:
    open(path, "w").write("0")
except OSError as error:
    told.append(error.errno)
told.append(open(path).read().strip())
"""
    assert ["1000", errno.EROFS, "1000"] == act(source)


def test_home_has_a_limit_for_the_number_of_files(act: Act) -> None:
    """Empty files count too: each takes memory of the kernel."""
    source = f"""
import os
told = 0
try:
    while told <= {sandbox.HOME_ENTRIES}:
        os.close(os.open(str(told), os.O_CREAT | os.O_WRONLY))
        told += 1
except OSError as error:
    told = [told, error.errno]
"""
    created, reason = act(source)
    assert (errno.ENOSPC, True) == (reason, created < sandbox.HOME_ENTRIES)


def test_no_denied_system_call_reaches_the_kernel(act: Act) -> None:
    """Keys, io_uring, memory without a file, new namespaces, other processes: as on a kernel without them."""
    denied = dict(ARCHITECTURES[platform.machine()].denied)
    assert {"keyctl", "add_key", "request_key", "io_uring_setup", "memfd_create", "unshare"} <= denied.keys()
    refusals = act(f"{_CALL}\ntold = {{name: call(number, *[0] * 6) for name, number in {denied!r}.items()}}")
    assert dict.fromkeys(denied, errno.ENOSYS) == refusals


def test_no_new_namespace_gives_new_rights(act: Act) -> None:
    """Nor does one that a new process would start in."""
    number, flags = ARCHITECTURES[platform.machine()].clone, (0x10000000, 0x20000, 0x40000000)
    refusals = act(f"{_CALL}\ntold = [call({number}, flag | 17, 0, 0, 0, 0) for flag in {flags}]")
    assert [errno.EPERM] * len(flags) == refusals


def test_sockets_are_those_of_the_network_and_of_unix(act: Act) -> None:
    """No AF_VSOCK, which no namespace separates, and none of forty others."""
    source = """
import socket
told = {}
for family in range(46):
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
        told[family] = 0
    except OSError as error:
        told[family] = error.errno
try:
    socket.socketpair(40)
except OSError as error:
    told["pair"] = error.errno
"""
    errors = act(source)
    assert errno.EAFNOSUPPORT == errors.pop("pair")
    opened = {int(family) for family, error in errors.items() if error != errno.EAFNOSUPPORT}
    assert set(FAMILIES.values()) - opened <= {FAMILIES["AF_INET6"]}  # not every machine has it
    assert opened <= set(FAMILIES.values())


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 has a second set of system calls")
def test_the_second_set_of_system_calls_is_denied(act: Act) -> None:
    """Its numbers would pass a filter of the first."""
    assert errno.ENOSYS == act(f"{_CALL}\ntold = call(0x40000000 | 250, 0, 0, 0, 0, 0)")


def _verdict(program: bytes, audit: int, number: int, argument: int = 0) -> int:
    """Run a filter as the kernel does, on one call."""
    description = struct.pack("<iIQ6Q", number, audit, 0, argument, *[0] * 5)
    instructions = list(struct.iter_unpack("=HBBI", program))
    place, accumulator = 0, 0
    while True:
        code, if_true, if_false, operand = instructions[place]
        place += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", description, operand)
            case 0x54:
                accumulator &= operand
            case 0x15:
                place += if_true if accumulator == operand else if_false
            case 0x35:
                place += if_true if accumulator >= operand else if_false
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(code)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_of_each_processor(machine: str) -> None:
    """It denies exactly the calls of its table, the flags and the families, and all calls of another processor."""
    architecture = ARCHITECTURES[machine]
    program = make_filter(machine)
    assert program is not None
    lacking, audit = 0x00050000 | errno.ENOSYS, architecture.audit
    special = {architecture.clone, *architecture.sockets}
    denied = {number for number in range(600) if number not in special and _verdict(program, audit, number) != _ALLOW}
    assert set(architecture.denied.values()) == denied
    assert {lacking} == {_verdict(program, audit, number) for number in denied}
    assert {lacking} == {_verdict(program, audit ^ 1, number) for number in (0, 39, *special)}
    assert {lacking} == {_verdict(program, audit, 0x40000000 | number) for number in (0, 39, *special)}
    assert [_ALLOW, 0x00050000 | errno.EPERM] == [
        _verdict(program, audit, architecture.clone, flags) for flags in (0x003D0F00, 0x10000011)
    ]
    for number in architecture.sockets:
        allowed = {family for family in range(64) if _verdict(program, audit, number, family) == _ALLOW}
        assert set(FAMILIES.values()) == allowed


def test_a_processor_without_a_table_has_no_filter() -> None:
    """The command says so."""
    assert make_filter("riscv64") is None


# A control group.

_SYSTEMD_RUN = """#!/bin/sh
while [ "$1" != -- ]; do echo "$1" >>"$(dirname "$0")/asked"; shift; done
shift
exec "$@"
"""


@pytest.fixture
def systemd(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put a `systemd-run` that notes its options on PATH, and return the file with the notes."""
    assert own_cache  # it sets PATH, and replaces the function
    monkeypatch.setattr(scope, "command", _FIND_COMMAND)
    runtime = tmp_path / "runtime"
    (runtime / "systemd").mkdir(parents=True)
    (runtime / "systemd" / "private").touch()
    program = tmp_path / "bin" / "systemd-run"
    program.parent.mkdir()
    program.write_text(_SYSTEMD_RUN, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(scope, "is_root", lambda: False)
    drive.sandbox.cache_clear()
    yield tmp_path / "bin" / "asked"
    drive.sandbox.cache_clear()


def test_a_cell_has_a_control_group_where_systemd_offers_one(systemd: Path, act: Act) -> None:
    """All its processes together have limits, and the variables of systemd stay outside."""
    assert "" == drive.sandbox().lacks
    systemd.unlink()
    assert [] == act("import os; told = [name for name in os.environ if name.startswith(('XDG', 'DBUS'))]")
    expected = [
        "--user", "--scope", "--quiet", "--collect", "--property", f"MemoryMax={2 << 30}", "--property",
        "MemorySwapMax=0", "--property", "TasksMax=160", "--property", "CPUQuota=200%",
    ]  # fmt: skip
    assert expected == systemd.read_text(encoding="utf-8").split()


def test_a_machine_that_gives_no_rights_in_namespaces_says_so(
    act: Act, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one on which a security module lets bubblewrap make namespaces only; the sandbox is used without them."""
    (tmp_path / "bwrap").write_text(
        "#!/bin/sh\n"
        'case "$*" in *CAP_SYS_ADMIN*) echo "bwrap: no right" >&2; exit 1;; esac\n'
        f'exec {shutil.which("bwrap")} "$@"\n',
        encoding="utf-8",
    )
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    drive.sandbox.cache_clear()
    weaker = drive.sandbox()
    rights = act("told = [line.split()[1] for line in open('/proc/self/status') if line.startswith('CapEff')]")
    drive.sandbox.cache_clear()
    assert ["0" * 16] == rights
    assert ("", False) == (weaker.missing, weaker.bounds_home)
    assert "The number of files in a cell's home has no limit" in weaker.lacks
    assert "bwrap: no right" in weaker.lacks


@pytest.mark.parametrize("why", ["systemd refuses", "systemd does not run"])
def test_a_machine_without_control_groups_says_so(systemd: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    """Cells then run in the sandbox without it."""
    if why == "systemd refuses":
        systemd.with_name("systemd-run").write_text("#!/bin/sh\necho denied >&2; exit 1\n", encoding="utf-8")
    else:
        monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")
    weaker = drive.sandbox()
    assert ("", (), True) == (weaker.missing, weaker.scope, "A cell's total memory has no limit" in weaker.lacks)
    assert ("denied" if why == "systemd refuses" else "systemd does not run") in weaker.lacks
