"""Compiled templates that a later build reads."""

import sys
from pathlib import Path

import jinja2
import pytest

from matrix.site import template_cache
from matrix.site.template_cache import TemplateCache


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of templates in which Python may write compiled modules."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("{{ 1 }}", encoding="utf-8")
    return folder


def compiled(templates: Path) -> bool:
    """Lay the page out as a new process does; return whether it was compiled for that."""
    environment = jinja2.Environment(  # noqa: S701 - nothing is put into the page
        loader=jinja2.FileSystemLoader(templates), bytecode_cache=TemplateCache(templates)
    )
    before = len(compilations := [])
    generate = environment._generate

    def count(*args: object, **kwargs: object) -> str:
        compilations.append(args)
        return generate(*args, **kwargs)  # type: ignore[arg-type]

    environment._generate = count  # type: ignore[method-assign]
    assert environment.get_template("page.html").render() in ("1", "2")
    return len(compilations) > before


def test_a_template_is_compiled_once(templates: Path) -> None:
    """Check that it is compiled again after a change."""
    assert [True, False] == [compiled(templates), compiled(templates)]
    (templates / "page.html").write_text("{{ 2 }}", encoding="utf-8")
    assert [True, False] == [compiled(templates), compiled(templates)]


def test_a_template_is_compiled_again_after_a_change_of_the_compiler(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check a change in a module that decides what it is compiled to."""
    assert compiled(templates)
    changed = tmp_path / "compiled.py"
    changed.write_text("# changed", encoding="utf-8")
    monkeypatch.setattr(template_cache, "_COMPILERS", (str(changed),))
    assert compiled(templates)


def test_nothing_is_written_where_python_writes_nothing(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check `PYTHONDONTWRITEBYTECODE`."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert compiled(templates)
    assert ["page.html"] == [path.name for path in templates.iterdir()]


def test_a_folder_that_cannot_be_written_stops_nothing(templates: Path) -> None:
    """Check a file in the place of the folder."""
    (templates / "__pycache__").write_text("", encoding="utf-8")
    assert [True, True] == [compiled(templates), compiled(templates)]


@pytest.mark.parametrize("length", [0, 1, 20, 60])
def test_a_damaged_file_is_written_again(templates: Path, length: int) -> None:
    """Check files that end too early."""
    assert compiled(templates)
    (file,) = (templates / "__pycache__").iterdir()
    file.write_bytes(file.read_bytes()[:length])
    assert [True, False] == [compiled(templates), compiled(templates)]
