"""Reading a manifest never raises and never hangs, whatever the path and the content."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from matrix.manifests import Manifest, read
from matrix.manifests.draft import MOST_PARSED, MOST_PROBLEMS
from matrix.manifests.requirements import MOST_FILES, MOST_REQUIREMENTS
from matrix.manifests.source import LIMIT
from matrix.targets import DEFAULT
from tests.manifests.test_fixtures import EXPECTED, FIXTURES

RELAXED = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=25,
)
PATIENCE = 10.0
"""Seconds of CPU for an invalid file; most take hundredths."""

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
    "setup.cfg",
    "setup.py",
    "script.py",
    "environment.yml",
    "conda-lock.yml",
    "pixi.toml",
    "pixi.lock",
    "hatch.toml",
    "tox.ini",
    "tox.toml",
    "requirements.lock",
    "Dockerfile",
    "x.ipynb",
)


def messages(manifest: Manifest) -> list[str]:
    """Return the messages of its problems."""
    return [each.message for each in manifest.problems]


def sound(manifest: Manifest) -> bool:
    """Return whether its specifiers and markers are valid and its messages short."""
    for entry in manifest.entries:
        SpecifierSet(entry.specifier)
        if entry.marker:
            Marker(entry.marker)
    SpecifierSet(manifest.python)
    return len(manifest.problems) <= MOST_PROBLEMS + 1 and all(len(each) < 1000 for each in messages(manifest))


def write(path: Path, data: bytes | str) -> Path:
    """Write a file, and return its path."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_a_path_that_is_not_a_regular_file_is_a_problem(tmp_path: Path) -> None:
    """Missing files, folders, pipes, devices and loops of links are reported at once."""
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (tmp_path / "dangling.lock").symlink_to(tmp_path / "nothing")
    assert ["The file does not exist."] == messages(read(DEFAULT, tmp_path / "missing.txt"))
    assert ["The file does not exist."] == messages(read(DEFAULT, tmp_path / "dangling.lock"))
    assert ["The path is a folder."] == messages(read(DEFAULT, tmp_path / "folder.txt"))
    assert ["The path is not a regular file."] == messages(read(DEFAULT, tmp_path / "pipe.txt"))
    assert ["The path is not a regular file."] == messages(read(DEFAULT, tmp_path / "zero.txt"))
    assert ["The file can't be read: Too many levels of symbolic links."] == messages(
        read(DEFAULT, tmp_path / "loop.txt")
    )
    assert ["This is not a valid path."] == messages(read(DEFAULT, Path("a\0.txt")))
    assert ["The file can't be read: File name too long."] == messages(read(DEFAULT, Path("a" * 9000 + ".txt")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_problem(tmp_path: Path) -> None:
    """The message quotes the system's reason."""
    path = write(tmp_path / "uv.lock", "")
    path.chmod(0)
    assert ["The file can't be read: Permission denied."] == messages(read(DEFAULT, path))


def test_an_include_that_is_not_a_regular_file_is_a_problem(tmp_path: Path) -> None:
    """The problem has the line of the include, and the lines around it are read."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    path = write(tmp_path / "a.txt", "-r pipe.txt\n-r loop.txt\n-r .\n-r a\0b\nanthropic\n-r " + "a" * 9000)
    manifest = read(DEFAULT, path, "a.txt")
    assert [1, 2, 3, 4, 6] == [each.place.line for each in manifest.problems]
    assert ["a.txt:5"] == [str(each.place) for each in manifest.entries]
    assert sound(manifest)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_too_large_is_skipped(tmp_path: Path, name: str) -> None:
    """Its content is not read."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(LIMIT + 1)
    assert ["The file was skipped: it has more than 16 MB."] == messages(read(DEFAULT, path))


@pytest.mark.parametrize("name", NAMES)
def test_ten_megabytes_in_one_line_are_read_in_time(tmp_path: Path, name: str) -> None:
    """Every kind of file stays within the time limit of a test."""
    assert sound(read(DEFAULT, write(tmp_path / name, "anthropic==" + "a." * 5_000_000)))


def test_a_long_requirements_file_is_read(tmp_path: Path) -> None:
    """All pins are locked, and the number of requirements on the target is bounded."""
    text = "".join(f"package-{number}==1.{number}\nanthropic!=0.{number}\n" for number in range(20_000))
    manifest = read(DEFAULT, write(tmp_path / "a.txt", text))
    assert (MOST_REQUIREMENTS, 20_000) == (len(manifest.entries), len(manifest.entries[0].locked))
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
    """Windows' PowerShell writes such files, and pip reads them."""
    path = write(tmp_path / "a.txt", mark + "# \N{SNOWMAN}\r\nanthropic==0.45.2\r\n".encode(encoding))
    manifest = read(DEFAULT, path)
    assert ([2], ()) == ([each.place.line for each in manifest.entries], manifest.problems)


@pytest.mark.parametrize("name", NAMES)
def test_latin_1_is_a_problem(tmp_path: Path, name: str) -> None:
    """Every kind of file reports it."""
    (message,) = messages(read(DEFAULT, write(tmp_path / name, "# \xe9\nanthropic==1\n".encode("latin-1"))))
    assert message in {"The file can't be decoded as utf-8.", "The file is not UTF-8: line 1 has an invalid byte."}


@pytest.mark.parametrize(
    ("cookie", "expected"), [("latin-1", 1), ("cp1252", 1), ("zlib", 0), ("rot13", 0), ("nonsense", 0), ("utf-8", 0)]
)
def test_requirements_may_name_their_encoding(tmp_path: Path, cookie: str, expected: int) -> None:
    """Such comments are also read by pip; a codec that is not of text counts as UTF-8."""
    text = f"# -*- coding: {cookie} -*-\n# \xe9\nanthropic==1\n"
    manifest = read(DEFAULT, write(tmp_path / "a.txt", text.encode("latin-1")))
    assert (expected, 1 - expected) == (len(manifest.entries), len(manifest.problems))


@pytest.mark.parametrize(
    "codec",
    ["undefined", "punycode", "Punycode", "idna", "utf-7", "UTF7", "unicode_escape", "raw-unicode-escape"],
)
def test_a_codec_that_is_no_encoding_of_files_is_a_problem(tmp_path: Path, codec: str) -> None:
    """`undefined` always raises, and `punycode` takes quadratic time."""
    path = write(tmp_path / "a.txt", f"# coding: {codec}\nanthropic==1 # {'z9' * 100_000}\n".encode())
    (problem,) = read(DEFAULT, path).problems
    assert f"The file names the encoding {codec}, which is not an encoding of files." == problem.message
    assert "Save it as UTF-8, and remove the comment `coding:`." == problem.hint


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", "Pipfile.lock"])
def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path, name: str) -> None:
    """Editors on Windows write TOML and JSON like this."""
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
        pytest.param("anthropic = 1\n" * 2, id="a duplicate key"),
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
        pytest.param("a = \n" + "".join(f"[a.b{n}]\n" for n in range(20_000)), id="an invalid file of headers"),
        pytest.param("{" + "\n" * 100_000, id="empty lines"),
        pytest.param("\ud800".encode("utf-8", "surrogatepass"), id="half a character"),
        pytest.param("a = 2024-99-99", id="an invalid date"),
        pytest.param("\x1b[31manthropic==\x07", id="control characters"),
    ],
)
def test_nonsense_is_read_in_time(tmp_path: Path, data: bytes | str) -> None:
    """It raises nothing, does not hang, and each message stays short, whatever the name of the file."""
    cpu = {}
    for name in NAMES:
        path = write(tmp_path / name, data)
        began = time.process_time()
        assert sound(read(DEFAULT, path)), name
        cpu[name] = time.process_time() - began
    assert {} == {name: seconds for name, seconds in cpu.items() if seconds > PATIENCE}


@RELAXED
@given(name=st.sampled_from(NAMES), data=st.binary(max_size=200))
def test_any_bytes_are_read(tmp_path: Path, name: str, data: bytes) -> None:
    """No content raises."""
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
    """No order of keywords raises."""
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
    """A value of a wrong type raises nothing."""
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
def test_any_field_of_a_package_may_have_any_type(tmp_path: Path, name: str, field: str, value: str) -> None:
    """Every kind of lock is read."""
    table = "[[packages]]" if name == "pylock.toml" else "[[package]]"
    version = "" if field == "version" else "version = '1'\n"
    assert sound(read(DEFAULT, write(tmp_path / name, f"{table}\nname = 'anthropic'\n{version}{field} = {value}\n")))


@settings(RELAXED, max_examples=100)
@given(name=st.sampled_from(sorted(EXPECTED)), at=st.floats(0, 1), junk=st.text(max_size=5), cut=st.integers(0, 50))
def test_a_damaged_fixture_is_read(tmp_path: Path, name: str, at: float, junk: str, cut: int) -> None:
    """A part is missing and other text is in its place."""
    text = (FIXTURES / name).read_text(encoding="utf-8")[:6000]
    start = int(at * len(text))
    data = (text[:start] + junk + text[start + cut :]).encode("utf-8", "replace")
    assert sound(read(DEFAULT, write(tmp_path / Path(name).name, data)))


def test_a_chain_of_thousands_of_includes_ends(tmp_path: Path) -> None:
    """The limit is reported at the include that exceeds it."""
    count = MOST_FILES + 500
    for number in range(count):
        write(tmp_path / f"{number}.txt", f"-r {number + 1}.txt\n" if number < count - 1 else "anthropic\n")
    manifest = read(DEFAULT, tmp_path / "0.txt", "0.txt")
    assert ["The remaining includes were skipped: there are more than 1,000 files or 16 MB."] == messages(manifest)
    assert f"{MOST_FILES - 1}.txt:1" == str(manifest.problems[0].place)


def test_thousands_of_includes_in_one_file_end(tmp_path: Path) -> None:
    """A file is read once; missing files are reported."""
    write(tmp_path / "b.txt", "anthropic\n")
    manifest = read(
        DEFAULT, write(tmp_path / "a.txt", "-r b.txt\n-r c.txt\n" * 5000 + "".join(f"-r {n}\n" for n in range(2000)))
    )
    assert 1 == len(manifest.entries)
    assert sound(manifest)


MANY_INCLUDES = {
    "tox.ini": ("[testenv]\ndeps =\n", " -r {}.txt\n", ""),
    "setup.cfg": ("[options]\ninstall_requires = file: 0.txt\n", " ,{}.txt\n", ""),
    "environment.yml": ("dependencies:\n- pip:\n  - anthropic\n", "  - -r {}.txt\n", ""),
    "tox.toml": ("[env_run_base]\ndeps = [\n", "'-r {}.txt',\n", "]"),
    "pyproject.toml": (
        "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic.dependencies]\nfile = [\n", "'{}.txt',\n", "]",
    ),
}  # fmt: skip
"""Name of a manifest to its beginning, a line that includes a file, and its end."""


@pytest.mark.parametrize("name", MANY_INCLUDES)
def test_a_manifest_that_includes_a_file_again_and_again_reads_it_once(tmp_path: Path, name: str) -> None:
    """Every environment of a project may include its requirements."""
    begin, line, end = MANY_INCLUDES[name]
    write(tmp_path / "0.txt", "package==1\n" * 20_000 + "anthropic==0.45.2\n")
    began = time.process_time()
    manifest = read(DEFAULT, write(tmp_path / name, begin + line.format(0) * 500 + end), name)
    assert time.process_time() - began < PATIENCE
    assert ["0.txt:20001"] == [str(entry.place) for entry in manifest.entries if entry.specifier]
    assert () == manifest.problems


@pytest.mark.parametrize("name", MANY_INCLUDES)
def test_the_limits_of_includes_hold_for_all_lines_of_a_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each of its files includes the same two, of which one includes itself."""
    monkeypatch.setattr("matrix.manifests.requirements.MOST_LINES", 5_000)
    begin, line, end = MANY_INCLUDES[name]
    write(tmp_path / "big.txt", "package==1\n" * 100 + "-r big.txt\n")
    write(tmp_path / "small.txt", "anthropic\n")
    for number in range(100):
        write(tmp_path / f"{number}.txt", "-r big.txt\n-r small.txt\n")
    text = begin + "".join(line.format(number) for number in range(100)) + end
    manifest = read(DEFAULT, write(tmp_path / name, text), name)
    expected = "The file was skipped: the manifest and its includes have more than 5,000 lines."
    assert {"'big.txt' includes itself.", expected} <= set(messages(manifest))
    assert sound(manifest)


def test_an_include_with_a_very_long_path_is_a_problem(tmp_path: Path) -> None:
    """Following its links would take milliseconds for each line."""
    manifest = read(DEFAULT, write(tmp_path / "a.txt", f"-r {'b/../' * 2_000}a.txt\n" * 5))
    assert ["The include was skipped: its path is too long."] * 5 == messages(manifest)


def test_a_long_chain_of_groups_that_include_each_other_ends(tmp_path: Path) -> None:
    """Each pair of groups is a cycle, and includes the next pair."""
    lines = (
        f"a{n} = [{{include-group = 'b{n}'}}, {{include-group = 'a{n + 1}'}}]\nb{n} = [{{include-group = 'a{n}'}}]\n"
        for n in range(400)
    )
    text = f"[dependency-groups]\n{''.join(lines)}a400 = ['anthropic']\n"
    began = time.process_time()
    manifest = read(DEFAULT, write(tmp_path / "pyproject.toml", text))
    assert time.process_time() - began < PATIENCE / 4
    assert [f"`dependency-groups.a{n}` includes itself." for n in range(MOST_PROBLEMS)] == messages(manifest)[:-1]
    assert "350 more problems are not listed." == messages(manifest)[-1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tox.ini", "[testenv]\ndeps =\n" + " a;\n" * 50_000),
        ("setup.cfg", "[options]\ninstall_requires =\n" + " a;b\n" * 50_000),
        ("environment.yml", "name: anthropic\ndependencies:\n- pip:\n" + "  - a;\n" * 50_000),
        ("pyproject.toml", "[project]\ndependencies = [\n" + "'a;b',\n" * 50_000 + "]"),
    ],
)
def test_the_requirements_that_need_a_parser_have_a_bound_in_every_kind_of_file(
    tmp_path: Path, name: str, text: str
) -> None:
    """Beyond the bound they are skipped, which is a problem."""
    began = time.process_time()
    manifest = read(DEFAULT, write(tmp_path / name, text))
    assert time.process_time() - began < PATIENCE
    expected = f"The requirements from here were skipped: more than {MOST_PARSED:,} need a parser."
    assert expected == messages(manifest)[-1]


def test_a_toml_file_of_millions_of_short_items_is_skipped(tmp_path: Path) -> None:
    """Its parser takes seconds for a million characters."""
    path = write(tmp_path / "uv.lock", "a = [\n" + "1,\n" * 1_400_000 + "]")
    assert ["The file was skipped: it has more than 4 MB besides the addresses of files."] == messages(
        read(DEFAULT, path)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "package=[{name='p', dependencies=[{name='anthropic', version=['1']}]}, {name='anthropic'}]\n"),
        ("uv.lock", "requires-python = '*'\n[[package]]\nname='anthropic'\nversion='1'\n"),
        ("pyproject.toml", "[project]\nrequires-python = '*'\ndependencies = ['anthropic']\n"),
        ("hatch.toml", f"[envs.{'a' * 5_000}]\ndependencies = ['anthropic', 1]\n"),
        ("pyproject.toml", f"[dependency-groups]\n{'a' * 5_000} = [1, {{}}, {{include-group = '{'a' * 5_000}'}}]\n"),
    ],
)  # fmt: skip
def test_what_random_structures_found_is_read(tmp_path: Path, name: str, text: str) -> None:
    """No value is hashed that may be an array, and no name makes a message long."""
    assert sound(read(DEFAULT, write(tmp_path / name, text)))


A_TABLE = "{ name = 'anthropic' }"

WRONG_TYPES = {
    "pyproject.toml": (
        ("project.dependencies", "`project.dependencies` must be an array, but is a table."),
        ("project.optional-dependencies = [", "`project.optional-dependencies` must be a table, but is an array."),
        ("project.dependencies = [", "`project.dependencies` has an item that is not a requirement: a table."),
        ("dependency-groups = [", "`dependency-groups` must be a table, but is an array."),
        ("dependency-groups.a", "`dependency-groups.a` must be an array, but is a table."),
        ("build-system = [", "`build-system` must be a table, but is an array."),
        ("build-system.requires = [", "`build-system.requires` has an item that is not a requirement: a table."),
        ("tool.uv = [", "`tool.uv` must be a table, but is an array."),
        ("tool.uv.dev-dependencies", "`tool.uv.dev-dependencies` must be an array, but is a table."),
        ("tool.pdm.dev-dependencies = [", "`tool.pdm.dev-dependencies` must be a table, but is an array."),
        ("tool.poetry = [", "`tool.poetry` must be a table, but is an array."),
        ("tool.poetry.dependencies = [", "`tool.poetry.dependencies` must be a table, but is an array."),
        ("tool.poetry.group = [", "`tool.poetry.group` must be a table, but is an array."),
        ("tool.poetry.group.a = [", "`tool.poetry.group.a` must be a table, but is an array."),
        ("tool.hatch.envs = [", "`tool.hatch.envs` must be a table, but is an array."),
        ("tool.hatch.envs.a = [", "`tool.hatch.envs.a` must be a table, but is an array."),
        ("tool.hatch.envs.a.dependencies = [", "`tool.hatch.envs.a.dependencies` has an item that is not"),
        ("tool.pixi = [", "`tool.pixi` must be a table, but is an array."),
        ("tool.pixi.dependencies = [", "`tool.pixi.dependencies` must be a table, but is an array."),
        ("tool.pixi.feature.a.target = [", "`tool.pixi.feature.a.target` must be a table, but is an array."),
        ("tool.tox.env = [", "`tool.tox.env` must be a table, but is an array."),
        ("tool.tox.env_run_base = [", "`tool.tox.env_run_base` must be a table, but is an array."),
    ),
    "tox.toml": (
        ("env_run_base.deps = 3 #", "`env_run_base.deps` must be an array, but is the number 3."),
        ("env.a.deps = [3] #", "`env.a.deps` has an item that is not a requirement: the number 3."),
    ),
    "Pipfile": (("packages = [", "`packages` must be a table, but is an array."),),
    "uv.lock": (("package", "`package` must be an array of tables, but is a table."),),
    "environment.yml": (
        ("dependencies: [[", "`dependencies` has an item that is not a requirement: an array."),
        ("dependencies: # anthropic", "`dependencies` must be an array, but is ''."),
        ("dependencies: [pip: {x: 1}] #", "`dependencies.pip` must be an array, but is a table."),
    ),
}
"""Name of a manifest to the beginnings of lines that have a value of a wrong type, and the problem of each."""


@pytest.mark.parametrize(
    ("name", "beginning", "message"), [(name, *case) for name, cases in WRONG_TYPES.items() for case in cases]
)
def test_requirements_of_a_wrong_type_are_a_problem(tmp_path: Path, name: str, beginning: str, message: str) -> None:
    """Nothing is lost in silence where people declare requirements."""
    if name == "environment.yml":
        text = f"{beginning} anthropic {']' * beginning.count('[[') * 2}\n"
    else:
        text = f"{beginning}{'' if ' ' in beginning else ' ='} {A_TABLE}{']' if beginning.endswith('[') else ''}\n"
    (problem,) = messages(read(DEFAULT, write(tmp_path / name, text)))
    assert message in problem


def test_a_python_file_is_not_a_manifest() -> None:
    """It has one problem."""
    manifest = read(DEFAULT, Path(__file__), "x.txt")
    assert "unknown" == manifest.kind
    assert ["The file is not a manifest that midstream reads."] == messages(manifest)


def test_many_problems_are_counted(tmp_path: Path) -> None:
    """The first ones are listed."""
    manifest = read(DEFAULT, write(tmp_path / "a.txt", "This is prose.\n" * 100), "a.txt")
    assert (MOST_PROBLEMS + 1, "50 more problems are not listed.") == (len(manifest.problems), messages(manifest)[-1])
