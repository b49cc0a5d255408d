"""Typed results of XPath expressions."""

from typing import Final

from lxml import etree

_NAMESPACES: Final = {
    "atom": "http://www.w3.org/2005/Atom",
    "sitemap": "http://www.sitemaps.org/schemas/sitemap/0.9",
}


def strings(tree: etree._Element, expression: str) -> list[str]:
    """Return the attributes or texts that an expression selects."""
    selected = tree.xpath(expression, namespaces=_NAMESPACES)
    assert isinstance(selected, list)
    return [str(text) for text in selected]
