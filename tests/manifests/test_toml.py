"""TOML is read faster than by `tomllib` alone, with the same result; an invalid table does not lose the others."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.manifests import read, toml
from matrix.manifests.draft import Draft
from matrix.manifests.mentions import parse
from matrix.targets import DEFAULT
from tests.manifests.test_fixtures import FIXTURES

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)

LOCKS = sorted(
    path for pattern in ("*.lock", "pylock.toml") for path in FIXTURES.rglob(pattern) if path.name != "Pipfile.lock"
)


def strip_files(value: object) -> object:
    """Return a parsed lock without its files and without what is empty then."""
    if isinstance(value, dict):
        names = ("wheels", "files", "sdist")
        tables = {key: strip_files(item) for key, item in value.items() if key not in names}
        return {key: item for key, item in tables.items() if item not in ([], {})}
    return [strip_files(item) for item in value if not is_file(item)] if isinstance(value, list) else value


def is_file(item: object) -> bool:
    """Return whether a table describes a file with its hash."""
    return isinstance(item, dict) and bool({"hash", "hashes"} & item.keys())


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_files_are_removed(path: Path) -> None:
    """The number of lines stays the same."""
    text = path.read_text(encoding="utf-8")
    short = toml.without_files(text)
    assert text.count("\n") == short.count("\n")
    assert strip_files(tomllib.loads(text)) == strip_files(tomllib.loads(short))


def test_most_of_a_lock_is_removed() -> None:
    """Otherwise removing it would not save time."""
    for name, least in (("uv-forked/uv.lock", 0.9), ("poetry-2/poetry.lock", 0.7), ("pdm/pdm.lock", 0.5)):
        text = (FIXTURES / name).read_text(encoding="utf-8")
        assert len(toml.without_files(text)) < (1 - least) * len(text), name


SHORT = """\
version = 1
[[package]]
name = "a"
sdist = { url = "https://e.org/a", hash = "sha256:00", size = 1 }
wheels = [
    { url = "https://e.org/a", hash = "sha256:00", size = 1, upload-time = "2024" },
    { url = "https://e.org/a", hash = "sha256:00" },
]

[[package]]
name = "anthropic"
files = [
    {file = "a", hash = "sha256:00"},
]
"""
PIECES = st.sampled_from(
    ['"', '"""', "'''", "'", "\\", "\n", "[", "]", "{", "}", ",", " = ", "#", "[[package]]\n", "x", "\r\n", "0", "\x7f"]
)


def outcome(text: str) -> object:
    """Return the content of a text without files, as `tomllib` reads it; None if it is invalid."""
    try:
        return strip_files(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


@RELAXED
@given(st.lists(st.tuples(st.integers(0, len(SHORT)), st.integers(0, 4), PIECES), min_size=1, max_size=4))
def test_a_text_is_invalid_if_and_only_if_it_is_invalid_without_files(edits: list[tuple[int, int, str]]) -> None:
    """The content is the same too, but for strings with a whole lock in them."""
    text = SHORT
    for at, removed, piece in edits:
        text = text[:at] + piece + text[at + removed :]
    draft = Draft(DEFAULT, "x")
    whole, rest = outcome(text), strip_files(toml.read(text, draft).tables)
    assert (whole is None) == bool(draft.finish("x").problems)
    if whole is not None and '"""' not in text and "'''" not in text:
        assert whole == rest


@pytest.mark.parametrize(
    "text",
    [
        "a = '''\nwheels = [\n    { url = \"a\", hash = \"b\" },\n]\n'''",
        "a = '''\nwheels = [\n    { url = \"'''\", hash = \"b\" },\n]\n",
        'a = """\nwheels = [\n    { url = "a", hash = "b" },\n]\n"""',
        'a = [\nwheels = [\n    { url = "a", hash = "b" },\n]\n]',
        'wheels = [\n    { url = "a", hash = "b" },\n]\nwheels = [\n    { url = "a", hash = "b" },\n]\n',
        'wheels = [\n    { url = "a", hash = "b", size = 01 },\n]\n',
        'wheels = [\n    { url = "a\\u00", hash = "b" },\n]\n',
        'sdist = { url = "a", hash = "b" } x',
        'sdist = { url = "a", hash = "b", hash = "c" }',
        'wheels = [\n    { url = "a", upload-time = 2024-02-30T00:00:00Z, size = 1, hashes = { sha256 = "b" } },\n]\n',
    ],
)
def test_strings_and_invalid_files_are_left_to_the_parser(text: str) -> None:
    """A string may contain a lock, and a lock may be invalid inside its files."""
    assert (outcome(text) is None) == (outcome(toml.without_files(text)) is None)


@RELAXED
@given(st.text(alphabet="anthropicANTHROPIC=\"'[]{}#.,\n 1-", max_size=60))
def test_line_numbers_leave_no_trace(text: str) -> None:
    """A text has the same content and the same validity with and without them."""
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(tomllib.TOMLDecodeError):
            parse(text, tomllib.loads, "anthropic")
    else:
        assert expected == parse(text, tomllib.loads, "anthropic")[0]


def test_every_mention_has_its_line() -> None:
    """Keys and values have one, whatever the layout; comments have none."""
    text = "# anthropic\na = [\n  'anthropic', 'x',\n\n  '''\n anthropic''',\n]\n"
    text += "[b.anthropic]\n'c anthropic' = 'Anthropic'\n"
    tree, lines = parse(text, tomllib.loads, "anthropic")
    assert tomllib.loads(text) == tree
    assert {
        ("a", 0): 3,
        ("a", 2): 6,
        ("b", "anthropic"): 8,
        ("b", "anthropic", "c anthropic"): 9,
    } == lines


CONFLICT = """\
version = 1

[[package]]
name = "httpx"
<<<<<<< ours
version = "1"
=======
version = "2"
>>>>>>> theirs

[package.metadata]
x = 1

[[package]]
name = "anthropic"
version = "0.45.2"

[[package]]
name = "anyio"
version = "4"
version = "5"
"""


def test_an_invalid_package_does_not_lose_the_others(tmp_path: Path) -> None:
    """A merge conflict and a duplicate key are both reported, and the target has its line."""
    path = tmp_path / "uv.lock"
    path.write_text(CONFLICT, encoding="utf-8")
    manifest = read(DEFAULT, path, "uv.lock")
    assert [(15, "==0.45.2")] == [(each.place.line, each.specifier) for each in manifest.entries]
    first, second = manifest.problems
    assert (5, "Resolve the merge conflict first.") == (first.place.line, first.hint)
    assert (21, "The file is not valid TOML: Cannot overwrite a value.") == (second.place.line, second.message)


def test_a_part_of_an_invalid_package_is_removed_with_it(tmp_path: Path) -> None:
    """Its source alone would become the source of the package before it."""
    text = (
        "[[package]]\nname = 'anthropic'\nversion = '1'\n\n[[package]]\nname = = 'x'\n[package.source]\ntype = 'git'\n"
        "url = 'https://e.org'\n[metadata]\npython-versions = '>=3.9'\n"
    )
    (tmp_path / "poetry.lock").write_text(text, encoding="utf-8")
    manifest = read(DEFAULT, tmp_path / "poetry.lock", "poetry.lock")
    assert [("==1", "")] == [(each.specifier, each.direct) for each in manifest.entries]
    assert (1, ">=3.9") == (len(manifest.problems), manifest.python)


def test_a_table_right_below_an_invalid_line_is_kept() -> None:
    """The error belongs to the table above it, even without an empty line between the two."""
    draft = Draft(DEFAULT, "x")
    assert {"kept": {"a": 1}, "below": {"b": 2}} == toml.read(
        "[kept]\na = 1\n[invalid]\nx = = 1\n[below]\nb = 2\n", draft
    ).tables
    assert [4] == [problem.place.line for problem in draft.finish("x").problems]


def test_a_file_with_many_invalid_tables_is_skipped() -> None:
    """Each of the first tables is reported."""
    draft = Draft(DEFAULT, "x")
    assert ({}, {}) == toml.read("[a]\nx = = 1\n" * 50, draft)
    assert (
        "The file was skipped: more than 5 of its tables are not valid TOML." == draft.finish("x").problems[-1].message
    )
