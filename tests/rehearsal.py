"""The whole service on this machine: what `matrix.yml` does, with miniature releases, and with what may go wrong.

    nox -s rehearsal

I/O, in a temporary folder. Plan; shards in processes and folders of their own; merge, gate, announcement, site; each
fault, and what has to come of it. A program and no test: it prints a line for each thing that holds, and leaves with 1
at the first that does not.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

from matrix.service.artifact import RECORD, ShardRecord, record_path
from matrix.store.envelope import read
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.conftest import isolated
from tests.miniature.drive import Done, Matrix, processes_with, snapshot, wait_until
from tests.miniature.index import Index
from tests.miniature.releases import LEAF, NEWER_LEAF, NEWER_TWIG, RELEASES, TWIG, UPLOADED, Miniature
from tests.support.damages import DAMAGES

SHARDS = 2
"""As many as the damages look into."""
PATIENCE = 200.0
"""Seconds for one command: a release that hangs on its import takes its time."""

KINDS = (
    "raises_documented",
    "swallows_errors",
    "crashes_on_import",
    "hangs_on_import",
    "cannot_construct",
    "leaves_things_behind",
    "offers_aiohttp",
    "raises_200",
)
"""Releases of most kinds: what hangs and what starts processes of its own among them."""

GREEDY = Miniature(
    "8.1.0",
    """
import os, subprocess, sys
for number in range(12):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(os.path.expanduser("~/greedy"), "wb") as file:
    for _ in range(64):
        file.write(bytes(1 << 20))
raise OSError(28, "No space left on device")
""",
)
"""Forks, fills the disk (as far as this machine can spare), and fails as one does that has no room."""

NEW = Miniature("9.9.0", RELEASES["raises_documented"].entry)
"""A release that appears while the service runs, and behaves otherwise than the one before it."""


class Rehearsal:
    """A clone of the repository's data, an index, and what runs on them.

    Args:
        folder: For everything.
        index: Lists the releases.
    """

    def __init__(self, folder: Path, index: Index) -> None:
        self.folder = folder
        self.index = index
        self.data = folder / "reports" / "data"
        self.plan = folder / "plan.json"
        self.matrix = Matrix(self.data, index)

    def __call__(self, command: str, *arguments: str | Path) -> Done:
        """Run a command in a process of its own."""
        return finish(self.matrix.start(command, *arguments, part=True))

    def planned(self, *arguments: str | Path) -> list[str]:
        """Plan, and which shards GitHub would start."""
        done = self("plan", "--shards", str(SHARDS), "--format", "github", "--output", self.plan, *arguments)
        hold(done.code == 0, "plan", done)
        return [job["shard"] for job in json.loads(done.out)["include"]]

    def start(self, shard: str) -> Popen[str]:
        """Start a shard, which knows the repository, the plan, and a folder of its own."""
        return self.matrix.start(
            "run", "--plan", self.plan, "--shard", shard, "--artifact", self.artifact(shard), "--jobs", "2", part=True
        )

    def artifact(self, shard: str) -> Path:
        """Where a shard leaves what it measured."""
        return self.folder / "artifacts" / shard.partition("/")[0]

    def fanned_out(self, shards: list[str]) -> list[Path]:
        """Measure shards at once, each in a process of its own."""
        running = {shard: self.start(shard) for shard in shards}
        for shard, process in running.items():
            done = finish(process)
            hold(done.code == 0, f"shard {shard}", done)
        return [self.artifact(shard) for shard in shards]

    def merged(self, folders: list[Path], *arguments: str) -> Done:
        """Merge artifacts."""
        return self("merge", "--plan", self.plan, *arguments, *folders)


def main() -> None:
    """Everything, in the order in which the workflow does it; then what may go wrong."""
    with tempfile.TemporaryDirectory(prefix="midstream-rehearsal-") as made:
        folder = Path(made)
        cache = folder / "cache"
        with isolated(cache, folder):
            service(folder, cache)
    print("The service holds.")


def service(folder: Path, cache: Path) -> None:
    """Rehearse all of it in a folder."""
    for day, miniature in enumerate((GREEDY, NEW)):
        UPLOADED[miniature] = max(UPLOADED.values()).replace(hour=day)
    index = Index(folder / "index")
    index.add(LEAF, TWIG, *(RELEASES[kind] for kind in KINDS), GREEDY, NEWER_LEAF, NEWER_TWIG)
    rehearsal = Rehearsal(folder / "service", index)

    shards = rehearsal.planned()
    hold([f"{number}/{SHARDS}" for number in range(1, SHARDS + 1)] == shards, "the plan divides the work")
    killed = rehearsal.start(shards[0])
    wait_until(lambda: begun(rehearsal.artifact(shards[0])), "the first cell of a shard", PATIENCE)
    os.killpg(killed.pid, signal.SIGKILL) if os.getpgid(killed.pid) == killed.pid else killed.kill()
    killed.communicate()
    others = rehearsal.fanned_out(shards[1:])
    refused = rehearsal.merged([rehearsal.artifact(shards[0]), *others])
    hold(refused.code != 0 and not rehearsal.data.exists(), "a shard that was killed is no merge", refused)
    partial = rehearsal.merged([rehearsal.artifact(shards[0]), *others], "--partial")
    hold(
        "missing:" in partial.out and rehearsal.data.exists(), "what the others measured is kept if asked for", partial
    )
    shutil.rmtree(rehearsal.data)
    folders = rehearsal.fanned_out(shards[:1]) + others
    hold(True, "the same command goes on where the shard was killed")
    hold(not processes_with(cache), "no process is left of any release")

    for damage in DAMAGES:
        refuse(rehearsal, folders, damage)

    done = rehearsal.merged(folders)
    hold(done.code == 0, "artifacts that hold are merged", done)
    whole = Rehearsal(folder / "whole", index)
    hold(whole("refresh", "--index", index.address).code == 0, "refresh")
    forced = whole("run", "--force")
    hold(forced.code == 0, "one run over the same releases", forced)
    one, many = snapshot(whole.data), snapshot(rehearsal.data)
    differing = sorted(name for name in one.keys() | many.keys() if one.get(name) != many.get(name))
    where = f"; they differ in {', '.join(differing)}" if differing else ""
    hold(not differing, f"{SHARDS} shards and one run give the same bytes{where}")
    hold([] == Store(rehearsal.data, ANTHROPIC).verify(), "and every digest is right")
    hold([] == rehearsal.planned("--no-refresh-today"), "then nothing is to be done")

    faults_of_the_index(rehearsal, folder)
    two_at_once(rehearsal, folders)
    new_release(rehearsal, folder)
    hold(not processes_with(cache), "no process is left of any release")


def refuse(rehearsal: Rehearsal, folders: list[Path], damage: Callable[[Path], None]) -> None:
    """Damage copies of artifacts, merge them, and see that nothing comes of it."""
    damaged = rehearsal.folder / "damaged"
    shutil.rmtree(damaged, ignore_errors=True)
    for folder in folders:
        shutil.copytree(folder, damaged / folder.name)
    shutil.copyfile(rehearsal.plan, damaged / "plan.json")
    damage(damaged)
    done = rehearsal.merged([damaged / folder.name for folder in folders])
    hold(done.code != 0 and not rehearsal.data.exists(), f"refused: {damage.__name__.replace('_', ' ')}", done)


def faults_of_the_index(rehearsal: Rehearsal, folder: Path) -> None:
    """An index that fails, and one that has forgotten releases: no plan, and nothing lost."""
    before = snapshot(rehearsal.data)
    rehearsal.plan.unlink()
    gone = rehearsal("plan", "--output", rehearsal.plan, "--index", (folder / "nowhere").as_uri())
    hold(gone.code == 11 and not rehearsal.plan.exists(), "an index that fails gives no plan", gone)
    fewer = Index(folder / "fewer")
    fewer.add(LEAF, RELEASES["raises_200"])
    forgetful = rehearsal("plan", "--output", rehearsal.plan, "--index", fewer.address)
    hold(forgetful.code == 11 and not rehearsal.plan.exists(), "nor one that lists fewer releases", forgetful)
    hold(before == snapshot(rehearsal.data), "and nothing is lost")


def two_at_once(rehearsal: Rehearsal, folders: list[Path]) -> None:
    """Of two that write the same data, the second is told to wait."""
    rehearsal.planned("--force", "--no-refresh-today")
    with Store(rehearsal.data, ANTHROPIC).writing():
        second = rehearsal("run", "--force")
    hold(second.code == 6, "of two runs at once, the second is told so", second)


def new_release(rehearsal: Rehearsal, folder: Path) -> None:
    """One that appears on the index comes out as a page, an entry of the feed, a badge and an announcement."""
    published = folder / "published"
    shutil.copytree(rehearsal.data, published)
    rehearsal.index.add(NEW)
    for _ in range(2):  # the second time, nothing is new
        shards = rehearsal.planned()
        shutil.rmtree(rehearsal.folder / "artifacts", ignore_errors=True)
        done = rehearsal.merged(rehearsal.fanned_out(shards)) if shards else None
        hold(done is None or done.code == 0, "a new release is measured and merged", done)
        hold(Store(rehearsal.data, ANTHROPIC).releases().keys() >= {NEW.version}, f"{NEW.version} is in the data")
    gate = rehearsal("gate", "--published", published, "--accept", "moved flaky", "--record")
    hold(gate.code == 0, "the gate lets it pass", gate)
    said = rehearsal("announce", "--published", published, "--format", "markdown")
    hold(said.code == 0 and NEW.version in said.out, "it is announced", said)
    issues = rehearsal.folder / "issues.json"
    rehearsal("announce", "--published", published, "--output", f"issues={issues}")
    wanted = json.loads(issues.read_text(encoding="utf-8"))
    hold(any(NEW.version in issue["title"] for issue in wanted), "an issue is wanted for its behaviour")
    again = rehearsal(
        "announce", "--published", published, "--opened", issues, "--output", f"issues={rehearsal.folder / 'none.json'}"
    )
    left = rehearsal.folder / "none.json"
    hold(not left.exists() or not json.loads(left.read_text(encoding="utf-8")), "and not twice", again)
    quiet = rehearsal("announce", "--published", rehearsal.data)
    hold((0, "") == (quiet.code, quiet.out.strip()), "where nothing moved, nothing is said", quiet)
    site = folder / "site"
    built = rehearsal("report", "--site", site)
    hold(built.code == 0, "the site is built", built)
    hold((site / "releases" / NEW.version / "index.html").is_file(), "it has a page")
    hold(f":{NEW.version}</id>" in (site / "changes" / "atom.xml").read_text(encoding="utf-8"), "an entry of the feed")
    badges = site / "api" / "v1" / "badges"
    newest = (badges / "newest.json").read_bytes()
    hold(newest == (badges / f"{NEW.version}.json").read_bytes(), "and the badge of the newest release")
    hold(rehearsal("stale", "--max-age", "3d").code == 0, "the last good run is of today")


def begun(artifact: Path) -> bool:
    """Whether a shard has finished a cell."""
    return record_path(artifact).is_file() and bool(read(record_path(artifact), RECORD, ShardRecord).cells)


def finish(process: Popen[str]) -> Done:
    """Wait for a command."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return Done(process.returncode, out, err)


_BEGAN = time.monotonic()


def hold(held: bool, what: str, done: Done | None = None) -> None:
    """Say that something held; else what came instead, and leave."""
    print(f"{time.monotonic() - _BEGAN:6.1f} s  {'ok  ' if held else 'FAIL'}  {what}", flush=True)
    if not held:
        if done is not None:
            print(f"exit {done.code}\n{done.out}\n{done.err}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
