"""What holds for every target: its suite names only what it has, and its program runs where old releases do."""

import ast

import pytest

from matrix.targets import TARGETS
from matrix.targets.target import Registry, Target
from matrix.verdicts.verdict import control_for

each_target = pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.id)


@each_target
def test_every_call_of_the_suite_names_what_exists(target: Target) -> None:
    """Each group of scenarios and surfaces has members only that the suite has, and every scenario is played."""
    suite = target.suite
    named = {*suite.differing, *suite.retried, *suite.errors, *suite.telling, *suite.confined, suite.cut}
    assert {*named, *suite.headlines.values(), suite.headline} <= suite.catalogue.keys()
    confined = {surface for surfaces in suite.confined.values() for surface in surfaces}
    assert {*suite.main, *confined} <= suite.surfaces.keys()
    assert suite.catalogue.keys() == {
        call.scenario for extra in ("", *suite.extras) for call in suite.calls(extra=extra)
    }


@each_target
def test_every_error_in_a_stream_is_compared_with_a_plain_one(target: Target) -> None:
    """Each main call plays the controls of the suite's errors, and the first those of all that it plays."""
    calls = target.suite.calls()
    for main in target.suite.main:
        played = {call.scenario for call in calls if call.surface == main}
        errors = target.suite.errors | (played if main == target.suite.main[0] else set())
        assert {control for id_ in errors if (control := control_for(target.catalogue[id_]))} <= played


@each_target
def test_every_scenario_names_a_public_page(target: Target) -> None:
    """Only the two controls that have no fault name none."""
    assert {"clean", "unknown"} == {id_ for id_, scenario in target.catalogue.items() if not scenario.sources}
    assert all(page.startswith("https://") for each in target.catalogue.values() for page in each.sources)


@pytest.mark.parametrize(
    "target", [each for each in TARGETS.values() if each.registry is Registry.PYPI], ids=lambda target: target.id
)
def test_the_program_of_a_cell_is_written_for_old_pythons(target: Target) -> None:
    """An old release may need Python 3.8."""
    for folder in (*target.shared_probes, target.probe):
        for path in sorted(folder.rglob("*.py")):
            ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
