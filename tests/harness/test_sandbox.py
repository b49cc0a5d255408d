"""The sandbox against a hostile release: each promise of docs/trust.md.

The release is a miniature that runs what a test writes into its environment, on a real error of a real call.
"""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.errors import ToolFailure
from matrix.harness import sandbox
from matrix.harness.player import Settings
from matrix.harness.sandbox import LIMITS, NO_SANDBOX, PROCESSES, Confinement, Sandbox, find_sandbox
from tests.harness.conftest import Act
from tests.miniature import drive
from tests.miniature.index import Index

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither sandbox nor limits")

confined = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
"""On Linux these tests require a sandbox: `.ci/run` installs bubblewrap."""

BOTH = pytest.mark.parametrize(
    "openly", [pytest.param(False, marks=confined, id="in a sandbox"), pytest.param(True, id="without a sandbox")]
)


@confined
def test_this_machine_has_a_sandbox() -> None:
    """Check this first: without a sandbox the tests below show nothing (see docs/trust.md)."""
    assert "" == drive.sandbox().missing


# What a release can read.

_ENVIRONMENT = "import os; told = sorted(os.environ)"


@BOTH
def test_no_variable_of_the_user_is_seen(act: Act, monkeypatch: pytest.MonkeyPatch, *, openly: bool) -> None:
    """Check that no token, proxy or setting of an SDK is there."""
    for name in ("ANTHROPIC_API_KEY", "GITHUB_TOKEN", "HTTPS_PROXY", "PYTHONPATH", "LD_PRELOAD_"):
        monkeypatch.setenv(name, "secret")
    assert ["HOME", "LANG", "PATH", "PYTHONHASHSEED", "TMPDIR", "USERPROFILE"] == act(_ENVIRONMENT, openly=openly)


@confined
def test_no_variable_of_another_process_is_seen(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that other processes, which may have tokens in their environment, are not listed."""
    monkeypatch.setenv("GITHUB_TOKEN", "a-secret")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as neighbour:
        processes = act("""
import pathlib
lines = [path.read_bytes().decode() for path in sorted(pathlib.Path("/proc").glob("[0-9]*/cmdline"))]
told = [[pathlib.Path(line.split("\\0")[0]).name, "probe" in line] for line in lines]
""")
        neighbour.communicate(b"\n")
    (sandbox_name, _), (_, is_probe) = processes
    assert ("bwrap", True) == (sandbox_name, is_probe)


@BOTH
def test_the_home_is_empty(act: Act, *, openly: bool) -> None:
    """Check that it is the working folder, and the folder of temporary files."""
    answer = act(
        "import os, tempfile; told = [os.listdir(os.path.expanduser('~')), tempfile.gettempdir() == os.getcwd()]",
        openly=openly,
    )
    assert [[], True] == answer


@confined
def test_no_file_of_the_user_is_seen(act: Act, cell: Path, tmp_path: Path) -> None:
    """Check the folders around its environment, this repository except the probe, and every home."""
    secret = tmp_path / "secret"
    secret.write_text("a secret", encoding="utf-8")
    here = [str(path) for path in (secret, Path(__file__), Path(sandbox.__file__), Path.home() / ".ssh", Path("/run"))]
    assert [False] * 5 == act(f"import os; told = [os.path.exists(path) for path in {here}]")
    assert ["cache", cell.name] == act(f"import os; told = sorted(os.listdir({str(tmp_path)!r}))")
    assert ["home", "midstream"] == act(f"import os; told = os.listdir({str(tmp_path / 'cache')!r})")


def test_only_what_is_locked_is_imported(act: Act, index: Index, own_cache: Path) -> None:
    """Check that the dependencies of this project, and those of other cells, can't be imported."""
    drive.install(index, "raises_documented", own_cache / "another-cell")
    names = ("anthropic", "json", "leaf", "matrix", "msgspec", "pytest")
    tried = f"import importlib.util as u; told = [name for name in {names} if u.find_spec(name)]"
    assert ["anthropic", "json"] == act(tried)


# What a release can change.


@confined
def test_nothing_is_written_but_in_the_home(act: Act, cell: Path, own_cache: Path) -> None:
    """Check its environment, whose files are uv's cache, the cached bytecode, and the system."""
    bytecode = own_cache / "bytecode"
    bytecode.mkdir(parents=True)
    (bytecode / "module").write_bytes(b"compiled")
    for path in (bytecode, cell):  # root in a namespace has no rights here, so permissions must not be what refuses
        path.chmod(0o777)
    (bytecode / "module").chmod(0o666)
    module = next(cell.rglob("anthropic/_sdk.py"))
    before = module.read_bytes()
    new = [folder / "new" for folder in (bytecode, cell, Path("/etc"), Path("/dev/shm"), Path("/"))]  # noqa: S108 - that it can not is the test
    targets = [str(path) for path in (module, bytecode / "module", *new)]
    source = f"""
told = []
for path in {targets}:
    try:
        open(path, "r+b" if path.endswith((".py", "module")) else "wb").write(b"wild")
    except OSError as error:
        told.append(error.errno)
"""
    refused = act(source, settings=Settings(bytecode=bytecode))
    assert (len(targets), True) == (len(refused), {*refused} <= {13, 30})  # EACCES, EROFS
    assert (before, b"compiled", ["module"]) == (
        module.read_bytes(),
        (bytecode / "module").read_bytes(),
        [path.name for path in bytecode.iterdir()],
    )


@confined
def test_nothing_is_left_in_the_home(act: Act, own_cache: Path) -> None:
    """Check that the home is memory, and that the folder in its place was never written."""
    assert act("import os; open(os.path.expanduser('~/left'), 'w').write('x'); told = os.listdir()") == ["left"]
    assert [] == [*(own_cache / "home").iterdir()]
    assert act("import os; told = os.listdir()") == []


@confined
def test_disk_can_not_be_filled(act: Act) -> None:
    """Check the limit on all files together."""
    source = """
told = 0
try:
    for number in range(1000):
        with open(f"file-{number}", "wb") as file:
            told += file.write(bytes(1 << 20))
except OSError as error:
    told = [told >> 20, error.errno]
"""
    written, reason = act(source)
    assert (28, True) == (reason, written <= sandbox.HOME_SIZE >> 20)  # ENOSPC


@BOTH
def test_file_can_not_grow_without_end(act: Act, *, openly: bool) -> None:
    """Check the limit on one file, with and without a sandbox."""
    source = f"""
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open("file", "wb") as file:
    try:
        os.ftruncate(file.fileno(), {2 * LIMITS["FSIZE"]})
        told = "grew"
    except OSError as error:
        told = error.errno in (27, 28)
"""
    assert act(source, openly=openly) is True


# What a release can use up.


@BOTH
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no such limit")
def test_memory_has_a_limit(act: Act, *, openly: bool) -> None:
    """Check that an allocation beyond it fails as on a machine without free memory."""
    source = f"""
try:
    taken = bytearray({LIMITS["AS"]})
    told = "taken"
except MemoryError:
    told = "MemoryError"
"""
    assert "MemoryError" == act(source, openly=openly)


@BOTH
def test_open_files_have_a_limit(act: Act, *, openly: bool) -> None:
    """Check that it is the same on every machine, unless the machine has a lower one."""
    source = """
import os
files = []
try:
    while True:
        files.append(os.open(os.devnull, os.O_RDONLY))
except OSError as error:
    told = [len(files), error.errno]
for file in files:
    os.close(file)
"""
    count, reason = act(source, openly=openly)
    assert (24, True) == (reason, count < LIMITS["NOFILE"])  # EMFILE


@confined
def test_processes_have_a_limit(act: Act) -> None:
    """Check that a release that forks without end is refused, as root or not."""
    source = """
import os, time
told = 0
try:
    while told < 2000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        told += 1
except OSError as error:
    told = [told, error.errno]
"""
    count, reason = act(source)
    assert (11, True) == (reason, 0 < count < PROCESSES)  # EAGAIN


@BOTH
def test_processor_time_has_a_limit(own_cache: Path, monkeypatch: pytest.MonkeyPatch, *, openly: bool) -> None:
    """Check that the system ends a computation without end, even if nobody waits for it."""
    monkeypatch.setitem(LIMITS, "CPU", 1)
    code, out = run_program("while True: pass", own_cache, NO_SANDBOX if openly else drive.sandbox())
    assert (True, b"") == (code in (-signal.SIGKILL, -signal.SIGXCPU, 128 + signal.SIGKILL, 128 + signal.SIGXCPU), out)


@confined
def test_no_core_is_dumped(act: Act) -> None:
    """Check that the memory of a process that crashes is not written to disk."""
    assert [0, 0] == act("import resource; told = resource.getrlimit(resource.RLIMIT_CORE)")


# What a release can connect to.


@pytest.fixture
def neighbour() -> Iterator[int]:
    """Listen on a port of this machine that no cell needs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@confined
def test_no_network_but_its_own_loopback(act: Act, neighbour: int) -> None:
    """Check that neither the world, nor a server on this machine, nor another interface is there."""
    source = f"""
import socket
told = [[name for _, name in socket.if_nameindex()]]
for where in (("127.0.0.1", {neighbour}), ("192.0.2.1", 443), ("2001:db8::1", 443)):
    try:
        socket.create_connection(where, timeout=5)
        told.append("connected")
    except OSError as error:
        told.append(error.errno)
"""
    interfaces, refused, *unreachable = act(source)
    assert (["lo"], 111, [101, 101]) == (interfaces, refused, unreachable)  # ECONNREFUSED, ENETUNREACH


@confined
def test_no_socket_of_the_machine_is_reached(act: Act, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a socket with a path, such as a container engine's, and one with an abstract name."""
    monkeypatch.chdir(tmp_path)  # the path of a socket has at most 107 characters
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        named.bind("engine.sock")
        named.listen()
        abstract.bind("\0midstream-test")
        abstract.listen()
        source = f"""
import os, socket
os.chdir({str(tmp_path)!r})
told = []
for where in ("engine.sock", "\\0midstream-test"):
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(where)
            told.append("connected")
        except OSError as error:
            told.append(error.errno)
"""
        assert [2, 111] == act(source)  # ENOENT, ECONNREFUSED


# What can outlive the sandbox.

_OUTLIVES = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(600)
    os._exit(0)
told = "left"
"""


@confined
def test_nothing_outlives_a_sandbox(act: Act, own_cache: Path) -> None:
    """Check a process with a session of its own that holds every pipe, and ignores signals."""
    assert "left" == act(_OUTLIVES)
    drive.wait_until(lambda: not drive.processes_with(own_cache), "a namespace that ends")


@confined
def test_a_process_that_is_left_does_not_delay_the_end(own_cache: Path) -> None:
    """Check that a program counts as ended even if another process still holds its standard output."""
    code, _ = run_program(_OUTLIVES + "\nos._exit(3)", own_cache, drive.sandbox())
    assert 3 == code


def test_limits_are_taken_before_anything_of_the_environment_runs(act: Act, cell: Path) -> None:
    """Check that a file that Python runs at its start is limited too."""
    site = next(cell.glob("lib/*/site-packages"))
    (site / "early.pth").write_text(
        "import resource, builtins; builtins.early = resource.getrlimit(resource.RLIMIT_NOFILE)\n", encoding="utf-8"
    )
    assert max(act("import builtins; told = builtins.early")) <= LIMITS["NOFILE"]


# The sandbox itself.


def run_program(source: str, folder: Path, where: Sandbox) -> tuple[int, bytes]:
    """Run a program in a sandbox; return its exit code, and its output."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)

    python = Path(sys.executable).resolve()
    command: list[str | Path] = [python, "-I", "-S", "-c", source]

    async def go() -> tuple[int, bytes]:
        async with where.run(command, environment={}, home=home, entered_by=python, sees=[drive.BASE]) as inside:
            assert inside.process.stdout is not None
            code = await inside.process.wait()
            return code, b"" if code else await inside.process.stdout.read()

    return asyncio.run(go())


@BOTH
@pytest.mark.parametrize(
    ("source", "ending"),
    [
        ("import os; os._exit(3)", "ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
        ("import os; os.abort()", "was ended by signal 6"),
        ("pass", "ended with exit code 0"),
    ],
)
def test_exit_codes_are_the_same_in_a_sandbox(own_cache: Path, source: str, ending: str, *, openly: bool) -> None:
    """Check exit codes and signals, with and without a sandbox."""
    where = NO_SANDBOX if openly else drive.sandbox()
    assert ending == where.describe_exit(run_program(source, own_cache, where)[0])


@BOTH
def test_a_program_can_open_its_standard_output_again(own_cache: Path, *, openly: bool) -> None:
    """Check it for a user who does not own the pipe: Node has no other way to a second descriptor of it."""
    where = NO_SANDBOX if openly else drive.sandbox()
    assert (0, b"written") == run_program("open('/dev/fd/1', 'a').write('written')", own_cache, where)


def test_a_sandbox_that_is_not_wanted_is_not_tried() -> None:
    """Check the option that turns it off."""
    assert asyncio.run(find_sandbox(Confinement.OFF, Path("/nowhere"))) == NO_SANDBOX


@pytest.fixture
def without_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide bubblewrap from this machine."""
    monkeypatch.setattr("shutil.which", lambda _name: None)


@pytest.mark.usefixtures("without_bubblewrap")
def test_a_machine_without_bubblewrap_says_so() -> None:
    """Check that a required sandbox is an error, with a hint how to install it."""
    python = Path(sys.executable)
    assert Sandbox(missing="bubblewrap is not installed.") == asyncio.run(find_sandbox(Confinement.AUTO, python))
    with pytest.raises(ToolFailure, match="bubblewrap is not installed") as failure:
        asyncio.run(find_sandbox(Confinement.REQUIRED, python))
    assert "apt-get install bubblewrap" in failure.value.hint


def test_a_machine_that_allows_no_namespaces_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that bubblewrap's own message is passed on."""
    refusing = tmp_path / "bwrap"
    refusing.write_text(
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n", encoding="utf-8"
    )
    refusing.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _name: str(refusing))
    missing = asyncio.run(find_sandbox(Confinement.AUTO, Path(sys.executable))).missing
    assert missing.endswith("can't be started: bwrap: setting up uid map: Permission denied.")


def test_a_program_that_cannot_be_started_is_a_failure_of_the_harness(own_cache: Path, tmp_path: Path) -> None:
    """Check that it is no observation."""
    program, python = own_cache / "python", Path(sys.executable).resolve()

    async def go() -> None:
        async with drive.sandbox().run([program], environment={}, home=tmp_path, entered_by=python, sees=[drive.BASE]):
            pass

    with pytest.raises((ToolFailure, OSError)):
        asyncio.run(go())
