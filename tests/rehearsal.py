"""The whole service on this machine: the steps of `matrix.yml` with miniature releases, and with faults.

    nox -s rehearsal

I/O, in a temporary folder. Plan; shards in processes and folders of their own; merge, gate, announcement, site; each
fault, and its required effect. A program and no test: it prints a line for each check that holds, and exits with 1 at
the first that does not.
"""

import datetime as dt
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

from matrix.observation import Outcome
from matrix.service.artifact import RECORD, ShardRecord, record_path
from matrix.store import last_run
from matrix.store.envelope import read
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests import rehearsal_of_targets
from tests.conftest import isolated
from tests.miniature.drive import Done, Matrix, processes_with, snapshot, wait_until
from tests.miniature.index import Index, wheel
from tests.miniature.releases import LEAF, NEWER_LEAF, NEWER_TWIG, RELEASES, TWIG, UPLOADED, Miniature
from tests.support.damages import DAMAGES

WRITES_LINES = """
import os
def write(self):
    for number in range(1, 64):
        try:
            os.write(number, b'{"call": 0, "seen": {"outcome": "completed"}}\\n' * 3000)
        except OSError:
            pass
Client.before_call = write
"""
"""Source of a release that writes 3,000 observations to every open file in each call."""

SHARDS = 2
"""The number of shards; the damages change two."""
PATIENCE = 200.0
"""Seconds for one command: a release that hangs on its import is slow."""

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
"""Releases of most kinds, among them some that hang and some that start processes of their own."""

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
"""A release that forks, fills the disk as far as possible, and fails as a program without disk space does."""

NEW = Miniature("9.9.0", RELEASES["raises_documented"].entry)
"""A release that appears while the service runs, and behaves differently from the one before."""


HARMLESS = Miniature("9.5.0", RELEASES["raises_documented"].entry)
"""A release that appears together with hostile ones, and is to be measured and published whatever they do."""

HOSTILE: dict[str, tuple[tuple[str, ...], bool]] = {
    "raises on import": (("raise RuntimeError('no')",), False),
    "writes 3,000 lines in the name of the probe": ((RELEASES["raises_documented"].entry + WRITES_LINES,), True),
    "never ends": ((RELEASES["always_hangs"].entry,), True),
    "two cannot be installed": (("", ""), False),
}
"""Attack to the entries of the newest releases, and whether they are held back; no entry stands for a damaged wheel."""


class Rehearsal:
    """The data folder of a repository, an index, and the commands that run on them.

    Args:
        folder: The folder of all files.
        index: The index that lists the releases.
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
        """Plan, and list the shards that GitHub would start."""
        done = self("plan", "--shards", str(SHARDS), "--format", "github", "--output", self.plan, *arguments)
        assert_step(done.code == 0, "plan", done)
        return [job["shard"] for job in json.loads(done.out)["include"]]

    def start(self, shard: str) -> Popen[str]:
        """Start a shard, which gets the data, the plan, and a folder of its own."""
        return self.matrix.start(
            "run", "--plan", self.plan, "--shard", shard, "--artifact", self.artifact(shard), "--jobs", "2", part=True
        )

    def artifact(self, shard: str) -> Path:
        """Return the folder in which a shard leaves its measurements."""
        return self.folder / "artifacts" / shard.partition("/")[0]

    def fanned_out(self, shards: list[str]) -> list[Path]:
        """Measure shards at once, each in a process of its own."""
        running = {shard: self.start(shard) for shard in shards}
        for shard, process in running.items():
            done = finish(process)
            assert_step(done.code == 0, f"shard {shard}", done)
        return [self.artifact(shard) for shard in shards]

    def merged(self, folders: list[Path], *arguments: str) -> Done:
        """Merge artifacts."""
        return self("merge", "--plan", self.plan, *arguments, *folders)


def main() -> None:
    """Rehearse all steps in the order of the workflow, then the faults."""
    with tempfile.TemporaryDirectory(prefix="midstream-rehearsal-") as made:
        folder = Path(made)
        cache = folder / "cache"
        with isolated(cache, folder):
            service(folder, cache)
    print("The service works.")


def service(folder: Path, cache: Path) -> None:
    """Rehearse the service in a folder."""
    for day, miniature in enumerate((GREEDY, NEW)):
        UPLOADED[miniature] = max(UPLOADED.values()).replace(hour=day)
    index = Index(folder / "index")
    index.add(LEAF, TWIG, *(RELEASES[kind] for kind in KINDS), GREEDY, NEWER_LEAF, NEWER_TWIG)
    rehearsal = Rehearsal(folder / "service", index)

    shards = rehearsal.planned()
    assert_step(
        [f"{number}/{SHARDS}" for number in range(1, SHARDS + 1)] == shards, "the plan divides the cells among shards"
    )
    killed = rehearsal.start(shards[0])
    wait_until(lambda: begun(rehearsal.artifact(shards[0])), "the first cell of a shard", PATIENCE)
    os.killpg(killed.pid, signal.SIGKILL) if os.getpgid(killed.pid) == killed.pid else killed.kill()
    killed.communicate()
    others = rehearsal.fanned_out(shards[1:])
    refused = rehearsal.merged([rehearsal.artifact(shards[0]), *others])
    assert_step(
        refused.code != 0 and not rehearsal.data.exists(), "the artifact of a killed shard is not merged", refused
    )
    partial = rehearsal.merged([rehearsal.artifact(shards[0]), *others], "--partial")
    assert_step(
        "missing:" in partial.out and rehearsal.data.exists(), "with --partial, the other shards are merged", partial
    )
    shutil.rmtree(rehearsal.data)
    folders = rehearsal.fanned_out(shards[:1]) + others
    assert_step(True, "the same command continues where the shard was killed")
    assert_step(not processes_with(cache), "no process of any release remains")

    for damage in DAMAGES:
        refuse(rehearsal, folders, damage)

    done = rehearsal.merged(folders)
    assert_step(done.code == 0, "valid artifacts are merged", done)
    whole = Rehearsal(folder / "whole", index)
    assert_step(whole("refresh", "--index", index.address).code == 0, "the index is refreshed")
    forced = whole("run", "--force")
    assert_step(forced.code == 0, "one run over the same releases", forced)
    single, sharded = snapshot(whole.data), snapshot(rehearsal.data)
    differing = sorted(name for name in single.keys() | sharded.keys() if single.get(name) != sharded.get(name))
    where = f"; they differ in {', '.join(differing)}" if differing else ""
    assert_step(not differing, f"{SHARDS} shards and one run give the same bytes{where}")
    assert_step([] == Store(rehearsal.data, ANTHROPIC).verify(), "every digest is right")
    assert_step([] == rehearsal.planned("--no-refresh-today"), "the next plan is empty")

    faults_of_the_index(rehearsal, folder)
    two_at_once(rehearsal, folders)
    new_release(rehearsal, folder)
    hostile_releases(folder / "hostile")
    rehearsal_of_targets.rehearse(folder / "two", assert_step)
    assert_step(not processes_with(cache), "no process of any release remains")


def refuse(rehearsal: Rehearsal, folders: list[Path], damage: Callable[[Path], None]) -> None:
    """Damage copies of artifacts, merge them, and check that the merge is refused."""
    damaged = rehearsal.folder / "damaged"
    shutil.rmtree(damaged, ignore_errors=True)
    for folder in folders:
        shutil.copytree(folder, damaged / folder.name)
    shutil.copyfile(rehearsal.plan, damaged / "plan.json")
    damage(damaged)
    done = rehearsal.merged([damaged / folder.name for folder in folders])
    assert_step(done.code != 0 and not rehearsal.data.exists(), f"refused: {damage.__name__.replace('_', ' ')}", done)


def faults_of_the_index(rehearsal: Rehearsal, folder: Path) -> None:
    """Plan with an index that fails and with one that lacks releases: no plan is made, and no data is lost."""
    before = snapshot(rehearsal.data)
    rehearsal.plan.unlink()
    gone = rehearsal("plan", "--output", rehearsal.plan, "--index", (folder / "nowhere").as_uri())
    assert_step(gone.code == 11 and not rehearsal.plan.exists(), "an index that fails gives no plan", gone)
    fewer = Index(folder / "fewer")
    fewer.add(LEAF, RELEASES["raises_200"])
    forgetful = rehearsal("plan", "--output", rehearsal.plan, "--index", fewer.address)
    assert_step(
        forgetful.code == 11 and not rehearsal.plan.exists(),
        "an index that lists fewer releases gives no plan",
        forgetful,
    )
    assert_step(before == snapshot(rehearsal.data), "no data is lost")


def two_at_once(rehearsal: Rehearsal, folders: list[Path]) -> None:
    """Write the same data from two processes: the second is refused."""
    rehearsal.planned("--force", "--no-refresh-today")
    with Store(rehearsal.data, ANTHROPIC).writing():
        second = rehearsal("run", "--force")
    assert_step(second.code == 6, "of two runs at once, the second is refused", second)


def new_release(rehearsal: Rehearsal, folder: Path) -> None:
    """Publish a new release: it gets a page, an entry of the feed, a badge and an announcement."""
    published = folder / "published"
    shutil.copytree(rehearsal.data, published)
    rehearsal.index.add(NEW)
    for _ in range(2):  # the second time, no release is new
        shards = rehearsal.planned()
        shutil.rmtree(rehearsal.folder / "artifacts", ignore_errors=True)
        done = rehearsal.merged(rehearsal.fanned_out(shards)) if shards else None
        assert_step(done is None or done.code == 0, "a new release is measured and merged", done)
        assert_step(
            Store(rehearsal.data, ANTHROPIC).releases().keys() >= {NEW.version}, f"{NEW.version} is in the data"
        )
    gate = rehearsal("gate", "--published", published, "--accept", "moved flaky", "--record")
    assert_step(gate.code == 0, "the gate accepts the release", gate)
    announced = rehearsal("announce", "--published", published, "--format", "markdown")
    assert_step(announced.code == 0 and NEW.version in announced.out, "the release is announced", announced)
    issues = rehearsal.folder / "issues.json"
    rehearsal("announce", "--published", published, "--output", f"issues={issues}")
    to_open = json.loads(issues.read_text(encoding="utf-8"))
    assert_step(any(NEW.version in issue["title"] for issue in to_open), "the behaviour of the release gets an issue")
    again = rehearsal(
        "announce", "--published", published, "--opened", issues, "--output", f"issues={rehearsal.folder / 'none.json'}"
    )
    left = rehearsal.folder / "none.json"
    assert_step(
        not left.exists() or not json.loads(left.read_text(encoding="utf-8")), "the issue is not opened twice", again
    )
    quiet = rehearsal("announce", "--published", rehearsal.data)
    assert_step((0, "") == (quiet.code, quiet.out.strip()), "without a change, there is no announcement", quiet)
    site = folder / "site"
    built = rehearsal("report", "--site", site)
    assert_step(built.code == 0, "the site is built", built)
    assert_step((site / "releases" / NEW.version / "index.html").is_file(), "the release has a page")
    assert_step(
        f":{NEW.version}</id>" in (site / "changes" / "atom.xml").read_text(encoding="utf-8"),
        "the feed has an entry of the release",
    )
    badges = site / "api" / "v1" / "badges"
    newest = (badges / "newest.json").read_bytes()
    assert_step(
        newest == (badges / f"{NEW.version}.json").read_bytes(),
        "the badge of the newest release is that of the release",
    )
    assert_step(rehearsal("stale", "--max-age", "3d").code == 0, "the day of the last good run is today")


def hostile_releases(folder: Path) -> None:
    """Publish a harmless release together with newer hostile releases: it is measured and published each time."""
    known = RELEASES["raises_documented"], RELEASES["raises_200"]
    UPLOADED[HARMLESS] = max(UPLOADED.values()) + dt.timedelta(hours=1)
    for attack, (entries, is_held) in HOSTILE.items():
        index = Index(folder / attack / "index")
        index.add(LEAF, *known, NEWER_LEAF)
        rehearsal = Rehearsal(folder / attack / "service", index)
        done = rehearsal.merged(rehearsal.fanned_out(rehearsal.planned()))
        assert_step(done.code == 0, f"{attack}: two releases are published", done)
        published = Path(shutil.copytree(rehearsal.data, folder / attack / "published"))
        shutil.rmtree(rehearsal.folder / "artifacts")
        index.add(HARMLESS)
        versions = [f"9.9.{number}" for number, _ in enumerate(entries)]
        for version, entry in zip(versions, entries, strict=True):
            miniature = Miniature(version, entry or "pass")
            data = wheel(miniature) if entry else damaged_wheel(miniature)
            index.add_file(miniature, data, UPLOADED[HARMLESS])
        hostile_release(rehearsal, published, attack, versions if is_held else [])
        assert_step(
            Store(rehearsal.data, ANTHROPIC).releases().keys() >= {*versions}, f"{attack}: the catalogue has it"
        )


def hostile_release(rehearsal: Rehearsal, published: Path, attack: str, held: list[str]) -> None:
    """Play the service once after the hostile releases appeared, and check what is published."""
    merged = rehearsal.merged(rehearsal.fanned_out(rehearsal.planned()))
    assert_step(merged.code == 0, f"{attack}: every cell has a result", merged)
    gate = rehearsal("gate", "--published", published, "--record")
    assert_step(gate.code == 0, f"{attack}: the gate accepts the rest", gate)
    store, before = Store(rehearsal.data, ANTHROPIC), Store(published, ANTHROPIC).cells()
    cells = store.cells()
    assert_step(before.items() <= cells.items(), f"{attack}: what was published stays")
    harmless = [stored.outcome for cell, stored in cells.items() if cell.version == HARMLESS.version]
    assert_step([Outcome.COMPLETED] * 2 == harmless, f"{attack}: {HARMLESS.version} is measured in both lanes")
    recorded = sorted({f"{stored.outcome}" for cell, stored in cells.items() if cell.version.startswith("9.9.")})
    run = last_run.read(rehearsal.data)
    named = sorted(run.held) if run else []
    assert_step(held == named and bool(recorded) != bool(held), f"{attack}: recorded {recorded}, held back {named}")
    assert_step([] == store.verify(), f"{attack}: every digest is right")
    announced = rehearsal("announce", "--published", published, "--format", "markdown")
    assert_step(HARMLESS.version in announced.out, f"{attack}: {HARMLESS.version} is announced", announced)
    site = rehearsal.folder / "site"
    built = rehearsal("report", "--site", site)
    assert_step(built.code == 0, f"{attack}: the site is built", built)
    page = (site / "index.html").read_text(encoding="utf-8")
    assert_step(
        all(f"results of {version} are not published" in page for version in held), f"{attack}: the page says so"
    )
    assert_step(
        (site / "releases" / HARMLESS.version / "index.html").is_file(), f"{attack}: {HARMLESS.version} has a page"
    )


def damaged_wheel(miniature: Miniature) -> bytes:
    """Return a wheel that says that it is of version 9, which no program installs."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel(miniature))) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            data = source.read(name).replace(b"Wheel-Version: 1.0", b"Wheel-Version: 9.0")
            target.writestr(zipfile.ZipInfo(name), data)
    return made.getvalue()


def begun(artifact: Path) -> bool:
    """Tell whether a shard has measured a cell."""
    return record_path(artifact).is_file() and bool(read(record_path(artifact), RECORD, ShardRecord).cells)


def finish(process: Popen[str]) -> Done:
    """Wait for a command."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return Done(process.returncode, out, err)


_BEGAN = time.monotonic()


def assert_step(succeeded: bool, what: str, done: Done | None = None) -> None:
    """Print the result of a step; after a failure, print the command's output and exit."""
    print(f"{time.monotonic() - _BEGAN:6.1f} s  {'ok  ' if succeeded else 'FAIL'}  {what}", flush=True)
    if not succeeded:
        if done is not None:
            print(f"exit {done.code}\n{done.out}\n{done.err}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
