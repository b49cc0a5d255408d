"""The audit compared with its rivals: faults found and invented, and what their servers cost.

The eight programs of `bench.applications` have known faults. `matrix audit` judges them with its headline failures, and
llmock with every fault that it can play to a stream. A fault is a rule that a program breaks: llmock's findings are
counted under the name of our rule. llmock sees only requests, so it can't know how a program ends.

The servers of llmock and aimock, and `matrix backend`, are started as their users start them, and answer the same
client with a short text. aimock comes from npm, pinned in `bench/rivals/aimock`.
"""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import figures, measure, streams
from bench.applications.faults import FAULTS, read_verdicts
from bench.figures import Figure, Goal
from matrix.backend.server import HOST
from matrix.findings import rules

TITLE = "The audit"

APPLICATIONS: Final = measure.ROOT / "bench" / "applications"
_AIMOCK: Final = measure.ROOT / "bench" / "rivals" / "aimock"

_LIMIT: Final = 120
"""Seconds for one run of an application, and for the start of a server."""

_SECONDS: Final = 400

_STALL: Final = 6
"""Seconds of silence that llmock plays: longer than each timeout that an application sets."""

_PLAYS: Final[tuple[Mapping[str, Any], ...]] = (
    {"type": "fail", "status": 529, "times": None},
    {"type": "fail", "status": 529, "retry_after": 1, "times": 1},
    {"type": "fail", "status": 429, "retry_after": 1, "times": 1},
    {"type": "fail", "status": 400, "times": None},
    {"type": "fail", "status": 401, "times": None},
    {"type": "stream_fault", "kind": "disconnect", "after_chunks": 3, "times": None},
    {"type": "stream_fault", "kind": "truncate", "after_chunks": 3, "times": None},
    {"type": "stream_fault", "kind": "malformed", "after_chunks": 3, "times": None},
    {"type": "stream_fault", "kind": "stall", "after_chunks": 3, "stall_seconds": _STALL, "times": None},
)
"""The faults of llmock that a program with one stream can meet."""

_RULES: Final = {
    "retry_after_ignored": rules.RETRY_AFTER_IGNORED,
    "retried_non_retryable": rules.PERMANENT_RETRIED,
    "retry_storm": rules.STORM,
    "truncated_stream_accepted": rules.ACCEPTED,
    "malformed_chunk_ignored": rules.ACCEPTED,
    "no_backoff": rules.NO_BACKOFF,
    "gave_up": rules.NOT_RETRIED,
    "no_read_timeout": rules.NO_TIMEOUT,
}
"""Our rule for each finding of llmock."""


class Server(msgspec.Struct, frozen=True):
    """A server as its users start it.

    Attributes:
        command: Its command, without the port.
        path: The path of a request for a stream.
    """

    command: Sequence[str | Path]
    path: str


class Score(msgspec.Struct, frozen=True):
    """The faults of one application that were found.

    Attributes:
        found: The rules that it breaks and that were found.
        missed: The rules that it breaks and that were not found.
        invented: The rules that were found although it does not break them.
    """

    found: frozenset[str]
    missed: frozenset[str]
    invented: frozenset[str]


def estimate(_releases: int, rounds: int) -> float:
    """Estimate the time of this benchmark in seconds."""
    return rounds * _SECONDS


def bench(_releases: int, rounds: int) -> list[Figure]:
    """Audit the applications and start the servers in each round."""
    known = sum(map(len, FAULTS.values()))
    counts: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    with measure.folder() as folder:
        servers = _servers(folder)
        for number in range(rounds):
            for judge, scores in {"matrix audit": _ours(), "llmock": _llmocks(servers["llmock"])}.items():
                _print(f"  round {number + 1}, {judge}", scores)
                counts.setdefault(f"{judge}: faults found", []).append(
                    sum(len(score.found) for score in scores.values()) / known
                )
                counts.setdefault(f"{judge}: faults invented", []).append(
                    sum(len(score.invented) for score in scores.values()) / known
                )
            for name, server in servers.items():
                start, rate = _measure(server)
                print(f"  round {number + 1}, {name}: first answer after {start:.2f} s, {rate:.0f} streams/s")
                costs.setdefault(f"{name}: start", []).append(start)
                costs.setdefault(f"{name}: streams", []).append(rate)
    goals = {"matrix audit: faults found": Goal(at_least=1), "matrix audit: faults invented": Goal(at_most=0)}
    rivals = [name for name in servers if name != "matrix backend"]
    return [
        *(figures.figure(f"{what}, over all", values, goal=goals.get(what)) for what, values in counts.items()),
        *(
            figures.figure(
                f"time to the first answer: matrix backend, over {rival}",
                figures.ratios(costs["matrix backend: start"], costs[f"{rival}: start"]),
                goal=Goal(at_most=1),
            )
            for rival in rivals
        ),
        *(
            figures.figure(
                f"streams a second: matrix backend, over {rival}",
                figures.ratios(costs["matrix backend: streams"], costs[f"{rival}: streams"]),
            )
            for rival in rivals
        ),
        *(figures.figure(f"{name}: time to the first answer", costs[f"{name}: start"], "s") for name in servers),
        *(figures.figure(f"{name}: streams a second", costs[f"{name}: streams"], "/s") for name in servers),
    ]


def score(application: str, found: frozenset[str]) -> Score:
    """Compare the rules that were found in an application with those that it breaks."""
    known = frozenset(FAULTS[application])
    return Score(found=known & found, missed=known - found, invented=found - known)


def _ours() -> dict[str, Score]:
    """Audit every application."""
    scores = {}
    for application in FAULTS:
        program = [sys.executable, APPLICATIONS / f"{application}.py"]
        audit = subprocess.run(
            [*measure.MATRIX, "audit", "--exit-zero", "--format", "json", "--", *map(str, program)],
            cwd=measure.ROOT,
            env=measure.environment(),
            capture_output=True,
            check=True,
        )
        verdicts = read_verdicts(json.loads(audit.stdout))
        wrong = sorted(
            f"{rule} in {failure}"
            for rule in {*verdicts, *FAULTS[application]}
            for failure in verdicts.get(rule, set()) ^ {*FAULTS[application].get(rule, ())}
        )
        if wrong:
            print(f"  {application}: not as known: {', '.join(wrong)}")
        scores[application] = score(application, frozenset(verdicts))
    return scores


def _llmocks(server: Server) -> dict[str, Score]:
    """Play every fault of llmock to every application, and read its verdicts."""
    found: dict[str, set[str]] = {application: set() for application in FAULTS}
    with _started(server) as port:
        url = f"http://{HOST}:{port}"
        env = measure.environment(ANTHROPIC_BASE_URL=f"{url}/anthropic", ANTHROPIC_API_KEY="llmock", NO_PROXY="*")
        for application, findings in found.items():
            for play in _PLAYS:
                _request(f"{url}/_llmock/reset", {})
                _request(f"{url}/_llmock/scenario", {"behaviors": [play]})
                with contextlib.suppress(subprocess.TimeoutExpired):
                    subprocess.run(
                        [sys.executable, APPLICATIONS / f"{application}.py"],
                        env=env,
                        capture_output=True,
                        timeout=_LIMIT,
                        check=False,
                    )
                verdict = _request(f"{url}/_llmock/verdict")
                findings |= {_RULES[finding["code"]] for finding in verdict["findings"]}
    return {application: score(application, frozenset(findings)) for application, findings in found.items()}


def _request(url: str, body: Mapping[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=_LIMIT) as answer:
        return json.loads(answer.read())


def _print(judge: str, scores: Mapping[str, Score]) -> None:
    for application, each in scores.items():
        lists = {"missed": each.missed, "invented": each.invented}
        named = "".join(f"; {what} {', '.join(sorted(which))}" for what, which in lists.items() if which)
        print(f"{judge}: {application}: {len(each.found)} of {len(each.found | each.missed)} found{named}")


def _servers(folder: Path) -> dict[str, Server]:
    """Install aimock into a folder, and name the servers."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_AIMOCK / name, folder)
    measure.run(("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), measure.environment(), folder)
    fixture = {"match": {"userMessage": "Hi"}, "response": {"content": "Hello world"}}
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": [fixture]}), encoding="utf-8")
    aimock = folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
    llmock = Path(sys.executable).parent / "llmock"
    return {
        "matrix backend": Server((*measure.MATRIX, "backend", "--scenario", "clean"), "/v1/messages"),
        "llmock": Server((llmock, "serve", "--response-style", "hello"), "/anthropic/v1/messages"),
        "aimock": Server(("node", aimock, "--fixtures", folder / "fixtures.json"), "/v1/messages"),
    }


@contextlib.contextmanager
def _started(server: Server) -> Iterator[int]:
    """Start a server at a free port, and wait until it accepts connections."""
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
    process = subprocess.Popen(
        [*map(str, server.command), "--port", str(port)],
        cwd=measure.ROOT,
        env=measure.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        began = time.perf_counter()
        while not _accepts(port):
            if process.poll() is not None or time.perf_counter() - began > _LIMIT:
                raise SystemExit(f"{Path(server.command[0]).name} did not start. Run it by hand to see why.")
            time.sleep(0.005)
        yield port
    finally:
        process.terminate()
        process.wait()


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port)):
        return True
    return False


def _measure(server: Server) -> tuple[float, float]:
    """Start a server; return the seconds until its first answer has ended, and its streams a second."""
    body = json.dumps(
        {"model": "claude-opus-5", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    ).encode()
    head = f"POST {server.path} HTTP/1.1\r\nHost: {HOST}\r\nX-Api-Key: x\r\nAnthropic-Version: 2023-06-01\r\n"
    request = head.encode() + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    began = time.perf_counter()
    with _started(server) as port:
        streams.ask(port, 1, request)
        start = time.perf_counter() - began
        streams.ask(port, streams.STREAMS // 10, request)
        rate, _ = streams.ask(port, streams.STREAMS // 3, request)
    return start, rate
