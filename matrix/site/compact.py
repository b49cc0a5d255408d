"""Leave out the white space of templates that means nothing, when they are compiled. Pure.

Templates are indented for their authors. White space next to the tag of a block, such as that of a table's cell, draws
nothing; next to words and inline elements it is a space, and stays. Text that is put into a page is never touched.
"""

import re
from collections.abc import Iterator
from typing import Final

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

_BLOCKS: Final = (
    "article|body|caption|circle|dd|defs|details|div|dl|dt|fieldset|figcaption|figure|footer|form|g|head|"
    "header|html|legend|li|line|link|main|meta|nav|noscript|ol|option|path|rect|script|search|section|style|summary|"
    "table|tbody|td|text|tfoot|th|thead|title|tr|ul"
)
"""Elements that begin and end a line, stand in a chart, or are not drawn; but no prose, which is read without tags."""

_TAG: Final = rf"</?(?:{_BLOCKS})(?=[\s>/]|$)"
_BEFORE: Final = re.compile(rf"\s+(?={_TAG})")
_AFTER: Final = re.compile(rf"({_TAG}[^<>]*>)\s+")
_REST: Final = re.compile(r"^([^<>]*>)\s+")
_OPEN: Final = re.compile(r"<(/?[a-z0-9]+)[^<>]*$")
_INDENT: Final = re.compile(r"\n[ \t]+(?=<)")


class Compact(Extension):
    """The extension of Jinja that leaves the white space out."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens of a template, with less white space in its HTML."""
        tag = ""  # the tag in which a variable or a condition stands
        for token in stream:
            if token.type == "data":
                yield Token(token.lineno, token.type, compact(token.value, tag))
                tag = _tag_after(token.value, tag)
            else:
                yield token


def compact(html: str, tag: str = "") -> str:
    """Leave out what means nothing in a piece of a template.

    Args:
        html: The piece, which may begin or end within a tag.
        tag: The name of the tag within which it begins; empty if it begins outside of tags.
    """
    if re.fullmatch(f"/?(?:{_BLOCKS})", tag):
        html = _REST.sub(r"\1", html)
    return _INDENT.sub("\n", _AFTER.sub(r"\1", _BEFORE.sub("", html)))


def _tag_after(html: str, tag: str) -> str:
    """Return the name of the tag within which a piece ends."""
    opened = _OPEN.search(html)
    if opened:
        return opened[1]
    return tag if ">" not in html else ""
