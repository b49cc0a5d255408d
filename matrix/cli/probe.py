"""`matrix probe`: play the suite against the SDK in an existing environment."""

from pathlib import Path

import click
import msgspec

from matrix.catalogue.suite import SuitePart
from matrix.cli import arguments, options
from matrix.cli.tables import table
from matrix.cli.terminal import give_document, say, say_block
from matrix.errors import UsageError
from matrix.harness import measure
from matrix.harness.player import ProbeRun, Settings
from matrix.harness.sandbox import Confinement
from matrix.model import Cell, Lane
from matrix.observation import Call, Outcome, differences
from matrix.schema import encode
from matrix.store.store import Store
from matrix.targets.target import Target
from matrix.verdicts import verdict


@click.command("probe")
@click.option(
    "--python", "program", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH", help="The interpreter that has the SDK installed.",
)  # fmt: skip
@options.scenarios
@options.surfaces
@arguments.form
@options.deadline
@options.sandbox
@click.pass_obj
def probe_command(
    store: Store,
    program: Path,
    scenarios: tuple[str, ...],
    surfaces: tuple[str, ...],
    form: str,
    deadline: float | None,
    confinement: Confinement,
) -> None:
    """Play the suite against the SDK in your own environment.

    Measures a fork, a branch or any installed release, and records nothing. If the same version is in the committed
    data, prints the observations that differ.
    """
    # Surfaces that need an extra are played only if they are named: the environment may lack the extra.
    target = store.target
    arguments.require_python_package(target, "matrix probe")
    extras = ("", *target.suite.extras) if surfaces else ("",)
    part = SuitePart(verdict.add_controls(target, scenarios), surfaces)
    calls = [call for extra in extras for call in target.suite.calls(part, extra)]
    played = measure.probe(target, program.absolute(), calls, Settings(deadline=deadline), confinement, _warn)
    if form == "json":
        give_document(_as_json(target, played))
        return
    hello = played.hello
    version = hello.distributions.get(target.package) if hello else None
    if played.cannot_import or hello is None:
        raise UsageError(
            f"{program} can't import {target.module}: {played.cannot_import}",
            f"Install the SDK there: `uv pip install --python {program} {target.package}`.",
        )
    if played.failure is not None:
        raise UsageError(
            f"{target.package} {version} can't be played: {played.failure.reason}",
            "See which call it happens in: play fewer with `--scenario` and `--surface`.",
        )
    say(f"{target.package} {version}, {hello.implementation} {hello.python}: {len(played.behaviour)} calls played.")
    say_block(table(target, played.behaviour, scenarios or ("clean", *target.suite.telling)))
    supported = {call.surface for call, seen in played.behaviour.items() if seen.outcome is not Outcome.UNSUPPORTED}
    missing = dict.fromkeys(call.surface for call in played.behaviour if call.surface not in supported)
    if missing:
        say(f"This release lacks {', '.join(missing)}.")
    if version:
        _compare(store, Cell(version, Lane.TODAY, ".".join(hello.python.split(".")[:2])), played)


def _warn(what: str) -> None:
    say(f"{what} docs/trust.md describes the remaining risks.", err=True)


def _compare(store: Store, cell: Cell, played: ProbeRun) -> None:
    """Print how the observations differ from the committed data of the same version."""
    known = store.result(cell)
    if known is None or known.suite != store.target.digest:
        say(f"Nothing can be compared: the committed data has no result for {cell} with this suite.")
        return
    calls = {call: known.behaviour[call] for call in played.behaviour if call in known.behaviour}
    different = differences(calls, played.behaviour)
    pins = {f"{name}=={version}" for name, version in played.hello.distributions.items()} if played.hello else set()
    other_pins = [pin for pin in (known.lock.pins if known.lock else ()) if pin not in pins]
    if other_pins:
        say(f"Dependencies differ from the committed lock, which has {', '.join(other_pins)}.")
    if different:
        say(
            f"{len(different)} of {len(played.behaviour)} observations differ from the committed {cell}:",
        )
        _print_calls(different)
    else:
        say(f"All {len(played.behaviour)} observations equal the committed {cell}.")


def _print_calls(calls: list[Call]) -> None:
    for call in calls[:10]:
        say(f"  {call}")
    if len(calls) > 10:
        say(f"  and {len(calls) - 10} more")


def _as_json(target: Target, played: ProbeRun) -> str:
    document = {
        "environment": played.hello,
        "cannot_import": played.cannot_import,
        **({"failure": played.failure} if played.failure else {}),
        "suite": target.digest,
        "observations": [
            {"surface": call.surface, "scenario": call.scenario, "observation": observation}
            for call, observation in played.behaviour.items()
        ],
    }
    return encode(msgspec.to_builtins(document))
