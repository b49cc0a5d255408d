"""Commits what a run has measured: `commit.py MERGED`, the folder that the merge handed over.

I/O, by way of `git` and `gh`. `MIDSTREAM_COMMIT` says how: `push` to the default branch, or `pull-request`, which is
one branch that each run brings up to date. There is always something to commit, the day of this good run; that is what
keeps GitHub from disabling the schedule of a quiet repository.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BRANCH = "midstream-data"
DATA = Path("reports", "data")
"""The folder that is taken over; nothing else that may be in the artifact is."""
WHO = ("-c", "user.name=github-actions[bot]", "-c", "user.email=41898282+github-actions[bot]@users.noreply.github.com")


def main(arguments: list[str]) -> int:
    """Commit, and push or ask; the exit code."""
    how = os.environ.get("MIDSTREAM_COMMIT", "pull-request")
    if len(arguments) != 1 or how not in ("push", "pull-request"):
        print(f"{__doc__}\nMIDSTREAM_COMMIT is {how!r}.", file=sys.stderr)
        return 2
    merged, base = Path(arguments[0]), os.environ.get("BRANCH", "main")
    take_over(merged / DATA, DATA)
    run("git", "add", "--all", *([str(DATA)] if DATA.exists() else []))
    if subprocess.run(["git", "diff", "--cached", "--quiet"]).returncode == 0:
        print("Nothing to commit: this day's good run is recorded.")
        return 0
    title = f"Data: {read(merged / 'title.txt').strip() or 'looked at, nothing moved'}"
    run("git", *WHO, "commit", "--quiet", "--message", title)
    run("gh", "auth", "setup-git")
    if how == "push":
        run(
            "git", "push", "origin", f"HEAD:refs/heads/{base}"
        )  # refused if somebody pushed meanwhile, and that is right
        return 0
    run("git", "push", "--force", "origin", f"HEAD:refs/heads/{BRANCH}")
    body = merged / "body.md"
    body.write_text(read(merged / "news.md") or "Every release was looked at, and nothing moved.\n", encoding="utf-8")
    said = ["--title", title, "--body-file", str(body)]
    asked = subprocess.run(
        ["gh", "pr", "list", "--head", BRANCH, "--state", "open", "--json", "number", "--jq", ".[].number"],
        check=True, stdout=subprocess.PIPE, text=True,
    ).stdout.split()  # fmt: skip
    if asked:
        run("gh", "pr", "edit", asked[0], *said)
    else:
        run("gh", "pr", "create", "--head", BRANCH, "--base", base, *said)
    return 0


def take_over(merged: Path, data: Path) -> None:
    """Replace the committed data by the merged: a file that the merged data lacks is removed."""
    if merged.is_dir():
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(merged, data)


def read(path: Path) -> str:
    """A file's text; empty if there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def run(*command: str) -> None:
    """Run a program; a failure ends this one."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
