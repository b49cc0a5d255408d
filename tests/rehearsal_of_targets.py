"""The steps of `matrix.yml` for two targets in miniature, with an index, a shard and a gate that fail for one of them.

I/O, in a temporary folder. A part of the rehearsal: every step is the script of the workflow, in a process of its own.
"""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature.drive import PLAYS_A_PART, PYTHON, Done, snapshot
from tests.miniature.index import Index
from tests.miniature.releases import LEAF, NEWER_LEAF, RELEASES, UPLOADED, Miniature
from tests.support.paths import ROOT
from tests.targets.acme import ACME
from tests.targets.test_second_target import DROPS_ERRORS, SDK, AcmeWheel

PROGRAM: Final = f"""{PLAYS_A_PART}
import sys
if "acme" in sys.argv:
    suite.WHOLE = suite.SuitePart()
from matrix.targets import ANTHROPIC, TARGETS
from tests.targets.acme import ACME
TARGETS.clear()
TARGETS.update({{target.id: target for target in (ANTHROPIC, ACME)}})
main()
"""
"""The program `matrix` for two targets, of which it plays a part and five scenarios."""

SCRIPT: Final = f"""
import sys
sys.path.insert(0, {str(ROOT / ".github" / "service")!r})
import targets
sys.exit(targets.main(sys.argv[1:], (sys.executable, "-c", {PROGRAM!r})))
"""
"""The script of the workflow with that program."""

NEW: Final = Miniature("9.9.0", RELEASES["raises_documented"].entry)
ACMES: Final = tuple(
    AcmeWheel(version=version, entry=entry, name=ACME.package)
    for version, entry in {"1.0.0": SDK, "1.1.0": SDK + DROPS_ERRORS}.items()
)
PATIENCE: Final = 200.0

Check = Callable[[bool, str, Done | None], None]
"""Prints whether a step succeeded; exits with the output of a command if not."""


class Services:
    """The data of two targets, their index, and the script.

    Args:
        folder: The folder of the checkout.
        index: The index of the releases of both.
        check: Checks a step.
    """

    def __init__(self, folder: Path, index: Index, check: Check) -> None:
        self.folder = folder
        self.check = check
        self._index = index
        self._environment = os.environ | {"PYTHONPATH": str(ROOT), "ACCEPT": "published moved flaky"}

    def data(self, target: str) -> Path:
        """Return the data folder of a target."""
        return self.folder / "reports" / "data" / target

    def bytes_of(self, target: str) -> dict[str, bytes]:
        """Read the data of a target, and the files next to it."""
        return {
            name: content
            for name, content in snapshot(self.folder / "reports" / "data").items()
            if name.startswith((f"{target}/", f"{target}."))
        }

    def start(self, program: str, arguments: Iterable[str | Path]) -> Done:
        """Run a program to its end, in the folder of the checkout."""
        command = [sys.executable, "-c", program, *map(str, arguments)]
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, timeout=PATIENCE
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def plan(self, what: str, failed: str, planned: set[str]) -> list[dict[str, Any]]:
        """Plan both targets, check which of them fail and which are measured, and return the jobs."""
        shutil.rmtree(self.folder / "plans", ignore_errors=True)
        shutil.rmtree(self.folder / "shards", ignore_errors=True)
        done = self.start(SCRIPT, ["plan", "plans", "--index", self._index.address, "--python", PYTHON])
        outputs = dict(line.split("=", 1) for line in done.out.splitlines())
        jobs: list[dict[str, Any]] = json.loads(outputs.get("matrix", '{"include": []}'))["include"]
        expected = (0, failed, planned)
        self.check(expected == (done.code, outputs.get("failed"), {job["target"] for job in jobs}), what, done)
        return jobs

    def measure(self, jobs: list[dict[str, Any]]) -> None:
        """Measure each shard into a folder of its own."""
        for number, job in enumerate(jobs):
            target, artifact = job["target"], Path("shards", f"shard.{job['target']}.{number}")
            where = ["--target", target, "run", "--plan", Path("plans", f"{target}.json"), "--shard", job["shard"]]
            done = self.start(PROGRAM, [*where, "--artifact", artifact, "--index", self._index.address])
            self.check(done.code == 0, f"{target}: shard {job['shard']} is measured", done)

    def publish(self, what: str, failed: str) -> None:
        """Publish both targets, and check which of them fail."""
        done = self.start(SCRIPT, ["publish", "plans", "shards", "published"])
        self.check((0, f"failed={failed}\n") == (done.code, done.out), what, done)

    def commit(self) -> None:
        """Let the data of now be what is published."""
        shutil.rmtree(self.folder / "published", ignore_errors=True)
        shutil.copytree(self.folder / "reports" / "data", self.folder / "published")

    def releases(self) -> set[str]:
        """Return the newest measured release of each target."""
        stores = Store(self.data("anthropic"), ANTHROPIC), Store(self.data("acme"), ACME)
        return {max(cell.version for cell in store.cells()) for store in stores}


def rehearse(folder: Path, check: Check) -> None:
    """Play two days of two targets, with an index that fails for one, and a shard that is damaged."""
    for number, wheel in enumerate((NEW, *ACMES)):
        UPLOADED[wheel] = max(UPLOADED.values()) + dt.timedelta(hours=number)
    index = Index(folder / "index")
    index.add(LEAF, RELEASES["raises_200"], NEWER_LEAF, ACMES[0])
    services = Services(folder / "targets", index, check)
    (services.folder / "published").mkdir(parents=True)

    services.measure(services.plan("two targets are planned", "", {"anthropic", "acme"}))
    services.publish("two targets are published", "")
    services.commit()

    index.add(NEW, ACMES[1])
    page = index.folder / "simple" / ACME.package
    hidden = page.rename(folder / "hidden")
    before = services.bytes_of("acme")
    jobs = services.plan("an index that fails for one target stops no other", "acme", {"anthropic"})
    services.measure(jobs)
    services.publish("the other target is published", "")
    check(
        {"9.9.0", "1.0.0"} == services.releases() and before == services.bytes_of("acme"), "its new release too", None
    )
    services.commit()

    hidden.rename(page)
    jobs = services.plan("the target is planned once its index answers", "", {"acme"})
    services.measure(jobs)
    artifacts = services.folder / "shards"
    whole = shutil.copytree(artifacts, folder / "whole")
    next(artifacts.glob("shard.acme.*/data/releases.json")).unlink()
    services.publish("a damaged shard stops no other target", "acme")
    check(before == services.bytes_of("acme"), "the published data of its target stays", None)
    shutil.rmtree(artifacts)
    whole.rename(artifacts)
    services.publish("with the whole shard, both are published", "")
    check({"9.9.0", "1.1.0"} == services.releases(), "each target has its new release", None)
    title = (services.folder / "title.txt").read_text(encoding="utf-8")
    issues = json.loads((services.folder / "issues.json").read_text(encoding="utf-8"))
    check("acme: 1 new release (1.1.0)" in title and "anthropic" not in title, "only what is new is announced", None)
    check(["acme 1.1.0: "] == [issue["title"][:12] for issue in issues], "the issue names its target", None)
    for command in ("verify", "stale"):
        done = services.start(SCRIPT, ["each", command])
        check(done.code == 0, f"`matrix {command}` succeeds for each target", done)
    done = services.start(PROGRAM, ["--data", services.data("anthropic"), "report", "--all-targets"])
    check(done.code == 0, "the site of both targets is built", done)
    site = services.folder / "reports" / "site"
    pages = (
        site / "releases" / "9.9.0" / "index.html",
        site / "targets" / "acme" / "releases" / "1.1.0" / "index.html",
    )
    check(all(path.is_file() for path in pages), "each target has its pages", None)
