"""`matrix verify`: check that the data is complete and unaltered, and who signed it."""

import re
from pathlib import Path

import click

from matrix.cli.data_folder import refuse_shipped
from matrix.cli.terminal import say
from matrix.errors import StoreCorrupt, UsageError
from matrix.harness import upkeep
from matrix.store import migration, root, signature
from matrix.store.documents import JUDGEMENTS, RESTORE
from matrix.store.store import Store
from matrix.system.text import counted

_CONTINUE = "No result is lost. Run the interrupted command again: it continues, and removes the leftovers."


def _repository(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", value):
        raise UsageError(f"{value!r} is not a repository.", "Write it as OWNER/NAME, as in its address on GitHub.")
    return value


@click.command("verify")
@click.option("--judge", is_flag=True, help="Write the derived judgements again by the rules of this program.")
@click.option(
    "--signed", "repository", metavar="OWNER/NAME", callback=_repository,
    help="Also check that the workflow of this repository on GitHub signed the data.",
)  # fmt: skip
@click.option(
    "--trust-root", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="With --signed: trust the certificates and keys in this file instead of Sigstore's.",
)  # fmt: skip
@click.option(
    "--offline", is_flag=True,
    help="With --signed: use Sigstore's trust root as it is cached, and fetch no newer one.",
)  # fmt: skip
@click.pass_obj
def verify_command(store: Store, judge: bool, repository: str | None, trust_root: Path | None, offline: bool) -> None:
    """Check that the data is complete and unaltered.

    Recomputes every digest, follows every reference, and judges every behaviour again.

    With --signed, also checks who published the data: the workflow matrix.yml of that repository, on its main branch,
    must have signed the root digest through Sigstore. Exits with 15 if it did not. Needs the extra `signed`, and the
    network to fetch Sigstore's trust root, unless --offline or --trust-root is given.
    """
    if repository is None and (trust_root is not None or offline):
        raise UsageError(
            "--trust-root and --offline belong to --signed.", "Name the repository: `--signed OWNER/NAME`."
        )
    if judge:
        refuse_shipped(store, "verify --judge")
    folder = store.folder
    if not folder.is_dir():
        raise StoreCorrupt(
            f"The folder {folder} does not exist.", "Run this in a checkout, or name the folder with --data."
        )
    migration.require_current(store)
    problems = store.verify()
    if judge and problems == [root.MISSING]:  # an earlier `--judge` was interrupted; this one records it
        problems = []
    for problem in problems:
        say(problem, err=True)
    if problems:
        if not store.verify(tidy=False):
            raise StoreCorrupt(f"{folder} has leftovers of an interrupted run.", _CONTINUE)
        raise StoreCorrupt(f"{folder} was altered or is incomplete.", RESTORE)
    if judge:
        upkeep.update_judgements(store)
        upkeep.tidy(store)
    elif wrong := upkeep.find_outdated_judgements(store):
        raise StoreCorrupt(
            f"{folder}/{JUDGEMENTS} differs from this program's rules on {counted(len(wrong), 'behaviour')}.",
            "Write the judgements again: `matrix verify --judge`.",
        )
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    say(
        f"{folder} is valid: {len(store.cells())} cells, {len(files)} files, {size / 1e6:.2f} MB, every digest matches."
    )
    if repository is not None:
        signed = signature.verify(folder, repository, trust_root, offline=offline)
        workflow = f"{signature.WORKFLOW} of {repository}"
        say(f"The workflow {workflow} signed it on its main branch: {signed:%Y-%m-%d %H:%M} UTC.")
