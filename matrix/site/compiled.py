"""Compile templates to plainer Python than Jinja does, since a page has thousands of values. Pure.

An attribute of a value is read as Python reads it, so that a template names a key of a dictionary by brackets. A value
is made inert and escaped in one step, and a text that stands in many pages once.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from markupsafe import Markup, escape

from matrix.system.text import inert


def write(value: object) -> str:
    """Return a value as it stands in a page: HTML as it is, and anything else as inert and escaped text."""
    if type(value) is str:
        return _write_text(value)
    if type(value) is Markup:
        return value
    if type(value) is Undefined:  # a condition without `else`
        return ""
    return escape(value)


@lru_cache(maxsize=100_000)
def _write_text(text: str) -> str:
    return escape(inert(text))


class PlainContext(Context):
    """The values of a template."""

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function or a macro; none of the site asks Jinja for its context."""
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return function(*args, **kwargs)


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
