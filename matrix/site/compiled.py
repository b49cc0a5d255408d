"""Compile templates to plainer Python than Jinja does, since a page has thousands of values. Pure.

An attribute, a key and a call are what they are in Python: a template names a key of a dictionary by brackets, and no
function of the site asks Jinja for its context. A value is made inert and escaped in one step, and a text that stands
in many pages once.
"""

from functools import lru_cache
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from matrix.system.text import inert


def write(value: object) -> str:
    """Return a value as it stands in a page: HTML as it is, and anything else as inert and escaped text."""
    if type(value) is str:
        return _write_text(value)
    if type(value) is Markup:
        return value
    if type(value) is int:
        return str(value)
    if type(value) is Undefined:  # a condition without `else`
        return ""
    return escape(value)


@lru_cache(maxsize=100_000)
def _write_text(text: str) -> str:
    return escape(inert(text))


class PlainPython(CodeGenerator):
    """The compiler of the site's templates. Their environment has `write` as `finalize`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """Begin the output of a value, without Jinja's own escaping."""
        self.write(finalize.src)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """End the output of a value."""
        self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """Read an attribute, and no key."""
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """Read a key, and no attribute."""
        self.visit(node.node, frame)
        self.write("[")
        self.visit(node.arg, frame)
        self.write("]")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        """Call a function or a macro, without Jinja's context."""
        if node.dyn_args or node.dyn_kwargs or forward_caller:
            self.fail("Templates of the site pass each argument by itself.", node.lineno)
        self.visit(node.node, frame)
        self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")
