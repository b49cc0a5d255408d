"""Requirements files: their lines, their includes, and the entries of both together."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.manifests import Manifest, read
from matrix.manifests.draft import MOST_PARSED
from matrix.manifests.requirement_lines import (
    LONGEST,
    LONGEST_OPTIONS,
    IncludeLine,
    OptionLine,
    RequirementLine,
    Statement,
    logical_lines,
    parse_line,
    split_words,
)
from matrix.manifests.requirements import MOST_LINES
from matrix.targets import DEFAULT

Files = Callable[..., Manifest]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Return a function that writes files and reads the first."""

    def write(**texts: str) -> Manifest:
        paths = [tmp_path / f"{name}.txt" for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")
        return read(DEFAULT, paths[0], paths[0].name)

    return write


def rows(manifest: Manifest) -> list[tuple[str, str, str]]:
    """Return place, specifier and marker of each entry."""
    return [(str(each.place), each.specifier, each.marker) for each in manifest.entries]


def problems(manifest: Manifest) -> list[str]:
    """Return place and message of each problem."""
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
    """They are joined, have no comments, and have the number of the first line."""
    assert expected == [(line.number, line.text) for line in logical_lines(text)]


@given(st.lists(st.text(alphabet="ab=\\# \t-;[]", max_size=8), max_size=8))
def test_lines_are_in_order_and_have_no_comment(lines: list[str]) -> None:
    """Each line has its own number, and text from the file."""
    text = "\n".join(lines)
    joined = list(logical_lines(text))
    numbers = [line.number for line in joined]
    assert sorted(set(numbers)) == numbers
    assert all(1 <= number <= len(lines) for number in numbers)
    assert all(line.text == line.text.strip() and line.text and " #" not in line.text for line in joined)


@given(st.lists(st.text(alphabet="abc=0.", min_size=1, max_size=8), min_size=1, max_size=8))
def test_joined_lines_are_one_line(parts: list[str]) -> None:
    """Any number of parts can be joined."""
    assert ["".join(parts)] == [line.text for line in logical_lines("\\\n".join(parts))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-r base.txt", IncludeLine("base.txt", is_constraint=False)),
        ("-rbase.txt", IncludeLine("base.txt", is_constraint=False)),
        ("--requirement base.txt", IncludeLine("base.txt", is_constraint=False)),
        ("--requirement=base.txt", IncludeLine("base.txt", is_constraint=False)),
        ("-r 'a b.txt'", IncludeLine("a b.txt", is_constraint=False)),
        ("-c limits.txt", IncludeLine("limits.txt", is_constraint=True)),
        ("--constraint=limits.txt", IncludeLine("limits.txt", is_constraint=True)),
        ("-e git+https://example.org/a#egg=b", RequirementLine("git+https://example.org/a#egg=b", is_editable=True)),
        ("--editable=./a", RequirementLine("./a", is_editable=True)),
        ("anthropic==1 --hash=sha256:00", RequirementLine("anthropic==1")),
        ('anthropic==1; python_version < "4"', RequirementLine('anthropic==1; python_version < "4"')),
        ("--index-url https://example.org/simple", OptionLine()),
        ("--require-hashes", OptionLine()),
        ("--pre", OptionLine()),
    ],
)
def test_a_line_is_an_include_a_requirement_or_options(line: str, expected: Statement) -> None:
    """Each form of an option is read."""
    assert expected == parse_line(line)


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
def test_a_requirement_on_the_target_is_an_entry(
    files: Files, line: str, specifier: str, extras: tuple[str, ...], marker: str, direct: str
) -> None:
    """It is in normal form; `*` stands for the line's own address."""
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
def test_a_requirement_on_another_package_is_neither_entry_nor_problem(files: Files, line: str) -> None:
    """Its name may contain the target's."""
    manifest = files(a=f"{line}\n")
    assert ((), ()) == (manifest.entries, manifest.problems)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("anthropic>=1..2", "PEP 508"),
        ("anthropic=0.45", "two equals signs"),
        ("anthropic>=0.4; python_versoin<'3'", "PEP 508"),
        ("<<<<<<< HEAD", "merge conflict"),
        ("anthropic\0==1", "PEP 508"),
        ("anthropic==" + "9" * 5000, "PEP 508"),
        ("-r", "PEP 508"),
        ("-r 'base.txt", "PEP 508"),
        ("anthropic; " + "(" * 9000, "PEP 508"),
    ],
)
def test_an_invalid_line_is_a_problem_and_the_rest_is_read(files: Files, line: str, hint: str) -> None:
    """The problem has the line's number and a hint."""
    manifest = files(a=f"httpx==0.27.0\n{line}\nanthropic==0.45.2\n")
    assert [("a.txt:3", "==0.45.2", "")] == rows(manifest)
    (problem,) = manifest.problems
    assert ("a.txt:2", True) == (str(problem.place), problem.message.startswith("The line is not a requirement: "))
    assert hint in problem.hint
    assert len(problem.message) < 150


def test_pins_of_other_packages_are_locked(files: Files) -> None:
    """Included files count; a package with two versions, a prefix or a range is not locked."""
    manifest = files(
        a='anthropic\n-r b.txt\nHttpX[http2]==0.27.0\nanyio>=4\nh11==0.*\nidna==3.1 ; os_name=="nt"\nidna==3.2\n',
        b="typing_extensions == 4.12.2 --hash=sha256:00\ncertifi===2024.1\nsniffio @ https://e.org/sniffio.whl\n",
    )
    assert {"certifi": "2024.1", "httpx": "0.27.0", "typing-extensions": "4.12.2"} == manifest.entries[0].locked
    assert () == manifest.problems


def test_a_constraint_narrows_a_requirement(files: Files) -> None:
    """The entry has the requirement's place, and its origin names the constraint's."""
    manifest = files(a="-c b.txt\nanthropic[bedrock]>=0.40\n", b="# ours\nanthropic==0.45.0\n")
    (entry,) = manifest.entries
    assert ("a.txt:2", "==0.45.0", ("bedrock",)) == (str(entry.place), entry.specifier, entry.extras)
    assert "requirement, narrowed by b.txt:2" == entry.origin


def test_a_constraint_without_a_requirement_is_an_entry(files: Files) -> None:
    """Another package may require the target."""
    manifest = files(a="-c b.txt\nhttpx\n", b="anthropic<1\n")
    assert [("b.txt:1", "<1", "")] == rows(manifest)
    assert "constraint" == manifest.entries[0].origin


def test_a_constraint_under_another_marker_adds_an_entry_for_both_markers(files: Files) -> None:
    """The requirement alone remains an entry."""
    manifest = files(a="-c b.txt\nanthropic>=0.40\n", b='anthropic<1; python_version < "3.9"\n')
    assert [("a.txt:2", ">=0.40", ""), ("a.txt:2", ">=0.40,<1", 'python_version < "3.9"')] == rows(manifest)


def test_requirements_that_apply_together_narrow_each_other(files: Files) -> None:
    """A requirement under another marker narrows no other."""
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


def test_a_file_that_constraints_include_is_constraints(files: Files) -> None:
    """Its own includes are constraints too, as for pip."""
    manifest = files(a="anthropic\n-c b.txt\n", b="-r c.txt\n", c="anthropic<1\n")
    assert [("a.txt:1", "<1", "")] == rows(manifest)


def test_an_address_in_a_constraint_is_the_address_of_the_entry(files: Files) -> None:
    """The name of its file shows the release."""
    manifest = files(a="anthropic\n-c b.txt\n", b="anthropic @ https://e.org/anthropic-0.45.2.tar.gz\n")
    (entry,) = manifest.entries
    assert ("==0.45.2", "https://e.org/anthropic-0.45.2.tar.gz") == (entry.specifier, entry.direct)


def test_includes_are_relative_to_the_file_that_includes_them(tmp_path: Path) -> None:
    """Places show them relative to the first file's shown path."""
    (tmp_path / "requirements" / "deep").mkdir(parents=True)
    (tmp_path / "requirements" / "dev.txt").write_text("-r deep/base.txt\n", encoding="utf-8")
    (tmp_path / "requirements" / "deep" / "base.txt").write_text("-c ../../limits.txt\nanthropic\n", encoding="utf-8")
    (tmp_path / "limits.txt").write_text("anthropic<1\n", encoding="utf-8")
    manifest = read(DEFAULT, tmp_path / "requirements" / "dev.txt", "requirements/dev.txt")
    assert [("requirements/deep/base.txt:2", "<1", "")] == rows(manifest)
    assert "requirement, narrowed by limits.txt:1" == manifest.entries[0].origin


def test_a_file_that_is_included_twice_is_read_once(files: Files) -> None:
    """It is neither a cycle nor a problem."""
    manifest = files(a="-r b.txt\n-r c.txt\n", b="-r d.txt\n", c="-r d.txt\n", d="anthropic\n")
    assert ([("d.txt:1", "", "")], []) == (rows(manifest), problems(manifest))


def test_a_cycle_of_includes_is_reported_once(files: Files) -> None:
    """The place is the include that closes it."""
    manifest = files(a="anthropic\n-r b.txt\n", b="httpx\n-r c.txt\n", c="-r a.txt\n-r c.txt\n")
    assert ["c.txt:1 'a.txt' includes itself.", "c.txt:2 'c.txt' includes itself."] == problems(manifest)
    assert [("a.txt:1", "", "")] == rows(manifest)


def test_a_missing_include_is_reported_at_its_line(files: Files) -> None:
    """The lines after it are read."""
    manifest = files(a="-r missing.txt\nanthropic\n")
    assert ["a.txt:1 The include 'missing.txt' can't be read. The file does not exist."] == problems(manifest)
    assert [("a.txt:2", "", "")] == rows(manifest)


@pytest.mark.parametrize("address", ["https://e.org/r.txt", "HTTP://e.org/r.txt", "file:///r.txt", "s3://e/r.txt"])
def test_an_include_by_address_is_skipped(files: Files, address: str) -> None:
    """No network request is made."""
    manifest = files(a=f"-r {address}\nanthropic\n")
    assert [f"a.txt:1 The include '{address}' was skipped: midstream makes no network requests."] == problems(manifest)
    assert [("a.txt:2", "", "")] == rows(manifest)


@pytest.mark.parametrize(("beginning", "most"), [("anthropic; ", LONGEST), ("-r ", LONGEST_OPTIONS)])
def test_a_line_longer_than_its_limit_is_not_read(files: Files, beginning: str, most: int) -> None:
    """A line of exactly the limit is read, and has its own problem."""
    longest = beginning + "a" * (most - len(beginning))
    messages = problems(files(a=f"{longest}\n{longest}a\n"))
    expected = [f"a.txt:2 The line was skipped: it has more than {most:,} characters."]
    assert expected == [message for message in messages if "characters" in message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a", "The file was skipped: the manifest and its includes have more than 300,000 lines."),
        ("\f", "The file was skipped: the manifest and its includes have more than 300,000 lines."),
    ],
)
def test_a_file_of_too_many_lines_is_not_read(files: Files, line: str, message: str) -> None:
    """Sixteen megabytes have eight million lines, which take minutes."""
    assert [f"a.txt {message}"] == problems(files(a=f"{line}\n" * (MOST_LINES + 1)))
    assert [f"b.txt {message}"] == problems(files(a="-r b.txt", b=f"{line}\n" * MOST_LINES))


def test_plain_lines_for_other_packages_need_no_parser(files: Files) -> None:
    """Only lines with a marker, an address or an option, and lines for the target, count."""
    plain = "".join(f"package{number}[extra]>=1.0,<2,!=1.5\n" for number in range(MOST_PARSED))
    manifest = files(a=f"{plain}anthropic>=0.40\n")
    assert ([(f"a.txt:{MOST_PARSED + 1}", ">=0.40", "")], ()) == (rows(manifest), manifest.problems)


def test_lines_that_need_a_parser_have_a_bound(files: Files) -> None:
    """The first line beyond the bound is a problem."""
    line = "package>=1; python_version > '3.9'\n"
    message = f"The requirements from here were skipped: more than {MOST_PARSED:,} need a parser."
    expected = f"a.txt:{MOST_PARSED + 1} {message}"
    assert [] == problems(files(a=line * MOST_PARSED))
    assert [expected] == problems(files(a=line * (MOST_PARSED + 5)))


@given(text=st.text(" \t\r\n\\'\"ab#\xa0\x0b", max_size=12))
def test_words_are_split_as_shlex_splits_them(text: str) -> None:
    """`shlex` is correct, but takes quadratic time."""
    try:
        expected = shlex.split(text)
    except ValueError:
        with pytest.raises(ValueError, match="no closing quotation mark"):
            split_words(text)
        return
    assert expected == split_words(text)


def test_a_long_quoted_word_is_split_in_linear_time() -> None:
    """`shlex` takes 17 minutes of CPU for this word."""
    assert ["-r", "a" * 4_000_000] == split_words('-r "' + "a" * 4_000_000 + '"')
