"""Strategies that damage files in transit: bytes are lost, changed or doubled; a value in JSON is replaced."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.support.parsers import Parser

TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"\\",
    b"\\ud800",
    b"null",
    b"-0",
    b"1e999",
    b"NaN",
    b"\xff",
    b"\0",
    b"<",
    b">",
    b"<!--",
    b"<![",
    b"&#0;",
    b"../",
    b"9" * 400,
    b"PK\x05\x06",
)
"""Bytes that parsers search for, and bytes that many parsers get wrong."""

NAMES = (
    "",
    "1.0.0",
    "one",
    "../x",
    "a" * 300,
    "\0",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "file:///",
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 1, 2**63, -(2**70), 0.5, 1e300])
    | st.sampled_from(NAMES)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
"""Any JSON, with values that are likely to matter."""


@st.composite
def damaged(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Draw a seed with one to four accidents."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        new = draw(st.sampled_from([b"", data[start:end] * 2]) | st.sampled_from(TOKENS) | st.binary(max_size=4))
        data = data[:start] + new + data[end:]
    return data


@st.composite
def altered(draw: st.DrawFn, value: Any) -> Any:
    """Draw JSON in which one part is replaced."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(values)
    if isinstance(value, list):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(altered(value[place])), *value[place + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    rest = {name: part for name, part in value.items() if name != key}
    match draw(st.integers(0, 5)):
        case 0:
            return rest
        case 1:
            return rest | {draw(st.sampled_from(NAMES) | st.text(max_size=4)): value[key]}
        case _:
            return value | {key: draw(altered(value[key]))}


def content(seed: bytes) -> Any:
    """Parse a seed, and return its entries or its value without the envelope."""
    document = json.loads(seed)
    for part in ("entries", "value"):
        if isinstance(document, dict) and "digest" in document and part in document:
            return document[part]
    return document


def inputs(parser: Parser) -> st.SearchStrategy[bytes]:
    """Draw input of a parser: any bytes, damaged seeds, and forged documents with right digests."""
    strategy = st.binary(max_size=200) | damaged(parser.seeds)
    if (forge := parser.forge) is not None:
        strategy |= st.sampled_from([content(seed) for seed in parser.seeds]).flatmap(altered).map(forge)
    return strategy
