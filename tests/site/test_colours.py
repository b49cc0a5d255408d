"""The colours of the five verdicts in the style sheet: told apart by lightness alone, and with every kind of sight."""

import re
from itertools import combinations, pairwise
from typing import Final, Literal

import pytest
from coloraide import Color

from tests.support.paths import ROOT

STYLE: Final = (ROOT / "matrix" / "site" / "static" / "site.css").read_text(encoding="utf-8")

VERDICTS: Final = ("works", "type", "wrong", "silent", "hangs")
"""From harmless to harmful."""

SCHEMES: Final = {"light": 0, "dark": 1}
"""Colour scheme to the place of its colour in `light-dark()`."""

Sight = Literal["protan", "deutan", "tritan"]


def colours(name: str, scheme: str) -> Color:
    """Return a colour of the style sheet in one scheme."""
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", STYLE)
    assert found, name
    return Color(found.groups()[SCHEMES[scheme]])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_is_readable_on_its_verdict(scheme: str) -> None:
    """Check the contrast that WCAG's level AA asks for."""
    contrasts = {name: colours(name, scheme).contrast(colours(f"{name}-bg", scheme)) for name in VERDICTS}
    assert {} == {name: contrast for name, contrast in contrasts.items() if contrast < 4.5}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_more_harmful_verdict_stands_out_more_from_the_page(scheme: str) -> None:
    """Check the order, which print in black and white shows too: the worst is the darkest on white paper."""
    paper = colours("paper", scheme)
    contrasts = [colours(f"{name}-bg", scheme).contrast(paper) for name in VERDICTS]
    assert all(after / before > 1.2 for before, after in pairwise(contrasts)), contrasts


@pytest.mark.parametrize("sight", ["", "protan", "deutan", "tritan"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_two_verdicts_differ_in_colour_and_in_lightness(scheme: str, sight: Sight | Literal[""]) -> None:
    """Check all pairs as people see them who lack one kind of cone: a difference of 2 is just visible."""
    backgrounds = {name: colours(f"{name}-bg", scheme) for name in VERDICTS}
    if sight:
        backgrounds = {name: colour.filter(sight) for name, colour in backgrounds.items()}
    for (one, first), (other, second) in combinations(backgrounds.items(), 2):
        assert first.delta_e(second, method="2000") > 10, (one, other)
        assert first.contrast(second) > 1.2, (one, other)
