"""What the action does: installs this project beside the job, checks, scans, and hands over what was found.

I/O. It is told everything by its environment, for what a workflow interpolates into a shell is run by that shell; and
it uses the standard library only. Commands run in the root of the checkout, so that every path in a report is one that
GitHub knows. `matrix` decides; this only asks, and leaves with its exit code.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parents[2]
"""The checkout of this project that the job uses."""

WORST_FIRST: Final = (2, 1, 3, 4, 0)
"""Exit codes of a check and of a scan: broken, finding, unknown, nothing, fine. Any other one is worse."""


FORGIVEN: Final = frozenset({0, 1, 3, 4})
"""Exit codes that a step that only reports may end with: what was found, and not what went wrong."""

NOT_INSTALLED: Final = 9
"""Exit code if this project can't be installed, as `matrix` has it for a tool that failed."""


class Mistake(Exception):
    """An input of the action that means nothing."""


def main() -> int:
    """Do all of it; the exit code of the step."""
    try:
        wanted = commands(os.environ)
        fail = switch(os.environ, "FAIL")
        summary = switch(os.environ, "SUMMARY")
        # Of this step alone: what an earlier one of the same job handed over stays as it is.
        folder = Path(tempfile.mkdtemp(prefix="midstream-", dir=os.environ["RUNNER_TEMP"]))
        program = install(folder / "environment")
    except Mistake as mistake:
        print(f"::error title=midstream::{mistake}", flush=True)
        append("GITHUB_OUTPUT", "exit-code=2\n")
        return 2
    except subprocess.CalledProcessError:
        print("::error title=midstream::It could not be installed; what was tried stands above.", flush=True)
        append("GITHUB_OUTPUT", f"exit-code={NOT_INSTALLED}\n")
        return NOT_INSTALLED
    sarif = folder / "sarif"
    sarif.mkdir()
    outputs = {"report": "", "scan-report": "", "sarif": str(sarif)}
    codes = []
    for name, arguments in wanted.items():
        report, page = folder / f"{name}.json", folder / f"{name}.md"
        files = {"json": report, "markdown": page, "sarif": sarif / f"{name}.sarif"}
        kept = [f"--output={form}={file}" for form, file in files.items()]
        codes.append(subprocess.run([*program, name, *kept, *arguments]).returncode)
        if report.exists():
            outputs["report" if name == "check" else "scan-report"] = str(report)
        if summary and page.exists():
            append("GITHUB_STEP_SUMMARY", page.read_text(encoding="utf-8") + "\n")
    code = worst(codes)
    append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in {"exit-code": code, **outputs}.items()))
    return code if fail or code not in FORGIVEN else 0


def commands(environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Commands of `matrix` to their arguments, but for the files that they write.

    Raises:
        Mistake: An input means nothing.
    """
    root = read(environment, "WORKING_DIRECTORY") or "."
    shown = ["--format=github" if switch(environment, "ANNOTATIONS") else "--format=text"]
    shown += [f"--ignore={rule}" for rule in words(environment, "IGNORE")]
    check = [f"--catching={handler}" for handler in words(environment, "CATCHING")]
    if python := read(environment, "PYTHON"):
        # A bare name is looked for on the path; anything else is a path in the project.
        check.append(f"--python={python if python == Path(python).name else inside(root, python)}")
    wanted = {"check": [*shown, *check, "--", *(lines(environment, "PATHS", root) or [inside(root, ".")])]}
    if scanned := lines(environment, "SCAN", root):
        scan = []
        release, manifest = read(environment, "RELEASE"), read(environment, "MANIFEST")
        if release and manifest:
            raise Mistake("Give either release or manifest: both say which release scanned code is judged by.")
        if release:
            scan.append(f"--release={release}")
        if manifest:
            scan.append(f"--manifest={inside(root, manifest)}")
        wanted["scan"] = [*shown, *scan, "--", *scanned]
    return wanted


def read(environment: Mapping[str, str], name: str) -> str:
    """An input, without the spaces around it."""
    return environment.get(f"MIDSTREAM_{name}", "").strip()


def words(environment: Mapping[str, str], name: str) -> list[str]:
    """An input of several ids, parted by spaces, line ends or commas."""
    return read(environment, name).replace(",", " ").split()


def lines(environment: Mapping[str, str], name: str, root: str) -> list[str]:
    """An input of several paths, one in each line, for a path may have spaces in it."""
    return [inside(root, line.strip()) for line in read(environment, name).splitlines() if line.strip()]


def inside(root: str, path: str) -> str:
    """A path of the project, from the root of the checkout; an absolute one stays."""
    return (Path(root) / path).as_posix()


def switch(environment: Mapping[str, str], name: str) -> bool:
    """An input that is `true` or `false`; true if it is empty."""
    value = read(environment, name).lower() or "true"
    if value not in ("true", "false"):
        raise Mistake(f"The input {name.lower()} is either true or false.")
    return value == "true"


def worst(codes: list[int]) -> int:
    """The exit code that matters most."""
    return min(codes, key=lambda code: WORST_FIRST.index(code) if code in WORST_FIRST else -1)


def install(folder: Path) -> list[str]:
    """Make an environment with this project in it; how to run `matrix` there.

    Isolated (`-I`), so that no file of the checked project is imported in place of ours.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    print("::group::Installing midstream", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, str(HERE)], check=True)
    print("::endgroup::", flush=True)
    return [str(python), "-I", "-m", "matrix"]


def append(name: str, text: str) -> None:
    """Add to one of the files by which a step tells the runner something; nothing if there is none."""
    if path := os.environ.get(name):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main())
