"""Play the overloaded error inside a stream in a project's own environment. I/O: runs its interpreter, in a sandbox."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from matrix.catalogue.suite import SuitePart
from matrix.cli.terminal import say
from matrix.errors import ToolFailure
from matrix.harness import measure
from matrix.harness.player import ProbeRun, Settings
from matrix.harness.sandbox import Confinement
from matrix.model import Cell, Lane
from matrix.observation import NO_CALL, Call, Observation, differences
from matrix.store.store import Store
from matrix.system.text import one_line
from matrix.verdicts.wording import describe_observation

_PROGRAMS: Final = ("bin/python", "bin/python3", "Scripts/python.exe")
"""The interpreter of an environment, relative to its folder."""

_LONGEST: Final = 160
"""Characters of an exception's text."""


def play_overloaded(store: Store, environments: Iterable[str]) -> dict[str, str]:
    """Play one call in each environment; return a sentence on what its caller sees, by the environment.

    The call is the overloaded error inside a stream, on the first main surface that the installed release has.
    """
    warnings: dict[str, None] = {}
    said = {environment: _play(store, Path(environment), warnings) for environment in environments}
    for sentence in warnings:  # the same for each environment
        say(f"{sentence} docs/trust.md describes the remaining risks.", err=True)
    return said


def _play(store: Store, environment: Path, warnings: dict[str, None]) -> str:
    program = next((environment / name for name in _PROGRAMS if (environment / name).exists()), None)
    if program is None:
        return f"{environment.as_posix()} has no interpreter, so nothing was played."
    target = store.target
    calls = target.suite.calls(SuitePart((target.suite.headline,), target.suite.main))
    try:
        played = measure.probe(
            target,
            program.absolute(),
            calls,
            Settings(),
            Confinement.AUTO,
            lambda sentence: warnings.update({sentence: None}),
        )
    except ToolFailure as failure:
        return f"nothing was played in {environment.as_posix()}: {failure}"
    return f"in {environment.as_posix()}, {_describe(store, played)}"


def _describe(store: Store, played: ProbeRun) -> str:
    target, hello = store.target, played.hello
    if played.cannot_import or hello is None:
        return f"{target.module} can't be imported: {one_line(played.cannot_import, _LONGEST)}"
    if played.failure is not None:
        return f"the call can't be played: {one_line(played.failure.reason, _LONGEST)}"
    call = next((call for call, seen in played.behaviour.items() if seen.outcome not in NO_CALL), None)
    if call is None:
        return "no call of the installed release works."
    seen = played.behaviour[call]
    version = hello.distributions.get(target.package, "")
    text = f": {one_line(seen.exception.text, _LONGEST)}" if seen.exception is not None else ""
    agrees = _compare(store, Cell(version, Lane.TODAY, ".".join(hello.python.split(".")[:2])), call, seen)
    return f"{call.surface} of {version} gave {describe_observation(seen)}{agrees}{text}"


def _compare(store: Store, cell: Cell, call: Call, seen: Observation) -> str:
    """Say whether an observation equals the committed one of the same release; empty if there is none."""
    known = store.result(cell)
    if known is None or known.suite != store.target.digest or call not in known.behaviour:
        return ""
    differs = differences({call: known.behaviour[call]}, {call: seen})
    return ", unlike the data" if differs else ", as in the data"
