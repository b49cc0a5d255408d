"""Requirements files: what a line says, and what it comes to with all that is included."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.manifests import Manifest, read
from matrix.manifests.requirement_lines import (
    LONGEST,
    LONGEST_OPTIONS,
    Includes,
    Requires,
    Says,
    Statement,
    logical_lines,
    statement,
)
from matrix.targets import DEFAULT

Files = Callable[..., Manifest]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes files, and reads the first of them."""

    def write(**texts: str) -> Manifest:
        paths = [tmp_path / f"{name}.txt" for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")
        return read(DEFAULT, paths[0], paths[0].name)

    return write


def rows(manifest: Manifest) -> list[tuple[str, str, str]]:
    """Place, specifier and marker of each entry."""
    return [(str(each.place), each.specifier, each.marker) for each in manifest.entries]


def said(manifest: Manifest) -> list[str]:
    """Place and message of each problem."""
    return [f"{each.place} {each.message}" for each in manifest.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\nb\n", [(1, "a"), (2, "b")], id="a line each"),
        pytest.param("a\r\nb\r\n", [(1, "a"), (2, "b")], id="Windows line ends"),
        pytest.param("a", [(1, "a")], id="no line end"),
        pytest.param("\n\n  a  \n\n", [(3, "a")], id="space around"),
        pytest.param("# a\n  # b\n", [], id="comments"),
        pytest.param("a # b\na#b\n", [(1, "a"), (2, "a#b")], id="a comment needs space before it"),
        pytest.param("a \\\n  b \\\n c\nd", [(1, "a   b  c"), (4, "d")], id="joined lines"),
        pytest.param("a \\\n# b\nc", [(1, "a"), (3, "c")], id="a comment ends what is joined"),
        pytest.param("a \\\n# b \\\nc", [(1, "a"), (3, "c")], id="a comment joins nothing"),
        pytest.param("a # b \\\nc", [(1, "a")], id="a comment behind a requirement takes the next line along"),
        pytest.param("a \\", [(1, "a")], id="nothing to join"),
    ],
)
def test_lines_are_those_of_pip(text: str, expected: list[tuple[int, str]]) -> None:
    """Joined, without comments, with the number of the first."""
    assert expected == [(line.number, line.text) for line in logical_lines(text)]


@given(st.lists(st.text(alphabet="ab=\\# \t-;[]", max_size=8), max_size=8))
def test_lines_are_in_order_and_have_no_comment(lines: list[str]) -> None:
    """Whatever stands there, a line has a number of its own and some text that is in the file."""
    text = "\n".join(lines)
    found = list(logical_lines(text))
    numbers = [line.number for line in found]
    assert sorted(set(numbers)) == numbers
    assert all(1 <= number <= len(lines) for number in numbers)
    assert all(line.text == line.text.strip() and line.text and " #" not in line.text for line in found)


@given(st.lists(st.text(alphabet="abc=0.", min_size=1, max_size=8), min_size=1, max_size=8))
def test_joined_lines_are_one(parts: list[str]) -> None:
    """However many there are, and wherever they are broken."""
    assert ["".join(parts)] == [line.text for line in logical_lines("\\\n".join(parts))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-r base.txt", Includes("base.txt", constrains=False)),
        ("-rbase.txt", Includes("base.txt", constrains=False)),
        ("--requirement base.txt", Includes("base.txt", constrains=False)),
        ("--requirement=base.txt", Includes("base.txt", constrains=False)),
        ("-r 'a b.txt'", Includes("a b.txt", constrains=False)),
        ("-c limits.txt", Includes("limits.txt", constrains=True)),
        ("--constraint=limits.txt", Includes("limits.txt", constrains=True)),
        ("-e git+https://example.org/a#egg=b", Requires("git+https://example.org/a#egg=b", editable=True)),
        ("--editable=./a", Requires("./a", editable=True)),
        ("anthropic==1 --hash=sha256:00", Requires("anthropic==1")),
        ('anthropic==1; python_version < "4"', Requires('anthropic==1; python_version < "4"')),
        ("--index-url https://example.org/simple", Says()),
        ("--require-hashes", Says()),
        ("--pre", Says()),
    ],
)
def test_a_line_says(line: str, expected: Statement) -> None:
    """An include, a requirement, or something about how to install."""
    assert expected == statement(line)


@pytest.mark.parametrize(
    ("line", "specifier", "extras", "marker", "direct"),
    [
        ("anthropic", "", (), "", ""),
        ("Anthropic >= 0.40, < 1", ">=0.40,<1", (), "", ""),
        ("anthropic<1,>=0.40", ">=0.40,<1", (), "", ""),
        ("anthropic[Bedrock,aio_http]~=0.60.0", "~=0.60.0", ("aio-http", "bedrock"), "", ""),
        ("anthropic (>=0.40)", ">=0.40", (), "", ""),
        ("anthropic===0.45.2", "===0.45.2", (), "", ""),
        ("anthropic>=0.40,==0.45.2", "==0.45.2", (), "", ""),
        ("anthropic==0.45.2,==0.46", "==0.45.2,==0.46", (), "", ""),
        ("anthropic==0.45.*,!=0.45.1", "==0.45.*,!=0.45.1", (), "", ""),
        ("anthropic>=0.4;python_version<'3.9'", ">=0.4", (), 'python_version < "3.9"', ""),
        ("anthropic @ https://e.org/anthropic-0.45.2-py3-none-any.whl", "==0.45.2", (), "", "*"),
        ("https://e.org/anthropic-0.45.2.tar.gz#sha256=00", "==0.45.2", (), "", "*"),
        ("./wheels/anthropic-0.45.2-py3-none-any.whl", "==0.45.2", (), "", "*"),
        ("anthropic-0.45.2-py3-none-any.whl", "==0.45.2", (), "", "*"),
        ("git+https://e.org/x.git@v1#egg=anthropic[bedrock]", "", ("bedrock",), "", "*"),
        ("git+https://e.org/anthropics/anthropic-sdk-python.git@v0.45.2", "", (), "", "*"),
        ("git+ssh://git@e.org/anthropics/anthropic-sdk-python@a/b", "", (), "", "*"),
        ("-e ../anthropic-sdk-python", "", (), "", "../anthropic-sdk-python"),
    ],
)
def test_a_requirement_on_the_sdk_is(
    files: Files, line: str, specifier: str, extras: tuple[str, ...], marker: str, direct: str
) -> None:
    """In normal form, and with where it is taken from; `*` stands for the line's own address."""
    manifest = files(a=f"{line}\n")
    (entry,) = manifest.entries
    address = line.removeprefix("anthropic @ ") if direct == "*" else direct
    assert (specifier, extras, marker, address) == (entry.specifier, entry.extras, entry.marker, entry.direct)
    assert () == manifest.problems


@pytest.mark.parametrize(
    "line",
    [
        "anthropic-bedrock>=1",
        "anthropic_tools==1",
        "# anthropic==0.45.2",
        "httpx  # as anthropic wants it",
        "langchain-anthropic",
        "./anthropic_tools",
        "git+https://e.org/anthropic-tools.git",
        "${WHEELS}/other.whl",
        "-e .",
        "--find-links https://e.org/anthropic",
        "http://e.org/other-1.0.tar.gz ",
    ],
)
def test_what_is_not_on_the_sdk_is_no_entry_and_no_problem(files: Files, line: str) -> None:
    """Whatever has its name in it."""
    manifest = files(a=f"{line}\n")
    assert ((), ()) == (manifest.entries, manifest.problems)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("anthropic>=1..2", "PEP 508"),
        ("anthropic=0.45", "two equals signs"),
        ("anthropic==${VERSION}", "Variables"),
        ("anthropic>=0.4; python_versoin<'3'", "PEP 508"),
        ("<<<<<<< HEAD", "merge conflict"),
        ("anthropic\0==1", "PEP 508"),
        ("anthropic==" + "9" * 5000, "PEP 508"),
        ("-r", "PEP 508"),
        ("-r 'base.txt", "PEP 508"),
        ("anthropic; " + "(" * 9000, "PEP 508"),
    ],
)
def test_a_broken_line_is_said_and_the_rest_is_read(files: Files, line: str, hint: str) -> None:
    """With its number and a hint."""
    manifest = files(a=f"httpx==0.27.0\n{line}\nanthropic==0.45.2\n")
    assert [("a.txt:3", "==0.45.2", "")] == rows(manifest)
    (problem,) = manifest.problems
    assert ("a.txt:2", True) == (str(problem.place), problem.message.startswith("This is no requirement: "))
    assert hint in problem.hint
    assert len(problem.message) < 150


def test_other_packages_that_are_pinned_are_locked(files: Files) -> None:
    """Exact pins of the whole closure; one with two versions, a prefix or a range is none."""
    manifest = files(
        a='anthropic\n-r b.txt\nHttpX[http2]==0.27.0\nanyio>=4\nh11==0.*\nidna==3.1 ; os_name=="nt"\nidna==3.2\n',
        b="typing_extensions == 4.12.2 --hash=sha256:00\ncertifi===2024.1\nsniffio @ https://e.org/sniffio.whl\n",
    )
    assert {"certifi": "2024.1", "httpx": "0.27.0", "typing-extensions": "4.12.2"} == manifest.entries[0].locked
    assert () == manifest.problems


def test_a_constraint_narrows_a_requirement(files: Files) -> None:
    """The entry stands where the SDK is asked for, and says what narrowed it."""
    manifest = files(a="-c b.txt\nanthropic[bedrock]>=0.40\n", b="# ours\nanthropic==0.45.0\n")
    (entry,) = manifest.entries
    assert ("a.txt:2", "==0.45.0", ("bedrock",)) == (str(entry.place), entry.specifier, entry.extras)
    assert "requirement, narrowed by b.txt:2" == entry.origin


def test_a_constraint_that_nobody_asks_for_is_an_entry(files: Files) -> None:
    """It says what would be installed."""
    manifest = files(a="-c b.txt\nhttpx\n", b="anthropic<1\n")
    assert [("b.txt:1", "<1", "")] == rows(manifest)
    assert "constraint" == manifest.entries[0].origin


def test_a_constraint_under_another_marker_is_an_entry_for_where_both_hold(files: Files) -> None:
    """The requirement stays as it is for everywhere else."""
    manifest = files(a="-c b.txt\nanthropic>=0.40\n", b='anthropic<1; python_version < "3.9"\n')
    assert [("a.txt:2", ">=0.40", ""), ("a.txt:2", ">=0.40,<1", 'python_version < "3.9"')] == rows(manifest)


def test_requirements_that_hold_together_narrow_each_other(files: Files) -> None:
    """They are resolved together; those under another marker are let alone."""
    manifest = files(
        a='-r b.txt\nanthropic\nanthropic<0.5; python_version < "3.8"\n', b="anthropic>=0.45\nanthropic!=0.46\n"
    )
    together = ">=0.45,!=0.46"
    assert [
        ("b.txt:1", together, ""),
        ("b.txt:2", together, ""),
        ("a.txt:2", together, ""),
        ("a.txt:3", ">=0.45,<0.5,!=0.46", 'python_version < "3.8"'),
    ] == rows(manifest)


def test_what_a_constraints_file_includes_constrains(files: Files) -> None:
    """As pip has it."""
    manifest = files(a="anthropic\n-c b.txt\n", b="-r c.txt\n", c="anthropic<1\n")
    assert [("a.txt:1", "<1", "")] == rows(manifest)


def test_an_address_in_a_constraint_is_where_the_sdk_is_taken_from(files: Files) -> None:
    """Its file's name says the release."""
    manifest = files(a="anthropic\n-c b.txt\n", b="anthropic @ https://e.org/anthropic-0.45.2.tar.gz\n")
    (entry,) = manifest.entries
    assert ("==0.45.2", "https://e.org/anthropic-0.45.2.tar.gz") == (entry.specifier, entry.direct)


def test_includes_are_relative_to_the_file_that_includes_them(tmp_path: Path) -> None:
    """And are named relative to how the first one was named."""
    (tmp_path / "requirements" / "deep").mkdir(parents=True)
    (tmp_path / "requirements" / "dev.txt").write_text("-r deep/base.txt\n", encoding="utf-8")
    (tmp_path / "requirements" / "deep" / "base.txt").write_text("-c ../../limits.txt\nanthropic\n", encoding="utf-8")
    (tmp_path / "limits.txt").write_text("anthropic<1\n", encoding="utf-8")
    manifest = read(DEFAULT, tmp_path / "requirements" / "dev.txt", "requirements/dev.txt")
    assert [("requirements/deep/base.txt:2", "<1", "")] == rows(manifest)
    assert "requirement, narrowed by limits.txt:1" == manifest.entries[0].origin


def test_a_file_that_two_include_is_read_once(files: Files) -> None:
    """That is no cycle, and no problem."""
    manifest = files(a="-r b.txt\n-r c.txt\n", b="-r d.txt\n", c="-r d.txt\n", d="anthropic\n")
    assert ([("d.txt:1", "", "")], []) == (rows(manifest), said(manifest))


def test_a_cycle_is_said_once(files: Files) -> None:
    """At the include that closes it."""
    manifest = files(a="anthropic\n-r b.txt\n", b="httpx\n-r c.txt\n", c="-r a.txt\n-r c.txt\n")
    assert ["c.txt:1 'a.txt' includes itself.", "c.txt:2 'c.txt' includes itself."] == said(manifest)
    assert [("a.txt:1", "", "")] == rows(manifest)


def test_an_include_that_is_not_there_is_said_where_it_stands(files: Files) -> None:
    """And what stands after it is read."""
    manifest = files(a="-r missing.txt\nanthropic\n")
    assert ["a.txt:1 The include 'missing.txt' can't be read. There is no such file."] == said(manifest)
    assert [("a.txt:2", "", "")] == rows(manifest)


@pytest.mark.parametrize("address", ["https://e.org/r.txt", "HTTP://e.org/r.txt", "file:///r.txt", "s3://e/r.txt"])
def test_nothing_is_asked_for_over_the_network(files: Files, address: str) -> None:
    """An include by address is said to be unread."""
    manifest = files(a=f"-r {address}\nanthropic\n")
    assert [f"a.txt:1 '{address}' is not read: matrix check asks for nothing over the network."] == said(manifest)
    assert [("a.txt:2", "", "")] == rows(manifest)


@pytest.mark.parametrize(("beginning", "most"), [("anthropic; ", LONGEST), ("-r ", LONGEST_OPTIONS)])
def test_a_line_longer_than_its_limit_is_not_read(files: Files, beginning: str, most: int) -> None:
    """A line of exactly the limit is read, and has problems of its own."""
    longest = beginning + "a" * (most - len(beginning))
    messages = said(files(a=f"{longest}\n{longest}a\n"))
    expected = [f"a.txt:2 The line has more than {most:,} characters, so it is not read."]
    assert expected == [message for message in messages if "characters" in message]
