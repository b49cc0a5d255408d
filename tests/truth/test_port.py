"""Programs of one target are ported to another that has fewer forms."""

from tests.truth.port import Port, leave_out
from tests.truth.program import parse_program
from tests.truth.subject import SUBJECTS

SOURCE = """
NO_PLACE = ("ask", "ask_entered", "Reader.read")
PLACES = {"ask": "opened", "ask_entered": "entered"}

def opened():
    return call()

def entered():
    with call() as stream:
        return list(stream)

def ask():
    return list(opened())

def ask_entered():
    return entered()

class Reader:
    def read(self):
        return entered()
"""


def test_what_needs_a_missing_form_is_left_out() -> None:
    """Leave out functions that enter a stream, those that call them, and the constants' items of both."""
    program = parse_program("app", leave_out(SOURCE, ("as stream",)))
    assert ["opened", "ask"] == list(program.called)
    assert (("ask",), {"ask": ("opened",)}) == (program.no_place, program.places)


def test_names_are_replaced_in_their_order() -> None:
    """Port every program but one; none is left out, since nothing is lacking."""
    port = Port(folder=SUBJECTS["groq"].programs, names={"groq.Groq": "acme.Acme", "groq": "acme"}, without=frozenset())
    [source] = port.sources.values()
    assert ("acme.Acme()" in source, "groq" in source) == (True, False)
