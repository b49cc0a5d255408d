"""Groups of scenarios."""

import re

import pytest

from matrix.catalogue.groups import group_scenarios
from matrix.targets import TARGETS
from matrix.targets.target import Target


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_every_scenario_is_in_one_group_with_an_id_of_its_own(target: Target) -> None:
    """Check that few groups cover the catalogue, and that their ids fit in addresses."""
    groups = group_scenarios(target.suite, target.catalogue.values())
    members = [scenario.id for group in groups for scenario in group.scenarios]
    assert sorted(target.catalogue) == sorted(members)
    assert len(groups) == len({group.id for group in groups}) <= 18
    assert [] == [group.id for group in groups if not re.fullmatch(r"[a-z0-9-]+", group.id)]


def test_error_types_are_grouped_by_the_text_before_them() -> None:
    """Check the groups of Anthropic's error types: twelve after some text, twelve before any."""
    target = TARGETS["anthropic"]
    groups = {group.title: group.scenarios for group in group_scenarios(target.suite, target.catalogue.values())}
    after = groups["Error event of each type, after some text"]
    before = groups["Error event of each type, before any text"]
    assert (12, 12) == (len(after), len(before))
    assert {"mid"} == {scenario.id.partition("-")[0] for scenario in after}
    assert {"first"} == {scenario.id.partition("-")[0] for scenario in before}
