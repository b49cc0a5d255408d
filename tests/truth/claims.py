"""Turns the places that the scan finds in the programs into claims. I/O: lays the programs out, and reads them.

All programs are scanned together, as the files of one project whose lock names every package of the cell.
"""

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from matrix.observation import Behaviour
from matrix.scan.catches import Catch, PlaceRole
from matrix.scan.reading import scan_files
from matrix.scan.recorded import Recorded
from tests.truth.campaign import ClaimedPlace
from tests.truth.cells import Measured, list_installed
from tests.truth.comparison import Choice, Claim
from tests.truth.program import lay_out, read_programs
from tests.truth.subject import Subject

NO_CLAIM: Final = frozenset({PlaceRole.CLIENT, PlaceRole.STREAM})
"""The roles of code that catches nothing: what it says is no claim about how its function ends."""


def claim(subject: Subject, measured: Measured) -> dict[str, list[ClaimedPlace]]:
    """Scan every program for a release.

    Returns:
        The name of each program to its places, and to those of the files that are no programs: the function of such a
        place has the module before its name, as in `toolkit.retrying:patient`.
    """
    without = {program.name: program.without for program in read_programs(subject)}
    recorded: dict[tuple[str, ...], Recorded] = {}
    raised = list_raised(measured.behaviour)

    def record_for(shown: str) -> list[Recorded]:
        missing = without.get(Path(shown).stem, ())
        if missing not in recorded:
            installed = list_installed(measured.lock, without=missing)
            recorded[missing] = Recorded(
                subject.target, measured.cell.version, measured.behaviour, installed=installed, locked=True
            )
        return [recorded[missing]]

    with tempfile.TemporaryDirectory(prefix="midstream-truth-") as folder:
        programs = lay_out(subject, Path(folder))
        files = [(path, path.relative_to(programs).as_posix()) for path in sorted(programs.rglob("*.py"))]
        by_module = {
            shown.removesuffix(".py").replace("/", "."): [
                to_place(catch, raised) for catch in file.catches if catch.role not in NO_CLAIM
            ]
            for shown, [file] in scan_files(subject.target, files, record_for)
        }
    shared = [
        msgspec.structs.replace(place, function=f"{module}:{place.function}")
        for module, places in by_module.items()
        if module not in without
        for place in places
    ]
    return {name: [*by_module[name], *shared] for name in without}


def list_raised(behaviour: Behaviour) -> dict[str, tuple[str, ...]]:
    """List the dotted classes of the errors that calls of a release raised, by scenario.

    A stream that ended without a message makes the helper's `get_final_message()` raise an AssertionError.
    """
    raised: dict[str, set[str]] = defaultdict(set)
    for call, observation in behaviour.items():
        if observation.exception is not None:
            raised[call.scenario].add(observation.exception.name)
        elif observation.final is not None and observation.final.raised:
            raised[call.scenario].add(f"builtins.{observation.final.raised}")
    return {scenario: tuple(sorted(names)) for scenario, names in raised.items()}


def to_place(catch: Catch, raised: Mapping[str, tuple[str, ...]]) -> ClaimedPlace:
    """Make the claims of one place.

    Args:
        catch: The place.
        raised: Scenario to the dotted classes of the errors that a call may raise in it.
    """
    return ClaimedPlace(
        function=catch.function,
        line=catch.place.line,
        claims={
            scenario: Claim(Choice(decision.choice), decision.detail, raised.get(scenario, ()))
            for scenario, decision in catch.decisions.items()
        },
        runs_out=catch.runs_out,
        is_predicate=catch.role is PlaceRole.PREDICATE,
    )
