"""A second target goes through the whole program, from the index to the site, without a change outside `targets/`.

It has another package name, other classes, another status table and five scenarios. It has two releases: 1.0.0 drops
an error inside a stream, and 1.1.0 raises it with the status 200.
"""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix.catalogue import suite
from matrix.observation import Call, Outcome
from matrix.store.store import Store
from matrix.targets import TARGETS
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_all
from tests.conftest import isolated
from tests.miniature.drive import PYTHON, Done, Matrix
from tests.miniature.index import Index
from tests.miniature.releases import UPLOADED, Miniature
from tests.site.test_report import links
from tests.targets.acme import ACME

SDK = (Path(__file__).parent / "acme" / "sdk.py").read_text(encoding="utf-8")

DROPS_ERRORS = "\n\ndef error_in_stream(body):\n    return None\n"


class AcmeWheel(Miniature):
    """A wheel of a release of the Acme SDK."""

    def files(self) -> dict[str, str]:
        """Return the one module of its package."""
        return {"acme_llm/__init__.py": self.entry}


class Acme(Matrix):
    """The command line with `--target acme`."""

    def __call__(self, command: str, *arguments: str | Path) -> Done:
        """Run a command to its end."""
        return super().__call__(command, *arguments)

    def _arguments(self, command: str, arguments: tuple[str | Path, ...]) -> list[str]:  # type: ignore[override]
        indexed = ("--index", self.index.address) if command == "refresh" else ()
        return ["--target", "acme", *super()._arguments(command, (*arguments, *indexed))]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Acme]:
    """Measure both releases; return the command line on their data."""
    folder = tmp_path_factory.mktemp("acme")
    wheels = [
        AcmeWheel(version="1.0.0", entry=SDK + DROPS_ERRORS, name="acme-llm"),
        AcmeWheel(version="1.1.0", entry=SDK, name="acme-llm"),
    ]
    with pytest.MonkeyPatch.context() as patch, isolated(folder / "cache", shared):
        patch.setitem(TARGETS, "acme", ACME)
        patch.setattr(suite, "WHOLE", suite.SuitePart())  # all five scenarios
        for day, wheel in enumerate(wheels, 1):
            patch.setitem(UPLOADED, wheel, dt.datetime(2025, 1, day, tzinfo=dt.UTC))
        index = Index(folder / "index")
        index.add(*wheels)
        matrix = Acme(folder / "data", index)
        assert 0 == matrix("refresh").code
        done = matrix("run")
        assert (0, "") == (done.code, done.err)
        yield matrix


@pytest.fixture(scope="module")
def store(matrix: Acme) -> Store:
    """Open the measured data."""
    return Store(matrix.data, ACME)


def test_both_releases_are_measured_in_both_lanes(store: Store) -> None:
    """Check the lock of the package, and the suite of the target."""
    cells = store.cells()
    assert {("1.0.0", ACME.digest), ("1.1.0", ACME.digest)} == {
        (cell.version, stored.suite) for cell, stored in cells.items()
    }
    assert {("acme-llm==1.0.0",), ("acme-llm==1.1.0",)} == {stored.lock for stored in cells.values()}
    assert {Outcome.COMPLETED} == {stored.outcome for stored in cells.values()}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (
            "1.0.0",
            {
                "clean": VerdictKind.RIGHT,
                "http-busy": VerdictKind.RIGHT,
                "mid-busy": VerdictKind.SILENT,
                "cut": VerdictKind.SILENT,
            },
        ),
        (
            "1.1.0",
            {
                "clean": VerdictKind.RIGHT,
                "http-busy": VerdictKind.RIGHT,
                "mid-busy": VerdictKind.WRONG,
                "cut": VerdictKind.SILENT,
            },
        ),
    ],
)
def test_verdicts_follow_the_classes_and_statuses_of_the_target(
    store: Store, version: str, expected: dict[str, VerdictKind]
) -> None:
    """Check the release that is silent, and the one with the status of the stream."""
    cell = next(cell for cell in store.cells() if cell.version == version)
    result = store.result(cell)
    assert result is not None
    verdicts = judge_all(ACME, result.behaviour, Yardstick.DOCUMENTED)
    assert expected | {"unknown": VerdictKind.RIGHT} == {
        call.scenario: verdict.kind for call, verdict in verdicts.items()
    }
    by_type = judge_all(ACME, result.behaviour, Yardstick.MAINTAINERS)[Call("chat", "mid-busy")]
    assert (by_type.kind is VerdictKind.RIGHT) == (version == "1.1.0")


def test_the_control_is_the_patched_sdk_of_the_target(store: Store) -> None:
    """Check that its errors inside a stream have the statuses of the target."""
    control = store.control(f"patched-{PYTHON}")
    assert control is not None
    raised = control[1].behaviour[Call("chat", "mid-busy")].exception
    assert raised is not None
    assert ("acme_llm.BusyError", 503) == (raised.name, raised.attributes["status_code"])


def test_data_is_verified_and_measured_again(matrix: Acme) -> None:
    """Check that it is equal byte for byte."""
    assert 0 == matrix("verify").code
    again = matrix("reproduce", "latest")
    assert (0, True) == (again.code, "byte for byte" in again.out)


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        ("acme-llm==1.1.0", 0, "200 AcmeStatusError, type busy"),
        ("acme-llm==1.0.0", 1, "completed, no exception"),
        ("acme-llm==9.0.0", 3, "9.0.0"),
        ("anthropic==0.45.2", 4, "No requirement on acme-llm"),
    ],
)
def test_check_judges_requirements_on_the_target(
    matrix: Acme, tmp_path: Path, line: str, code: int, expected: str
) -> None:
    """Check that requirements on other packages are ignored."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(line + "\n")
    done = matrix("check", requirements)
    assert (code, True) == (done.code, expected in " ".join((done.out + done.err).split())), done


def test_check_judges_handlers_of_the_target(matrix: Acme, tmp_path: Path) -> None:
    """Check the class of a busy server, which is never raised inside a stream."""
    (tmp_path / "requirements.txt").write_text("acme-llm==1.1.0\n")
    done = matrix("check", tmp_path / "requirements.txt", "--catching", "class-busy", "--format", "json")
    findings = [finding["rule"] for subject in json.loads(done.out)["subjects"] for finding in subject["findings"]]
    assert (1, True) == (done.code, "handler-gives-up" in findings)


def test_scan_finds_the_classes_of_the_target(matrix: Acme, tmp_path: Path) -> None:
    """Check that code that catches errors of the Acme SDK is judged by its handlers."""
    program = tmp_path / "app.py"
    program.write_text(
        "import acme_llm\n\n\ndef ask(client):\n    try:\n        return list(client.chat())\n"
        "    except acme_llm.BusyError:\n        return ask(client)\n"
    )
    done = matrix("scan", program, "--release", "1.1.0", "--format", "json")
    assert done.err.startswith("Judged by"), done
    places = [subject["place"]["line"] for subject in json.loads(done.out)["subjects"]]
    assert [7] == places


def test_questions_about_releases_are_answered(matrix: Acme) -> None:
    """Check explain, diff and advise."""
    assert "BusyError" in matrix("explain", "1.1.0", "http-busy").out
    assert "mid-busy" in matrix("diff", "1.0.0", "1.1.0").out
    assert "matrix --target acme explain 1.1.0:today" in matrix("diff", "1.0.0", "1.1.0").out
    assert "matrix --target acme explain 1.1.0:today" in matrix("explain", "1.1.0").out
    one = matrix("explain", "1.1.0", "http-busy", next(iter(ACME.surfaces))).out
    assert "Handler outcomes" in one
    assert "the remedy" not in one  # it has none
    assert "1.1.0" in matrix("history").out
    assert "acme-llm" in matrix("advise").out
    assert "5 scenarios" in matrix("list", "scenarios").out
    assert "class-busy" in matrix("list", "handlers").out


def test_targets_do_not_share_results(matrix: Acme) -> None:
    """Check another target with the same data folder."""
    done = Matrix(matrix.data, matrix.index)("explain", "1.1.0")
    assert (2, True) == (done.code, "has not been measured" in done.err)


@pytest.fixture(scope="module")
def site(matrix: Acme, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of the target in a folder where that of the default target may be."""
    folder = tmp_path_factory.mktemp("site")
    addresses = ("--base-url", "https://example.org/m", "--repository", "https://example.org/source/")
    done = matrix("report", "--site", folder, *addresses)
    assert (0, "") == (done.code, done.err)
    return folder


def test_the_site_says_how_to_install_the_command(site: Path) -> None:
    """Check that it links the repository that the command names, and a page with a command links that section."""
    about = (site / "targets" / "acme" / "about" / "index.html").read_text(encoding="utf-8")
    assert "https://example.org/source" in links(about).targets
    assert "python3 -m pip install git+https://example.org/source<" in about
    compare = (site / "targets" / "acme" / "compare" / "index.html").read_text(encoding="utf-8")
    assert {"../about/#install", "https://example.org/source"} <= set(links(compare).targets)


def test_the_site_of_the_target_has_a_folder_of_its_own(site: Path) -> None:
    """Check that every file of the site is in that folder, and that every link has a file."""
    own = site / "targets" / "acme"
    assert [] == [path for path in site.rglob("*") if path.is_file() and not path.is_relative_to(own)]
    broken = []
    for page in own.rglob("*.html"):
        if page.name == "404.html":
            continue  # it is served at any address, so its links begin at the root
        for link in links(page.read_text(encoding="utf-8")).targets:
            path = link.partition("#")[0].partition("?")[0]
            leads = page.parent / path if path else page
            if "://" not in link and not (leads / "index.html" if leads.is_dir() else leads).is_file():
                broken.append((page.relative_to(own), link))
    assert [] == broken
    pages = {path.relative_to(own).as_posix() for path in own.rglob("*.html")}
    assert {"releases/1.1.0/index.html", "scenarios/mid-busy/index.html", "handlers/class-busy/index.html"} <= pages


def test_pages_and_documents_name_the_target(site: Path) -> None:
    """Check that no other package is named, and that ids and addresses are its own."""
    own = site / "targets" / "acme"
    named = [
        path.relative_to(own)
        for path in own.rglob("*")
        if path.suffix in (".html", ".xml", ".json") and "anthropic" in path.read_text(encoding="utf-8").lower()
    ]
    assert [] == named
    assert "the Acme SDK" in (own / "index.html").read_text(encoding="utf-8")
    feed = (own / "changes" / "atom.xml").read_text(encoding="utf-8")
    assert "<id>urn:midstream:target:acme:transition:today:" in feed
    assert 'href="https://example.org/m/targets/acme/changes/' in feed
    facts = json.loads((own / "api" / "v1" / "facts.json").read_text(encoding="utf-8"))["target"]
    assert ("acme-llm", "acme-sdk", "matrix --target acme") == (facts["package"], facts["checkout"], facts["command"])


def test_a_hint_names_the_target(matrix: Acme) -> None:
    """Check a hint of a room that knows no target, and a command that another room writes with its target."""
    done = matrix("explain", "9.9.9")
    assert (2, True) == (done.code, "Run `matrix --target acme refresh`" in done.err), done
    assert "--target acme --target" not in matrix("explain", "1.1.0").out
