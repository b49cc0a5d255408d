"""Which files may get something of the SDK from each other, by the text of their imports."""

import pytest

from matrix.scan.exports import STAR, Exports, find_imports
from matrix.scan.project import Project

PROJECT = Project(["src/app/__init__.py", "src/app/llm.py", "src/app/web/views.py", "src/app/web/__init__.py"])


@pytest.mark.parametrize(
    ("source", "names", "files"),
    [
        ("from app.llm import ask, other as o", "src/app/llm.py:ask src/app/llm.py:other", ""),
        ("from ..llm import (ask,  # not (this)\n    other)", "src/app/llm.py:ask src/app/llm.py:other", ""),
        ("from .. import llm, client", "src/app/__init__.py:llm src/app/__init__.py:client", "src/app/llm.py"),
        ("from \\\n  ..llm \\\n import \\\n ask", "src/app/llm.py:ask", ""),
        ("from app.llm import *", "src/app/llm.py:*", ""),
        ("import app.llm as llm, os", "", "src/app/llm.py src/app/__init__.py"),
        ("if x: import app", "", "src/app/__init__.py"),
        ("from src import app", "", "src/app/__init__.py"),
        ("from app.web import views", "src/app/web/__init__.py:views", "src/app/web/views.py"),
        ("from elsewhere import ask", "", ""),
    ],
)
def test_an_import_means_names_and_files_of_the_project(source: str, names: str, files: str) -> None:
    """Check dots, parentheses, backslashes and stars."""
    imports = find_imports(source.encode(), "src/app/web/views.py", PROJECT)
    assert {*names.split()} <= {f"{path}:{name}" for path, name in imports.names}
    assert {*files.split()} <= imports.files
    assert bool(names or files) is bool(imports.names or imports.files)


def test_a_name_is_of_the_sdk_through_other_files() -> None:
    """Check a name that is imported again, a star, and a circle."""
    exports = Exports()
    exports.add("a.py", {"client": (), "other": (("b.py", "x"),)})
    exports.add("b.py", {"x": (("a.py", "other"),), STAR: (("c.py", STAR),)})
    project = Project(["a.py", "b.py", "c.py", "d.py"])

    def reaches(source: str) -> bool:
        return exports.may_reach(find_imports(source.encode(), "d.py", project))

    assert reaches("from a import client")
    assert reaches("import a")
    assert not reaches("from a import other")
    assert not reaches("from b import client")
    assert not reaches("import b")
    exports.add("c.py", {"client": (("a.py", "client"),)})
    assert reaches("from b import client")
    assert reaches("from b import *")
    assert {"client"} == exports.names
