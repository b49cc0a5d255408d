"""Locks with sources, types and formats that no fixture has."""

from pathlib import Path

import pytest

from matrix.manifests import Manifest, ManifestEntry, read
from matrix.targets import DEFAULT

Expected = tuple[str, str, tuple[str, ...], str, str]


def lock(folder: Path, name: str, text: str) -> Manifest:
    """Write a lock, and read it."""
    (folder / name).write_text(text, encoding="utf-8")
    return read(DEFAULT, folder / name, name)


def row(entry: ManifestEntry) -> Expected:
    """Return specifier, marker, extras, origin and address."""
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
            id="poetry, a group without a marker",
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
def test_a_locked_release_is_an_entry(tmp_path: Path, name: str, package: str, expected: Expected) -> None:
    """The other packages are locked."""
    table = "packages" if name.startswith("pylock") else "package"
    text = f"[[{table}]]\nname = 'httpx'\nversion = '0.27.0'\n[[{table}]]\nname = 'anthropic'\n{package}\n"
    manifest = lock(tmp_path, name, text.replace("[[package]]", f"[[{table}]]"))
    (entry,) = manifest.entries
    assert (expected, 5, {"httpx": "0.27.0"}, ()) == (row(entry), entry.place.line, entry.locked, manifest.problems)


def test_extras_come_from_the_packages_that_depend_on_the_target(tmp_path: Path) -> None:
    """In a lock with two releases, each has its own extras."""
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
    """The platform decides which is installed; a package without a version is not locked either."""
    names = [("httpx", "'1'"), ("httpx", "'2'"), ("Any.IO", "'4'"), ("anyio-x", "3"), ("anthropic", "'1'")]
    text = "".join(f"[[package]]\nname = '{name}'\nversion = {version}\n" for name, version in names)
    assert {"any-io": "4"} == lock(tmp_path, "uv.lock", text).entries[0].locked


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"])
@pytest.mark.parametrize(
    ("package", "line", "message"),
    [
        ("name = 'anthropic'\nversion = 3", 2, "The version of anthropic is not valid: the number 3."),
        ("name = 'anthropic'", 2, "The version of anthropic is not valid: nothing."),
        ("name = 'anthropic'\nversion = 'new'", 2, "The version of anthropic is not valid: 'new'."),
        ("name = 'anthropic'\nversion = ['1']", 2, "The version of anthropic is not valid: an array."),
    ],
)
def test_an_invalid_version_is_a_problem_and_the_rest_is_read(
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
        ("uv.lock", "version = 2", "`version` must be 1, but is the number 2."),
        ("uv.lock", "package = 3", "`package` must be an array of tables, but is the number 3."),
        ("uv.lock", "package = [3]", "Each item of `package` must be a table, but one is the number 3."),
        ("pylock.toml", "lock-version = '2.0'", "`lock-version` must be 1 or 1.x, but is '2.0'."),
        ("Pipfile.lock", "[]", "The file must contain an object, but contains an array."),
        ("Pipfile.lock", "{", "The file is not valid JSON: Expecting property name enclosed in double quotes."),
        ("Pipfile.lock", '{"default": []}', "`default` must be an object, but is an array."),
        ("Pipfile.lock", '{"default": {"anthropic": 3}}', "The package anthropic is not valid: the number 3."),
        (
            "Pipfile.lock",
            '{"default": {"anthropic": {"version": "==x"}}}',
            "The package anthropic is not valid: '==x'.",
        ),
        ("Pipfile", "[packages]\nanthropic = '>>1'", "The requirement on anthropic is not valid: '>>1'."),
        (
            "uv.lock",
            "[[package]]\nname = 'anthropic'\nversion = '1'\nresolution-markers = 3",
            "The marker of anthropic is not valid: the number 3.",
        ),
    ],
)
def test_an_invalid_lock_is_a_problem(tmp_path: Path, name: str, text: str, message: str) -> None:
    """There is one problem, with its own message."""
    assert [message] == [each.message for each in lock(tmp_path, name, text).problems]


def test_a_pipfile_lock_has_categories(tmp_path: Path) -> None:
    """Each category has its own locked packages."""
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
    """A package may also be installed from a repository."""
    text = "[dev-packages]\nanthropic = {version = '*', platform_system = \"== 'Linux'\", git = 'https://e.org/a'}\n"
    (entry,) = lock(tmp_path, "Pipfile", text).entries
    assert ("", 'platform_system == "Linux"', (), "dev-packages", "https://e.org/a") == row(entry)
