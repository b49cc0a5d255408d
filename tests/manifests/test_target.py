"""Every parser looks for the target that it is given, and for no other package."""

import json
from pathlib import Path

import msgspec
import pytest

from matrix.manifests import installed, read
from matrix.manifests.mentions import parse
from matrix.targets import DEFAULT

TARGET = msgspec.structs.replace(DEFAULT, id="my-sdk", package="my-sdk", module="my_sdk", checkout="my-sdk-python")
"""A package whose name has several spellings."""

PACKAGE = "name = 'my-sdk'\nversion = '1.2'\n[[package]]\nname = 'anthropic'\nversion = '0.45.2'\n"
TEXTS = {
    "requirements.txt": "anthropic==0.45.2\nMy_SDK==1.2\n",
    "pyproject.toml": "[project]\ndependencies = ['anthropic==0.45.2', 'my.sdk==1.2']\n",
    "uv.lock": "version = 1\n[[package]]\n" + PACKAGE,
    "poetry.lock": "[[package]]\n" + PACKAGE,
    "pdm.lock": "[[package]]\n" + PACKAGE,
    "pylock.toml": "lock-version = '1.0'\n[[package]]\n".replace("package", "packages")
    + PACKAGE.replace("package", "packages"),
    "Pipfile": "[packages]\nanthropic = '==0.45.2'\nmy_sdk = '==1.2'\n",
    "Pipfile.lock": json.dumps({"default": {"anthropic": {"version": "==0.45.2"}, "my-sdk": {"version": "==1.2"}}}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_manifest_is_read_for_the_target(tmp_path: Path, name: str) -> None:
    """A lock locks the default target then, as any other package."""
    path = tmp_path / name
    path.write_text(TEXTS[name], encoding="utf-8")
    manifest = read(TARGET, path, name)
    (entry,) = manifest.entries
    locked = {} if name in {"pyproject.toml", "Pipfile"} else {"anthropic": "0.45.2"}
    assert ((), "==1.2", locked) == (manifest.problems, entry.specifier, entry.locked)
    assert entry.place.line > 0


@pytest.mark.parametrize(
    ("line", "specifier"),
    [
        ("https://e.org/my_sdk-1.2-py3-none-any.whl", "==1.2"),
        ("https://e.org/my-sdk-1.2.tar.gz", "==1.2"),
        ("git+https://e.org/my-sdk-python", ""),
        ("git+https://e.org/my-sdk-python.git@feature/x", ""),
    ],
)
def test_an_address_names_the_target(tmp_path: Path, line: str, specifier: str) -> None:
    """By its wheel, its source archive or its checkout."""
    path = tmp_path / "requirements.txt"
    path.write_text(f"{line}\ngit+https://e.org/anthropic-sdk-python\nhttps://e.org/anthropic-1.0.tar.gz\n", "utf-8")
    assert [(specifier, line)] == [(entry.specifier, entry.direct) for entry in read(TARGET, path).entries]


def test_a_target_without_a_checkout_is_named_by_no_folder(tmp_path: Path) -> None:
    """An address that ends with a slash has no folder either."""
    path = tmp_path / "requirements.txt"
    path.write_text("git+https://e.org/.git\nhttps://e.org/@feature/x\n", encoding="utf-8")
    assert () == read(msgspec.structs.replace(TARGET, checkout=""), path).entries


def test_every_spelling_of_a_name_has_its_line() -> None:
    """In keys and in values."""
    text = json.dumps({"MY.sdk": ["my_sdk", "anthropic"]}, indent=1)
    assert (json.loads(text), {("MY.sdk",): 2, ("MY.sdk", 0): 3}) == parse(text, json.loads, "my-sdk")


def test_an_environment_is_asked_for_the_target(tmp_path: Path) -> None:
    """The interpreter gets the name of the package, and answers with that package's address."""
    path = tmp_path / "python"
    answer = '{"python": "3.11.7", "distributions": [["%s", "1.2", null], ["anthropic", "0.45.2", null]]}'
    path.write_text(f"""#!/bin/sh\nprintf '{answer}' "$4"\n""", encoding="utf-8")
    path.chmod(0o755)
    (entry,) = installed(TARGET, str(path), run=True).entries
    assert ("==1.2", {"anthropic": "0.45.2"}) == (entry.specifier, entry.locked)
