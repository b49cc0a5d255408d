"""`pyproject.toml`: each place in which it can require the target, with the line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.manifests import Manifest, read
from matrix.manifests.poetry import specifiers
from matrix.targets import DEFAULT

Write = Callable[[str], Manifest]


@pytest.fixture
def pyproject(tmp_path: Path) -> Write:
    """Return a function that writes a `pyproject.toml` and reads it."""

    def write(text: str) -> Manifest:
        path = tmp_path / "pyproject.toml"
        path.write_text(text, encoding="utf-8")
        return read(DEFAULT, path, "pyproject.toml")

    return write


def rows(manifest: Manifest) -> list[tuple[int, str, str]]:
    """Return line, specifier and origin of each entry."""
    return [(each.place.line, each.specifier, each.origin) for each in manifest.entries]


def problems(manifest: Manifest) -> list[tuple[int, str]]:
    """Return line and message of each problem."""
    return [(each.place.line, each.message) for each in manifest.problems]


EVERYWHERE = """\
# anthropic in a comment
[build-system]
requires = ["hatchling", "anthropic==0.1"]

[project]
name = "anthropic-tools"
description = '''
dependencies = ["anthropic==9"]
'''
requires-python = ">=3.9"
dependencies = [
  "httpx",  # "anthropic==8"
  'Anthropic >=0.40, <1',
]
optional-dependencies.claude = [ "anthropic[bedrock]==0.45.2 ; python_version < '3.12'" ]

[project.optional-dependencies]

[dependency-groups]
test = [
  {include-group = "lint"},
  "anthropic==0.2"
]
lint = ["ruff"]

[tool.pdm.dev-dependencies]
old = ["anthropic==0.3", "-e file:///checkout#egg=anthropic"]

[tool.uv]
dev-dependencies = ["anthropic==0.4"]
constraint-dependencies = ["anthropic<0.50"]
override-dependencies = ["anthropic==0.6"]

[tool.poetry.group.dev.dependencies]
anthropic = "^0.7"
""".replace("\n[project.optional-dependencies]\n", "")


def test_every_list_is_read(pyproject: Write) -> None:
    """Each requirement has its line, whatever the layout of the file."""
    manifest = pyproject(EVERYWHERE)
    assert [
        (13, ">=0.40,<1", "project.dependencies"),
        (15, "==0.45.2", "project.optional-dependencies.claude"),
        (20, "==0.2", "dependency-groups.test"),
        (25, "==0.3", "tool.pdm.dev-dependencies.old"),
        (25, "", "tool.pdm.dev-dependencies.old"),
        (28, "==0.4", "tool.uv.dev-dependencies"),
        (29, ">=0.40,<0.50,<1", "tool.uv.constraint-dependencies"),
        (30, "==0.6", "tool.uv.override-dependencies"),
        (3, "==0.1", "build-system.requires"),
        (33, ">=0.7,<0.8", "tool.poetry.group.dev.dependencies"),
    ] == rows(manifest)
    assert (">=3.9", []) == (manifest.python, problems(manifest))
    assert ("bedrock",) == manifest.entries[1].extras
    assert 'python_version < "3.12"' == manifest.entries[1].marker
    assert "file:///checkout#egg=anthropic" == manifest.entries[4].direct


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^0.39", [">=0.39,<0.40"]),
        ("^1.2.3", [">=1.2.3,<2.0.0"]),
        ("^0.0.3", [">=0.0.3,<0.0.4"]),
        ("~0.28.1", [">=0.28.1,<0.29.0"]),
        ("~1", [">=1,<2"]),
        ("0.4.*", ["==0.4.*"]),
        ("*", [""]),
        ("0.45.2", ["==0.45.2"]),
        ("==0.45.2", ["==0.45.2"]),
        (">=0.40 <1", [">=0.40,<1"]),
        ("!=0.4", ["!=0.4"]),
        ("^0.3 || ^0.5", [">=0.3,<0.4", ">=0.5,<0.6"]),
    ],
)
def test_a_constraint_of_poetry_becomes_specifiers(constraint: str, expected: list[str]) -> None:
    """There is one PEP 440 specifier for each alternative."""
    assert expected == specifiers(constraint)


@pytest.mark.parametrize("constraint", ["", "banana", ">1..2", "^", "<1,>2", "9" * 600, "^" + "9" * 400 + ".1"])
def test_an_invalid_constraint_of_poetry_raises_only_value_error(constraint: str) -> None:
    """poetry-core accepts some of them."""
    try:
        specifiers(constraint)
    except ValueError:
        return
    assert constraint.endswith(".1")


@pytest.mark.parametrize(
    ("dependency", "expected"),
    [
        pytest.param('"^0.39"', (">=0.39,<0.40", "", (), ""), id="text"),
        pytest.param(
            "{ version = '*', extras = ['a'], markers = 'os_name == \"nt\"', python = '^3.9', platform = 'linux' }",
            (
                "",
                (
                    'os_name == "nt" and python_full_version >= "3.9" and python_full_version < "4.0" '
                    'and sys_platform == "linux"'
                ),
                ("a",),
                "",
            ),
            id="everything",
        ),
        pytest.param(
            '{ version = "1", python = "~2.7 || ^3.6" }',
            (
                "==1",
                (
                    'python_full_version >= "2.7" and python_full_version < "2.8" '
                    'or python_full_version >= "3.6" and python_full_version < "4.0"'
                ),
                (),
                "",
            ),
            id="a Python with alternatives",
        ),
        pytest.param('{ git = "https://e.org/a.git", tag = "v1" }', ("", "", (), "https://e.org/a.git@v1"), id="git"),
        pytest.param('{ path = "../sdk", develop = true }', ("", "", (), "../sdk"), id="path"),
        pytest.param('{ url = "https://e.org/anthropic-1.0.tar.gz" }', ("==1.0", "", (), "*"), id="url"),
        pytest.param('{ optional = true, version = "1" }', ("==1", "", (), ""), id="optional"),
    ],
)
def test_a_dependency_of_poetry_is_an_entry(
    pyproject: Write, dependency: str, expected: tuple[str, str, tuple[str, ...], str]
) -> None:
    """Specifier and marker are in normal form."""
    manifest = pyproject(f"[tool.poetry.dependencies]\npython = '^3.9'\nAnthropic = {dependency}\n")
    (entry,) = manifest.entries
    direct = "https://e.org/anthropic-1.0.tar.gz" if expected[3] == "*" else expected[3]
    assert (*expected[:3], direct) == (entry.specifier, entry.marker, entry.extras, entry.direct)
    assert (3, ">=3.9,<4.0") == (entry.place.line, manifest.python)


def test_a_dependency_of_poetry_may_be_a_table_of_its_own(pyproject: Write) -> None:
    """Dotted keys mention the target twice, for one dependency."""
    assert [(1, "==1", "tool.poetry.dependencies")] == rows(
        pyproject("[tool.poetry.dependencies.anthropic]\nversion = '1'\n")
    )
    manifest = pyproject("[tool.poetry.dependencies]\nanthropic.version = '1'\nanthropic.extras = ['a']\n")
    assert [(2, "==1", "tool.poetry.dependencies")] == rows(manifest)
    assert ("a",) == manifest.entries[0].extras


def test_with_project_dependencies_poetry_declares_only_sources(pyproject: Write) -> None:
    """Poetry 2 ignores a version there."""
    text = "[project]\ndependencies = ['anthropic==1']\n[tool.poetry.dependencies]\nanthropic = '2'\n"
    assert [(2, "==1", "project.dependencies")] == rows(pyproject(text))


@pytest.mark.parametrize(
    ("source", "direct"),
    [
        ("{ git = 'https://e.org/a.git', rev = 'v1' }", "https://e.org/a.git@v1"),
        ("{ path = '../a' }", "../a"),
        ("[{ url = 'https://e.org/a.whl', marker = \"os_name == 'nt'\" }, { index = 'ours' }]", "https://e.org/a.whl"),
        ("{ index = 'ours' }", ""),
        ("{ workspace = true }", "a member of the workspace"),
    ],
)
def test_a_source_of_uv_is_the_address_of_every_entry(pyproject: Write, source: str, direct: str) -> None:
    """A source that is an index is not. The version in a requirement says nothing of a source."""
    manifest = pyproject(
        "[project]\ndependencies = ['anthropic']\n[tool.uv]\noverride-dependencies = ['anthropic==0.50.0']\n"
        f"constraint-dependencies = ['anthropic<1']\n[tool.uv.sources]\nanthropic = {source}\n"
    )
    assert [direct] * 3 == [each.direct for each in manifest.entries]
    if direct:
        assert ["", "", ""] == [each.specifier for each in manifest.entries]


@pytest.mark.parametrize(("limit", "sourced"), [("extra = 'a-b'", 1), ("group = 'A_B'", 2)])
def test_a_source_may_be_limited_to_an_extra_or_a_group(pyproject: Write, limit: str, sourced: int) -> None:
    """The other requirements come from the index, and keep their versions. A wheel names its release."""
    manifest = pyproject(
        "[project]\ndependencies = ['anthropic>=1']\noptional-dependencies.A_b = ['anthropic>=1']\n"
        "[dependency-groups]\na-b = ['anthropic>=1']\n"
        f"[tool.uv.sources]\nanthropic = {{ path = 'x/anthropic-0.45.2-py3-none-any.whl', {limit} }}\n"
    )
    assert ["==0.45.2" if index == sourced else ">=1" for index in range(3)] == [
        entry.specifier for entry in manifest.entries
    ]


def test_a_source_of_poetry_is_that_of_the_project(pyproject: Write) -> None:
    """Poetry 2 takes a requirement of the project from there."""
    manifest = pyproject(
        "[project]\ndependencies = ['anthropic==1']\n"
        "[tool.poetry.dependencies]\nanthropic = { git = 'https://e.org/a.git', tag = 'v1' }\n"
    )
    assert [("", "https://e.org/a.git@v1")] * 2 == [(entry.specifier, entry.direct) for entry in manifest.entries]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[project]\ndependencies = 'anthropic'", 2, "`project.dependencies` must be an array, but is 'anthropic'."),
        (
            "[project]\ndependencies = [3]",
            0,
            "`project.dependencies` has an item that is not a requirement: the number 3.",
        ),
        (
            "[project]\ndependencies = [\n'anthropic>=1..2']",
            3,
            "`project.dependencies` has an item that is not a requirement: 'anthropic>=1..2'.",
        ),
        ("[project]\nrequires-python = 'new'", 0, "`project.requires-python` is not a valid specifier: 'new'."),
        (
            "[dependency-groups]\na = [{include-group = 'b'}]",
            0,
            "`dependency-groups.a` includes 'b', but no group has that name.",
        ),
        ("[dependency-groups]\na = [{include-group = 'A'}]", 0, "`dependency-groups.a` includes itself."),
        (
            "[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'a'}]",
            0,
            "`dependency-groups.a` includes itself.",
        ),
        ("[dependency-groups]\na = [{x = 'b'}]", 0, "`dependency-groups.a` has a table that includes no group."),
        (
            "[tool.poetry.dependencies]\nanthropic = '>1..2'",
            2,
            "The dependency on anthropic is not valid: '>1..2'.",
        ),
        ("[tool.poetry.dependencies]\nanthropic = 3", 2, "The dependency on anthropic is not valid: the number 3."),
        (
            "[tool.poetry.dependencies]\nanthropic = {version = '1', markers = 3}",
            2,
            "The dependency on anthropic is not valid: '1'.",
        ),
    ],
)
def test_an_invalid_value_is_one_problem(pyproject: Write, text: str, line: int, message: str) -> None:
    """The rest of the file is read."""
    manifest = pyproject(f"{text}\n\n[build-system]\nrequires = ['anthropic==1']\n")
    assert [(line, message)] == problems(manifest)
    assert ["==1"] == [each.specifier for each in manifest.entries]


def test_a_long_chain_of_groups_is_followed(tmp_path: Path) -> None:
    """No group in it includes itself."""
    path = tmp_path / "pyproject.toml"
    groups = "".join(f"g{number} = [{{include-group = 'g{number + 1}'}}]\n" for number in range(10_000))
    path.write_text(f"[dependency-groups]\n{groups}g10000 = ['anthropic']\n", encoding="utf-8")
    manifest = read(DEFAULT, path)
    assert (["dependency-groups.g10000"], ()) == ([entry.origin for entry in manifest.entries], manifest.problems)


def test_a_long_chain_of_groups_that_include_themselves_is_a_problem(tmp_path: Path) -> None:
    """Each group is followed to its end, which takes quadratic time."""
    path = tmp_path / "pyproject.toml"
    line = "g{0} = [{{include-group = 'g{0}'}}, {{include-group = 'g{1}'}}]\n"
    groups = "".join(line.format(number, number + 1) for number in range(3_000))
    path.write_text(f"[dependency-groups]\n{groups}g3000 = ['anthropic']\n", encoding="utf-8")
    (problem,) = read(DEFAULT, path).problems
    assert "The includes in `dependency-groups` were not followed: they are too many." == problem.message
