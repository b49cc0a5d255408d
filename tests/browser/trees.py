"""What an expression of XPath finds in a document, typed."""

from typing import Final

from lxml import etree

_NAMESPACES: Final = {
    "atom": "http://www.w3.org/2005/Atom",
    "sitemap": "http://www.sitemaps.org/schemas/sitemap/0.9",
}


def strings(tree: etree._Element, expression: str) -> list[str]:
    """The attributes or texts that an expression finds."""
    found = tree.xpath(expression, namespaces=_NAMESPACES)
    assert isinstance(found, list)
    return [str(one) for one in found]
