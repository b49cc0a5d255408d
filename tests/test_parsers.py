"""Whatever a file or a server says, a parser makes a value of it, or a failure with a name."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from matrix.errors import MatrixError
from tests.support.mutating import inputs
from tests.support.parsers import PARSERS, Parser
from tests.support.paths import CORPUS

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
"""No example is held to a time: the machine may be busy with a sweep."""


each_parser = pytest.mark.parametrize("name", PARSERS)


def read(parser: Parser, data: bytes) -> str:
    """Read something: nothing, or the failure."""
    try:
        parser.read(data)
    except MatrixError as failure:
        return str(failure)
    return ""


@each_parser
def test_what_is_right_is_read(name: str) -> None:
    """Or nothing would be shown by what is not."""
    for seed in PARSERS[name].seeds:
        assert PARSERS[name].read(seed)


@each_parser
def test_anything_is_read_or_refused_by_name(name: str) -> None:
    """Bytes, damage, and what somebody forged with care."""

    @RELAXED
    @given(inputs(PARSERS[name]))
    def anything(data: bytes) -> None:
        assert len(read(PARSERS[name], data)) < 2000

    anything()


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(CORPUS.glob("*/*")) if path.parent.name in PARSERS],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_what_once_broke_a_parser_is_read_or_refused_by_name(path: Path) -> None:
    """Each file of the corpus, which `tests/corpus/README.md` tells of."""
    assert len(read(PARSERS[path.parent.name], path.read_bytes())) < 2000
