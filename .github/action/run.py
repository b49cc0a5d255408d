"""Run the action: install this project in its own environment, check, scan and audit, and write the reports.

I/O. Inputs come in environment variables, because a shell would execute text that a workflow interpolates into it. The
module uses the standard library only. A check and a scan run in the root of the checkout, so that GitHub can resolve
every path in a report; an audit runs in the folder of the project, where its program expects to be. `matrix` decides;
this module runs it and exits with its code.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parents[2]
"""The checkout of this project that the job uses."""

WORST_FIRST: Final = (2, 1, 3, 4, 0)
"""Exit codes of check, scan and audit: usage, finding, unknown, nothing, fine. Any other code is worse."""


FORGIVEN: Final = frozenset({0, 1, 3, 4})
"""Exit codes with which a step that only reports still passes: results, not failures."""

REPORTS: Final = {"check": "report", "scan": "scan-report", "audit": "audit-report"}
"""Command to the output of the action that names its report."""

REQUIREMENTS: Final = "requirements-action.txt"
"""The file in the checkout with the dependencies of this project and their hashes."""

NOT_INSTALLED: Final = 9
"""Exit code if this project can't be installed: that of `matrix` for a tool that failed."""


class Mistake(Exception):
    """An invalid input of the action."""


def main() -> int:
    """Run the action and return the exit code of the step."""
    try:
        requested = commands(os.environ)
        fail = switch(os.environ, "FAIL")
        summary = switch(os.environ, "SUMMARY")
        # A folder of this step alone, so that it can't change the reports of an earlier step of the job.
        folder = Path(tempfile.mkdtemp(prefix="midstream-", dir=os.environ["RUNNER_TEMP"]))
        program = install(folder / "environment")
    except Mistake as mistake:
        print(f"::error title=midstream::{mistake}", flush=True)
        append("GITHUB_OUTPUT", "exit-code=2\n")
        return 2
    except subprocess.CalledProcessError:
        print(
            "::error title=midstream::midstream could not be installed. The log above has the output of pip.",
            flush=True,
        )
        append("GITHUB_OUTPUT", f"exit-code={NOT_INSTALLED}\n")
        return NOT_INSTALLED
    sarif = folder / "sarif"
    sarif.mkdir()
    outputs = {**dict.fromkeys(REPORTS.values(), ""), "sarif": str(sarif)}
    folders = {"audit": read(os.environ, "WORKING_DIRECTORY") or "."}
    codes = []
    for name, arguments in requested.items():
        report, page = folder / f"{name}.json", folder / f"{name}.md"
        files = {"json": report, "markdown": page, "sarif": sarif / f"{name}.sarif"}
        kept = [f"--output={form}={file}" for form, file in files.items()]
        codes.append(subprocess.run([*program, name, *kept, *arguments], cwd=folders.get(name)).returncode)
        if report.exists():
            outputs[REPORTS[name]] = str(report)
        if summary and page.exists():
            append("GITHUB_STEP_SUMMARY", page.read_text(encoding="utf-8") + "\n")
    code = worst(codes)
    append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in {"exit-code": code, **outputs}.items()))
    return code if fail or code not in FORGIVEN else 0


def commands(environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the commands of `matrix` to run, each with its arguments except those for its output files.

    Raises:
        Mistake: An input is invalid.
    """
    root = read(environment, "WORKING_DIRECTORY") or "."
    shown = ["--format=github" if switch(environment, "ANNOTATIONS") else "--format=text"]
    shown += [f"--ignore={rule}" for rule in words(environment, "IGNORE")]
    check = [f"--catching={handler}" for handler in words(environment, "CATCHING")]
    if python := read(environment, "PYTHON"):
        # A bare name is searched on the PATH; any other value is a path in the project.
        check.append(f"--python={python if python == Path(python).name else inside(root, python)}")
    requested = {"check": [*shown, *check, "--", *(lines(environment, "PATHS", root) or [inside(root, ".")])]}
    if scanned := lines(environment, "SCAN", root):
        scan = []
        release, manifest = read(environment, "RELEASE"), read(environment, "MANIFEST")
        if release and manifest:
            raise Mistake(
                "Remove the input release or the input manifest: both select the release to judge the scanned code by."
            )
        if release:
            scan.append(f"--release={release}")
        if manifest:
            scan.append(f"--manifest={inside(root, manifest)}")
        requested["scan"] = [*shown, *scan, "--", *scanned]
    if program := shell_words(environment, "AUDIT"):
        # A program in another language, or of another API, has nothing to check.
        requested["check"].insert(0, "--allow-nothing")
        requested["audit"] = [*shown, *shell_words(environment, "AUDIT_OPTIONS"), "--", *program]
    return requested


def read(environment: Mapping[str, str], name: str) -> str:
    """Return an input without surrounding spaces."""
    return environment.get(f"MIDSTREAM_{name}", "").strip()


def words(environment: Mapping[str, str], name: str) -> list[str]:
    """Return the ids of an input, which are separated by spaces, line ends or commas."""
    return read(environment, name).replace(",", " ").split()


def shell_words(environment: Mapping[str, str], name: str) -> list[str]:
    """Return the words of an input, divided as in a shell; no shell reads them, so nothing else is special.

    Raises:
        Mistake: A quotation does not end.
    """
    try:
        return shlex.split(read(environment, name))
    except ValueError:
        raise Mistake(f"The input {name.lower().replace('_', '-')} has a quotation that does not end.") from None


def lines(environment: Mapping[str, str], name: str, root: str) -> list[str]:
    """Return the paths of an input, one in each line, because a path may contain spaces."""
    return [inside(root, line.strip()) for line in read(environment, name).splitlines() if line.strip()]


def inside(root: str, path: str) -> str:
    """Return a path of the project relative to the root of the checkout; an absolute path is unchanged."""
    return (Path(root) / path).as_posix()


def switch(environment: Mapping[str, str], name: str) -> bool:
    """Return the value of an input that is `true` or `false`; true if it is empty.

    Raises:
        Mistake: The input has another value.
    """
    value = read(environment, name).lower() or "true"
    if value not in ("true", "false"):
        raise Mistake(f"The input {name.lower()} must be true or false.")
    return value == "true"


def worst(codes: list[int]) -> int:
    """Return the worst of several exit codes."""
    return min(codes, key=lambda code: WORST_FIRST.index(code) if code in WORST_FIRST else -1)


def install(folder: Path) -> list[str]:
    """Make an environment for this project, and return the command line that runs `matrix` there.

    Its dependencies are pinned by hash, and only wheels are installed: a user who pins the action by its commit runs
    the same code each time. The project runs from its checkout, so nothing is built. Python runs isolated (`-I`),
    so that no file of the checked project is imported instead of ours.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    print("::group::Installing midstream", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    pip += ["--require-hashes", "--only-binary=:all:", "--no-deps", f"--requirement={HERE / REQUIREMENTS}"]
    subprocess.run(pip, check=True)
    ask = [str(python), "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    Path(packages, "midstream.pth").write_text(f"{HERE}\n", encoding="utf-8")
    print("::endgroup::", flush=True)
    return [str(python), "-I", "-m", "matrix"]


def append(name: str, text: str) -> None:
    """Append text to a file of the runner that an environment variable names; do nothing without the variable."""
    if path := os.environ.get(name):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main())
