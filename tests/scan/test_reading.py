"""Which files are read, what several files tell of one another, and what is said of files that can't be read."""

import os
import subprocess
from pathlib import Path

import pytest

from matrix.findings.model import Place, Problem
from matrix.scan import ScannedFile, scan
from matrix.scan.reading import LARGEST, find_python_files, scan_files
from matrix.scan.scanning import mentions_sdk
from matrix.scan.sdk import Sdk
from matrix.targets.anthropic import ANTHROPIC
from tests.scan.shown import told
from tests.support.paths import ROOT

ASKS = "import anthropic\ntry: ask()\nexcept anthropic.RateLimitError: pass\n"


def tree(root: Path, files: dict[str, str]) -> list[tuple[Path, str]]:
    """Files in a folder, each with the path that is shown of it."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [(root / name, name) for name in files]


def scan_file(path: Path, shown: str) -> ScannedFile:
    """What is found in one file."""
    [found] = scan_files(ANTHROPIC, [(path, shown)])
    return found


def found_in(files: list[tuple[Path, str]]) -> dict[str, list[tuple[int, str, str]]]:
    """What is found in files, by path; those without anything left out."""
    return {source.path: told(source) for source in scan_files(ANTHROPIC, files) if source.catches}


def test_the_files_of_a_folder_are_found_sorted_and_once(tmp_path: Path) -> None:
    """The user's own, and nothing that others put there."""
    names = ("b.py", "a.py", "pkg/c.py", "pkg/notes.txt", "pkg/d.pyi")
    skipped = (".venv/x.py", "venv/x.py", "node_modules/x.py", "pkg/__pycache__/x.py", "build/x.py", "dist/x.py")
    hidden = ("lib/site-packages/x.py", ".tox/x.py", ".nox/x.py", ".git/x.py")
    tree(tmp_path, dict.fromkeys((*names, *skipped, *hidden), ""))
    (tmp_path / "pkg" / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dead.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.py").mkdir()
    expected = [tmp_path / "a.py", tmp_path / "b.py", tmp_path / "pkg" / "c.py"]
    assert expected == list(find_python_files([tmp_path, tmp_path / "a.py"]))


def test_folders_may_be_nested_deeper_than_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As deep as a path can be long."""
    monkeypatch.chdir(tmp_path)
    for _ in range(1_500):
        Path("a").mkdir()
        monkeypatch.chdir("a")
    Path("deep.py").touch()
    monkeypatch.chdir(tmp_path)
    assert ["deep.py"] == [path.name for path in find_python_files([Path()])]
    subprocess.run(["/bin/rm", "-r", "a"], check=True)  # which pytest could not remove


def test_a_file_is_taken_as_it_is_given(tmp_path: Path) -> None:
    """Whatever its name, and also if it is not there."""
    given = [tmp_path / "script", tmp_path / "none.py"]
    assert given == list(find_python_files(given))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b"import anthropic\ndef f(:\n",
            Problem(
                Place("app.py", 2),
                "It is no Python that can be read: invalid syntax.",
                "Is it written for another version of Python, or no Python at all?",
            ),
        ),
        (
            b"import anthropic\nprint 'x'\n",
            Problem(
                Place("app.py", 2),
                "It is no Python that can be read: Missing parentheses in call to 'print'. Did you mean print(...)?.",
                "Is it written for another version of Python, or no Python at all?",
            ),
        ),
    ],
)
def test_broken_source_is_a_problem(tmp_path: Path, content: bytes, problem: Problem) -> None:
    """With the line."""
    (tmp_path / "app.py").write_bytes(content)
    found = scan_file(tmp_path / "app.py", "app.py")
    assert ((problem,), (), True) == (found.problems, found.catches, found.uses_sdk)


@pytest.mark.parametrize(
    "content",
    [
        b"import anthropic\0\n",
        b"import anthropic # \xff\n",
        b"# coding: nonesuch\nimport anthropic\n",
        b"import anthropic\nx = " + b"(" * 100_000,
        b"import anthropic\nx = " + b"-" * 100_000 + b"1",
        b"import anthropic\nx = " + b"not " * 50_000 + b"1",
        b"import anthropic\n" + b"".join(b" " * n + b"if 1:\n" for n in range(200)),
    ],
)
def test_what_python_itself_can_not_read_is_a_problem(tmp_path: Path, content: bytes) -> None:
    """One, and no exception."""
    (tmp_path / "app.py").write_bytes(content)
    assert 1 == len(scan_file(tmp_path / "app.py", "app.py").problems)


@pytest.mark.timeout(10)
def test_imports_on_one_line_are_looked_at_once() -> None:
    """Whether a file mentions the SDK is asked of generated ones too, which have one line."""
    assert not mentions_sdk(Sdk(ANTHROPIC), b":import" * 200_000)
    assert mentions_sdk(Sdk(ANTHROPIC), b":import" * 200_000 + b" anthropic")
    assert not mentions_sdk(Sdk(ANTHROPIC), b"anthropic " * 200_000)


def test_a_long_sum_is_read(tmp_path: Path) -> None:
    """Real programs put thousands of texts together."""
    (tmp_path / "app.py").write_text(f"{ASKS}x = {' + '.join(['1'] * 900)}\n", encoding="utf-8")
    assert 1 == len(scan_file(tmp_path / "app.py", "app.py").catches)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "line", ["(*A{0}, *A{0})", "(A{0}, A{0})", "A{0} + A{0}", "{{'a': A{0}, 'b': A{0}}}", "[A{0} for x in A{0}]"]
)
def test_what_doubles_with_each_line_is_read_in_time(line: str) -> None:
    """Thirty lines of it are a thousand million classes."""
    doubled = "".join(f"A{number + 1} = {line.format(number)}\n" for number in range(40))
    text = f"import anthropic\nA0 = (anthropic.RateLimitError, OSError)\n{doubled}try: ask()\nexcept A40: pass\n"
    assert len(scan(ANTHROPIC, text, "app.py").catches) <= 1


def test_an_encoding_is_honoured(tmp_path: Path) -> None:
    """As PEP 263 says; columns are in characters."""
    text = "# coding: latin-1\nimport anthropic\ntry: ask('ä')\nexcept anthropic.RateLimitError: pass\n"
    (tmp_path / "app.py").write_bytes(text.encode("latin-1"))
    assert [(4, "class-rate-limit", "except anthropic.RateLimitError")] == told(
        scan_file(tmp_path / "app.py", "app.py")
    )


def test_a_byte_order_mark_and_other_line_ends_are_read(tmp_path: Path) -> None:
    """As editors on Windows write them."""
    (tmp_path / "app.py").write_bytes(b"\xef\xbb\xbf" + ASKS.replace("\n", "\r\n").encode())
    assert [(3, "class-rate-limit", "except anthropic.RateLimitError")] == told(
        scan_file(tmp_path / "app.py", "app.py")
    )


def test_warnings_of_the_parser_are_not_ours() -> None:
    """They are errors in these tests."""
    text = ASKS + 'x = "\\d"\nassert (x, "always")\n'
    assert 1 == len(scan(ANTHROPIC, text, "app.py").catches)


def test_what_is_no_file_is_a_problem(tmp_path: Path) -> None:
    """A folder, nothing, a pipe, a link to itself, a notebook."""
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    with pytest.raises(ValueError, match="embedded null") as refused:  # in other words from Python 3.13 on
        (tmp_path / "nul\0.py").stat()
    expected = {
        "": "It is a folder.",
        "none.py": "It can't be read: No such file or directory.",
        "pipe.py": "It is no regular file.",
        "loop.py": "It can't be read: Too many levels of symbolic links.",
        "nul\0.py": f"It can't be read: {refused.value}.",
        "book.ipynb": "Notebooks are not read.",
    }
    found = {name: scan_file(tmp_path / name, "shown") for name in expected}
    assert expected == {name: source.problems[0].message for name, source in found.items()}


def test_a_file_that_is_too_large_is_a_problem_if_it_matters(tmp_path: Path) -> None:
    """What is generated seldom catches anything."""
    (tmp_path / "app.py").write_text("import anthropic\n" + "x = 1\n" * (LARGEST // 6), encoding="utf-8")
    (tmp_path / "data.py").write_text("x = 1\n" * (LARGEST // 6 + 1), encoding="utf-8")
    found = list(scan_files(ANTHROPIC, [(tmp_path / "app.py", "app.py"), (tmp_path / "data.py", "data.py")]))
    assert [["It is larger than 4 MB, and so it is not read."], []] == [
        [problem.message for problem in source.problems] for source in found
    ]


def test_a_broken_file_without_the_sdk_is_not_our_matter(tmp_path: Path) -> None:
    """It is not even parsed."""
    (tmp_path / "app.py").write_text("def f(:", encoding="utf-8")
    assert () == scan_file(tmp_path / "app.py", "app.py").problems


PACKAGE = {
    "src/myapp/__init__.py": "",
    "src/myapp/errors.py": (
        "import anthropic\n"
        "RETRYABLE = (anthropic.RateLimitError, anthropic.InternalServerError)\n"
        "CODES = {429, 529}\n"
        "def is_transient(e): return isinstance(e, anthropic.APIStatusError) and e.status_code >= 500\n"
        "client = anthropic.Anthropic()\n"
    ),
    "src/myapp/again.py": "from .errors import RETRYABLE as AGAIN\n",
}

ASK = "def f():\n    try: ask()\n    except {}: return None\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("src/myapp/one.py", f"from .errors import RETRYABLE\n{ASK.format('RETRYABLE')}", (4, "class-5xx-429")),
        ("src/myapp/one.py", f"from . import errors\n{ASK.format('errors.RETRYABLE')}", (4, "class-5xx-429")),
        ("src/myapp/sub/one.py", f"from ..errors import RETRYABLE\n{ASK.format('RETRYABLE')}", (4, "class-5xx-429")),
        ("src/myapp/one.py", f"from myapp.errors import RETRYABLE\n{ASK.format('RETRYABLE')}", (4, "class-5xx-429")),
        ("tests/one.py", f"import myapp.errors as e\n{ASK.format('e.RETRYABLE')}", (4, "class-5xx-429")),
        ("src/myapp/one.py", f"from .errors import *\n{ASK.format('RETRYABLE')}", (4, "class-5xx-429")),
        ("src/myapp/one.py", f"from .again import AGAIN\n{ASK.format('AGAIN')}", (4, "class-5xx-429")),
        (
            "src/myapp/one.py",
            "from .errors import client\ntry: client.messages.create()\nexcept Exception: pass\n",
            (3, "any-exception"),
        ),
        (
            "src/myapp/one.py",
            (
                "import anthropic\nfrom .errors import CODES\ntry: ask()\n"
                "except anthropic.APIError as e:\n    if e.status_code not in CODES: raise\n"
            ),
            (5, "status-429-529"),
        ),
        (
            "src/myapp/one.py",
            (
                "import anthropic\nfrom .errors import is_transient\ntry: ask()\n"
                "except anthropic.APIError as e:\n    if not is_transient(e): raise\n"
            ),
            (4, "status-ge-500"),
        ),
    ],
)
def test_names_are_looked_up_in_the_files_that_are_scanned_together(
    tmp_path: Path, name: str, text: str, expected: tuple[int, str]
) -> None:
    """Also in a file that does not mention the SDK."""
    found = found_in(tree(tmp_path, {**PACKAGE, name: text}))
    assert [expected] == [(line, handler) for line, handler, _ in found[name]]


def test_a_module_that_two_files_may_be_is_not_guessed(tmp_path: Path) -> None:
    """A wrong answer is worse than none."""
    uses = "import anthropic\nfrom errors import R\ntry: anthropic.Anthropic().messages.create()\nexcept R: pass\n"
    files = {
        "a/errors.py": "import anthropic\nR = anthropic.RateLimitError\n",
        "b/errors.py": "import anthropic\nR = anthropic.APIError\n",
        "c/app.py": uses,
        "a/app.py": uses,
    }
    assert {"c/app.py": [(4, "", "except R")], "a/app.py": [(4, "class-rate-limit", "except R")]} == found_in(
        tree(tmp_path, files)
    )


def test_imports_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    """And to no answer."""
    files = {
        "a.py": "import anthropic\nfrom b import R\ntry: anthropic.Anthropic().messages.create()\nexcept R: pass\n",
        "b.py": "from a import R  # anthropic\n",
    }
    assert [(4, "", "except R")] == found_in(tree(tmp_path, files))["a.py"]


def test_a_copy_of_the_remedy_that_is_scanned_too_is_the_remedy(tmp_path: Path) -> None:
    """By what is in it, whatever it is called."""
    copied = (ROOT / "midstream" / "remedy.py").read_text(encoding="utf-8")
    uses = "from streams import explain, guard\ntry: show(guard(ask()))\nexcept Exception as e: print(explain(e))\n"
    files = tree(tmp_path, {"streams.py": copied, "app.py": f"{uses}# anthropic\n"})
    assert {"app.py": [(3, "remedy", "explain(e)")]} == found_in(files)
