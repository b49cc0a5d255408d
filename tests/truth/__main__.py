"""Runs programs on real releases, and compares what happened with what `matrix scan` claims of them.

    nox -s scan-truth [-- --target ID --release VERSION... --rows FILE PROGRAM...]

I/O: installs each release from its committed lock. Prints each contradiction, and a table of the releases. Ends with 1
if a claim contradicts what happened, or if too many claims are undecided.
"""

from pathlib import Path

import click
import msgspec

from tests.truth.campaign import MOST_UNDECIDED, Row, count, judge_entry, judge_others, passes
from tests.truth.cells import Trial, find_cell, newest, run
from tests.truth.claims import claim
from tests.truth.comparison import Agreement
from tests.truth.program import read_programs
from tests.truth.subject import SUBJECTS, Subject


@click.command()
@click.argument("programs", nargs=-1)
@click.option("--target", "id_", type=click.Choice(tuple(SUBJECTS)), default="anthropic", help="Default: anthropic.")
@click.option("--release", "versions", multiple=True, help="Default: those of the target, and the newest.")
@click.option("--rows", type=click.Path(dir_okay=False, path_type=Path), help="Write each claim as a line of JSON.")
def main(programs: tuple[str, ...], id_: str, versions: tuple[str, ...], rows: Path | None) -> None:
    """Compare programs, or all, with the claims of the scan."""
    subject = SUBJECTS[id_]
    chosen = versions or tuple(dict.fromkeys((*subject.releases, newest(subject))))
    try:
        read_programs(subject, programs)
        for version in chosen:
            find_cell(subject, version)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    compared = {}
    for version in chosen:
        compared[version] = play(subject, version, programs)
        for row in compared[version]:
            if row.agreement is Agreement.CONTRADICTS:
                click.echo(f"{version}: {row}")
    if rows is not None:
        lines = ({"release": version, **msgspec.to_builtins(row)} for version in compared for row in compared[version])
        rows.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    click.echo(f"{'release':10}{'agree':>8}{'undecided':>12}{'':8}{'contradict':>12}")
    for version, each in compared.items():
        click.echo(version_line(version, each))
    if not all(passes(count(each)) for each in compared.values()):
        click.echo(f"A claim contradicts what happened, or more than {MOST_UNDECIDED:.0%} are undecided.")
        raise SystemExit(1)


def play(subject: Subject, version: str, names: tuple[str, ...] = ()) -> list[Row]:
    """Run programs on a release in every scenario, and judge each claim about them.

    Args:
        subject: The target.
        version: The release.
        names: The names of the programs; none for all.
    """
    measured = find_cell(subject, version)
    programs = [program for program in read_programs(subject, names) if program.entries_on(version)]
    claims = claim(subject, measured)
    trials = [
        Trial(program.name, entry, scenario, measured.lacks(program.without))
        for program in programs
        for entry in program.entries_on(version)
        for scenario in subject.scenarios
    ]
    happened = run(subject, measured.lock, trials)
    rows = []
    for program in programs:
        rows += judge_others(program, claims[program.name])
        for entry in program.entries_on(version):
            own = {
                trial.scenario: each
                for trial, each in happened.items()
                if (trial.program, trial.entry) == (program.name, entry)
                if entry not in program.plain or not subject.target.catalogue[trial.scenario].in_stream
            }
            rows += judge_entry(program, entry, claims[program.name], own, subject.main_only)
    return rows


def version_line(version: str, rows: list[Row]) -> str:
    """Sum up the rows of a release in one line of the table."""
    counts = count(rows)
    undecided = counts[Agreement.UNDECIDED]
    share = f"({undecided / max(len(rows), 1):.1%})"
    return f"{version:10}{counts[Agreement.AGREES]:8}{undecided:12}{share:>8}{counts[Agreement.CONTRADICTS]:12}"


if __name__ == "__main__":
    main()
