"""Commits what a run measured and read: `commit.py MERGED DIGEST`, a folder of the merge job and its digest.

I/O, by way of `git` and `gh`. `MIDSTREAM_COMMIT` selects the way: `push` to the default branch, or `pull-request`,
which updates one request in each run. Each good run commits at least its day, so that GitHub does not disable the
schedule of a quiet repository. `BUNDLE` is the signature of the data of all targets that had none, or empty if the job
`sign` made none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import signature
from artifact import UntrustedArtifactError, check

BRANCH = "midstream-data"
DATA = Path("reports", "data")
"""The only folder of the checkout that is replaced."""
INDEX = Path("matrix", "targets", "anthropic", "index.json")
"""The only other file that is replaced: what the package index says of the SDK and of packages that bring it."""
WHO = ("-c", "user.name=github-actions[bot]", "-c", "user.email=41898282+github-actions[bot]@users.noreply.github.com")


def main(arguments: list[str]) -> int:
    """Commit the data, push it or open a pull request, and return the exit code."""
    how = os.environ.get("MIDSTREAM_COMMIT", "pull-request")
    if len(arguments) != 2 or how not in ("push", "pull-request"):
        print(f"{__doc__}\nMIDSTREAM_COMMIT is {how!r}.", file=sys.stderr)
        return 2
    merged, base = Path(arguments[0]), os.environ.get("BRANCH", "main")
    try:
        check(merged, arguments[1])
        place_signature(merged / "data", os.environ.get("BUNDLE", ""))
    except UntrustedArtifactError as error:
        print(f"error: {error} Nothing is committed.", file=sys.stderr)
        return 1
    replace_data(merged / "data", DATA)
    if (merged / INDEX.name).is_file():
        INDEX.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(merged / INDEX.name, INDEX)
    run("git", "add", "--all", *(str(path) for path in (DATA, INDEX) if path.exists()))
    if subprocess.run(["git", "diff", "--cached", "--quiet"]).returncode == 0:
        print("Nothing to commit: the data did not change, and this day is already recorded.")
        return 0
    title = f"Data: {read(merged / 'title.txt').strip() or 'checked every release, nothing changed'}"
    run("git", *WHO, "commit", "--quiet", "--message", title)
    run("gh", "auth", "setup-git")
    if how == "push":
        run(
            "git", "push", "origin", f"HEAD:refs/heads/{base}"
        )  # git refuses this if somebody pushed meanwhile; the next run commits instead
        return 0
    run("git", "push", "--force", "origin", f"HEAD:refs/heads/{BRANCH}")
    body = merged / "body.md"
    body.write_text(read(merged / "news.md") or "Every release was checked, and nothing changed.\n", encoding="utf-8")
    fields = ["--title", title, "--body-file", str(body)]
    requests = subprocess.run(
        ["gh", "pr", "list", "--head", BRANCH, "--state", "open", "--json", "number", "--jq", ".[].number"],
        check=True, stdout=subprocess.PIPE, text=True,
    ).stdout.split()  # fmt: skip
    if requests:
        run("gh", "pr", "edit", requests[0], *fields)
    else:
        run("gh", "pr", "create", "--head", BRANCH, "--base", base, *fields)
    return 0


def place_signature(data: Path, bundle: str) -> None:
    """Write a bundle next to all data whose root digest it signs, and remove signatures of other root digests."""
    folders = [folder for folder in data.glob("*") if (folder / signature.ROOT).is_file()]
    if bundle:
        signed = [folder for folder in folders if signature.signs(bundle, folder / signature.ROOT)]
        if not signed:
            raise UntrustedArtifactError("The signature of the job `sign` is not that of the merged data.")
        for folder in signed:
            signature.path(folder).write_text(f"{bundle}\n", encoding="utf-8")
    for folder in folders:
        file = signature.path(folder)
        if file.is_file() and not signature.is_signed(folder):
            print(f"{file.name} signs other data, and is removed. The next run signs this data.")
            file.unlink()


def replace_data(merged: Path, data: Path) -> None:
    """Replace the committed data with the merged data, and remove files that the merged data lacks."""
    if merged.is_dir():
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(merged, data)


def read(path: Path) -> str:
    """Read a text file; return empty text if there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def run(*command: str) -> None:
    """Run a program, and raise an error if it fails."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
