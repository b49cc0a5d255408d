"""Base classes that call the SDK by the methods of their subclasses, of the same file or of another."""

from pathlib import Path
from typing import Final

import pytest

from matrix.scan.catches import Catch, PlaceRole
from tests.scan.places import find_only_place, scan_text, scan_together, summarise

ASK: Final = "anthropic.Anthropic().messages.create()"

BASE: Final = """
class Model:
    def call(self):
        for _ in range(3):
            try: return self.ask()
            except {caught}: continue
        raise RuntimeError
"""

STUBS: Final = [
    "",
    "    def ask(self): ...\n",
    "    def ask(self):\n        'Ask once.'\n        ...\n",
    "    def ask(self): raise NotImplementedError\n",
    "    def ask(self): raise NotImplementedError('ask')\n",
    "    @abc.abstractmethod\n    def ask(self): pass\n",
    "    @abstractmethod\n    def ask(self):\n        'Ask once.'\n",
]


def scan_package(folder: Path, files: dict[str, str]) -> dict[str, list[Catch]]:
    """Scan files together, and list the places that catch errors by the path of their file."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    scanned = scan_together([(folder / name, name) for name in files])
    return {each.path: [catch for catch in each.catches if catch.role is PlaceRole.CATCH] for each in scanned}


@pytest.mark.parametrize("stub", STUBS)
def test_a_stub_means_the_method_of_the_subclass(stub: str) -> None:
    """The base class has no method, an abstract one, or one that does nothing but say that it is missing."""
    catch = find_only_place(
        f"import abc, anthropic\nfrom abc import abstractmethod\n{BASE.format(caught='anthropic.RateLimitError')}{stub}"
        f"class Claude(Model):\n    def ask(self): return {ASK}\n"
    )
    assert ("Model.call", {"fail": "400 529", "retry": "429"}) == (catch.function, summarise(catch))


def test_a_method_that_does_something_is_no_stub() -> None:
    """Nothing shows that the object is of the subclass."""
    base = BASE.format(caught="ConnectionError") + "    def ask(self): return None\n"
    assert [] == scan_text(f"import anthropic\n{base}class Claude(Model):\n    def ask(self): return {ASK}\n")


SUBCLASS: Final = f"""
import anthropic
from model import Model
class Claude(Model):
    def ask(self):
        try: return {ASK}
        except anthropic.{{error}} as error: raise ConnectionError from error
"""


@pytest.mark.parametrize("stub", STUBS)
def test_a_base_class_of_another_file_catches_what_the_subclass_raises(tmp_path: Path, stub: str) -> None:
    """That file does not import the SDK, and comes before or after the file of the subclass."""
    base = f"import abc\nfrom abc import abstractmethod\n{BASE.format(caught='ConnectionError')}{stub}"
    subclass = SUBCLASS.format(error="RateLimitError")
    for files in ({"model.py": base, "claude.py": subclass}, {"claude.py": subclass, "model.py": base}):
        (catch,) = scan_package(tmp_path, files)["model.py"]
        assert ("Model.call", {"fail": "400 529", "retry": "429"}) == (catch.function, summarise(catch))


def test_a_base_class_that_mentions_the_sdk_is_judged_with_its_subclasses(tmp_path: Path) -> None:
    """The subclass is in a file that is scanned later."""
    base = "import anthropic\n" + BASE.format(caught="anthropic.RateLimitError") + STUBS[1]
    subclass = f"import anthropic\nimport base\nclass Claude(base.Model):\n    def ask(self): return {ASK}\n"
    (catch,) = scan_package(tmp_path, {"base.py": base, "claude.py": subclass})["base.py"]
    assert {"fail": "400 529", "retry": "429"} == summarise(catch)


def test_subclasses_that_raise_different_errors_leave_it_open(tmp_path: Path) -> None:
    """The source does not show of which class the object is."""
    files = {
        "model.py": BASE.format(caught="ConnectionError") + STUBS[1],
        "first.py": SUBCLASS.format(error="RateLimitError"),
        "second.py": SUBCLASS.format(error="OverloadedError").replace("Claude", "Other"),
    }
    (catch,) = scan_package(tmp_path, files)["model.py"]
    assert {"fail": "400", "undecided": "429 529"} == summarise(catch)


def test_a_base_class_of_a_class_that_never_calls_the_sdk_is_no_place(tmp_path: Path) -> None:
    """The file of the class calls it elsewhere."""
    other = (
        f"import anthropic\nfrom model import Model\nclass Other(Model):\n    def ask(self): return 1\nprint({ASK})\n"
    )
    files = {"model.py": BASE.format(caught="ConnectionError") + STUBS[1], "other.py": other}
    assert [] == scan_package(tmp_path, files)["model.py"]


@pytest.mark.parametrize(
    ("derived", "choice"),
    [
        ("", "retry"),
        ("class Eager(Claude): retry_on = (anthropic.APIError,)\n", "undecided"),
        ("class Same(Claude): retry_on = (anthropic.RateLimitError,)\n", "retry"),
        ("class Other(LLM): retry_on = (anthropic.APIError,)\n", "retry"),  # it never asks the API
    ],
)
def test_a_subclass_of_a_subclass_may_have_another_attribute(derived: str, choice: str) -> None:
    """It inherits the method that asks, and the loop around it."""
    code = """\
import anthropic
class LLM:
    retry_on = ()
    def ask(self): raise NotImplementedError
    def call(self):
        for _ in range(3):
            try: return self.ask()
            except self.retry_on: continue
class Claude(LLM):
    retry_on = (anthropic.RateLimitError,)
    def ask(self): return list(anthropic.Anthropic().messages.create(stream=True))
"""
    assert find_only_place(code + derived).decisions["http-rate_limit_error"].choice == choice
