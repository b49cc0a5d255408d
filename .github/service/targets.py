"""Runs the steps of the service for every target, each in processes of its own, so that no target stops the others.

    targets.py plan PLANS [--target ID] [OPTION...]    writes PLANS/ID.json by `matrix plan` with these options, and
                                                       prints the outputs `matrix` and `failed` of the job
    targets.py publish PLANS SHARDS PUBLISHED [--output FOLDER]
                                                       merges SHARDS/shard.ID.*, compares with PUBLISHED/ID, and prints
                                                       the output `failed`
    targets.py each COMMAND [OPTION...]                runs a command of `matrix`

I/O. A target that fails keeps its published data. `publish` writes what all targets give together into a folder:
`issues.json`, `news.md` and `title.txt`. It reads the variables ACCEPT (rules of the gate), RUN_URL and SITE, and the
files `opened.json` and `refused.json` if they exist. The exit code is 1 if every target fails, and for `each` if one
does.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

DATA = Path("reports", "data")
MATRIX = (sys.executable, "-m", "matrix")
MAX_JOBS = 256
"""Jobs of one matrix, by GitHub's limit. A target whose shards do not fit waits for the next run."""
PATIENCE = 600.0
"""Seconds for one command of one target."""
STANDARD_ERROR = 2
MAX_TITLE = 200
"""Characters of the title of a pull request."""


def main(arguments: Sequence[str], matrix: Sequence[str] = MATRIX) -> int:
    """Run a step for every target, and return the exit code.

    Args:
        arguments: The arguments of this program.
        matrix: The program `matrix`.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, folders in {"plan": ["plans"], "publish": ["plans", "shards", "published"], "each": []}.items():
        step = steps.add_parser(name)
        for folder in folders:
            step.add_argument(folder, type=Path)
    steps.choices["plan"].add_argument("--target", default="")
    steps.choices["publish"].add_argument("--output", type=Path, default=Path())
    steps.choices["each"].add_argument("command")
    given, options = parser.parse_known_args(arguments)
    match given.step:
        case "plan":
            return plan(matrix, given.plans, given.target, options)
        case "publish":
            return publish(matrix, given.plans, given.shards, given.published, given.output)
        case _:
            succeeded = [run(matrix, target, given.command, *options) for target in list_targets(matrix)]
            return int(not all(succeeded))


def plan(matrix: Sequence[str], plans: Path, only: str, options: Sequence[str]) -> int:
    """Plan each target, and print the jobs of all of them."""
    jobs: list[object] = []
    failed = []
    plans.mkdir(parents=True, exist_ok=True)
    targets = [only] if only else list_targets(matrix)
    for target in targets:
        file = plans / f"{target}.json"
        with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
            command = ("plan", "--shards", "auto", "--format", "github", "--output", str(file), *options)
            succeeded = run(matrix, target, *command, printed=printed.fileno())
            printed.seek(0)
            more = json.load(printed)["include"] if succeeded else []
        if succeeded and len(jobs) + len(more) > MAX_JOBS:
            report(f"{target}: its {len(more)} shards are too many for one run. The next run plans them again.")
            succeeded = False
        if succeeded:
            jobs += more
        else:
            file.unlink(missing_ok=True)
            failed.append(target)
    print(f"matrix={json.dumps({'include': jobs})}")
    print(f"failed={' '.join(failed)}")
    return int(len(failed) == len(targets))


def publish(matrix: Sequence[str], plans: Path, shards: Path, published: Path, output: Path) -> int:
    """Merge, judge and announce each planned target; put back the published data of those that fail."""
    failed = []
    issues: list[object] = []
    news, titles = "", []
    targets = sorted(file.stem for file in plans.glob("*.json"))
    with tempfile.TemporaryDirectory() as made:
        for target in targets:
            folder = Path(made, target)
            succeeded = publish_target(matrix, target, plans, shards, published, folder)
            for name in ("refusal.json", "news.json"):
                issues += json.loads(read(folder / name) or "[]")
            for name in ("gate.md", "news.md"):
                summarise(read(folder / name))
            if succeeded:
                news += read(folder / "news.md")
                titles += [f"{target}: {title}" for title in [read(folder / "title.txt").strip()] if title]
            else:
                put_back(target, published)
                failed.append(target)
    title = "; ".join(titles)
    (output / "title.txt").write_text(title if len(title) <= MAX_TITLE else f"{title[:MAX_TITLE]}…", encoding="utf-8")
    (output / "news.md").write_text(news, encoding="utf-8")
    (output / "issues.json").write_text(json.dumps(issues), encoding="utf-8")
    print(f"failed={' '.join(failed)}")
    return int(len(failed) == len(targets))


def publish_target(
    matrix: Sequence[str], target: str, plans: Path, shards: Path, published: Path, folder: Path
) -> bool:
    """Merge, judge and announce one target; write what is new into a folder, and return whether it may be published."""
    folder.mkdir()
    (published / target).mkdir(parents=True, exist_ok=True)  # the gate says that nothing is published
    artifacts = [str(path) for path in sorted(shards.glob(f"shard.{target}.*"))]
    compared = ("--published", str(published / target))
    opened, refused = (("--opened", name) if Path(name).is_file() else () for name in ("opened.json", "refused.json"))
    accept, run_url, site = (os.environ.get(name, "") for name in ("ACCEPT", "RUN_URL", "SITE"))
    return (
        run(matrix, target, "merge", "--plan", str(plans / f"{target}.json"), "--partial", *artifacts)
        and run(matrix, target, "verify")
        and run(
            matrix, target, "gate", *compared, "--record", *refused, "--output", f"issues={folder / 'refusal.json'}",
            "--output", f"markdown={folder / 'gate.md'}", *(["--accept", accept] if accept else []),
            *(["--run-url", run_url] if run_url else []),
        )
        and run(
            matrix, target, "announce", *compared, *opened, "--output", f"issues={folder / 'news.json'}",
            "--output", f"markdown={folder / 'news.md'}", "--output", f"text={folder / 'title.txt'}",
            *(["--base-url", site] if site else []),
        )
    )  # fmt: skip


def put_back(target: str, published: Path) -> None:
    """Replace the data of a target, and the files next to it, with the published ones."""
    for path in (DATA / target, *DATA.glob(f"{target}.*")):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in (published / target, *published.glob(f"{target}.*")):
        if path.is_dir() and any(path.iterdir()):
            shutil.copytree(path, DATA / target)
        elif path.is_file():
            shutil.copyfile(path, DATA / path.name)


def list_targets(matrix: Sequence[str]) -> list[str]:
    """List the ids of all targets."""
    listed = subprocess.run([*matrix, "list", "targets", "--format", "json"], check=True, stdout=subprocess.PIPE)
    return [target["id"] for target in json.loads(listed.stdout)["targets"]]


def run(matrix: Sequence[str], target: str, command: str, *arguments: str, printed: int | None = None) -> bool:
    """Run a command of `matrix` for a target, and return whether it succeeded.

    Args:
        matrix: The program.
        target: The id of the target.
        command: The command.
        arguments: Its arguments.
        printed: The file that gets its standard output; that of standard error if None.
    """
    print(f"::group::{target}: matrix {command}", file=sys.stderr, flush=True)
    whole = [*matrix, "--target", target, "--data", str(DATA / target), command, *arguments]
    try:
        code = subprocess.run(whole, stdout=STANDARD_ERROR if printed is None else printed, timeout=PATIENCE).returncode
        failure = f"ended with exit code {code}" if code else ""
    except subprocess.TimeoutExpired:
        failure = f"did not end within {PATIENCE:.0f} seconds"
    print("::endgroup::", file=sys.stderr, flush=True)
    if failure:
        report(f"{target}: `matrix {command}` {failure}.")
    return not failure


def report(problem: str) -> None:
    """Print a problem, as an annotation of the run, and add it to the summary of the job."""
    print(f"::error::{problem}", file=sys.stderr, flush=True)
    summarise(f"{problem}\n")


def summarise(text: str) -> None:
    """Add to the summary of the job, if there is one."""
    if text and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def read(path: Path) -> str:
    """Read a text file; return empty text if there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
