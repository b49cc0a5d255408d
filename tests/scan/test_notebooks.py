"""The code cells of notebooks are scanned, and each place names its cell."""

import json
from pathlib import Path
from typing import Any

import pytest

from matrix.findings.formats import FORMATS, render
from matrix.findings.model import Finding, Level, Place, Problem, Report, State, Subject
from matrix.scan import ScannedFile
from matrix.scan.notebooks import Notebook, read_notebook
from matrix.scan.reading import find_python_files
from tests.scan.places import scan_together

SETUP = "import anthropic\nclient = anthropic.Anthropic()\n"
ASK = "try:\n    client.messages.create()\nexcept anthropic.RateLimitError:\n    pass"


def notebook(*cells: str | dict[str, Any], indent: int | None = 1, **more: Any) -> str:
    """Write a notebook with cells of code, or with given ones."""
    written = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []}
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}, indent=indent)


def scan_all(root: Path, files: dict[str, str | bytes]) -> list[ScannedFile]:
    """Write files and scan them together."""
    for name, text in files.items():
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return scan_together([(root / name, name) for name in files])


def places(scanned: ScannedFile) -> list[str]:
    """Name each place with its code."""
    return [f"{catch.place} {catch.code}" for catch in scanned.catches]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param([SETUP, ASK], ["a.ipynb:cell 2:3"], id="two cells"),
        pytest.param([{"cell_type": "markdown", "source": "x"}, SETUP + ASK], ["a.ipynb:cell 2:5"], id="text above"),
        pytest.param(["!pip install anthropic\n" + SETUP, ASK], ["a.ipynb:cell 2:3"], id="a command of the shell"),
        pytest.param(["%load_ext x\n%%time", SETUP, "%%time\n" + ASK], ["a.ipynb:cell 3:4"], id="magics"),
        pytest.param([SETUP, "%%bash\nif true; then\n", ASK], ["a.ipynb:cell 3:3"], id="a cell of another language"),
        pytest.param([SETUP + "client?\nclient.messages??", ASK], ["a.ipynb:cell 2:3"], id="questions"),
        pytest.param([SETUP + "?client\nfiles = !ls\nx = %pwd", ASK], ["a.ipynb:cell 2:3"], id="assigned commands"),
        pytest.param([SETUP, "if True:\n    !ls\n" + ASK], ["a.ipynb:cell 2:5"], id="a command alone in a block"),
        pytest.param([SETUP, "!pip install \\\n  rich\n" + ASK], ["a.ipynb:cell 2:5"], id="a command of two lines"),
        pytest.param([SETUP, "x = (3\n  % 2\n  != 1)\n" + ASK], ["a.ipynb:cell 2:6"], id="operators, not commands"),
        pytest.param([SETUP, "x = '''\n!ls\n'''\n" + ASK], ["a.ipynb:cell 2:6"], id="a text, not a command"),
        pytest.param([SETUP, "await x\n" + ASK], ["a.ipynb:cell 2:4"], id="await outside of a function"),
        pytest.param([SETUP, ASK.replace("\n", "\r\n")], ["a.ipynb:cell 2:3"], id="line ends of Windows"),
        pytest.param([SETUP, {"cell_type": "code", "source": ASK}], ["a.ipynb:cell 2:3"], id="source as one text"),
        pytest.param([SETUP, {"cell_type": "code"}, "", ASK], ["a.ipynb:cell 4:3"], id="cells without source"),
        pytest.param(["print(1)"], [], id="no use of the SDK"),
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_a_place_names_its_cell(
    tmp_path: Path, cells: list[str | dict[str, Any]], expected: list[str], indent: int | None
) -> None:
    """Commands of IPython are left out, and lines keep their numbers."""
    (scanned,) = scan_all(tmp_path, {"a.ipynb": notebook(*cells, indent=indent)})
    assert [f"{place} except anthropic.RateLimitError" for place in expected] == places(scanned)
    assert () == scanned.problems


def test_a_place_has_the_line_of_the_file(tmp_path: Path) -> None:
    """Code scanners and annotations show that line; a notebook on one line has only that."""
    text = notebook(SETUP, ASK)
    (scanned,) = scan_all(tmp_path, {"a.ipynb": text})
    (catch,) = scanned.catches
    assert "except anthropic.RateLimitError" in text.split("\n")[catch.place.line - 1]
    (scanned,) = scan_all(tmp_path, {"a.ipynb": notebook(SETUP, ASK, indent=None)})
    assert [(1, 0, 2, 3)] == [
        (each.place.line, each.place.column, each.place.cell, each.place.cell_line) for each in scanned.catches
    ]


def test_a_cell_that_is_not_python_is_a_problem(tmp_path: Path) -> None:
    """The other cells are read."""
    (scanned,) = scan_all(tmp_path, {"a.ipynb": notebook(SETUP, "x = 1\ndef (:\n", ASK)})
    assert ["a.ipynb:cell 3:3 except anthropic.RateLimitError"] == places(scanned)
    (problem,) = scanned.problems
    assert ("a.ipynb:cell 2:2", True) == (str(problem.place), "can't be parsed as Python" in problem.message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"cells": ["anthropic"', "The file is not a notebook: Expecting"),
        (b'["anthropic"]', "The file is not a notebook: Expected `object`"),
        (b'{"anthropic": 1}', "missing required field `nbformat`"),
        (b'{"nbformat": "4", "x": "anthropic"}', "Expected `int`"),
        (b'{"nbformat": 3, "x": "anthropic"}', "version 3 of its format"),
        (b'{"nbformat": 4, "cells": {"anthropic": 1}}', "Expected `array`"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [["anthropic"]]}]}', "Expected `str`"),
        (b'{"nbformat": 4, "cells": [{"source": "anthropic"}]}', "missing required field `cell_type`"),
        (b'"anthropic" \xff', "The file is not UTF-8: line 1 has an invalid byte."),
        (b'{"anthropic": ' + b"[" * 100_000, "The file is not a notebook"),
        (b'{"anthropic": ' + b"1" * 10_000 + b"}", "The file is not a notebook"),
        (b'import anthropic\n\x00"', "The file is not a notebook"),
        (b"", ""),
        (b"\x00\xff{", ""),
        (b'{"cells": [', ""),
    ],
)
def test_a_broken_notebook_is_a_problem_if_it_mentions_the_sdk(tmp_path: Path, data: bytes, message: str) -> None:
    """There is no crash."""
    (scanned,) = scan_all(tmp_path, {"a.ipynb": data})
    assert bool(message) == bool(scanned.problems)
    assert message in "".join(problem.message for problem in scanned.problems)


@pytest.mark.parametrize(
    "metadata",
    [{"kernelspec": {"language": "R"}}, {"language_info": {"name": "julia"}}],
)
def test_a_notebook_of_another_language_has_no_place(tmp_path: Path, metadata: dict[str, Any]) -> None:
    """Its cells are no Python, and so no problem."""
    (scanned,) = scan_all(tmp_path, {"a.ipynb": notebook(SETUP, ASK, "x <- 1 )", metadata=metadata)})
    assert ((), ()) == (scanned.catches, scanned.problems)


@pytest.mark.parametrize("metadata", [None, 1, [], {"kernelspec": 1}, {"language_info": {"name": 2}}])
def test_metadata_of_any_type_is_passed_over(tmp_path: Path, metadata: object) -> None:
    """A notebook that does not name its language is written in Python."""
    (scanned,) = scan_all(tmp_path, {"a.ipynb": notebook(SETUP + ASK, metadata=metadata)})
    assert 1 == len(scanned.catches)


def test_a_notebook_imports_files_and_no_file_imports_a_notebook(tmp_path: Path) -> None:
    """A client of a module is known in a notebook; a name of a notebook is not known in a module."""
    asks = "from clients import client\n" + ASK.replace("anthropic.RateLimitError", "Exception")
    book = notebook("from clients import client\n" + ASK.replace("anthropic.RateLimitError", "Exception"))
    scanned = scan_all(tmp_path, {"clients.py": SETUP, "book.ipynb": book})
    assert [0, 1] == [len(file.catches) for file in scanned]
    (tmp_path / "clients.py").unlink()
    scanned = scan_all(tmp_path, {"clients.ipynb": notebook(SETUP), "app.py": asks})
    assert [0, 0] == [len(file.catches) for file in scanned]


def test_notebooks_of_a_folder_are_found(tmp_path: Path) -> None:
    """Checkpoints of Jupyter are not."""
    (tmp_path / ".ipynb_checkpoints").mkdir()
    for name in ("b.ipynb", "a.py", ".ipynb_checkpoints/b.ipynb"):
        (tmp_path / name).touch()
    assert [tmp_path / "a.py", tmp_path / "b.ipynb"] == list(find_python_files([tmp_path]))


def test_values_that_only_jupyter_writes_are_read() -> None:
    """Plots contain NaN, and half characters occur in output."""
    text = notebook(SETUP + ASK).replace('"nbformat_minor": 5', '"nbformat_minor": NaN, "x": "\\ud800"')
    read = read_notebook(text.encode(), "a.ipynb")
    assert isinstance(read, Notebook)
    assert SETUP + ASK == read.source


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_shows_the_cell(form: str) -> None:
    """The line is that of the file where a format has only that."""
    place = Place("a.ipynb", 17, cell=3, cell_line=5)
    finding = Finding(rule="yanked", level=Level.WARNING, message="M.")
    subject = Subject(place=place, text="except E", state=State.FINDING, findings=(finding,))
    report = Report(
        command="scan", version="0", measured=None, suite="", subjects=(subject,), problems=(Problem(place, "Broken."),)
    )
    rendered = render(form, report)
    if form == "json":
        assert {"path": "a.ipynb", "line": 17, "column": 0, "cell": 3, "cell_line": 5} == json.loads(rendered)[
            "subjects"
        ][0]["place"]
    elif form == "sarif":
        (location,) = json.loads(rendered)["runs"][0]["results"][0]["locations"]
        assert {"startLine": 17} == location["physicalLocation"]["region"]
        assert "cell 3:5" == location["logicalLocations"][0]["name"]
    elif form == "github":
        assert all("line=17" in line and "::cell 3:5: " in line for line in rendered.splitlines())
    else:
        assert 2 <= rendered.count("cell 3:5") + rendered.count("cell 3&#58;5")
