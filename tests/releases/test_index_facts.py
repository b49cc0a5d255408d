"""The committed file says which extras the SDK has, and which packages bring it."""

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from matrix.releases import index_facts
from matrix.releases.metadata import WheelMetadata
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.targets.index_facts import Carrier, IndexFacts
from tests.support.paths import DATA


def wheel(*distributions: str) -> WheelMetadata:
    """Make the metadata of a wheel with these requirements."""
    return WheelMetadata("", distributions)


def test_the_committed_file_is_valid() -> None:
    """Its names are normalised, its specifiers are valid, and it knows a release of the record."""
    facts = ANTHROPIC.index
    names = [*facts.extras, *facts.carriers]
    assert names == [canonicalize_name(name) for name in names]
    assert facts.newest in Store(DATA, ANTHROPIC).releases()
    for specifier in [
        *facts.extras.values(),
        *(each for carrier in facts.carriers.values() for each in carrier.requires.values()),
    ]:
        SpecifierSet(specifier)
    assert ANTHROPIC.client_extras < facts.extras.keys()


@pytest.mark.parametrize(
    ("extra", "version", "expected"),
    [
        ("a", "1.0", True),
        ("a", "1.1", False),
        ("b", "1.0", False),
        ("b", "1.1", True),
        ("c", "1.1", True),
        ("c", "9", False),
    ],
)
def test_a_release_lacks_an_extra_that_the_index_does_not_list(extra: str, version: str, *, expected: bool) -> None:
    """Of a later release than the file knows, nothing is claimed."""
    facts = IndexFacts(extras={"a": ">=1.1", "b": "<=1.0"}, newest="2.0")
    assert expected == facts.lacks(extra, Version(version))
    assert not IndexFacts().lacks(extra, Version(version))


def test_the_extras_of_releases_become_ranges() -> None:
    """An extra that was removed has an end."""
    markers = 'x ; extra == "{}"'.format
    releases = {
        "1.0": wheel(markers("dev")),
        "1.2": wheel(markers("b"), 'y ; extra == "B"'),
        "1.10": wheel(markers("b")),
    }
    assert {"b": ">=1.2", "dev": ">=1.0,<=1.0"} == index_facts._extras(releases)


@pytest.mark.parametrize(
    ("distributions", "expected"),
    [
        (["Anthropic>=1", 'anthropic ; extra == "x"'], {"": ">=1"}),
        (['anthropic==1 ; extra == "x"', 'rich ; extra == "y"'], {"x": "==1"}),
        (["bringer[chat]"], {"": "<2"}),
        (["bringer"], {}),
        (['bringer[chat] ; extra == "x"'], {"x": "<2"}),
        (["nonsense ==", "rich"], {}),
    ],
)
def test_a_package_brings_the_target_by_itself_or_by_another(
    distributions: list[str], expected: dict[str, str]
) -> None:
    """What it always requires needs no extra."""
    carriers = {"bringer": Carrier(release="1.0", requires={"chat": "<2"})}
    assert expected == index_facts._requires(wheel(*distributions), ANTHROPIC, carriers)
