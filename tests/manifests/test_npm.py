"""Files that declare packages of npm: real ones are read exactly, and every part of others is read or reported."""

import json
import re
from pathlib import Path

import pytest

from matrix.findings.model import Place
from matrix.manifests import Manifest, discover, discover_tree, read
from matrix.manifests.discover import _PATTERNS_OF_NPM
from matrix.manifests.kinds import MANIFESTS
from matrix.targets import ANTHROPIC_TYPESCRIPT
from matrix.targets.target import Registry

FIXTURES = Path(__file__).parent / "fixtures_npm"

PACKAGE = ANTHROPIC_TYPESCRIPT.package

FIXTURE_LINES = {
    "bun/bun.lock": {16: "==0.90.0", 24: "==1.14.0"},
    "npm-lock-1/package-lock.json": {7: "==0.90.0", 27: "==1.14.0"},
    "npm-lock-2/package-lock.json": {18: "==0.90.0", 59: "==1.14.0"},
    "npm-lock-3/package-lock.json": {18: "==0.90.0", 59: "==1.14.0"},
    "npm-lock-3/package.json": {6: ">=0.90.0,<0.91.0", 7: "==1.14.0"},
    "pnpm-7/pnpm-lock.yaml": {17: "==0.90.0", 29: "==1.14.0"},
    "pnpm-8/pnpm-lock.yaml": {22: "==0.90.0", 34: "==1.14.0"},
    "pnpm-9/pnpm-lock.yaml": {24: "==0.90.0", 33: "==1.14.0"},
    "yarn-1/yarn.lock": {5: "==0.90.0", 27: "==1.14.0"},
    "yarn-4/yarn.lock": {8: "==0.90.0", 45: "==1.14.0"},
}
"""Line of each requirement to its specifier."""


def read_text(folder: Path, name: str, text: str) -> Manifest:
    """Write a file, and read it."""
    (folder / name).write_text(text, encoding="utf-8")
    return read(ANTHROPIC_TYPESCRIPT, folder / name, name)


def read_package(folder: Path, document: object) -> Manifest:
    """Write a `package.json`, and read it."""
    return read_text(folder, "package.json", json.dumps(document))


@pytest.mark.parametrize("name", FIXTURE_LINES)
def test_files_of_real_tools_are_read_exactly(name: str) -> None:
    """Check the line and the release of each requirement, and that the lock's other packages are known."""
    manifest = read(ANTHROPIC_TYPESCRIPT, FIXTURES / name, name)
    assert () == manifest.problems
    assert FIXTURE_LINES[name] == {entry.place.line: entry.specifier for entry in manifest.entries}
    has_others = [{"json-schema-to-ts": "3.1.1"}.items() <= entry.locked.items() for entry in manifest.entries]
    assert [not name.endswith("package.json")] * 2 == has_others
    assert all(PACKAGE not in entry.locked for entry in manifest.entries)


def test_a_comma_in_a_text_of_a_lock_of_bun_stays(tmp_path: Path) -> None:
    """Only commas at the ends of lists are left out."""
    text = '{"packages": {"a,]": ["@anthropic-ai/sdk@0.90.0",],},}'
    assert ["==0.90.0"] == [entry.specifier for entry in read_text(tmp_path, "bun.lock", text).entries]


@pytest.mark.parametrize("name", [name for name in FIXTURE_LINES if not name.startswith("bun")])
def test_a_file_with_another_name_is_recognised_by_its_content(name: str) -> None:
    """Check each real file."""
    manifests = MANIFESTS[Registry.NPM]
    assert manifests.kind_by_name(Path(name).name) == manifests.kind_by_content((FIXTURES / name).read_bytes())


@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        ("^0.39.0", [(">=0.39.0,<0.40.0", "")]),
        ("0.39.0", [("==0.39.0", "")]),
        ("^0.39 || ^1", [(">=0.39.0,<0.40.0", ""), (">=1.0.0,<2.0.0", "")]),
        ("latest", [("", "")]),
        ("", [("", "")]),
        ("next", [("", "the tag next")]),
        ("npm:@anthropic-ai/sdk@^1.2.3", [(">=1.2.3,<2.0.0", "")]),
        ("npm:^1.2.3", [(">=1.2.3,<2.0.0", "")]),
        ("npm:another@^1.2.3", []),
        ("workspace:*", [("", "workspace:*")]),
        ("catalog:", [("", "catalog:")]),
        ("file:../sdk", [("", "file:../sdk")]),
        ("../sdk", [("", "../sdk")]),
        ("git+ssh://git@example.org/sdk.git#main", [("", "git+ssh://git@example.org/sdk.git#main")]),
        ("https://example.org/sdk.tgz", [("", "https://example.org/sdk.tgz")]),
        ("someone/sdk#main", [("", "someone/sdk#main")]),
    ],
)
def test_every_form_of_a_dependency_is_read(tmp_path: Path, range_: str, expected: list[tuple[str, str]]) -> None:
    """Check the releases, or else where it is installed from."""
    manifest = read_package(tmp_path, {"dependencies": {PACKAGE: range_}})
    assert (expected, ()) == ([(entry.specifier, entry.direct) for entry in manifest.entries], manifest.problems)


@pytest.mark.parametrize("value", ["=>1", "1.2.3.4", "01.2.3", 1, None, [], {"version": "1"}])
def test_a_dependency_that_can_not_be_read_is_a_problem(tmp_path: Path, value: object) -> None:
    """The others are still read."""
    manifest = read_package(tmp_path, {"dependencies": {PACKAGE: value}, "devDependencies": {PACKAGE: "1.0.0"}})
    assert ["==1.0.0"] == [entry.specifier for entry in manifest.entries]
    assert ["dependency on @anthropic-ai/sdk"] == [
        match[0] for problem in manifest.problems if (match := re.search(r"dependency on \S+sdk", problem.message))
    ]


@pytest.mark.parametrize(
    ("document", "origin"),
    [
        ({"dependencies": {PACKAGE: "1.0.0"}}, "dependencies"),
        ({"devDependencies": {PACKAGE: "1.0.0"}}, "devDependencies"),
        ({"optionalDependencies": {PACKAGE: "1.0.0"}}, "optionalDependencies"),
        ({"peerDependencies": {PACKAGE: "1.0.0"}}, "peerDependencies"),
        ({"dependencies": {"claude": "npm:@anthropic-ai/sdk@1.0.0"}}, "dependencies"),
        ({"overrides": {PACKAGE: "1.0.0"}}, "overrides"),
        ({"overrides": {f"{PACKAGE}@^0.9": "1.0.0"}}, "overrides"),
        ({"overrides": {"a": {"b": {PACKAGE: "1.0.0"}}}}, "overrides"),
        ({"overrides": {PACKAGE: {".": "1.0.0", "a": "2"}}}, "overrides"),
        ({"resolutions": {PACKAGE: "1.0.0"}}, "resolutions"),
        ({"resolutions": {f"**/{PACKAGE}": "1.0.0"}}, "resolutions"),
        ({"resolutions": {f"a/{PACKAGE}": "1.0.0"}}, "resolutions"),
        ({"pnpm": {"overrides": {f"a@1>{PACKAGE}": "1.0.0"}}}, "pnpm.overrides"),
    ],
)
def test_every_table_of_a_package_is_read(tmp_path: Path, document: object, origin: str) -> None:
    """Check its name."""
    manifest = read_package(tmp_path, document)
    assert [("==1.0.0", origin)] == [(entry.specifier, entry.origin) for entry in manifest.entries]


def test_an_override_that_repeats_a_dependency_is_read_once(tmp_path: Path) -> None:
    """`$name` stands for the range of that dependency."""
    document = {"dependencies": {PACKAGE: "1.0.0"}, "overrides": {PACKAGE: f"${PACKAGE}"}}
    assert ["dependencies"] == [entry.origin for entry in read_package(tmp_path, document).entries]


@pytest.mark.parametrize("name", ["@anthropic-ai/sdk-extra", "@anthropic-ai/bedrock-sdk", "anthropic-ai-sdk", "sdk"])
def test_a_package_with_a_similar_name_is_another(tmp_path: Path, name: str) -> None:
    """Check a declaration and locks."""
    assert () == read_package(tmp_path, {"dependencies": {name: "1.0.0"}}).entries
    lock = {"lockfileVersion": 3, "packages": {f"node_modules/{name}": {"version": "1.0.0"}}}
    assert () == read_text(tmp_path, "package-lock.json", json.dumps(lock)).entries
    assert () == read_text(tmp_path, "yarn.lock", f'"{name}@^1":\n  version "1.0.0"\n').entries


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"version": "1.0.0", "dev": True}, ("==1.0.0", "", "package (dev)")),
        ({"version": "1.0.0", "resolved": "https://example.org/-/sdk-1.0.0.tgz"}, ("==1.0.0", "", "package")),
        ({"resolved": "packages/sdk", "link": True}, ("", "packages/sdk", "package")),
        (
            {"version": "1.0.0", "resolved": "git+ssh://git@example.org/sdk.git#00"},
            ("==1.0.0", "git+ssh://git@example.org/sdk.git#00", "package"),
        ),
        ({"version": "file:../sdk"}, ("", "file:../sdk", "package")),
    ],
)
@pytest.mark.parametrize("table", ["packages", "dependencies"])
def test_the_origin_of_a_locked_package_is_read(
    tmp_path: Path, table: str, fields: dict[str, object], expected: tuple[str, str, str]
) -> None:
    """Check both forms of npm's lock."""
    key = f"node_modules/{PACKAGE}" if table == "packages" else PACKAGE
    (entry,) = read_text(tmp_path, "package-lock.json", json.dumps({table: {key: fields}})).entries
    assert expected == (entry.specifier, entry.direct, entry.origin)


def test_a_release_in_several_places_is_read_once(tmp_path: Path) -> None:
    """Two releases are two requirements; the folders around them do not matter."""
    versions = {"": "1.0.0", "node_modules/a/": "1.0.0", "packages/b/node_modules/c/": "0.9.0"}
    lock = {"packages": {f"{folder}node_modules/{PACKAGE}": {"version": each} for folder, each in versions.items()}}
    manifest = read_text(tmp_path, "package-lock.json", json.dumps(lock))
    assert ["==1.0.0", "==0.9.0"] == [entry.specifier for entry in manifest.entries]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("package.json", "{", "not valid JSON"),
        ("package.json", "[]", "must contain an object"),
        ("package-lock.json", '{"a": 1,}', "not valid JSON"),
        ("package-lock.json", '{"lockfileVersion": 4}', "`lockfileVersion` must be 1, 2 or 3"),
        ("package-lock.json", '{"packages": {"node_modules/@anthropic-ai/sdk": {"version": "x"}}}', "is not valid"),
        ("package-lock.json", '{"packages": {"node_modules/@anthropic-ai/sdk": {}}}', "is not valid"),
        ("pnpm-lock.yaml", "lockfileVersion: '10.0'\na: '@anthropic-ai/sdk'", "`lockfileVersion` must be 5 to 9"),
        ("pnpm-lock.yaml", "'@anthropic-ai/sdk': [", "not valid YAML"),
        ("yarn.lock", '"@anthropic-ai/sdk@^1":\n  version "x"\n', "is not valid"),
        ("bun.lock", "{", "not valid JSON"),
        ("requirements.txt", "anthropic==1.0", "not a manifest that midstream reads"),
    ],
)
def test_a_damaged_file_is_a_problem(tmp_path: Path, name: str, text: str, message: str) -> None:
    """Check that the message says what is wrong."""
    (problem,) = read_text(tmp_path, name, text).problems
    assert message in problem.message
    assert problem.hint


def test_catalogs_of_a_workspace_are_read(tmp_path: Path) -> None:
    """`catalog:` in a package refers to them."""
    text = f"""
catalog:
  "{PACKAGE}": ^0.90.0
catalogs:
  next:
    "{PACKAGE}": 1.0.0
overrides:
  "a>{PACKAGE}": 1.14.0
"""
    manifest = read_text(tmp_path, "pnpm-workspace.yaml", text)
    assert [(">=0.90.0,<0.91.0", "catalog"), ("==1.0.0", "catalogs.next"), ("==1.14.0", "overrides")] == [
        (entry.specifier, entry.origin) for entry in manifest.entries
    ]
    assert [Place("pnpm-workspace.yaml", line) for line in (3, 6, 8)] == [entry.place for entry in manifest.entries]


def test_the_manifests_of_a_folder_are_listed_in_order(tmp_path: Path) -> None:
    """Python's manifests are left out, and so is what is installed."""
    names = ["package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-workspace.yaml", "pnpm-lock.yaml"]
    names += ["yarn.lock", "bun.lock"]
    (tmp_path / "node_modules" / "a").mkdir(parents=True)
    for name in (*names, "requirements.txt", "node_modules/a/package.json"):
        (tmp_path / name).touch()
    assert names == [path.name for path in discover(tmp_path, Registry.NPM)]
    assert names == [path.relative_to(tmp_path).as_posix() for path in discover_tree(tmp_path, Registry.NPM)]
    assert len(_PATTERNS_OF_NPM) == len(names)
