"""Whatever a path leads to, and whatever a file says: a manifest comes back, in time, with problems in it."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from matrix.manifests import Manifest, read
from matrix.manifests.draft import MOST_PROBLEMS
from matrix.manifests.requirements import MOST_FILES, MOST_WANTED
from matrix.manifests.source import LIMIT
from matrix.targets import DEFAULT
from tests.manifests.test_fixtures import EXPECTED, FIXTURES

RELAXED = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=25,
)
NAMES = (
    "requirements.txt",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "Pipfile",
    "pylock.toml",
    "other",
)


def messages(manifest: Manifest) -> list[str]:
    """Of its problems."""
    return [each.message for each in manifest.problems]


def sound(manifest: Manifest) -> bool:
    """Whether what is in it can be used as it stands."""
    for entry in manifest.entries:
        SpecifierSet(entry.specifier)
        if entry.marker:
            Marker(entry.marker)
    SpecifierSet(manifest.python)
    return len(manifest.problems) <= MOST_PROBLEMS + 1 and all(len(each) < 1000 for each in messages(manifest))


def write(path: Path, data: bytes | str) -> Path:
    """A file with this in it."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A missing one, a folder, a pipe, a device, a loop of links: each is said at once."""
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (tmp_path / "dangling.lock").symlink_to(tmp_path / "nothing")
    assert ["There is no such file."] == messages(read(DEFAULT, tmp_path / "missing.txt"))
    assert ["There is no such file."] == messages(read(DEFAULT, tmp_path / "dangling.lock"))
    assert ["It is a folder."] == messages(read(DEFAULT, tmp_path / "folder.txt"))
    assert ["It is no regular file."] == messages(read(DEFAULT, tmp_path / "pipe.txt"))
    assert ["It is no regular file."] == messages(read(DEFAULT, tmp_path / "zero.txt"))
    assert ["It can't be read: Too many levels of symbolic links."] == messages(read(DEFAULT, tmp_path / "loop.txt"))
    assert ["That is no path."] == messages(read(DEFAULT, Path("a\0.txt")))
    assert ["It can't be read: File name too long."] == messages(read(DEFAULT, Path("a" * 9000 + ".txt")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """The system says why."""
    path = write(tmp_path / "uv.lock", "")
    path.chmod(0)
    assert ["It can't be read: Permission denied."] == messages(read(DEFAULT, path))


def test_the_same_is_said_of_an_include(tmp_path: Path) -> None:
    """With the line at which it is included."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    path = write(tmp_path / "a.txt", "-r pipe.txt\n-r loop.txt\n-r .\n-r a\0b\nanthropic\n-r " + "a" * 9000)
    manifest = read(DEFAULT, path, "a.txt")
    assert [1, 2, 3, 4, 6] == [each.place.line for each in manifest.problems]
    assert ["a.txt:5"] == [str(each.place) for each in manifest.entries]
    assert sound(manifest)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_too_large(tmp_path: Path, name: str) -> None:
    """It is not read at all."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(LIMIT + 1)
    assert ["It has more than 16 MB: no manifest is that large."] == messages(read(DEFAULT, path))


@pytest.mark.parametrize("name", NAMES)
def test_ten_megabytes(tmp_path: Path, name: str) -> None:
    """Of one line, of no sense, within the time that a test has."""
    assert sound(read(DEFAULT, write(tmp_path / name, "anthropic==" + "a." * 5_000_000)))


def test_a_long_file_of_requirements(tmp_path: Path) -> None:
    """Pins without end, and more of the SDK than anybody wants."""
    text = "".join(f"package-{number}==1.{number}\nanthropic!=0.{number}\n" for number in range(20_000))
    manifest = read(DEFAULT, write(tmp_path / "a.txt", text))
    assert (MOST_WANTED, 20_000) == (len(manifest.entries), len(manifest.entries[0].locked))
    assert sound(manifest)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\0\0"),
    ],
)
def test_requirements_with_a_byte_order_mark_are_read(tmp_path: Path, encoding: str, mark: bytes) -> None:
    """As pip reads them; Windows' PowerShell writes such files."""
    path = write(tmp_path / "a.txt", mark + "# \N{SNOWMAN}\r\nanthropic==0.45.2\r\n".encode(encoding))
    manifest = read(DEFAULT, path)
    assert ([2], ()) == ([each.place.line for each in manifest.entries], manifest.problems)


@pytest.mark.parametrize("name", NAMES)
def test_latin_1_is_a_problem(tmp_path: Path, name: str) -> None:
    """In every kind of file."""
    (message,) = messages(read(DEFAULT, write(tmp_path / name, "# \xe9\nanthropic==1\n".encode("latin-1"))))
    assert message in {"It can't be read as utf-8.", "It is not UTF-8: line 1 has a byte that can't be."}


@pytest.mark.parametrize(
    ("cookie", "expected"), [("latin-1", 1), ("cp1252", 1), ("zlib", 0), ("rot13", 0), ("nonsense", 0), ("utf-8", 0)]
)
def test_requirements_may_name_their_encoding(tmp_path: Path, cookie: str, expected: int) -> None:
    """As pip has it; what is no encoding of text is UTF-8."""
    text = f"# -*- coding: {cookie} -*-\n# \xe9\nanthropic==1\n"
    manifest = read(DEFAULT, write(tmp_path / "a.txt", text.encode("latin-1")))
    assert (expected, 1 - expected) == (len(manifest.entries), len(manifest.problems))


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", "Pipfile.lock"])
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path, name: str) -> None:
    """TOML and JSON as an editor on Windows leaves them."""
    texts = {
        "uv.lock": "version = 1\r\n[[package]]\r\nname = 'anthropic'\r\nversion = '1'\r\n",
        "pyproject.toml": "[project]\r\n\r\ndependencies = ['anthropic==1']\r\n",
        "Pipfile.lock": '{"default":\r\n\r\n{"anthropic": {"version": "==1"}}}\r\n',
    }
    manifest = read(DEFAULT, write(tmp_path / name, b"\xef\xbb\xbf" + texts[name].encode()))
    assert ([(3, "==1")], ()) == ([(each.place.line, each.specifier) for each in manifest.entries], manifest.problems)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("\0" * 1000, id="NUL bytes"),
        pytest.param("a = " + "[" * 100_000, id="nested arrays"),
        pytest.param("a = " + "{a=" * 100_000, id="nested tables"),
        pytest.param('{"a":' * 100_000, id="nested objects"),
        pytest.param("[" * 100_000, id="brackets"),
        pytest.param("a" + ".a" * 100_000 + " = 1", id="a dotted key"),
        pytest.param("[a" + ".'a'" * 100_000 + "]", id="a dotted header"),
        pytest.param("a = 1" + "0" * 100_000, id="a long number"),
        pytest.param('{"default": {"anthropic": {"version": ' + "1" * 10_000 + "}}}", id="a long number in JSON"),
        pytest.param("[[package]]\n" * 20_000, id="empty packages"),
        pytest.param("[[package]]\nname='anthropic'\nversion=3\n" * 5_000, id="wrong packages"),
        pytest.param("anthropic = 1\n" * 2, id="a key given twice"),
        pytest.param("midstreamline anthropic = '1'", id="the sign"),
        pytest.param("anthropic\\\n" * 50_000, id="joined lines"),
        pytest.param("-r " + "a" * 990_000, id="a long option"),
        pytest.param(" " * 200_000 + "#", id="blanks"),
        pytest.param("(" * 50_000, id="parentheses"),
        pytest.param("anthropic[" + "a," * 50_000, id="extras"),
        pytest.param("anthropic " + ">=1," * 50_000, id="clauses"),
        pytest.param("\\" * 100_000, id="backslashes"),
        pytest.param("anthropic @ " + "/" * 100_000, id="slashes"),
        pytest.param("git+" + "@" * 100_000, id="signs of an address"),
        pytest.param("-e ./" + "[" * 100_000, id="brackets of an address"),
        pytest.param("-e ./" + "#egg=a[" * 50_000, id="eggs"),
        pytest.param("a" + " " * 100_000 + "b/", id="blanks in a path"),
        pytest.param("[" + " " * 100_000, id="blanks in a header"),
        pytest.param("a = \n" + "".join(f"[a.b{n}]\n" for n in range(20_000)), id="a broken file of headers"),
        pytest.param("{" + "\n" * 100_000, id="empty lines"),
        pytest.param("\ud800".encode("utf-8", "surrogatepass"), id="half a character"),
        pytest.param("a = 2024-99-99", id="no date"),
        pytest.param("\x1b[31manthropic==\x07", id="control characters"),
    ],
)
@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_read_in_time(tmp_path: Path, name: str, data: bytes | str) -> None:
    """No crash, no hang, and no problem that is as long as the file."""
    assert sound(read(DEFAULT, write(tmp_path / name, data)))


@RELAXED
@given(name=st.sampled_from(NAMES), data=st.binary(max_size=200))
def test_any_bytes_are_read(tmp_path: Path, name: str, data: bytes) -> None:
    """Whatever they are."""
    assert sound(read(DEFAULT, write(tmp_path / name, data)))


FRAGMENTS = st.sampled_from(
    [
        "anthropic",
        "[[package]]",
        "[[packages]]",
        "[project]",
        "dependencies",
        "[tool.poetry.dependencies]",
        "[tool.uv.sources]",
        "[dependency-groups]",
        "name",
        "version",
        "source",
        "markers",
        "marker",
        "groups",
        "resolution-markers",
        "extras",
        " = ",
        "'",
        '"',
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ";",
        "\n",
        "\\\n",
        " ",
        "==",
        ">=",
        "^",
        "~",
        "||",
        "1.2",
        "*",
        "@",
        "https://e.org/",
        "-r ",
        "-e ",
        "-c requirements.txt\n",
        "python_version<'3.9'",
        "default",
        "include-group",
        "<<<<<<<",
        "#",
        "\N{SNOWMAN}",
    ]
)


@settings(RELAXED, max_examples=150)
@given(name=st.sampled_from(NAMES), pieces=st.lists(FRAGMENTS, max_size=30))
def test_any_words_are_read(tmp_path: Path, name: str, pieces: list[str]) -> None:
    """In any order."""
    assert sound(read(DEFAULT, write(tmp_path / name, "".join(pieces))))


TYPES = st.recursive(
    st.sampled_from(["'anthropic'", "'1'", "3", "true", "1.5", "2024-01-01", "'>=1'", "\"os_name == 'nt'\"", "'^1'"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(st.sampled_from(["version", "anthropic", "name", "git", "extra"]), inner).map(
            lambda pair: f"{{{pair[0]} = {pair[1]}}}"
        ),
    ),
    max_leaves=4,
)
KEYS = (
    "project.dependencies",
    "project.requires-python",
    "project.optional-dependencies.a",
    "dependency-groups.a",
    "tool.poetry.dependencies.anthropic",
    "tool.poetry.dependencies.python",
    "tool.poetry.group.a.dependencies.anthropic",
    "tool.uv.sources.anthropic",
    "tool.uv.constraint-dependencies",
    "tool.pdm.dev-dependencies.a",
    "build-system.requires",
    "package",
    "packages",
    "metadata.python-versions",
    "metadata.targets",
    "packages.anthropic",
    "requires.python_version",
    "version",
    "lock-version",
)


@settings(RELAXED, max_examples=100)
@given(name=st.sampled_from(NAMES[1:8]), key=st.sampled_from(KEYS), value=TYPES)
def test_any_type_may_stand_anywhere(tmp_path: Path, name: str, key: str, value: str) -> None:
    """Where a text is looked for, and where a table is."""
    assert sound(read(DEFAULT, write(tmp_path / name, f"{key} = {value}\n")))


FIELDS = (
    "version",
    "source",
    "markers",
    "marker",
    "resolution-markers",
    "groups",
    "extras",
    "vcs",
    "git",
    "dependencies",
)


@settings(RELAXED, max_examples=100)
@given(name=st.sampled_from(NAMES[2:8]), field=st.sampled_from(FIELDS), value=TYPES)
def test_any_field_of_a_package_may_be_anything(tmp_path: Path, name: str, field: str, value: str) -> None:
    """In every lock."""
    table = "[[packages]]" if name == "pylock.toml" else "[[package]]"
    version = "" if field == "version" else "version = '1'\n"
    assert sound(read(DEFAULT, write(tmp_path / name, f"{table}\nname = 'anthropic'\n{version}{field} = {value}\n")))


@settings(RELAXED, max_examples=100)
@given(name=st.sampled_from(sorted(EXPECTED)), at=st.floats(0, 1), junk=st.text(max_size=5), cut=st.integers(0, 50))
def test_a_damaged_fixture_is_read(tmp_path: Path, name: str, at: float, junk: str, cut: int) -> None:
    """With a hole somewhere, and junk in it."""
    text = (FIXTURES / name).read_text(encoding="utf-8")[:6000]
    start = int(at * len(text))
    data = (text[:start] + junk + text[start + cut :]).encode("utf-8", "replace")
    assert sound(read(DEFAULT, write(tmp_path / Path(name).name, data)))


def test_a_chain_of_thousands_of_includes_ends(tmp_path: Path) -> None:
    """It is read as far as anybody would have it, and the rest is said to be missing."""
    count = MOST_FILES + 500
    for number in range(count):
        write(tmp_path / f"{number}.txt", f"-r {number + 1}.txt\n" if number < count - 1 else "anthropic\n")
    manifest = read(DEFAULT, tmp_path / "0.txt", "0.txt")
    assert ["More than 1,000 files or 16 MB are included; the rest is not read."] == messages(manifest)
    assert f"{MOST_FILES - 1}.txt:1" == str(manifest.problems[0].place)


def test_thousands_of_includes_in_one_file_end(tmp_path: Path) -> None:
    """That are there once, and those that are not."""
    write(tmp_path / "b.txt", "anthropic\n")
    manifest = read(
        DEFAULT, write(tmp_path / "a.txt", "-r b.txt\n-r c.txt\n" * 5000 + "".join(f"-r {n}\n" for n in range(2000)))
    )
    assert 1 == len(manifest.entries)
    assert sound(manifest)


def test_many_problems_are_counted() -> None:
    """A file of another kind has one on every line."""
    manifest = read(DEFAULT, Path(__file__), "x.txt")
    assert "unknown" == manifest.kind
    assert ["It is no manifest that this program knows."] == messages(manifest)


def test_prose_is_no_requirements_file(tmp_path: Path) -> None:
    """The first problems are said, and the others counted."""
    manifest = read(DEFAULT, write(tmp_path / "a.txt", "This is prose.\n" * 100), "a.txt")
    assert (MOST_PROBLEMS + 1, "50 more problems like these.") == (len(manifest.problems), messages(manifest)[-1])
