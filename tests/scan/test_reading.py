"""Files that are found and read, names across files, and problems with files that can't be read."""

import os
import subprocess
from pathlib import Path

import pytest

from matrix.findings.model import Place, Problem
from matrix.scan import ScannedFile, scan
from matrix.scan.catches import Choice
from matrix.scan.reading import LARGEST, find_python_files, scan_files
from matrix.scan.scanning import mentions_sdk
from matrix.scan.sdk import Sdk
from matrix.targets import ANTHROPIC
from tests.scan.places import list_chosen, list_taken, open_release, scan_together
from tests.support.paths import ROOT

ASKS = "import anthropic\ntry: anthropic.Anthropic().messages.create()\nexcept anthropic.RateLimitError: pass\n"


def write_files(root: Path, files: dict[str, str]) -> list[tuple[Path, str]]:
    """Write files in a folder, and return each with the path as it is shown."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [(root / name, name) for name in files]


def scan_file(path: Path, shown: str) -> ScannedFile:
    """Scan one file."""
    (scanned,) = scan_together([(path, shown)])
    return scanned


def list_places(scanned: ScannedFile) -> list[tuple[int, str, str]]:
    """List the line of each place, the scenarios whose error it takes, and its code."""
    return [(catch.place.line, list_taken(catch), catch.code) for catch in scanned.catches]


def find_places_in(files: list[tuple[Path, str]]) -> dict[str, list[tuple[int, str, str]]]:
    """Find the places in files, by path; files without a place are left out."""
    return {scanned.path: list_places(scanned) for scanned in scan_together(files) if scanned.catches}


def test_the_files_of_a_folder_are_found_sorted_and_once(tmp_path: Path) -> None:
    """Only the user's own files are found."""
    names = ("b.py", "a.py", "pkg/c.py", "pkg/notes.txt", "pkg/d.pyi")
    skipped = (".venv/x.py", "venv/x.py", "node_modules/x.py", "pkg/__pycache__/x.py", "build/x.py", "dist/x.py")
    hidden = ("lib/site-packages/x.py", ".tox/x.py", ".nox/x.py", ".git/x.py")
    write_files(tmp_path, dict.fromkeys((*names, *skipped, *hidden), ""))
    (tmp_path / "pkg" / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dead.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.py").mkdir()
    expected = [tmp_path / "a.py", tmp_path / "b.py", tmp_path / "pkg" / "c.py"]
    assert expected == list(find_python_files([tmp_path, tmp_path / "a.py"]))


@pytest.mark.parametrize(
    "value",
    ["Own(1)", "make(1)", "{each.x: each for each in (make(1), Own(2))}", "[Own(each) for each in range(3)]"],
)
def test_a_value_of_another_file_is_made_of_what_that_file_defines(tmp_path: Path, value: str) -> None:
    """Its classes and functions are named in no import of the scanned file."""
    own = (
        "class Base:\n    pass\nclass Own(Base):\n    def __init__(self, x):\n        self.x = x\n"
        "def make(x):\n    return Own(x)\n"
    )
    files = {"pk/own.py": f"{own}VALUE = {value}\n", "pk/app.py": f"from pk.own import VALUE\n{ASKS}"}
    assert {"pk/app.py": [(4, "429", "except anthropic.RateLimitError")]} == find_places_in(
        write_files(tmp_path, files)
    )


def test_folders_may_be_nested_deeper_than_python_nests_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The depth is limited by the length of a path alone."""
    monkeypatch.chdir(tmp_path)
    for _ in range(1_500):
        Path("a").mkdir()
        monkeypatch.chdir("a")
    Path("deep.py").touch()
    monkeypatch.chdir(tmp_path)
    assert ["deep.py"] == [path.name for path in find_python_files([Path()])]
    subprocess.run(["/bin/rm", "-r", "a"], check=True)  # pytest can't remove it


def test_a_path_that_is_named_is_always_a_file_to_scan(tmp_path: Path) -> None:
    """It may have any name, and may not exist."""
    given = [tmp_path / "script", tmp_path / "none.py"]
    assert given == list(find_python_files(given))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b"import anthropic\ndef f(:\n",
            Problem(
                Place("app.py", 2),
                "The file can't be parsed as Python: invalid syntax.",
                "Check that the file is Python, and written for the version of Python that runs this command.",
            ),
        ),
        (
            b"import anthropic\nprint 'x'\n",
            Problem(
                Place("app.py", 2),
                "The file can't be parsed as Python: Missing parentheses in call to 'print'. Did you mean print(...)?.",
                "Check that the file is Python, and written for the version of Python that runs this command.",
            ),
        ),
    ],
)
def test_broken_source_is_a_problem(tmp_path: Path, content: bytes, problem: Problem) -> None:
    """The problem has the line."""
    (tmp_path / "app.py").write_bytes(content)
    scanned = scan_file(tmp_path / "app.py", "app.py")
    assert ((problem,), (), True) == (scanned.problems, scanned.catches, scanned.uses_sdk)


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
def test_a_file_that_python_can_not_parse_is_a_problem(tmp_path: Path, content: bytes) -> None:
    """The scan reports one problem and raises nothing."""
    (tmp_path / "app.py").write_bytes(content)
    assert 1 == len(scan_file(tmp_path / "app.py", "app.py").problems)


@pytest.mark.timeout(10)
def test_imports_on_one_line_are_searched_once() -> None:
    """Generated files of one long line are searched for a mention of the SDK too."""
    assert not mentions_sdk(Sdk(ANTHROPIC), b":import" * 200_000)
    assert mentions_sdk(Sdk(ANTHROPIC), b":import" * 200_000 + b" anthropic")
    assert not mentions_sdk(Sdk(ANTHROPIC), b"anthropic " * 200_000)


def test_a_long_sum_is_read(tmp_path: Path) -> None:
    """Real programs add thousands of texts."""
    (tmp_path / "app.py").write_text(f"{ASKS}x = {' + '.join(['1'] * 900)}\n", encoding="utf-8")
    assert 1 == len(scan_file(tmp_path / "app.py", "app.py").catches)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "line", ["(*A{0}, *A{0})", "(A{0}, A{0})", "A{0} + A{0}", "{{'a': A{0}, 'b': A{0}}}", "[A{0} for x in A{0}]"]
)
def test_values_that_double_with_each_line_are_scanned_in_time(line: str) -> None:
    """Thirty such lines make a thousand million classes."""
    doubled = "".join(f"A{number + 1} = {line.format(number)}\n" for number in range(40))
    text = f"import anthropic\nA0 = (anthropic.RateLimitError, OSError)\n{doubled}try: ask()\nexcept A40: pass\n"
    assert len(scan(open_release(), text, "app.py").catches) <= 1


def test_an_encoding_is_honoured(tmp_path: Path) -> None:
    """The encoding is declared as PEP 263 says."""
    text = "# coding: latin-1\nimport anthropic\ntry: ask('ä')\nexcept anthropic.RateLimitError: pass\n"
    (tmp_path / "app.py").write_bytes(text.encode("latin-1"))
    assert [(4, "429", "except anthropic.RateLimitError")] == list_places(scan_file(tmp_path / "app.py", "app.py"))


def test_a_byte_order_mark_and_other_line_ends_are_read(tmp_path: Path) -> None:
    """Editors on Windows write them."""
    (tmp_path / "app.py").write_bytes(b"\xef\xbb\xbf" + ASKS.replace("\n", "\r\n").encode())
    assert [(3, "429", "except anthropic.RateLimitError")] == list_places(scan_file(tmp_path / "app.py", "app.py"))


def test_warnings_of_the_parser_are_ignored() -> None:
    """A warning would fail this test."""
    text = ASKS + 'x = "\\d"\nassert (x, "always")\n'
    assert 1 == len(scan(open_release(), text, "app.py").catches)


def test_a_path_that_is_no_readable_file_is_a_problem(tmp_path: Path) -> None:
    """The path is a folder, a pipe, a link to itself, or does not exist."""
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    with pytest.raises(ValueError, match="embedded null") as refused:  # in other words from Python 3.13 on
        (tmp_path / "nul\0.py").stat()
    expected = {
        "": "The path is a folder.",
        "none.py": "The file can't be read: No such file or directory.",
        "pipe.py": "The path is not a regular file.",
        "loop.py": "The file can't be read: Too many levels of symbolic links.",
        "nul\0.py": f"The file can't be read: {refused.value}.",
    }
    files = {name: scan_file(tmp_path / name, "shown") for name in expected}
    assert expected == {name: scanned.problems[0].message for name, scanned in files.items()}


def test_a_file_that_is_too_large_is_a_problem_if_it_mentions_the_sdk(tmp_path: Path) -> None:
    """Generated files are large, and seldom catch anything."""
    (tmp_path / "app.py").write_text("import anthropic\n" + "x = 1\n" * (LARGEST // 6), encoding="utf-8")
    (tmp_path / "data.py").write_text("x = 1\n" * (LARGEST // 6 + 1), encoding="utf-8")
    files = scan_together([(tmp_path / "app.py", "app.py"), (tmp_path / "data.py", "data.py")])
    assert [["The file was skipped: it has more than 4 MB."], []] == [
        [problem.message for problem in scanned.problems] for scanned in files
    ]


def test_a_broken_file_that_does_not_mention_the_sdk_is_no_problem(tmp_path: Path) -> None:
    """The file is not parsed."""
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
        ("src/myapp/one.py", f"from .errors import RETRYABLE\n{ASK.format('RETRYABLE')}", (4, "429 529")),
        ("src/myapp/one.py", f"from . import errors\n{ASK.format('errors.RETRYABLE')}", (4, "429 529")),
        ("src/myapp/sub/one.py", f"from ..errors import RETRYABLE\n{ASK.format('RETRYABLE')}", (4, "429 529")),
        ("src/myapp/one.py", f"from myapp.errors import RETRYABLE\n{ASK.format('RETRYABLE')}", (4, "429 529")),
        ("tests/one.py", f"import myapp.errors as e\n{ASK.format('e.RETRYABLE')}", (4, "429 529")),
        ("src/myapp/one.py", f"from .errors import *\n{ASK.format('RETRYABLE')}", (4, "429 529")),
        ("src/myapp/one.py", f"from .again import AGAIN\n{ASK.format('AGAIN')}", (4, "429 529")),
        (
            "src/myapp/one.py",
            "from .errors import client\ntry: client.messages.create()\nexcept Exception: pass\n",
            (3, "400 429 529"),
        ),
        (
            "src/myapp/one.py",
            (
                "import anthropic\nfrom .errors import CODES\ntry: ask()\n"
                "except anthropic.APIStatusError as e:\n    if e.status_code not in CODES: raise\n"
            ),
            (4, "429 529"),
        ),
        (
            "src/myapp/one.py",
            (
                "import anthropic\nfrom .errors import is_transient\ntry: ask()\n"
                "except anthropic.APIError as e:\n    if not is_transient(e): raise\n"
            ),
            (4, "529"),
        ),
    ],
)
def test_names_are_looked_up_in_the_files_that_are_scanned_together(
    tmp_path: Path, name: str, text: str, expected: tuple[int, str]
) -> None:
    """A file that uses such a name need not mention the SDK."""
    places = find_places_in(write_files(tmp_path, {**PACKAGE, name: text}))
    assert [expected] == [(line, taken) for line, taken, _ in places[name]]


def test_an_import_that_two_files_may_answer_is_not_followed(tmp_path: Path) -> None:
    """A wrong answer is worse than no answer."""
    uses = "import anthropic\nfrom errors import R\ntry: anthropic.Anthropic().messages.create()\nexcept R: pass\n"
    files = {
        "a/errors.py": "import anthropic\nR = anthropic.RateLimitError\n",
        "b/errors.py": "import anthropic\nR = anthropic.APIError\n",
        "c/app.py": uses,
        "a/app.py": uses,
    }
    scanned = {each.path: each.catches for each in scan_together(write_files(tmp_path, files))}
    assert "400 429 529" == list_chosen(scanned["c/app.py"][0], Choice.UNDECIDED)
    assert "429" == list_taken(scanned["a/app.py"][0])


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    """The place can't be judged."""
    files = {
        "a.py": "import anthropic\nfrom b import R\ntry: anthropic.Anthropic().messages.create()\nexcept R: pass\n",
        "b.py": "from a import R  # anthropic\n",
    }
    (catch,) = [each.catches[0] for each in scan_together(write_files(tmp_path, files)) if each.path == "a.py"]
    assert "400 429 529" == list_chosen(catch, Choice.UNDECIDED)


def test_a_copy_of_the_remedy_counts_as_the_remedy(tmp_path: Path) -> None:
    """It is recognised by its content, not by its name, and it notices a stream that was cut."""
    copied = (ROOT / "midstream" / "remedy.py").read_text(encoding="utf-8")
    uses = (
        "import anthropic\nfrom streams import explain, guard\nclient = anthropic.Anthropic()\n"
        "try: print(*guard(client.messages.create(stream=True)))\nexcept Exception as e: print(explain(e))\n"
    )
    scanned = scan_together(write_files(tmp_path, {"streams.py": copied, "app.py": uses}))
    ((catch,),) = [each.catches for each in scanned if each.path == "app.py"]
    assert ("", True) == (list_chosen(catch, Choice.ACCEPT), "cut" in list_chosen(catch, Choice.FAIL))


def test_a_file_is_scanned_as_of_each_of_its_releases(tmp_path: Path) -> None:
    """Two services with two pins are judged apart, and a file may have several pins."""
    text = "import anthropic\nclient = anthropic.Anthropic()\ntry: print(*client.messages.create(stream=True))\n"
    files = write_files(
        tmp_path, dict.fromkeys(("a/app.py", "b/app.py"), f"{text}except anthropic.OverloadedError: pass\n")
    )
    pins = {"a/app.py": ["0.45.2"], "b/app.py": ["2.12.0", "0.87.0"]}
    scanned = scan_files(ANTHROPIC, files, lambda shown: [open_release(version) for version in pins[shown]])
    crashes = {shown: [list_chosen(each.catches[0], Choice.CRASH) for each in releases] for shown, releases in scanned}
    every = "400 429 529 mid-400 mid-429 mid-529 reset"
    assert {"a/app.py": [every], "b/app.py": ["", every]} == crashes


def test_predicates_without_the_sdk_are_found_if_asked_for(tmp_path: Path) -> None:
    """A function that says nothing about the SDK's errors is not reported."""
    files = write_files(
        tmp_path,
        {
            "policy.py": "def is_transient(error):\n    return 'overloaded' in str(error).lower()\n",
            "other.py": "def is_empty(error):\n    return not str(error)\n",
        },
    )
    found = {
        everywhere: [
            (catch.function, scanned.problems)
            for _, (scanned,) in scan_files(ANTHROPIC, files, lambda _: [open_release()], everywhere=everywhere)
            for catch in scanned.catches
        ]
        for everywhere in (False, True)
    }
    assert {False: [], True: [("is_transient", ())]} == found


@pytest.mark.parametrize(
    ("package", "judged"),
    [
        ("agno", False),  # its own sources
        ("src/agno", False),
        ("mine/llms/agno", True),  # a part of another package, with a name that says little
        ("other", True),
    ],
)
def test_a_framework_is_not_called_in_its_own_sources(package: str, judged: bool, tmp_path: Path) -> None:
    """Each of its files imports it, and would be read, followed and judged."""
    asks = "from agno.agent import Agent\ndef ask():\n    try: Agent().run('q')\n    except Exception: return None\n"
    files = {f"{package}/__init__.py": "", f"{package}/asks.py": asks}
    if package.count("/") > 1:
        files |= {"mine/__init__.py": "", "mine/llms/__init__.py": ""}
    assert judged is (f"{package}/asks.py" in find_places_in(write_files(tmp_path, files)))


R429, R529 = "import anthropic\nR = anthropic.RateLimitError\n", "import anthropic\nR = anthropic.InternalServerError\n"


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        pytest.param({"p/__init__.py": "from .e import *\n", "p/e.py": R429}, "429", id="two levels"),
        pytest.param({"p/__init__.py": "from .e import *\n", "p/e.py": R429 + "__all__ = ['R']\n"}, "429",
                     id="a list in the second"),
        pytest.param({"p/__init__.py": "from .e import *\n__all__ = ('R',)\n", "p/e.py": R429}, "429",
                     id="a list in the first"),
        pytest.param({"p/__init__.py": "from .e import *\nfrom .f import *\n", "p/e.py": R429, "p/f.py": R529}, "529",
                     id="the last hides the others"),
        pytest.param({"p/__init__.py": "from .e import *\nfrom .f import *\n", "p/e.py": R429,
                      "p/f.py": R529 + "__all__ = []\n"}, "429", id="one that exports nothing"),
        pytest.param({"p/__init__.py": "from .e import *\n", "p/e.py": "from .f import *\nfrom p import *\n",
                      "p/f.py": R429}, "429", id="three levels, and a circle"),
        pytest.param({"p/__init__.py": "from .e import *\n", "p/e.py": R429 + "X = __all__ = ['R']\n"}, "429",
                     id="a list with two names"),
        pytest.param({"p/__init__.py": "from .e import *\n", "p/e.py": R429 + "__all__ = ['X']\n"}, None,
                     id="a name that the list lacks"),
        pytest.param({"p/__init__.py": "from .e import *\n", "p/e.py": R429 + "__all__ = ['X']\n__all__ += ['R']\n"},
                     "429", id="a list that grows"),
    ],
)  # fmt: skip
def test_names_are_followed_through_several_star_imports(
    tmp_path: Path, files: dict[str, str], taken: str | None
) -> None:
    """Neither the file nor the first package mentions the SDK; a name that nothing brings is undecided."""
    client = {"p/c.py": "import anthropic\nclient = anthropic.Anthropic()\n"}
    uses = "from p import *\nfrom p.c import client\ntry: client.messages.create()\nexcept R: pass\n"
    scanned = scan_together(write_files(tmp_path, {**files, **client, "app.py": uses}))
    (catch,) = next(each.catches for each in scanned if each.path == "app.py")
    undecided = list_chosen(catch, Choice.UNDECIDED)
    assert (taken, "") == (list_taken(catch), undecided) if taken else undecided == "400 429 529"


@pytest.mark.parametrize(("name", "names"), [("c", ""), ("_c", "__all__ = ['_c']\n")])
def test_a_client_comes_through_several_star_imports(tmp_path: Path, name: str, names: str) -> None:
    """The file between says no word of it. A private name comes only if a list names it."""
    module = f"import anthropic\n{name} = anthropic.Anthropic()\n{names}"
    files = {"p/__init__.py": "from .e import *\n" + names, "p/e.py": module}
    uses = f"from p import *\ntry: {name}.messages.create()\nexcept Exception: pass\n"
    scanned = scan_together(write_files(tmp_path, {**files, "app.py": uses}))
    assert [1] == [len(each.catches) for each in scanned if each.path == "app.py"]
