"""`matrix gate`: decide whether the data may replace the published data."""

import sys
from pathlib import Path

import click
import msgspec

from matrix.cli import service
from matrix.cli.data_folder import refuse_shipped
from matrix.cli.documents import document
from matrix.cli.freshness import today
from matrix.cli.terminal import say
from matrix.errors import GateRefused, UsageError, did_you_mean
from matrix.releases.selection import newest_version
from matrix.schema import encode
from matrix.service import gate, snapshots
from matrix.service import gate_text as formats
from matrix.service.holding import name_held
from matrix.service.issues import select_unopened
from matrix.store import last_run
from matrix.store.store import Store


def _rules(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    named = [word for value in values for word in value.replace(",", " ").split()]
    if unacceptable := [rule for rule in named if rule in gate.NEVER]:
        raise UsageError(
            f"The rule {unacceptable[0]!r} can't be accepted.",
            "Data that this rule refuses can't be trusted. Measure it again: `matrix run --force`.",
        )
    for rule in named:
        if rule not in gate.RULES:
            hint = f"{did_you_mean(rule, gate.RULES)} Rules are {', '.join(gate.RULES)}."
            raise UsageError(f"The gate has no rule {rule!r}.", hint.strip())
    return tuple(dict.fromkeys(named))


@click.command("gate")
@service.published
@click.option(
    "--moved-at-most", type=click.FloatRange(0, 1), default=gate.MOVED_AT_MOST, show_default=True, metavar="SHARE",
    help="The largest share of verdicts that may change at once, on the main calls of releases in both data folders.",
)  # fmt: skip
@click.option(
    "--flaky-at-most", type=click.FloatRange(0, 1), default=gate.FLAKY_AT_MOST, show_default=True, metavar="SHARE",
    help="The largest share of observations that may be flaky or lost by the harness.",
)  # fmt: skip
@click.option(
    "--accept", multiple=True, metavar="RULE", callback=_rules,
    help="Accept the data even if this rule fails; repeatable, or several rules separated by spaces.",
)  # fmt: skip
@click.option(
    "--record", is_flag=True,
    help="If the data passes, withdraw what is held back, and record today as the day of the last good run.",
)  # fmt: skip
@service.opened
@click.option("--run-url", metavar="URL", default="", help="The address of this run, for the text of the issue.")
@service.forms
@click.pass_obj
def gate_command(
    store: Store,
    published: Path,
    moved_at_most: float,
    flaky_at_most: float,
    accept: tuple[str, ...],
    record: bool,
    opened: Path | None,
    run_url: str,
    form: str,
    files: tuple[tuple[str, Path], ...],
) -> None:
    """Decide whether the data may replace the published data.

    Prints the id of each failed rule, the reason, and what to do. Exits with 13 if a rule fails. A single release whose
    results are suspicious is held back, and the rules judge the rest. `--output issues=FILE` writes the issues to open
    for a refusal, without those that are open already.

    \b
    Rules: published, store, controls, suite, coverage, vanished, moved, evidence, cause, flaky.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    if record:
        refuse_shipped(store, "gate --record")
    judgement = gate.judge_each_release(
        store.target,
        snapshots.read_snapshot(store.target, snapshots.require_folder(published)),
        snapshots.read_snapshot(store.target, store.folder),
        moved_at_most=moved_at_most,
        flaky_at_most=flaky_at_most,
        accept=accept,
    )
    issues = select_unopened(formats.refusal_issues(store.target, judgement, run_url), service.read_opened(opened))
    service.emit(
        form,
        files,
        {
            "text": lambda: formats.render_text(judgement),
            "markdown": lambda: formats.render_markdown(store.target, judgement),
            "json": lambda: document(judgement),
            "issues": lambda: encode(msgspec.to_builtins(issues)),
        },
    )
    if judgement.refused:
        sys.stdout.flush()
        rules = ", ".join(ruling.rule for ruling in judgement.refused)
        raise GateRefused(
            f"The gate refused the new data by these rules: {rules}. The published data is unchanged.",
            "Read the report above. To publish the new data anyway, repeat the command with "
            f"--accept '{rules.replace(',', '')}'.",
        )
    if record:
        snapshots.withdraw(store, Store(published, store.target), judgement.held_back)
        releases, before = store.releases(), last_run.read(store.folder)
        measured = {cell.version for cell in store.cells()}
        held_back = name_held(judgement.held_back, before.held if before else {}, measured)
        newest = newest_version(releases, store.target.runtime)
        record_file = last_run.record(store.folder, today(), store.target.digest, len(releases), newest, held_back)
        say(f"Recorded today as the day of the last good run in {record_file}.", err=True)
