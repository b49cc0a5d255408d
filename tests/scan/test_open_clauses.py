"""Clauses whose classes the source leaves open, around calls of the SDK.

Nobody is told that such code catches no error.
"""

import pytest

from matrix.scan.catches import Choice, PlaceRole
from tests.scan.places import find_only_place, list_chosen

OPENING = """\
import functools
import anthropic
client = anthropic.Anthropic()
def read():
    return list(client.messages.create(stream=True))
"""

DECORATOR = """\
def retry(*errors):
    def decorate(function):
        def wrapped():
            for attempt in range(3):
                try: return function()
                except errors:
                    if attempt == 2: raise
        return wrapped
    return decorate
"""

REGISTRY = """\
class Registry:
    def __init__(self, *kinds): self.kinds = [*kinds]
    def add(self, kind): self.kinds.append(kind)
    def has(self, error): return isinstance(error, tuple(self.kinds))
registry = Registry()
registry.add(anthropic.APIStatusError)
"""


@pytest.mark.parametrize(
    "code",
    [
        (
            f"{DECORATOR}@retry(anthropic.APIError)\ndef ask(): return read()\n"
            "@retry(anthropic.RateLimitError)\ndef other(): return read()\n"
        ),
        f"{DECORATOR}again = lambda *errors: retry(*errors)\n@again(anthropic.APIError)\ndef ask(): return read()\n",
        f"{DECORATOR}again = functools.partial(retry, anthropic.APIError)\n@again()\ndef ask(): return read()\n",
        f"{REGISTRY}def ask():\n    try: return read()\n    except tuple(registry.kinds): return read()\n",
    ],
)
def test_a_clause_of_unknown_classes_is_a_place(code: str) -> None:
    """It is undecided, as what callers pass, or what is added to an object, decides."""
    place = find_only_place(OPENING + code)
    assert place.role is PlaceRole.CATCH
    assert list_chosen(place, Choice.UNDECIDED).startswith("400 429 529 mid-400")


def test_what_an_object_is_made_with_is_known() -> None:
    """Nothing is added to it later."""
    registry = REGISTRY.replace("    def add(self, kind): self.kinds.append(kind)\n", "")
    registry = registry.replace("registry.add(anthropic.APIStatusError)\n", "")
    registry = registry.replace("Registry()", "Registry(anthropic.RateLimitError)")
    code = "def ask():\n    try: return read()\n    except Exception as e:\n        if registry.has(e): return read()\n"
    place = find_only_place(f"{OPENING}{registry}{code}        raise\n")
    assert list_chosen(place, Choice.RETRY) == "429"
