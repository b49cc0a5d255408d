"""Locks of packages of npm, and the entries of a package. `tests.targets.test_npm_target` drives the whole."""

from typing import Any

import pytest

from matrix.harness.installer import Unresolvable
from matrix.harness.npm import format_lock, parse_lock
from matrix.harness.patching import find_entries
from matrix.model import Lock
from matrix.system.npm import read_failure
from matrix.system.process import Completed

TREE: dict[str, dict[str, Any]] = {
    "": {"dependencies": {"@acme/llm": "1.0.0"}},
    "node_modules/@acme/llm": {"version": "1.0.0", "integrity": "sha512-A", "dependencies": {"leaf": "^1.0.0"}},
    "node_modules/leaf": {"version": "1.0.0", "integrity": "sha512-B", "peer": True},
    "node_modules/twig": {"version": "1.1.0", "integrity": "sha512-C"},
    "node_modules/twig/node_modules/leaf": {"version": "2.0.0", "integrity": "sha512-D"},
    "node_modules/other": {"name": "@acme/leaf", "version": "3.0.0-next.1", "integrity": "sha1-E"},
    "node_modules/fast": {"version": "1.0.0", "integrity": "sha512-F", "optional": True},
    "node_modules/twig/node_modules/bundled": {"version": "1.0.0", "inBundle": True},
}

LOCK = Lock(
    (
        "@acme/llm==1.0.0",
        "leaf==1.0.0",
        "other==npm:@acme/leaf@3.0.0-next.1",
        "twig/node_modules/leaf==2.0.0",
        "twig==1.1.0",
    ),
    {
        "@acme/llm==1.0.0": ("sha512-A",),
        "leaf==1.0.0": ("sha512-B",),
        "other==npm:@acme/leaf@3.0.0-next.1": ("sha1-E",),
        "twig/node_modules/leaf==2.0.0": ("sha512-D",),
        "twig==1.1.0": ("sha512-C",),
    },
)


def test_a_lock_has_each_package_by_its_place() -> None:
    """Check a package that is there twice, one under another name, and those that are left out."""
    assert LOCK == parse_lock(TREE)


def test_a_lock_is_written_so_that_npm_removes_nothing() -> None:
    """Check that each package is a dependency of the folder that it is in, and that reading it gives the lock."""
    manifest, tree = format_lock(LOCK)
    at_top = {"@acme/llm": "1.0.0", "leaf": "1.0.0", "other": "npm:@acme/leaf@3.0.0-next.1", "twig": "1.1.0"}
    assert at_top == manifest["dependencies"] == tree["packages"][""]["dependencies"]
    assert {"leaf": "2.0.0"} == tree["packages"]["node_modules/twig"]["dependencies"]
    assert LOCK == parse_lock(tree["packages"])


@pytest.mark.parametrize(
    "package",
    [
        {"version": "1.0.0", "resolved": "git+ssh://git@example.org/leaf.git#1", "integrity": "sha512-A"},
        {"version": "1.0.0"},
        {"link": True, "resolved": "../leaf"},
    ],
)
def test_a_package_from_elsewhere_has_no_lock(package: dict[str, Any]) -> None:
    """Check that the reason names the package, and no address."""
    found = parse_lock({"": {}, "node_modules/twig/node_modules/leaf": package})
    assert Unresolvable("leaf is not a package of the registry.") == found


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ({}, ["index.js"]),
        ({"main": "lib/a.js"}, ["lib/a.js"]),
        ({"exports": "./a.js"}, ["./a.js", "./a.js"]),
        ({"exports": {".": {"require": "./a.js", "import": "./a.mjs"}}}, ["./a.js", "./a.mjs"]),
        ({"exports": {"require": "./a.js", "default": "./a.mjs"}}, ["./a.js", "./a.mjs"]),
        (
            {"exports": {".": {"require": {"types": "./a.d.ts", "default": "./a.js"}, "default": "./a.mjs"}}},
            ["./a.js", "./a.mjs"],
        ),
        ({"exports": {".": {"node": {"import": "./n.mjs"}, "default": "./a.js"}}}, ["./a.js", "./n.mjs"]),
        ({"exports": {".": [{"import": "./a.mjs"}, "./b.js"]}}, ["./b.js", "./a.mjs"]),
        ({"exports": {".": {"browser": "./a.js", "import": "./a.mjs"}}}, ["./a.mjs"]),
    ],
)
def test_the_entries_of_a_package_are_those_that_node_loads(manifest: dict[str, Any], expected: list[str]) -> None:
    """Check `main`, and conditions in their order."""
    assert expected == list(find_entries(manifest))


@pytest.mark.parametrize(
    ("out", "err", "expected"),
    [
        ('{"error": {"code": "E404", "summary": "Not Found - GET https://r.example/leaf"}}', "", ("E404", "Not Found")),
        ('{"error": {"code": "ETARGET", "summary": "No match\\nfor leaf@9"}}', "", ("ETARGET", "No match for leaf@9")),
        ("", "npm error broken", ("", "npm error broken")),
        ("[]", "", ("", "no reason was given")),
        ('{"error": null}', "", ("", "no reason was given")),
    ],
)
def test_the_failure_of_npm_names_no_address(out: str, err: str, expected: tuple[str, str]) -> None:
    """Check JSON with an error, and output without one."""
    failure = read_failure(Completed(1, out, err))
    assert expected == (failure.code, failure.text)
