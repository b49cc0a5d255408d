"""Locks: what no fixture has. Several sources, wrong types, formats of another day."""

from pathlib import Path

import pytest

from matrix.manifests import Entry, Manifest, read
from matrix.targets import DEFAULT

Expected = tuple[str, str, tuple[str, ...], str, str]


def lock(folder: Path, name: str, text: str) -> Manifest:
    """What a lock of this name and text says."""
    (folder / name).write_text(text, encoding="utf-8")
    return read(DEFAULT, folder / name, name)


def row(entry: Entry) -> Expected:
    """Specifier, marker, extras, origin and address."""
    return entry.specifier, entry.marker, entry.extras, entry.origin, entry.direct


@pytest.mark.parametrize(
    ("name", "package", "expected"),
    [
        pytest.param(
            "uv.lock",
            "source = { git = 'https://e.org/a.git?rev=v1#00' }\nversion = '1.0'",
            ("==1.0", "", (), "package", "https://e.org/a.git?rev=v1#00"),
            id="uv, git",
        ),
        pytest.param(
            "uv.lock", "source = { directory = '../a' }", ("", "", (), "package", "../a"), id="uv, no version"
        ),
        pytest.param(
            "uv.lock",
            "version = '1'\nresolution-markers = [\"os_name == 'nt'\", \"os_name == 'posix'\"]",
            ("==1", 'os_name == "nt" or os_name == "posix"', (), "package", ""),
            id="uv, two markers",
        ),
        pytest.param(
            "poetry.lock",
            "version = '1'\ngroups = ['main', 'dev']\n"
            "markers = { main = \"os_name == 'nt'\", dev = \"os_name == 'x'\" }\n"
            "[package.source]\ntype = 'git'\nurl = 'https://e.org/a.git'\nreference = 'v1'\nresolved_reference = '00'",
            ("==1", 'os_name == "nt" or os_name == "x"', (), "package (main, dev)", "https://e.org/a.git@00"),
            id="poetry, git and a marker for each group",
        ),
        pytest.param(
            "poetry.lock",
            "version = '1'\ngroups = ['main', 'dev']\nmarkers = { main = \"os_name == 'nt'\" }",
            ("==1", "", (), "package (main, dev)", ""),
            id="poetry, a group that wants it always",
        ),
        pytest.param(
            "poetry.lock",
            "version = '1'\n[package.source]\ntype = 'directory'\nurl = '../a'",
            ("==1", "", (), "package", "../a"),
            id="poetry, a folder",
        ),
        pytest.param(
            "pdm.lock",
            "version = '1'\ngit = 'https://e.org/a.git'\nref = 'v1'\nrevision = '00'\nmarker = \"os_name == 'nt'\"",
            ("==1", 'os_name == "nt"', (), "package", "https://e.org/a.git@00"),
            id="pdm, git",
        ),
        pytest.param(
            "pdm.lock",
            "version = '1'\ngroups = ['default']\n[[package]]\nname = 'anthropic'\nversion = '1'\nextras = ['b', 'A']\n"
            "groups = ['dev']",
            ("==1", "", ("a", "b"), "package (default, dev)", ""),
            id="pdm, with and without extras",
        ),
        pytest.param(
            "pylock.toml",
            "version = '1'\nmarker = \"os_name == 'nt'\"\n"
            "vcs = { type = 'git', url = 'https://e.org/a', commit-id = '00' }",
            ("==1", 'os_name == "nt"', (), "package", "https://e.org/a@00"),
            id="pylock, git",
        ),
        pytest.param(
            "pylock.dev.toml", "directory = { path = '../a' }", ("", "", (), "package", "../a"), id="pylock, a folder"
        ),
    ],
)
def test_a_release_that_is_locked_is(tmp_path: Path, name: str, package: str, expected: Expected) -> None:
    """One entry, beside what else is locked."""
    table = "packages" if name.startswith("pylock") else "package"
    text = f"[[{table}]]\nname = 'httpx'\nversion = '0.27.0'\n[[{table}]]\nname = 'anthropic'\n{package}\n"
    manifest = lock(tmp_path, name, text.replace("[[package]]", f"[[{table}]]"))
    (entry,) = manifest.entries
    assert (expected, 5, {"httpx": "0.27.0"}, ()) == (row(entry), entry.place.line, entry.locked, manifest.problems)


def test_extras_are_asked_for_by_those_who_depend_on_it(tmp_path: Path) -> None:
    """Of a lock with two releases, each has its own."""
    text = """
[[package]]
name = "anthropic"
version = "1"
source = { registry = "https://e.org/simple" }

[[package]]
name = "anthropic"
version = "2"
source = { registry = "https://e.org/simple" }

[[package]]
name = "own"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "anthropic", version = "1", extra = ["bedrock"] }, { name = "httpx" }]

[package.optional-dependencies]
a = [{ name = "anthropic", extra = ["Aio_HTTP"] }]
"""
    first, second = lock(tmp_path, "uv.lock", text).entries
    assert ("==1", ("aio-http", "bedrock"), 3) == (first.specifier, first.extras, first.place.line)
    assert ("==2", ("aio-http",), 8) == (second.specifier, second.extras, second.place.line)
    assert {} == first.locked


def test_a_package_with_two_versions_is_not_locked(tmp_path: Path) -> None:
    """Which one it is depends on where; so it is with one that has none."""
    names = [("httpx", "'1'"), ("httpx", "'2'"), ("Any.IO", "'4'"), ("anyio-x", "3"), ("anthropic", "'1'")]
    text = "".join(f"[[package]]\nname = '{name}'\nversion = {version}\n" for name, version in names)
    assert {"any-io": "4"} == lock(tmp_path, "uv.lock", text).entries[0].locked


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"])
@pytest.mark.parametrize(
    ("package", "line", "message"),
    [
        ("name = 'anthropic'\nversion = 3", 2, "The version of anthropic is the number 3, and that is no version."),
        ("name = 'anthropic'", 2, "The version of anthropic is nothing, and that is no version."),
        ("name = 'anthropic'\nversion = 'new'", 2, "The version of anthropic is 'new', and that is no version."),
        ("name = 'anthropic'\nversion = ['1']", 2, "The version of anthropic is an array, and that is no version."),
    ],
)
def test_a_version_that_is_none_is_said_and_the_rest_is_read(
    tmp_path: Path, name: str, package: str, line: int, message: str
) -> None:
    """Another release in the same lock is an entry."""
    table = "packages" if name.startswith("pylock") else "package"
    text = f"[[{table}]]\n{package}\n[[{table}]]\nname = 'anthropic'\nversion = '1'\n"
    manifest = lock(tmp_path, name, text)
    assert [(line, message)] == [(each.place.line, each.message) for each in manifest.problems]
    assert ["==1"] == [each.specifier for each in manifest.entries]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("uv.lock", "version = 2", "It is of a newer format than this program knows."),
        ("uv.lock", "package = 3", "`package` is the number 3, and not an array of tables."),
        ("uv.lock", "package = [3]", "An item of `package` is the number 3, and not a table."),
        ("pylock.toml", "lock-version = '2.0'", "Its format is '2.0', and this program knows 1.0."),
        ("Pipfile.lock", "[]", "It is an array, and not an object."),
        ("Pipfile.lock", "{", "It is broken JSON: Expecting property name enclosed in double quotes."),
        ("Pipfile.lock", '{"default": []}', "`default` is an array, and not an object."),
        ("Pipfile.lock", '{"default": {"anthropic": 3}}', "The package anthropic can't be read: the number 3."),
        (
            "Pipfile.lock",
            '{"default": {"anthropic": {"version": "==x"}}}',
            "The package anthropic can't be read: '==x'.",
        ),
        ("Pipfile", "[packages]\nanthropic = '>>1'", "The package anthropic can't be read: '>>1'."),
        (
            "uv.lock",
            "[[package]]\nname = 'anthropic'\nversion = '1'\nresolution-markers = 3",
            "The marker of anthropic can't be read: the number 3.",
        ),
    ],
)
def test_what_a_lock_can_not_say_is_a_problem(tmp_path: Path, name: str, text: str, message: str) -> None:
    """One, and in words."""
    assert [message] == [each.message for each in lock(tmp_path, name, text).problems]


def test_a_pipfile_lock_has_categories(tmp_path: Path) -> None:
    """Each locks for itself."""
    text = """{"_meta": {"requires": {"python_full_version": "3.11.7"}},
"default": {"anthropic": {"version": "==1", "index": "x"}, "httpx": {"version": "==2"}},
"develop": {"Anthropic": {"git": "https://e.org/a.git", "ref": "00"}, "x": {"path": "."}}}"""
    manifest = lock(tmp_path, "Pipfile.lock", text)
    first, second = manifest.entries
    assert ("==1", "", (), "default", "") == row(first)
    assert ("", "", (), "develop", "https://e.org/a.git@00") == row(second)
    assert ((2, {"httpx": "2"}), (3, {})) == ((first.place.line, first.locked), (second.place.line, second.locked))
    assert ("==3.11.7", ()) == (manifest.python, manifest.problems)


def test_a_pipfile_may_have_markers_as_fields(tmp_path: Path) -> None:
    """And packages from elsewhere."""
    text = "[dev-packages]\nanthropic = {version = '*', platform_system = \"== 'Linux'\", git = 'https://e.org/a'}\n"
    (entry,) = lock(tmp_path, "Pipfile", text).entries
    assert ("", 'platform_system == "Linux"', (), "dev-packages", "https://e.org/a") == row(entry)
